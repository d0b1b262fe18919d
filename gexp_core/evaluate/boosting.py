"""Gradient-boosted trees on counted features: the strongest predictor that reads no order.

Fitted with scikit-learn. Everything that is chosen is chosen on valid rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.types import Floats

#: Trees grown for each setting; how many of them are used is chosen on valid rows.
TREES = 200

#: Leaves of a tree that are tried.
LEAVES = (8, 31)

#: A column of more values is cut into so many levels of about equally many rows.
LEVELS = 32

_STEP = 10  # numbers of trees tried: every tenth


@dataclass(frozen=True, slots=True, eq=False)
class Boosting:
    """Hold fitted trees and what was chosen.

    Attributes
    ----------
    trees, leaves : how many trees are summed, and the most leaves each has
    cuts : column -> the values between its levels; other columns are taken as they are
    """

    fitted: object
    cuts: dict[int, NDArray[np.float32]]
    trees: int
    leaves: int

    def predict(self, X: Floats) -> Floats:
        """Return (N,) predictions of the first ``trees`` trees."""
        stages = self.fitted.staged_predict(_levels(X, self.cuts))  # type: ignore[attr-defined]
        for count, predicted in enumerate(stages, start=1):
            if count == self.trees:
                return np.asarray(predicted, np.float32)
        raise ValueError(f"{self.trees} trees are wanted, fewer were grown")


def fit_boosting(
    X: Floats,
    y: NDArray[np.floating],
    weight: NDArray[np.floating],
    X_valid: Floats,
    score: Callable[[Floats], float],
    *,
    leaves: Sequence[int] = LEAVES,
    seed: int = 0,
) -> Boosting:
    """Grow trees for each number of leaves; keep the setting that ``score`` likes best.

    Parameters
    ----------
    X, X_valid : (N, F) and (V, F) features
    y, weight : (N,) targets with batch offsets removed, and row weights
    score : callable taking predictions (V,), larger is better; never shown test rows

    References
    ----------
    Friedman, Greedy function approximation: a gradient boosting machine. Ann Stat 29:1189 (2001).
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    cuts = _cuts(X)
    X, X_valid = _levels(X, cuts), _levels(X_valid, cuts)
    best: tuple[float, Boosting] | None = None
    for most in leaves:
        fitted = HistGradientBoostingRegressor(
            max_iter=TREES,
            learning_rate=0.1,
            max_leaf_nodes=most,
            min_samples_leaf=20,
            l2_regularization=1.0,
            early_stopping=False,  # would hold out train rows at random, across loci
            random_state=seed,
        ).fit(X, y, sample_weight=weight)
        for count, predicted in enumerate(fitted.staged_predict(X_valid), start=1):
            if count % _STEP:
                continue
            value = score(np.asarray(predicted, np.float32))
            if best is None or value > best[0]:
                best = value, Boosting(fitted, cuts, count, most)
    if best is None:
        raise ValueError("no setting to try")
    return best[1]


def _cuts(X: Floats) -> dict[int, NDArray[np.float32]]:
    """Return, for each column with more than LEVELS values, the quantiles between its levels.

    Trees see only the order of a column's values. Weighted binning, which scikit-learn would do
    instead, takes longer than the trees on wide tables.
    """
    found = {}
    for column in range(X.shape[1]):
        if len(np.unique(X[:1000, column])) > LEVELS or len(np.unique(X[:, column])) > LEVELS:
            inner = np.quantile(X[:, column], np.linspace(0, 1, LEVELS + 1)[1:-1])
            found[column] = np.unique(inner).astype(np.float32)
    return found


def _levels(X: Floats, cuts: dict[int, NDArray[np.float32]]) -> Floats:
    """Return X with the columns of ``cuts`` replaced by the number of their level."""
    out = X.copy()
    for column, edges in cuts.items():
        out[:, column] = np.searchsorted(edges, X[:, column])
    return out
