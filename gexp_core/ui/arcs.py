"""The strongest connections of the chosen attention map, as arcs over the bases.

Owns the choices and the words around the arcs; which they are is ``explain.attention_arcs``'s.
"""

import streamlit as st

from gexp_core.explain import attention_arcs
from gexp_core.explain.attention_arcs import MOST, USUAL, Arcs, unshared
from gexp_core.explain.attention_choice import Choice
from gexp_core.explain.attention_map import AttentionMap
from gexp_core.figures.attention_arcs import counted, meaning, strongest_in_words
from gexp_core.figures.attention_arcs_plot import arcs_plot
from gexp_core.types import Mutagenesis
from gexp_core.ui import attention, show


def strongest(found: AttentionMap, choice: Choice, token: int, changes: Mutagenesis | None) -> Arcs:
    """Draw the strongest connections of all tokens or of the chosen one, and return them."""
    st.subheader("Arcs: the strongest connections", anchor=False)
    with st.container(horizontal=True):
        alone = _alone()
        apart = _apart(found)
        most = st.number_input(
            "Arcs at most",
            1,
            MOST,
            USUAL,
            step=20,
            key="attention_arcs_most",
            persist_state="session",
            width=150,
            help=f"The strongest are drawn, {MOST} at most: more cannot be told apart.",
        )
    matrix = choice.matrix(found, 0)
    made = attention_arcs.strongest(
        matrix, found.size, apart=apart, most=int(most), token=token if alone else None
    )
    st.plotly_chart(
        arcs_plot(found, 0, matrix, made, changes),
        width="stretch",
        theme=None,
        key="attention_arcs",
        config=show.BAR,
    )
    _said(found, made, changes)
    return made


def _said(found: AttentionMap, made: Arcs, changes: Mutagenesis | None) -> None:
    """Say what the figure shows, what it leaves out, and its strongest arcs in words."""
    meant = [meaning(found, 0, made), "The stronger, the wider and the fuller in colour."]
    if not found.inside(0).all():
        meant.append("Beyond the dotted lines lies the background around the sequence.")
    below = ["Below: attention received, in multiples of an even share"]
    if changes is not None:
        below.append(
            f"the mean size of the effects of changing a token's bases, {show.plain(changes.units)}"
        )
    told = f"{counted(made)} {strongest_in_words(found, 0, made)}"
    for line in (" ".join(meant), told, f"{', and '.join(below)}."):
        st.caption(line)


def _alone() -> bool:
    """Offer the arcs of all tokens or of the chosen one; return whether it is the chosen one."""
    of = st.segmented_control(
        "Arcs of",
        ["all", "token"],
        format_func=lambda key: "The chosen token" if key == "token" else "All tokens",
        default="all",
        required=True,
        key=attention.ARCS_OF,
        persist_state="session",
        help="Choosing a token, in the map, with the slider or over the sequence, draws its arcs "
        "alone: what it reads, and what reads it.",
    )
    return bool(of == "token")


def _apart(found: AttentionMap) -> int:
    """Offer how far apart the two tokens of an arc lie, in bases."""
    usual = unshared(found)
    before, after = found.reach
    reason = (
        f"tokens that near see some of the same bases (a token sees its {found.size}, {before} "
        f"before and {after} after them), so that one reading the other tells little"
        if usual > found.size
        else "the least there is, so that a window this small keeps most of its pairs"
    )
    chosen = st.number_input(
        "At least so many bases apart",
        found.size,
        max(found.size, (found.tokens - 1) * found.size),
        usual,
        step=found.size,
        key=f"attention_arcs_apart_{found.size}_{found.tokens}",
        persist_state="session",
        width=230,
        help="Between the middles of two tokens. Nearer pairs, and what tokens keep for "
        f"themselves, are left out; {usual} is set at first: {reason}.",
    )
    return int(chosen)
