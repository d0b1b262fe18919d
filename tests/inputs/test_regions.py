"""Typed regions, BED, windows and their letters, against brute force and pysam."""

import gzip
from dataclasses import replace

import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import (
    APP_LIMITS,
    CLI_LIMITS,
    Limits,
    NamedInterval,
    bed,
    centred,
    extract,
    format_bed,
    format_region,
    intervals,
    open_genome,
    parse_region,
    parse_regions,
    read_bed,
)
from gexp_core.inputs.genome import MemoryGenome
from gexp_core.inputs.regions import EXTRACT_KINDS, REGION_KINDS
from gexp_core.types import Interval
from tests.inputs.test_genome import minus, write

QUICK = settings(deadline=None, database=None, derandomize=True, max_examples=150)

CHROMS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.*:]{0,11}", fullmatch=True)
INTERVALS = st.builds(
    lambda chrom, start, size, strand: Interval(chrom, start, start + size, strand),
    CHROMS,
    st.integers(0, 250_000_000),
    st.integers(1, 1_000_000),
    st.sampled_from("+-"),
)
TEXT = "".join("ACGT"[i * i * 31 % 11 % 4] for i in range(400))


@pytest.fixture
def genome():
    return MemoryGenome("mine", {"chr1": TEXT[:300], "chr2": TEXT[300:].lower(), "tiny": "ACGTT"})


# --- typed


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("chr19:11,089,262-11,089,362", ("chr19", 11_089_261, 11_089_362, "+")),
        ("chr8:140300616", ("chr8", 140_300_615, 140_300_616, "+")),
        ("chr8:140,300,616:-", ("chr8", 140_300_615, 140_300_616, "-")),
        (" 1:5-9(-) ", ("1", 4, 9, "-")),
        ("1:5-9:+", ("1", 4, 9, "+")),
        ("1:5-9:1", ("1", 4, 9, "+")),
        ("1:5-9:+1", ("1", 4, 9, "+")),
        ("1:5-9:-1", ("1", 4, 9, "-")),
        ("1:5-9:\u22121", ("1", 4, 9, "-")),
        ("chr1:5:1", ("chr1:5", 0, 1, "+")),
        ("1:5-9:1-2", ("1:5-9", 0, 2, "+")),
        ("1:5-9:12", ("1:5-9", 11, 12, "+")),
        ("X:5..9", ("X", 4, 9, "+")),
        ("chrX : 5 - 9", ("chrX", 4, 9, "+")),
        ("chrX:5–9", ("chrX", 4, 9, "+")),
        ("chrX:5\u22129", ("chrX", 4, 9, "+")),
        ("chr1:1 000-2 000", ("chr1", 999, 2_000, "+")),
        ("HLA-A*01:01:5-9:-", ("HLA-A*01:01", 4, 9, "-")),
        ("NC_000001.11:7-7", ("NC_000001.11", 6, 7, "+")),
    ],
)
def test_typed_regions(text, want):
    assert parse_region(text) == Interval(*want)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("chr1:9-5", "ends before it begins; write chr1:5-9"),
        ("chr1:0-5", "typed positions count from 1"),
        ("chr1", "is not a region; write it like chr19:"),
        ("", "is not a region"),
        ("chr1:a-b", "is not a region"),
        ("chr1:-5-9", "is not a region"),
        ("chr1:1.5-9", "is not a region"),
        ("chr1:1,23-400", "'1,23', which is not a whole number"),
        ("chr1:" + "9" * 30, "not a whole number"),
        ("chr1:" + "9" * 13, "not a whole number of up to 12 digits"),
        ("chr1:99999999999999999900-99999999999999999999", "not a whole number"),
        ("chr1:٣-9", "not a region"),
        ("chr1:5-9:*", "not a region"),
        ("chr1:100 200", "a blank between digits, which may be one number or two; write START-END"),
        ("chr1:5-9 100", "a blank between digits"),
        ("chr1:1 000 000", "a blank between digits"),
        ("chr1:1,000 000-2,000 000", "is not a whole number"),
        ("chr8:140,300,616 140,300,716", "is not a region"),
        ("chr1:5-9 peak:7", "is not a region"),
        ("a" * 100_000 + ":", "not a region"),
        (":" * 100_000, "not a region"),
    ],
)
def test_what_is_no_region_gets_a_sentence(text, says):
    with pytest.raises(InputError, match=says) as caught:
        parse_region(text)
    assert len(str(caught.value)) < 300


