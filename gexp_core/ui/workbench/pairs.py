"""Every pair of bases in a stretch: which depend on each other, as a map.

Owns this part of the panel *Together*; the readings are ``explain.pairwise``'s.
"""

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from gexp_core.edits.stretches import read_stretch
from gexp_core.encoding import BASES
from gexp_core.errors import InputError
from gexp_core.explain.pair_effects import MOST, PairEffects
from gexp_core.export.pairwise import pairs_table
from gexp_core.figures.pairs import pairs_plot, strongest
from gexp_core.models.card import ModelCard
from gexp_core.ui import controls, download, show, work, workspace
from gexp_core.ui.workbench import asked, costly
from gexp_core.ui.workbench.bench import Bench

_WORK = "gexp_core.explain.pairwise:pairs_named"
_ASKED = "_bench_pairs"


def button(bench: Bench, card: ModelCard) -> None:
    """Offer the question, of the stretch that is typed or selected."""
    st.button(
        "Every pair in the stretch",
        key="bench_pairs",
        on_click=_ask,
        args=(bench, card),
        help=f"Reads every double change of two bases in the stretch (2 to {MOST} bases) and maps "
        "which depend on each other. Up to some minutes for 60 bases.",
    )


def _ask(bench: Bench, card: ModelCard) -> None:
    """Remember the stretch, on the present letters."""
    bench.problem = None
    text = bench.history.sequence
    try:
        start, end = read_stretch(str(workspace.setting("bench_stretch", "")), len(text))
        if not 2 <= end - start <= MOST:
            raise InputError(
                f"the stretch {start + 1}-{end} was given; all pairs of 2 to {MOST} bases are "
                "read, so give as many"
            )
        if many := costly.long(bench, card):
            raise InputError(
                f"a sequence of {many[0]} was given, each of which would be read again for every "
                "change; put a shorter one on the bench, cut around the stretch"
            )
    except InputError as error:
        bench.problem = error
        return
    workspace.keep(_ASKED, ((start, end), _question(bench, card, (start, end))))


def _how(card: ModelCard, window: tuple[int, int]) -> dict[str, Any]:
    """Return what the map depends on beside model and letters."""
    about = (f"{window[0]}-{window[1]}",)
    return {"target": controls.target(card), **asked.reading(card), "about": about}


def _question(bench: Bench, card: ModelCard, window: tuple[int, int]) -> str:
    """Return what a map is known by: another model, track or text is another question."""
    return work.key_of(_WORK, card, bench.sequences, _how(card, window))


def known(bench: Bench, card: ModelCard) -> PairEffects | None:
    """Return the answer to the last question, if it was of the present letters and choices."""
    window, question = workspace.setting(_ASKED, ((0, 0), ""))
    if question != _question(bench, card, window):
        return None
    given = (card.name, bench.sequences, window)
    made: PairEffects | None = asked.ask(
        bench, "pairs", _WORK, card, bench.sequences, given=given, **_how(card, window)
    )
    return made


def draw(bench: Bench, card: ModelCard) -> None:
    """Draw the map, once it is there, and offer its table."""
    made = known(bench, card)
    if made is None:
        return
    start, end = made.window
    values, first, second = strongest(made)
    i, k = np.unravel_index(np.nanargmax(np.abs(values)), values.shape)
    text = made.sequence[start:end]
    show.note(
        f"Of every pair of bases {start + 1} to {end} the strongest interaction: what two changes "
        "do together beyond the sum of what each does alone. Orange: above the sum, blue: below "
        "it, white: they act independently; the diagonal is empty. Largest: "
        f"{start + i + 1}{text[i]}>{BASES[first[i, k]]} with "
        f"{start + k + 1}{text[k]}>{BASES[second[i, k]]}, {values[i, k]:+.3f} {made.units}."
    )
    st.plotly_chart(
        pairs_plot(made), width="stretch", theme=None, key="bench_pairs_map", config=show.BAR
    )
    stem = download.stem("pairs", bench.name)
    download.row(
        {"Table of every pair": (f"{stem}.tsv", download.table(partial(pairs_table, made, card)))}
    )
