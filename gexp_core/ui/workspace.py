"""What one visitor has: sequences, and which results were made from them.

Owns where nouns are kept. A workspace is made when sequences are read, never changed into another,
and found again by its unguessable token (in the address), so that a reload loses nothing. The
number of workspaces is bounded; the least recently used go first. Results lie in the store of
``jobs``. What a stop of the server leaves is ``interrupted``'s; the next server takes it up by the
same token.
"""

import functools
import hashlib
import json
import secrets
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import streamlit as st

from gexp_core import jobs
from gexp_core.errors import GexpError, InputError
from gexp_core.jobs import Job
from gexp_core.jobs.store import Store, size
from gexp_core.types import InputCheck, SequenceSet
from gexp_core.ui import choice, interrupted, tokens

#: The widget and address parameter that holds the token.
TOKEN = "work"
_MINE = "_workspace"
_BEGUN, _GROWN = "_workspaces_begun", "_workspaces_grown"
_GONE = "_workspace_gone"
_PROBLEM = "_problem"


_MADE = 512  # results that a piece of work knows to be its own
_OF_ONE = 8  # pieces of work that one session has begun and can go back to


class Made:
    """Know which results were made for a piece of work; they lie in the store of ``jobs``.

    Parameters
    ----------
    keys : iterable of str
        As ``work.key_of`` makes them.
    """

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._keys = dict.fromkeys(keys)
        self._lock = threading.Lock()

    def put(self, key: str) -> None:
        """Know a result as made for this piece of work; beyond a bound the oldest is forgotten."""
        with self._lock:
            self._keys.pop(key, None)
            self._keys[key] = None
            while len(self._keys) > _MADE:
                del self._keys[next(iter(self._keys))]

    def get(self, key: str) -> Any:
        """Return a result that was made for this piece of work, or None."""
        if key not in self._keys:
            return None
        return jobs.engine().results.get((key.split(" ")[0], key))

    @property
    def keys(self) -> tuple[str, ...]:
        """Return what the results are known by."""
        with self._lock:
            return tuple(self._keys)


@dataclass(eq=False)
class Workspace:
    """Hold the sequences, results, running jobs and edited states of one piece of work.

    ``watched`` says which tabs have asked for a computation, by its key.
    ``interrupted`` are keys of computations that ended with an earlier server; ``selected`` is, by
    a sequence's name, its selected stretch (0-based half-open); ``found`` says that its token was
    asked for, by a reload or by whoever has the link.
    """

    check: InputCheck
    source: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    results: Made = field(default_factory=Made)
    jobs: dict[str, Job] = field(default_factory=dict)
    watched: dict[str, set[str]] = field(default_factory=dict)
    benches: dict[str, Any] = field(default_factory=dict)
    interrupted: set[str] = field(default_factory=set)
    selected: dict[str, tuple[int, int]] = field(default_factory=dict)
    found: bool = False

    @property
    def nbytes(self) -> int:
        """Return roughly how many bytes were given; what was made of them lies elsewhere."""
        return size(self.check)

    @property
    def sequences(self) -> SequenceSet:
        """Return the sequences that were read."""
        return self.check.sequences

    @functools.cached_property
    def read(self) -> str:
        """Return a digest of what was read and what was changed and left out on the way."""
        return hashlib.sha256(json.dumps(asdict(self.check)).encode()).hexdigest()


#: Every workspace of this server, by token. Not in a cache of Streamlit's, which is for visitors'
#: scripts: the server's end asks too.
_HELD = Store(64, 512 * 2**20)


def begin(check: InputCheck, source: str, *, grown: bool = False) -> None:
    """Start a new piece of work; call it from a widget's callback, before widgets are drawn.

    Of what the session began before, the last few are held for the way back, so that no visitor
    takes the places of the others; what the work has only ``grown`` to is counted by itself.
    """
    made = Workspace(check, source)
    _HELD.put(made.token, made)
    _drop_oldest(made.token, _GROWN if grown else _BEGUN)
    if st.session_state.get(_MINE) is None:
        st.session_state.pop("sequence", None)  # the address may name one
    else:
        choose_sequence(made.sequences.names[0])  # else the chooser goes on showing the old name
    st.session_state[_MINE] = made
    choice.choose(TOKEN, made.token)
    st.session_state.pop(_PROBLEM, None)


