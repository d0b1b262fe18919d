"""Genes of GTF, GFF3 and refGene: the same transcripts, the right starts, the right letters."""

import difflib
import gc
import gzip
import random
import re
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexp_core.errors import GexpError, InputError, LimitError
from gexp_core.inputs import APP_LIMITS, Limits, annotation, extract, nearest
from gexp_core.inputs.genes import (
    Start,
    Transcript,
    promoter,
    promoters,
    read_genes,
    server_genes,
)
from gexp_core.inputs.genome import MemoryGenome
from gexp_core.jobs.store import size
from tests.inputs.test_genome import minus

# Two transcripts of a plus-strand gene with one start, a third with another; a minus-strand gene.
GTF = """#!genome-build made-up
chr1\tx\tgene\t101\t300\t.\t+\t.\tgene_id "G1.2"; gene_name "Abc1";
chr1\tx\ttranscript\t101\t300\t.\t+\t.\tgene_id "G1.2"; transcript_id "T1.1"; gene_name "Abc1"; \
transcript_type "protein_coding";
chr1\tx\texon\t101\t150\t.\t+\t.\tgene_id "G1.2"; transcript_id "T1.1"; gene_name "Abc1";
chr1\tx\ttranscript\t101\t250\t.\t+\t.\tgene_id "G1.2"; transcript_id "T2.1"; gene_name "Abc1";
chr1\tx\ttranscript\t141\t300\t.\t+\t.\tgene_id "G1.2"; transcript_id "T3.1"; gene_name "Abc1";
chr2\tx\ttranscript\t11\t60\t.\t-\t.\tgene_id "G2.1"; transcript_id "T4.1"; gene_name "Xyz";
"""
GFF = """##gff-version 3
chr1\tx\tgene\t101\t300\t.\t+\t.\tID=gene:G1.2;Name=Abc1;gene_id=G1.2
chr1\tx\tmRNA\t101\t300\t.\t+\t.\tID=transcript:T1.1;Parent=gene:G1.2;transcript_id=T1.1
chr1\tx\texon\t101\t150\t.\t+\t.\tParent=transcript:T1.1
chr1\tx\tmRNA\t101\t250\t.\t+\t.\tID=transcript:T2.1;Parent=gene:G1.2
chr1\tx\tmRNA\t141\t300\t.\t+\t.\tID=transcript:T3.1;Parent=gene:G1.2
chr2\tx\tlnc_RNA\t11\t60\t.\t-\t.\tID=transcript:T4.1;Parent=gene:G2.1
chr2\tx\tncRNA_gene\t11\t60\t.\t-\t.\tID=gene:G2.1;Name=Xyz;gene_id=G2.1
##FASTA
>chr1
ACGT
"""
REFGENE = """585\tT1.1\tchr1\t+\t100\t300\t100\t300\t1\t100,\t300,\t0\tAbc1\tcmpl\tcmpl\t0,
585\tT2.1\tchr1\t+\t100\t250\t100\t250\t1\t100,\t250,\t0\tAbc1\tcmpl\tcmpl\t0,
585\tT3.1\tchr1\t+\t140\t300\t140\t300\t1\t140,\t300,\t0\tAbc1\tcmpl\tcmpl\t0,
585\tT4.1\tchr2\t-\t10\t60\t10\t60\t1\t10,\t60,\t0\tXyz\tcmpl\tcmpl\t0,
"""
PRED = "\n".join(line.partition("\t")[2] for line in REFGENE.splitlines())
EXONS = """chr1\tx\texon\t201\t300\t.\t+\t.\tgene_id "G1.2"; transcript_id "T1.1"; gene_name "Abc1"
chr1\tx\texon\t101\t150\t.\t+\t.\tgene_id "G1.2"; transcript_id "T1.1"; gene_name "Abc1"
chr1\tx\texon\t101\t250\t.\t+\t.\tgene_id "G1.2"; transcript_id "T2.1"; gene_name "Abc1"
chr1\tx\texon\t141\t300\t.\t+\t.\tgene_id "G1.2"; transcript_id "T3.1"; gene_name "Abc1"
chr2\tx\texon\t11\t60\t.\t-\t.\tgene_id "G2.1"; transcript_id "T4.1"; gene_name "Xyz"
chr2\tx\tCDS\t1\t90\t.\t-\t.\tgene_id "G2.1"; transcript_id "T4.1"; gene_name "Xyz"
"""
PLACES = {
    "T1.1": ("Abc1", "chr1", 100, 300, "+", 100),
    "T2.1": ("Abc1", "chr1", 100, 250, "+", 100),
    "T3.1": ("Abc1", "chr1", 140, 300, "+", 140),
    "T4.1": ("Xyz", "chr2", 10, 60, "-", 59),
}
FORMS = {"GTF": GTF, "GFF3": GFF, "refGene": REFGENE, "genePred": PRED, "exons": EXONS}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_format_gives_the_same_transcripts(form, pack, end):
    genes = read_genes(pack(FORMS[form].replace("\n", end).encode()), filename="a")
    found = {
        one.id: (one.gene, one.chrom, one.start, one.end, one.strand, one.tss)
        for one in genes.transcripts
    }
    assert found == PLACES
    assert genes.rejected == ()
    assert "4 transcripts of 2 genes" in genes.changes[-1].text
    assert genes.symbols == ("Abc1", "Xyz")


