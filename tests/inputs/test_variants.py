"""Variants: reading, normal form against brute force, the reference check and its remedies."""

import gzip
import itertools
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import APP_LIMITS, vcf
from gexp_core.inputs.alleles import MAX_MOVED
from gexp_core.inputs.genome import memory_genome
from gexp_core.inputs.variants import (
    MAX_ALLELE,
    RepeatError,
    Variant,
    absent,
    check,
    core,
    diagnose,
    normalise,
    parse_variant,
    read_variants,
    read_variants_path,
    read_vcf,
    repeated,
)
from gexp_core.types import SequenceSet

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def genome_of(**contigs):
    return memory_genome(SequenceSet(tuple(contigs), tuple(contigs.values())), "toy")


def applied(text, variant):
    """The contig with the variant's change made."""
    assert text[variant.start : variant.end] == variant.ref
    return text[: variant.start] + variant.alt + text[variant.end :]


def alleles(read):
    return [(v.chrom, v.pos, v.ref, v.alt, v.id) for v in read.variants]


# normal form --------------------------------------------------------------------------------------


NORMAL = [
    # What `bcftools norm -f` gives for each; worked out by its published algorithm.
    ("GGGCACACACAGGG", (8, "CA", ""), (3, "GCA", "G")),  # one repeat unit of four goes left
    ("GGGCACACACAGGG", (10, "CAG", "G"), (3, "GCA", "G")),
    ("GGGCACACACAGGG", (11, "A", "ACA"), (3, "G", "GCA")),  # insertion at the right end
    ("GATTTTTC", (7, "T", "TT"), (2, "A", "AT")),  # homopolymer
    ("GATTTTTC", (6, "TTC", "TC"), (2, "AT", "A")),
    ("GATTACA", (2, "ATTA", "ATGA"), (4, "T", "G")),  # padded SNV
    ("GATTACA", (2, "ATTA", "AGGA"), (3, "TT", "GG")),  # padded MNV
    ("GATTACA", (2, "AT", "GC"), (2, "AT", "GC")),
    ("GATTACA", (1, "GATTACA", "GATCACA"), (4, "T", "C")),
    ("AAAAGC", (3, "AA", "A"), (1, "AA", "A")),  # reaches the first base: no base before it
    ("AAAAGC", (4, "A", "AA"), (1, "A", "AA")),
    ("ACAGC", (1, "ACA", "A"), (1, "ACA", "A")),
    ("TGC", (1, "T", "GT"), (1, "T", "GT")),  # before the first base
    ("TTGC", (1, "TTG", "TG"), (1, "TT", "T")),
    ("CCGTCCGTA", (5, "CCGTA", "A"), (1, "CCGTC", "C")),  # tandem copy up to the start
    ("GGATCGG", (3, "ATC", "TT"), (3, "ATC", "TT")),  # delins without shared ends
    ("GGATCGG", (2, "GATC", "GTTC"), (3, "A", "T")),
    ("GGATCGG", (3, "ATCG", "TTG"), (3, "ATC", "TT")),
    ("GGATATATCC", (5, "ATATC", "ATC"), (2, "GAT", "G")),
]


@pytest.mark.parametrize(("contig", "given", "wanted"), NORMAL)
def test_the_normal_form_is_that_of_bcftools_norm(contig, given, wanted):
    pos, ref, alt = given
    if not alt:  # written without its anchor: take the base before it
        before = contig[pos - 2]
        pos, ref, alt = pos - 1, before + ref, before
    variant = Variant("c", pos, ref, alt, "name")
    made = normalise(variant, genome_of(c=contig))
    assert (made.pos, made.ref, made.alt) == wanted
    assert made.id == "name"
    assert applied(contig, made) == applied(contig, variant)


