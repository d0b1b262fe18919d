"""Measured activities of whole sequences beside predicted ones: upload, scatter, worst misses.

Owns the part of the panel Measured; reading and agreement are ``gexp_core.evaluate``'s. A miss can
be opened on the bench: its sequence joins the visitor's own.
"""

from functools import partial

import pandas as pd
import streamlit as st

from gexp_core.errors import GexpError, LimitError
from gexp_core.evaluate.activities import MOST_ROWS, Activities, read_activities
from gexp_core.evaluate.measured import Agreement, compare
from gexp_core.inputs import APP_LIMITS
from gexp_core.models.card import ModelCard
from gexp_core.types import InputCheck, Origin, Prediction, SequenceSet
from gexp_core.ui import download, show, uploads, workspace
from gexp_core.ui.workbench import asked
from gexp_core.ui.workbench.bench import Bench
from gexp_core.ui.workbench.keeping import free_name

_HELD = "_bench_activities"
#: Set where the whole page has to be drawn again, not the bench alone.
MOVED = "_bench_moved"
_WORST = 20


def panel(bench: Bench, card: ModelCard, track: str) -> None:
    """Draw the upload, and what came of it."""
    st.file_uploader(
        "Table of measured activities: sequence, value",
        key="bench_activities",
        on_change=_take,
        args=(bench,),
        help=f"One sequence and its value a row, tab or comma between them, plain or gzip; up to "
        f"{MOST_ROWS:,} rows. A column name may come too. The value may be in any unit; larger "
        "means more.",
    )
    held: Activities | None = workspace.setting(_HELD, None)
    if held is None:
        st.caption(
            "Nothing is uploaded yet. Every sequence of the table will be predicted and compared "
            "with its measured value here: a scatter, correlations, and the worst misses, each "
            "of which can be opened on the bench."
        )
        return
    show.note(f"{len(held.sequences):,} measured sequences were read.")
    if held.rejected:
        with st.expander(f"Left out ({len(held.rejected)})"):
            rows = [{"Row": one.record, "Why": one.text} for one in held.rejected]
            st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    made: Prediction | None = asked.ask(
        bench, "activities", "predict_named", card, held.sequences, **asked.reading(card)
    )
    if made is None:
        st.caption("The sequences are being predicted; the comparison appears here.")
        return
    found = compare(made.means()[:, card.track_index(track)], held.value)
    _agreement(bench, held, found, card)


def _take(bench: Bench) -> None:
    """Read what was uploaded; on a problem the old table stays."""
    file = uploads.given("bench_activities")
    if file is None:
        return
    bench.problem = None
    try:
        workspace.keep(_HELD, read_activities(file.getvalue(), filename=file.name))
    except GexpError as error:
        bench.problem = error


def _agreement(bench: Bench, held: Activities, found: Agreement, card: ModelCard) -> None:
    one, two, three = st.columns(3)
    one.metric("Pearson r", f"{found.pearson:.2f}", help="Of measured and predicted activities.")
    two.metric("Spearman r", f"{found.spearman:.2f}", help="The same on ranks.")
    three.metric("n", f"{len(found.measured):,}", help="Sequences compared.")
    from gexp_core.figures.agreement import agreement_plot

    figure = agreement_plot(found, list(held.sequences.names), card.units)
    figure.update_xaxes(title_text=f"Predicted ({card.units})")
    figure.update_yaxes(title_text="Measured (as uploaded)")
    st.plotly_chart(
        figure, width="stretch", theme=None, key="bench_activity_scatter",
        config={"displaylogo": False},
    )  # fmt: skip
    frame = table(held, found)
    order = frame["miss"].abs().sort_values(ascending=False, kind="stable").index
    worst = frame.reindex(order).head(_WORST).reset_index(drop=True)
    st.markdown("**Worst misses**, farthest from the straight line through the points")
    number = st.column_config.NumberColumn
    key = f"bench_misses_{held.sequences.digest[:12]}_{card.name}"
    st.dataframe(
        worst,
        key=key,
        hide_index=True,
        width="stretch",
        height=300,
        on_select=partial(_open, bench, key, worst),
        selection_mode="single-row",
        column_config={
            "sequence": "Sequence",
            "measured": number("Measured", format="%.3f"),
            "predicted": number(f"Predicted ({card.units})", format="%.3f"),
            "miss": number("Miss", format="%+.3f", help="Measured minus the line, as uploaded."),
            "letters": st.column_config.TextColumn("Letters", width="medium"),
        },
    )
    st.caption("Tick a row to open its sequence on the bench, beside your own.")
    download.row({"Table": ("measured_activities.tsv", download.table(frame))})


def table(held: Activities, found: Agreement) -> pd.DataFrame:
    """Return one row per measured sequence, in the order of the upload."""
    return pd.DataFrame(
        {
            "sequence": held.sequences.names,
            "measured": found.measured,
            "predicted": found.predicted,
            "miss": found.miss,
            "letters": held.sequences.sequences,
        }
    )


def _open(bench: Bench, key: str, worst: pd.DataFrame) -> None:
    """Put the ticked sequence on the bench."""
    rows = workspace.ticked(key)
    if not rows or rows[0] >= len(worst):
        return
    bench.problem = None
    row = worst.iloc[rows[0]]
    try:
        name = add(str(row["sequence"]), str(row["letters"]))
    except GexpError as error:
        bench.problem = error
        return
    workspace.choose_sequence(name)
    workspace.keep(MOVED, True)


def add(name: str, letters: str) -> str:
    """Add a sequence to the visitor's own; return what it is called, the old name where it is one.

    Raises
    ------
    LimitError
        There are as many sequences as can be held.
    """
    space = workspace.mine()
    old = space.sequences
    if letters in old.sequences:
        return old.names[old.sequences.index(letters)]
    total = sum(map(len, old.sequences)) + len(letters)
    if len(old) >= APP_LIMITS.max_records or total > APP_LIMITS.max_bases_total:
        raise LimitError(
            f"there are {len(old):,} sequences already, as many as are held; begin anew with fewer"
        )
    free = free_name(name, old.names)
    grown = SequenceSet(
        (*old.names, free),
        (*old.sequences, letters),
        (*old.origins, Origin("a table of measured activities")),
    )
    check = InputCheck(grown, space.check.changes, space.check.rejected)
    workspace.begin(check, space.source, grown=True)
    made = workspace.mine()
    # what was made of the other sequences is still true
    made.results, made.jobs, made.benches = space.results, space.jobs, space.benches
    return free


def moved() -> bool:
    """Return once whether the whole page has to be drawn again: another sequence was chosen."""
    if not workspace.setting(MOVED, False):
        return False
    workspace.keep(MOVED, False)
    return True
