"""Files of candidates, read back by another program."""

import io
from dataclasses import replace

import pytest

from gexp_core.edits.notation import edited
from gexp_core.edits.oligos import OligoSettings, oligos
from gexp_core.export.candidates import Candidate, candidate_table, fasta, genbank
from gexp_core.export.text import tsv
from tests.toy_models import random_sequence

ORIGINAL = random_sequence(100, 1)
TEXTS = {
    "designed one": f"[5{ORIGINAL[4]}>{'A' if ORIGINAL[4] != 'A' else 'C'};50_52del;60_61insACGT]",
    "designed/two <b>": "90_100del",
    "original": "=",
}


def made():
    return [
        Candidate(name, edited(ORIGINAL, text).sequence, ORIGINAL, text, {"t0": 1.25}, "log2")
        for name, text in TEXTS.items()
    ]


def test_fasta_and_table_hold_every_letter():
    SeqIO = pytest.importorskip("Bio.SeqIO", reason="Biopython is not installed")
    read = list(SeqIO.parse(io.StringIO(fasta(made()).decode()), "fasta"))
    assert [str(one.seq) for one in read] == [one.sequence for one in made()]
    assert [one.id for one in read] == ["designed_one", "designed_two_b", "original"]
    assert "t0=1.25 " in read[0].description
    lines = tsv(candidate_table(made())).decode().splitlines()
    assert lines[0].split("\t") == "name edits length t0 unit sequence".split()
    assert [line.split("\t")[5] for line in lines[1:]] == [one.sequence for one in made()]


def test_names_in_fasta_are_unique_and_small_numbers_stay():
    long = "an element with a name of sixty letters, which is a lot of them all"
    names = ["a b", "a_b", f"{long} design 1", f"{long} design 2", "a_b_2"]
    rows = [Candidate(name, "ACGT", "ACGT", "=", {"t0": 0.0000123456}, "") for name in names]
    heads = [line for line in fasta(rows).decode().splitlines() if line.startswith(">")]
    ids = [line[1:].split()[0] for line in heads]
    assert ids[:2] == ["a_b", "a_b_2"] and ids[4] == "a_b_2_2"
    assert len(set(ids)) == 5 and max(map(len, ids)) == 60
    assert ids[3] == ids[2][:58] + "_2"
    assert all("t0=1.23456e-05 " in line for line in heads)
    pytest.importorskip("Bio.SeqIO", reason="Biopython is not installed")
    assert b"1.23456e-05" in genbank(rows)


def test_genbank_read_back_has_the_oligo_its_adapters_and_every_edit():
    SeqIO = pytest.importorskip("Bio.SeqIO", reason="Biopython is not installed")
    chosen = OligoSettings(left="ACTGGCCGCTTGACG", right="CACTGCGGCTCCTGC")
    ordered = oligos([one.name for one in made()], [one.sequence for one in made()], chosen)
    data = genbank(made(), oligos=ordered, settings=chosen)
    assert data == genbank(made(), oligos=ordered, settings=chosen)
    read = list(SeqIO.parse(io.StringIO(data.decode()), "genbank"))
    assert [str(one.seq) for one in read] == [one.sequence for one in ordered]
    for record, one in zip(read, made(), strict=True):
        labels = {f.qualifiers["label"][0]: str(f.extract(record.seq)) for f in record.features}
        assert labels["insert"] == one.sequence
        assert (labels["left adapter"], labels["right adapter"]) == (chosen.left, chosen.right)
    first = {f.qualifiers["label"][0]: str(f.extract(read[0].seq)) for f in read[0].features}
    assert first["60_61insACGT"] == "ACGT"
    assert first["50_52del"] != ""  # the base after the gap, so that a viewer has what to show
    plain = list(SeqIO.parse(io.StringIO(genbank(made()).decode()), "genbank"))
    assert str(plain[1].seq) == ORIGINAL[:89]


def test_the_table_says_what_is_wrong_with_an_oligo():
    chosen = OligoSettings(longest=50)
    ordered = oligos([one.name for one in made()], [one.sequence for one in made()], chosen)
    table = candidate_table(made(), ordered)
    assert table["problems"].str.contains("more than 50").all()
    assert table["oligo"].tolist() == [one.sequence for one in ordered]


def test_a_place_on_a_genome_stands_in_every_file_where_it_is_known():
    SeqIO = pytest.importorskip("Bio.SeqIO", reason="Biopython is not installed")
    first, *others = made()
    rows = [replace(first, place="chr7:101-200(-)"), *others]
    table = candidate_table(
        rows, oligos([one.name for one in rows], [one.sequence for one in rows])
    )
    assert table["genome position"].tolist() == ["chr7:101-200(-)", "", ""]
    assert "genome position" not in candidate_table(others)
    heads = [line for line in fasta(rows).decode().splitlines() if line.startswith(">")]
    assert [line.endswith("genome=chr7:101-200(-)") for line in heads] == [True, False, False]
    read = list(SeqIO.parse(io.StringIO(genbank(rows).decode()), "genbank"))
    assert [one.description.count("chr7:101-200(-)") for one in read] == [1, 0, 0]