@pytest.mark.skipif(shutil.which("bcftools") is None, reason="bcftools is not installed")
def test_bcftools_itself_agrees(tmp_path):
    """The cases above, and random ones of two alternatives, through the tool."""
    rng = np.random.default_rng(1)
    cases = [(contig, given) for contig, given, _ in NORMAL]
    for _ in range(300):
        contig = "".join(rng.choice(list("AC"), 12))
        start = int(rng.integers(1, 11))
        ref = contig[start : start + int(rng.integers(1, 4))]
        alts = {"".join(rng.choice(list("AC"), rng.integers(1, 5))) for _ in range(2)} - {ref}
        cases += [(contig, (start + 1, ref, ",".join(sorted(alts))))] if alts else []
    fasta, header, lines, contigs = "", "##fileformat=VCFv4.2\n", [], {}
    for i, (contig, (pos, ref, alt)) in enumerate(cases):
        if not alt:  # written without its anchor: take the base before it
            pos, ref, alt = pos - 1, contig[pos - 2] + ref, contig[pos - 2]
        name = f"c{i:03}"
        contigs[name] = contig
        fasta += f">{name}\n{contig}\n"
        header += f"##contig=<ID={name},length={len(contig)}>\n"
        lines.append(f"{name}\t{pos}\t{name}\t{ref}\t{alt}\t.\t.\t.\n")
    (tmp_path / "g.fa").write_text(fasta)
    text = header + "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + "".join(lines)
    (tmp_path / "in.vcf").write_text(text)
    command = ["bcftools", "norm", "-f", tmp_path / "g.fa", "-m", "-any", tmp_path / "in.vcf"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = [line.split("\t")[:5] for line in told.splitlines() if not line.startswith("#")]
    theirs = {(chrom, int(pos), ref, alt) for chrom, pos, _, ref, alt in rows}
    genome = genome_of(**contigs)
    read = read_variants_path(str(tmp_path / "in.vcf"))
    assert not read.rejections
    made = [normalise(variant, genome) for variant in read.variants]
    ours = {(v.chrom, v.pos, v.ref, v.alt) for v in made}
    assert len(ours) > 500
    assert ours == theirs


def every_way(contig, haplotype):
    """Every (start, ref, alt) with non-empty alleles that makes the haplotype, by brute force."""
    for start in range(len(contig)):
        if contig[:start] != haplotype[:start]:
            break
        for end in range(start + 1, len(contig) + 1):
            rest = len(contig) - end
            stop = len(haplotype) - rest
            if stop > start and (rest == 0 or contig[end:] == haplotype[stop:]):
                yield start, contig[start:end], haplotype[start:stop]


def test_the_normal_form_is_the_leftmost_and_shortest_of_all_ways_to_write_a_change():
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(400):
        contig = "".join(rng.choice(list("AC" if rng.random() < 0.7 else "ACGT"), 9))
        start = int(rng.integers(0, 9))
        ref = contig[start : start + int(rng.integers(1, 4))]
        alt = "".join(rng.choice(list("AC"), rng.integers(1, 4)))
        if ref == alt:
            continue
        variant = Variant("c", start + 1, ref, alt)
        ways = list(every_way(contig, applied(contig, variant)))
        made = normalise(variant, genome_of(c=contig))
        fewest = min(len(r) + len(a) for _, r, a in ways)
        leftmost = min(s for s, r, a in ways if len(r) + len(a) == fewest)
        best = [w for w in ways if w[0] == leftmost and len(w[1]) + len(w[2]) == fewest]
        assert (made.start, made.ref, made.alt) in best
        for s, r, a in ways:  # however it is written, one normal form
            again = normalise(Variant("c", s + 1, r, a), genome_of(c=contig))
            assert (again.pos, again.ref, again.alt) == (made.pos, made.ref, made.alt)
        seen.add(made.kind)
    assert seen == {"SNV", "MNV", "insertion", "deletion", "delins"}


def test_a_long_repeat_is_walked_in_blocks():
    contig = "G" + "AC" * 1_000 + "T"
    made = normalise(Variant("c", 1_999, "CAC", "C"), genome_of(c=contig))
    assert (made.pos, made.ref, made.alt) == (1, "GAC", "G")


@pytest.mark.parametrize("unit", ["A", "AC", "ACGGT" * 61])
def test_an_indel_is_moved_to_a_stated_bound_and_no_further(unit):
    for copies in (MAX_MOVED // len(unit), MAX_MOVED // len(unit) + 4):
        contig = "AG" + unit * copies + "T"
        genome, end = genome_of(c=contig), len(contig) - 1
        for one in (
            Variant("c", end - len(unit), contig[end - len(unit) - 1 : end], contig[end - 1]),
            Variant("c", end, contig[end - 1], contig[end - 1] + unit),
        ):
            if copies * len(unit) <= MAX_MOVED:
                # walked base by base, the second implementation
                start, letters = end - (len(one.ref) > 1) * len(unit), unit
                while start > 1 and contig[start - 1] == letters[-1]:
                    start, letters = start - 1, letters[-1] + letters[:-1]
                made = normalise(one, genome)
                assert made.pos == start
                assert max(made.ref, made.alt, key=len) == contig[start - 1] + letters
                assert applied(contig, made) == applied(contig, one)
            else:
                with pytest.raises(RepeatError, match="more than 10,000 bases"):
                    normalise(one, genome)


def test_variants_of_too_long_a_repeat_are_compared_as_they_are_written():
    contig = "G" + "A" * 3 * MAX_MOVED + "T"
    genome = genome_of(c=contig)
    far, near = Variant("c", 3 * MAX_MOVED, "AA", "A"), Variant("c", 5, "AA", "A")
    made = [far, near, far, replace(near, pos=9), replace(far, pos=far.pos - 1)]
    assert repeated(made, genome) == (2, 3)


@pytest.mark.parametrize(
    ("contig", "ways", "wanted"),
    [
        # a deletion that reaches N: the base behind it is kept, as at the start of a contig
        ("CNNAAAT", [(4, "AA", "A"), (5, "AA", "A"), (6, "AT", "T")], (4, "AA", "A")),
        ("CNNAAAT", [(4, "A", "AA"), (5, "AAT", "AAAT"), (7, "T", "AT")], (4, "A", "AA")),
        ("NACACG", [(2, "ACA", "A"), (4, "ACG", "G"), (3, "CAC", "C")], (2, "ACA", "A")),
        ("CNATG", [(3, "AT", "T")], (3, "AT", "T")),  # nothing known before it at all
        ("CNATG", [(3, "A", "GA")], (3, "A", "GA")),
        ("CNATG", [(3, "AT", "A")], (3, "AT", "A")),
    ],
)
def test_an_indel_beside_an_unknown_base_stays_behind_it(contig, ways, wanted):
    genome = genome_of(c=contig)
    for way in ways:
        one = Variant("c", *way)
        made = normalise(one, genome)
        assert (made.pos, made.ref, made.alt) == wanted
        assert applied(contig, made) == applied(contig, one)
    assert repeated([Variant("c", *way) for way in ways], genome) == tuple(range(1, len(ways)))


def test_a_wrong_reference_is_not_normalised():
    with pytest.raises(InputError, match="the genome has A there"):
        normalise(Variant("c", 2, "T", "C"), genome_of(c="GATTACA"))


def test_the_core_has_no_shared_bases():
    assert core(Variant("c", 5, "GCA", "G")) == (5, "CA", "")
    assert core(Variant("c", 5, "G", "GCA")) == (5, "", "CA")
    assert core(Variant("c", 5, "T", "C")) == (4, "T", "C")
    assert core(Variant("c", 1, "TT", "T")) == (0, "T", "")
    assert core(Variant("c", 3, "ATC", "TTC")) == (2, "A", "T")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (("c", 0, "A", "T"), "1-based"),
        (("c", 1, "A", "A"), "the same"),
        (("c", 1, "", "A"), "REF is empty"),
        (("c", 1, "A", "AN"), "has 'N'"),
        (("c", 1, "a", "T"), "has 'a'"),
        (("", 1, "A", "T"), "no chromosome"),
        (("c", 1, "A" * (MAX_ALLELE + 1), "A"), "structural"),
    ],
)
def test_what_is_no_variant_is_refused(values, said):
    with pytest.raises(InputError, match=said):
        Variant(*values)


