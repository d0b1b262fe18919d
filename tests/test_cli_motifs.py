"""The command ``motifs``: files that open, notes of what was found, mistakes in a sentence."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gexp_core.__main__ import main
from gexp_core.errors import LimitError
from gexp_core.motifs import finding, first_layer, read_meme, scanning
from tests.motifs import made
from tests.toy_models import random_sequence


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "in.fa"
    path.write_text("".join(f">s{i}\n{random_sequence(60, i)}\n" for i in range(3)))
    return str(path)


@pytest.fixture
def quick(monkeypatch):
    """Find without searching, and keep how it was asked for."""
    asked = {}

    def find(model, sequences, *, settings, scores, target, seed, known, database, at_work,
             batch_size, progress):  # fmt: skip
        asked.update(settings=settings, scores=scores, known=known, database=database, seed=seed)
        found = made.find(
            model.card.name, sequences, known, settings=settings, scores=scores, target=target,
            seed=seed, database=database, progress=lambda done, total: None,
        )  # fmt: skip
        return found if at_work else replace(found, at_work=None)

    monkeypatch.setattr(finding, "find_motifs", find)
    return asked


def run(*words):
    return main(["motifs", "--model", "toy-conv", *words])


def test_the_folder_holds_everything(toy, fasta, tmp_path, capsys, quick):
    out = tmp_path / "out"
    words = ("--seed", "3", "--least", "7", "--chance", "0.3", "--single-strand")
    assert run(fasta, "--out", str(out), *words) == 0
    assert {p.name for p in out.iterdir()} == {
        *("motifs.html", "motifs.meme", "motifs.transfac", "motifs.h5", "motifs.tsv"),
        *("motif_names.tsv", "motif_sites.csv", "seqlets.tsv", "provenance.json", "logos"),
        *("known_at_work.tsv", "known_at_work_places.csv"),
        "results.zip",
    }
    assert len(list((out / "logos").iterdir())) == 6
    assert len(read_meme((out / "motifs.meme").read_bytes())) == 2
    sites = pd.read_csv(out / "motif_sites.csv")
    assert list(sites["motif"]) == ["raises 1", "lowers 1"] and np.isfinite(sites.contribution[0])
    known = pd.read_csv(out / "known_at_work.tsv", sep="\t")
    assert list(known["name"]) == ["Crx"] and list(known["relatives"]) == ["OTX2"]
    assert list(pd.read_csv(out / "known_at_work_places.csv")["start"]) == [4]
    told = capsys.readouterr().err
    assert "known motif at work: Crx (also OTX2), raises, 1 place," in told
    assert "raises 1: " in told and "like Crx MA0467.3" in told and "like nothing known" in told
    assert "2 stretches of the scores raise the prediction" in told
    assert "1 site (0.25 by chance)" in told
    assert quick["settings"].least_sites == 7 and quick["seed"] == 3
    assert quick["settings"].chance == 0.3
    assert quick["scores"].both_strands is False and quick["scores"].hypothetical
    assert quick["database"] == "JASPAR 2026 CORE, vertebrates"


def test_known_motifs_at_work_are_left_out_when_asked(toy, fasta, tmp_path, quick):
    assert run(fasta, "--out", str(tmp_path / "out"), "--no-known") == 0
    assert not list((tmp_path / "out").glob("known*"))
    assert "at work" not in (tmp_path / "out" / "motifs.html").read_text()


def test_own_motifs_name(toy, fasta, tmp_path, quick):
    one = "MOTIF m{k} A\nletter-probability matrix: w= 1\n1 0 0 0\n"
    path = tmp_path / "own.meme"
    path.write_text("MEME version 4\n\n" + "".join(one.format(k=k) for k in range(25)))
    assert run(fasta, "--out", str(tmp_path / "out"), "--meme", str(path)) == 0
    assert len(quick["known"]) == 25 and quick["database"] == "own.meme"


def test_too_few_own_motifs_are_refused_before_the_search(toy, fasta, tmp_path, capsys, quick):
    path = tmp_path / "own.meme"
    path.write_text("MEME version 4\n\nMOTIF a A\nletter-probability matrix: w= 1\n1 0 0 0\n")
    assert run(fasta, "--out", str(tmp_path / "out"), "--meme", str(path)) == 2
    assert "1 known motifs are too few" in capsys.readouterr().err
    assert not quick


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--meme", "none.meme"], "the motifs 'none.meme' cannot be read"),
        (["--meme", "x", "--database", "jaspar-fungi"], "both say what motifs are named by"),
        (["--least", "2"], "not a whole number from 5"),
        (["--method", "saliency"], "invalid choice"),
        (["--track", "nothing"], "nothing"),
        (["--fdr", "0.9"], "the share of false seqlets, 0.9, is outside 0 to 0.5"),
        (["--chance", "0"], "the share of sites by chance, 0.0, is outside 0 to 0.8"),
    ],
)
def test_mistakes_end_in_a_sentence_before_anything_is_computed(
    toy, fasta, tmp_path, capsys, quick, words, said
):
    try:
        code = run(fasta, "--out", str(tmp_path / "out"), *words)
    except SystemExit as left:
        code = left.code
    assert code == 2
    told = capsys.readouterr().err
    assert said in told and "Traceback" not in told
    assert not quick and not (tmp_path / "out").exists()


def test_too_many_hits_cost_the_table_of_hits_alone(
    toy, fasta, tmp_path, capsys, quick, monkeypatch
):
    def refuse(*_, **__):
        raise LimitError("the scan has more than 500,000 hits")

    monkeypatch.setattr(scanning, "scan", refuse)
    out = tmp_path / "out"
    assert run(fasta, "--out", str(out), "--scan") == 0
    assert (out / "motifs.tsv").exists() and not (out / "known_hits.tsv").exists()
    assert "known_hits.tsv is left out: known motifs fit" in capsys.readouterr().err


def test_filters_say_how_many_are_written(toy, fasta, tmp_path, capsys, quick, monkeypatch):
    def read(model, sequences, known, *, member, **_):
        tick = {"progress": lambda done, total: None}
        return made.read(
            model.card.name, sequences, known, member=member, database="", seed=0, **tick
        )

    monkeypatch.setattr(first_layer, "read_filters", read)
    assert run(fasta, "--out", str(tmp_path / "out"), "--filters") == 0
    said = "filters of network 2: 2 are written, at most the 64 with the strongest responses"
    assert said in capsys.readouterr().err
    assert (tmp_path / "out" / "filters" / "network_2.tsv").exists()
    told = json.loads((tmp_path / "out" / "filters" / "network_2.json").read_text())
    assert told["settings"] == {"work": "filters"}
