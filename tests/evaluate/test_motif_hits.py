"""Best matches against scoring every place by hand, and known answers."""

import numpy as np
import pytest

from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.errors import InputError
from gexp_core.evaluate.motif_hits import best_hits, log_odds

RNG = np.random.default_rng(5)


def matrix(width):
    return RNG.normal(size=(4, width)).astype(np.float32)


def by_hand(text, scores):
    best = -np.inf
    for strand in (text, reverse_complement(text)):
        hot = one_hot(strand)
        for at in range(len(text) - scores.shape[1] + 1):
            best = max(best, float((hot[:, at : at + scores.shape[1]] * scores).sum()))
    return best


def test_every_place_on_both_strands_is_scored():
    texts = ["".join(RNG.choice(list("ACGTN"), 30, p=[0.24] * 4 + [0.04])) for _ in range(300)]
    matrices = [matrix(width) for width in (5, 8, 5, 30)]
    found = best_hits(texts, matrices)
    expected = [[by_hand(text, scores) for scores in matrices] for text in texts[::37]]
    # sums of at most 30 float32 numbers in another order
    np.testing.assert_allclose(found[::37], expected, atol=1e-4)


def test_the_strand_does_not_matter():
    texts = ["".join(RNG.choice(list("ACGT"), 40)) for _ in range(20)]
    turned = [reverse_complement(text) for text in texts]
    matrices = [matrix(7)]
    np.testing.assert_allclose(best_hits(texts, matrices), best_hits(turned, matrices), atol=1e-5)


def test_log_odds_of_a_certain_letter_is_two_bits_and_of_an_even_column_zero():
    ppm = np.array([[1, 0.25], [0, 0.25], [0, 0.25], [0, 0.25]], np.float32)
    found = log_odds(ppm, pseudo=1e-9)
    np.testing.assert_allclose(found[:, 1], 0, atol=1e-6)
    assert found[0, 0] == pytest.approx(2, abs=1e-6)
    assert np.isfinite(log_odds(ppm)).all()


def test_what_cannot_be_scored_is_said():
    with pytest.raises(InputError, match="one length"):
        best_hits(["ACGT", "ACG"], [matrix(2)])
    with pytest.raises(InputError, match="5 columns does not fit sequences of 4"):
        best_hits(["ACGT"], [matrix(5)])
    assert best_hits(["ACGT"], []).shape == (1, 0)
