"""Calibration on errors whose spread is known, and on spreads that know nothing."""

import numpy as np
import pytest

from gexp_core.evaluate.calibration import calibrate, verdict

RNG = np.random.default_rng(4)


def test_true_standard_deviations_are_found_to_be_true():
    sd = RNG.uniform(0.5, 2, 20_000)
    measured = sd * RNG.normal(size=len(sd))
    bins = calibrate("a", np.zeros(len(sd)), sd, measured, None)
    assert sum(row.n for row in bins) == len(sd)
    assert len(bins) == 10
    for row in bins:
        # 2,000 draws: the error of an RMSE is 1.6 %, that of a share of 0.68 is 0.010; four of them
        assert row.rmse == pytest.approx(row.sd, rel=0.07)
        assert row.within_one == pytest.approx(0.683, abs=0.042)
        assert row.within_two == pytest.approx(0.954, abs=0.019)
        assert row.low <= row.sd <= row.high
    assert "times" in verdict(bins)


def test_a_spread_that_knows_nothing_is_said_to_know_nothing():
    sd, measured = RNG.uniform(0.5, 2, 20_000), RNG.normal(size=20_000)
    assert "about the same" in verdict(calibrate("a", np.zeros(20_000), sd, measured, None))


def test_the_level_of_a_batch_is_no_error():
    sd, batch = RNG.uniform(0.5, 2, 400), np.repeat([0, 1], 200)
    measured = RNG.normal(size=400)
    plain = calibrate("a", np.zeros(400), sd, measured - measured.mean(), None)
    moved = calibrate("a", np.zeros(400), sd, measured + 50.0 * batch, batch)
    # means of 200 standard normals differ from 0 by 0.07
    for one, other in zip(plain, moved, strict=True):
        assert other.rmse == pytest.approx(one.rmse, abs=0.1)


def test_single_networks_and_few_rows_have_no_bins():
    assert calibrate("a", np.zeros(100), np.zeros(100), np.ones(100), None) == ()
    assert calibrate("a", np.zeros(30), np.ones(30), np.ones(30), None) == ()
    assert verdict(()) == ""
