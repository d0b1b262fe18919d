"""The command ``adopt``: from three files of a publisher to a model that every command takes."""

import shlex

import numpy as np
import pandas as pd
import pytest

from gexp_core.__main__ import main
from gexp_core.cli import arguments
from gexp_core.encoding import reverse_complement
from gexp_core.models import registry
from tests.models import published
from tests.toy_models import random_sequence


def call(capfd, *words):
    capfd.readouterr()
    try:
        code = main([str(word) for word in words])
    except SystemExit as left:
        code = int(left.code or 0)
    out, err = capfd.readouterr()
    return code, out, err


def words(sources, out):
    file, parameters, targets = sources
    return "adopt", file, "--params", parameters, "--targets", targets, "--out", out


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "from").mkdir()
    return published.write_all(tmp_path / "from")


def test_an_adopted_model_predicts_like_any_other(tmp_path, sources, capfd, monkeypatch):
    code, out, err = call(capfd, *words(sources, tmp_path / "models" / "mine"))
    assert (code, out) == (0, "")
    assert "mine: 5 tracks" in err
    monkeypatch.setenv("GEXP_MODELS", str(tmp_path / "models"))
    assert "mine" in registry.names()
    text = random_sequence(published.LENGTH, 1)
    (tmp_path / "in.fa").write_text(f">a\n{text}\n>turned\n{reverse_complement(text)}\n")
    code, _, err = call(
        capfd, "predict", "--model", "mine", tmp_path / "in.fa", "--out", tmp_path / "out.tsv"
    )
    assert code == 0, err
    table = pd.read_csv(tmp_path / "out.tsv", sep="\t")
    assert len(table) == 2 * published.BINS * published.TRACKS
    y = table["prediction"].to_numpy().reshape(2, published.BINS, published.TRACKS)
    # six digits are written
    np.testing.assert_allclose(y[1], y[0][::-1][:, [1, 0, 2, 4, 3]], atol=2e-5, rtol=1e-5)
    assert table["start"].min() == (published.LENGTH - 4 * published.BINS) // 2


def test_the_same_files_give_the_same_bytes(tmp_path, sources, capfd):
    out = tmp_path / "models" / "mine"
    assert call(capfd, *words(sources, out))[0] == 0
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    assert set(first) == {"weights.safetensors", "card.json"}
    assert call(capfd, *words(sources, out))[0] == 0  # its own folder may be written again
    assert {path.name: path.read_bytes() for path in out.iterdir()} == first


def test_what_cannot_be_adopted_leaves_nothing_behind(tmp_path, sources, capfd):
    sources[0].write_bytes(b"no HDF5")
    code, _, err = call(capfd, *words(sources, tmp_path / "models" / "mine"))
    assert code == 2
    assert "not an HDF5 file" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "models").exists()


def test_a_place_that_cannot_be_a_model_is_told_first(tmp_path, sources, capfd):
    bundled = registry.names()[0]
    for out, said in (
        (tmp_path / bundled, "bundled"),
        (tmp_path / "from", "no model"),
        (sources[0], "is a file"),
        (tmp_path / "models" / "a b", "cannot be a model's name"),
    ):
        code, _, err = call(capfd, *words(sources, out))
        assert code == 2
        assert said in err


def test_help_holds_an_example_that_parses(capfd):
    code, out, _ = call(capfd, "adopt", "--help")
    assert code == 0
    example = shlex.split(out.split("example:\n")[1].strip())
    assert arguments.parser().parse_args(example[3:]).out == "models/NAME"
