"""How fast this machine reads a model: seconds for so many evaluations, measured, not guessed.

Owns one small measurement, in the unit of ``cost``. Remembering and using it is the asker's.
"""

import time

import numpy as np

from gexp_core.explain.cost import evaluations
from gexp_core.models import registry
from gexp_core.types import Progress, SequenceSet

_LEAST = 0.5  # seconds in all; what starts with the process, or another program, is soon over
_MOST = 64  # windows, a usual batch


def reading_time(name: str, *, progress: Progress | None = None) -> tuple[float, int]:
    """Read random sequences with a model and measure it.

    The number of windows is doubled until all readings together took 0.5 s or they are a batch (64,
    or fewer long ones); the reading that was quickest for its size counts, since whatever disturbs
    one makes it slower. So a slow model is read twice and a quick one in its usual batches. The
    first reading of all, which is slow, counts only where the others were disturbed more.

    Parameters
    ----------
    name : str
        A name that ``registry.names`` lists.
    progress : callable, optional
        Called with (windows read, windows of a batch).

    Returns
    -------
    (float, int)
        Seconds, and the evaluations (windows, strands, members) that they were spent on.
    """
    from gexp_core.predict import at_once, predict

    model = registry.load(name)
    width = model.card.insert[1] - model.card.insert[0]
    most = at_once(model.card, _MOST)
    letters = np.random.default_rng(0).choice(list("ACGT"), (most, width))
    names = tuple(f"s{n}" for n in range(most))
    every = SequenceSet(names, tuple("".join(row) for row in letters))

    def timed(count: int) -> tuple[float, int]:
        some = every.select(names[:count])
        began = time.perf_counter()
        predict(model, some)
        return time.perf_counter() - began, evaluations(model.card, some)

    best, count, spent = timed(1), 1, 0.0
    while True:
        taken, units = timed(count)
        if taken / units < best[0] / best[1]:
            best = taken, units
        spent += taken
        if progress:
            progress(count, most)
        if spent >= _LEAST or count >= most:
            return best
        count *= 2
