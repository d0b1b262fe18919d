"""The states that were kept: their predictions in one table, as files, and two side by side.

Owns the words and the choice of A and B, of the kept states and of the history; predictions and
logos are made by jobs.
"""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from gexp_core.edits.notation import describe
from gexp_core.edits.reference import describe_on, place_on
from gexp_core.edits.state import NEW, EditState
from gexp_core.encoding import gc_content
from gexp_core.explain import ABOUT
from gexp_core.export.candidates import Candidate, candidate_table, fasta, genbank
from gexp_core.models.card import ModelCard
from gexp_core.types import Attribution, Floats, Prediction, SequenceSet
from gexp_core.ui import controls, download, focus, show, workspace
from gexp_core.ui.view import letters, logo, sequence_view
from gexp_core.ui.workbench import asked, keeping, trail
from gexp_core.ui.workbench.bench import NOW, ORIGINAL, Bench
from gexp_core.ui.workbench.rows import edits_row

GENOME_POSITION = (
    "From the first to the last base that came from the genome: 1-based, both ends included, and "
    "the strand that the letters are of: the other one once the whole sequence is turned round. "
    "Empty where the letters are mostly of neither strand."
)


def predictions(bench: Bench, card: ModelCard) -> Prediction | None:
    """Return the prediction of every state in one pass; None while it is made."""
    named = bench.named()
    texts = SequenceSet(tuple(named), tuple(named.values()))
    made: Prediction | None = asked.ask(
        bench,
        "states",
        "predict_named",
        card,
        texts,
        wait=0.25,
        costly=False,
        **asked.reading(card),
    )
    return made


def candidates(bench: Bench, card: ModelCard, made: Prediction | None) -> list[Candidate]:
    """Return every state as a candidate, with what is known of it."""
    named = bench.named()
    y = None if made is None else focus.means(made, card, controls.target(card).rows)
    return [
        Candidate(
            name,
            text,
            bench.history.original,
            describe(bench.state_of(name)),
            {}
            if y is None
            else {track.name: float(y[at, t]) for t, track in enumerate(card.tracks)},
            card.units,
            "" if bench.interval is None else place_on(bench.state_of(name), bench.interval),
        )
        for at, (name, text) in enumerate(named.items())
    ]


def panel(bench: Bench, card: ModelCard, track: str) -> None:
    """Draw the table of states, its files, and the comparison of two."""
    made = predictions(bench, card)
    rows = candidates(bench, card, made)
    if not bench.kept:
        st.caption(
            "Nothing is kept yet: make an edit, then *Keep this state* above the view. Kept states "
            "are predicted together, compared and downloaded here."
        )
    _table(bench, card, track, rows, made)
    stem = download.stem("candidates", bench.name)
    download.row(
        {
            "Table": (
                f"{stem}.tsv",
                download.table(lambda: candidate_table(rows).assign(**_on_genome(bench, rows))),
            ),
            "FASTA": (f"{stem}.fa", lambda: fasta(rows)),
            "GenBank": (f"{stem}.gb", lambda: genbank(rows)),
        }
    )
    _compare(bench, card, track, rows)


def _on_genome(bench: Bench, rows: list[Candidate]) -> dict[str, list[str]]:
    """Return the column of edits on the genome, where the sequence came from one."""
    if bench.interval is None:
        return {}
    interval = bench.interval
    return {"Genome": [describe_on(bench.state_of(row.name), interval) for row in rows]}


def genome_positions(rows: list[Candidate]) -> dict[str, list[str]]:
    """Return the column of places on the genome, where any is known."""
    return {"Genome position": [row.place for row in rows]} if any(r.place for r in rows) else {}


def _table(
    bench: Bench, card: ModelCard, track: str, rows: list[Candidate], made: Prediction | None
) -> None:
    values = np.array([row.values.get(track, np.nan) for row in rows], np.float32)
    frame = pd.DataFrame(
        {
            "State": [row.name for row in rows],
            "Prediction": values,
            "Change": values - values[0],
            "Percentile": card.percentile(values, track),
            "Edits": [row.edits for row in rows],
            **_on_genome(bench, rows),
            **genome_positions(rows),
            "Length": [len(row.sequence) for row in rows],
            "GC": [100 * gc_content(row.sequence) for row in rows],
        }
    )
    number = st.column_config.NumberColumn
    key = f"bench_states_{len(rows)}"
    st.dataframe(
        frame,
        key=key,
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * len(frame), 320),
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "Prediction": number(f"Prediction ({card.units})", format="%.3f"),
            "Change": number(format="%+.3f", help="Compared with the original."),
            "Percentile": number(format="%.0f", help="Among the measured test sequences."),
            "Edits": st.column_config.TextColumn(help="Compared with the original, 1-based."),
            "Genome": st.column_config.TextColumn(
                "On the genome", help="The same edits on the plus strand of the genome, 1-based."
            ),
            "Genome position": st.column_config.TextColumn(help=GENOME_POSITION),
            "Length": number(format="%d bp"),
            "GC": number(format="%.0f %%"),
        },
    )
    chosen = workspace.ticked(key)
    names = tuple(rows[at].name for at in chosen if at < len(rows))
    kept = tuple(name for name in names if name not in (ORIGINAL, NOW))
    with st.container(horizontal=True):
        st.button(
            "Put the ticked state on the bench",
            key="bench_go",
            disabled=len(names) != 1 or names[0] == NOW,
            on_click=partial(keeping.go_to, bench, names[0] if names else NOW),
            help="Undo brings back what is there now.",
        )
        st.button(
            "Drop the ticked states",
            key="bench_drop",
            disabled=not kept,
            on_click=partial(keeping.drop, bench, kept),
        )


