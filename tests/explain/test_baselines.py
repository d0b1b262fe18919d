import itertools
from collections import Counter

import numpy as np
import pytest

from gexp_core.encoding import BASES
from gexp_core.errors import InputError
from gexp_core.explain.baselines import baselines, dinucleotide_shuffles
from tests.toy_models import random_sequence


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
