"""The predictors that people would otherwise use, fitted on the train rows.

On all of them, those of batches that are reported apart too, whatever a network leaves unread.
Owns which features each counts and what is chosen on valid rows. The test rows are handed in to
be predicted; nothing is fitted or chosen on them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.evaluate.baselines import Linear, canonical_counts, fit_ridge, gc_feature
from gexp_core.evaluate.boosting import fit_boosting
from gexp_core.evaluate.metrics import within
from gexp_core.evaluate.motif_hits import best_hits, log_odds
from gexp_core.training.data import Table
from gexp_core.types import Floats, Ints

#: Motifs counted at most: of more, those that go best with the values of some train rows are kept.
MOST_MOTIFS = 300
_SCREENED = 5_000  # train rows on which motifs are chosen
_MOST_WORDS = 300  # 5-mers given to the trees, those that vary most
#: Penalties tried of counts of words.
ALPHAS = (30.0, 100.0, 300.0, 1e3, 3e3, 1e4)
#: Penalties tried of standardised features: a column weighs as much as N rows.
STANDARDISED_ALPHAS = (*ALPHAS, 3e4, 1e5)
#: The penalty of a single feature: r, by which penalties are chosen, is the same with any.
NO_PENALTY = (0.0,)


@dataclass(frozen=True, slots=True, eq=False)
class Classical:
    """Hold the predictors' numbers on the rows asked for.

    Attributes
    ----------
    values : predictor -> (R, T) float32, in the card's unit
    about : predictor -> what it is, in a sentence, with what was chosen
    """

    values: dict[str, Floats]
    about: dict[str, str]


def classical(
    table: Table,
    rows: Ints,
    matrices: Sequence[Floats] = (),
    *,
    say: Callable[[str], None] = lambda text: None,
) -> Classical:
    """Fit every predictor on the train rows and predict ``rows``.

    Batch offsets (train means) are removed before fitting, and the mean of all train rows is put
    back, so that the numbers are at the level of an average batch. Penalties, trees and leaves are
    chosen on the valid rows.

    Parameters
    ----------
    table : Table
    rows : (R,) int
        What is predicted.
    matrices : sequence of (4, W) float32
        Probabilities of known motifs; without any, nothing counts motifs.
    say : callable, optional
        Told what is being fitted.

    Returns
    -------
    Classical
        '6-mer ridge', 'GC content', 'gradient boosting', and with motifs 'motif ridge'.
    """
    split = {"train": table.rows("train"), "valid": table.rows("valid"), "rows": rows}
    texts = {part: [table.text(row) for row in at] for part, at in split.items()}
    made = Classical({}, {"6-mer ridge": "", "GC content": "linear in the share of G and C"})

    def fit(name: str, features: dict[str, Floats], alphas: Sequence[float] = ()) -> None:
        say(f"fitting {name}\n")
        columns, chosen = [], []
        for track in range(len(table.tracks)):
            column, words = _fit(table, split, track, features, alphas)
            columns.append(column)
            chosen.append(words)
        made.values[name] = np.stack(columns, 1)
        made.about[name] = made.about.get(name, "") or _chosen(table.tracks, chosen)

    fit("6-mer ridge", {part: canonical_counts(text, 6) for part, text in texts.items()}, ALPHAS)
    gc = {part: gc_feature(text) for part, text in texts.items()}
    fit("GC content", gc, NO_PENALTY)
    fours = {part: canonical_counts(text, 4) for part, text in texts.items()}
    fives = {part: canonical_counts(text, 5) for part, text in texts.items()}
    varied = np.sort(np.argsort(-fives["train"].var(0), kind="stable")[:_MOST_WORDS])
    parts = [fours, {part: found[:, varied] for part, found in fives.items()}, gc]
    counted = "4-mers, the 5-mers that vary most, GC content"
    fitting = [matrix for matrix in matrices if matrix.shape[1] <= table.codes.shape[1]]
    if fitting:
        say(f"matching {len(fitting)} known motifs\n")
        hits = _hits(table, texts, fitting)
        both = {part: np.hstack([hits[part], gc[part]]) for part in texts}
        fit("motif ridge", both, STANDARDISED_ALPHAS)
        parts.append(hits)
        counted += f", best match of {hits['train'].shape[1]} known motifs"
        made.about["motif ridge"] = (
            f"ridge on the best match, on either strand, of {hits['train'].shape[1]} known motifs "
            f"(JASPAR) and GC content, {made.about['motif ridge']}"
        )
    joined = {part: np.hstack([feature[part] for feature in parts]) for part in texts}
    fit("gradient boosting", joined)
    made.about["gradient boosting"] = (
        f"boosted trees (scikit-learn) on {counted}; {made.about['gradient boosting']}"
    )
    made.about["6-mer ridge"] = (
        f"ridge on counts of 6-mers, strands pooled, {made.about['6-mer ridge']}"
    )
    return made


def _fit(
    table: Table,
    split: dict[str, Ints],
    track: int,
    features: dict[str, Floats],
    alphas: Sequence[float],
) -> tuple[Floats, str]:
    """Return (R,) predictions of one track, and in words what was chosen.

    A ridge where there are penalties to try, else boosted trees.
    """
    if alphas:
        fitted, alpha = fit_linear(table, split, track, features, alphas)
        return fitted.predict(features["rows"]), f"penalty {alpha:g}"
    used, y, weight = _targets(table, split["train"], track)
    score = _score(table, split["valid"], track)
    boosted = fit_boosting(features["train"][used], y, weight, features["valid"], score)
    chosen = f"{boosted.trees} trees of at most {boosted.leaves} leaves"
    return boosted.predict(features["rows"]), chosen


def _chosen(tracks: Sequence[str], words: Sequence[str]) -> str:
    """Return what was chosen on valid rows, with the tracks where it differs between them."""
    if len(set(words)) == 1:
        return f"{words[0]}, chosen on valid"
    of = {one: [t for t, w in zip(tracks, words, strict=True) if w == one] for one in words}
    each = (f"{one} for {' and '.join(named)}" for one, named in of.items())
    return f"{', '.join(each)}, chosen on valid"


def fit_linear(
    table: Table,
    split: Mapping[str, Ints],
    track: int,
    features: Mapping[str, Floats],
    alphas: Sequence[float],
) -> tuple[Linear, float]:
    """Fit a ridge of one track on train rows, its penalty chosen on valid rows.

    Parameters
    ----------
    table : Table
    split : mapping
        'train' and 'valid' -> (n,) row numbers.
    track : int
    features : mapping
        'train' and 'valid' -> (n, F) float32, of those rows.
    alphas : sequence of float
        Penalties tried, at least one.

    Returns
    -------
    model, penalty
    """
    used, y, weight = _targets(table, split["train"], track)
    X = features["train"][used]
    score = _score(table, split["valid"], track)
    return fit_ridge(X, y, weight, features["valid"], score, alphas)


def _targets(
    table: Table, rows: Ints, track: int
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Return which rows (n,) are measured, and of those value less batch offset, and weight."""
    used = np.isfinite(table.y[rows, track])
    train = rows[used]
    y = np.maximum(table.y[train, track], table.clip).astype(np.float64)
    weight = table.weight[train].astype(np.float64)
    level = float(np.average(y, weights=weight))
    for label in np.unique(table.batch[train]):
        part = table.batch[train] == label
        y[part] -= np.average(y[part], weights=weight[part])
    return used, y + level, weight


