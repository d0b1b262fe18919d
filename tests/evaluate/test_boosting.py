"""Trees against a planted rule that no linear predictor can follow."""

import numpy as np

from gexp_core.evaluate import boosting
from gexp_core.evaluate.baselines import fit_ridge
from gexp_core.evaluate.metrics import pearson

RNG = np.random.default_rng(2)


def test_trees_find_what_a_ridge_cannot_and_choose_their_number_on_valid(monkeypatch):
    monkeypatch.setattr(boosting, "TREES", 60)
    X = RNG.normal(size=(900, 4)).astype(np.float32)
    y = np.sign(X[:, 0] * X[:, 1]) + 0.5 * RNG.normal(size=900)
    weight = np.ones(600)
    seen = []

    def score(predicted):
        seen.append(pearson(predicted, y[600:750]))
        return seen[-1]

    fitted = boosting.fit_boosting(X[:600], y[:600], weight, X[600:750], score)
    assert len(seen) == 2 * 6  # every tenth number of trees, for both sizes
    chosen = pearson(fitted.predict(X[600:750]), y[600:750])
    assert chosen == max(seen)
    ridge, _ = fit_ridge(X[:600], y[:600], weight, X[600:750], score)
    # of noise a third of the signal's size, r with the rule itself is 0.89
    assert pearson(fitted.predict(X[750:]), y[750:]) > 0.7
    assert abs(pearson(ridge.predict(X[750:]), y[750:])) < 0.3


def test_the_same_seed_gives_the_same_numbers(monkeypatch):
    monkeypatch.setattr(boosting, "TREES", 10)
    X = RNG.normal(size=(100, 3)).astype(np.float32)
    args = (X, X[:, 0].astype(float), np.ones(100), X[:20], lambda p: pearson(p, X[:20, 0]))
    first, second = (boosting.fit_boosting(*args).predict(X) for _ in range(2))
    assert np.array_equal(first, second)
