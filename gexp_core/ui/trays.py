"""Trays by their tokens, within bounds: their number, their bytes and their time.

Those used longest ago go first. What is in a tray, and whose it is, is ``tray``'s.
"""

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from gexp_core.errors import LimitError
from gexp_core.inputs.limits import size as in_words
from gexp_core.jobs.store import Store, size

#: Seconds after its last use that a tray is kept.
SECONDS = 24 * 3600

#: Trays that are held: more than there are open tabs, which hold nothing of it themselves.
TRAYS = 1_024

#: Bytes that all trays have together, and one of them: nobody takes all the room.
ROOM = 512 * 2**20
MOST = ROOM // 4


@dataclass(eq=False)
class Tray:
    """Hold one visitor's things by key, and what widgets are set to.

    ``words`` says of each thing what it is, for the sentence where it is no longer held.
    """

    things: dict[str, Any] = field(default_factory=dict)
    widgets: dict[str, Any] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def __post_init__(self) -> None:
        kept = {**self.things, **self.widgets}
        self._weights = {key: size(value) for key, value in kept.items()}

    @property
    def nbytes(self) -> int:
        """Return roughly how many bytes are held."""
        return sum(self._weights.values())

    def check(self, key: str, weight: int) -> None:
        """Raise LimitError where a value of so many bytes under ``key`` would be too much."""
        total = self.nbytes - self._weights.get(key, 0) + weight
        if total > MOST:
            beside = f" ({in_words(total)} with what you gave before)" if total > weight else ""
            raise LimitError(
                f"what was read takes {in_words(weight)} of memory{beside}, more than the "
                f"{in_words(MOST)} that one visitor's may; give a part of it, or use the command "
                "line"
            )

    def lay(self, into: dict[str, Any], key: str, value: Any, weight: int) -> None:
        """Lay a value of so many bytes into ``things`` or ``widgets``."""
        into[key] = value
        self._weights[key] = weight


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