# typed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "chr8-140300616-T-G",
        "chr8:140300616:T:G",
        "chr8:140300616 T>G",
        "chr8:140300616T>G",
        "chr8:140,300,616 t>g",
        "chr8 140300616 T G",
        "chr8_140300616_T/G",
        "chr8:140300616-T/G",
        "  chr8:140300616\tT > G ",
        "chr8:g.140300616T>G",
        "chr8:g.140,300,616T>G",
    ],
)
def test_typed_forms_are_one_variant(text):
    assert parse_variant(text) == Variant("chr8", 140_300_616, "T", "G")


def test_typed_indels_and_odd_contigs():
    assert parse_variant("8-100-TA-T") == Variant("8", 100, "TA", "T")
    assert parse_variant("NC_000008.11:g.140300616T>G").chrom == "NC_000008.11"
    assert parse_variant("NC_000008.11-140300616-T-G").chrom == "NC_000008.11"
    assert parse_variant("HLA-A*01:100:T:G") == Variant("HLA-A*01", 100, "T", "G")
    assert parse_variant("chr1_KI270706v1_random-12-A-AT").chrom == "chr1_KI270706v1_random"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("c:g.3del", (2, "AT", "A")),
        ("c:g.3_4del", (2, "ATT", "A")),
        ("c:g.3_4delTT", (2, "ATT", "A")),
        ("c:g.1del", (1, "GA", "A")),
        ("c:g.2_3insCC", (2, "A", "ACC")),
        ("c:g.2_3delinsGGG", (2, "AT", "GGG")),
        ("c:g.5_6dup", (6, "C", "CAC")),
        ("c:g.2dup", (2, "A", "AA")),
        ("c:g.5_7inv", (5, "ACA", "TGT")),
        ("c:g.2_3AT>GC", (2, "AT", "GC")),
    ],
)
def test_genomic_hgvs_with_the_genome(text, wanted):
    contig = "GATTACA"
    made = parse_variant(text, genome_of(c=contig))
    assert (made.pos, made.ref, made.alt) == wanted
    applied(contig, made)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rs699", "rs number"),
        ("NM_000546.6:c.215C>G", "only genomic HGVS"),
        ("chr1-100-A--", "'-' or '.'"),
        ("1 100 . A", "'-' or '.'"),
        ("chr1-100-A-<DEL>", "write REF and ALT out"),
        ("hello", "write it as"),
        ("", "write it as"),
        ("c:g.3_5=", "of HGVS are read"),
        ("c:g.5_3del", "smaller position first"),
        ("c:g.3_5insA", "between two neighbours"),
        ("c:g.3_4ins", "which letters"),
        ("c:g.3_4delGG", "it names GG, the genome has TT"),
        ("c:g.3A>AT>G", "of HGVS are read"),
        ("c:g.2_4A>G", "does not fill"),
        ("c:g.3_99del", "beyond the end"),
        ("c:g.1_7del", "beyond the end"),
    ],
)
def test_other_texts_get_a_sentence(text, said):
    with pytest.raises(InputError, match=said):
        parse_variant(text, genome_of(c="GATTACA"))


