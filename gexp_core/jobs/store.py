"""Finished results, the least recently used thrown out first.

Owns the bound on number and bytes. Knows nothing of how results are made.
"""

import dataclasses
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Any


def size(value: Any) -> int:
    """Return roughly how many bytes ``value`` holds: arrays, text, and what contains them."""
    if isinstance(value, (bytes, str)):
        return len(value)
    if hasattr(value, "nbytes"):
        return int(value.nbytes)
    if dataclasses.is_dataclass(value):
        return sum(size(getattr(value, field.name)) for field in dataclasses.fields(value))
    if isinstance(value, Mapping):
        return sum(size(key) + size(item) for key, item in value.items())
    if isinstance(value, (tuple, list, set, frozenset)):
        return sum(size(item) for item in value)
    return 8


class Store:
    """Keep at most ``items`` values and ``limit`` bytes; safe between threads.

    With ``seconds``, a value goes when nobody has asked for it for so long; 0 is without end.
    """

    def __init__(self, items: int, limit: int, seconds: float = 0.0) -> None:
        self.items = items
        self.limit = limit
        self.seconds = seconds
        self._held: OrderedDict[Hashable, tuple[Any, int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:
        """Return the value of ``key`` and count it as used, or None."""
        with self._lock:
            self._expire()
            if key not in self._held:
                return None
            value, weight, _ = self._held[key]
            self._held[key] = (value, weight, time.monotonic())
            self._held.move_to_end(key)
            return value

    def put(self, key: Hashable, value: Any) -> None:
        """Keep ``value``; the oldest go until the bounds hold, but the newest always stays."""
        weight = size(value)  # which may take long, and others wait at the lock
        with self._lock:
            self._expire()
            self._held.pop(key, None)
            self._held[key] = (value, weight, time.monotonic())
            while len(self._held) > 1 and (
                len(self._held) > self.items
                or sum(n for _, n, _ in self._held.values()) > self.limit
            ):
                self._held.popitem(last=False)

    def _expire(self) -> None:
        """Drop what nobody asked for in time; the order is that of use, so the oldest are first."""
        last = time.monotonic() - self.seconds if self.seconds else 0.0
        while self._held and next(iter(self._held.values()))[2] < last:
            self._held.popitem(last=False)

    def values(self) -> list[Any]:
        """Return all values, the most recently used first."""
        with self._lock:
            self._expire()
            return [value for value, _, _ in reversed(self._held.values())]

    def drop(self, key: Hashable) -> None:
        """Forget ``key`` if it is there."""
        with self._lock:
            self._held.pop(key, None)

    def __len__(self) -> int:
        return len(self._held)
