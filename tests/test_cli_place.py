"""The options that choose a place on a long sequence, against the same question in Python."""

import numpy as np
import pandas as pd
import pytest

from gexp_core import pipeline
from gexp_core.__main__ import main
from gexp_core.models.adapters.adopt import adopt
from gexp_core.types import SequenceSet, Target
from tests.models import published
from tests.toy_models import random_sequence

TEXT = random_sequence(published.LENGTH, 8)
SIZE, MARGIN = 4, 64  # bases of a bin of the tiny model, and those without one at either end


@pytest.fixture
def asked(tmp_path, monkeypatch):
    folder = tmp_path / "models" / "tiny"
    folder.mkdir(parents=True)
    made = adopt(*published.write_all(tmp_path), name="tiny")
    (folder / "weights.safetensors").write_bytes(made.weights)
    (folder / "card.json").write_text(made.card.to_json())
    monkeypatch.setenv("GEXP_MODELS", str(folder.parent))
    (tmp_path / "in.fa").write_text(f">a\n{TEXT}\n")
    return tmp_path


def run(command, folder, *options, model="tiny"):
    given = [command, "--model", model, str(folder / "in.fa"), *options]
    return main(given)


def test_changes_of_a_part_on_the_bins_over_a_place(asked):
    out = asked / "out.tsv"
    where = ["--part", "501-512", "--explain", "500-509", "--out", str(out)]
    assert run("mutagenesis", asked, "--track", "b", *where) == 0
    table = pd.read_csv(out, sep="\t", comment="#")
    assert sorted(table["position"].unique()) == list(range(501, 513)) and len(table) == 36
    bins = ((499 - MARGIN) // SIZE, (508 - MARGIN) // SIZE + 1)
    made = pipeline.mutagenesis_named(
        "tiny", SequenceSet(("a",), (TEXT,)), target=Target(2, bins), window=(500, 512)
    )
    for row in table.itertuples():
        effect = made.effect[0]["ACGT".index(row.alt), row.position - 501]
        assert row.effect == pytest.approx(effect, abs=1e-6)


def test_the_explained_number_is_that_of_the_bins_over_a_place(asked):
    out = asked / "out.npz"
    options = ["--method", "saliency", "--explain", f"{MARGIN + 1}-{MARGIN + SIZE}"]
    assert run("attribute", asked, *options, "--out", str(out)) == 0
    said = pipeline.predict_named("tiny", SequenceSet(("a",), (TEXT,)))
    with np.load(out) as arrays:
        assert arrays["y"][0] == pytest.approx(said.y[0, 0], abs=1e-6)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("1-100", "do not all lie on it"),
        ("900-1000", "do not all lie on it"),
        ("1000-1100", "do not all lie on it"),
        ("9-3", "not FIRST-LAST"),
    ],
)
def test_a_place_without_bins_is_told(asked, capsys, where, said):
    options = ["--method", "saliency", "--explain", where, "--out", str(asked / "o.npz")]
    try:
        code = run("attribute", asked, *options)
    except SystemExit as error:  # argparse's own
        code = error.code
    assert code == 2
    assert said in capsys.readouterr().err


def test_a_place_beyond_a_short_sequence_is_told(asked, capsys):
    (asked / "in.fa").write_text(f">a\n{TEXT[:100]}\n")
    for where in ("90-101", "200-300"):
        options = ["--method", "saliency", "--explain", where, "--out", str(asked / "o.npz")]
        assert run("attribute", asked, *options) == 2
        assert "do not all lie on it" in capsys.readouterr().err


def test_one_base_is_a_part(asked):
    out = asked / "out.tsv"
    assert run("mutagenesis", asked, "--part", "70-70", "--out", str(out)) == 0
    assert len(pd.read_csv(out, sep="\t", comment="#")) == 3


def test_sequences_of_other_lengths_have_other_bins_there(asked, capsys):
    (asked / "in.fa").write_text(f">a\n{TEXT}\n>b\n{TEXT[:600]}\n")
    options = ["--method", "saliency", "--explain", "300-310", "--out", str(asked / "o.npz")]
    assert run("attribute", asked, *options) == 2
    assert "another length" in capsys.readouterr().err


def test_a_model_of_one_number_has_no_bins_to_choose(asked, capsys):
    options = ["--explain", "30-40", "--out", str(asked / "o.npz")]
    assert run("attribute", asked, *options, model="retina-cnn") == 2
    assert "one number per window" in capsys.readouterr().err


def test_a_track_minus_another(asked, capsys):
    out, part = asked / "out.tsv", ["--part", "501-503", "--explain", "500-509"]
    tables = {}
    for name, options in {"a+": [], "a-": [], "both": ["--minus", "a-"]}.items():
        track = "a+" if name == "both" else name
        given = ["--track", track, *options, *part, "--out", str(out)]
        assert run("mutagenesis", asked, *given) == 0
        tables[name] = pd.read_csv(out, sep="\t", comment="#")
    difference = tables["a+"]["effect"] - tables["a-"]["effect"]
    np.testing.assert_allclose(tables["both"]["effect"], difference, atol=2e-6)
    assert np.abs(difference).max() > 1e-4
    assert set(tables["both"]["track"]) == {"a+ minus a-"}
    for wrong, said in {
        "a+": "'a+' minus itself is 0",
        "z": "has no track 'z'",
        "b": "'a+' is CAGE and 'b' is DNase, whose scales differ",
    }.items():
        given = ["--track", "a+", "--minus", wrong, *part, "--out", str(out)]
        assert run("mutagenesis", asked, *given) == 2
        assert said in capsys.readouterr().err
