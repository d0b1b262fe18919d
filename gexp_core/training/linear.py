"""The linear predictors that a model comes with, fitted as those on its card were.

Owns that they are the same: their r on the test rows must be the card's.
"""

from pathlib import Path

import numpy as np

from gexp_core.errors import ModelError
from gexp_core.evaluate.baselines import Linear, canonical_counts, gc_feature
from gexp_core.evaluate.classical import FILE, GC, RIDGE, K, LinearPredictors, to_bytes
from gexp_core.evaluate.metrics import pearson, within
from gexp_core.models.card import ModelCard, read_card
from gexp_core.training.classical import ALPHAS, NO_PENALTY, fit_linear
from gexp_core.training.data import Table
from gexp_core.types import Floats

#: Largest difference of r from the card's: libraries and processors round sums differently.
MOST_APART = 0.002


def linear_of(table: Table) -> LinearPredictors:
    """Return the 6-mer ridge and GC content of every track, fitted on a table's train rows."""
    split = {part: table.rows(part) for part in ("train", "valid")}
    texts = {part: [table.text(row) for row in rows] for part, rows in split.items()}
    words = {part: canonical_counts(text, K) for part, text in texts.items()}
    strong = {part: gc_feature(text) for part, text in texts.items()}
    fitted = [
        [fit_linear(table, split, track, features, alphas)[0] for track in range(len(table.tracks))]
        for features, alphas in ((words, ALPHAS), (strong, NO_PENALTY))
    ]
    return LinearPredictors(_rows(fitted[0]), _rows(fitted[1]), table.digest)


def _rows(fitted: list[Linear]) -> Floats:
    """Return (T, F + 1) float32: coefficients, then the intercept."""
    return np.stack([np.append(one.coefficients, one.intercept) for one in fitted]).astype(
        np.float32
    )


def write_linear(table: Table, folder: Path) -> dict[tuple[str, str], float]:
    """Write the linear predictors beside a model's weights.

    Returns
    -------
    dict
        (predictor, track) -> r on the rows that the card's figure is of; empty where the card
        holds no such figure, and then no test row is read.

    Raises
    ------
    ModelError
        The folder's model was trained on another file than the table's, or the predictors do not
        reach the card's r.
    """
    card = read_card(folder / "card.json")
    said = card.training.get("data_sha256")
    if said != table.digest:
        raise ModelError(
            f"{folder.name} was trained on a file with sha256 {str(said)[:12]}..., not on this one "
            f"({table.digest[:12]}...); give the data that it was trained on"
        )
    made = linear_of(table)
    reached = _reached(made, card, table)
    for (predictor, track), r in reached.items():
        wanted = card.find("pearson", predictor=predictor, track=track)
        if wanted is not None and not abs(r - wanted.value) <= MOST_APART:
            raise ModelError(
                f"{predictor} reaches r {r:.4f} on the test rows of {track}, the card of "
                f"{folder.name} says {wanted.value:.4f}; they were not fitted alike"
            )
    (folder / FILE).write_bytes(to_bytes(made))
    return reached


def _reached(made: LinearPredictors, card: ModelCard, table: Table) -> dict[tuple[str, str], float]:
    """Return r for every figure 'all' that the card holds of a linear predictor."""
    figures = [
        (predictor, track)
        for predictor in (RIDGE, GC)
        for track in table.tracks
        if card.find("pearson", predictor=predictor, track=track)
    ]
    if not figures:
        return {}
    rows = np.concatenate([table.rows("test"), table.rows("change")])
    rows = rows[table.subsets["all"][rows]]
    said = made.read(table.codes[rows])
    reached = {}
    for predictor, track in figures:
        at = table.tracks.index(track)
        measured = table.y[rows, at]
        kept = np.isfinite(measured)
        p, m, batch = said[predictor][kept, at], measured[kept], table.batch[rows][kept]
        one = len(table.batches) == 1
        reached[predictor, track] = float(pearson(p, m) if one else within(p, m, batch))
    return reached
