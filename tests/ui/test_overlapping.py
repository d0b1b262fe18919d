"""The input check says when sequences are among those that the model was trained on."""

import shutil
from dataclasses import replace

import pytest

from gexp_core import jobs
from gexp_core.encoding import indices
from gexp_core.inputs.overlap import FILE, sketch, to_bytes
from gexp_core.models.card import read_card
from tests.toy_models import random_sequence
from tests.ui.conftest import give, plain

ROWS = [random_sequence(60, seed) for seed in range(40)]


@pytest.fixture
def trained(app, model_folder, tmp_path, monkeypatch):
    """The toy model as if it had been trained on ROWS."""
    folder = tmp_path / "toy-conv"
    shutil.copytree(model_folder / "toy-conv", folder)
    card = replace(read_card(folder / "card.json"), training={"data_sha256": "d" * 64})
    (folder / "card.json").write_text(card.to_json())
    made = sketch([indices(row) for row in ROWS], data_sha256="d" * 64)
    (folder / FILE).write_bytes(to_bytes(made))
    monkeypatch.setenv("GEXP_MODELS", str(tmp_path))
    assert jobs.engine()
    return app.run()


def said(at, kind):
    return [plain(one.value) for one in getattr(at, kind)]


def test_overlap_is_counted_and_listed(trained):
    at = give(trained, f">seen\n{ROWS[3]}\n>new\n{random_sequence(60, 999)}\n")
    assert not at.exception
    assert any(
        "1 of your 2 sequences overlaps with sequences that toy-conv was trained on" in text
        for text in said(at, "warning")
    )
    table = next(d.value for d in at.dataframe if "Longest stretch (1-based)" in d.value)
    assert table["Sequence"].tolist() == ["seen"] and table["At least"][0] > 60


def test_without_overlap_or_without_a_sketch_it_says_so(trained):
    at = give(trained, f">new\n{random_sequence(60, 999)}\n")
    (text,) = [text for text in said(at, "caption") if "No overlap with the 40 sequences" in text]
    assert "(1 of 1 sequence is long enough to be judged)" in text


def test_a_model_without_a_sketch_says_that_nothing_is_known(app):
    at = give(app, f">new\n{random_sequence(60, 999)}\n")
    assert not at.exception
    assert any("is not known here" in text for text in said(at, "caption"))
