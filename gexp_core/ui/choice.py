"""What a page chooses for a visitor in a list or box that every page has, until the browser knows.

A request that a browser sent before it was told carries what it showed then. Streamlit takes that
for the visitor's choice: the browser is told of one model meanwhile, and the page shows numbers of
another. So each such choice has a number, and the browser learns it from a box that nobody sees,
after the lists. What comes back without the number was sent before, and the choice stays. Anything
else that a visitor chose in the meantime is the visitor's. The number stands beside letters drawn
for the session: after a restart of the server a tab that stayed open brings that of another one.
"""

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

#: The key of the box.
BOX = "chosen_told"
_CHOICES = "_chosen"
_HIDDEN = f"<style>.st-key-{BOX}_row {{ display: none; }}</style>"


@dataclass(frozen=True, slots=True)
class _Choices:
    """Hold the last number, and by key what was chosen and what may have been shown before."""

    number: int = 0
    waiting: dict[str, tuple[Any, tuple[Any, ...]]] = field(default_factory=dict)
    session: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def text(self) -> str:
        """Return what a browser that knows of all choices has in the box."""
        return f"{self.session} {self.number}" if self.number else ""

    @property
    def told(self) -> bool:
        """Return whether the request that is answered knew of all choices."""
        return bool(st.session_state.get(BOX, "") == self.text)

    def kept(self, key: str, value: Any) -> Any:
        """Return what holds where a request says ``value``."""
        mine, before = self.waiting.get(key, (value, ()))
        return mine if value in before and not self.told else value


def _choices() -> _Choices:
    made: _Choices = st.session_state.get(_CHOICES, _Choices())
    return made


def choose(key: str, value: Any) -> None:
    """Choose ``value`` in the list ``key``; call it from a callback, or before that is drawn."""
    now = _choices()
    waiting = {} if now.told else now.waiting
    shown = st.session_state.get(key)
    mine, before = waiting.get(key, (shown, ()))
    waiting = {**waiting, key: (value, (*before, mine, shown))}
    st.session_state[_CHOICES] = replace(now, number=now.number + 1, waiting=waiting)
    st.session_state[key] = value


def get(key: str, default: Any) -> Any:
    """Return what a list or box is set to, by the visitor or a later choice of a page."""
    return _choices().kept(key, st.session_state.get(key, default))


def settle() -> None:
    """Put back what a request did not know of; call it before any list is drawn."""
    now = _choices()
    if now.told:
        return
    for key in now.waiting:
        if key in st.session_state:
            st.session_state[key] = now.kept(key, st.session_state[key])


@contextlib.contextmanager
def telling() -> Iterator[None]:
    """Draw the box that tells the browser after the lists, also where drawing one of them fails.

    Not where the run is stopped: nothing can be drawn then. Nor where the page is to run again,
    which no ``Exception`` says: that run tells. Drawn here, the box could meet one more request,
    which would take the place of the one on its way, and a click with it.
    """
    try:
        yield
    except Exception:
        _tell()
        raise
    _tell()


def _tell() -> None:
    now = _choices()
    if not now.told:
        st.session_state[BOX] = now.text
    with st.container(key=f"{BOX}_row"):
        st.html(_HIDDEN)
        st.text_input("Choices told", key=BOX, help="Not shown: how many choices a browser knows.")
