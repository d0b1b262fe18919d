"""A second track whose number is taken off what is explained: how specific the chosen one is.

Owns the choice; what the difference means is ``gexp_core.types.Target``'s.
"""

import streamlit as st

from gexp_core.models.card import ModelCard, Track
from gexp_core.types import Target
from gexp_core.ui import show, workspace

_KEY = "minus"


def track_label(track: Track) -> str:
    """Return what a list calls a track, and so what the address says of it."""
    about, name = track.description, track.name
    return name if about == name else f"{about} ({name})"


def draw(card: ModelCard, track: str) -> None:
    """Offer the other tracks of the same kind, where a model has some."""
    at = card.track_index(track)
    about = {one.name: one.description for i, one in enumerate(card.tracks) if card.alike(at, i)}
    if len(about) < 2:
        return
    st.selectbox(
        "Minus another track",
        ["", *about],
        format_func=lambda name: f"{about[name]} ({name})" if name else "nothing: the track alone",
        key=_KEY,
        persist_state="session",
        help="Takes the number of another track off, so that what is explained is how specific "
        "the chosen track is: bases that raise both alike then count for nothing. Offered are "
        "tracks of the same kind, whose numbers can be compared. It holds on the pages Why, What "
        "if, Attention and Genome view, in batches and in what is taken away; the Workbench and "
        "the motif pages explain the track alone.",
    )
    if workspace.setting(_KEY, "") == track:
        st.caption("A track minus itself is 0: the track alone is explained.")


def chosen(card: ModelCard, track: str) -> str | None:
    """Return the name of the track that is taken off ``track``, None for none."""
    name, at = str(workspace.setting(_KEY, "") or ""), card.track_index(track)
    alike = {one.name for i, one in enumerate(card.tracks) if card.alike(at, i)}
    return name if name != track and name in alike else None


def said(card: ModelCard, target: Target) -> None:
    """Say so where what is explained is a difference of two tracks."""
    if target.minus is not None:
        st.caption(
            f"Explained is a difference: {card.explained(target)}, in {card.units}. Zero: both "
            "alike."
        )


def unit(card: ModelCard, target: Target) -> None:
    """Say in which unit the numbers are, and what their 0 means, of a track or a difference."""
    if target.minus is None:
        show.unit(card)
    said(card, target)


def zero(card: ModelCard, target: Target) -> str:
    """Return the unit and what 0 means, for the help of one number."""
    return f"{card.units}; 0: {card.zero if target.minus is None else 'both tracks alike'}"