def test_hgvs_that_leaves_letters_open_needs_a_genome():
    with pytest.raises(InputError, match="choose one first"):
        parse_variant("c:g.3_4del")


# VCF ----------------------------------------------------------------------------------------------

BODY = "chr1\t10\trs1\tA\tC\t.\tPASS\t.\nchr1\t12\t.\tAT\tA,G,ATT\t.\tq10\t.\n"
READ = [
    ("chr1", 10, "A", "C", "rs1"),
    ("chr1", 12, "AT", "A", ""),
    ("chr1", 12, "AT", "G", ""),
    ("chr1", 12, "AT", "ATT", ""),
]


@pytest.mark.parametrize(
    "data",
    [
        (HEAD + BODY).encode(),
        gzip.compress((HEAD + BODY).encode()),
        gzip.compress(HEAD.encode()) + gzip.compress(BODY.encode()),  # as bgzip: several members
        (HEAD + BODY).replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + (HEAD + BODY).encode(),
        (HEAD + BODY).rstrip().encode() + b"\n\n\n",
        (HEAD + BODY).lower().replace("pass", "PASS").encode(),
    ],
    ids=["plain", "gzip", "bgzip", "CR LF", "mark", "blank lines", "lower case"],
)
def test_a_vcf_is_read_whatever_its_wrapping(data):
    read = read_vcf(data)
    assert alleles(read) == READ
    assert read.rejections == ()
    kinds = {change.kind: change.count for change in read.changes}
    assert kinds.pop("lower case", 2) == 2
    assert kinds == {"multi-allelic": 1, "filtered": 1}


