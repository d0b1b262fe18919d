"""How long a unit of work takes on this machine, learnt from work that was done.

Owns what a few recent works of each kind took. What a unit is, is the asker's: the same kind must
always be counted in the same way.
"""

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import NamedTuple

#: Seconds; how busy the machine was before says little of now.
FRESH = 1800.0

_KEPT = 9  # recent works of a kind
_KINDS = 256
_LONG = 10.0  # seconds; of shorter work, much may be the start (loading a model, say),
_LARGER = 4  # so it says nothing of what is larger than so many times itself


class _Work(NamedTuple):
    """Hold what one work took, and whether that leaves its start out."""

    ended: float
    seconds: float
    units: int
    warm: bool

    def tells(self, units: int) -> bool:
        """Return whether the time of so many units can be told from this."""
        return self.warm or self.seconds >= _LONG or units <= _LARGER * self.units


class Rates:
    """Remember seconds per unit by kind of work; safe between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._known: OrderedDict[str, deque[_Work]] = OrderedDict()
        self._lock = threading.Lock()
        self._clock = clock

    def learn(self, kind: str, seconds: float, units: int, *, warm: bool = False) -> None:
        """Count that ``units`` of ``kind`` took ``seconds``.

        With ``warm``, these leave out what is done once: few units then tell of many.
        """
        if not kind or units < 1 or seconds <= 0:
            return
        with self._lock:
            known = self._known.setdefault(kind, deque(maxlen=_KEPT))
            known.append(_Work(self._clock(), seconds, units, warm))
            self._known.move_to_end(kind)
            while len(self._known) > _KINDS:
                self._known.popitem(last=False)

    def seconds(self, kind: str, units: int, *, recent: bool = True) -> float | None:
        """Return how long ``units`` of ``kind`` take, or None where nothing tells.

        It is the lower quartile of what the last half hour's works say (of up to three the
        least): starting, or another program, makes work slower and never quicker. Short work tells
        of little more than itself. Without ``recent``, works of any age are asked.
        """
        since = self._clock() - FRESH if recent else -math.inf
        with self._lock:
            known = [one for one in self._known.get(kind, ()) if one.ended >= since]
        rates = sorted(one.seconds / one.units for one in known if one.tells(units))
        return rates[len(rates) // 4] * units if rates else None
