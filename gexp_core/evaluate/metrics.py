"""Agreement between predicted and measured values, with bootstrap intervals over groups.

Correlations can be taken within batches: rows of one batch are compared with each other only, and
the batches' correlations are averaged with the number of rows as weight. Pooling batches instead
would reward guessing the batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.errors import InputError
from gexp_core.types import Ints

Values = NDArray[np.floating]
Statistic = Callable[[Values, Values], float]

#: Deviations from the mean up to so large a share of the values are what rounding leaves.
_ROUNDING = 1e-12


def pearson(predicted: Values, measured: Values) -> float:
    """Return Pearson's r of two (N,) arrays; nan when either is constant or N < 2."""
    if len(predicted) < 2:
        return float("nan")
    p = np.asarray(predicted, np.float64) - np.mean(predicted, dtype=np.float64)
    m = np.asarray(measured, np.float64) - np.mean(measured, dtype=np.float64)
    if _flat(p, predicted) or _flat(m, measured):
        return float("nan")
    scale = np.sqrt((p @ p) * (m @ m))
    return float(p @ m / scale) if scale > 0 else float("nan")


def _flat(off: Values, values: Values) -> bool:
    """Return whether deviations from the mean are but what rounding leaves of a constant column."""
    return not np.abs(off).max() > _ROUNDING * np.abs(values).max()


def ranks(values: Values) -> NDArray[np.float64]:
    """Return (N,) ranks from 1, ties given their mean rank; all nan where a value is nan."""
    if np.isnan(values).any():
        return np.full(len(values), np.nan)
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
    m = np.asarray(measured, np.float64)
    variance = 0.0 if _flat(m - m.mean(), m) else float(np.var(m))
    return 1 - mse(predicted, measured) / variance if variance > 0 else float("nan")


def auroc(score: Values, positive: NDArray[np.bool_]) -> float:
    """Return the probability that a positive row outscores a negative one (ties count half)."""
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    if not n_positive or not n_negative:
        return float("nan")
    total = float(ranks(score)[positive].sum())
    return (total - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)


def thirds(measured: Values) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which of (N,) values are in the bottom third and which in the top third, (N,) each.

    Values equal to the one that a third ends at are all in it, so that either can hold more than a
    third. Both are empty where the thirds end at one value: then rows are both high and low.
    """
    low, high = np.quantile(measured, [1 / 3, 2 / 3])
    apart = bool(low < high)
    return apart & (measured <= low), apart & (measured >= high)


def high_low(predicted: Values, measured: Values) -> dict[str, float]:
    """Tell the top third of the measured rows from the bottom third.

    Returns
    -------
    dict
        ``auroc``; ``accuracy`` and ``recall`` of the high class when the predicted median of those
        rows is the cut. All are nan where the thirds end at one value (see :func:`thirds`).
    """
    low, high = thirds(measured)
    kept = low | high
    if not kept.any():
        return dict.fromkeys(("auroc", "accuracy", "recall"), float("nan"))
    truth, score = high[kept], predicted[kept]
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


def centred(values: Values, batch: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return (N,) values less the mean of their batch; ``batch`` holds whole numbers from 0."""
    rows = np.maximum(np.bincount(batch), 1)
    means = np.bincount(batch, weights=values) / rows
    return np.asarray(values - means[batch], np.float64)


def mse_within(predicted: Values, measured: Values, batch: NDArray[np.integer] | None) -> float:
    """Return the mean squared error, in the square of the unit.

    Where the assay has batches, the mean of each batch is removed from both columns first: the
    level of a batch belongs to the experiment, not to the sequence, and no model is told it.
    With ``batch`` None nothing is removed, and a wrong level counts as error.
    """
    if batch is None:
        return mse(predicted, measured)
    return mse(centred(predicted, batch), centred(measured, batch))


def r2_within(predicted: Values, measured: Values, batch: NDArray[np.integer] | None) -> float:
    """Return 1 - (squared error) / (squared deviation), both as in :func:`mse_within`.

    0 is what the batch means alone achieve; below 0 the numbers are further from the measured ones
    than those means are, also where the order (r) is right but the scale is not.
    """
    if batch is None:
        return r2(predicted, measured)
    off = centred(measured, batch)
    return float("nan") if _flat(off, measured) else r2(centred(predicted, batch), off)


@dataclass(frozen=True, slots=True)
class Interval95:
    """Hold a figure with the 2.5th and 97.5th percentile of its bootstrap."""

    value: float
    low: float
    high: float
    n: int
    groups: int


def group_samples(
    group: NDArray[np.integer], *, count: int = 1000, seed: int = 0
) -> tuple[Ints, ...]:
    """Return row numbers of ``count`` samples of whole groups, drawn with replacement.

    Parameters
    ----------
    group : (N,) int
        The group of each row; rows of one group stay together.
    """
    if len(group) == 0:
        raise InputError("there is no row to compute a figure on")
    order = np.argsort(group, kind="stable")
    starts = np.concatenate([[0], np.flatnonzero(np.diff(group[order])) + 1])
    lengths = np.diff(np.append(starts, len(order)))
    rng = np.random.default_rng(seed)
    samples = []
    for _ in range(count):
        drawn = rng.integers(0, len(starts), len(starts))
        long = lengths[drawn]
        # rows start, start + 1, ... of each drawn group, one group after the other
        within_group = np.arange(long.sum()) - np.repeat(np.cumsum(long) - long, long)
        samples.append(order[np.repeat(starts[drawn], long) + within_group])
    return tuple(samples)


def bootstrap(
    compute: Callable[[Ints], float],
    group: NDArray[np.integer],
    *,
    resamples: int = 1000,
    seed: int = 0,
    samples: Sequence[Ints] | None = None,
) -> Interval95:
    """Resample whole groups (loci, elements, windows) with replacement.

    Parameters
    ----------
    compute : callable
        Takes row numbers (with repeats) and returns the figure on those rows.
    group : (N,) int
        The group of each row; rows of one group stay together.
    resamples, seed : int
        How many samples are drawn, and from which seed.
    samples : sequence of (n,) int, optional
        Samples drawn before by :func:`group_samples`, for several figures on the same rows.

    Returns
    -------
    Interval95
        Percentile interval (Efron 1979).
    """
    if len(group) == 0:
        raise InputError("there is no row to compute a figure on")
    drawn = group_samples(group, count=resamples, seed=seed) if samples is None else samples
    values = [compute(rows) for rows in drawn]
    whole = compute(np.arange(len(group)))
    if not np.isfinite(values).any():
        return Interval95(whole, np.nan, np.nan, len(group), len(np.unique(group)))
    low, high = np.nanquantile(values, [0.025, 0.975])
    return Interval95(whole, float(low), float(high), len(group), len(np.unique(group)))