@pytest.mark.parametrize("name", ["Abc1", "ABC1", " abc1 ", "G1.2", "g1", "T2.1", "t2"])
def test_genes_are_found_by_symbol_and_id_in_any_case(name):
    genes = read_genes(GTF.replace("G1.2", "GENE1.2").replace("T2.1", "TRAN2.1").encode())
    name = name.replace("G1", "GENE1").replace("g1", "gene1")
    name = name.replace("T2", "TRAN2").replace("t2", "tran2")
    found = genes.find(name)
    assert {one.gene for one in found} == {"Abc1"}
    assert len(found) == (1 if "ran" in name.lower() else 3)


def test_names_that_differ_in_case_only():
    lines = "\n".join(
        f'c\tx\ttranscript\t{at}\t{at + 9}\t.\t+\t.\tgene_id "{gene}"; transcript_id "t{at}"'
        for at, gene in ((1, "Foo"), (50, "FOO"))
    )
    genes = read_genes(lines.encode())
    assert [one.id for one in genes.find("Foo")] == ["t1"]
    assert [one.id for one in genes.find("FOO")] == ["t50"]
    assert [one.id for one in genes.find("foo")] == ["t1", "t50"]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("Abc2", "did you mean Abc1"),
        ("Xy", "did you mean Xyz"),
        ("qqqqqqqqq", "check its spelling"),
        ("", "no gene was given"),
        ("x" * 10_000, "there is no gene"),
    ],
)
def test_an_unknown_gene_offers_the_nearest(asked, says):
    with pytest.raises(InputError, match=says) as caught:
        read_genes(GTF.encode()).find(asked)
    assert len(str(caught.value)) < 300


def test_several_starts_come_in_transcript_direction():
    genes = read_genes(GTF.encode())
    starts = genes.starts("abc1")
    assert [(one.tss, [t.id for t in one.transcripts]) for one in starts] == [
        (100, ["T1.1", "T2.1"]),
        (140, ["T3.1"]),
    ]
    turned = read_genes(GTF.replace("\t+\t", "\t-\t").encode()).starts("abc1")
    assert [one.tss for one in turned] == [299, 249]


SIZE = 120
LETTERS = "".join("ACGT"[i * i * 31 % 11 % 4] for i in range(SIZE))


@settings(deadline=None, database=None, derandomize=True, max_examples=200)
@given(
    start=st.integers(0, SIZE - 1),
    size=st.integers(1, 30),
    strand=st.sampled_from("+-"),
    upstream=st.integers(0, 40),
    downstream=st.integers(0, 40),
)
def test_promoters_read_in_transcript_direction(start, size, strand, upstream, downstream):
    end = min(SIZE, start + size)
    one = Transcript("t", "g", "g", "1", start, end, strand)
    genome = MemoryGenome("g", {"chr1": LETTERS})
    if upstream + downstream == 0:
        with pytest.raises(InputError, match="make no interval"):
            promoter(one, upstream, downstream, genome)
        return
    made = promoter(one, upstream, downstream, genome)
    assert (made.chrom, made.strand) == ("chr1", strand)
    got = genome.fetch(made.chrom, made.start, made.end, strand)
    # By hand: turn the chromosome so that the transcript reads left to right.
    line = LETTERS if strand == "+" else minus(LETTERS)
    tss = start if strand == "+" else SIZE - end
    place = min(max(tss - upstream, 0), SIZE - upstream - downstream)
    assert got == line[place : place + upstream + downstream]
    if place == tss - upstream and downstream:
        assert got[upstream] == line[tss]


