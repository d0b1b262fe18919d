"""Metrics against closed forms and scipy / scikit-learn."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import r2_score, roc_auc_score

from gexp_core.errors import InputError
from gexp_core.evaluate import metrics

RNG = np.random.default_rng(0)


def test_correlations_agree_with_scipy_also_with_ties():
    x = np.round(RNG.normal(size=200), 1)
    y = np.round(x + RNG.normal(size=200), 1)
    assert metrics.pearson(x, y) == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-12)
    assert metrics.spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)


def test_constant_column_has_no_correlation():
    assert np.isnan(metrics.pearson(np.ones(5), np.arange(5.0)))


def test_what_is_missing_has_no_rank():
    values, high = np.array([1.0, np.nan, 3.0, 2.0]), np.array([True, False, True, False])
    assert np.isnan(metrics.spearman(values, np.arange(4.0)))
    assert np.isnan(metrics.auroc(values, high))


@pytest.mark.parametrize("value", [0.1, -3e8 / 7, 1e-9 / 3, 0.0])
def test_what_rounding_leaves_of_a_constant_column_is_no_deviation(value):
    """The mean of seven times 0.1 is not 0.1."""
    flat, other = np.full(7, value), np.arange(7.0)
    for one, two in ((flat, other), (other, flat)):
        assert np.isnan(metrics.pearson(one, two)) and np.isnan(metrics.spearman(one, two))
    assert np.isnan(metrics.r2(other, flat))
    batch = np.repeat([0, 1], 7)
    found = metrics.within(np.tile(other, 2), np.r_[flat, other], batch)
    assert found == pytest.approx(1)  # the flat batch is left out
    near = 1e6 + other * 1e-3  # small beside its level, and no rounding
    assert metrics.pearson(near, other) == pytest.approx(1)


def test_errors_agree_with_scikit_learn():
    x, y = RNG.normal(size=50), RNG.normal(size=50)
    assert metrics.r2(x, y) == pytest.approx(r2_score(y, x))
    assert metrics.mse(x, y) == pytest.approx(np.mean((x - y) ** 2))


def test_auroc_agrees_with_scikit_learn_with_ties():
    score = np.round(RNG.normal(size=300), 1)
    positive = RNG.random(300) < 0.3
    assert metrics.auroc(score, positive) == pytest.approx(roc_auc_score(positive, score))


def test_within_batches_does_not_reward_guessing_the_batch():
    batch = np.repeat([0, 1], 100)
    measured = RNG.normal(size=200) + 10 * batch
    guess = RNG.normal(size=200) + 10 * batch
    assert metrics.pearson(guess, measured) > 0.9
    assert abs(metrics.within(guess, measured, batch)) < 0.25


def test_within_weights_batches_by_rows():
    batch = np.array([0] * 30 + [1] * 10)
    p, m = RNG.normal(size=40), RNG.normal(size=40)
    by_hand = (
        30 * stats.pearsonr(p[:30], m[:30]).statistic
        + 10 * stats.pearsonr(p[30:], m[30:]).statistic
    ) / 40
    assert metrics.within(p, m, batch) == pytest.approx(by_hand)


def test_high_low_of_a_perfect_and_a_reversed_order():
    m = np.arange(30.0)
    assert metrics.high_low(m, m) == {"auroc": 1.0, "accuracy": 1.0, "recall": 1.0}
    assert metrics.high_low(-m, m)["auroc"] == 0.0


@pytest.mark.parametrize("measured", [[0] * 7 + [1, 2], [3.0] * 5, [1, 2, 2, 2, 2, 2, 3]])
def test_high_low_of_thirds_that_end_at_one_value_is_not_defined(measured):
    found = metrics.high_low(RNG.normal(size=len(measured)), np.array(measured, float))
    assert found.keys() == {"auroc", "accuracy", "recall"}
    assert np.isnan(list(found.values())).all()


def test_bootstrap_keeps_groups_whole_and_covers_the_mean():
    values = np.repeat(RNG.normal(size=40), 5)  # rows of one group are copies
    group = np.repeat(np.arange(40), 5)
    found = metrics.bootstrap(lambda at: float(values[at].mean()), group, resamples=2000)
    naive = metrics.bootstrap(lambda at: float(values[at].mean()), np.arange(200), resamples=2000)
    assert found.value == pytest.approx(values.mean())
    assert (found.n, found.groups) == (200, 40)
    standard_error = values[::5].std() / np.sqrt(40)
    assert (found.high - found.low) / 3.92 == pytest.approx(standard_error, rel=0.1)
    assert found.high - found.low > 1.8 * (naive.high - naive.low)


def test_bootstrap_of_nothing_says_so():
    with pytest.raises(InputError, match="no row"):
        metrics.bootstrap(lambda at: 0.0, np.array([], int))


def test_groups_are_drawn_whole():
    group = np.array([2, 0, 2, 1, 1, 1])
    for rows in metrics.group_samples(group, count=20):
        drawn = np.bincount(rows, minlength=6)
        for label in range(3):
            assert len(set(drawn[group == label])) == 1
        assert sum(drawn[np.flatnonzero(group == label)[0]] for label in range(3)) == 3


def test_errors_within_batches_forgive_the_level_of_a_batch_and_nothing_else():
    batch = np.repeat([0, 1, 2], [30, 20, 10])
    truth = RNG.normal(size=60)
    noise = RNG.normal(size=60) * 0.5
    moved = truth + noise + 7.0 * batch
    left = noise - np.array([noise[batch == b].mean() for b in range(3)])[batch]
    assert metrics.mse_within(moved, truth, batch) == pytest.approx(np.mean(left**2))
    assert metrics.mse_within(moved, truth, None) > 10
    assert metrics.r2_within(moved, truth, batch) > 0.5
    assert metrics.r2_within(moved, truth, None) < 0
    assert metrics.r2_within(10 * truth, truth, batch) < 0  # r is 1, the scale is wrong
    assert metrics.r2_within(truth, truth, None) == 1
