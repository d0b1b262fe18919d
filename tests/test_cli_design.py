"""``design``: the same designs as the page's, written as a table, FASTA and GenBank."""

import io

import pandas as pd
import pytest

from gexp_core import pipeline
from gexp_core.__main__ import main
from gexp_core.edits import design as search
from gexp_core.edits.design import design_named
from gexp_core.edits.goals import DesignSettings
from gexp_core.edits.notation import edited
from gexp_core.types import SequenceSet, Target
from tests.toy_models import random_sequence

TEXT, OTHER = random_sequence(60, 4), random_sequence(60, 5)


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "in.fa"
    path.write_text(f">a\n{TEXT}\n>b\n{OTHER}\n")
    return str(path)


def table(path):
    return pd.read_csv(io.BytesIO(path.read_bytes()), sep="\t", keep_default_na=False)


def test_the_designs_are_those_of_the_page(toy, fasta, tmp_path):
    out = tmp_path / "o.tsv"
    words = ["--goal", "down", "--steps", "3", "--beam", "2", "--keep", "2", "--track", "track1"]
    words += ["--protect", "1-30, 45", "--hold", "0.5", "--avoid", "BsaI", "GATC"]
    words += ["--left", "acgtac", "--gc", "10", "90", "--out", str(out)]
    assert main(["design", "--model", toy, fasta, *words]) == 0
    got = table(out)
    assert got["name"].tolist() == [
        *("a", "a design 1", "a design 2", "b", "b design 1", "b design 2")
    ]
    settings = DesignSettings(
        goal="lower", steps=3, beam=2, protected=((0, 30), (44, 45)), hold=0.5,
        avoid=("GGTCTC", "GATC"),
    )  # fmt: skip
    for name, text, first in (("a", TEXT, 0), ("b", OTHER, 3)):
        made = design_named(toy, SequenceSet((name,), (text,)), settings=settings, target=Target(1))
        assert got["sequence"].tolist()[first : first + 3] == [
            *(text, made.beam[0].sequence, made.beam[1].sequence)
        ]
    for row in got.itertuples():
        original = TEXT if row.name.startswith("a") else OTHER
        assert edited(original, row.edits).sequence == row.sequence
        assert row.sequence[:30] == original[:30] and row.sequence[44] == original[44]
        y = pipeline.predict_named(toy, SequenceSet(("x",), (row.sequence,))).means()[0]
        assert row.track1 == pytest.approx(y[1], abs=1e-4)  # effects are differences of float32
        assert row.oligo == "ACGTAC" + row.sequence
    low = got["track1"]
    assert low[1] < low[0] and low[4] < low[3]


def test_a_number_is_a_goal_and_files_read_back(toy, fasta, tmp_path, capsys):
    from Bio import SeqIO

    start = pipeline.predict_named(toy, SequenceSet(("a",), (TEXT,))).means()[0, 0]
    wanted = f"{start + 0.05:.4f}"
    words = ["design", "--model", toy, fasta, "--goal", wanted, "--right", "TTTTGGGG"]
    files = {end: tmp_path / f"o.{end}" for end in ("fa", "gb", "tsv")}
    for path in files.values():
        assert main([*words, "--out", str(path)]) == 0
    got = table(files["tsv"])
    y = got[next(c for c in got.columns if c.startswith("track"))]
    assert abs(y[1] - float(wanted)) < abs(y[0] - float(wanted))
    for end, kind in (("fa", "fasta"), ("gb", "genbank")):
        records = [str(one.seq) for one in SeqIO.parse(io.StringIO(files[end].read_text()), kind)]
        assert records == got["oligo"].tolist()
    assert ": 1 change, from" in capsys.readouterr().err
    plain = tmp_path / "plain.fasta"
    assert main([*words[:-2], "--out", str(plain)]) == 0
    assert [str(one.seq) for one in SeqIO.parse(io.StringIO(plain.read_text()), "fasta")] == got[
        "sequence"
    ].tolist()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--goal", "sideways"], "neither up, down nor a number"),
        (["--goal", "up", "--steps", "999"], "steps is 999"),
        (["--goal", "up", "--protect", "5-900"], "not in the sequence"),
        (["--goal", "up", "--avoid", "NotAnEnzyme"], "is not an enzyme"),
        (["--goal", "up", "--left", "ACGJ"], "'J' at position 4"),
        (["--goal", "nan"], "finite"),
    ],
)
def test_problems_are_one_sentence_and_nothing_is_written(
    toy, fasta, tmp_path, capsys, words, said
):
    out = tmp_path / "o.tsv"
    assert main(["design", "--model", toy, fasta, *words, "--out", str(out)]) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_the_ending_chooses_the_file(toy, fasta, tmp_path, capsys):
    assert main(["design", "--model", toy, fasta, "--goal", "up", "--out", "x.doc"]) == 2
    assert "end in .tsv, .fa or .gb" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("protect", "said"),
    [("25-40", "stretch 25-40 is not in the sequence of 30"), ("1-30", "every base is protected")],
)
def test_a_later_sequence_that_cannot_be_is_told_before_the_first_is_designed(
    toy, tmp_path, capsys, monkeypatch, protect, said
):
    begun = []
    monkeypatch.setattr(search, "design_named", lambda *_, **__: begun.append(True))
    given, out = tmp_path / "in.fa", tmp_path / "o.tsv"
    given.write_text(f">a\n{TEXT}\n>short\n{OTHER[:30]}\n")
    words = ["--goal", "up", "--protect", protect, "--out", str(out)]
    assert main(["design", "--model", toy, str(given), *words]) == 2
    told = capsys.readouterr().err
    assert "--protect does not fit sequence 'short'" in told and said in told
    assert not begun and not out.exists()
