"""The input check beside a model's training data: its sentence, its table, and leaving out."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gexp_core.encoding import indices
from gexp_core.inputs.composition import training_figures
from gexp_core.models.card import read_card
from tests.toy_models import random_sequence
from tests.ui.conftest import ROOT, give, plain

TRAINING = np.stack([indices(random_sequence(60, seed)) for seed in range(300)])
USUAL = f">calm\n{random_sequence(60, 777)}\n"
STRANGE = f">strange\n{'CA' * 30}\n>short\nACGTACGT\n"


@pytest.fixture
def at(model_folder, tmp_path, monkeypatch):
    """The app with a toy model whose card knows its training rows."""
    shutil.copytree(model_folder / "toy-conv", tmp_path / "toy-known")
    path = tmp_path / "toy-known" / "card.json"
    card = replace(read_card(path), name="toy-known", composition=training_figures(TRAINING))
    path.write_text(card.to_json())
    monkeypatch.setenv("GEXP_MODELS", str(tmp_path))
    made = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    made.query_params["model"] = "toy-known"
    return made.run()


def titles(at):
    return [plain(one.label) for one in at.expander if "training data" in one.label]


def test_usual_sequences_get_one_line_and_no_warning(at):
    give(at, USUAL)
    assert not at.exception and not at.warning
    assert titles(at) == ["Compared with the training data of toy-known: 1 usual"]


def test_a_strange_one_is_told_listed_first_and_can_be_left_out(at):
    give(at, USUAL + STRANGE)
    assert "One sequence is unlike every training sequence" in plain(at.warning[0].value)
    assert titles(at)[0].endswith("1 outside, 1 not judged, 1 usual")
    table = at.dataframe[-1].value
    assert table["Sequence"].tolist() == ["strange", "short", "calm"]
    assert table["GC"][0] == 50
    # CA and AC, TG and GT on the other strand: two triplets take turns
    assert table["Repetition"][0] == pytest.approx(0.491, abs=5e-4)
    before = at.session_state["_workspace"]
    at.button(key="leave_outside").click()
    at.run()
    check = at.session_state["_workspace"].check
    assert not at.exception
    assert check.sequences.names == ("calm", "short")
    assert [one.record for one in check.rejected] == ["strange"]
    assert "leave_outside" not in [one.key for one in at.button]
    assert at.session_state["_workspace"] is not before  # the old work keeps its own link


def test_where_all_are_strange_nothing_can_be_left_out(at):
    give(at, f">a\n{'A' * 60}\n")
    assert plain(at.warning[0].value).startswith("The sequence is unlike")
    assert "leave_outside" not in [one.key for one in at.button]


def test_a_card_without_figures_draws_nothing(app):
    give(app, STRANGE)
    assert not app.exception and not app.warning and not titles(app)