def test_a_region_takes_the_genomes_name_and_must_lie_inside(genome):
    assert parse_region("1:5-9", genome) == Interval("chr1", 4, 9)
    with pytest.raises(InputError, match="has no contig 'chr3'"):
        parse_region("chr3:5-9", genome)
    assert parse_region("chr1:300", genome) == Interval("chr1", 299, 300)
    with pytest.raises(InputError, match=r"chr1:301-301 \(1-based\).*has 300 bases"):
        parse_region("chr1:301", genome)


@QUICK
@given(INTERVALS)
def test_typed_to_bed_to_typed_is_the_identity(interval):
    typed = format_region(interval)
    assert parse_region(typed) == interval
    ((named,), _, _) = read_bed(format_bed(interval, "x").encode())
    assert named == NamedInterval("x", interval)
    assert format_region(named.interval) == typed
    ((again,), _, _) = parse_regions(format_bed(parse_region(typed)))
    assert again.interval == interval


# --- lists


BED = b"""browser position chr1:1-100
track name="mine" db=hg19 color=1,2,3
# a comment
chr1\t10\t20\tfirst\t0\t-\r
chr1 30 40\r
\r
chr2\t5\t9\tfirst\t7.5\t.\t5\t9\t0\t1\t4\t0
chr2\t9\t5\tswapped
chr2\t5\t5
chr2\t-1\t5
chr2\tfive\t9
chr2\t5
chr2\t5\t9\tx\t0\tplus
chr2\t1\t2\t3\t4\t+\t6\t7\t8\t9\t10\t11\t12
"""


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_bed_file_with_everything(pack):
    intervals, changes, rejected = read_bed(pack(BED), filename="x.bed")
    assert intervals == (
        NamedInterval("first", Interval("chr1", 10, 20, "-")),
        NamedInterval("chr1:31-40", Interval("chr1", 30, 40)),
        NamedInterval("first_2", Interval("chr2", 5, 9)),
    )
    assert {change.kind: change.count for change in changes} == {
        "header": 3,
        "strand": 2,
        "columns": 1,
        "name repeated": 1,
        "build named": 1,
    }
    assert {change.kind for change in changes} < set(REGION_KINDS)
    lines = [(rejection.record, rejection.text) for rejection in rejected]
    assert [line for line, _ in lines] == [f"line {n}" for n in range(8, 15)]
    says = ["swap them", "empty", "negative", "whole number", "2 columns", "strand", "13 columns"]
    assert all(word in text for word, (_, text) in zip(says, lines, strict=True))


def test_column_names_are_a_header():
    intervals, changes, rejected = read_bed(b"chrom\tstart\tend\nchr1\t0\t5\n")
    assert (len(intervals), rejected) == (1, ())
    assert changes[0].kind == "header"
    with pytest.raises(InputError, match="line 1: the start 'x1'"):
        read_bed(b"chrom\tx1\tend\n")


def test_names_stay_unique_whatever_they_are():
    lines = [f"chr1\t{i}\t{i + 1}\t{name}" for i, name in enumerate(["a_2", "a", "a", "a", "."])]
    lines.append("chr1\t4\t5")
    intervals, _, _ = read_bed("\n".join(lines).encode())
    assert [one.name for one in intervals] == ["a_2", "a", "a_3", "a_4", "chr1:5-5", "chr1:5-5_2"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"##fileformat=VCFv4.2\n", "looks like a VCF file"),
        (b'chr1\tx\tgene\t5\t9\t.\t+\t.\tgene_id "a"\n', "looks like GFF or GTF"),
        (b">seq\nACGT\n", "looks like FASTA"),
        (b"", "holds no region"),
        (b"track name=x\n", "holds no region"),
        (b"\x89PNG....", "PNG image"),
        (b"chr1\t5\n", "2 columns"),
    ],
)
def test_files_that_are_no_bed(data, says):
    with pytest.raises(InputError, match=says):
        read_bed(data)


def test_lists_are_bounded():
    tiny = Limits(100, 200, 3, 10, 20)
    with pytest.raises(LimitError, match="more than 3 regions"):
        read_bed(b"c 1 2\n" * 4, limits=tiny)
    with pytest.raises(LimitError, match="larger than"):
        read_bed(b"c 1 2\n" * 40, limits=tiny)
    with pytest.raises(LimitError, match="larger than"):
        parse_regions("c:1-2\n" * 40, limits=tiny)