def _drop_oldest(token: str, key: str) -> None:
    """Let go of what this session began longest ago, unless somebody came back to it."""
    begun: list[str] = [*st.session_state.get(key, ()), token]
    for old in begun[:-_OF_ONE]:
        space: Workspace | None = _HELD.get(old)
        if space is not None and not space.found:
            _HELD.drop(old)
    st.session_state[key] = begun[-_OF_ONE:]


def current() -> Workspace | None:
    """Return the visitor's workspace, found by the token in the address after a reload.

    It counts as used, and is held again where others have taken its place.
    """
    token = choice.get(TOKEN, "")
    mine: Workspace | None = st.session_state.get(_MINE)
    if mine is not None and token in (mine.token, "", st.session_state.get(_GONE)):
        if _HELD.get(mine.token) is None:
            _HELD.put(mine.token, mine)
        return mine
    found = held(token)
    if found is not None:
        found.found = True
        st.session_state[_MINE] = found
    return found


def held(token: str) -> Workspace | None:
    """Return the workspace of a token, also of one that an earlier server left; else None."""
    found: Workspace | None = _HELD.get(token) if token else None
    if found is None and (left := interrupted.take(token)) is not None:
        found = Workspace(left.check, left.source, token, Made(left.made))
        found.interrupted.update(left.unfinished)
        _HELD.put(token, found)
    return found


def instead_of(token: str) -> None:
    """Let the visitor's work stand for that of a token which is not held.

    In a session's first run the box of the token takes what the address says, whatever was begun.
    """
    st.session_state[_GONE] = token


def correct() -> None:
    """Put the token of the visitor's work in the place of one that it stands for.

    And have the address name it. Call it before the box of the token is drawn.
    """
    mine: Workspace | None = st.session_state.get(_MINE)
    token = st.session_state.get(TOKEN, "")
    if mine is not None and token and token == st.session_state.get(_GONE):
        st.session_state[TOKEN] = mine.token
    elif mine is not None and token in (mine.token, ""):
        tokens.tell(TOKEN, mine.token)


def save() -> int:
    """Keep what visitors gave for the next server, unfinished work first; return how many."""
    left = []
    for one in _HELD.values():
        running = [key for key, job in list(one.jobs.items()) if not job.progress().finished]
        unfinished = (*one.interrupted, *running)
        kept = interrupted.Left(one.check, one.source, unfinished, one.results.keys)
        left.append((one.token, kept))
    return interrupted.save(sorted(left, key=lambda pair: not pair[1].unfinished))


def lost() -> bool:
    """Return whether the address names work that this server no longer holds."""
    return bool(st.session_state.get(TOKEN)) and current() is None


def refuse(error: GexpError) -> None:
    """Keep a problem with new input for the page to show; the old work stays."""
    st.session_state[_PROBLEM] = error


def refused() -> GexpError | None:
    """Return the problem with the last input that was given, if it was not read."""
    error: GexpError | None = st.session_state.get(_PROBLEM)
    return error


def choose_sequence(name: str) -> None:
    """Select a sequence for all pages; call it from a widget's callback."""
    choice.choose("sequence", name)


def setting(key: str, default: Any) -> Any:
    """Return what a control on any page was last set to."""
    return choice.get(key, default)


def ticked(key: str) -> list[int]:
    """Return the numbers of the rows that are ticked in a table."""
    rows: list[int] = setting(key, {"selection": {"rows": []}})["selection"]["rows"]
    return rows


def keep(key: str, value: Any) -> None:
    """Remember a small choice that no widget holds."""
    st.session_state[key] = value


def mine() -> Workspace:
    """Return the visitor's workspace; InputError when there is none."""
    space = current()
    if space is None:
        raise InputError("no sequences have been given yet; give some on the page Sequences")
    return space


def sequences() -> SequenceSet:
    """Return the visitor's sequences; InputError when there are none."""
    return mine().sequences
