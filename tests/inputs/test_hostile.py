"""Inputs made to cost far more than their size: each is read, or refused, within a bound."""

import tracemalloc
from contextlib import contextmanager
from dataclasses import replace

import pytest

from gexp_core.errors import InputError, LimitError
from gexp_core.evaluate.activities import read_activities
from gexp_core.evaluate.measured import read_measured
from gexp_core.inputs import APP_LIMITS, letters
from gexp_core.inputs.bed import parse_regions, read_bed
from gexp_core.inputs.fasta import Record
from gexp_core.inputs.genes import read_genes
from gexp_core.inputs.genome import MemoryGenome
from gexp_core.inputs.limits import LONGEST_LINE
from gexp_core.inputs.names import MAX_NAME
from gexp_core.inputs.read import read_bytes
from gexp_core.inputs.remote import BLOCK, MOST_BLOCKS, FetchedGenome, missing_blocks
from gexp_core.inputs.typed import parse_variant
from gexp_core.inputs.vcf import read_variants, read_vcf
from gexp_core.types import Interval

LONG = "a\t" * (LONGEST_LINE // 2 + 1)


@contextmanager
def at_most(bound):
    """Fail where more than ``bound`` bytes are taken at any time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < bound
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("read", "before"),
    [
        (read_bed, b"chr1\t5\t9\n"),
        (lambda data: parse_regions(data.decode()), b"chr1:5-9\n"),
        (read_genes, b'c\tx\ttranscript\t5\t9\t.\t+\t.\tgene_id "g"; transcript_id "t"\n'),
        (read_genes, b"1\tt\tc\t+\t5\t9\t5\t9\t1\t5,\t9,\t0\tg\n"),
    ],
)
def test_a_line_that_is_too_long_is_one_sentence_with_its_number(read, before):
    said = r"line 3 of .* has 1,000,002 characters, more than the 1,000,000 that are read in one"
    with at_most(12 * len(LONG)), pytest.raises(LimitError, match=said):
        read(before + b"\n" + LONG.encode())


def test_a_typed_variant_that_is_too_long_is_one_sentence():
    with at_most(len(LONG)), pytest.raises(InputError, match="1,000,002 characters, more than"):
        parse_variant(LONG)


def test_contigs_that_are_not_there_are_compared_a_hundred_times_at_most(monkeypatch):
    compared = []
    monkeypatch.setattr(MemoryGenome, "_nearest", lambda self, one: compared.append(one) or "no")
    lines = "chr1-5-A-C\n" + "".join(f"other{i}:g.5del\n" for i in range(300))
    read = read_variants(lines.encode(), genome=MemoryGenome("one", {"chr1": "ACGT" * 9}))
    assert len(compared) == 100 and len(read.rejections) == 300
    assert "no contig 'other299'" in read.rejections[-1].text


def test_lines_that_are_no_variant_are_bounded():
    few = replace(APP_LIMITS, max_records=2, lines_each=100)
    assert len(read_variants(b"1-5-A-C\n" + b"x\n" * 20, limits=few).rejections) == 20
    with pytest.raises(LimitError, match="more than 20 lines"):
        read_variants(b"1-5-A-C\n" + b"x\n" * 21, limits=few)


def test_blocks_of_a_gvcf_do_not_count_as_lines_that_are_none():
    few = replace(APP_LIMITS, max_records=2, lines_each=100)
    blocks = b"".join(b"chr1\t%d\t.\tA\t<NON_REF>\n" % n for n in range(1, 31))
    read = read_variants(b"chr1\t5\t.\tA\tC\n" + blocks + b"chr1\t1", limits=few)
    assert len(read.variants) == 1 and len(read.rejections) == 31


def test_a_name_that_goes_on_and_on_is_not_looked_through():
    with pytest.raises(InputError, match="not read as a variant"):
        parse_variant("1-" * 10_000)
    assert parse_variant("c" * MAX_NAME + "-5-A-C").chrom == "c" * MAX_NAME
    with pytest.raises(InputError):
        parse_variant("c" * (MAX_NAME + 1) + "-5-A-C")


def test_a_cohort_of_many_samples_is_read_at_the_cost_of_its_letters():
    samples = "\t".join(f"s{i}" for i in range(400_000))
    text = f"##contig=<{'a=,' * 900_000}>\n"
    text += f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{samples}\n"
    text += "chr1\t5\t.\tA\tC\t.\t.\t.\tGT" + "\t0/1" * 400_000 + "\n"
    with at_most(6 * len(text)):
        read = read_vcf(text.encode())
    assert [str(one) for one in read.variants] == ["chr1:5 A>C"]


@pytest.mark.parametrize("mark", ["\t", ",", " "])
def test_cells_that_nobody_asks_for_are_not_kept(mark):
    row = mark.join(["1", "A", "C", "0.5", *["abc"] * 2_000]) + "\n"
    table = (mark.join(["position", "ref", "alt", "effect"]) + "\n" + row * 500).encode()
    with at_most(6 * len(table)):
        measured = read_measured(table, "ACGT")
    assert measured.effect.tolist() == [0.5]
    own = mark.join(["ACGTACGT", "0.5", *["abc"] * 2_000]) + "\n"
    with at_most(6 * len(own) * 500):
        assert len(read_activities((own * 500).encode()).value) == 500


def test_the_length_of_a_record_is_told_before_its_letters_are_looked_at():
    body = "AC-GTx9 \u2003\n" * 1_000_000
    with at_most(len(body) // 10):
        made = letters.clean(Record(1, "r", body, 0, 2), "r", APP_LIMITS)
    assert "'r' has 5,000,000 letters, more than the 200,000 that are read" in made.refused


def test_long_lines_and_gaps_of_a_record_do_not_count_as_its_letters():
    bases = "ACGT" * 50_000
    gapped = "".join(f"{bases[i : i + 10]}--- \n" for i in range(0, len(bases), 10))
    for text in (bases, gapped, "-" * 1_500_000 + bases):
        assert read_bytes(f">r\n{text}\n".encode()).sequences.sequences == (bases,)


def listed(genome, wanted):
    """Every missing block, found the long way."""
    found = {}
    for one in wanted:
        for number in range(one.start // BLOCK, (one.end - 1) // BLOCK + 1):
            found[one.chrom.removeprefix("chr"), number] = None
    return set(found) - set(genome.blocks)


def test_missing_blocks_are_those_of_all_intervals_each_once():
    genome = FetchedGenome("ucsc", "GRCh38", {("1", 3): "A" * BLOCK, ("2", 0): "A" * BLOCK})
    places = [
        (1, 25_000, 61_000),
        (2, 0, 10_000),
        (1, 0, 1),
        (1, 30_000, 45_000),
        (3, 9_999, 10_001),
    ]
    wanted = [Interval(f"chr{chrom}", start, end) for chrom, start, end in places]
    missing = genome.missing(wanted)
    assert set(missing) == listed(genome, wanted) and len(missing) == len(set(missing))
    assert genome.missing(wanted, 2) == missing[:2] and genome.missing(wanted[1:2], 1) == ()


def test_whole_chromosomes_are_not_listed_block_by_block():
    genome = FetchedGenome("ucsc", "GRCh38")
    wanted = [Interval("chr1", start, 248_956_422) for start in range(2_000)]
    with at_most(2_000_000):
        assert len(genome.missing(wanted, 1)) == 1
        with pytest.raises(LimitError, match="need more than 5,000,000 bases that are not here"):
            missing_blocks(genome, wanted)
    assert len(missing_blocks(genome, [Interval("chr1", 0, MOST_BLOCKS * BLOCK)])) == MOST_BLOCKS
