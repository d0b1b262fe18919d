"""Coordinates of edited bases: on both strands, against edits made on the genome itself."""

import re

import numpy as np
import pytest

from gexp_core.edits.notation import describe, edited, read_edits
from gexp_core.edits.reference import coordinate, describe_on, place_on, stretch_on
from gexp_core.edits.state import Edit, History, flip, shuffle, unedited
from gexp_core.encoding import reverse_complement
from gexp_core.types import Interval
from tests.toy_models import random_sequence

CHROM = random_sequence(400, 5)


def of(interval):
    piece = CHROM[interval.start : interval.end]
    return piece if interval.strand == "+" else reverse_complement(piece)


def scribble(text, seed, steps=6):
    """Return the state after random edits of every kind."""
    rng = np.random.default_rng(seed)
    history = History(text)
    for _ in range(steps):
        length = len(history.sequence)
        start = int(rng.integers(0, length))
        end = min(length, start + int(rng.integers(0, 5)))
        letters = "".join(rng.choice(list("ACGT"), int(rng.integers(0, 5))))
        if end - start < length or letters:
            history = history.do(Edit(start, end, letters))
    return history.state


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("seed", range(6))
def test_bases_that_stayed_lie_where_the_genome_has_them(strand, seed):
    interval = Interval("chr7", 100, 180, strand)
    history = History(of(interval))
    history = history.do(Edit(5, 5, "ACG")).do(Edit(30, 34, "")).do(Edit(50, 60, "TT"))
    state = history.state
    new = 0
    for at, letter in enumerate(state.sequence):
        place = coordinate(state, interval, at)
        if place is None:
            new += 1
            continue
        there = CHROM[place - 1]
        assert letter == (there if strand == "+" else reverse_complement(there))
    assert 3 <= new <= 5  # three came in, and of the two T those that are no T of the ten


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("seed", range(12))
def test_the_notation_makes_the_same_letters_on_the_genome(strand, seed):
    """Its edits, made on the chromosome, give the edited letters between unchanged flanks."""
    interval = Interval("chr7", 100, 180, strand)
    state = scribble(of(interval), seed)
    text = describe_on(state, interval)
    assert text.startswith("chr7:g.") or text == "="
    made = edited(CHROM, re.sub(r"^chr7:g\.", "", text)).sequence
    middle = made[100 : len(made) - (len(CHROM) - 180)]
    assert (middle if strand == "+" else reverse_complement(middle)) == state.sequence
    assert made[:100] == CHROM[:100]


def test_one_of_each_kind_on_the_minus_strand():
    interval = Interval("chr7", 100, 180, "-")
    text = of(interval)
    # the first base as given is the last of the interval: position 180
    other = "A" if text[0] != "A" else "C"
    state = unedited(text).apply(Edit(0, 1, other))
    turned = reverse_complement(text[0]), reverse_complement(other)
    assert describe_on(state, interval) == f"chr7:g.180{turned[0]}>{turned[1]}"
    state = unedited(text).apply(Edit(0, 2, ""))
    assert read_edits(describe_on(state, interval).removeprefix("chr7:g."), CHROM)[0].start == 178
    assert describe_on(unedited(text), interval) == "="


def test_stretches_are_named_by_the_bases_that_came_from_the_genome():
    interval = Interval("chr7", 1_000, 1_080, "-")
    state = unedited("A" * 80).apply(Edit(10, 10, "CCC"))
    assert stretch_on(state, interval, 0, 1) == "chr7:1,080"
    assert stretch_on(state, interval, 8, 15) == "chr7:1,069-1,072"
    assert stretch_on(state, interval, 10, 13) == ""


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("seed", range(6))
def test_a_place_in_a_file_holds_every_base_that_came_from_the_genome(strand, seed):
    interval = Interval("chr7", 100, 180, strand)
    state = scribble(of(interval), seed)
    known = [coordinate(state, interval, at) for at in range(len(state.sequence))]
    known = [one for one in known if one is not None]
    match = re.fullmatch(r"chr7:(\d+)-(\d+)\(([+-])\)", place_on(state, interval))
    assert (int(match[1]), int(match[2]), match[3]) == (min(known), max(known), strand)


def test_a_place_of_one_base_and_of_none():
    interval = Interval("chr7", 1_000, 1_080, "-")
    state = unedited("A" * 80).apply(Edit(10, 10, "CCC"))
    assert place_on(state, interval, 0, 1) == "chr7:1080(-)"
    assert place_on(state, interval, 8, 15) == "chr7:1069-1072(-)"
    assert place_on(state, interval, 10, 13) == ""


def whole(state):
    return state.apply(flip(state.sequence, 0, len(state.sequence)))


@pytest.mark.parametrize(("strand", "other"), ["+-", "-+"])
def test_a_sequence_turned_round_lies_on_the_other_strand(strand, other):
    interval = Interval("chr7", 100, 180, strand)
    start = unedited(of(interval))
    turned = whole(start)
    for state in (turned, edited(start.original, describe(turned)), whole(whole(turned))):
        assert place_on(state, interval) == f"chr7:101-180({other})"
        # its first base is the complement of the last one given
        first = 180 if strand == "+" else 101
        assert place_on(state, interval, 0, 1) == f"chr7:{first}({other})"
    assert place_on(whole(turned), interval) == f"chr7:101-180({strand})"
    assert re.fullmatch(r"\d+_\d+inv", describe(turned))
    assert re.fullmatch(r"chr7:g\.1\d\d_1\d\dinv", describe_on(turned, interval))


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_place_is_that_of_the_letters_when_edits_come_before_or_after_the_turn(strand):
    interval = Interval("chr7", 100, 180, strand)
    cut, put, other = Edit(0, 6, ""), Edit(40, 40, "ACGTTG"), Edit(30, 35, "TTTTT")
    found = 0
    for edits in ([cut], [put], [other], [cut, other], [cut, put]):
        for before in range(len(edits) + 1):
            state = unedited(of(interval))
            for edit in edits[:before]:
                state = state.apply(edit)
            state = whole(state)
            for edit in edits[before:]:
                state = state.apply(edit)
            said = place_on(state, interval)
            if said:
                found += 1
                match = re.fullmatch(r"chr7:(\d+)-(\d+)\(([+-])\)", said)
                assert match[3] != strand
                stretch = of(Interval("chr7", int(match[1]) - 1, int(match[2]), match[3]))
                assert stretch[:20] == state.sequence[:20] and stretch[-20:] == state.sequence[-20:]
    assert found >= 8  # none where bases came in or went before and after, or letters changed too


def test_a_stretch_turned_round_leaves_the_strand_and_letters_of_neither_have_no_place():
    interval = Interval("chr7", 100, 180)
    state = unedited(of(interval))
    assert place_on(state.apply(flip(state.sequence, 10, 40)), interval) == "chr7:101-180(+)"
    assert place_on(state.apply(shuffle(state.sequence, 0, 80)), interval) == ""
    # cut, turned round and cut again: nobody knows any more which base is which
    twice = whole(state.apply(Edit(3, 9, ""))).apply(Edit(20, 26, ""))
    assert place_on(twice, interval) == ""