def test_missing_header_and_blanks_for_tabs_are_noted():
    kinds = {c.kind: c.count for c in read_vcf(BODY.encode()).changes}
    assert kinds["no header"] == 2
    read = read_vcf(BODY.replace("\t", "  ").encode())
    assert alleles(read) == READ
    assert {c.kind: c.count for c in read.changes}["spaces"] == 2


@pytest.mark.parametrize(
    ("ref", "alt", "said"),
    [
        ("N", "<DEL>", "symbolic allele '<DEL>'"),
        ("N", "A", "REF 'N' has 'N'"),
        ("A", "<DEL>", "symbolic allele '<DEL>'"),
        ("A", "<NON_REF>", "symbolic allele"),
        ("A", "*", "another line deletes"),
        ("A", "A[chr2:321682[", "breakend"),
        ("A", "]chr2:321681]A", "breakend"),
        ("A", ".TC", "breakend"),
        ("A", ".", "without a variant"),
        ("A", "R", "ALT 'R' has 'R'"),
        ("A", "-", "leaves an allele open"),
        ("A", "A", "ALT is REF"),
        ("A", "C,,T", "no alternative"),
    ],
)
def test_alleles_without_letters_are_left_out_with_a_sentence(ref, alt, said):
    bad = f"chr1\t5\t.\t{ref}\t{alt}\t.\t.\t.\n"
    read = read_vcf((HEAD + bad + BODY).encode())
    assert set(READ) <= set(alleles(read))
    assert len(read.rejections) == 1
    assert said in read.rejections[0].text
    assert read.rejections[0].text.startswith("line 3: chr1:5: ")
    if alt != "C,,T":
        with pytest.raises(InputError, match="line 3"):
            read_vcf((HEAD + bad).encode())


def test_star_beside_a_real_alternative_costs_only_itself():
    read = read_vcf((HEAD + "chr1\t5\t.\tA\tG,*\n").encode())
    assert alleles(read) == [("chr1", 5, "A", "G", "")]
    assert len(read.rejections) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no variant was given"),
        ("#CHROM\tPOS\tID\tREF\tALT\n", "no variant was given"),
        ("#CHROM\tPOS\tREF\tALT\tID\nchr1\t1\tA\tC\t.\n", "put the columns in that order"),
        ("chr1\tten\t.\tA\tC\n", "no whole number"),
        ("chr1\t0\t.\tA\tC\n", "1-based"),
        ("chr1\t" + "9" * 5_000 + "\t.\tA\tC\n", "no position is that large"),
        (">s\nACGT\n", "no whole number"),
    ],
)
def test_files_without_a_variant_get_one_sentence(text, said):
    with pytest.raises(InputError, match=said):
        read_vcf(text.encode())


def test_bounds_hold():
    many = "".join(f"c\t{i}\t.\tA\tC\n" for i in range(1, 12))
    with pytest.raises(LimitError, match="more than 10 variants"):
        read_vcf(many.encode(), limits=replace(APP_LIMITS, max_records=10))
    bomb = gzip.compress(b"c\t1\t.\tA\tC\n" * 200_000)
    with pytest.raises(LimitError, match="unpacks"):
        read_vcf(bomb, limits=replace(APP_LIMITS, max_unpacked=1_000_000))
    refused = HEAD + "c\t1\t.\tA\t<DEL>\n" * 3_000 + BODY
    read = read_vcf(refused.encode())
    assert len(read.rejections) == 1_001
    assert "2,000 more" in read.rejections[-1].text
    with pytest.raises(InputError, match="PNG"):
        read_vcf(b"\x89PNG\r\n\x1a\n" + bytes(100))


