"""The scan against a brute-force one: all places, both strands, p values by enumeration."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.errors import InputError
from gexp_core.motifs import Known, scan
from gexp_core.motifs.scanning import P, scan_letters
from gexp_core.types import SequenceSet
from tests.toy_models import random_sequence

PPM = np.array(
    [[0.9, 0.05, 0.02, 0.3, 0.1], [0.05, 0.9, 0.03, 0.3, 0.1], [0.03, 0.02, 0.9, 0.2, 0.1],
     [0.02, 0.03, 0.05, 0.2, 0.7]], np.float32,
)  # fmt: skip
ONE = Known("k1", "one", PPM)


def score(letters):
    odds = np.log2(PPM + 1e-4) - np.log2(0.25)
    return float((one_hot(letters) * odds).sum())


def test_hits_are_those_of_brute_force():
    every = np.array([score("".join(w)) for w in itertools.product("ACGT", repeat=5)])
    sequences = SequenceSet(
        ("a", "b"), (random_sequence(400, 1), random_sequence(300, 2) + "N" + "ACGAT" * 3)
    )
    p = 0.005
    found = {(h.sequence, h.start, h.end, h.strand): h for h in scan(sequences, [ONE], p=p)}
    checked = 0
    for i, text in enumerate(sequences.sequences):
        for at, strand in itertools.product(range(len(text) - 4), "+-"):
            letters = text[at : at + 5]
            if "N" in letters:
                assert (i, at, at + 5, strand) not in found
                continue
            value = score(letters if strand == "+" else reverse_complement(letters))
            # scores are binned to 0.1 bits, and a sum of five rounded ones is off by at most 0.25
            surely = np.mean(every >= value - 0.3) < p
            never = np.mean(every >= value + 0.3) > p
            key = (i, at, at + 5, strand)
            assert (key in found) or not surely
            assert (key not in found) or not never
            if key in found:
                checked += 1
                assert found[key].score == pytest.approx(value, abs=1e-3)
                low, high = (np.mean(every >= value + d) for d in (0.3, -0.3))
                assert low - 1e-9 <= found[key].p <= high + 1e-9
    assert checked >= 5


def test_no_chance_is_below_the_least_there_is():
    sequences = SequenceSet(("a",), ("ACG" + "ACGAT" * 3,))
    sure = Known("k2", "sure", np.array([*[[0.97, 0.01, 0.01, 0.01]] * 5], np.float32).T.copy())
    assert scan(sequences, [ONE, sure]) == ()  # 4^-5 = 0.00098 is above the threshold
    seven = Known("k3", "seven", np.eye(4, dtype=np.float32)[:, [0, 1, 2, 0, 3, 0, 1]])
    found = scan(sequences, [ONE, seven])
    assert {(one.id, one.p) for one in found if one.strand == "+"} == {("k3", 4.0**-7)}


@pytest.mark.parametrize(("right", "bits"), [(18, 4.6), (15, -24.9)])
def test_letters_that_the_background_explains_better_are_no_hit(monkeypatch, right, bits):
    # 22 letters, 2 bits for a right one and -7.8 for a wrong one
    word = random_sequence(22, 5)
    exacting = Known("long", "long", np.asarray(0.996 * one_hot(word) + 0.001, np.float32))
    wrong = "".join("ACGT"[("ACGT".index(base) + 1) % 4] for base in word)
    text = wrong[: 22 - right] + word[22 - right :]
    hits = scan(SequenceSet(("a",), (text,)), [exacting])
    assert len(hits) == (bits >= 0)
    monkeypatch.setattr("gexp_core.motifs.scanning.FITS", -np.inf)
    (hit,) = scan(SequenceSet(("a",), (text,)), [exacting])  # its p is low enough either way
    assert hit.p <= P and hit.score == pytest.approx(bits, abs=0.1)


def test_no_hit_lies_beyond_an_end():
    found = scan(SequenceSet(("a", "b"), ("ACGAT", "ACG")), [ONE], p=0.01)
    assert {(h.sequence, h.start, h.end) for h in found} == {(0, 0, 5)}


def test_thresholds_are_checked():
    sequences = SequenceSet(("a",), ("ACGAT",))
    with pytest.raises(InputError, match=r"outside 0 to 0\.01"):
        scan(sequences, [ONE], p=0.5)
    with pytest.raises(InputError, match="no known motif"):
        scan(sequences, [])


def test_one_long_sequence_among_short_ones_takes_no_more_memory_than_its_letters(monkeypatch):
    """Hits are those of each sequence alone."""
    import memelite

    given = []
    fimo = memelite.fimo

    def kept(motifs, sequences, **how):
        given.append(sequences.nbytes)
        return fimo(motifs, sequences, **how)

    texts = [random_sequence(40, k) for k in range(20)]
    texts.insert(7, random_sequence(5_000, 99))
    texts.append("ACG")
    alone = [scan_letters([text], [ONE], p=0.005) for text in texts]
    monkeypatch.setattr(memelite, "fimo", kept)
    together = scan_letters(texts, [ONE], p=0.005)
    assert together == tuple(
        replace(hit, sequence=i) for i, some in enumerate(alone) for hit in some
    )
    assert len({hit.sequence for hit in together}) > 3
    assert given == [16 * (sum(map(len, texts)) + len(texts) - 1)]
