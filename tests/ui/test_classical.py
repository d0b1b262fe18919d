"""What simple predictors say of a visitor's sequence, and what is said where there are none."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from gexp_core.encoding import gc_content
from gexp_core.evaluate import classical as linear
from gexp_core.evaluate.classical import FILE, WORDS, LinearPredictors
from gexp_core.models import registry
from gexp_core.models.card import EffectFit, Metric, read_card
from gexp_core.ui import classical
from gexp_core.ui.workbench import meaning
from tests.toy_models import random_sequence, toy_card
from tests.ui.conftest import plain

TEXT = random_sequence(60, 4)


@pytest.fixture
def card(model_folder, tmp_path, monkeypatch):
    """The toy model with linear predictors: 0.5 whatever the words, twice the share of G and C."""
    folder = tmp_path / "toy-conv"
    shutil.copytree(model_folder / "toy-conv", folder)
    made = replace(read_card(folder / "card.json"), training={"data_sha256": "e" * 64})
    ridge = np.zeros((2, WORDS + 1), np.float32)
    ridge[:, -1] = 0.5
    gc = np.tile(np.float32([2, 0]), (2, 1))
    (folder / FILE).write_bytes(linear.to_bytes(LinearPredictors(ridge, gc, "e" * 64)))
    monkeypatch.setattr(registry, "folders", lambda: {"toy-conv": folder})
    monkeypatch.setattr(classical.controls, "stride", lambda card: None)
    return made


def test_the_numbers_stand_beside_the_models_with_place_and_accuracy(card):
    said = plain(classical._said(card, TEXT, "track0", 1.0))
    lines = [line for line in said.splitlines() if line.startswith("- ")]
    share = 2 * gc_content(TEXT)
    # measured values are spread evenly from -2 to 2 on the toy's card
    assert lines == [
        "- 6-mer ridge: 0.500, percentile 62 (held-out r 0.41)",
        f"- GC content: {share:.3f}, percentile {25 * (share + 2):.0f}",
        "- toy-conv: 1.000, percentile 75 (held-out r 0.61)",
    ]
    assert len(classical._said(card, TEXT, "track1", None).split("\n- ")) == 3  # not predicted yet


def test_what_cannot_be_said_is_said(card):
    unknown = plain(classical._said(card, "N" * 60, "track0", None))  # the whole window
    assert "- GC content: not defined for letters N alone" in unknown
    tracks = toy_card(60, bins=6)
    assert "none. They come with models of one number" in classical._said(tracks, TEXT, "x", None)
    other = replace(card, name="other")
    assert plain(classical._said(other, TEXT, "track0", None)) == ": none came with other."
    stranger = replace(card, training={"data_sha256": "f" * 64})
    assert "other data than its model" in plain(classical._said(stranger, TEXT, "track0", None))


def test_the_card_says_how_well_changes_of_this_very_model_agree(card):
    assert meaning._effects(card, "track0").endswith("were not compared with measured ones.")
    fits = tuple(
        EffectFit(str(i), "track0", "mutagenesis", 9, r, r) for i, r in enumerate((0.1, 0.2, 0.5))
    )
    told = meaning._effects(replace(card, effects=fits), "track0")
    assert "In 3 saturation mutagenesis experiments" in told and "have r 0.20 in the median" in told
    pairs = Metric("toy-conv", "change from parent", "track0", "pearson", 0.65, 1758, 0.6, 0.69)
    told = meaning._effects(replace(card, held_out=(*card.held_out, pairs)), "track0")
    assert "have r 0.65 (0.60 to 0.69), n 1,758 pairs; r of activity itself is 0.61" in told


def test_the_card_beside_the_view_is_of_the_letters_on_the_bench(card, monkeypatch):
    asked = []
    monkeypatch.setattr(meaning.classical, "beside", lambda *given: asked.append(given))
    meaning.card(None, card, "track0", TEXT)
    assert asked == [(card, TEXT, "track0", None)]
