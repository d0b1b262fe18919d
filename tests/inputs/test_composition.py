"""Composition beside training data: closed forms, a second count with dictionaries, invariances."""

import itertools
from collections import Counter

import numpy as np
import pytest

from gexp_core.encoding import indices, reverse_complement
from gexp_core.errors import InputError
from gexp_core.inputs.composition import MEASURES, compare, training_figures
from gexp_core.types import SequenceSet
from tests.toy_models import random_sequence

ROWS = [random_sequence(80, seed) for seed in range(400)]
CODES = np.stack([indices(text) for text in ROWS])
FIGURES = training_figures(CODES)
PAIRS = ["".join(pair) for pair in itertools.product("ACGT", repeat=2)]


def against(*texts, width=80, **options):
    names = tuple(f"s{i}" for i in range(len(texts)))
    return compare(SequenceSet(names, texts), FIGURES, width, **options)


def shares(text):
    """Shares of dinucleotides of both strands, counted with a dictionary."""
    found = Counter()
    for strand in (text, reverse_complement(text)):
        pairs = (strand[at : at + 2] for at in range(len(strand) - 1))
        found.update(pair for pair in pairs if "N" not in pair)
    return np.array([found[pair] for pair in PAIRS]) / sum(found.values())


def by_hand(text):
    """The three measures, by counting."""
    reference = np.mean([shares(row) for row in ROWS], 0)
    triplets = [text[at : at + 3] for at in range(len(text) - 2)]
    triplets = [one for one in triplets if "N" not in one]
    same = [a == b for a, b in itertools.combinations(triplets, 2)]
    gc = (text.count("G") + text.count("C")) / (len(text) - text.count("N"))
    return [gc, np.abs(shares(text) - reference).sum() / 2, np.mean(same)]


@pytest.mark.parametrize(
    "text", [random_sequence(80, 999), "CA" * 40, "ACGTN" * 16, random_sequence(60, 5)]
)
def test_the_measures_are_those_counted_by_hand(text):
    made = against(text).values[0]
    # sixteen shares of the reference are rounded to six digits
    np.testing.assert_allclose(made, by_hand(text), atol=16 * 0.5e-6)


def test_closed_forms():
    assert against("A" * 80).values[0][[0, 2]].tolist() == [0, 1]
    # AA and TT have a quarter of a fair share each; nothing else is there
    fair = np.array(FIGURES["dinucleotides"])
    shared = min(0.5, fair[0]) + min(0.5, fair[15])
    assert against("A" * 80).values[0][1] == pytest.approx(1 - shared, abs=16 * 0.5e-6)
    assert sum(FIGURES["dinucleotides"]) == pytest.approx(1, abs=1e-5)
    assert FIGURES["rows"] == (400.0,)


def test_neither_strand_nor_case_of_batch_matters():
    texts = [random_sequence(80, seed) for seed in (1, 2, 3)]
    turned = against(*map(reverse_complement, texts))
    alone = [against(text).values[0] for text in texts]
    np.testing.assert_array_equal(turned.values, alone)
    np.testing.assert_array_equal(
        training_figures(CODES)["gc"], training_figures(3 - CODES[:, ::-1])["gc"]
    )


def test_training_rows_are_where_their_percentiles_say():
    made = against(*ROWS)
    for k in range(len(MEASURES)):
        rank = (made.values[:, k, None] > made.values[:, k]).mean(1) * 100
        ties = (made.values[:, k, None] == made.values[:, k]).mean(1) * 100
        # percentiles are read off a grid of 1; a tie is read in its middle
        np.testing.assert_allclose(made.percentiles[:, k], rank + ties / 2, atol=1.5)
    verdicts = Counter(made.verdict(i) for i in range(len(ROWS)))
    assert verdicts["outside"] == 0
    assert 1 <= verdicts["unusual"] <= 0.08 * len(ROWS)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (random_sequence(80, 7_777), "usual"),
        ("A" * 80, "outside"),
        ("GC" * 40, "outside"),
        ("CAG" * 26 + "CA", "outside"),
        (random_sequence(39, 1), "not judged"),
        (random_sequence(39, 1) + "N" * 41, "not judged"),
        ("A" * 40, "outside"),
        ("A", "not judged"),
        ("AC", "not judged"),
        ("N" * 200, "not judged"),
    ],
)
def test_verdicts(text, verdict):
    made = against(text)
    assert made.verdict(0) == verdict
    assert np.isnan(made.values[0]).all() == (verdict == "not judged")


def test_a_long_sequence_is_read_in_windows_and_its_furthest_is_told():
    calm = random_sequence(400, 3)
    planted = calm[:200] + "A" * 80 + calm[280:]
    made = against(calm, planted)
    assert made.windows.tolist() == [9, 9]  # 0, 40, ..., 320
    assert made.outside[0] == 0 and 1 <= made.outside[1] <= 3
    assert made.values[1][2] == 1  # the window of A alone
    assert against("A" * 401).windows.tolist() == [10]  # the last ends with the sequence
    # of very many windows fewer are read, evenly
    assert against(calm, most=4).windows.tolist() == [5]


def test_one_strange_window_of_many_is_no_strange_sequence():
    calm = random_sequence(8_000, 3)
    made = against(calm[:4_000] + "A" * 80 + calm[4_000:])
    assert made.outside[0] >= 1 and made.verdict(0) == "usual"


def test_what_cannot_be_measured_is_said():
    with pytest.raises(InputError, match="no training row"):
        training_figures(np.full((3, 20), 4))
    with pytest.raises(InputError, match="lack distance, repetition"):
        compare(SequenceSet(("a",), ("ACGT",)), {**FIGURES, "distance": (), "repetition": ()}, 80)
