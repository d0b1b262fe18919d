"""Classical predictors that a network has to beat: their features, and the ridge.

Which rows, weights and batch offsets they are fitted with, ``training.classical`` says. Trees are
in ``boosting``, matches of known motifs in ``motif_hits``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import gc_content, indices
from gexp_core.types import Floats, Ints

_ROWS = 4096  # sequences counted at once


def canonical(k: int) -> Ints:
    """Return (4**k,) int64: for each k-mer the smaller of itself and its reverse complement.

    A k-mer's number is its letters, 0-3 for A C G T, read as digits.
    """
    codes = np.arange(4**k)
    digits = (codes[:, None] // 4 ** np.arange(k)[::-1]) % 4
    partner = ((3 - digits[:, ::-1]) * 4 ** np.arange(k)[::-1]).sum(1)
    return np.asarray(np.minimum(codes, partner), np.int64)


def kmer_counts(sequences: Sequence[str], k: int = 6) -> Floats:
    """Return (N, 4**k) float32 counts, each k-mer pooled with its reverse complement.

    K-mers holding N are not counted. The columns of the larger of two partners stay 0.
    """
    smaller = canonical(k)
    counts = np.zeros((len(sequences), 4**k), np.float32)
    powers = 4 ** np.arange(k)[::-1]
    for row, sequence in enumerate(sequences):
        letters = indices(sequence).astype(np.int64)
        if len(letters) < k:
            continue
        view = np.lib.stride_tricks.sliding_window_view(letters, k)
        known = (view < 4).all(1)
        words = smaller[view[known] @ powers]
        counts[row] = np.bincount(words, minlength=4**k)
    return counts


def canonical_counts(sequences: Sequence[str], k: int) -> Floats:
    """Return (N, C) counts of the C k-mers that are not the larger of two partners.

    The columns of :func:`kmer_counts` that can be other than 0, in the same order.
    """
    kept = canonical(k) == np.arange(4**k)
    parts = [
        kmer_counts(sequences[first : first + _ROWS], k)[:, kept]
        for first in range(0, len(sequences), _ROWS)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, int(kept.sum())), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """Hold a fitted linear predictor: (F,) coefficients and an intercept."""

    coefficients: Floats
    intercept: float

    def predict(self, X: Floats) -> Floats:
        """Return (N,) predictions for (N, F) features."""
        return np.asarray(X @ self.coefficients + self.intercept, np.float32)


def fit_ridge(
    X: Floats,
    y: NDArray[np.floating],
    weight: NDArray[np.floating],
    X_valid: Floats,
    score: Callable[[Floats], float],
    alphas: Sequence[float] = (30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0),
) -> tuple[Linear, float]:
    """Fit a ridge for each penalty and keep the one that ``score`` likes best on valid rows.

    Minimises the weighted squared error plus alpha times the squared coefficients, the intercept
    free, as ``sklearn.linear_model.Ridge`` does; the products of the features, which take the time,
    are made once for all penalties.

    Parameters
    ----------
    X, X_valid : (N, F) and (V, F) features
    y, weight : (N,) targets with batch offsets removed, and row weights
    score : callable taking predictions (V,), larger is better; never shown test rows

    Returns
    -------
    model, alpha
    """
    weight = np.asarray(weight, np.float64)
    mean = weight @ X / weight.sum()  # (F,)
    level = float(weight @ y / weight.sum())
    used = np.flatnonzero(np.ptp(X[weight > 0], axis=0) > 0)  # rows without weight tell nothing
    root = np.sqrt(weight)[:, None].astype(np.float32)
    centred = root * (X[:, used] - mean[used].astype(np.float32))
    gram = (centred.T @ centred).astype(np.float64)
    right = centred.T.astype(np.float64) @ (root[:, 0] * (y - level))
    best: tuple[float, Linear, float] | None = None
    for alpha in alphas:
        coefficients = np.zeros(X.shape[1], np.float32)
        penalised = gram.copy()
        penalised[np.diag_indices(len(used))] += alpha
        coefficients[used] = np.linalg.solve(penalised, right)
        fitted = Linear(coefficients, level - float(mean @ coefficients))
        value = score(fitted.predict(X_valid))
        if best is None or value > best[0]:
            best = value, fitted, alpha
    if best is None:
        raise ValueError("no penalty to try")
    return best[1], best[2]


def gc_feature(sequences: Sequence[str]) -> Floats:
    """Return (N, 1): the GC content of each sequence."""
    return np.array([[gc_content(sequence)] for sequence in sequences], np.float32)
