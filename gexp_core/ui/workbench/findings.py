"""The first things to know of a map of effects: the base that matters most, the strongest changes.

Owns the lines above the view, their buttons, and the files of what the view shows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from gexp_core.edits.notation import describe
from gexp_core.edits.reference import place_on, stretch_on
from gexp_core.encoding import BASES
from gexp_core.export.candidates import Candidate, fasta
from gexp_core.export.tables import attribution_table, mutagenesis_table, prediction_table
from gexp_core.models.card import ModelCard
from gexp_core.types import Floats, Prediction
from gexp_core.ui import controls, download, focus, show
from gexp_core.ui.workbench import bench as deeds
from gexp_core.ui.workbench import hits, reading
from gexp_core.ui.workbench.asked import Found
from gexp_core.ui.workbench.bench import Bench
from gexp_core.ui.workbench.rows import on_genome


@dataclass(frozen=True, slots=True)
class Strongest:
    """Say what stands out in a map of effects; positions are 0-based.

    Attributes
    ----------
    position, mean : the base whose three changes have the largest mean effect, by size; no N
    lowers, raises : (position, base, effect) of the lowest and the highest effect; None where no
        change lowers, or raises
    """

    position: int
    mean: float
    lowers: tuple[int, str, float] | None
    raises: tuple[int, str, float] | None


def strongest(effect: Floats, letters: str, start: int = 0) -> Strongest | None:
    """Return what stands out in effects (4, W) of ``letters``, which begin at base ``start``.

    None where no effect is known, or where every letter is N: no base is there to matter.
    """
    known = np.isfinite(effect)
    there = np.array([letter in BASES for letter in letters.upper()])
    if not known[:, there].any():
        return None
    mean = np.where(known & there, effect, 0).sum(0) / 3  # 0 at the base that is there
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
    """Say which base matters most and what lies there, with the strongest changes as buttons.

    Both lines stand, without values, while effects are made: what is below them does not move.
    """
    known = None
    if effects is not None and effects.fresh:
        first, last = effects.made.window[0]
        letters = effects.made.sequences[0][first:last]
        known = strongest(effects.made.effect[0], letters, first)
        if known is None:
            return
    if known is not None:
        said = _said(bench, known, card)
    elif _stopped(bench, "mutagenesis"):
        said = "not computed: stopped, or failed; *Try again* above starts it again"
    else:
        said = "being computed"
    edited = bench.history.sequence != bench.history.original
    with st.container(key="bench_matters"):
        st.markdown(
            f"**{'Now matters most' if edited else 'Base that matters most'}:** {said}",
            help="Of all bases the one whose three changes move the prediction farthest: their "
            f"mean effect, in {card.units}. The tallest letter of the contributions may be "
            "another: it says what a base adds where it is, not what each change would do.",
        )
    with st.container(horizontal=True, key="bench_findings"):
        _change(
            bench,
            "lowers",
            "Lowers most",
            card,
            None if known is None else known.lowers,
            waits=known is None,
        )
        _change(
            bench,
            "raises",
            "Raises most",
            card,
            None if known is None else known.raises,
            waits=known is None,
        )
        _motif(bench, card, known)


def _stopped(bench: Bench, kind: str) -> bool:
    """Return whether a kind of result does not come by itself: its job was stopped, or failed."""
    return bool(bench.failed) and (kind not in bench.wanted or not bench.jobs)


def _said(bench: Bench, known: Strongest, card: ModelCard) -> str:
    """Return the base that matters most, its place and its mean effect, in words."""
    place = f"{bench.history.sequence[known.position]} at {known.position + 1:,}"
    if bench.interval is not None:
        there = stretch_on(bench.state, bench.interval, known.position, known.position + 1)
        place += f" ({show.plain(there)})" if there else ""
    return f"{place}; its three changes: mean {_short(known.mean)} {show.plain(card.units)}"


def _short(effect: float) -> str:
    """Return an effect with two decimals, or where they would be lost, as elsewhere."""
    return f"{effect:+.2f}" if abs(effect) >= 0.1 else show.number(effect, "+")


def _change(
    bench: Bench,
    key: str,
    what: str,
    card: ModelCard,
    change: tuple[int, str, float] | None,
    *,
    waits: bool,
) -> None:
    """Offer one change; nothing where no change lowers, or raises."""
    if change is None:
        if waits:
            st.button(f"{what} \u2026", key=f"bench_{key}", disabled=True)
        return
    position, base, value = change
    st.button(
        f"{what}: {position + 1}{bench.history.sequence[position]}>{base} ({_short(value)})",
        key=f"bench_{key}",
        on_click=partial(deeds.substitute, bench, (position, base)),
        help="Make this change, which moves the prediction by "
        f"{show.number(value, '+')} {card.units}. Undo takes it back.",
    )


def _motif(bench: Bench, card: ModelCard, known: Strongest | None) -> None:
    """Say which known motif lies over the base that matters most; a click selects its stretch."""
    if not hits.asked_for():
        st.button(
            "Which motif is there?",
            key="bench_which",
            disabled=known is None,
            on_click=hits.ask_for,
            help="Scan the letters for known motifs; the one over this base is then named here, "
            "and all are a row of the view. Takes seconds; the first scan of a new installation, a "
            "minute or more.",
        )
        return
    made = hits.found(bench, card)
    if made is None or not made.fresh or known is None:
        stopped = _stopped(bench, "hits") or _stopped(bench, "mutagenesis")
        said = "not scanned" if stopped else "being scanned"
        st.button(f"Motif: {said}", key="bench_which_wait", disabled=True)
        return
    place = hits.over(made.made, known.position, hits.credit(bench, card))
    if place is None:
        st.button("No known motif is there", key="bench_which_none", disabled=True)
        return
    hit, also = place.best, ", ".join(place.others[:6])
    st.button(
        f"Motif: {hit.name}, {hit.start + 1}-{hit.end} ({hit.strand})",
        key="bench_which_found",
        on_click=partial(deeds.select, bench, (hit.start, hit.end)),
        help="Select its stretch; Knock out in the panel Edit then changes every base of it."
        + (f" Also fit there: {also}." if also else ""),
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
    with st.popover("Download", icon=":material/download:"):
        download.row(
            {
                "Letters (FASTA)": (
                    f"{download.stem('bench', bench.name)}.fa",
                    partial(_letters, bench, card, now),
                ),
                **{
                    f"{label} (table)": (
                        f"{download.stem('bench_' + label.lower(), bench.name)}.tsv",
                        download.table(make),
                    )
                    for label, make in _tables(bench, card, now, credit, effects).items()
                },
            }
        )
        if bench.wanted:
            st.caption("Rows that are being computed come as soon as they are there.")


def _tables(
    bench: Bench,
    card: ModelCard,
    now: Prediction | None,
    credit: Found | None,
    effects: Found | None,
) -> dict[str, Callable[[], pd.DataFrame]]:
    """Return the tables of the rows that are up to date."""
    made: dict[str, Callable[[], pd.DataFrame]] = {}

    def offer(label: str, found: Found | None, table: Callable[[Any], pd.DataFrame]) -> None:
        if found is not None and found.fresh:
            made[label] = lambda: on_genome(bench, table(found.made), "position", "position")

    if now is not None:
        made["Prediction"] = partial(prediction_table, now, card)
    offer("Effects", effects, lambda one: mutagenesis_table(one, card))
    offer("Contributions", credit, lambda one: attribution_table(one, 0))
    offer("Attention", reading.found(bench, card), reading.table)
    motifs = hits.found(bench, card)
    if motifs is not None and motifs.fresh:
        made["Motifs"] = partial(hits.table, bench, motifs, hits.credit(bench, card))
    return made


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
        "" if bench.interval is None else place_on(bench.state, bench.interval),
    )
    return fasta([one])