def _score(table: Table, valid: Ints, track: int) -> Callable[[Floats], float]:
    """Return the score of predictions for the valid rows, by which everything is chosen."""
    measured = table.y[valid, track]
    kept = table.subsets["all"][valid] & np.isfinite(measured)

    def score(predicted: Floats) -> float:
        found = within(predicted[kept], measured[kept], table.batch[valid][kept])
        return found if np.isfinite(found) else -1.0

    return score


def _hits(
    table: Table, texts: dict[str, list[str]], matrices: Sequence[Floats]
) -> dict[str, Floats]:
    """Return standardised best matches (n, M) of at most MOST_MOTIFS motifs."""
    scores = [log_odds(matrix) for matrix in matrices]
    if len(scores) > MOST_MOTIFS:
        scores = _screen(table, texts["train"], scores)
    found = {part: best_hits(text, scores) for part, text in texts.items()}
    mean, sd = found["train"].mean(0), found["train"].std(0)
    sd[sd == 0] = 1
    return {part: np.asarray((values - mean) / sd, np.float32) for part, values in found.items()}


def _screen(table: Table, texts: list[str], scores: list[Floats]) -> list[Floats]:
    """Return the MOST_MOTIFS matrices whose best match goes best with the values of train rows.

    Summed over tracks: the squared correlation with the value less its batch mean, on rows spread
    evenly over the train rows.
    """
    train = table.rows("train")
    some = np.unique(np.linspace(0, len(train) - 1, _SCREENED).astype(np.int64))
    found = best_hits([texts[i] for i in some], scores).astype(np.float64)
    total = np.zeros(len(scores))
    for track in range(len(table.tracks)):
        y = np.maximum(table.y[train[some], track], table.clip).astype(np.float64)
        measured = np.isfinite(y)
        y, batch, X = y[measured], table.batch[train[some]][measured], found[measured]
        for label in np.unique(batch):
            y[batch == label] -= y[batch == label].mean()
        X = X - X.mean(0)
        scale = np.sqrt((X**2).sum(0) * (y @ y))
        total += np.divide(y @ X, scale, out=np.zeros(len(scores)), where=scale > 0) ** 2
    best = np.sort(np.argsort(-total, kind="stable")[:MOST_MOTIFS])
    return [scores[i] for i in best]
