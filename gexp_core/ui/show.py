"""How text that a visitor gave, and errors, reach the page: as text, never as markup.

Owns escaping and the two kinds of trouble: a problem (GexpError, one sentence) and a bug.
"""

import contextlib
import re
from collections.abc import Iterator

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

from gexp_core.errors import GexpError
from gexp_core.figures.letters import number as number  # show.number, as figures write it
from gexp_core.models.card import ModelCard

#: The buttons over a figure that is explored: those that do nothing here are left out.
BAR = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}

_MARKUP = re.compile(r"([!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~])")
_LINKS = re.compile(r"(?i)(https?|ftp|www|@)")


def plain(text: str) -> str:
    """Return ``text`` such that Markdown shows it letter for letter.

    All punctuation is escaped. Addresses become links even so, in a later step of the renderer,
    unless something stands inside them: an invisible word joiner does.
    """
    flat = " ".join(text.split())
    return _LINKS.sub("\\1\u2060", _MARKUP.sub(r"\\\1", flat))


def capital(text: str) -> str:
    """Return text with its first letter in upper case, the others as they are."""
    return text[:1].upper() + text[1:]


def problem(error: GexpError) -> None:
    """Say in one sentence what a visitor can put right."""
    st.error(capital(plain(str(error))), icon=":material/error:")


def bug() -> None:
    """Say that this is our fault, without detail."""
    st.error(
        "Something went wrong inside gexp; this is a bug, not your input. Your sequences and "
        "results are kept. Reload the page, or go on from another one.",
        icon=":material/bug_report:",
    )


@contextlib.contextmanager
def problems() -> Iterator[None]:
    """Show a visitor's problem in place and go on below it."""
    try:
        yield
    except GexpError as error:
        problem(error)


def note(text: str) -> None:
    """Show a small line of plain text."""
    st.caption(plain(text))


def column(values: ArrayLike, sign: str = "") -> str:
    """Return the format of a table's column, with three decimals where they say something.

    Where most of its numbers would lose them (below 0.01), three digits that count.
    """
    sizes = np.abs(np.asarray(values, np.float64))
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    return f"%{sign}.3g" if len(sizes) and np.median(sizes) < 0.01 else f"%{sign}.3f"


def unit(card: ModelCard) -> None:
    """Say in which unit the numbers of this page are, and what their 0 means."""
    st.caption(f"Numbers are in {card.units}. Zero: {card.zero.rstrip('. ')}.")


def heading(text: str) -> None:
    """Show a heading whose text may come from a visitor."""
    st.subheader(plain(text), anchor=False)
