"""What people paste by mistake or habit: read right, or one sentence that says what to write."""

from dataclasses import replace

import pytest

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import APP_LIMITS, gene_names, parse_regions, read_bed, read_text
from gexp_core.inputs.detect import reader, text_sentence
from gexp_core.inputs.gene_names import MAX_TEXT, listed, named_promoters
from gexp_core.inputs.genes import Genes, promoters, read_genes
from gexp_core.inputs.genome import MemoryGenome
from gexp_core.inputs.variants import Variant, read_variants
from tests.inputs.test_genes import GTF

GENOME = MemoryGenome("toy", {"chr1": "ACGTTGCATG" * 100, "chr2": "GGATCATTAC" * 30})
GENES = read_genes(GTF.encode())


@pytest.mark.parametrize(
    "text",
    [
        "chr1\t100\tG\tA",  # four columns, as out of a spreadsheet
        "chr1\t100\tG\tA\r",
        "chr1\t100\t100\tG\tA",  # CHROM START END REF ALT, both ends counted
        "chr1\t100\t.\tG\tA",
    ],
)
def test_columns_of_a_table_are_the_variant_they_name(text):
    read = read_variants(text.encode(), genome=GENOME)
    assert read.variants == (Variant("chr1", 100, "G", "A"),)
    kinds = {c.kind for c in read.changes}
    wanted = "end column" if "100\t100" in text else "no header" if "." in text else None
    # how the columns were read is said once, and in one way
    assert kinds & {"end column", "no header"} == ({wanted} if wanted else set())


@pytest.mark.parametrize(("start", "ref"), [(99, "G"), (98, "TG")])
def test_a_start_counted_from_0_is_told_where_its_end_gives_it_away(start, ref):
    text = f"chr1\t{start}\t100\t{ref}\tA"
    with pytest.raises(InputError, match=f"counted from 0, as in BED; write {start + 1} and"):
        read_variants(text.encode(), genome=GENOME)
    # under a header the third column is the ID, whatever it holds
    headed = f"#CHROM\tPOS\tID\tREF\tALT\n{text}"
    (one,) = read_variants(headed.encode(), genome=GENOME).variants
    assert (one.pos, one.id) == (start, "100")


@pytest.mark.parametrize("names", ["START\tEND", "start\tend", "chromStart\tchromEnd"])
def test_a_header_of_starts_and_ends_is_told_what_pos_is_for_either_count(names):
    text = f"#CHROM\t{names}\tREF\tALT\nchr1\t99\t100\tG\tA"
    with pytest.raises(InputError) as told:
        read_variants(text.encode(), genome=GENOME)
    for word in ("1-based), POS is START;", "0-based, as in BED), POS is START + 1"):
        assert word in str(told.value)
    with pytest.raises(InputError, match=r"in that order$"):  # no start, nothing to count
        read_variants(b"#CHROM\tID\tPOS\tREF\tALT\nchr1\tx\t100\tG\tA", genome=GENOME)


def test_a_number_that_is_no_end_stays_an_id():
    (one,) = read_variants(b"chr1\t100\t4711\tG\tA", genome=GENOME).variants
    assert one.id == "4711"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("chr1-100-G-<DEL>", "symbolic allele like <DEL> has no letters; write REF and ALT out"),
        ("chr1:100delG", "write it as chr1:g.100delG"),
        ("chr1:100_103dup", "write it as chr1:g.100_103dup"),
        ("chr1\t100\t.\tG\t.", "a site without a variant); leave the line out"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(text, says):
    with pytest.raises(InputError) as told:
        read_variants(text.encode(), genome=GENOME)
    assert says in str(told.value)


@pytest.mark.parametrize("header", ["chrom\tstart0\tend1", "Chr\tStart\tEnd", "seq from to2"])
def test_column_names_with_digits_are_a_header_too(header):
    ((one,), changes, rejected) = read_bed(f"{header}\r\nchr1\t10\t50\r\n".encode())
    assert (one.interval.start, one.interval.end, rejected) == (10, 50, ())
    assert "header" in [change.kind for change in changes]


@pytest.mark.parametrize("wrong", ["1.1e6", "1,000", "ten"])
def test_a_number_written_otherwise_says_how(wrong):
    with pytest.raises(InputError, match="not a whole number; write digits only"):
        read_bed(f"chr1\t5\t9\nchr1\t{wrong}\t2000000".encode().split(b"\n")[1])


def test_a_gene_among_regions_is_sent_to_its_annotation():
    with pytest.raises(InputError, match="a gene is named beside its annotation"):
        parse_regions("BRCA1")


@pytest.mark.parametrize(
    ("head", "page"),
    [
        ("chr1\t10\t50\n", "regions"),
        ("track name=x\n", "regions"),
        ("chr1:5-9", "regions"),
        ("##gff-version 3\n", "regions"),
        ("##fileformat=VCFv4.2\n", "variants"),
        ("1\t5\t.\tA\tG\t.", "variants"),
        ("chr1:1,000", "regions"),
        ("chr1:1000\u20132000", "regions"),
        ("RHO", "regions"),
        ("gata1", "regions"),
        ("CTCF", "regions"),
        *((word, "regions") for word in ("KRAS", "MYC", "HBB", "SRY", "MYB", "SDHB", "MYC, KRAS")),
        ("RHO " * 1_023 + "ENSG", "regions"),
        ("RHO,\n" * 819 + "R", "regions"),
        ("RHO " * 1_023 + "HLA-", "regions"),
        ("NKX2-5, CAT\nHLA-DRB1", "regions"),
        ("ENSG00000163914.3", "regions"),
        ("NM_000539", "regions"),
        ("chr8-140300616-T-G", "variants"),
        ("X_1403_AT_A", "variants"),
        ("8:140300616 T>G", "variants"),
        ("8\t140300616\tT\tG", "variants"),
        ("NC_000008.11:g.140300616T>G", "variants"),
        (">chr1:5-9\nACGT", ""),
        ("ACGTACGT", ""),
        ("LOCUS  X", ""),
    ],
)
def test_coordinates_say_where_they_are_read(head, page):
    assert reader(head) == page


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("rs1234", "no database is asked where an rs number lies"),
        ("NM_000539.3:c.68C>A", "looks like a variant of a transcript or protein (HGVS)"),
        ("NP_000530.1:p.Pro23His", "or as genomic HGVS (g.)"),
    ],
)
def test_what_no_page_reads_as_it_is_says_how_to_write_it(head, says):
    assert reader(head) == ""
    assert "page Variants" in text_sentence(head, "it") and says in text_sentence(head, "it")


