"""The picture on the page Genome view, and what a visitor does in it.

Owns the part of the page that runs by itself when the view is moved. The picture is ``ui.igv``'s,
what is drawn in it ``genome``'s.
"""

import streamlit as st

from gexp_core.types import Interval
from gexp_core.ui import genome_link, genome_selected, show, workspace
from gexp_core.ui.igv import View, genome_view, identity

_SEEN = "_genome_seen"
_CHOSEN = "_genome_chosen"


@st.fragment
def browser(shown: View) -> None:
    """Draw the genome view, and say what is in sight; a move runs this part of the page alone."""
    now, here = identity(shown), shown.places[shown.chosen]
    place = Interval(shown.chrom, here.start, here.end, here.strand)
    wish = genome_link.wished(here.name)
    genome_view(
        shown,
        key="genome_view",
        go=wish,
        marked=genome_selected.marked(here.name, place),
        on_locus=lambda seen: workspace.keep(_SEEN, (now, seen)),
        on_place=_choose,
    )
    if workspace.setting(_CHOSEN, False):
        workspace.keep(_CHOSEN, False)
        st.rerun()
    told, seen = workspace.setting(_SEEN, ("", None))
    known = seen if told == now else None
    if known is not None or wish is None:  # else it is still on its way there
        genome_link.tell(shown.chrom, known)
    start, end = known or (shown.start, shown.end)
    show.note(
        f"In sight: {shown.chrom}:{start + 1:,}-{end:,} (1-based, both ends included); BED "
        f"{shown.chrom} {start} {end}; {end - start:,} bp."
    )
    genome_selected.offer(here.name, place, (start, end))


def _choose(name: str) -> None:
    workspace.choose_sequence(name)
    workspace.keep(_CHOSEN, True)


def reading() -> None:
    """Say how the picture is read."""
    st.caption(
        "Letters and rows are those of the plus strand; a sequence that was read on the minus "
        "strand is turned. Letters are drawn when a base has room, bars else, and farther out the "
        "mean of the bases of a pixel. A base that several windows or sequences predict has their "
        "mean; where one strand is read, sequences of either strand have a row of their own. "
        "Attribution and changes are the chosen sequence's. Minus mean effect: of the three "
        "other letters, so up means that the base helps. Strongest change: of the three the one "
        "farthest from 0. Letters beside the chosen sequence are not known here. Click a row for "
        "its value."
    )
