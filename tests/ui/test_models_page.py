"""The page Models: filters, the card with its plots, two models side by side."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gexp_core import jobs, pipeline
from gexp_core.inputs import read_text
from gexp_core.models.card import Ceiling, Metric, SignalTrack, SpreadBin, read_card
from gexp_core.models.registry import names
from tests.ui.conftest import FASTA, ROOT, give, go, labels, plain, settle


def card_of_two(folder):
    """Return the toy's card with everything that a trained model's card can hold."""
    card = read_card(folder / "card.json")
    held = [
        Metric(name, subset, track, metric, value, 99, value - 0.1, value + 0.1, "loci")
        for track in ("track0", "track1")
        for name, value in (("toy-two", 0.5), ("6-mer ridge", 0.3))
        for subset in ("all", "batch 1")
        for metric in ("pearson", "mse")
    ]
    return replace(
        card,
        name="toy-two",
        title="Another toy",
        species="yeast",
        family="Transformer",
        assay="Something else was counted",
        held_out=tuple(held),
        predictors={"6-mer ridge": "ridge on words"},
        calibration=tuple(
            SpreadBin("track0", i, i + 1.0, i + 0.5, 20, 1.0 + i, 0.5, 0.9) for i in range(4)
        ),
        backgrounds={"shuffled": {"track0": tuple(np.linspace(-1, 1, 101).tolist())}},
        ceilings=(
            Ceiling("pearson", 0.9, "Replicates agree at 0.9."),
            Ceiling("pearson", 0.8, "Its own agree at 0.8.", "track0"),
            Ceiling("pearson", 0.7, "The other's agree at 0.7.", "track1"),
        ),
        training={**card.training, "rows": {"train": 1_000, "unread": 234}},
    )


@pytest.fixture(scope="module")
def two(model_folder, tmp_path_factory):
    """Workers that know the toy and a second model of the same weights with a full card."""
    top = tmp_path_factory.mktemp("two")
    shutil.copytree(model_folder / "toy-conv", top / "toy-conv")
    shutil.copytree(model_folder / "toy-conv", top / "toy-two")
    card = card_of_two(top / "toy-two")
    (top / "toy-two" / "card.json").write_text(card.to_json(), encoding="utf-8")
    (top / "toy-two" / "scatter.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEXP_MODELS", str(top))
        jobs.stop()
        jobs.start()
        yield card
        jobs.stop()


@pytest.fixture
def at(two):
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    app.query_params["model"] = "toy-two"
    return app.run()


def table(at, column):
    return next((t.value for t in at.dataframe if column in t.value), None)


def text(at):
    return plain(" ".join(block.value for block in [*at.markdown, *at.caption]))


def test_filters_keep_the_models_that_fit(at):
    go(at, "models")
    every = set(table(at, "Held-out r")["Model"])
    assert {"toy-conv", "toy-two"} <= every == set(names())
    at.multiselect(key="models_species").select("yeast").run()
    fits = table(at, "Held-out r")
    assert "toy-two" in set(fits["Model"]) and set(fits["Species"]) == {"yeast"}
    at.text_input(key="models_words").set_value("something COUNTED").run()
    assert table(at, "Held-out r")["Model"].tolist() == ["toy-two"]
    at.multiselect(key="models_family").select("CNN").run()
    assert table(at, "Held-out r") is None
    assert "No model fits" in at.info[0].value
    assert not at.exception


def test_the_card_shows_everything_it_holds(at):
    go(at, "models")
    shown = table(at, "toy-two")
    assert shown["Rows"].tolist() == ["all", "batch 1"]
    assert shown["toy-two"].tolist() == ["0.50 (0.40 to 0.60)"] * 2
    words = text(at)
    for said in ("ridge on words", "Replicates agree at 0.9.", "3.0 times"):
        # largest over smallest spread: RMSE 4 over 1 of single bins is 4.0
        assert said.replace("3.0", "4.0") in words
    assert "Its own agree at 0.8." in words and "The other's agree" not in words
    assert "fitted on all 1,234 train rows (the model: 1,000 of them)" in words
    assert "learned from 1,000 train rows, and not from 234 more of batches" in words
    assert len(at.get("plotly_chart")) == 3  # held out, places, calibration
    assert {"toy-two.json", "toy-two.md"} <= {
        button.proto.label and button.proto.id.split("file_")[-1].rsplit("-", 0)[0]
        for button in at.get("download_button")
    }


def test_two_models_of_the_same_weights_agree_and_others_are_not_correlated(at):
    give(at, FASTA + "\n>gamma\n" + "ACCGTTAGGA" * 7)
    go(at, "models")
    at.selectbox(key="other_model").select("toy-conv").run()
    next(b for b in at.button if b.label.startswith("Compare on 3")).click().run()
    settle(at, lambda at: table(at, "apart (percentiles)") is not None)
    shown = table(at, "apart (percentiles)").set_index("sequence")
    # another species is another kind of number, though the weights are the same
    assert "measure different things" in text(at)
    assert "Pearson r" not in labels(at)
    np.testing.assert_allclose(shown["apart (percentiles)"], 0, atol=1e-4)
    sequences = read_text(FASTA + "\n>gamma\n" + "ACCGTTAGGA" * 7).sequences
    truth = pipeline.predict_named("toy-conv", sequences, stride=30).means()[:, 0]
    column = "toy-conv, track0 (toy units)"
    np.testing.assert_allclose(shown.loc[list(sequences.names), column], truth, atol=1e-5)


def test_without_sequences_or_a_second_model_the_page_says_so(at):
    go(at, "models")
    assert any("on your own sequences" in note.value for note in at.info)


def test_a_model_that_reads_signal_has_a_card_and_is_not_chosen(two, monkeypatch, tmp_path):
    top = tmp_path / "models"
    shutil.copytree(Path(os.environ["GEXP_MODELS"]), top)
    shutil.copytree(top / "toy-two", top / "toy-signal")
    beside = (SignalTrack("p", "measured p", 2.0, 32.0, 128.0),)
    card = replace(two, name="toy-signal", title="A toy beside a signal", signals=beside)
    (top / "toy-signal" / "card.json").write_text(card.to_json(), encoding="utf-8")
    monkeypatch.setenv("GEXP_MODELS", str(top))
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.query_params["model"] = "toy-two"
    go(at.run(), "models")
    assert "toy-signal" not in at.selectbox(key="model").options
    assert "toy-signal" in set(table(at, "Held-out r")["Model"])
    # what a click on its row keeps: the card to read, and beside which chosen model
    at.session_state["_card_read"] = ("toy-signal", "toy-two")
    at.run()
    assert at.header[0].value == "A toy beside a signal"
    assert any("reads 1 measured tracks beside the sequence" in note.value for note in at.info)
    assert at.selectbox(key="model").value == "toy-two"
    at.selectbox(key="model").select("toy-conv").run()
    assert at.header[0].value != "A toy beside a signal"
    assert not at.exception
