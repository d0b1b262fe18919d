"""A second track taken off: the pages that explain show the difference, and say so."""

import pytest

from gexp_core import pipeline
from gexp_core.inputs import read_text
from gexp_core.types import Target
from tests.toy_models import random_sequence
from tests.ui.conftest import give, go, labels, settle

FASTA = f">one\n{random_sequence(60, 3)}\n"


def said(at):
    return " ".join(block.value for block in at.caption)


def test_a_difference_of_two_tracks_is_explained(app):
    at = go(give(app, FASTA), "why", lambda at: "Baseline" in labels(at))
    alone = labels(at)["Prediction"]
    assert "difference: " not in said(at)
    at.selectbox(key="minus").select("track1").run()
    settle(at, lambda at: labels(at).get("Prediction", alone) != alone)
    y = pipeline.predict_named("toy-conv", read_text(FASTA).sequences).y[0]
    assert float(labels(at)["Prediction"].replace("−", "-")) == pytest.approx(y[0] - y[1], abs=1e-3)
    assert "track0 minus track1" in said(at)
    go(at, "what_if", lambda at: "Effect" in labels(at))
    assert float(labels(at)["Reference"].replace("−", "-")) == pytest.approx(y[0] - y[1], abs=1e-3)
    assert "track0 minus track1" in said(at) and "Percentile among" not in said(at)
    at.selectbox(key="minus").select("track0").run()
    settle(at, lambda at: "Reference" in labels(at) and labels(at)["Reference"] == alone)
    assert "minus itself is 0" in said(at)


def test_a_run_takes_it_off_too():
    settings = pipeline.RunSettings(track="WTC11", minus="K562")
    target = pipeline.target_of("human-mpra", settings.track, settings.minus)
    assert target == Target(0, minus=1)
