"""Figures of many samples at once against the plain figures on the drawn rows, one by one."""

import numpy as np
import pytest

from gexp_core.evaluate import metrics, resampling

RNG = np.random.default_rng(8)
N = 90
BATCH = RNG.integers(0, 3, N)
P = np.round(RNG.normal(size=N), 1).astype(np.float32)  # rounded: ties
M = np.round(P + RNG.normal(size=N) + 3 * BATCH, 1).astype(np.float32)
GROUP = RNG.integers(0, 30, N)
SAMPLES = metrics.group_samples(GROUP, count=40)
COUNTS = resampling.counts(SAMPLES, N)


def plain(statistic):
    def compute(p, m, batch):
        return statistic(p, m) if batch is None else metrics.within(p, m, batch, statistic)

    return compute


@pytest.mark.parametrize("batch", [None, BATCH], ids=["whole", "batches"])
@pytest.mark.parametrize(
    ("each", "one"),
    [
        (resampling.pearson_each, plain(metrics.pearson)),
        (resampling.spearman_each, plain(metrics.spearman)),
        (resampling.mse_each, metrics.mse_within),
        (resampling.r2_each, metrics.r2_within),
    ],
)
def test_all_samples_at_once_are_the_samples_one_by_one(each, one, batch):
    found = each(P, M, batch, COUNTS)
    by_hand = [one(P[at], M[at], None if batch is None else batch[at]) for at in SAMPLES]
    np.testing.assert_allclose(found, by_hand, atol=1e-9)


def test_small_blocks_of_samples_change_nothing(monkeypatch):
    whole = resampling.spearman_each(P, M, BATCH, COUNTS)
    monkeypatch.setattr(resampling, "_CHUNK", 100)
    np.testing.assert_array_equal(resampling.spearman_each(P, M, BATCH, COUNTS), whole)


def test_a_constant_column_has_no_correlation():
    assert np.isnan(resampling.pearson_each(np.ones(N) * 0.1, M, BATCH, COUNTS)).all()
    assert np.isnan(resampling.spearman_each(np.ones(N) * 0.1, M, None, COUNTS)).all()


@pytest.mark.parametrize("batch", [None, np.array([0, 0, 0, 1, 1, 1])], ids=["whole", "batches"])
def test_a_sample_of_equal_values_has_no_share_of_their_deviation(batch):
    """Rounding left a deviation of 1e-17, and by it an R2 of minus 1e16 in the interval."""
    measured = np.array([0.1, 0.7, 1.3, 0.1, 0.7, 1.3])
    predicted = np.arange(6.0)
    for at in ([0, 0, 0, 3, 3, 3], [1, 1, 1, 4, 4, 4], [2, 2, 2, 5, 5, 5]):
        drawn = resampling.counts([np.array(at)], 6)
        assert np.isnan(resampling.r2_each(predicted, measured, batch, drawn)).all()
        of = None if batch is None else batch[at]
        assert np.isnan(metrics.r2_within(predicted[at], measured[at], of))


def test_high_and_low_are_told_apart_within_batches():
    by_hand = {}
    for name in ("auroc", "accuracy", "recall"):
        by_hand[name] = (
            sum(
                (BATCH == b).sum() * metrics.high_low(P[BATCH == b], M[BATCH == b])[name]
                for b in range(3)
            )
            / N
        )
    assert resampling.high_low_within(P, M, BATCH) == pytest.approx(by_hand)
    assert resampling.high_low_within(P, M, None) == pytest.approx(metrics.high_low(P, M))


def test_a_batch_without_thirds_is_left_out_of_all_three_figures():
    rng = np.random.default_rng(5)
    p, m = rng.normal(size=33), np.append(rng.normal(size=30), [2.0, 2.0, 2.0])
    batch = np.repeat([0, 1], [30, 3])
    alone = metrics.high_low(p[:30], m[:30])
    assert resampling.high_low_within(p, m, batch) == pytest.approx(alone)
    for rows in (slice(30, 33), slice(29, 31)):  # all equal; one row of each of two batches
        found = resampling.high_low_within(p[rows], m[rows], batch[rows])
        assert np.isnan([found[name] for name in ("auroc", "accuracy", "recall")]).all()
    few = np.array([0] * 7 + [1, 2])
    assert np.isnan(list(resampling.high_low_within(p[:9], few, None).values())).all()


def test_rows_of_the_thirds_are_counted_with_their_ties():
    m = np.array([0, 0, 0, 1, 2, 3, 4, 5, 5, 0, 0])  # thirds end at 0 and 3 and a third of 5
    low, high = metrics.thirds(m)
    assert (low.sum(), high.sum()) == (5, 4)
    assert resampling.high_low_rows(m, None) == 9
    batch = np.repeat([0, 1, 2], [6, 3, 2])  # the last is too small, and has no thirds either
    by_hand = sum(int(np.sum(np.logical_or(*metrics.thirds(m[batch == b])))) for b in (0, 1))
    assert resampling.high_low_rows(m, batch) == by_hand
    assert resampling.high_low_rows(np.zeros(9), None) == 0


def test_measurements_in_a_small_unit_have_an_interval_too():
    found = resampling.pearson_each(5e-7 * P, 5e-7 * M, BATCH, COUNTS)
    np.testing.assert_allclose(found, resampling.pearson_each(P, M, BATCH, COUNTS), atol=1e-6)
