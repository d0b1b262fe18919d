"""``mutagenesis --indels --stretches``: tables beside the table of substitutions."""

import io

import pandas as pd
import pytest

from gexp_core import pipeline
from gexp_core.__main__ import main
from gexp_core.explain import stretches
from gexp_core.inputs import read_text
from tests.toy_models import random_sequence

TEXT = random_sequence(30, 1)


def table(path):
    return pd.read_csv(io.BytesIO(path.read_bytes()), sep="\t", keep_default_na=False)


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "in.fa"
    path.write_text(f">a\n{TEXT}\n")
    return str(path)


def test_each_row_is_the_difference_of_two_predictions(toy, fasta, tmp_path):
    out, indels, stretches = (tmp_path / name for name in ("o.tsv", "i.tsv", "s.tsv"))
    words = ["--indels", str(indels), "--stretches", str(stretches), "--stretch", "6"]
    words += ["--stretch-by", "n", "--track", "track1", "--out", str(out)]
    assert main(["mutagenesis", "--model", toy, fasta, *words]) == 0
    assert len(table(out)) == 90
    got = table(indels)
    assert list(got.columns) == [
        *("sequence", "kind", "start", "end", "ref", "alt", "track", "effect", "spread")
    ]
    assert got["kind"].value_counts().to_dict() == {"deletion": 30, "insertion": 120}
    row = got[(got["kind"] == "insertion") & (got["start"] == 7) & (got["alt"] == "G")].iloc[0]
    lost = got[got["kind"] == "deletion"].iloc[12]
    assert (lost["start"], lost["end"], lost["ref"], lost["alt"]) == (12, 13, TEXT[12], "")
    gone = table(stretches).iloc[4]
    assert (gone["start"], gone["end"], gone["ref"]) == (4, 10, TEXT[4:10])
    mutants = (
        (row, TEXT[:7] + "G" + TEXT[7:-1]),
        (lost, TEXT[:12] + TEXT[13:] + "N"),
        (gone, TEXT[:4] + "N" * 6 + TEXT[10:]),
    )
    for one, text in mutants:
        given = read_text(f">r\n{TEXT}\n>m\n{text}\n").sequences
        y = pipeline.predict_named(toy, given).means()[:, 1]
        assert one["effect"] == pytest.approx(y[1] - y[0], abs=3e-6)
        assert one["track"] == "track1"


def test_a_stretch_with_nothing_to_replace_has_no_value(toy, fasta, tmp_path):
    out, made = tmp_path / "o.tsv", tmp_path / "s.tsv"
    words = ["--stretches", str(made), "--stretch", "2", "--out", str(out)]
    assert main(["mutagenesis", "--model", toy, fasta, *words]) == 0
    got = table(made)
    alike = got["ref"].str[0] == got["ref"].str[1]
    assert alike.any() and not alike.all()
    for column in ("effect", "spread"):
        assert ((got[column] == "") == alike).all()


def test_a_table_that_cannot_be_written_is_told_first(toy, fasta, tmp_path, capsys):
    words = ["--indels", str(tmp_path / "no" / "i.tsv"), "--out", str(tmp_path / "o.tsv")]
    assert main(["mutagenesis", "--model", toy, fasta, *words]) == 2
    assert "there is no folder" in capsys.readouterr().err
    assert not (tmp_path / "o.tsv").exists()


def test_outputs_do_not_overwrite_each_other_and_only_the_table_goes_to_standard_output(
    toy, fasta, tmp_path, capsys
):
    one = str(tmp_path / "t.tsv")
    for words in (["--out", one, "--indels", one], ["--indels", one, "--stretches", one]):
        assert main(["mutagenesis", "--model", toy, fasta, *words]) == 2
        assert "two outputs have the same name" in capsys.readouterr().err
    assert main(["mutagenesis", "--model", toy, fasta, "--indels", "-"]) == 2
    assert main(["attribute", "--model", toy, fasta, "--out", "-"]) == 2
    assert capsys.readouterr().err.count("'-' would be standard output") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["in.fa"]


def test_what_is_refused_later_does_not_take_the_table_along(toy, tmp_path, capsys):
    both = tmp_path / "two.fa"
    both.write_text(f">a\n{TEXT}\n>b\n{TEXT}\n")
    out, pairs = tmp_path / "o.tsv", tmp_path / "p.tsv"
    words = ["--out", str(out), "--pairs", str(pairs), "--pairs-in", "1-5"]
    assert main(["mutagenesis", "--model", toy, str(both), *words]) == 2
    assert "pairs are asked of one" in capsys.readouterr().err
    assert len(table(out)) == 180 and not pairs.exists()


@pytest.mark.parametrize("option", ["--stretch 7", "--stretch-by n", "--seed 3"])
def test_an_option_of_stretches_is_refused_without_them(toy, fasta, tmp_path, capsys, option):
    out, indels = tmp_path / "o.tsv", tmp_path / "i.tsv"
    words = ["--out", str(out), "--indels", str(indels), *option.split()]
    assert main(["mutagenesis", "--model", toy, fasta, *words]) == 2
    said = capsys.readouterr().err
    assert f"{option.split()[0]} is of the stretches" in said and "--stretches OUT.tsv" in said
    assert not out.exists() and not indels.exists()


@pytest.mark.parametrize(
    ("most", "words", "said"),
    [
        (119, "--indels {d}/i.tsv", "--indels would take 120 readings of insertions"),
        (129, "--stretches {d}/s.tsv --stretch 5", "--stretches would take 130 readings"),
        (25, "--stretches {d}/s.tsv --stretch 5 --stretch-by n", "would take 26 readings"),
    ],
)
def test_tables_that_are_too_large_are_told_before_anything_is_computed(
    toy, fasta, tmp_path, capsys, monkeypatch, most, words, said
):
    monkeypatch.setattr(stretches, "MOST", most)
    words = ["mutagenesis", "--model", toy, fasta, *words.format(d=tmp_path).split()]
    out = tmp_path / "o.tsv"
    assert main([*words, "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert said in told and "--part START-END" in told
    assert [path.name for path in tmp_path.iterdir()] == ["in.fa"]
    assert main([*words, "--out", str(out), "--part", "1-20"]) == 0
    monkeypatch.setattr(stretches, "MOST", most + 1)
    assert main([*words, "--out", str(out)]) == 0