def _compare(bench: Bench, card: ModelCard, track: str, rows: list[Candidate]) -> None:
    """Show two states side by side: numbers, edits, and the difference of their logos."""
    steps = _steps(bench)
    names = [*(row.name for row in rows), *steps]
    st.markdown("**Compare A with B**")
    left, right = st.columns(2)
    a = left.selectbox("A", names, index=0, key="bench_a", help=f"What B is compared with. {_ANY}")
    b = right.selectbox(
        "B", names, index=len(rows) - 1, key="bench_b", help=f"Drawn on its own letters. {_ANY}"
    )
    if a not in names or b not in names:
        return
    pair = [
        trail.state_at(bench, steps[one]) if one in steps else bench.state_of(one) for one in (a, b)
    ]
    known = {row.name: row.values.get(track) for row in rows}
    chosen = dict(zip((a, b), pair, strict=True))
    known |= _numbers(bench, card, track, {name: chosen[name] for name in chosen if name in steps})
    ya, yb = known.get(a), known.get(b)
    one, two, three = st.columns(3)
    for column, label, y in ((one, "A", ya), (two, "B", yb)):
        column.metric(f"Prediction of {label}", "\u2026" if y is None else show.number(y))
    three.metric(
        "B minus A",
        "\u2026" if ya is None or yb is None else show.number(yb - ya, "+"),
        help=card.units,
    )
    said = "\n".join(f"{label}  {describe(state)}" for label, state in zip("AB", pair, strict=True))
    st.code(said, language=None, wrap_lines=True)
    if pair[0].sequence == pair[1].sequence:
        st.caption("A and B are the same letters.")
        return
    _logos(bench, card, *pair)


_ANY = "Any state that is kept, and any of the history."


def _steps(bench: Bench) -> dict[str, int]:
    """Return the states of the history that the table does not hold, by what the choice says."""
    called = trail.names(bench)
    return {
        f"step {step}: {called[step]}": step
        for step in reversed(trail.listed(bench))
        if step not in (0, bench.history.done)
    }


def _numbers(
    bench: Bench, card: ModelCard, track: str, states: dict[str, EditState]
) -> dict[str, float]:
    """Return the predictions of states that the table does not hold, once they are made."""
    if not states:
        return {}
    texts = SequenceSet(tuple(states), tuple(one.sequence for one in states.values()))
    made: Prediction | None = asked.ask(
        bench, "compared", "predict_named", card, texts,
        wait=0.25, costly=False, **asked.reading(card),
    )  # fmt: skip
    if made is None:
        return {}
    y = focus.means(made, card, controls.target(card).rows)[:, card.track_index(track)]
    return dict(zip(states, y.tolist(), strict=True))


def _logos(bench: Bench, card: ModelCard, a: EditState, b: EditState) -> None:
    """Draw the contributions in A and B, and their difference, over the letters of B."""
    if not st.toggle(
        "Show the difference of their logos",
        key="bench_logos",
        help="The contribution of each base in A, in B, and B minus A. Makes an attribution of "
        "each state that has none yet.",
    ):
        return
    settings = controls.attribution(card)
    made: list[Attribution | None] = [
        asked.ask(
            bench, f"attribution of {label}", "attribute_named", card,
            SequenceSet((bench.name,), (state.sequence,)), settings=settings,
            target=controls.target(card), seed=controls.seed(),
        )
        for label, state in (("A", a), ("B", b))
    ]  # fmt: skip
    if made[0] is None or made[1] is None:
        st.caption("The logos are being computed; they appear here.")
        return
    of_a, of_b, gain = difference(made[0], a, made[1], b)
    unit, height = ABOUT[settings.method].in_units(card.units), ABOUT[settings.method].height
    top = max(float(np.abs(np.nan_to_num(x)).max()) for x in (of_a, of_b)) or 1.0
    axis = (-top, top)
    rows = [
        logo("A, at its places in B", unit, of_a, help=height, limits=axis, height=90),
        logo("B", unit, of_b, help=height, limits=axis, height=90),
        letters(),
        logo("B minus A", unit, gain, height=90, help="a tall letter counts for more in B"),
        *edits_row(b),
    ]
    sequence_view(b.sequence, rows, key="bench_compare", name=f"{bench.name}: B over A")


def difference(
    of_a: Attribution, a: EditState, of_b: Attribution, b: EditState
) -> tuple[Floats, Floats, Floats]:
    """Return the contributions per base (L,) of A and of B on the letters of B, and B minus A.

    Bases that A does not have are nan in A and in the difference.
    """
    where = b.carry(a)
    base_a, base_b = of_a.per_base(0), of_b.per_base(0)
    laid = np.where(where == NEW, np.nan, base_a[np.where(where == NEW, 0, where)])
    return laid.astype(np.float32), base_b, (base_b - laid).astype(np.float32)
