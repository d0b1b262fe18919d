"""Single-base changes as a visitor reads them: the map, the strongest, one looked at closely.

Owns which change is selected and the words around it; the effects are ``gexp_core.explain``'s.
"""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from gexp_core.encoding import BASES
from gexp_core.export.tables import strongest
from gexp_core.figures.scores import mutagenesis_scores
from gexp_core.models.card import ModelCard
from gexp_core.types import Mutagenesis, Prediction
from gexp_core.ui import frame, selection, show, specific, workspace
from gexp_core.ui.explained import along
from gexp_core.ui.view import heat, letters, logo, sequence_view

_CHANGE = "_change"
_AROUND = 20  # bases shown on each side of the changed one


def _choose(made: Mutagenesis, i: int, cell: tuple[int, str]) -> None:
    """Select a change of sequence ``i``, (0-based position, new base), and with it the base."""
    workspace.keep(_CHANGE, (made.names[i], made.sequences[i], *cell))
    selection.choose(made.names[i], (cell[0], cell[0] + 1))


def _choose_row(key: str, made: Mutagenesis, i: int, cells: list[tuple[int, str]]) -> None:
    rows = workspace.ticked(key)
    if rows and rows[0] < len(cells):
        _choose(made, i, cells[rows[0]])


def selected(made: Mutagenesis, i: int) -> tuple[int, str] | None:
    """Return (0-based position, new base) of the chosen change, the strongest until one is.

    Of a base or stretch that another page selected, the strongest change there.
    """
    start, end = made.window[i]
    stretch = selection.chosen(made.names[i]) or (start, end)
    first, last = max(start, stretch[0]), min(end, stretch[1])
    if first >= last:  # none of what is selected was changed
        first, last = start, end
    name, text, at, base = workspace.setting(_CHANGE, ("", "", -1, ""))
    known = (name, text) == (made.names[i], made.sequences[i]) and first <= at < last
    if known and base in BASES and base != text[at]:
        return at, base
    effect = np.abs(made.effect[i][:, first - start : last - start])
    if effect.any():
        base, column = divmod(int(effect.argmax()), effect.shape[1])
        return first + column, BASES[base]
    if (first, last) == (start, end):
        return None
    return first, next(base for base in BASES if base != made.sequences[i][first])


def picture(made: Mutagenesis, i: int, prediction: Prediction | None, track: str) -> None:
    """Draw all changes as a heat map under the logo of what each base is worth."""
    start = made.window[i][0]
    rows = [
        logo(
            "What each base is worth",
            made.units,
            mutagenesis_scores(made, i),
            start=start,
            height=130,
        ),
        letters(),
        heat("Effect of each change", made.units, made.effect[i], start=start),
    ]
    rows += along(None if made.target.minus is not None else prediction, made.names[i], track)
    cell = selected(made, i)
    stretch = selection.chosen(made.names[i])
    several = stretch is not None and stretch[1] - stretch[0] > 1
    sequence_view(
        made.sequences[i],
        rows,
        key="what_if_view",
        name=made.names[i],
        selection=stretch if several else cell,
        on_cell=partial(_choose, made, i),
    )
    st.caption(
        "Heat map: prediction of the changed sequence minus that of the sequence itself, for each "
        "base put at each position. Letters: minus the mean effect of the three alternatives, on "
        "the base that stands there, so a tall letter is a base whose loss would cost most. Click "
        "a cell to look at that change. To zoom, click the view and scroll, or hold Ctrl; drag to "
        "move."
    )


