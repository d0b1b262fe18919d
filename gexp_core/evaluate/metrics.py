"""Agreement between predicted and measured values, with bootstrap intervals over groups.

Correlations can be taken within batches: rows of one batch are compared with each other only, and
the batches' correlations are averaged with the number of rows as weight. Pooling batches instead
would reward guessing the batch.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.errors import InputError

Values = NDArray[np.floating]
Statistic = Callable[[Values, Values], float]


def pearson(predicted: Values, measured: Values) -> float:
    """Return Pearson's r of two (N,) arrays; nan when either is constant or N < 2."""
    if len(predicted) < 2:
        return float("nan")
    p = np.asarray(predicted, np.float64) - np.mean(predicted, dtype=np.float64)
    m = np.asarray(measured, np.float64) - np.mean(measured, dtype=np.float64)
    scale = np.sqrt((p @ p) * (m @ m))
    return float(p @ m / scale) if scale > 0 else float("nan")


def ranks(values: Values) -> NDArray[np.float64]:
    """Return (N,) ranks from 1, ties given their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle = last - (counts - 1) / 2
    return np.asarray(middle[inverse], np.float64)


def spearman(predicted: Values, measured: Values) -> float:
    """Return Spearman's rank correlation of two (N,) arrays."""
    return pearson(ranks(predicted), ranks(measured))


def mse(predicted: Values, measured: Values) -> float:
    """Return the mean squared error, in the square of the unit."""
    error = np.asarray(predicted, np.float64) - np.asarray(measured, np.float64)
    return float(np.mean(error**2))


def r2(predicted: Values, measured: Values) -> float:
    """Return 1 - (squared error) / (squared deviation from the measured mean); can be negative."""
    variance = float(np.var(np.asarray(measured, np.float64)))
    return 1 - mse(predicted, measured) / variance if variance > 0 else float("nan")


def auroc(score: Values, positive: NDArray[np.bool_]) -> float:
    """Return the probability that a positive row outscores a negative one (ties count half)."""
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    if not n_positive or not n_negative:
        return float("nan")
    total = float(ranks(score)[positive].sum())
    return (total - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)


def high_low(predicted: Values, measured: Values) -> dict[str, float]:
    """Tell the top third of the measured rows from the bottom third.

    Returns
    -------
    dict
        ``auroc``; ``accuracy`` and ``recall`` of the high class when the predicted median of those
        rows is the cut.
    """
    low, high = np.quantile(measured, [1 / 3, 2 / 3])
    kept = (measured <= low) | (measured >= high)
    truth, score = measured[kept] >= high, predicted[kept]
    called = score >= np.median(score)
    return {
        "auroc": auroc(score, truth),
        "accuracy": float(np.mean(called == truth)),
        "recall": float(np.mean(called[truth])),
    }


def within(
    predicted: Values, measured: Values, batch: NDArray[np.integer], statistic: Statistic = pearson
) -> float:
    """Return ``statistic`` within each batch, averaged with rows as weights.

    Batches with fewer than three rows, or a constant column, are left out.
    """
    total = weight = 0.0
    for label in np.unique(batch):
        rows = batch == label
        count = int(rows.sum())
        if count < 3:
            continue
        value = statistic(predicted[rows], measured[rows])
        if np.isfinite(value):
            total += count * value
            weight += count
    return total / weight if weight else float("nan")


@dataclass(frozen=True, slots=True)
class Interval95:
    """Hold a figure with the 2.5th and 97.5th percentile of its bootstrap."""

    value: float
    low: float
    high: float
    n: int
    groups: int


def bootstrap(
    compute: Callable[[NDArray[np.int64]], float],
    group: NDArray[np.integer],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> Interval95:
    """Resample whole groups (loci, elements, windows) with replacement.

    Parameters
    ----------
    compute : callable
        Takes row numbers (with repeats) and returns the figure on those rows.
    group : (N,) int
        The group of each row; rows of one group stay together.

    Returns
    -------
    Interval95
        Percentile interval (Efron 1979).
    """
    if len(group) == 0:
        raise InputError("there is no row to compute a figure on")
    order = np.argsort(group, kind="stable")
    cuts = np.flatnonzero(np.diff(group[order])) + 1
    members = np.split(order, cuts)
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(resamples):
        drawn = rng.integers(0, len(members), len(members))
        values.append(compute(np.concatenate([members[i] for i in drawn])))
    low, high = np.nanquantile(values, [0.025, 0.975])
    whole = compute(np.arange(len(group)))
    return Interval95(whole, float(low), float(high), len(group), len(members))
