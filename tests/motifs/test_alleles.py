"""Motifs gained and lost: planted ones, and a brute force over every place that covers a change."""

import numpy as np
import pytest

from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.errors import InputError, LimitError
from gexp_core.inputs.alleles import MAX_MOVED
from gexp_core.inputs.genome import memory_genome
from gexp_core.inputs.variants import Variant, core, normalise
from gexp_core.motifs import Known, alleles
from gexp_core.motifs.alleles import LEAST, motif_changes
from gexp_core.motifs.scanning import scan_letters
from gexp_core.types import SequenceSet
from tests.toy_models import random_sequence


def known(word, name):
    return Known(name, name, np.asarray(0.94 * one_hot(word) + 0.015, np.float32))


AP1, GATA, CA = known("ATGACTCATG", "AP1"), known("CAGATAAGGA", "GATA"), known("CACACACA", "CA")
ALL = [AP1, GATA, CA]


def genome(text):
    return memory_genome(SequenceSet(("c",), (text,)), "toy")


def planted(word, at=100):
    text = random_sequence(240, 3)
    return text[:at] + word + text[at + len(word) :]


def names(changes):
    return [("+" if one.gained else "-") + one.name for one in changes]


@pytest.mark.parametrize("word", ["ATGACTCATG", reverse_complement("ATGACTCATG")])
def test_a_planted_motif_is_lost_by_a_change_in_it_and_gained_by_the_change_back(word):
    text = planted(word)
    ref, alt = text[103:107], reverse_complement(text[103:107])[::-1]  # four letters differ
    broken = text[:103] + alt + text[107:]
    lost = motif_changes([Variant("c", 104, ref, alt)], genome(text), ALL)
    gained = motif_changes([Variant("c", 104, alt, ref)], genome(broken), ALL)
    assert names(lost[0]) == ["-AP1"] and names(gained[0]) == ["+AP1"]
    assert lost[0][0].score == pytest.approx(gained[0][0].score)
    assert lost[0][0].p <= 1e-4 and lost[0][0].score - lost[0][0].other > LEAST


def test_a_motif_beside_the_change_stays():
    text = planted("ATGACTCATG")
    alt = "ACGT"[("ACGT".index(text[110]) + 1) % 4]
    (changes,) = motif_changes([Variant("c", 111, text[110], alt)], genome(text), [AP1])
    assert changes == ()


def test_an_indel_beside_an_unknown_base_costs_the_others_nothing(monkeypatch):
    text = planted("ATGACTCATG") + "NNNAAAT"
    near = Variant("c", 104, text[103:107], reverse_complement(text[103:107])[::-1])
    beside = Variant("c", len(text) - 3, "AA", "A")
    alone = motif_changes([near], genome(text), ALL)
    assert names(alone[0]) == ["-AP1"]
    assert motif_changes([beside, near], genome(text), ALL) == ((), *alone)

    def fail(variant, genome):
        if variant == beside:
            raise InputError("whatever else is wrong with one")
        return normalise(variant, genome)

    monkeypatch.setattr(alleles, "normalise", fail)
    assert motif_changes([beside, near], genome(text), ALL) == ((), *alone)


def test_a_change_without_a_normal_form_has_none_and_the_others_keep_theirs():
    text = planted("ATGACTCATG") + "G" + "A" * (MAX_MOVED + 10) + "T"
    far = Variant("c", len(text) - 3, "AA", "A")
    near = Variant("c", 104, "ACTC", "TGAG")
    made = motif_changes([far, near], genome(text), [AP1])
    assert made[0] == () and names(made[1]) == ["-AP1"]


def test_a_unit_less_in_a_repeat_breaks_nothing_while_a_whole_site_is_left():
    text = planted("CACACACACACACA")
    (changes,) = motif_changes([Variant("c", 101, "CAC", "C")], genome(text), [CA])
    assert changes == ()
    short = planted("TTTTTTCACACACATTTTTT", 94)  # just one site: a unit less and it is gone
    (changes,) = motif_changes([Variant("c", 101, "CAC", "C")], genome(short), [CA], p=2e-5)
    assert names(changes) == ["-CA"]


