"""Annotations: on both strands, by either way of naming a contig, and after edits."""

import numpy as np
import pytest

from gexp_core.edits.annotations import Annotation, laid, of_genes, of_intervals
from gexp_core.edits.state import Edit, unedited
from gexp_core.encoding import reverse_complement
from gexp_core.inputs.genes import Genes, Transcript
from gexp_core.inputs.intervals import NamedInterval
from gexp_core.types import Interval
from tests.edits.test_reference import CHROM, of, scribble


def named(name, chrom, start, end, strand="+"):
    return NamedInterval(name, Interval(chrom, start, end, strand))


@pytest.mark.parametrize("strand", ["+", "-"])
def test_an_interval_of_the_genome_has_its_own_letters_on_the_sequence(strand):
    place = Interval("chr7", 100, 180, strand)
    rng = np.random.default_rng(3)
    for _ in range(50):
        start = int(rng.integers(60, 200))
        end, side = start + int(rng.integers(1, 60)), "+-"[int(rng.integers(2))]
        found = of_intervals([named("x", "7", start, end, side)], "seq", 80, place)
        first, last = max(start, 100), min(end, 180)
        if first >= last:
            assert found == ()
            continue
        (one,) = found
        letters = of(place)[one.start : one.end]
        if one.strand == "-":
            letters = reverse_complement(letters)
        piece = CHROM[first:last]
        assert letters == (piece if side == "+" else reverse_complement(piece))


def test_names_of_the_sequence_count_on_its_letters_and_others_are_passed_over():
    lines = [
        named("own", "seq", 5, 9),
        named("beyond", "seq", 30, 50),
        named("outside", "seq", 40, 50),
        named("elsewhere", "chr8", 100, 110),
    ]
    place = Interval("chr7", 100, 140, "-")
    assert of_intervals(lines, "seq", 40, place) == (
        Annotation("own", 5, 9, "+"),
        Annotation("beyond", 30, 40, "+"),
    )
    (one,) = of_intervals(lines[:1], "seq", 40, None, stranded=False)
    assert one.strand == ""


def test_a_gene_reaches_over_its_transcripts_that_lie_there():
    def transcript(id, gene, chrom, start, end, strand="+"):
        return Transcript(id, gene, f"id-{gene}", chrom, start, end, strand)

    genes = Genes(
        [
            transcript("a1", "A", "7", 110, 130),
            transcript("a2", "A", "7", 120, 150),
            transcript("a3", "A", "7", 300, 400),
            transcript("b", "B", "chr7", 90, 105, "-"),
            transcript("c", "C", "chr8", 110, 120),
            transcript("d", "D", "chr7", 180, 190),
        ]
    )
    assert of_genes(genes, Interval("chr7", 100, 180, "-")) == (
        Annotation("A", 30, 70, "-"),
        Annotation("B", 75, 80, "+"),
    )


@pytest.mark.parametrize("seed", range(20))
def test_after_edits_it_reaches_over_its_bases_that_are_left(seed):
    state = scribble(CHROM[:80], seed)
    every = [Annotation(f"{a}-{b}", a, b) for a in range(0, 80, 7) for b in (a + 1, a + 6)]
    every = [one for one in every if one.end <= 80]
    expected = []
    for one in every:
        left = [at for at, place in enumerate(state.places) if one.start <= place < one.end]
        if left:
            expected.append(Annotation(one.name, left[0], left[-1] + 1))
    assert laid(every, state) == tuple(expected)


def test_inserted_bases_inside_belong_to_it_and_at_its_ends_do_not():
    state = unedited("ACGTACGT").apply(Edit(2, 2, "GG")).apply(Edit(0, 0, "TTT"))
    one = Annotation("x", 0, 4)
    assert laid([one], state) == (Annotation("x", 3, 9),)
    assert laid([Annotation("y", 2, 4)], state) == (Annotation("y", 7, 9),)
    gone = unedited("ACGTACGT").apply(Edit(0, 4, ""))
    assert laid([one], gone) == ()
