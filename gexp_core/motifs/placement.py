"""How surprising the scores at marked places are: the chance of as much at places drawn at random.

Owns the test. Each unit of text (a piece, with its copies) has one place drawn among all of its
own, every one as likely; the chance that the drawn values add up to as much is found from their
cumulants by the saddlepoint, which holds far in the tails, where draws would have to be counted in
millions, and makes no assumption about how scores are distributed.

References
----------
Robinson, Saddlepoint approximations for permutation tests and confidence intervals, J R Stat Soc B
44:91 (1982). Barndorff-Nielsen, Approximate interval probabilities, J R Stat Soc B 52:485 (1990).
"""

import math

import numpy as np
from numpy.typing import NDArray

#: Standard deviations up to which the normal distribution is near enough: p is above 0.06 there.
_PLAIN = 1.5

#: Steps of Newton and of halving; each one that counts doubles the digits, or adds one.
_STEPS = 60

#: Standard deviations from which the tail is its expansion: erfc ends at 38.
_FAR = 30


def log_chance(values: NDArray[np.float64], first: NDArray[np.int64], total: float) -> float:
    """Return the logarithm of the chance of a sum: of values drawn at random, one of each unit.

    The logarithm, because of thousands of texts chances are smaller than a number can be.

    Parameters
    ----------
    values : (V,) float64
        Of every place, units one behind the other.
    first : (U,) int64
        Where each unit begins; none is empty.
    total : float
        The sum over units that was observed; as large or larger counts.
    """
    sizes = np.diff(first, append=len(values))
    mean = np.add.reduceat(values, first) / sizes
    centred = values - np.repeat(mean, sizes)
    excess = total - float(mean.sum())
    spread = math.sqrt(float((np.add.reduceat(centred**2, first) / sizes).sum()))
    if spread == 0:
        return 0.0
    z = excess / spread
    if z < _PLAIN:
        return _log_beyond(z)
    centred /= spread  # so that the saddlepoint is of the size of z
    highest = np.maximum.reduceat(centred, first)
    if z >= float(highest.sum()) * (1 - 1e-9):  # only the best place of every unit does it
        best = np.add.reduceat(centred >= np.repeat(highest, sizes), first, dtype=np.float64)
        return float(np.log(best / sizes).sum())
    low, high, t = 0.0, math.inf, z
    for _ in range(_STEPS):
        k, slope, bend = _cumulants(centred, first, sizes, highest, t)
        if abs(slope - z) < 1e-6 * z:
            break
        low, high = (t, high) if slope < z else (low, t)
        t += (z - slope) / bend if bend > 0 else t
        if not low < t < high:
            t = 2 * low if math.isinf(high) else (low + high) / 2
    w = math.sqrt(max(2 * (t * z - k), 0.0))
    v = t * math.sqrt(max(bend, 0.0))
    if not (w > 0 and v > 0):
        return _log_beyond(z)
    return _log_beyond(w + math.log(v / w) / w)


def _cumulants(
    values: NDArray[np.float64],
    first: NDArray[np.int64],
    sizes: NDArray[np.int64],
    highest: NDArray[np.float64],
    t: float,
) -> tuple[float, float, float]:
    """Return the cumulant generating function of the sum at t, and its two derivatives."""
    tilted = np.exp(t * (values - np.repeat(highest, sizes)))
    weight = np.add.reduceat(tilted, first)
    tilted *= values
    mean = np.add.reduceat(tilted, first) / weight
    tilted *= values
    square = np.add.reduceat(tilted, first) / weight
    k = float((np.log(weight / sizes) + t * highest).sum())
    return k, float(mean.sum()), float((square - mean**2).sum())


def _log_beyond(z: float) -> float:
    """Return the logarithm of the share of the normal distribution beyond z."""
    if z < _FAR:
        return math.log(0.5 * math.erfc(z / math.sqrt(2)))
    return -0.5 * z * z - math.log(z * math.sqrt(2 * math.pi)) + math.log1p(-1 / (z * z))
