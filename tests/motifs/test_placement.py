"""The chance of a sum of draws against exact distributions: convolution of whole numbers."""

import numpy as np
import pytest

from gexp_core.motifs.placement import _log_beyond, log_chance


def chance(*given):
    return np.exp(log_chance(*given))


def exact(units):
    """Return the chance (S,) that one draw of each unit adds up to s or more; values from 0 on."""
    made = np.ones(1)
    for values in units:
        made = np.convolve(made, np.bincount(values) / len(values))
    return made[::-1].cumsum()[::-1]


def laid(units):
    first = np.cumsum([0, *(len(values) for values in units)])[:-1]
    return np.concatenate(units).astype(float), first


@pytest.mark.parametrize("skewed", [False, True])
def test_tails_are_those_of_the_exact_distribution(skewed):
    rng = np.random.default_rng(3)
    draw = (lambda n: rng.exponential(60, n)) if skewed else (lambda n: rng.uniform(0, 200, n))
    units = [np.rint(draw(int(rng.integers(20, 60)))).astype(int) for _ in range(30)]
    tail = exact(units)
    values, first = laid(units)
    for p in (0.3, 0.05, 1e-2, 1e-4, 1e-8, 1e-12):
        total = int(np.argmax(tail <= p))
        # a draw is whole, the approximation is not: half a step; its own error is a few in a
        # hundred, and the normal distribution, used above 0.06, is a quarter off at most there
        made = chance(values, first, total - 0.5)
        assert made == pytest.approx(tail[total], rel=0.25 if p >= 0.05 else 0.05)


def test_the_normal_distribution_would_not_do():
    """What the saddlepoint is for: a tail of skewed scores, a hundred times too sure otherwise."""
    from scipy.stats import norm

    rng = np.random.default_rng(3)
    units = [np.rint(rng.exponential(60, 40)).astype(int) for _ in range(20)]
    tail = exact(units)
    total = int(np.argmax(tail <= 1e-8))
    mean = sum(values.mean() for values in units)
    spread = np.sqrt(sum(values.var() for values in units))
    assert norm.sf((total - mean) / spread) < 1e-2 * tail[total]


def test_ends_of_the_distribution():
    units = [np.array([0, 1, 5]), np.array([2, 3, 3, 9])]
    values, first = laid(units)
    assert chance(values, first, 14.0) == pytest.approx(1 / 12)  # the best of either
    assert chance(values, first, 20.0) == pytest.approx(1 / 12)  # never said to be less
    assert chance(values, first, 2.0) > 0.8
    assert chance(np.full(7, 3.0), np.array([0, 4]), 6.0) == 1.0  # nothing to tell places apart by
    assert chance(1000 * values + 7, first, 14_014.0) == pytest.approx(1 / 12)  # in any unit


@pytest.mark.parametrize("z", [-3, 0, 5, 29.9, 30.1, 100])
def test_tails_of_the_normal_distribution_in_logarithms(z):
    from scipy.stats import norm

    assert _log_beyond(z) == pytest.approx(norm.logsf(z), rel=1e-5)


def test_chances_too_small_for_a_number_are_still_told_apart():
    units = [np.linspace(0, 1, 101) for _ in range(4000)]
    values, first = laid(units)
    sd = np.sqrt(4000 * np.var(units[0]))
    nearer, farther = (log_chance(values, first, 2000 + z * sd) for z in (50, 51))
    assert farther < nearer - 40 < -800  # z is a fourth of the range at most: more than half z²/2


def test_places_drawn_at_random_are_as_often_sure_as_said():
    rng = np.random.default_rng(5)
    units = [rng.gumbel(size=150) for _ in range(25)]
    values, first = laid(units)
    values = np.concatenate(units)
    drawn = [sum(rng.choice(unit) for unit in units) for _ in range(2000)]
    p = np.array([chance(values, first, total) for total in drawn])
    for level in (0.05, 0.01):
        # binomial: four standard errors
        assert abs(np.mean(p <= level) - level) < 4 * np.sqrt(level * (1 - level) / len(p))
