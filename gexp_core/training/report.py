"""Figures of a trained model on rows it never saw, beside the classical predictors.

Called once per finished model: ``examine`` reads the test rows, and nothing else does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from gexp_core.evaluate.calibration import calibrate
from gexp_core.evaluate.classical import RIDGE
from gexp_core.models.base import Model
from gexp_core.models.card import Metric, ModelCard, SpreadBin
from gexp_core.predict import predict
from gexp_core.training.backgrounds import backgrounds, quantiles
from gexp_core.training.classical import classical
from gexp_core.training.data import Table
from gexp_core.training.known_motifs import known_motifs
from gexp_core.training.parts import batch_of, parts_of
from gexp_core.training.scoring import valid_score
from gexp_core.training.words import near_ridge_limits
from gexp_core.types import Floats, Ints, Prediction, Progress, SequenceSet

__all__ = ["Examined", "examine", "held_out", "predict_rows", "quantiles", "valid_figure"]

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
    batch = batch_of(table, rows)
    measured = table.y[rows]
    percentiles: dict[str, tuple[float, ...]] = {}
    calibration: list[SpreadBin] = []
    for track, label in enumerate(table.tracks):
        kept = shown & np.isfinite(measured[:, track])
        if not kept.any():
            continue
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
    made = replace(made, limits=(*near_ridge_limits(made), *made.limits))
    return Examined(made, predicted, measured, batch, shown)


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
    ``evaluate.metrics.mse_within``). Each has a 95 % bootstrap interval over groups; so has by how
    much the model's r exceeds the 6-mer ridge's, both on the same samples ('gain'). Batches are
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
        parts = list(parts_of(table, rows, track, label, unit))
        for predictor, values in {name: predicted, **others}.items():
            for part in parts:
                made += part.rows(predictor, values[:, track])
                if predictor == name and RIDGE in others:
                    made += part.gain(name, values[:, track], others[RIDGE][:, track])
    return tuple(made)


def valid_figure(model: Model, table: Table) -> float:
    """Return the score of a finished model on the valid rows."""
    rows = table.rows("valid")
    return valid_score(table, rows, predict_rows(model, table, rows))
