"""Coordinates of edited bases: on both strands, against edits made on the genome itself."""

import re

import numpy as np
import pytest

from gexp_core.edits.notation import edited, read_edits
from gexp_core.edits.reference import coordinate, describe_on, place_on, stretch_on
from gexp_core.edits.state import Edit, History, unedited
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
