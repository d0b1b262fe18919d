"""Regions as files: where each sequence is from, read back by counting letters."""

from gexp_core.export.regions import region_bed, region_fasta
from gexp_core.inputs import NamedInterval, extract, read_bed, read_bytes
from gexp_core.inputs.genome import MemoryGenome
from gexp_core.types import Interval, SequenceSet

LETTERS = "ACGTTGCAAC" * 20
GENOME = MemoryGenome("g", {"chr1": LETTERS})
MADE = extract(
    GENOME,
    [
        NamedInterval("a", Interval("chr1", 10, 110)),
        NamedInterval("b", Interval("chr1", 3, 7, "-")),
    ],
).sequences


def test_fasta_says_where_each_sequence_is_from_and_is_read_back():
    data = region_fasta(MADE)
    heads = [row for row in data.decode().splitlines() if row.startswith(">")]
    assert heads == [">a g chr1:11-110", ">b g chr1:4-7:-"]
    again = read_bytes(data, filename="x.fa").sequences
    assert (again.names, again.sequences) == (MADE.names, MADE.sequences)


def test_bed_is_read_back_as_the_same_intervals():
    intervals, changes, rejected = read_bed(region_bed(MADE))
    assert not changes and not rejected
    assert [(one.name, one.interval) for one in intervals] == [
        ("a", Interval("chr1", 10, 110)),
        ("b", Interval("chr1", 3, 7, "-")),
    ]


def test_sequences_from_no_genome_have_no_line():
    assert region_bed(SequenceSet(("x y",), ("ACGT",))) == b""