def test_lines_left_out_are_counted_and_not_all_kept():
    lines = ["chr1\t1\t9"] + ["x"] * 5_000
    kept, _, left = read_bed("\n".join(lines).encode())
    assert len(kept) == 1 and len(left) == 1_001
    assert left[0].record == "line 2" and left[-1].text == "4,000 more lines were left out"


def test_lines_that_give_no_region_are_bounded():
    few = replace(APP_LIMITS, max_records=3)
    good, bad = b"chr1\t1\t9\n", b"a\n"
    _, _, left = read_bed(good + bad * 150, limits=few)
    assert len(left) == 150
    with pytest.raises(LimitError, match="more than 150 lines of 'x' cannot be used"):
        read_bed(good + bad * 151, filename="x", limits=few)
    with pytest.raises(LimitError, match="more than 150 lines of pasted text cannot be used"):
        parse_regions("chr1:1-9\n" + "a\n" * 151, limits=few)
    for nothing in (b"\n", b"#\n", b"track\n"):
        assert len(read_bed(good + nothing * 1_499, limits=few)[0]) == 1
        with pytest.raises(LimitError, match="more than 1,500 lines, the most that are looked at"):
            read_bed(good + nothing * 1_500, limits=few)
    assert (APP_LIMITS.max_lines, APP_LIMITS.max_refused) == (1_000_000, 100_000)


def test_a_chromosome_has_a_name_of_bounded_length():
    kept, _, refused = read_bed(f"{'c' * 100}\t1\t2\n{'c' * 101}\t1\t2\n".encode())
    assert len(kept) == 1
    assert "has a name of 101 characters, at most 100 are read" in refused[0].text


def test_what_is_wrong_with_a_named_region_is_said():
    for text, said in (("chr1:9-5 d", "ends before it begins"), ("chr1:0-5\td", "count from 1")):
        with pytest.raises(InputError, match=said):
            parse_regions(text)


def test_an_annotation_is_known_by_its_first_line_whatever_comments_it_has():
    line = b'chr1\tHAVANA\tgene\t11869\t14409\t.\t+\t.\tgene_id "G1";\n'
    with pytest.raises(InputError, match="looks like GFF or GTF"):
        read_bed(b"##description: evidence-based annotation\n\n# more\n" + line)


def test_pasted_lines_may_be_typed_or_bed():
    text = "1:11-20 my name\nchr1\t10\t20\tb\nchr1:5\r\nchr1:7:-\tminus\nnonsense here\n"
    intervals, changes, (left,) = parse_regions(text)
    assert intervals == (
        NamedInterval("my_name", Interval("1", 10, 20)),
        NamedInterval("b", Interval("chr1", 10, 20)),
        NamedInterval("chr1:5-5", Interval("chr1", 4, 5)),
        NamedInterval("minus", Interval("chr1", 6, 7, "-")),
    )
    assert {"bed line", "strand"} == {change.kind for change in changes}
    assert left.text.startswith("line 5: 'nonsense here' is not a region")


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ("chr1:1000-2000 -", ("chr1:1000-2000:-", 999, 2_000, "-")),
        ("chr1:1000-2000\t-", ("chr1:1000-2000:-", 999, 2_000, "-")),
        ("chr1:1000-2000 +", ("chr1:1000-2000", 999, 2_000, "+")),
        ("chr1:1,000-2,000 \u2212", ("chr1:1000-2000:-", 999, 2_000, "-")),
        ("chr1:1000 -", ("chr1:1000-1000:-", 999, 1_000, "-")),
        ("chr1:1000-2000\tmy peak\t-", ("my_peak", 999, 2_000, "-")),
        ("chr1:1000-2000 - my peak", ("my_peak", 999, 2_000, "-")),
        ("chr1:1000-2000 (-) x", ("x", 999, 2_000, "-")),
        ("chr1 : 1000 - 2000 x", ("x", 999, 2_000, "+")),
        ("chr1:1 000-2 000 x", ("x", 999, 2_000, "+")),
        ("chr1:5-9 peak:7", ("peak:7", 4, 9, "+")),
        ("chr1:5-9 .", ("chr1:5-9", 4, 9, "+")),
        ("chr1:5-9 5'UTR", ("5'UTR", 4, 9, "+")),
        ("chr1:5-9 5' end", ("5'_end", 4, 9, "+")),
        ("chr1:1000-2000 + 3'UTR", ("3'UTR", 999, 2_000, "+")),
        ("chr1:5 5-HTT -", ("5-HTT", 4, 5, "-")),
        ("chr1:5-9 6-mer", ("6-mer", 4, 9, "+")),
        ("chr1:1000-2000 100%", ("100%", 999, 2_000, "+")),
        ("chr1:5-9 (1)", ("(1)", 4, 9, "+")),
        ("chr1:5-9:-1 mine", ("mine", 4, 9, "-")),
        ("chr1\t999\t2000\tmine\t0\t\u2212", ("mine", 999, 2_000, "-")),
        ("chr1 999 2000 -", ("chr1:1000-2000:-", 999, 2_000, "-")),
        ("chr1\t999\t2000\tmine\t\u2212", ("mine", 999, 2_000, "-")),
        ("chr1\t999\t2000\t+", ("chr1:1000-2000", 999, 2_000, "+")),
    ],
)
def test_a_lone_sign_is_the_strand_and_never_the_name(line, want):
    ((made,), changes, rejected) = parse_regions(line)
    at = made.interval
    assert (made.name, at.start, at.end, at.strand) == want and at.chrom == "chr1"
    kinds = {change.kind for change in changes}
    column = {"strand column"} if len(line.split()) < 6 else set()
    assert kinds == ({"bed line"} | column if "999" in line else set()) and not rejected


