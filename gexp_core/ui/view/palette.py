"""Colours of the sequence view in light and dark pages; the light ones are those of the figures.

Owns which named palettes exist, and which one a visitor chose. Bases are told apart by their letter
as well, signs by their direction, so that no meaning hangs on colour alone; no scale runs from red
to green.
"""

from typing import Any

import streamlit as st

from gexp_core.figures.palette import DIVERGING, OKABE_ITO

#: on near-black paper zero is dark and both ends are light
_DIVERGING_DARK = (
    (0.0, "#BFE1FF"),
    (0.25, "#4597DB"),
    (0.5, "#262A33"),
    (0.75, "#D97A3A"),
    (1.0, "#FFDDB8"),
)
_PURPLE_GREEN_LIGHT = (
    (0.0, "#40004B"),
    (0.25, "#9970AB"),
    (0.5, "#FFFFFF"),
    (0.75, "#5AAE61"),
    (1.0, "#00441B"),
)
_PURPLE_GREEN_DARK = (
    (0.0, "#F0DCF7"),
    (0.25, "#B07FD0"),
    (0.5, "#262A33"),
    (0.75, "#4FAE67"),
    (1.0, "#D2F5D0"),
)
#: Okabe-Ito, darker on white and lighter on black: each at least 4.5 : 1 against the page
_STRONG_LIGHT = {"A": "#006B4F", "C": "#005A8F", "G": "#8A5A00", "T": "#A84300", "N": "#5C5C5C"}
_STRONG_DARK = {"A": "#35D6AB", "C": "#6FBDF5", "G": "#FFC24D", "T": "#FF9A5C", "N": "#B8B8B8"}
_OKABE_DARK = OKABE_ITO | {"C": "#3D9BDC", "T": "#E8702A", "A": "#14B88A"}

#: name -> theme -> base colours and the diverging scale as (place 0-1, colour); 0.5 is zero
PALETTES: dict[str, dict[str, dict[str, Any]]] = {
    "okabe-ito": {
        "light": {"bases": OKABE_ITO, "diverging": DIVERGING},
        "dark": {"bases": _OKABE_DARK, "diverging": _DIVERGING_DARK},
    },
    "purple-green": {
        "light": {"bases": OKABE_ITO, "diverging": _PURPLE_GREEN_LIGHT},
        "dark": {"bases": _OKABE_DARK, "diverging": _PURPLE_GREEN_DARK},
    },
    "high-contrast": {
        "light": {"bases": _STRONG_LIGHT, "diverging": DIVERGING},
        "dark": {"bases": _STRONG_DARK, "diverging": _DIVERGING_DARK},
    },
}

_TITLES = {
    "okabe-ito": "Blue to orange",
    "purple-green": "Purple to green",
    "high-contrast": "High contrast",
}
_CHOSEN = "view_palette"


def choose() -> None:
    """Offer the palettes; the choice holds on every page."""
    with st.expander("Colours", expanded=False):
        st.radio(
            "Colours of the sequence views",
            _TITLES,
            format_func=lambda key: _TITLES.get(key, key),
            key=_CHOSEN,
            persist_state="session",
            help="All of them can be told apart by colour-blind people. Where your system asks for "
            "more contrast, high contrast is used.",
        )


def chosen() -> str:
    """Return the visitor's palette, the first until one is chosen."""
    asked = st.session_state.get(_CHOSEN)
    return asked if asked in PALETTES else next(iter(PALETTES))