@pytest.mark.parametrize(("matches", "there"), [(18, True), (15, False)])
def test_a_motif_whose_letters_the_background_explains_better_is_not_there(matches, there):
    # 22 letters, 2 bits for a right one and -7.8 for a wrong one: 18 right are 5 bits, 15 are -25
    word = random_sequence(22, 5)
    exacting = Known("long", "long", np.asarray(0.996 * one_hot(word) + 0.001, np.float32))
    wrong = "".join("ACGT"[("ACGT".index(base) + 1) % 4] for base in word)
    text = planted(wrong[: 22 - matches] + word[22 - matches :])
    ref, alt = text[121], wrong[21]  # one right letter less
    (changes,) = motif_changes([Variant("c", 122, ref, alt)], genome(text), [exacting])
    hits = [hit for hit in scan_letters([text], [exacting], p=1e-4) if hit.start == 100]
    assert len(hits) == there
    assert names(changes) == ["-long"] * there
    for change in changes:
        assert change.score >= 0 > change.other


def test_an_insertion_makes_and_a_deletion_breaks_a_motif():
    text = random_sequence(240, 3)
    made = Variant("c", 100, text[99], text[99] + "CAGATAAGGA")
    (changes,) = motif_changes([made], genome(text), ALL)
    assert "+GATA" in names(changes)
    back = Variant("c", 100, made.alt, made.ref)
    grown = text[:100] + "CAGATAAGGA" + text[100:]
    (changes,) = motif_changes([back], genome(grown), ALL)
    assert "-GATA" in names(changes)


def score(one, letters):
    odds = np.log2(one.ppm.astype(float) + 1e-4) + 2
    return float((one_hot(letters) * odds).sum())


def best(one, text, at, length):
    """The best score of all places that cover a changed base, by trying each."""
    width = one.ppm.shape[1]
    places = range(max(0, at - width + 1), min(len(text) - width, at + length - 1) + 1)
    letters = [text[k : k + width] for k in places]
    return max(max(score(one, x), score(one, reverse_complement(x))) for x in letters)


def test_scores_are_those_of_a_brute_force():
    rng = np.random.default_rng(0)
    motifs = [
        Known(f"k{i}", f"k{i}", rng.dirichlet([0.3] * 4, 7 + i).T.astype(np.float32))
        for i in range(6)
    ]
    text = random_sequence(3000, 8)
    variants = [
        Variant("c", at + 1, text[at], "ACGT"[("ACGT".index(text[at]) + 1 + at % 3) % 4])
        for at in range(0, 3000, 12)
    ]
    seen = 0
    made = motif_changes(variants, genome(text), motifs, p=1e-3)
    for variant, changes in zip(variants, made, strict=True):
        start, ref, alt = core(normalise(variant, genome(text)))
        other = text[:start] + alt + text[start + len(ref) :]
        for change in changes:
            one = next(k for k in motifs if k.id == change.id)
            pair = (best(one, text, start, 1), best(one, other, start, 1))
            has, lacks = pair[::-1] if change.gained else pair
            # the scan adds up rounded float32 odds
            assert change.score == pytest.approx(has, abs=1e-3)
            assert change.other == pytest.approx(lacks, abs=1e-3)
            assert has - lacks >= LEAST - 1e-3
            seen += 1
    assert seen > 20  # of 250 changes and 6 motifs at p = 0.001 on some 20 places each


def test_what_cannot_be_compared_has_no_changes(monkeypatch):
    text = random_sequence(240, 3)
    wrong = Variant("c", 100, "A" if text[99] != "A" else "C", "G")
    assert motif_changes([wrong], genome(text), ALL) == ((),)
    ends = [Variant("c", 1, text[0], "ACGT"[("ACGT".index(text[0]) + 1) % 4])]
    assert len(motif_changes(ends, genome(text), ALL)) == 1
    assert motif_changes([], genome(text), ALL) == ()
    with pytest.raises(InputError, match="outside 0"):
        motif_changes([wrong], genome(text), ALL, p=0.5)
    with pytest.raises(InputError, match="no known motif"):
        motif_changes([wrong], genome(text), [])
    monkeypatch.setattr(alleles, "MOST", 0)
    with pytest.raises(LimitError, match="0 at most"):
        motif_changes([wrong], genome(text), ALL)
