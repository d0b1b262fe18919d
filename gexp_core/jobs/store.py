"""Finished results, the least recently used thrown out first.

Owns the bound on number and bytes. Knows nothing of how results are made.
"""

import dataclasses
import threading
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
    """Keep at most ``items`` values and ``limit`` bytes; safe between threads."""

    def __init__(self, items: int, limit: int) -> None:
        self.items = items
        self.limit = limit
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:
        """Return the value of ``key`` and count it as used, or None."""
        with self._lock:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key][0]

    def put(self, key: Hashable, value: Any) -> None:
        """Keep ``value``; the oldest go until the bounds hold, but the newest always stays."""
        with self._lock:
            self._held.pop(key, None)
            self._held[key] = (value, size(value))
            while len(self._held) > 1 and (
                len(self._held) > self.items or sum(n for _, n in self._held.values()) > self.limit
            ):
                self._held.popitem(last=False)

    def values(self) -> list[Any]:
        """Return all values, the most recently used first."""
        with self._lock:
            return [value for value, _ in reversed(self._held.values())]

    def drop(self, key: Hashable) -> None:
        """Forget ``key`` if it is there."""
        with self._lock:
            self._held.pop(key, None)

    def __len__(self) -> int:
        return len(self._held)
