"""The page Predict: small numbers keep digits that count; columns that say nothing are hidden."""

import json
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gexp_core.predict import predict
from gexp_core.types import SequenceSet
from gexp_core.ui import predicted
from tests.toy_models import conv_model, profile_model, random_sequence
from tests.ui.conftest import labels


def drawn(prediction, card):
    """The large numbers of the first sequence and the table, of a prediction that was made."""
    from gexp_core.ui import predicted

    frame = predicted.rows(prediction, card, card.tracks[0].name)
    predicted.chosen(frame, "a", card, card.tracks[0].name)
    predicted.table(frame, card, prediction)


def test_small_means_over_many_bins_keep_their_digits(monkeypatch):
    model = profile_model(60, bins=6)
    made = predict(model, SequenceSet(("a",), (random_sequence(60, 1),)))
    factor = np.float32(2e-5) / np.abs(made.y[:, 0]).max()
    some = {name: getattr(made, name) * factor for name in ("y", "spread", "strand_gap")}
    small = replace(made, **some)
    for module, name in ((predicted, "_placed"), (predicted.classical, "beside")):
        monkeypatch.setattr(module, name, lambda *_: None)  # of the visitor's own letters
    monkeypatch.setattr(predicted.controls, "letters", lambda: "")
    monkeypatch.setattr(predicted.controls, "both_strands", lambda card: True)
    at = AppTest.from_function(drawn, args=(small, model.card), default_timeout=30).run()
    assert not at.exception
    row = predicted.rows(small, model.card, model.card.tracks[0].name).iloc[0]
    shown = labels(at)
    named = {"Mean": "prediction", "Spread": "spread", "Strand gap": "strand_gap"}
    for label, column in named.items():  # two digits
        assert float(shown[label]) == pytest.approx(float(row[column]), rel=0.06)
        assert float(shown[label]) != 0
    assert shown["Strand gap"][0] in "+-"
    columns = json.loads(at.dataframe[0].proto.columns)
    for column in named.values():
        assert columns[column]["type_config"]["format"].endswith(".3g")


@pytest.fixture
def columns(monkeypatch):
    """Return the columns that the table of one sequence shows, given the card's percentiles."""
    model = conv_model()
    text = random_sequence(model.card.input_length, 1)
    made = predict(model, SequenceSet(("s",), (text,)))

    def shown(percentiles):
        card = replace(model.card, percentiles=percentiles)
        caught = {}
        monkeypatch.setattr(predicted.st, "dataframe", lambda _, **how: caught.update(how))
        track = card.tracks[0].name
        predicted.table(predicted.rows(made, card, track), card, made)
        return caught["column_order"]

    return shown, model.card.tracks[0].name


def test_a_prediction_below_all_that_was_measured_has_percentile_0(columns):
    """0 says much; only what a card does not know is no column."""
    shown, track = columns
    assert "percentile" in shown({track: tuple(np.linspace(1e6, 2e6, 101))})
    assert "percentile" not in shown({})
