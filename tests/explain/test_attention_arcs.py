"""Arcs of attention: the pairs that brute force chooses, in its order, and what is left of them."""

from dataclasses import replace

import numpy as np
import pytest

from gexp_core.errors import InputError
from gexp_core.explain.attention import attended
from gexp_core.explain.attention_arcs import MOST, strongest, unshared
from tests.toy_models import attention_model, random_set


def by_hand(matrix, size, apart, most, token):
    """Return (pairs drawn, how many are left, sums drawn, near and left), one entry at a time."""
    found, near = [], 0.0
    for q in range(len(matrix)):
        for k in range(len(matrix)):
            if token is not None and token not in (q, k):
                continue
            if abs(q - k) * size < apart:
                near += float(matrix[q, k])
            elif matrix[q, k] > 0:
                found.append((-float(matrix[q, k]), q, k))
    found.sort()
    kept, left = found[:most], found[most:]
    sums = (-sum(one[0] for one in kept), near, -sum(one[0] for one in left))
    return [(q, k) for _, q, k in kept], len(left), sums


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("tokens", [1, 2, 7, 41])
def test_the_pairs_are_those_of_brute_force_in_its_order(tokens, tied):
    rng = np.random.default_rng(tokens)
    matrix = rng.random((tokens, tokens)).astype(np.float32)
    if tied:
        matrix = (matrix * 4).astype(np.int64).astype(np.float32) / 4  # zeros and many ties
    before = matrix.copy()
    for size, apart in ((1, 1), (4, 4), (4, 5), (4, 12), (128, 640)):
        for most in (1, 5, 60, MOST):
            for token in (None, 0, tokens - 1, tokens // 2):
                made = strongest(matrix, size, apart=apart, most=most, token=token)
                pairs, left, sums = by_hand(matrix, size, apart, most, token)
                assert list(zip(made.reads.tolist(), made.read.tolist(), strict=True)) == pairs
                assert made.left == left
                np.testing.assert_array_equal(made.weights, matrix[made.reads, made.read])
                assert (made.distances(size) >= apart).all()
                total = sum(sums)
                shares = [part / total for part in sums] if total else [0, 0, 0]
                np.testing.assert_allclose(made.shares, shares, atol=1e-12)  # float64 sums
    np.testing.assert_array_equal(matrix, before)


def test_all_that_is_equal_comes_in_the_order_of_readers_and_is_bounded():
    made = strongest(np.full((1024, 1024), 2**-10, np.float32), 128, apart=640)
    assert len(made.weights) == 60
    assert set(made.reads.tolist()) == {0}
    assert made.read.tolist() == list(range(5, 65))
    assert made.left == 1019 * 1020 - 60  # pairs at least 5 of 1,024 apart, both ways
    assert sum(made.shares) == pytest.approx(1, abs=1e-12)


def test_of_a_token_what_it_reads_and_what_reads_it_each_once():
    matrix = np.arange(25, dtype=np.float32).reshape(5, 5)
    made = strongest(matrix, 4, apart=4, token=2)
    pairs = list(zip(made.reads.tolist(), made.read.tolist(), strict=True))
    assert pairs == [(4, 2), (3, 2), (2, 4), (2, 3), (2, 1), (2, 0), (1, 2), (0, 2)]
    assert made.token == 2 and made.left == 0


def test_where_nothing_is_read_there_are_no_arcs():
    made = strongest(np.zeros((6, 6), np.float32), 4, apart=4)
    assert (len(made.reads), len(made.weights), made.left) == (0, 0, 0)
    assert made.shares == (0, 0, 0)
    alone = strongest(np.eye(6, dtype=np.float32), 4, apart=4)
    assert (len(alone.weights), alone.shares) == (0, (0, 1, 0))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"apart": 0}, "pairs 0 bases apart .* at least 1"),
        ({"most": 0}, "0 arcs were asked for; give 1 to 200"),
        ({"most": 201}, "201 arcs were asked for"),
        ({"token": 6}, "no token number 7; there are 6"),
        ({"token": -1}, "no token number 0"),
    ],
)
def test_numbers_out_of_range_are_one_sentence(wrong, said):
    with pytest.raises(InputError, match=said):
        strongest(np.ones((6, 6)), 4, **({"apart": 4} | wrong))
    with pytest.raises(InputError, match="give one that is square"):
        strongest(np.ones((6, 5)), 4, apart=4)


def test_tokens_that_far_apart_see_no_base_in_common_and_nearer_ones_do():
    made = attended(attention_model(), random_set((60,)))
    for size, reach in ((4, (4, 4)), (4, (5, 5)), (4, (0, 0)), (2, (3, 0))):
        one = replace(made, size=size, reach=reach)
        steps, rest = divmod(unshared(one), size)
        assert rest == 0

        def seen(k, size=size, reach=reach):
            return set(range(k * size - reach[0], (k + 1) * size + reach[1]))

        assert not seen(3) & seen(3 + steps)
        assert seen(3) & seen(2 + steps)
    # where that is more than half of the window, the least there is
    assert unshared(replace(made, reach=(40, 40))) == made.size
