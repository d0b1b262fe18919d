"""The selected base or stretch on the page Genome view: shown, marked, and chosen from there.

Owns when the view moves to it, and the buttons below the view. What is selected is ``selection``'s.
"""

from functools import partial

import streamlit as st

from gexp_core.export.genome_tracks import part
from gexp_core.inputs import format_region
from gexp_core.types import Interval
from gexp_core.ui import frame, genome_link, selection, show
from gexp_core.ui import workspace as space
from gexp_core.ui.selection import Range

#: Bases shown on either side of a position that the view moves to.
AROUND = 40
_SHOWN = "_genome_selected"


def visit(name: str, place: Interval, *, linked: bool = False) -> None:
    """Have the view move to the selection where it is another than the view was drawn with.

    It stays where the address says what is to be seen (``linked``).
    """
    before = space.setting(_SHOWN, None)
    known(name)
    if space.setting(_SHOWN, None) != before and not linked:
        _show(name, place)


def known(name: str) -> None:
    """Take the selection of a sequence for one that was visited: the view stays where it is."""
    space.keep(_SHOWN, (name, selection.chosen(name)))


def marked(name: str, place: Interval) -> Range | None:
    """Return where the selection lies on the contig, 0-based half-open; None for nothing."""
    stretch = selection.chosen(name)
    if stretch is None:
        return None
    there = part(place, *stretch)
    return there.start, there.end


def _show(name: str, place: Interval) -> None:
    there = marked(name, place)
    if there is not None:
        genome_link.wish(name, (max(0, there[0] - AROUND), there[1] + AROUND))


def offer(name: str, place: Interval, seen: Range) -> None:
    """Say what is selected, and offer to select the middle of what is in sight (0-based)."""
    there, stretch = marked(name, place), selection.chosen(name)
    if there is not None and stretch is not None:
        whole = format_region(Interval(place.chrom, *there))
        at = whole if there[1] - there[0] > 1 else whole.split("-")[0]
        show.note(f"Selected, and marked: {at} (1-based), {_bases(stretch)}.")
    middle = (seen[0] + seen[1] - 1) // 2
    base = selection.base_at(place, middle)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Select the middle of what is in sight ({middle + 1:,})",
            key="genome_select",
            icon=":material/point_scan:",
            disabled=base is None,
            on_click=partial(_select, name, base),
            help="Marks this base here, and selects it on the pages What if and Workbench."
            if base is not None
            else f"{show.plain(name)} does not reach there: move to its letters.",
        )
        if there is not None:
            st.button(
                "Go to the selection",
                key="genome_selected",
                icon=":material/center_focus_strong:",
                on_click=partial(_show, name, place),
            )
            frame.link("what_if", "See what changes there do")


def _bases(stretch: Range) -> str:
    start, end = stretch
    if end - start == 1:
        return f"base {end:,} of the sequence"
    return f"bases {start + 1:,} to {end:,} of the sequence"


def _select(name: str, base: int | None) -> None:
    if base is not None:
        selection.choose(name, (base, base + 1))
        known(name)
