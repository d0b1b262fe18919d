"""Figures of a trained model on rows it never saw, beside the classical predictors.

Called once per finished model: the test rows are read here and nowhere else.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from gexp_core.evaluate.baselines import fit_ridge, gc_feature, kmer_counts
from gexp_core.evaluate.metrics import (
    Statistic,
    Values,
    bootstrap,
    high_low,
    pearson,
    spearman,
    within,
)
from gexp_core.models.base import Model
from gexp_core.models.card import Metric
from gexp_core.predict import predict
from gexp_core.training.data import Table
from gexp_core.training.scoring import valid_score
from gexp_core.types import Floats, Ints, Progress, SequenceSet


def predict_rows(
    model: Model, table: Table, rows: Ints, progress: Progress | None = None
) -> Floats:
    """Return (R, T) predictions of table rows through the same path as the app."""
    names = tuple(str(row) for row in rows)
    sequences = SequenceSet(names, tuple(table.text(row) for row in rows))
    return predict(model, sequences, batch_size=256, progress=progress).means()


def classical(table: Table, rows: Ints, track: int) -> dict[str, Floats]:
    """Return predictions on ``rows`` of a 6-mer ridge and of GC content, fitted on train rows.

    Batch offsets (train means) are removed first; the ridge penalty is chosen on valid rows.
    """
    train = table.rows("train")
    train = train[np.isfinite(table.y[train, track])]
    valid = table.rows("valid")
    y = np.maximum(table.y[train, track], table.clip).astype(np.float64)
    weight = table.weight[train].astype(np.float64)
    for label in np.unique(table.batch[train]):
        part = table.batch[train] == label
        y[part] -= np.average(y[part], weights=weight[part])

    def score(predicted: Floats) -> float:
        column = np.full((len(valid), len(table.tracks)), np.nan, np.float32)
        column[:, track] = predicted
        one = table.y[valid, track]
        kept = table.subsets["all"][valid] & np.isfinite(one)
        return within(column[kept, track], one[kept], table.batch[valid][kept])

    def texts(which: Ints) -> list[str]:
        return [table.text(row) for row in which]

    made = {}
    for name, features in (("6-mer ridge", kmer_counts), ("GC content", gc_feature)):
        fitted, _ = fit_ridge(features(texts(train)), y, weight, features(texts(valid)), score)
        made[name] = fitted.predict(features(texts(rows)))  # type: ignore[attr-defined]
    return made


def _row(
    predictor: str,
    subset: str,
    track: str,
    metric: str,
    compute: Callable[[Ints], float],
    group: Ints,
    unit: str,
) -> Metric:
    found = bootstrap(compute, group)
    low, high = (round(found.low, 4), round(found.high, 4))
    return Metric(predictor, subset, track, metric, round(found.value, 4), found.n, low, high, unit)


def held_out(
    name: str, predicted: Floats, table: Table, rows: Ints, *, unit: str = "loci"
) -> tuple[Metric, ...]:
    """Report every subset of ``rows`` for the model and for the classical predictors.

    Correlations are taken within batches (see ``evaluate.metrics.within``), with a 95 % bootstrap
    interval over groups. The model's change from a parent is reported apart ('change from parent').
    """
    made: list[Metric] = []
    for track, label in enumerate(table.tracks):
        measured = table.y[rows, track]
        for predictor, values in {
            name: predicted[:, track],
            **classical(table, rows, track),
        }.items():

            def add(subset: str, metric: str, statistic: Statistic) -> None:
                kept = table.subsets[subset][rows] & np.isfinite(measured)  # noqa: B023
                compute = partial(
                    _at,
                    values[kept],  # noqa: B023
                    measured[kept],  # noqa: B023
                    table.batch[rows][kept],
                    statistic,
                )
                group = table.group[rows][kept]
                made.append(_row(predictor, subset, label, metric, compute, group, unit))  # noqa: B023

            for subset in table.subsets:
                add(subset, "pearson", pearson)
                add(subset, "spearman", spearman)
            for metric in ("auroc", "accuracy", "recall"):
                add("all", metric, partial(_high_low, metric))
            made += _changes(predictor, label, values, table, rows, track, unit)
    return tuple(made)


def _at(predicted: Floats, measured: Floats, batch: Ints, statistic: Statistic, at: Ints) -> float:
    return within(predicted[at], measured[at], batch[at], statistic)


def _high_low(metric: str, predicted: Values, measured: Values) -> float:
    return high_low(predicted, measured)[metric]


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
    one_batch = np.zeros(len(pairs), np.int64)
    return [
        _row(
            predictor,
            "change from parent",
            label,
            metric,
            partial(_at, p, m, one_batch, statistic),
            group,
            unit,
        )
        for metric, statistic in (("pearson", pearson), ("spearman", spearman))
    ]


def quantiles(values: Floats) -> tuple[float, ...]:
    """Return the 0th to 100th percentile, 101 numbers."""
    finite = values[np.isfinite(values)]
    return tuple(round(float(v), 4) for v in np.quantile(finite, np.linspace(0, 1, 101)))


def valid_figure(model: Model, table: Table) -> float:
    """Return the score of a finished model on the valid rows."""
    rows = table.rows("valid")
    return valid_score(table, rows, predict_rows(model, table, rows))
