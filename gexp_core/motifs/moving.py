"""How far work is that does not say so itself: by the clock, against the time it should take.

Owns the shares of a whole that its steps have, and the movement in between.
"""

import contextlib
import itertools
import threading
import time
from collections.abc import Iterator, Sequence

from gexp_core.types import Progress

#: Parts of the whole that progress is told in, and seconds between two words of it.
WHOLE, EVERY = 1000, 0.5

#: Of a step, what has gone by when it has taken as long as expected; the rest goes ever slower.
_FORETOLD = 0.9


class Share:
    """Tell a part of the progress of a whole.

    Parameters
    ----------
    progress : callable, optional
        Called with (thousandths done, 1000); it may raise to stop.
    first, last : thousandths of the whole where this part begins and ends
    """

    def __init__(self, progress: Progress | None, first: float = 0, last: float = WHOLE) -> None:
        self._progress = progress
        self._first, self._last = first, last

    def at(self, share: float) -> None:
        """Say that ``share`` of this part, 0 to 1, is done."""
        if self._progress:
            self._progress(round(self._first + (self._last - self._first) * share), WHOLE)

    def parts(self, first: float, last: float, weights: Sequence[float]) -> list["Share"]:
        """Cut ``first`` to ``last`` of this part, 0 to 1, into parts as long as ``weights``."""
        whole, room = sum(weights) or 1.0, self._last - self._first
        edges = [first]
        for weight in weights:
            edges.append(edges[-1] + (last - first) * weight / whole)
        return [
            Share(self._progress, self._first + room * a, self._first + room * b)
            for a, b in itertools.pairwise(edges)
        ]

    @contextlib.contextmanager
    def during(self, seconds: float) -> Iterator[None]:
        """Move on by the clock while a step runs that is expected to take so many seconds.

        What ``progress`` raises meanwhile is raised when the step has ended: nothing ends it.
        """
        raised: list[BaseException] = []
        ended = threading.Event()
        began = time.monotonic()

        def watch() -> None:
            while not ended.wait(EVERY):
                try:
                    self.at(gone((time.monotonic() - began) / seconds))
                except BaseException as stop:
                    raised.append(stop)
                    return

        watcher = threading.Thread(target=watch, daemon=True)
        if self._progress:
            watcher.start()
        try:
            yield
        finally:
            ended.set()
            if self._progress:
                watcher.join()
        if raised:
            raise raised[0]
        self.at(1)


def gone(share: float) -> float:
    """Return the part of a step, 0 to 1, that is shown after ``share`` of its expected time."""
    if share <= 1:
        return _FORETOLD * share
    return 1 - (1 - _FORETOLD) / share
