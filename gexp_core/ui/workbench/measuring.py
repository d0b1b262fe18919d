"""Measured effects beside predicted ones: upload, row in the view, scatter, worst misses.

Owns the panel; reading and agreement are ``evaluate.measured``'s. Measured effects are of the
original sequence, so they are compared with the predicted effects in the original.
"""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from gexp_core.edits.state import unedited
from gexp_core.encoding import BASES
from gexp_core.errors import GexpError
from gexp_core.evaluate.measured import Agreement, Measured, agreement, read_measured
from gexp_core.models.card import ModelCard
from gexp_core.types import Mutagenesis
from gexp_core.ui import controls, download, focus, show, uploads, workspace
from gexp_core.ui.view import Row, heat
from gexp_core.ui.workbench import activities, asked
from gexp_core.ui.workbench import bench as deeds
from gexp_core.ui.workbench.bench import Bench
from gexp_core.ui.workbench.rows import carried, on_genome

_WORST = 20
_KINDS = {
    "effects": "Effects of changes in this sequence",
    "activities": "Activities of whole sequences",
}


def panel(bench: Bench, card: ModelCard, track: str) -> None:
    """Draw the choice of what was measured, the upload, and what came of it."""
    kind = st.segmented_control(
        "What was measured",
        list(_KINDS),
        default=next(iter(_KINDS)),
        format_func=lambda key: _KINDS.get(key, key),
        key="bench_measured_kind",
        label_visibility="collapsed",
        help="What the uploaded table holds.",
    )
    if kind == "activities":
        activities.panel(bench, card, track)
        return
    upload, element = st.columns([3, 1], vertical_alignment="bottom")
    element.text_input(
        "Element, if several",
        key="bench_element",
        max_chars=60,
        help="Which rows are read, where the table has a column Element.",
    )
    upload.file_uploader(
        "Table of measured effects: position, ref, alt, effect (or Pos, Ref, Alt, Coefficient)",
        key="bench_measured",
        on_change=_take,
        args=(bench,),
        help="One single-base change a row, tab or comma between columns, plain or gzip. Positions "
        "count from 1 on this sequence, or from anywhere: the shift is found from the reference "
        "letters. The effect may be in any unit; larger means more.",
    )
    if focus.refused(card, "Comparing with a table of measured effects"):
        return
    measured = bench.measured
    if measured is None:
        st.caption(
            "Nothing is uploaded yet. The measured effects will lie as a row under the predicted "
            "ones, with a scatter, correlations and the worst misses here."
        )
        return
    made: Mutagenesis | None = asked.ask(
        bench, "measured", "mutagenesis_named", card, bench.original,
        target=controls.target(card), **asked.reading(card),
    )  # fmt: skip
    _left_out(measured)
    if made is None:
        st.caption("The predicted effects in the original are being computed.")
        return
    _agreement(bench, measured, agreement(measured, made.effect[0]), card)


def _take(bench: Bench) -> None:
    """Read what was uploaded; on a problem the old table stays."""
    file = uploads.given("bench_measured")
    if file is None:
        return
    bench.problem = None
    try:
        bench.measured = read_measured(
            file.getvalue(),
            bench.history.original,
            filename=file.name,
            element=str(workspace.setting("bench_element", "") or "").strip(),
        )
    except GexpError as error:
        bench.problem = error


def row(bench: Bench) -> list[Row]:
    """Return the row of measured effects on the present letters; none where none was given."""
    if bench.measured is None:
        return []
    grid = bench.measured.grid(len(bench.history.original))
    laid = carried(grid, unedited(bench.history.original), 0, bench.state)
    return [heat("Measured effect", "as uploaded", laid, help="grey: not measured")]


def _left_out(measured: Measured) -> None:
    said = f"{len(measured.effect):,} measured changes lie on the sequence"
    if measured.shift:
        said += f"; {measured.shift:,} was taken off every position, as the reference letters say"
    show.note(f"{said}.")
    if measured.rejected:
        with st.expander(f"Left out ({len(measured.rejected)})"):
            rows = [{"Row": one.record, "Why": one.text} for one in measured.rejected]
            st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _agreement(bench: Bench, measured: Measured, found: Agreement, card: ModelCard) -> None:
    one, two, three = st.columns(3)
    one.metric("Pearson r", f"{found.pearson:.2f}", help="Of measured and predicted effects.")
    two.metric("Spearman r", f"{found.spearman:.2f}", help="The same on ranks.")
    three.metric("n", f"{len(found.measured):,}", help="Single-base changes compared.")
    frame = table(bench, measured, found)
    there = unedited(bench.history.original)
    frame = on_genome(bench, frame, "position", "position", of=there)
    from gexp_core.figures.agreement import agreement_plot

    figure = agreement_plot(found, frame["change"].tolist(), card.units)
    st.plotly_chart(
        figure, width="stretch", theme=None, key="bench_scatter", config={"displaylogo": False}
    )
    st.markdown("**Worst misses**, farthest from the straight line through the points")
    worst = frame.reindex(frame["miss"].abs().sort_values(ascending=False, kind="stable").index)
    worst = worst.head(_WORST).reset_index(drop=True)
    number = st.column_config.NumberColumn
    st.dataframe(
        worst,
        key="bench_worst",
        hide_index=True,
        width="stretch",
        height=300,
        on_select=partial(_look, bench, worst["position"].tolist()),
        selection_mode="single-row",
        column_config={
            "change": "Change",
            "position": number("Position"),
            "genome": "On the genome",
            "measured": number("Measured", format="%+.3f"),
            "predicted": number(f"Predicted ({card.units})", format="%+.3f"),
            "miss": number("Miss", format="%+.3f", help="Measured minus the line, as uploaded."),
        },
    )
    st.caption("Tick a row to select its base in the view. Positions are those of the original.")
    stem = download.stem("measured", bench.name)
    download.row({"Table": (f"{stem}.tsv", download.table(frame))})


def table(bench: Bench, measured: Measured, found: Agreement) -> pd.DataFrame:
    """Return one row per measured change, in the order of positions (1-based)."""
    original = bench.history.original
    return pd.DataFrame(
        {
            "change": [
                f"{at + 1}{original[at]}>{BASES[alt]}"
                for at, alt in zip(measured.position, measured.alt, strict=True)
            ],
            "position": measured.position + 1,
            "measured": found.measured,
            "predicted": found.predicted,
            "miss": found.miss,
        }
    )


def _look(bench: Bench, positions: list[int]) -> None:
    """Select the base of the ticked row, where it still is."""
    rows = workspace.ticked("bench_worst")
    if rows and rows[0] < len(positions):
        at = bench.state.from_original(int(np.int64(positions[rows[0]])) - 1)
        if at is not None:
            deeds.select(bench, (at, at + 1))