def detail(made: Mutagenesis, i: int, card: ModelCard, track: str) -> None:
    """Show the selected change: both predictions, the effect, the letters around it."""
    cell = selected(made, i)
    if cell is None:
        st.info("No single-base change alters this prediction.", icon=":material/info:")
        return
    at, alt = cell
    sequence, start = made.sequences[i], made.window[i][0]
    ref = sequence[at]
    effect = float(made.effect[i][BASES.index(alt), at - start])
    before, after = float(made.y_ref[i]), float(made.y_ref[i]) + effect
    show.heading(f"{at + 1}{ref}>{alt} in {made.names[i]}")
    one, two, three = st.columns(3)
    one.metric("Reference", show.number(before), help=specific.zero(card, made.target))
    two.metric(f"With {alt} at {at + 1}", show.number(after), help="Prediction of the mutant.")
    three.metric("Effect", show.number(effect, "+"), help="Mutant minus reference.")
    specific.unit(card, made.target)
    if made.target.minus is None:
        _percentiles(before, after, card, track)
    st.code(_aligned(sequence, at, alt), language=None)
    _elsewhere(made.names[i], made.window[i])


def _elsewhere(name: str, window: tuple[int, int]) -> None:
    """Say so where more is selected than this change, or something else; link to its place."""
    stretch = selection.chosen(name)
    if stretch is None:
        return
    start, end = stretch
    if end <= window[0] or start >= window[1]:
        st.caption(
            f"Selected is position {start + 1:,}, which was not changed here: set the position "
            "above to it, or choose another change."
        )
    elif end - start > 1:
        st.caption(
            f"The strongest change in the selected stretch, positions {start + 1:,} to {end:,}."
        )
    sequences = workspace.sequences()
    if sequences.origins[sequences.index(name)].interval is not None:
        frame.link("genome", "See the selection in its place on the genome")


def _percentiles(before: float, after: float, card: ModelCard, track: str) -> None:
    known = card.percentile(np.array([before, after], np.float32), track)
    if not np.isnan(known).any():
        st.caption(
            f"Percentile among the measured test sequences: {known[0]:.0f} before, {known[1]:.0f} "
            "after the change."
        )


def _aligned(sequence: str, at: int, alt: str) -> str:
    """Return reference and mutant, one below the other, around the change."""
    first, last = max(0, at - _AROUND), min(len(sequence), at + _AROUND + 1)
    mutant = sequence[:at] + alt + sequence[at + 1 :]
    mark = " " * (at - first) + "|"
    label = f"{first + 1:,}-{last:,}"
    return (
        f"{'reference':<10} {sequence[first:last]}\n{'':<10} {mark}\n"
        f"{'mutant':<10} {mutant[first:last]}\n{'':<10} positions {label} (1-based)"
    )


def tables(made: Mutagenesis, i: int) -> None:
    """Show the strongest losses and gains side by side; clicking a row selects the change."""
    st.caption("Tick a row below, or click a cell of the map above, to look at another change.")
    left, right = st.columns(2)
    losses, gains = strongest(made, i, 20)
    with left:
        _table("Strongest losses", losses, made, i)
    with right:
        _table("Strongest gains", gains, made, i)


def _table(title: str, changes: pd.DataFrame, made: Mutagenesis, i: int) -> None:
    st.subheader(title, anchor=False)
    if changes.empty:
        st.caption("There are none.")
        return
    cells = [
        (int(position) - 1, str(alt))
        for position, alt in zip(changes["position"], changes["alt"], strict=True)
    ]
    # as on the Workbench: G127A would be read as a change of a protein
    said = [f"{at + 1}{made.sequences[i][at]}>{alt}" for at, alt in cells]
    of = f"{made.target.track}_{made.target.minus}"
    key = f"{title[-6:].strip()}_{made.provenance.input_digest[:12]}_{of}"
    number = st.column_config.NumberColumn
    st.dataframe(
        changes.assign(change=said)[["change", "effect", "position"]],
        key=key,
        hide_index=True,
        width="stretch",
        height=300,
        on_select=partial(_choose_row, key, made, i, cells),
        selection_mode="single-row",
        column_config={
            "change": st.column_config.TextColumn(
                "Change", help="Position (1-based), base that stands there, new base."
            ),
            "effect": number(
                f"Effect ({made.units})",
                format=show.column(changes["effect"], "+"),
                help="Mutant minus reference.",
            ),
            "position": number("Position", help="1-based."),
        },
    )
