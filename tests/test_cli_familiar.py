"""Notes on sequences beside the training data: composition and overlap, as the pages say."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from gexp_core.__main__ import main
from gexp_core.cli import familiar
from gexp_core.encoding import indices
from gexp_core.inputs.composition import training_figures
from gexp_core.inputs.overlap import FILE, sketch, to_bytes
from gexp_core.models.card import read_card
from tests.toy_models import random_sequence

ROWS = [random_sequence(60, seed) for seed in range(300)]
NEW, SEEN, STRANGE = random_sequence(60, 777), ROWS[3], "CA" * 30


@pytest.fixture
def trained(model_folder, tmp_path, monkeypatch):
    """The toy model as if it had been trained on ROWS."""
    folder = tmp_path / "models" / "toy-conv"
    shutil.copytree(model_folder / "toy-conv", folder)
    codes = [indices(row) for row in ROWS]
    card = replace(
        read_card(folder / "card.json"),
        composition=training_figures(np.stack(codes)),
        training={"data_sha256": "d" * 64},
    )
    (folder / "card.json").write_text(card.to_json())
    (folder / FILE).write_bytes(to_bytes(sketch(codes, data_sha256="d" * 64)))
    monkeypatch.setenv("GEXP_MODELS", str(folder.parent))
    return folder


@pytest.fixture
def told(trained, tmp_path, capsys):
    """Return a function that predicts sequences and gives the notes on training data."""

    def predict(*texts):
        path = tmp_path / "in.fa"
        path.write_text("".join(f">s{i}\n{text}\n" for i, text in enumerate(texts)))
        assert main(["predict", "--model", "toy-conv", str(path)]) == 0
        lines = capsys.readouterr().err.splitlines()
        return [line for line in lines if line.startswith("gexp: training data: ")]

    return predict


def test_what_is_usual_and_new_gets_no_note(told):
    assert told(NEW) == []


def test_strange_and_seen_sequences_are_counted(told):
    outside, overlapping = told(NEW, STRANGE, SEEN, ROWS[9])
    assert "1 of 4 sequences is unlike every training sequence of toy-conv" in outside
    assert "2 of 4 sequences overlap with sequences that toy-conv was trained on" in overlapping


def test_of_very_many_the_first_are_compared(told, monkeypatch):
    small = replace(familiar.APP_LIMITS, max_bases_total=130)
    monkeypatch.setattr(familiar, "APP_LIMITS", small)
    (said,) = told(NEW, SEEN, STRANGE)
    assert "1 of the first 2 of 3 sequences, which were compared, overlaps" in said
    monkeypatch.setattr(familiar, "APP_LIMITS", replace(small, max_bases_total=59))
    (said,) = told(NEW, SEEN)
    assert "nothing was compared with it, as the first sequence has more than 59 bases" in said


def test_figures_of_other_data_or_none_say_nothing_and_a_broken_sketch_says_so(told, trained):
    (trained / FILE).write_bytes(b"no sketch")
    (said,) = told(SEEN)
    assert "cannot be read" in said
    (trained / FILE).write_bytes(to_bytes(sketch([indices(SEEN)], data_sha256="e" * 64)))
    assert told(SEEN) == []
    (trained / FILE).unlink()
    assert told(SEEN) == []


def test_figures_that_are_not_whole_are_said_and_stop_nothing(told, trained):
    card = read_card(trained / "card.json")
    lacking = {name: values for name, values in card.composition.items() if name != "gc"}
    (trained / "card.json").write_text(replace(card, composition=lacking).to_json())
    lack, overlapping = told(NEW, STRANGE, SEEN)
    assert "the figures on the training rows lack gc" in lack
    assert "1 of 3 sequences overlaps with" in overlapping


def test_of_a_model_without_figures_nothing_is_said_whatever_is_read(told, trained, monkeypatch):
    card = read_card(trained / "card.json")
    (trained / "card.json").write_text(replace(card, composition={}).to_json())
    monkeypatch.setattr(familiar, "APP_LIMITS", replace(familiar.APP_LIMITS, max_bases_total=59))
    (said,) = told(NEW)
    assert "nothing was compared" in said
    (trained / FILE).unlink()
    assert told(NEW) == []
