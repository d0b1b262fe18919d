"""The command ``regions``: letters against slices of the file, notes, exit codes, the way on."""

import gzip
import io
from types import SimpleNamespace

import pytest

from gexp_core.__main__ import main
from gexp_core.encoding import reverse_complement
from gexp_core.inputs import read_text
from gexp_core.inputs.genome_example import GENES, GENOME, REGIONS, example_bytes
from tests.inputs.example_genome import contigs

LETTERS = {name: text.upper() for name, text in contigs().items()}
CHR1, CHR2 = LETTERS["chr1"], LETTERS["chr2"]


@pytest.fixture
def folder(tmp_path):
    for name in (GENOME, GENES, REGIONS):
        (tmp_path / name).write_bytes(example_bytes(name))
    (tmp_path / "packed.bed.gz").write_bytes(gzip.compress(example_bytes(REGIONS)))
    return tmp_path


@pytest.fixture
def call(folder, monkeypatch, capfdbinary):
    monkeypatch.chdir(folder)

    def run(*words, given=b""):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(given)))
        code = main(["regions", "--genome", GENOME, *words])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


def sequences(fasta):
    """Read FASTA with as few means as can be."""
    records = [part.split("\n", 1) for part in fasta.lstrip(">").split("\n>")]
    return {head.split()[0]: body.replace("\n", "") for head, body in records}


def test_bed_in_windows_is_a_slice_around_the_middle_of_each_region(call, folder):
    code, out, err = call(
        REGIONS, "--length", "61", "--out", "o.fa", "--bed", "o.bed", "--report", "o.tsv"
    )
    assert (code, out) == (0, "")
    made = sequences((folder / "o.fa").read_text())
    # the middle is (start + end) // 2; 61 // 2 = 30 bases before it
    assert (
        made
        == {
            "daisy_start": CHR1[2_930:2_991],
            "thistle_start": reverse_complement(CHR1[9_910:9_971]),
            "one_base": CHR1[5_970:6_031],
            "contig_end": reverse_complement(CHR2[5_939:6_000]),  # shifted: it would pass 6,000
            "longer_than_a_window": CHR1[4_670:4_731],
        }
    )
    for line in (folder / "o.bed").read_text().splitlines():
        chrom, start, end, name, _, strand = line.split("\t")
        text = LETTERS[chrom][int(start) : int(end)]
        assert made[name] == (text if strand == "+" else reverse_complement(text))
    report = (folder / "o.tsv").read_text().splitlines()
    assert report[0].startswith("sequence\tstatus") and len(report) == 1 + 5
    for said in (
        "1 header, track or comment line left out",
        "1 region without a strand",
        "5 regions read, 305 bases",
        "minus strand: 2 regions",
        "shifted: 'contig_end': window shifted 16 bp to the left",
        "no build is asserted",
    ):
        assert said in err


def test_what_is_written_is_bed_again_and_gives_the_same_letters(call, folder):
    _, first, _ = call(REGIONS, "--length", "60", "--bed", "again.bed")
    _, second, _ = call("again.bed")
    assert first == second
    _, packed, _ = call("packed.bed.gz", "--length", "60")
    assert packed == first


def test_typed_regions_bed_lines_and_files_go_together(call):
    code, out, err = call(
        "chr1:101-160:-", REGIONS, "-", given=b"1:101-160\tmine\r\nchr1\t100\t160\tmine\n"
    )
    assert code == 0
    made = sequences(out)
    assert made["chr1:101-160:-"] == reverse_complement(CHR1[100:160])
    assert made["mine"] == made["mine_2"] == CHR1[100:160]
    assert len(made) == 1 + 5 + 2
    assert "'1' is 'chr1' in this genome" in err
    code, out, err = call(REGIONS, REGIONS)
    assert "daisy_start_2" in out and "renamed: 'daisy_start' was used before" in err
    assert len(sequences(out)) == 10


def test_packed_standard_input_is_unpacked(call):
    _, out, _ = call("-", given=gzip.compress(b"chr1\t100\t160\ta\n"))
    assert sequences(out) == {"a": CHR1[100:160]}


def test_genes_give_every_start_in_transcript_direction(call):
    code, out, err = call("daisy", "thistle", "--genes", GENES, "--upstream", "40")
    assert code == 0
    assert sequences(out) == {
        "DAISY_DAISY-1": CHR1[2_960:3_100],
        "DAISY_DAISY-3": CHR1[3_560:3_700],
        "THISTLE": reverse_complement(CHR1[9_800:9_940]),  # its first base is the 9,900th
    }
    assert "start of DAISY-1 and 1 other (DAISY), whose first base is chr1:3,001" in err
    # three quarters of the window upstream, a quarter downstream
    _, out, _ = call("thistle", "--genes", GENES, "--length", "60")
    assert sequences(out) == {"THISTLE": reverse_complement(CHR1[9_885:9_945])}


def test_the_letters_go_on_to_predict(call, toy, folder, monkeypatch, capfdbinary):
    call(REGIONS, "--length", "60", "--out", "o.fa")
    assert read_text((folder / "o.fa").read_text()).sequences.names[0] == "daisy_start"
    assert main(["predict", "--model", toy, "o.fa"]) == 0
    out, _ = capfdbinary.readouterr()
    names = [row.split("\t")[0] for row in out.decode().splitlines()[1:]]
    assert list(dict.fromkeys(names)) == [
        "daisy_start",
        "thistle_start",
        "one_base",
        "contig_end",
        "longer_than_a_window",
    ]


def test_what_lies_outside_is_left_out_with_its_sentence(call):
    code, out, err = call("-", given=b"chr1:1-10 a\nchr1:13,995-14,001 b\nchr9:1-5 c\nchr1:9-5 d\n")
    assert code == 0
    assert sequences(out) == {"a": CHR1[:10]}
    assert "beyond the end of chr1" in err and "no contig 'chr9'" in err
    assert "ends before it begins" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none.bed"], "nor is there a file of that name"),
        (["chr9:1-5"], "no contig 'chr9'"),
        (["chr1:14,001"], "beyond the end of chr1"),
        (["chr1:12,001-12,100"], "holds only N"),
        ([REGIONS, "--length", "20000"], "fewer than the window"),
        ([GENOME], "looks like FASTA"),
        ([GENES], "looks like GFF or GTF"),
        ([REGIONS, "--upstream", "9"], "give --genes too"),
        (["tulip", "--genes", GENES], "no gene or transcript 'tulip'"),
        (["DAISY", "--genes", REGIONS], "not an annotation"),
        (["DAISY", "--genes", GENES, "--upstream", "0", "--downstream", "0"], "make no interval"),
        ([REGIONS, "--out", "no/such.fa"], "there is no folder"),
        ([REGIONS, "--out", "same", "--bed", "same"], "a file of its own"),
        ([REGIONS, "--bed", "-"], "standard output is for the FASTA"),
        (["."], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_writes_nothing(call, folder, words, said):
    before = {path.name for path in folder.iterdir()}
    code, out, err = call(*words)
    assert (code, out) == (2, "")
    assert said in err and "Traceback" not in err
    assert {path.name for path in folder.iterdir()} <= before | {f"{GENOME}.fai"}