@pytest.mark.parametrize(
    "line",
    [
        "chr8:140,300,616 140,300,716",
        "chr1:1000 2000",
        "chr1:1000\t2000",
        "chr1:1000 2000:-",
        "chr1:1000 2000:-1",
        "chr1:1000 2000:1",
        "chr1:1000 2000(-)",
        "chr1:1000 2000, mine",
        "chr1:1000 2'000",
        "chr1:1000 20,00",
        "chr1:1000 2000-3000",
        "chr1:1000 2000..3000",
        "chr8:140300616 to 140300716",
        "chr1:1000 to2000",
        "chr1:1000 -- 2000",
        "chr1:100 200",
        "chr1:5-9 100",
        "chr1:100-200 3000",
    ],
)
def test_a_number_behind_a_region_is_never_its_name(line):
    with pytest.raises(InputError, match=r"write START-END.* like chr19:11,089,262-11,089,362"):
        parse_regions(line)


def test_two_strands_are_refused():
    for line in ("chr1:5-9:- +", "chr1:5-9(-) x -", "chr1:5-9:1 x -"):
        with pytest.raises(InputError, match="names a strand twice; write it once"):
            parse_regions(line)


def test_refused_lines_are_looked_at_once(monkeypatch):
    looked = []
    for module in (bed, intervals):
        for name in ("parse_region", "is_region"):
            if real := getattr(module, name, None):
                counted = lambda text, real=real: looked.append(1) or real(text)  # noqa: E731
                monkeypatch.setattr(module, name, counted)
    lines = ["chr1:5-9", "a b c d e f g h i j k l m n" + " :" * 100, "1:" + "1 1" * 90 + "x"]
    lines += [":" * 299, "1:" * 149, "1:" + "1" * 290 + " x", "1:1-" + "1 111" * 60]
    _, _, refused = parse_regions("\n".join(lines))
    assert len(refused) == len(lines) - 1 and len(looked) <= len(lines)


# --- windows


