"""What a visitor has given and not sent on: a genome, genes, regions, variants, and typed text.

Owns where these things lie while they are no sequences yet. Like a workspace, a tray is found again
by its unguessable token in the address, so that a reload loses nothing. Whoever opens another's
link reads the same things, but from the first change on has a tray of their own. The number of
trays, their bytes and their time are bounded; those used longest ago go first.
"""

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from gexp_core.errors import LimitError
from gexp_core.inputs import APP_LIMITS
from gexp_core.inputs.limits import size as in_words
from gexp_core.jobs.store import Store, size

#: The widget and address parameter that holds the token.
TOKEN = "tray"

#: Seconds after its last use that a tray is kept.
SECONDS = 24 * 3600

#: Bytes that all trays have together, and one thing in one of them: nobody takes all the room.
_ROOM = 256 * 2**20
_MOST = _ROOM // 2

_OWN = "_tray_own"
_RESTORED = "_tray_restored"


@dataclass(eq=False)
class Tray:
    """Hold one visitor's things by key."""

    things: dict[str, Any] = field(default_factory=dict)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def nbytes(self) -> int:
        """Return roughly how many bytes the things have."""
        return size(self.things)


class Trays:
    """Hold every visitor's tray by its token, within bounds; safe between threads."""

    def __init__(self, items: int, limit: int, seconds: float = SECONDS) -> None:
        self._store = Store(items, limit)
        self._seconds = seconds
        self._used: dict[str, float] = {}
        self._lock = threading.Lock()

    def get(self, token: str) -> Tray | None:
        """Return the tray of ``token`` and count it as used; None if it is not held."""
        with self._lock:
            self._clear()
            found: Tray | None = self._store.get(token)
            if found is not None:
                self._used[token] = time.monotonic()
            return found

    def put(self, tray: Tray) -> None:
        """Hold a tray, or measure it again after a change."""
        with self._lock:
            self._clear()
            self._used[tray.token] = time.monotonic()
        self._store.put(tray.token, tray)  # measures it, and others wait at the lock

    def _clear(self) -> None:
        """Drop the trays that nobody used for the time that they are kept."""
        now = time.monotonic()
        for token in [one for one, at in self._used.items() if now - at > self._seconds]:
            self._store.drop(token)
            del self._used[token]
        if len(self._used) > 2 * self._store.items:  # of those that others pushed out
            newest = sorted(self._used, key=self._used.__getitem__)[-self._store.items :]
            self._used = {token: self._used[token] for token in newest}


@st.cache_resource(show_spinner=False)
def _held() -> Trays:
    """Return every tray of this server."""
    return Trays(64, _ROOM)


def _token() -> str:
    """Return the token of the address, else of the tray that this session filled."""
    return str(st.session_state.get(TOKEN) or st.session_state.get(_OWN, ""))


def keep(key: str, value: Any) -> None:
    """Remember a thing, after a reload too; call it from a widget's callback.

    The key is that of ``workspace.setting``, where the thing is read.

    Raises
    ------
    LimitError
        The thing would take so much room that other visitors' things would go.
    """
    if (weight := size(value)) > _MOST:
        raise LimitError(
            f"what was read takes {in_words(weight)} of memory, more than the {in_words(_MOST)} "
            "that one visitor's may; give a part of it, or use the command line"
        )
    st.session_state[key] = value
    token = _token()
    found = _held().get(token) if token else None
    if found is None or st.session_state.get(_OWN) != token:
        found = Tray(dict(found.things) if found is not None else {})
        st.session_state[_OWN] = st.session_state[TOKEN] = found.token
        st.session_state[_RESTORED] = found.token
    found.things[key] = value
    _held().put(found)


def add(key: str, value: Any) -> None:
    """Remember a thing outside of a callback; where there is no tray yet, for this session only."""
    st.session_state[key] = value
    token = _token()
    found = _held().get(token) if token and st.session_state.get(_OWN) == token else None
    if found is not None:
        found.things[key] = value
        _held().put(found)


def keep_widget(key: str) -> None:
    """Remember what a widget is set to; for its ``on_change``."""
    keep(key, st.session_state.get(key))


def keep_text(key: str, text: str) -> None:
    """Remember what was typed and sent, also where it is then refused: it is there to be mended."""
    if text.strip() and len(text) <= APP_LIMITS.max_bytes:
        keep(key, text)


def recall(*keys: str, always: bool = False) -> None:
    """Put back what widgets were set to before a change of page; call it before they are drawn.

    With ``always`` also over what is there, for widgets whose every change is kept
    (``keep_widget``): a widget that stands on two pages begins anew on the other.
    """
    token = _token()
    found = _held().get(token) if token else None
    for key in keys:
        if found and key in found.things and (always or key not in st.session_state):
            st.session_state[key] = found.things[key]


def restore() -> None:
    """Put the things of the tray that the address names where pages look for them, once."""
    token = _token()
    if not token or st.session_state.get(_RESTORED) == token:
        return
    found = _held().get(token)
    if found is None:
        return
    st.session_state[_RESTORED] = token
    for key, value in found.things.items():
        st.session_state[key] = value


def lost() -> bool:
    """Return whether the address names things that this server no longer holds."""
    token = _token()
    return bool(token) and st.session_state.get(_RESTORED) != token and _held().get(token) is None


def link() -> None:
    """Draw the part of the link that finds a tray again, and put its things back."""
    st.text_input(
        "Genome, regions and variants",
        key=TOKEN,
        bind="query-params",
        placeholder="none yet",
        help="Stands for the genome, regions and variants that you gave, also before they become "
        "sequences. It is part of the address of the page: whoever has the address can see them, "
        "nobody else can. Kept for a day after the last use, or until the server restarts or "
        "needs the room.",
    )
    restore()