def test_a_line_of_many_alternatives_costs_no_more_than_its_letters(monkeypatch):
    refused = []
    said = vcf.letters
    monkeypatch.setattr(vcf, "letters", lambda *given: refused.append(given[1]) or said(*given))
    limits = replace(APP_LIMITS, max_bytes=10**8)
    # A REF that cannot be used refuses its line once. Tried with every alternative: weeks.
    ref, alts = "A" * 10_000_000, ",".join(["*"] * 12_000_000)
    many = f"c\t5\t.\t{ref}\t{alts}\n"
    wrong = f"c\t6\t.\t{'A' * 20_000}N\t{','.join(['C'] * vcf.MAX_ALTS)}\n"
    long = f"c\t7\t.\t{'A' * 20_000}\t{','.join(['C'] * vcf.MAX_ALTS)}\n"
    read = read_vcf((HEAD + many + wrong + long + BODY).encode(), limits=limits)
    assert alleles(read) == READ
    texts = [one.text for one in read.rejections]
    assert "12,000,000 alternatives, at most 1,000 are read in one line" in texts[0]
    assert "REF 'AAAAAAAAAA...(20,001 bases)' has 'N'" in texts[1]
    assert "REF has 20,000 letters, at most 10,000 are read" in texts[2]
    assert len(texts) == 3 and len(refused) < 10
    most = f"c\t5\t.\tA\t{','.join(['C'] * vcf.MAX_ALTS)}\n"
    assert len(read_vcf((HEAD + most).encode()).variants) == vcf.MAX_ALTS


def test_what_is_left_out_is_bounded():
    few = replace(APP_LIMITS, max_records=3)
    line = "c\t1\t.\tA\t*,*,*\n"
    read = read_vcf((HEAD + line * 500 + BODY.split("\n")[0]).encode(), limits=few)
    assert len(read.variants) == 1 and "500 more" in read.rejections[-1].text
    with pytest.raises(LimitError, match="more than 1,500 lines or alternatives cannot be used"):
        read_vcf((HEAD + line * 501 + BODY).encode(), limits=few)
    with pytest.raises(LimitError, match="more than 1,500 lines, the most that are looked at"):
        read_vcf((HEAD + "#\n" * 1_500 + BODY).encode(), limits=few)


def test_typed_changes_of_a_genome_read_no_more_than_an_allele(monkeypatch):
    genome = genome_of(c="GATTACA" * 10_000)
    monkeypatch.setattr(type(genome), "_letters", None)  # nothing is read
    for text, said in (
        ("c:g.1_60000inv", "it spans 60,000 bases, at most 10,000 are read"),
        ("c:g.2_10002del", "it spans 10,001 bases"),
        ("c:g.1_60000insA", "between two neighbours"),
        ("c:g.1_60000ins", "which letters"),
    ):
        with pytest.raises(InputError, match=said):
            parse_variant(text, genome)


def test_numbers_of_too_many_digits_are_no_positions():
    for text in ("chr1:1" + ",000" * 1_500 + " A>G", "c:g.1" + ",000" * 4 + "del"):
        with pytest.raises(InputError, match="is not read"):
            parse_variant(text)
    assert parse_variant("chr1:100,000,000,000 A>G").pos == 10**11


def test_typed_lines_and_vcf_lines_are_read_from_one_text():
    text = "chr1-10-A-C\n8:140300616 T>G\n\nchr1\t12\t.\tAT\tA\nnonsense\n"
    read = read_variants(text.encode())
    assert [str(v) for v in read.variants] == ["chr1:10 A>C", "8:140300616 T>G", "chr1:12 AT>A"]
    assert [r.record for r in read.rejections] == ["line 5"]
    with pytest.raises(InputError, match="no whole number"):
        read_vcf(b"chr1-10-A-C\n")


