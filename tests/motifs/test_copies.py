"""Copies: found whatever was done to them, and never among sequences that are none."""

import time

import numpy as np
import pytest

from gexp_core.encoding import reverse_complement
from gexp_core.motifs.copies import groups_of
from tests.toy_models import random_sequence, random_set

TEXT = random_sequence(200, 1)


def changed(text, n, seed):
    """Return the text with n bases changed, drawn at random places."""
    rng = np.random.default_rng(seed)
    letters = list(text)
    for at in rng.choice(len(text), n, replace=False):
        letters[at] = "ACGT"[("ACGT".index(letters[at]) + 1 + rng.integers(3)) % 4]
    return "".join(letters)


@pytest.mark.parametrize(
    "copy",
    [
        TEXT,
        changed(TEXT, 1, 2),
        changed(TEXT, 5, 3),
        TEXT[:90] + TEXT[110:],
        TEXT[:100] + "ACGTA" + TEXT[100:],
        reverse_complement(TEXT),
        TEXT[100:] + random_sequence(100, 4),  # a tile that overlaps by half
        TEXT[:100],
        "N" * 50 + TEXT[50:],
    ],
    ids=["same", "1", "5", "less", "more", "turned", "tile", "part", "N"],
)
def test_a_copy_is_found_among_others(copy):
    others = random_set((200,) * 10, seed=7).sequences
    assert groups_of((*others[:5], TEXT, *others[5:], copy)).tolist() == [*range(11), 5]


def test_unlike_texts_are_groups_of_their_own_also_with_constant_ends():
    ends = random_sequence(15, 8), random_sequence(15, 9)
    texts = [ends[0] + text + ends[1] for text in random_set((170,) * 300, seed=2).sequences]
    assert groups_of(texts).tolist() == list(range(300))


def test_what_is_too_short_or_unknown_is_no_copy():
    texts = ("ACGTACGTACG", "ACGTACGTACG", "N" * 40, "N" * 40, "")
    assert groups_of(texts).tolist() == [0, 1, 2, 3, 4]
    assert groups_of(()).shape == (0,)


def test_a_chain_of_tiles_is_not_one_group():
    long = random_sequence(2000, 3)
    tiles = [long[at : at + 200] for at in range(0, 1801, 100)]
    assert groups_of(tiles).tolist() == [k // 2 for k in range(19)]


def test_the_most_that_is_looked_at_at_once_takes_seconds():
    rng = np.random.default_rng(0)
    letters = "".join(rng.choice(list("ACGT"), 1_000_000))  # a fifth of the limit
    began = time.process_time()
    groups = groups_of(letters[at : at + 200] for at in range(0, len(letters), 200))
    assert groups.max() + 1 == 5000
    assert time.process_time() - began < 5  # 0.5 s on one processor, ten times that for a busy one
