"""Rows that are reported together, and every figure on them with its interval."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gexp_core.evaluate.metrics import (
    Values,
    group_samples,
    mse_within,
    pearson,
    r2_within,
    spearman,
    within,
)
from gexp_core.evaluate.resampling import (
    Counts,
    Each,
    EachFigure,
    counts,
    high_low_rows,
    high_low_within,
    mse_each,
    pearson_each,
    r2_each,
    spearman_each,
)
from gexp_core.models.card import Metric
from gexp_core.training.data import Table
from gexp_core.types import Floats, Ints

#: A batch is reported by itself from so many rows on.
FEWEST_OF_BATCH = 20


def batch_of(table: Table, rows: Ints) -> Ints | None:
    """Return the batch of each row, or None where the assay has only one."""
    return table.batch[rows] if len(table.batches) > 1 else None


@dataclass(eq=False)
class Part:
    """Hold rows that are reported together for one track, and their bootstrap samples."""

    subset: str
    track: str
    unit: str
    kept: np.ndarray  # (R,) bool, or (P, 2) int: rows of changed sequences and of their parents
    measured: Floats  # (n,)
    batch: Ints | None
    group: Ints
    metrics: tuple[str, ...]

    @cached_property
    def samples(self) -> tuple[Ints, ...]:
        """Return the samples of whole groups that every figure on these rows is taken on."""
        return group_samples(self.group)

    @cached_property
    def counts(self) -> Counts:
        """Return how often each sample drew each row."""
        return counts(self.samples, len(self.group))

    def of(self, values: Floats) -> Floats:
        """Return (n,) of (R,) values: those of its rows, or the differences of its pairs."""
        kept: Floats = values[self.kept]
        return kept if kept.ndim == 1 else np.subtract(kept[:, 0], kept[:, 1])

    def gain(self, predictor: str, predicted: Floats, ridge: Floats) -> Iterator[Metric]:
        """Yield r of (R,) predictions less that of the ridge, both on the same samples."""
        p, q, m = self.of(predicted), self.of(ridge), self.measured
        one, other = (pearson_each(x, m, self.batch, self.counts) for x in (p, q))
        value = _pearson(p, m, self.batch) - _pearson(q, m, self.batch)
        yield from self._row(predictor, "gain", value, one - other)

    def rows(self, predictor: str, predicted: Floats) -> Iterator[Metric]:
        """Yield every figure of (R,) predictions with its interval, where it is defined."""
        p, m = self.of(predicted), self.measured
        for metric in self.metrics:
            if metric == "high_low":
                yield from self._high_low(predictor, p)
                continue
            whole, each = _FIGURES[metric]
            value = whole(p, m, self.batch)
            yield from self._row(predictor, metric, value, each(p, m, self.batch, self.counts))

    def _high_low(self, predictor: str, p: Floats) -> Iterator[Metric]:
        m, batch = self.measured, self.batch
        n = high_low_rows(m, batch)
        whole = high_low_within(p, m, batch)
        each = [
            high_low_within(p[at], m[at], None if batch is None else batch[at])
            for at in self.samples
        ]
        for metric, value in whole.items():
            drawn = np.array([one[metric] for one in each])
            yield from self._row(predictor, metric, value, drawn, n)

    def _row(
        self, predictor: str, metric: str, value: float, each: Each, n: int | None = None
    ) -> Iterator[Metric]:
        if not np.isfinite(value):
            return
        known = each[np.isfinite(each)]
        low = high = None
        if len(known):
            low, high = (round(float(v), 4) for v in np.quantile(known, [0.025, 0.975]))
        of = (predictor, self.subset, self.track, metric)
        count = len(self.measured) if n is None else n
        yield Metric(*of, round(value, 4), count, low, high, self.unit)


def _pearson(p: Values, m: Values, batch: Ints | None) -> float:
    return pearson(p, m) if batch is None else within(p, m, batch)


def _spearman(p: Values, m: Values, batch: Ints | None) -> float:
    return spearman(p, m) if batch is None else within(p, m, batch, spearman)


#: metric -> the figure on all rows, and on bootstrap samples
_FIGURES: Mapping[str, tuple[Callable[[Values, Values, Ints | None], float], EachFigure]] = {
    "pearson": (_pearson, pearson_each),
    "spearman": (_spearman, spearman_each),
    "mse": (mse_within, mse_each),
    "r2": (r2_within, r2_each),
}


def parts_of(table: Table, rows: Ints, track: int, label: str, unit: str) -> Iterator[Part]:
    """Yield what is reported together of a track: each subset, each batch, then changes."""
    measured = table.y[rows, track]
    batch, group = batch_of(table, rows), table.group[rows]

    def part(subset: str, kept: np.ndarray, metrics: tuple[str, ...]) -> Part:
        inside = None if batch is None else batch[kept]
        return Part(subset, label, unit, kept, measured[kept], inside, group[kept], metrics)

    known = np.isfinite(measured)
    for subset, chosen in table.subsets.items():
        kept = chosen[rows] & known
        if kept.any():
            yield part(subset, kept, (*_FIGURES, *(("high_low",) if subset == "all" else ())))
    if batch is not None:
        for number, batch_name in enumerate(table.batches):
            kept = known & (batch == number)
            if kept.sum() >= FEWEST_OF_BATCH:
                yield part(f"batch {batch_name}", kept, ("pearson",))
    place = np.full(len(table.y), -1, np.int64)
    place[rows] = np.arange(len(rows))
    pairs = place[table.pairs]
    pairs = pairs[(pairs >= 0).all(1)]
    if len(pairs) >= 3:
        change = measured[pairs[:, 0]] - measured[pairs[:, 1]]
        first = group[pairs[:, 0]]
        yield Part("change from parent", label, unit, pairs, change, None, first, tuple(_FIGURES))