def test_repeated_variants_are_kept():
    """Those written otherwise are repeated too, which a genome tells: see ``repeated``."""
    read = read_variants(b"c-1-A-C\nc-1-A-C\n")
    assert len(read.variants) == 2
    assert read.changes == ()


@pytest.mark.parametrize(("n", "said"), [(1, "1 line with"), (2, "2 lines with")])
def test_changes_of_lines_are_counted_in_words(n, said):
    lines = "".join(f"c\t{k + 1}\t.\ta\tC,G\n" for k in range(n))
    read = read_vcf(f"#CHROM\tPOS\tID\tREF\tALT\n{lines}".encode())
    assert [change.text.split(":")[0] for change in read.changes] == [
        f"{said} alleles in lower case", f"{said} several alternatives"
    ]  # fmt: skip


def test_a_header_of_another_build_is_noted():
    genome = genome_of(chr1="ACGT" * 10)
    for length, kinds in ((40, []), (41, ["other build"])):
        text = f"##contig=<ID=1,length={length}>\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t1\t.\tA\tC\n"
        assert [c.kind for c in read_vcf(text.encode(), genome=genome).changes] == kinds


def test_a_header_of_many_unknown_contigs_asks_for_no_near_names(monkeypatch):
    genome = genome_of(chr1="ACGT" * 10)
    monkeypatch.setattr(type(genome), "_nearest", lambda *_: pytest.fail("compared for nothing"))
    lines = [f"##contig=<ID=scaffold{i},length=5>" for i in range(10_050)]
    lines.insert(0, f"##contig=<ID=huge,length={'9' * 5_000}>")  # no length, and no crash
    body = "#CHROM\tPOS\tID\tREF\tALT\nchr1\t1\t.\tA\tC\n"
    read = read_vcf("\n".join([*lines, body]).encode(), genome=genome)
    assert len(read.contigs) == 10_000 and read.contigs[0] == ("scaffold0", 5)
    assert read.changes == ()


def test_a_path_is_read_or_refused(tmp_path):
    path = tmp_path / "in.vcf.gz"
    path.write_bytes(gzip.compress((HEAD + BODY).encode()))
    assert alleles(read_variants_path(str(path))) == READ
    with pytest.raises(InputError, match="cannot be read"):
        read_variants_path(str(tmp_path / "none.vcf"))
    with pytest.raises(LimitError, match="larger than"):
        read_variants_path(str(path), limits=replace(APP_LIMITS, max_bytes=10))


# reference check ----------------------------------------------------------------------------------

CONTIG = "GATTACAGATTTACCAGGA"


def test_a_match_needs_no_remedy():
    match = check(Variant("chr1", 2, "A", "G"), genome_of(chr1=CONTIG))
    assert match.ok and match.found and match.remedies == ()
    assert check(Variant("1", 2, "ATT", "A"), genome_of(chr1=CONTIG)).ok


@pytest.mark.parametrize(
    ("given", "offered"),
    [
        ((2, "C", "A"), {"swap REF and ALT": (2, "A", "C")}),
        ((4, "A", "G"), {"other strand": (4, "T", "C"), "one position later": (5, "A", "G")}),
        ((1, "ATT", "A"), {"one position later": (2, "ATT", "A")}),
        ((9, "G", "C"), {"one position earlier": (8, "G", "C")}),
        ((11, "AA", "C"), {"other strand": (11, "TT", "G")}),
        ((12, "G", "C"), {}),
    ],
)
def test_every_remedy_that_fits_is_offered_and_no_other(given, offered):
    genome = genome_of(chr1=CONTIG)
    match = check(Variant("chr1", *given), genome)
    assert not match.ok and match.found
    assert {k: (v.pos, v.ref, v.alt) for k, v in match.remedies} == offered
    for label, variant in match.remedies:
        assert check(variant, genome).ok
        assert label in match.sentence
        assert match.remedy(label) == variant
    assert match.remedy("unknown") is None
    assert CONTIG[given[0] - 1] in match.sentence


