"""Sites beside those on controls: closed forms, and false verdicts as rare as their q says."""

import numpy as np
import pytest
from scipy import stats

from gexp_core.motifs.chance import DEALS, PIECE, Pieces, Verdict, exceeding, judged
from gexp_core.motifs.naming import false_discovery
from gexp_core.motifs.nouns import Site
from tests.toy_models import random_set


def sites(*sequences, start=0):
    """Return a site on each of the sequences."""
    return [Site(i, start, start + 6, "+", 1.0, 0.9) for i in sequences]


def texts(*lengths, seed=0):
    """Return random sequences, none a copy of another."""
    return random_set(lengths, seed).sequences


@pytest.mark.parametrize(("here", "there"), [(12, 3), (8, 8), (15, 9), (3, 20)])
def test_one_site_a_piece_is_the_hypergeometric_tail(here, there):
    own = np.arange(90) < 60
    counts = np.zeros(90, np.int64)
    counts[:here] = counts[60 : 60 + there] = 1
    exact = stats.hypergeom(90, here + there, 60).sf(here - 1)
    error = np.sqrt(exact * (1 - exact) / DEALS)
    assert exceeding(counts, own) == pytest.approx(exact, abs=5 * error + 2 / DEALS)


def test_a_repeat_on_one_sequence_is_one_observation():
    """Sixty sites on one of three sequences, none on three controls: one deal in two does that."""
    counts = np.array([60, 0, 0, 0, 0, 0])
    half = np.arange(6) < 3
    assert exceeding(counts, half) == pytest.approx(0.5, abs=0.01)  # 6 standard errors
    assert exceeding(np.array([20, 20, 20, 0, 0, 0]), half) == pytest.approx(1 / 20, abs=0.004)


def test_expected_sites_are_those_of_as_many_bases():
    pieces = Pieces.of(texts(*[100] * 30), texts(*[100] * 10, seed=1))
    some = [sites(*range(24), 30), sites(*range(6), 30, 31)]
    one, two = judged(some, pieces)
    assert (one.sites, one.expected) == (24, 3.0) and (two.sites, two.expected) == (6, 6.0)
    counts = [np.bincount([s.sequence for s in found], minlength=40) for found in some]
    p = [exceeding(c, np.arange(40) < 30) for c in counts]
    np.testing.assert_allclose([one.q, two.q], false_discovery(np.array(p)))
    assert one.holds(0.5) and not one.holds(0.1)  # an eighth of its sites is expected by chance
    assert not two.holds(1.0)


def test_what_may_be_chance_does_not_hold_however_often_it_comes():
    assert Verdict(600, 290.0, 1e-5).holds(0.5) and not Verdict(600, 310.0, 1e-5).holds(0.5)
    assert not Verdict(60, 0.0, 0.02).holds(0.5)


def test_a_long_sequence_is_many_pieces_and_a_short_rest_none():
    """One sequence of 4,050 bases beside twenty controls: 20 pieces each, all sites told apart."""
    lengths = [20 * PIECE + 50] * 21
    pieces = Pieces.of(texts(lengths[0]), texts(*lengths[1:], seed=1))
    assert pieces.copies == (20, 20) and pieces.scale == 1 / 20
    spread = [Site(0, at * PIECE + 5, at * PIECE + 11, "+", 1.0, 0.9) for at in range(20)]
    last = [Site(0, 20 * PIECE + 40, 20 * PIECE + 46, "+", 1.0, 0.9)]
    (wide,) = judged([spread + last], pieces)
    assert wide.sites == 21 and wide.q <= 1e-4
    (narrow,) = judged([[spread[0]] * 21], pieces)
    assert narrow.q == pytest.approx(1 / 21, abs=0.004)


def test_under_chance_small_p_are_as_rare_as_they_say():
    """Counts dealt at random: p of at most 0.05 comes in one run of twenty or less."""
    rng = np.random.default_rng(3)
    own = np.arange(120) < 80
    p = [exceeding(rng.permutation(rng.poisson(0.4, 120)), own, seed=k) for k in range(400)]
    # 400 draws: 0.05 and three standard errors
    assert np.mean(np.array(p) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
    assert np.mean(np.array(p) <= 0.5) > 0.3  # not so careful that nothing could be found


def test_copies_of_one_sequence_are_one_observation():
    """Thirty copies with a site, five sequences and thirty controls without: one group of 36."""
    one = texts(150, seed=5)[0]
    pieces = Pieces.of((one,) * 30 + texts(*[150] * 5), texts(*[150] * 30, seed=1))
    assert pieces.copies == (35, 6)
    (verdict,) = judged([sites(*range(30))], pieces)
    assert verdict.sites == 30 and verdict.expected == 0  # what is seen is said as it is
    assert verdict.q == pytest.approx(6 / 36, abs=0.007)  # 6 standard errors of the deals
    assert not verdict.holds(0.5)
    (apart,) = judged([sites(*range(30))], Pieces.of(texts(*[150] * 35), texts(*[150] * 30)))
    assert apart.q <= 1e-4  # as many sequences that are none


def test_a_site_on_half_of_the_copies_is_half_a_site():
    one, other = texts(150, 150, seed=5)
    pieces = Pieces.of((one,) * 8 + (other,) * 2, texts(*[150] * 4, seed=1))
    counts = pieces.counts(sites(0, 1, 2, 3, 8, 9, 11))
    assert pieces.observed(counts).tolist() == [5, 10, 0, 10, 0, 0]  # tenths


def test_sequences_and_controls_are_grouped_apart():
    """Letters that a shuffle cannot change: copies among the sequences, never of a control."""
    pieces = Pieces.of(("CA" * 60,) * 3, ("CA" * 60,) * 2)
    assert pieces.group.tolist() == [0, 0, 0, 1, 1] and pieces.own == 1