def test_promoters_are_named_and_say_where_the_start_is():
    genes = read_genes(GTF.encode())
    genome = MemoryGenome("g", {"1": LETTERS * 3, "chr2": LETTERS})
    one, two = promoters(genes.starts("Abc1"), 20, 10, genome)
    assert (one.name, two.name) == ("Abc1_T1.1", "Abc1_T3.1")
    assert (one.interval.chrom, one.interval.start, one.interval.end) == ("1", 80, 110)
    assert one.notes == (
        "20 bp upstream and 10 bp downstream of the start of T1.1 and 1 other (Abc1), whose first "
        "base is chr1:101 on the plus strand",
    )
    (turned,) = promoters(genes.starts("xyz"), 80, 10, genome)
    assert turned.name == "Xyz"
    assert turned.notes[0].endswith(
        "first base is chr2:60 on the minus strand; shifted, because the contig ends there: 60 bp "
        "upstream and 30 bp downstream"
    )
    check = extract(genome, [turned])
    assert check.sequences["Xyz"][60:] == minus(LETTERS[30:60])
    assert check.sequences.origins[0].edits[0] == turned.notes[0]


def test_a_transcript_beyond_the_genome_is_refused():
    genome = MemoryGenome("g", {"chr1": LETTERS, "chr2": "ACGT" * 20})
    genes = read_genes(GTF.encode())
    with pytest.raises(InputError, match="beyond the end of chr1"):
        promoter(
            genes.find("T1")[0] if "T1" in genes.symbols else genes.find("T1.1")[0], 5, 5, genome
        )
    with pytest.raises(InputError, match="chr2 has 80 bases, fewer than the 90"):
        promoter(genes.find("Xyz")[0], 80, 10, genome)
    with pytest.raises(InputError, match="make no interval"):
        promoter(genes.find("Xyz")[0], -1, 10, genome)


def test_refseq_gff3_with_nested_and_repeated_ids():
    text = (
        "NC_1\tr\tgene\t1\t90\t.\t+\t.\tID=gene-LET7;Name=LET7;gene_biotype=miRNA\n"
        "NC_1\tr\tprimary_transcript\t1\t90\t.\t+\t.\tID=rna-NR_1.1;Parent=gene-LET7;"
        "transcript_id=NR_1.1\n"
        "NC_1\tr\tmiRNA\t10\t30\t.\t+\t.\tID=rna-LET7;Parent=rna-NR_1.1;gene=LET7\n"
        "NC_1\tr\texon\t10\t30\t.\t+\t.\tID=exon-1;Parent=rna-LET7\n"
        "NC_1\tr\tmRNA\t40\t60\t.\t-\t.\tID=rna-NM_1.1-2;Parent=gene-LET7;transcript_id=NM_1.1;"
        "Note=a%2Cb\n"
        "NC_1\tr\texon\t40\t60\t.\t-\t.\tID=exon-2;Parent=rna-NM_1.1-2\n"
    )
    genes = read_genes(text.encode())
    assert [(one.id, one.gene, one.tss) for one in genes.transcripts] == [
        ("NR_1.1", "LET7", 0),
        ("LET7", "LET7", 9),
        ("NM_1.1", "LET7", 59),
    ]


def test_bad_lines_are_left_out_with_their_number():
    text = GTF + (
        'chr1\tx\ttranscript\t9\t5\t.\t+\t.\tgene_id "a"; transcript_id "b"\n'
        'chr1\tx\ttranscript\t5\t9\t.\t.\t.\tgene_id "a"; transcript_id "b"\n'
        "chr1\tx\n"
    )
    genes = read_genes(text.encode())
    assert len(genes.transcripts) == 4
    assert [left.record for left in genes.rejected] == ["line 8", "line 9", "line 10"]
    assert "no start is known" in genes.rejected[1].text


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "holds no gene"),
        (b">x\nACGT\n", "not an annotation"),
        (b"chr1\t5\t9\tname\t0\t+\n", "not an annotation"),
        (b"\x89PNG....", "PNG image"),
        (b'c\tx\tgene\t1\t9\t.\t+\t.\tgene_id "a"\n', "holds no transcript"),
        (gzip.compress(GTF.encode())[:-9], "cut short"),
    ],
)
def test_files_that_are_no_annotation(data, says):
    with pytest.raises(InputError, match=says):
        read_genes(data, filename="x.gtf")


def test_annotations_are_bounded():
    with pytest.raises(LimitError):
        read_genes(gzip.compress(b"#" * 9_000), limits=Limits(1_000, 2_000, 1, 1, 1))


WHOLE = "c\tx\ttranscript\t5\t9\t.\t+\t.\t"
CODED = "c\tx\tmRNA\t5\t9\t.\t+\t.\t"