def test_places_that_are_not_there_are_said():
    genome = genome_of(chr1=CONTIG)
    beyond = check(Variant("chr1", 500, "A", "G"), genome)
    assert not beyond.ok and not beyond.found and "beyond the end" in beyond.sentence
    across = check(Variant("chr1", 19, "ATT", "A"), genome)
    assert not across.ok and "beyond the end" in across.sentence
    unknown = check(Variant("chrQ", 5, "A", "G"), genome)
    assert not unknown.found and "no contig 'chrQ'" in unknown.sentence


def test_n_in_the_genome_is_said():
    match = check(Variant("c", 2, "A", "G"), genome_of(c="GNNT"))
    assert not match.ok and "not known in this genome" in match.sentence


def snvs(text, offset=0, strand="+", swapped=False):
    """SNVs that are right but for one systematic mistake."""
    for i in range(2, len(text) - 2):
        ref, alt = text[i], "ACGT"[("ACGT".index(text[i]) + 1) % 4]
        if strand == "-":
            ref, alt = reverse_complement(ref), reverse_complement(alt)
        ref, alt = (alt, ref) if swapped else (ref, alt)
        yield Variant("c", i + 1 + offset, ref, alt)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ({"offset": -1}, "0-based"),
        ({"offset": 1}, "counted from 2"),
        ({"strand": "-"}, "other strand"),
        ({"swapped": True}, "swapped throughout"),
        ({"offset": 10}, "another build"),
    ],
)
def test_a_systematic_mistake_is_named(mistake, said):
    text = "".join(np.random.default_rng(3).choice(list("ACGT"), 120))
    genome = genome_of(c=text + "ACGT" * 5)
    assert said in diagnose([check(v, genome) for v in snvs(text, **mistake)], genome)


def test_nothing_is_said_of_variants_that_match():
    text = "".join(np.random.default_rng(3).choice(list("ACGT"), 120))
    genome = genome_of(c=text)
    right = [check(v, genome) for v in snvs(text)]
    assert diagnose(right, genome) == ""
    wrong = [check(v, genome) for v in itertools.islice(snvs(text, offset=1), 2)]
    assert diagnose(right + wrong, genome) == ""


def test_places_that_are_not_there_are_no_mismatches():
    text = "".join(np.random.default_rng(3).choice(list("ACGT"), 120))
    genome = genome_of(c=text)
    right = [check(v, genome) for v in snvs(text)][:5]
    nowhere = [check(replace(v, chrom="chr7"), genome) for v in snvs(text)]
    assert diagnose(right + nowhere, genome) == "" and diagnose(nowhere, genome) == ""
    said = absent(right + nowhere, genome)
    assert said.startswith(f"{len(nowhere)} of {len(nowhere) + 5} variants have no place in 'toy'")
    assert "no contig 'chr7'" in said and absent(right, genome) == ""
    # and of those that are there, what they have in common is still said
    text += "ACGT" * 5
    genome = genome_of(c=text)
    late = [check(v, genome) for v in snvs(text[:120], offset=1)]
    told = diagnose(late + nowhere * 5, genome)
    assert "counted from 2" in told and f"of {len(late)} variants do not match" in told


def test_equal_changes_are_found_however_they_are_written():
    text = "ACGTTTTTGCATCATCATGACCAGT"
    genome = genome_of(chr1=text)

    def result(one):  # the contig with the change made: what makes two changes equal
        return applied(text, one)

    made = [
        Variant("chr1", at + 1, ref, alt)
        for at in range(len(text) - 4)
        for ref, alt in (
            (text[at : at + 2], text[at]),  # a base goes
            (text[at : at + 4], text[at]),  # three go
            (text[at], text[at] + "T"),  # one comes
        )
    ]
    seen, wanted = set(), []
    for i, one in enumerate(made):
        if result(one) in seen:
            wanted.append(i)
        seen.add(result(one))
    assert repeated(made, genome) == tuple(wanted)
    assert len(wanted) > 10
    # another name of the contig, another id; and what does not fit is the same as nothing
    twin = [made[0], replace(made[0], chrom="1", id="rs1"), Variant("chr1", 1, "G", "T")]
    assert repeated([*twin, twin[2]], genome) == (1,)
