"""The figures of ``metrics`` on many bootstrap samples at once.

A sample is how often each row was drawn. Sums over a sample are then products of matrices, which
makes a thousand samples about as dear as a few. Values equal those of ``metrics`` on the drawn
rows, up to rounding.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from gexp_core.evaluate.metrics import Values, high_low, thirds
from gexp_core.types import Ints

Each = NDArray[np.float64]  # (S,), one figure per sample
Counts = NDArray[np.float64]  # (S, N), how often each row was drawn
EachFigure = Callable[[Values, Values, Ints | None, Counts], Each]

_CHUNK = 2**22  # numbers of one block of ranks: samples times rows
_ROUNDING = 1e-12  # so small a share of squares is what rounding leaves of a constant column


def counts(samples: Sequence[Ints], rows: int) -> Counts:
    """Return (S, rows): how often each sample drew each row."""
    return np.stack([np.bincount(sample, minlength=rows) for sample in samples]).astype(np.float64)


def _batches(batch: Ints | None, rows: int) -> list[Ints]:
    """Return the row numbers of each batch; all rows where there is none."""
    if batch is None:
        return [np.arange(rows)]
    return [np.flatnonzero(batch == label) for label in np.unique(batch)]


def _correlation(c: Counts, p: Each, m: Each) -> tuple[Each, Each]:
    """Return r and the number of rows of each sample, for p and m of (n,) or (S, n)."""
    n = c.sum(1)
    safe = np.maximum(n, 1)[:, None]
    p = p - (c * p).sum(1, keepdims=True) / safe
    m = m - (c * m).sum(1, keepdims=True) / safe
    pp, mm, pm = (c * p * p).sum(1), (c * m * m).sum(1), (c * p * m).sum(1)
    scale = np.sqrt(pp * mm)
    flat = (scale <= _ROUNDING * np.maximum(n, 1)) | (n < 2)
    r = np.divide(pm, scale, out=np.full(len(n), np.nan), where=~flat)
    return r, n


def _averaged(p: Values, m: Values, batch: Ints | None, c: Counts, ranked: bool) -> Each:
    """Return r within batches, averaged with rows as weights, for each sample."""
    total, weight = np.zeros(len(c)), np.zeros(len(c))
    fewest = 2 if batch is None else 3  # as ``metrics.within`` leaves smaller batches out
    for rows in _batches(batch, len(p)):
        step = max(1, _CHUNK // len(rows))
        for first in range(0, len(c), step):
            part = slice(first, first + step)
            drawn = c[part][:, rows]
            columns = [np.asarray(v[rows], np.float64) for v in (p, m)]
            if ranked:
                columns = [_ranks(v, drawn) for v in columns]
            else:
                columns = [(v - v.mean())[None] for v in columns]
                columns = [v / (v.std() or 1.0) for v in columns]  # r is the same in any unit
            r, n = _correlation(drawn, *columns)
            known = np.isfinite(r) & (n >= fewest)
            total[part][known] += (n * r)[known]
            weight[part][known] += n[known]
    found: Each = np.divide(total, weight, out=np.full(len(c), np.nan), where=weight > 0)
    return found


def _ranks(values: Each, drawn: Counts) -> Each:
    """Return (S, n) ranks of values within each sample, ties given their mean rank."""
    _, level = np.unique(values, return_inverse=True)
    order = np.argsort(level, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(level[order])), len(order) - 1)
    last = np.cumsum(drawn[:, order], axis=1)[:, ends]  # (S, levels)
    many = np.diff(last, axis=1, prepend=0)
    middle = last - (many - 1) / 2
    return np.asarray(middle[:, level], np.float64)


def pearson_each(p: Values, m: Values, batch: Ints | None, c: Counts) -> Each:
    """Return Pearson's r, within batches where there are any."""
    return _averaged(p, m, batch, c, ranked=False)


def spearman_each(p: Values, m: Values, batch: Ints | None, c: Counts) -> Each:
    """Return Spearman's rank correlation, within batches where there are any."""
    return _averaged(p, m, batch, c, ranked=True)


def _squares(p: Values, m: Values, batch: Ints | None, c: Counts) -> tuple[Each, Each, Each]:
    """Return squared error, squared deviation (both less batch means) and rows of each sample."""
    error, deviation = np.zeros(len(c)), np.zeros(len(c))
    for rows in _batches(batch, len(p)):
        drawn, n = c[:, rows], np.maximum(c[:, rows].sum(1), 1)
        off = np.asarray(p[rows], np.float64) - m[rows]
        middle = np.asarray(m[rows], np.float64) - np.mean(m[rows], dtype=np.float64)
        error += drawn @ off**2 - (0 if batch is None else (drawn @ off) ** 2 / n)
        whole = drawn @ middle**2
        left = whole - (drawn @ middle) ** 2 / n
        deviation += np.where(left > _ROUNDING * whole, left, 0)
    return error, deviation, c.sum(1)


def mse_each(p: Values, m: Values, batch: Ints | None, c: Counts) -> Each:
    """Return ``metrics.mse_within``."""
    error, _, n = _squares(p, m, batch, c)
    return np.asarray(error / n, np.float64)


def r2_each(p: Values, m: Values, batch: Ints | None, c: Counts) -> Each:
    """Return ``metrics.r2_within``."""
    error, deviation, _ = _squares(p, m, batch, c)
    known = deviation > 0
    left: Each = np.divide(error, deviation, out=np.full(len(c), np.nan), where=known)
    return 1 - left


def high_low_within(p: Values, m: Values, batch: Ints | None) -> dict[str, float]:
    """Return ``metrics.high_low`` within batches, averaged with rows as weights.

    As ``metrics.within`` does, batches of fewer than three rows are left out, and those whose
    measured values have no top and bottom third. All three are nan where no batch is left.
    """
    total: dict[str, float] = {}
    weight = 0
    for rows in _batches(batch, len(p)):
        if len(rows) < 3:
            continue
        found = high_low(p[rows], m[rows])
        if not all(np.isfinite(value) for value in found.values()):
            continue
        weight += len(rows)
        for name, value in found.items():
            total[name] = total.get(name, 0.0) + len(rows) * value
    names = ("auroc", "accuracy", "recall")
    return {name: total[name] / weight if weight else float("nan") for name in names}


def high_low_rows(m: Values, batch: Ints | None) -> int:
    """Return how many rows :func:`high_low_within` is of: those of the thirds that it compares."""
    parts = (thirds(m[rows]) for rows in _batches(batch, len(m)) if len(rows) >= 3)
    return sum(int(np.count_nonzero(low | high)) for low, high in parts)
