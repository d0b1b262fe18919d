"""How long a unit of work takes on this machine, learnt from work that was done.

Owns a few recent rates per kind of work. What a unit is, is the asker's: the same kind must always
be counted in the same way.
"""

import statistics
import threading
from collections import OrderedDict, deque

_KEPT = 9  # recent rates of a kind; their median moves with the machine but not with one outlier
_KINDS = 256


class Rates:
    """Remember seconds per unit by kind of work; safe between threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def learn(self, kind: str, seconds: float, units: int) -> None:
        """Count that ``units`` of ``kind`` took ``seconds``."""
        if not kind or units < 1 or seconds <= 0:
            return
        with self._lock:
            self._known.setdefault(kind, deque(maxlen=_KEPT)).append(seconds / units)
            self._known.move_to_end(kind)
            while len(self._known) > _KINDS:
                self._known.popitem(last=False)

    def seconds(self, kind: str, units: int) -> float | None:
        """Return how long ``units`` of ``kind`` take, or None while nothing of it was done."""
        with self._lock:
            known = self._known.get(kind)
            return statistics.median(known) * units if known else None
