"""What a genome view draws, against the genome's own letters and values laid out base by base."""

import numpy as np
import pytest

from gexp_core.errors import InputError
from gexp_core.export.genome_tracks import Piece, attribution_pieces, mutagenesis_pieces
from gexp_core.export.genome_view import (
    on_contig,
    plus_letters,
    reference,
    strongest,
    strongest_pieces,
)
from gexp_core.inputs import NamedInterval, extract
from gexp_core.inputs.genome import memory_genome
from gexp_core.types import (
    Attribution,
    Interval,
    Mutagenesis,
    Origin,
    Provenance,
    SequenceSet,
    Target,
)
from tests.inputs.example_genome import contigs

GENOME = {name: text.upper() for name, text in contigs().items()}
COMPLEMENT = dict(zip("ACGTN", "TGCAN", strict=True))
WHAT = {"target": Target(), "units": "u", "provenance": Provenance("", "", "", {})}
ONE = np.zeros(1, np.float32)


def placed(text, place):
    return SequenceSet(("a",), (text,), (Origin("", place),))


def per_base(made):
    """Every base of the runs: {place: value}."""
    rows = zip(made.start.tolist(), made.end.tolist(), made.value.tolist(), strict=True)
    return {at: value for start, end, value in rows for at in range(start, end)}


def credit(text, values):
    attr = np.zeros((4, len(text)), np.float32)
    attr[["ACGT".index(letter) for letter in text], range(len(text))] = values
    return Attribution(
        ("a",), (text,), (attr,), ONE, ONE, ONE, method="m", baseline="zeros", **WHAT
    )


@pytest.mark.parametrize("strand", ["+", "-"])
def test_letters_and_scores_stand_on_their_own_base(strand):
    """A score is planted at each base that follows from the genome alone: 1 at A, 2 at C..."""
    genome = memory_genome(SequenceSet(tuple(GENOME), tuple(GENOME.values())), "meadow")
    where = Interval("chr1", 2_900, 3_020, strand)
    (text,) = extract(genome, [NamedInterval("a", where)]).sequences.sequences
    values = [float("ACGT".index(letter) + 1) for letter in text]
    made = on_contig(attribution_pieces(credit(text, values), placed(text, where)), "chr1")
    wanted = {}
    for at in range(where.start, where.end):
        letter = GENOME["chr1"][at]
        read = letter if strand == "+" else COMPLEMENT[letter]
        wanted[at] = float("ACGT".index(read) + 1)
    assert per_base(made) == wanted
    assert plus_letters(text, where) == GENOME["chr1"][where.start : where.end]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_changes_of_a_part_stand_on_their_own_base(strand):
    where, text = Interval("chr2", 100, 110, strand), "ACGTACGTAC"
    effect = np.zeros((4, 3), np.float32)
    # of the bases 2, 3 and 4 as they were read, G T A
    effect[:, 0], effect[:, 1], effect[:, 2] = (1, -5, 0, 2), (3, 3, -3, 0), (0, 0, 0, 0.5)
    made = Mutagenesis(("a",), (text,), (effect,), ((2, 5),), ONE, **WHAT)
    found = per_base(on_contig(strongest_pieces(made, placed(text, where)), "chr2"))
    mean = per_base(on_contig(mutagenesis_pieces(made, placed(text, where)), "chr2"))
    on = (102, 103, 104) if strand == "+" else (107, 106, 105)  # the tenth read is base 100
    assert found == {on[0]: -5.0, on[1]: 3.0, on[2]: 0.5}
    # a third of float32's last bit
    assert mean == pytest.approx({on[0]: 2 / 3, on[1]: -1, on[2]: -0.5 / 3}, rel=1e-6)


def test_the_strongest_keeps_its_sign():
    rng = np.random.default_rng(3)
    effect = rng.normal(size=(4, 50)).astype(np.float32)
    wanted = [max(column.tolist(), key=abs) for column in effect.T]
    assert strongest(effect).tolist() == wanted


def test_other_contigs_and_missing_values_are_left_out():
    here = Piece(Interval("chr1", 5, 7), np.array([np.nan, 2], np.float32))
    there = Piece(Interval("chr2", 5, 7), np.array([7, 7], np.float32))
    assert per_base(on_contig([here, there], "chr1")) == {6: 2.0}
    assert on_contig([there], "chr1") is None
    nothing = Piece(Interval("chr1", 5, 6), np.array([np.nan], np.float32))
    assert on_contig([nothing], "chr1") is None


def test_letters_that_do_not_fit_their_place_are_refused():
    with pytest.raises(InputError, match=r"9 letters do not fit chr1:0-10 .*has 10 bases"):
        plus_letters("ACGTACGTA", Interval("chr1", 0, 10))


@pytest.mark.parametrize("length", [0, 14_000])
def test_the_reference_says_where_its_letters_lie(length):
    letters = GENOME["chr1"][700:760]
    head, body, rest = reference(letters, "chr1", 700, length).decode().split("\n")
    assert (body, rest) == (letters, "")
    place, size = head[1:].split(" ")
    chrom, ends = place.split(":")
    first, last = map(int, ends.split("-"))  # 1-based, both ends included
    assert GENOME[chrom][first - 1 : last] == letters
    assert size == f"@len={max(length, 760)}"  # a contig ends with its last letter at least