@pytest.mark.parametrize("line", [WHOLE, CODED])
@pytest.mark.parametrize("filler", ["a", " ", "a ", 'a "', '"a', "a a", "a=;", "= ", "\u00e9-"])
def test_any_ninth_column_is_read_in_one_pass(line, filler):
    good = GTF if line == WHOLE else GFF
    genes = read_genes(
        (good.partition("##FASTA")[0] + line + filler * (990_000 // len(filler))).encode()
    )
    assert {one.id for one in genes.transcripts} == set(PLACES)


_TEXT = st.text('ab1_ \t"";;==-.\u00e9', max_size=24)


@settings(deadline=None, database=None, derandomize=True, max_examples=500)
@given(_TEXT)
def test_attributes_are_what_plain_patterns_find(text):
    gtf = re.findall(r'(\w+)\s+(?:"([^"]*)"|([^";\s]+))\s*(?:;|$)', text)
    gff = re.findall(r"\s*([^=;\s]+)=([^;]*)", text)
    assert annotation._GTF.findall(text) == gtf
    assert annotation._GFF.findall(text) == gff


@pytest.mark.parametrize("number", ["\u00b2", "9" * 5_000, "\u0663"])
def test_odd_numbers_are_no_positions(number):
    bad = WHOLE.replace("\t9\t", f"\t{number}\t") + 'gene_id "a"; transcript_id "b"\n'
    genes = read_genes((GTF + bad).encode())
    assert len(genes.transcripts) == 4 and "no interval from 1 on" in genes.rejected[0].text
    pred = REFGENE.splitlines()[0].replace("\t100\t300\t100\t", f"\t100\t{number}\t100\t")
    genes = read_genes((REFGENE + pred).encode())
    assert len(genes.transcripts) == 4 and "not a line of genePred" in genes.rejected[0].text
    for alone in (bad, pred):
        with pytest.raises(InputError, match="not an annotation"):
            read_genes(alone.encode())


def test_transcripts_and_what_a_line_is_part_of_are_bounded(monkeypatch):
    line = "c\tx\texon\t5\t9\t.\t+\t.\tParent="
    some, more = (",".join(f"t{i}" for i in range(n)) for n in (100, 101))
    genes = read_genes(f"{line}{some}\n{line}{more}\n".encode())
    assert len(genes.transcripts) == 100
    assert "part of more than 100 transcripts" in genes.rejected[0].text
    monkeypatch.setattr(annotation, "MAX_TRANSCRIPTS", 4)
    for text in FORMS.values():
        assert len(read_genes(text.encode()).transcripts) == 4
    gene = "c\tx\tgene\t5\t9\t.\t+\t.\tID="
    for text, what in (
        (GTF + WHOLE + 'transcript_id "new"', "transcripts"),
        (EXONS + WHOLE.replace("transcript", "exon") + 'transcript_id "new"', "transcripts"),
        (REFGENE + REFGENE.replace("T1.1", "new"), "transcripts"),
        (line + "a,b,c,d,e\n", "transcripts"),
        ("".join(f"{gene}{i}\n" for i in range(5)), "genes"),
    ):
        with pytest.raises(LimitError, match=f"more than 4 {what}, the most"):
            read_genes(text.encode())


def test_lines_that_give_no_transcript_are_bounded():
    few = replace(APP_LIMITS, max_records=3)
    bad = "chr1\tx\ttranscript\t5\n"
    for text in FORMS.values():
        text = text.partition("##FASTA")[0]
        genes = read_genes((text + bad * 150).encode(), limits=few)
        assert len(genes.transcripts) == 4 and "more lines were left out" in genes.rejected[-1].text
        with pytest.raises(LimitError, match="more than 150 lines of 'x' cannot be used"):
            read_genes((text.rstrip("\n") + "\n" + bad * 151).encode(), filename="x", limits=few)
        with pytest.raises(LimitError, match="more than 1,500 lines, the most that are looked at"):
            read_genes((text + "#\n" * 1_500).encode(), limits=few)


@pytest.mark.parametrize(
    "line",
    [
        WHOLE + 'gene_id "g{i}"; transcript_id "t{i}"\n',
        WHOLE.replace("transcript", "exon") + 'transcript_id "t{i}"\n',
        CODED + "ID=t{i};Parent=g{i}\n",
        "t{i}\tc\t+\t5\t9\t5\t9\t1\t5,\t9,\n",
    ],
)
def test_the_memory_of_an_annotation_is_bounded_while_it_is_read(line, monkeypatch):
    small = replace(APP_LIMITS, max_unpacked=20_000)
    assert small.max_held == 40_000 and APP_LIMITS.max_held == 100_000_000
    seen = []
    check = annotation.check_held

    def watched(n, what, limits):
        seen.append(n)
        check(n, what, limits)

    monkeypatch.setattr(annotation, "check_held", watched)
    few = "".join(line.format(i=i) for i in range(20))
    assert len(read_genes(few.encode(), limits=small).transcripts) == 20
    seen.clear()
    many = "".join(line.format(i=i) for i in range(250))
    with pytest.raises(LimitError, match="the file take more than 40 kB of memory, the most"):
        read_genes(many.encode(), limits=small)
    assert 25 < len(seen) < 130  # not when all of it was held


def test_names_that_find_transcripts_count_too(monkeypatch):
    monkeypatch.setattr(annotation, "check_held", lambda *given: None)
    small = replace(APP_LIMITS, max_unpacked=20_000)
    line = WHOLE + 'gene_id "gene{i}.1"; transcript_id "tran{i}.1"; gene_name "n{i}"\n'
    text = "".join(line.format(i=i) for i in range(60)).encode()
    with pytest.raises(LimitError, match="take more than 40 kB of memory"):
        read_genes(text, limits=small)


def test_genes_say_how_much_memory_they_take():
    text = "".join(
        f'c\tx\ttranscript\t{i + 1}\t{i + 90}\t.\t+\t.\tgene_id "ENSG{i // 5:011}.2"; '
        f'transcript_id "ENST{i:011}.1"; gene_name "GENE{i // 5}"\n'
        for i in range(4_000)
    ).encode()
    read_genes(text)  # whatever is loaded and remembered at a first call
    tracemalloc.start()
    genes = read_genes(text)
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert 0.5 * held < size(genes) < 2 * held


def test_starts_of_one_name_are_numbered_in_one_pass():
    n = 100_000  # with every number tried for every start, this takes hours
    starts = [Start((Transcript("t", "g", "g", "c", at, at + 9, "+"),)) for at in range(n)]
    starts.append(Start((Transcript("t_7", "g", "g", "c", n, n + 9, "+"),)))
    names = [one.name for one in promoters(starts, 1, 1)]
    assert names == ["g_t", *(f"g_t_{number}" for number in range(2, n + 1)), "g_t_7_2"]


def test_an_unknown_name_is_compared_with_few(monkeypatch):
    compared = []
    monkeypatch.setattr(
        nearest, "close_matches", lambda word, many, n: compared.append(len(list(many))) or []
    )
    monkeypatch.setattr(nearest, "_IDS", 4)
    text = "".join(f'{WHOLE}gene_id "g{i}"; transcript_id "t{i}"\n' for i in range(20))
    with pytest.raises(InputError, match="there is no gene"):
        read_genes(text.encode()).find("gx")
    assert compared[0] == 4


def test_near_names_are_those_of_difflib():
    draw = random.Random(7)
    for _ in range(30):
        names = ["".join(draw.choices("ABCRX12", k=draw.randint(2, 8))) for _ in range(300)]
        asked = draw.choice(names)[:-1] + "Q"
        assert nearest.close_matches(asked, names, 5) == difflib.get_close_matches(asked, names, 5)


def test_many_long_names_of_the_same_letters_are_compared_at_a_bounded_cost(monkeypatch):
    draw, work = random.Random(7), []
    names = {"a" + "".join(draw.choices("bcdefgh", k=59)) for _ in range(4_000)}
    real = difflib.SequenceMatcher.ratio
    monkeypatch.setattr(
        difflib.SequenceMatcher, "ratio", lambda self: work.append(len(self.a)) or real(self)
    )
    assert nearest.near_ids("a" + "cb" * 29 + "d", names, 5) is not None
    assert 60 * sum(work) <= 2 * 250_000  # of pairs of letters; of all names it would be 14 million


def test_the_server_names_its_annotations(monkeypatch):
    monkeypatch.delenv("GEXP_GENES", raising=False)
    assert dict(server_genes()) == {}
    monkeypatch.setenv("GEXP_GENES", "hg38=/data/a.gtf.gz")
    assert list(server_genes()) == ["hg38"]
    monkeypatch.setenv("GEXP_GENES", "/secret/a.gtf.gz")
    with pytest.raises(GexpError, match="entry 1 of GEXP_GENES") as caught:
        server_genes()
    assert "secret" not in str(caught.value)
