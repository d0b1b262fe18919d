"""The table of predictions: which of its columns a page shows."""

from dataclasses import replace

import numpy as np
import pytest

from gexp_core.predict import predict
from gexp_core.types import SequenceSet
from gexp_core.ui import predicted
from tests.toy_models import conv_model, random_sequence


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
