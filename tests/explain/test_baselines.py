import itertools
from collections import Counter

import numpy as np
import pytest

from gexp_core.encoding import BASES
from gexp_core.errors import InputError
from gexp_core.explain.baselines import (
    LONG,
    baselines,
    dinucleotide_shuffles,
    insert_of,
    insert_shuffles,
    other_orders,
)
from tests.toy_models import random_sequence, toy_card


def counts(text):
    return Counter(itertools.pairwise(text))


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "AC",
        "AAAAAAAA",
        "ACACACACAC",
        "AAAACGGGGT",
        "TTTTTTTTTTTTTTTTTTTTTA",
        random_sequence(164, 1),
        random_sequence(301, 2, "AACGN"),
        "NNACGTACGTTGCANNNNACGATTTANAN",
        "NNNN",
    ],
)
def test_shuffles_keep_every_dinucleotide_count_and_the_ends(text):
    made = dinucleotide_shuffles(text, 20, seed=3)
    assert len(made) == 20
    for shuffle in made:
        assert counts(shuffle) == counts(text)
        assert (shuffle[0], shuffle[-1]) == (text[0], text[-1])
        assert [a == "N" for a in shuffle] == [a == "N" for a in text]


def test_shuffles_are_drawn_evenly_from_all_arrangements():
    text = "ACGATACTA"
    every = {"".join(p) for p in itertools.permutations(text) if counts("".join(p)) == counts(text)}
    every = {p for p in every if p[0] == "A" and p[-1] == "A"}
    drawn = Counter(dinucleotide_shuffles(text, 20_000, seed=0))
    assert set(drawn) == every
    wanted = 20_000 / len(every)
    chi = sum((drawn[p] - wanted) ** 2 / wanted for p in every)
    freedom = len(every) - 1
    assert chi < freedom + 4 * (2 * freedom) ** 0.5


def test_shuffles_differ_from_the_sequence_and_depend_on_the_seed():
    text = random_sequence(164, 5)
    first = dinucleotide_shuffles(text, 5, seed=0)
    assert len({*first, text}) == 6
    assert first == dinucleotide_shuffles(text, 5, seed=0)
    assert set(first).isdisjoint(dinucleotide_shuffles(text, 5, seed=1))
    with pytest.raises(InputError, match="seed -1"):
        dinucleotide_shuffles(text, 1, seed=-1)


def test_plain_baselines():
    text = "GGGANNAAAC"  # 4 G/C of 8 known
    assert not baselines(text, "zeros").any()
    assert np.all(baselines(text, "uniform") == 0.25)
    gc = baselines("GGGCNNNNAT", "gc", n=7)  # 4 of 6
    assert gc.shape == (1, 4, 10)
    wanted = [1 / 3 if base in "GC" else 1 / 6 for base in BASES]
    np.testing.assert_allclose(gc[0], np.tile(np.array(wanted)[:, None], 10), rtol=1e-6)
    assert np.all(baselines("NNN", "gc") == 0.25)
    assert baselines(text, "shuffle", n=7).shape == (7, 4, 10)
    with pytest.raises(InputError, match="baseline 'noise' is not one of shuffle"):
        baselines(text, "noise")


@pytest.mark.parametrize("text", ["AC", "AAAAAAAAAT", "GCTAATCCCC", "NANNC", "CA" * 10])
def test_a_stretch_gets_every_other_order_and_never_its_own(text):
    every = {"".join(p) for p in itertools.permutations(text)} if len(text) < 10 else set()
    drawn = other_orders(text, 200, seed=3)
    assert len(drawn) == 200 and text not in drawn
    assert drawn == other_orders(text, 200, seed=3)
    assert len(set(drawn)) == 1 or drawn != other_orders(text, 200, seed=4)
    for order in drawn:
        assert sorted(order) == sorted(text)
        assert [a == "N" for a in order] == [a == "N" for a in text]
    gaps = [at for at, base in enumerate(text) if base == "N"]
    still = {order for order in every if all(order[at] == "N" for at in gaps)}
    assert not every or set(drawn) == still - {text}


def test_orders_are_drawn_evenly():
    drawn = Counter(other_orders("AACG", 11_000, seed=1))  # of 12 orders all but one
    chi = sum((drawn[order] - 1000) ** 2 / 1000 for order in drawn)
    assert len(drawn) == 11 and chi < 10 + 4 * 20**0.5


def test_a_long_stretch_keeps_its_dinucleotides_and_one_letter_has_no_other_order():
    text = random_sequence(LONG, 5)
    assert other_orders(text, 5, seed=2) == dinucleotide_shuffles(text, 5, seed=2)
    assert any(counts(o) != counts(text[1:]) for o in other_orders(text[1:], 5, seed=2))
    for text in ("A", "N", "TTTTTTTT", "NNTNT", "A" * LONG):
        assert other_orders(text, 5) == ()


def test_a_whole_construct_is_shuffled_between_its_flanks():
    card = toy_card(60, insert=(8, 50))
    insert = random_sequence(42, 3)
    whole = card.background[:8] + insert + card.background[50:]
    assert insert_of(whole, card) == (8, 50)
    inside = insert_shuffles(insert, card, 5, seed=2)
    assert inside == dinucleotide_shuffles(insert, 5, seed=2)
    assert insert_shuffles(whole, card, 5, seed=2) == tuple(
        card.background[:8] + text + card.background[50:] for text in inside
    )
    for text in (insert, insert[:20], random_sequence(60, 4), random_sequence(90, 4)):
        assert insert_of(text, card) == (0, len(text))
    assert insert_of(random_sequence(60, 4), toy_card(60)) == (0, 60)