def window_by_hand(start, end, length, room):
    """Slide a window along the contig; keep the one whose middle is nearest to the wanted one."""
    middle = (start + end) // 2
    places = range(room - length + 1)
    return min(places, key=lambda place: abs(place + length // 2 - middle))


@QUICK
@given(
    room=st.integers(1, 60),
    length=st.integers(1, 60),
    strand=st.sampled_from("+-"),
    data=st.data(),
)
def test_windows_are_shifted_never_shortened(room, length, strand, data):
    start = data.draw(st.integers(0, room - 1))
    end = data.draw(st.integers(start + 1, room))
    genome = MemoryGenome("g", {"chr1": TEXT[:room]})
    given = Interval("1", start, end, strand)
    if length > room:
        with pytest.raises(InputError, match=f"has {room} bases, fewer than the window"):
            centred(given, length, genome)
        return
    made = centred(given, length, genome)
    place = window_by_hand(start, end, length, room)
    assert made == Interval("chr1", place, place + length, strand)


@QUICK
@given(
    start=st.integers(0, 299),
    size=st.integers(1, 40),
    length=st.none() | st.integers(1, 120),
    data=st.data(),
)
def test_the_minus_strand_is_the_reverse_complement_of_the_plus_strand(start, size, length, data):
    genome = MemoryGenome("mine", {"chr1": TEXT})
    both = tuple(
        NamedInterval(strand, Interval("chr1", start, start + size, strand)) for strand in "+-"
    )
    check = extract(genome, both, length)
    assert minus(check.sequences["+"]) == check.sequences["-"]
    assert len(check.sequences["+"]) == (length or size)
    origin = check.sequences.origins[1]
    assert origin.interval.strand == "-"
    assert any("reverse complement" in edit for edit in origin.edits)
    assert (
        genome.fetch("chr1", origin.interval.start, origin.interval.end) == (check.sequences["+"])
    )


def test_windows_agree_with_pysam(tmp_path):
    path = write(tmp_path / "g.fa", {"chr1": TEXT[:300], "chr2": TEXT[300:]}, 17)
    genome = open_genome(path)
    bed = "".join(
        f"{chrom}\t{start}\t{start + 9}\t{chrom}_{start}\t0\t{'+-'[start % 2]}\n"
        for chrom, size in (("1", 300), ("chr2", 100))
        for start in range(0, size - 9)
    )
    check = extract(genome, read_bed(bed.encode())[0], 30, limits=CLI_LIMITS)
    with pysam.FastaFile(str(path)) as theirs:
        for text, origin in zip(check.sequences.sequences, check.sequences.origins, strict=True):
            at = origin.interval
            want = theirs.fetch(at.chrom, at.start, at.end)
            assert text == (want if at.strand == "+" else minus(want))


def test_everything_done_is_said_and_counted(genome):
    asked = (
        NamedInterval("a", Interval("1", 2, 6), ("promoter of A",)),
        NamedInterval("b", Interval("chr2", 90, 100, "-")),
        NamedInterval("c", Interval("chr1", 100, 160)),
        NamedInterval("far", Interval("chr1", 290, 301)),
        NamedInterval("short", Interval("tiny", 1, 2)),
    )
    check = extract(genome, asked, 20)
    assert check.sequences.names == ("a", "b", "c")
    a, b, c = check.sequences.origins
    assert a.interval == Interval("chr1", 0, 20)
    assert a.source == "mine chr1:1-20"
    assert a.edits == (
        "promoter of A",
        "'1' is 'chr1' in this genome",
        "4 bp centred in a window of 20 bp with its real flanks (2 bp before and 14 bp after it "
        "on the plus strand)",
        "window shifted 6 bp to the right, because the start of the contig is near",
    )
    assert b.interval == Interval("chr2", 80, 100, "-")
    assert "window shifted 5 bp to the left, because the end of the contig is near" in b.edits
    assert "20 soft-masked (lower-case) bases read like all others" in b.edits
    assert c.edits == ("60 bp cut to the 20 bp in its middle",)
    assert c.interval == Interval("chr1", 120, 140)
    assert {change.kind for change in check.changes} < set(EXTRACT_KINDS)
    far, short = check.rejected
    assert "reaches beyond the end of chr1" in far.text
    assert "tiny has 5 bases, fewer than the window of 20" in short.text


def test_n_and_codes_are_counted_and_gaps_left_out():
    genome = MemoryGenome("g", {"c": "ACGTNNRYac", "gap": "NNNN"})
    check = extract(
        genome,
        (
            NamedInterval("a", Interval("c", 0, 10)),
            NamedInterval("gap", Interval("gap", 0, 4)),
        ),
    )
    counts = {change.kind: change.count for change in check.changes}
    assert counts == {"lower case": 2, "IUPAC to N": 2, "N": 2}
    assert check.sequences["a"] == "ACGTNNNNAC"
    assert "holds only N" in check.rejected[0].text


def test_nothing_that_can_be_read_is_an_error(genome):
    with pytest.raises(InputError, match="'x': the genome 'mine' has no contig 'chr9'"):
        extract(genome, [NamedInterval("x", Interval("chr9", 0, 4))])
    with pytest.raises(InputError, match="no region was given"):
        extract(genome, [])


def test_extraction_is_bounded(genome):
    tiny = Limits(10, 10, 2, 50, 60)
    one = NamedInterval("a", Interval("chr1", 0, 40))
    two = NamedInterval("b", Interval("chr1", 40, 80))
    long = NamedInterval("c", Interval("chr1", 0, 51))
    with pytest.raises(LimitError, match="3 regions, more than the 2"):
        extract(genome, [one, two, long], limits=tiny)
    with pytest.raises(LimitError, match="more than 60 bases in all"):
        extract(genome, [one, two], limits=tiny)
    check = extract(genome, [long, one], limits=tiny)
    assert "51 bases are more than the 50" in check.rejected[0].text
