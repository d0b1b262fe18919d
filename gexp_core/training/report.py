"""Figures of a trained model on rows it never saw, beside the classical predictors.

Called once per finished model: ``examine`` reads the test rows, and nothing else does.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gexp_core.evaluate.calibration import calibrate
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
    high_low_within,
    mse_each,
    pearson_each,
    r2_each,
    spearman_each,
)
from gexp_core.models.base import Model
from gexp_core.models.card import Metric, ModelCard, SpreadBin
from gexp_core.predict import predict
from gexp_core.training.backgrounds import backgrounds, quantiles
from gexp_core.training.classical import classical
from gexp_core.training.data import Table
from gexp_core.training.known_motifs import known_motifs
from gexp_core.training.scoring import valid_score
from gexp_core.types import Floats, Ints, Prediction, Progress, SequenceSet

__all__ = ["Examined", "examine", "held_out", "predict_rows", "quantiles", "valid_figure"]

#: A batch is reported by itself from so many rows on.
FEWEST_OF_BATCH = 20

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """Hold what the one reading of the test rows gave.

    Attributes
    ----------
    card : the card with its held-out figures, calibration, percentiles and backgrounds
    predicted, measured : (R, T) float32, nan where a track was not measured
    batch : (R,) int64, or None where the assay has no batches
    shown : (R,) bool, the rows that the figure 'all' is of
    """

    card: ModelCard
    predicted: Floats
    measured: Floats
    batch: Ints | None
    shown: np.ndarray


def examine(
    card: ModelCard,
    model: Model,
    table: Table,
    *,
    unit: str = "loci",
    say: Say = lambda text: None,
) -> Examined:
    """Read the test rows, once, and put everything they say on the card.

    Parameters
    ----------
    card, model, table
        A finished model and the rows it was trained on and never saw.
    unit : str
        What the groups of rows are called.
    say : callable, optional
        Told what is being done.
    """
    rows = np.concatenate([table.rows("test"), table.rows("change")])
    say(f"reading {len(rows)} test rows\n")
    read = _read(model, table, rows)
    predicted, spread = read.means(), read.member_sd  # one window per row
    beside = classical(table, rows, known_motifs(card.species), say=say)
    say("computing held-out figures with their intervals\n")
    figures = held_out(card.name, predicted, table, rows, unit=unit, beside=beside.values)
    shown = table.subsets["all"][rows]
    batch = _batch(table, rows)
    measured = table.y[rows]
    percentiles: dict[str, tuple[float, ...]] = {}
    calibration: list[SpreadBin] = []
    for track, label in enumerate(table.tracks):
        kept = shown & np.isfinite(measured[:, track])
        percentiles[label] = quantiles(measured[kept, track])
        calibration += calibrate(
            label,
            predicted[kept, track],
            spread[kept, track],
            measured[kept, track],
            None if batch is None else batch[kept],
        )
    say("predicting shuffled and random sequences\n")
    made = replace(
        card,
        held_out=figures,
        predictors=beside.about,
        percentiles=percentiles,
        calibration=tuple(calibration),
        backgrounds=backgrounds(model, table),
    )
    return Examined(made, predicted, measured, batch, shown)


def _batch(table: Table, rows: Ints) -> Ints | None:
    """Return the batch of each row, or None where the assay has only one."""
    return table.batch[rows] if len(table.batches) > 1 else None


def _read(model: Model, table: Table, rows: Ints, progress: Progress | None = None) -> Prediction:
    """Return the prediction of table rows through the same path as the app."""
    names = tuple(str(row) for row in rows)
    sequences = SequenceSet(names, tuple(table.text(row) for row in rows))
    return predict(model, sequences, batch_size=256, progress=progress)


def predict_rows(
    model: Model, table: Table, rows: Ints, progress: Progress | None = None
) -> Floats:
    """Return (R, T) predictions of table rows."""
    return _read(model, table, rows, progress).means()


@dataclass(eq=False)
class _Part:
    """Hold rows that are reported together for one track, and their bootstrap samples."""

    subset: str
    track: str
    unit: str
    kept: np.ndarray  # (R,) bool
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

    def rows(self, predictor: str, predicted: Floats) -> Iterator[Metric]:
        """Yield every figure of (R,) predictions with its interval, where it is defined."""
        p, m = predicted[self.kept], self.measured
        for metric in self.metrics:
            if metric == "high_low":
                yield from self._high_low(predictor, p)
                continue
            whole, each = _FIGURES[metric]
            value = whole(p, m, self.batch)
            yield from self._row(predictor, metric, value, each(p, m, self.batch, self.counts))

    def _high_low(self, predictor: str, p: Floats) -> Iterator[Metric]:
        m, batch = self.measured, self.batch
        whole = high_low_within(p, m, batch)
        each = [
            high_low_within(p[at], m[at], None if batch is None else batch[at])
            for at in self.samples
        ]
        for metric, value in whole.items():
            drawn = np.array([one[metric] for one in each])
            yield from self._row(predictor, metric, value, drawn)

    def _row(self, predictor: str, metric: str, value: float, each: Each) -> Iterator[Metric]:
        if not np.isfinite(value):
            return
        known = each[np.isfinite(each)]
        low = high = None
        if len(known):
            low, high = (round(float(v), 4) for v in np.quantile(known, [0.025, 0.975]))
        where = (predictor, self.subset, self.track)
        yield Metric(*where, metric, round(value, 4), len(self.measured), low, high, self.unit)


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


def held_out(
    name: str,
    predicted: Floats,
    table: Table,
    rows: Ints,
    *,
    unit: str = "loci",
    beside: Mapping[str, Floats] | None = None,
) -> tuple[Metric, ...]:
    """Report every subset of ``rows`` for the model and for the classical predictors.

    Pearson and Spearman correlation, and telling high from low, are taken within batches (see
    ``evaluate.metrics.within``); MSE and R2 after the mean of each batch has been removed (see
    ``evaluate.metrics.mse_within``). Each has a 95 % bootstrap interval over groups. Batches are
    also reported one by one ('batch NAME'), and the change from a parent apart ('change from
    parent').

    Parameters
    ----------
    name : str
        The model's.
    predicted : (R, T) float32
    table, rows : Table and (R,) int
    unit : str
        What the groups of rows are called.
    beside : mapping, optional
        Other predictors' numbers on the same rows, name -> (R, T); the classical ones without
        known motifs by default.
    """
    others = classical(table, rows).values if beside is None else beside
    made: list[Metric] = []
    for track, label in enumerate(table.tracks):
        parts = list(_parts(table, rows, track, label, unit))
        for predictor, values in {name: predicted, **others}.items():
            for part in parts:
                made += part.rows(predictor, values[:, track])
            made += _changes(predictor, label, values[:, track], table, rows, track, unit)
    return tuple(made)


def _parts(table: Table, rows: Ints, track: int, label: str, unit: str) -> Iterator[_Part]:
    """Yield the rows that are reported together: each subset, then each batch."""
    measured = table.y[rows, track]
    batch, group = _batch(table, rows), table.group[rows]

    def part(subset: str, kept: np.ndarray, metrics: tuple[str, ...]) -> _Part:
        inside = None if batch is None else batch[kept]
        return _Part(subset, label, unit, kept, measured[kept], inside, group[kept], metrics)

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


def _changes(
    predictor: str, label: str, values: Floats, table: Table, rows: Ints, track: int, unit: str
) -> list[Metric]:
    """Report how well differences from a parent in the same batch are predicted."""
    place = np.full(len(table.y), -1, np.int64)
    place[rows] = np.arange(len(rows))
    pairs = place[table.pairs] if len(table.pairs) else np.empty((0, 2), np.int64)
    pairs = pairs[(pairs >= 0).all(1)]
    if len(pairs) < 3:
        return []
    y = table.y[rows, track]
    p = values[pairs[:, 0]] - values[pairs[:, 1]]
    m = y[pairs[:, 0]] - y[pairs[:, 1]]
    group = table.group[rows][pairs[:, 0]]
    every = np.ones(len(pairs), bool)
    part = _Part("change from parent", label, unit, every, m, None, group, tuple(_FIGURES))
    return list(part.rows(predictor, p))


def valid_figure(model: Model, table: Table) -> float:
    """Return the score of a finished model on the valid rows."""
    rows = table.rows("valid")
    return valid_score(table, rows, predict_rows(model, table, rows))
