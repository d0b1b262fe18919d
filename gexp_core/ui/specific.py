"""A second track whose number is taken off what is explained: how specific the chosen one is.

Owns the choice; what the difference means is ``gexp_core.types.Target``'s.
"""

import streamlit as st

from gexp_core.models.card import ModelCard
from gexp_core.types import Target
from gexp_core.ui import workspace

_KEY = "minus"


def draw(card: ModelCard, track: str) -> None:
    """Offer the other tracks of a model that has several."""
    if len(card.tracks) < 2:
        return
    about = {one.name: one.description for one in card.tracks}
    st.selectbox(
        "Minus",
        ["", *about],
        format_func=lambda name: f"{about[name]} ({name})" if name else "nothing: the track alone",
        key=_KEY,
        persist_state="session",
        help="Takes the number of another track off, so that what is explained is how specific "
        "the chosen track is: bases that raise both alike then count for nothing.",
    )
    if workspace.setting(_KEY, "") == track:
        st.caption("A track minus itself is 0: the track alone is explained.")


def chosen(card: ModelCard, track: str) -> str | None:
    """Return the name of the track that is taken off ``track``, None for none."""
    name = str(workspace.setting(_KEY, "") or "")
    return name if name != track and name in {one.name for one in card.tracks} else None


def said(card: ModelCard, target: Target) -> None:
    """Say so where what is explained is a difference of two tracks."""
    if target.minus is not None:
        st.caption(
            f"Explained is a difference: {card.explained(target)}, in {card.units}. 0: both alike."
        )
