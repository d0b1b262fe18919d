"""Classical predictors that a network has to beat: k-mer ridge and GC content.

Fitted with scikit-learn on the same rows, with the same weights and the same batch offsets.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import gc_content, indices
from gexp_core.types import Floats


def kmer_counts(sequences: Sequence[str], k: int = 6) -> Floats:
    """Return (N, 4**k) float32 counts, each k-mer pooled with its reverse complement.

    K-mers holding N are not counted. The columns of the larger of two partners stay 0.
    """
    codes = np.arange(4**k)
    digits = (codes[:, None] // 4 ** np.arange(k)[::-1]) % 4
    partner = ((3 - digits[:, ::-1]) * 4 ** np.arange(k)[::-1]).sum(1)
    canonical = np.minimum(codes, partner)
    counts = np.zeros((len(sequences), 4**k), np.float32)
    powers = 4 ** np.arange(k)[::-1]
    for row, sequence in enumerate(sequences):
        letters = indices(sequence).astype(np.int64)
        if len(letters) < k:
            continue
        view = np.lib.stride_tricks.sliding_window_view(letters, k)
        known = (view < 4).all(1)
        words = canonical[view[known] @ powers]
        counts[row] = np.bincount(words, minlength=4**k)
    return counts


def fit_ridge(
    X: Floats,
    y: NDArray[np.floating],
    weight: NDArray[np.floating],
    X_valid: Floats,
    score: "object",
    alphas: Sequence[float] = (30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0),
) -> tuple["object", float]:
    """Fit a ridge for each penalty and keep the one that ``score`` likes best on valid rows.

    Parameters
    ----------
    X, X_valid : (N, F) and (V, F) features
    y, weight : (N,) targets with batch offsets removed, and row weights
    score : callable taking predictions (V,), larger is better; never shown test rows

    Returns
    -------
    model, alpha
    """
    from sklearn.linear_model import Ridge

    used = np.asarray(X.any(0))
    gram_rows = X[:, used]
    best: tuple[float, object, float] | None = None
    for alpha in alphas:
        model = Ridge(alpha=alpha, solver="cholesky").fit(gram_rows, y, sample_weight=weight)
        value = score(model.predict(X_valid[:, used]))  # type: ignore[operator]
        if best is None or value > best[0]:
            best = (value, _Columns(model, used), alpha)
    if best is None:
        raise ValueError("no penalty to try")
    return best[1], best[2]


class _Columns:
    """Give a fitted model only the columns it was fitted on."""

    def __init__(self, model: object, used: NDArray[np.bool_]) -> None:
        self.model = model
        self.used = used

    def predict(self, X: Floats) -> Floats:
        """Return (N,) predictions."""
        return np.asarray(self.model.predict(X[:, self.used]), np.float32)  # type: ignore[attr-defined]


def gc_feature(sequences: Sequence[str]) -> Floats:
    """Return (N, 1): the GC content of each sequence."""
    return np.array([[gc_content(sequence)] for sequence in sequences], np.float32)
