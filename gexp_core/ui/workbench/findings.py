"""The first things to know of a map of effects: the base that matters most, the strongest changes.

Owns the line below the view, its buttons, and the files of what the view shows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from gexp_core.edits.notation import describe
from gexp_core.edits.reference import stretch_on
from gexp_core.encoding import BASES
from gexp_core.export.candidates import Candidate, fasta
from gexp_core.export.tables import attribution_table, mutagenesis_table
from gexp_core.models.card import ModelCard
from gexp_core.types import Floats, Prediction
from gexp_core.ui import controls, download, focus
from gexp_core.ui.workbench import bench as deeds
from gexp_core.ui.workbench.asked import Found
from gexp_core.ui.workbench.bench import Bench


@dataclass(frozen=True, slots=True)
class Strongest:
    """Say what stands out in a map of effects; positions are 0-based.

    Attributes
    ----------
    position, mean : the base whose three changes have the largest mean effect, by size
    lowers, raises : (position, base, effect) of the lowest and the highest effect; None where no
        change lowers, or raises
    """

    position: int
    mean: float
    lowers: tuple[int, str, float] | None
    raises: tuple[int, str, float] | None


def strongest(effect: Floats, start: int = 0) -> Strongest | None:
    """Return what stands out in effects (4, W) from base ``start`` on; None where none is known."""
    known = np.isfinite(effect)
    if not known.any():
        return None
    mean = np.where(known, effect, 0).sum(0) / 3  # 0 at the base that is there
    at = int(np.abs(mean).argmax())

    def pick(flat: int) -> tuple[int, str, float]:
        base, column = np.unravel_index(flat, effect.shape)
        return start + int(column), BASES[int(base)], float(effect[base, column])

    low = pick(int(np.where(known, effect, np.inf).argmin()))
    high = pick(int(np.where(known, effect, -np.inf).argmax()))
    return Strongest(
        start + at, float(mean[at]), low if low[2] < 0 else None, high if high[2] > 0 else None
    )


def line(bench: Bench, effects: Found | None, card: ModelCard) -> None:
    """Say what stands out in the effects, and offer the two strongest changes."""
    if effects is None or not effects.fresh:
        return
    found = strongest(effects.made.effect[0], effects.made.window[0][0])
    if found is None:
        return
    text = bench.history.sequence
    place = f"{text[found.position]} at {found.position + 1:,}"
    if bench.interval is not None:
        there = stretch_on(bench.state, bench.interval, found.position, found.position + 1)
        place += f" ({there})" if there else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**Base that matters most:** {place}, mean effect {found.mean:+.2f}",
            width="content",
            help=f"Mean effect of its three changes on the prediction, in {card.units}.",
        )
        for key, what, change in (
            ("lowers", "Lowers most", found.lowers),
            ("raises", "Raises most", found.raises),
        ):
            if change is None:
                continue
            position, base, value = change
            st.button(
                f"{what}: {position + 1}{text[position]}>{base} ({value:+.2f})",
                key=f"bench_{key}",
                on_click=partial(deeds.substitute, bench, (position, base)),
                help="Make this change; Undo takes it back.",
            )


def files(
    bench: Bench,
    card: ModelCard,
    *,
    now: Prediction | None,
    credit: Found | None,
    effects: Found | None,
) -> None:
    """Offer the letters as they are, and the tables of the rows that are up to date."""
    name = bench.name
    with st.popover("Download", icon=":material/download:"):
        offered: dict[str, tuple[str, Callable[[], bytes]]] = {
            "Letters (FASTA)": (
                f"{download.stem('bench', name)}.fa",
                partial(_letters, bench, card, now),
            )
        }
        if effects is not None and effects.fresh:
            offered["Effects (table)"] = (
                f"{download.stem('bench_effects', name)}.tsv",
                download.table(partial(mutagenesis_table, effects.made, card)),
            )
        if credit is not None and credit.fresh:
            offered["Contributions (table)"] = (
                f"{download.stem('bench_contributions', name)}.tsv",
                download.table(partial(attribution_table, credit.made, 0)),
            )
        download.row(offered)
        st.caption("Rows that are being computed come as soon as they are there.")


def _letters(bench: Bench, card: ModelCard, now: Prediction | None) -> bytes:
    values: dict[str, float] = {}
    if now is not None:
        (y,) = focus.means(now, card, controls.target(card).rows).tolist()
        values = dict(zip(now.tracks, y, strict=True))
    one = Candidate(
        bench.name,
        bench.history.sequence,
        bench.history.original,
        describe(bench.state),
        values,
        "" if now is None else now.units,
    )
    return fasta([one])