@pytest.mark.parametrize(
    ("text", "sequence"),
    [("BRCA", "NNCA"), ("RA", "NA"), ("MYC\n;KRAS\nAT", "NNCAT"),
     ("MYC\n" * 1_024 + "ACGT" * 1_000, "NNC" * 1_024 + "ACGT" * 1_000)],
)  # fmt: skip
def test_codes_that_are_read_are_no_names(text, sequence):
    assert read_text(text).sequences.sequences == (sequence,)


@pytest.mark.parametrize(
    "head",
    ["A", "CAT", "ACGT", "TTN", "CAT TTN", "acgt\nacgt", "ACGTRYN", "ACGT--AC-G", "1 acgt acgt",
     "ACGTACGTAC 10", "ACGT-10-ACGT-ACGT", "1\tacgt\tacgt", "ACGTACGTACGZ",
     "MKVLAAGIVG LLERTTQWEE"],
)  # fmt: skip
def test_letters_and_slips_in_them_are_no_names_and_no_places(head):
    assert text_sentence(head, "it") is None and reader(head) == ""


def test_a_list_of_genes_is_every_gene_once():
    assert listed(" Abc1,xyz;\tabc1\nAbc1  ") == ("Abc1", "xyz", "abc1")
    found, changes, rejected = named_promoters(GENES, "xyz, nosuch abc1 ABC1 T4.1", 30, 10, GENOME)
    single = [*promoters(GENES.starts("xyz"), 30, 10, GENOME),
              *promoters(GENES.starts("abc1"), 30, 10, GENOME)]  # fmt: skip
    assert list(found) == single
    assert [one.record for one in rejected] == ["nosuch"] and changes == ()


def test_a_list_of_genes_is_bounded_and_says_what_is_wrong():
    with pytest.raises(InputError, match="nosuch"):
        named_promoters(GENES, "nosuch other", 30, 10, GENOME)
    with pytest.raises(InputError):
        named_promoters(GENES, " ,", 30, 10, GENOME)
    with pytest.raises(LimitError, match="more than 2 transcription starts"):
        few = replace(APP_LIMITS, max_records=2)
        named_promoters(GENES, "abc1 xyz", 30, 10, GENOME, limits=few)
    with pytest.raises(LimitError, match="has 3 names, more than the 2"):
        named_promoters(GENES, "a b c", 30, 10, GENOME, limits=few)
    with pytest.raises(LimitError, match="name fewer genes"):
        listed("a " * MAX_TEXT)


def test_starts_of_a_list_of_genes_are_bounded_before_they_are_made(monkeypatch):
    line = "chr1\tx\ttranscript\t{}\t900\t.\t+\t.\t"
    alike = "".join(
        line.format(i + 100) + f'gene_id "G{i}"; transcript_id "t"; gene_name "X"\n'
        for i in range(300)
    )
    genes = read_genes(alike.encode())
    made = []
    monkeypatch.setattr(
        gene_names, "replace", lambda one, **new: made.append(1) or replace(one, **new)
    )
    text = " ".join(f"G{i}" for i in range(300))
    found, _, _ = named_promoters(genes, f"{text} {text.lower()}", 5, 5, GENOME)
    assert [one.name for one in found] == ["X", *(f"X_{i}" for i in range(2, 301))]
    assert len(made) == 300
    monkeypatch.setattr(gene_names, "_MOST_TRANSCRIPTS", 100)
    with pytest.raises(LimitError, match="more than 100 transcripts"):
        named_promoters(genes, text, 5, 5, GENOME)
    monkeypatch.setattr(gene_names, "promoters", None)
    with pytest.raises(LimitError, match="more than 299 transcription starts"):
        named_promoters(genes, "X", 5, 5, GENOME, limits=replace(APP_LIMITS, max_records=299))


def test_near_names_are_looked_for_few_unknown_ones(monkeypatch):
    asked = []
    monkeypatch.setattr(Genes, "_near", lambda self, name: asked.append(name) or ["Abc1"])
    text = " ".join(f"no{i}" for i in range(40))
    _, _, rejected = named_promoters(GENES, f"xyz {text}", 30, 10, GENOME)
    assert asked == [f"no{i}" for i in range(5)]
    assert [one.record for one in rejected] == text.split()
    assert "did you mean Abc1?" in rejected[4].text
    assert "no gene or transcript 'no39'" in rejected[39].text
    assert "check its spelling" in rejected[39].text
