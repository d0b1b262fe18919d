"""A second track taken off: the pages that explain show the difference, and say so."""

import pytest

from gexp_core import pipeline
from gexp_core.errors import ModelError
from gexp_core.export.tables import mutagenesis_table
from gexp_core.inputs import read_text
from gexp_core.models import registry
from gexp_core.types import Target
from gexp_core.ui import download, specific
from tests.toy_models import random_sequence
from tests.ui.conftest import give, go, labels, settle

FASTA = f">one\n{random_sequence(60, 3)}\n"


def said(at):
    return " ".join(block.value for block in at.caption)


def helps(at):
    return {metric.label: metric.proto.help for metric in at.metric}


def test_a_difference_of_two_tracks_is_explained(app):
    at = go(give(app, FASTA), "why", lambda at: "Baseline" in labels(at))
    alone = labels(at)["Prediction"]
    assert "difference: " not in said(at) and "Zero: nothing" in said(at)
    assert helps(at)["Prediction"] == "toy units; 0: nothing"
    at.selectbox(key="minus").select("track1").run()
    settle(at, lambda at: labels(at).get("Prediction", alone) != alone)
    y = pipeline.predict_named("toy-conv", read_text(FASTA).sequences).y[0]
    assert float(labels(at)["Prediction"].replace("−", "-")) == pytest.approx(y[0] - y[1], abs=1e-3)
    assert "track0 minus track1, in toy units. Zero: both alike" in said(at)
    assert "nothing" not in helps(at)["Prediction"] and "Zero: nothing" not in said(at)
    go(at, "what_if", lambda at: "Effect" in labels(at) and "track0 minus track1" in said(at))
    assert float(labels(at)["Reference"].replace("−", "-")) == pytest.approx(y[0] - y[1], abs=1e-3)
    assert "track0 minus track1" in said(at) and "Percentile among" not in said(at)
    assert "nothing" not in helps(at)["Reference"] and "Zero: nothing" not in said(at)
    at.selectbox(key="minus").select("track0").run()
    settle(at, lambda at: "Reference" in labels(at) and labels(at)["Reference"] == alone)
    assert "minus itself is 0" in said(at)


def test_a_run_takes_it_off_too(workers):
    settings = pipeline.RunSettings(minus="track1")
    made = pipeline.run("toy-conv", read_text(FASTA), settings=settings)
    y = made.prediction.y[0]
    # float32: one reading of two tracks against two readings
    assert made.attribution.y[0] == pytest.approx(y[0] - y[1], abs=1e-5)
    assert (made.attribution.target.minus, made.mutagenesis.target.minus) == (1, 1)
    table = mutagenesis_table(made.mutagenesis, registry.card("toy-conv"))
    assert set(table["track"]) == {"track0 minus track1"}


def test_files_are_called_after_what_was_explained(app, monkeypatch):
    files = {}
    monkeypatch.setattr(download, "row", files.update)
    at = go(app, "regions")
    at.button(key="regions_example").click().run()
    at.button(key="use_regions").click().run()
    go(at, "predict", lambda at: len(at.dataframe) > 0)
    ready = {"Prediction, bedGraph", "Attribution, bedGraph"}
    go(at, "why", lambda at: ready <= set(files))
    alone = files["Table"][0]
    assert files["Attribution, bedGraph"][0] == "toy-conv_track0_attribution_genome.bedgraph"
    at.selectbox(key="minus").select("track1").run()
    files.clear()
    settle(at, lambda at: ready <= set(files))
    name, made = files["Attribution, bedGraph"]
    assert name == "toy-conv_track0-minus-track1_attribution_genome.bedgraph"
    assert b'name="toy-conv track0 minus track1: attribution"' in made()
    assert files["Table"][0] == alone.replace("_track0.tsv", "_track0-minus-track1.tsv")
    name, made = files["Prediction, bedGraph"]  # of all tracks alone
    assert name == "toy-conv_track0_prediction_genome.bedgraph"
    assert b'name="toy-conv track0: prediction"' in made()
    go(at, "genome", lambda at: "Mutagenesis, bedGraph" in files)  # made there
    name, made = files["Mutagenesis, bedGraph"]
    assert name == "toy-conv_track0-minus-track1_mutagenesis_genome.bedgraph"
    assert b'name="toy-conv track0 minus track1: mutagenesis"' in made()


def test_only_tracks_of_one_kind_are_subtracted(monkeypatch):
    cells, places = registry.card("human-mpra"), registry.card("human-tracks")
    assert cells.target("WTC11", "K562") == Target(0, minus=1)  # one assay in two cells
    kinds = {}
    for track in places.tracks:
        kinds.setdefault(track.group, []).append(track.name)
    assert len(kinds) > 1
    offered = []
    monkeypatch.setattr(specific.st, "selectbox", lambda _, names, **__: offered.extend(names))
    for kind, (first, second, *_) in kinds.items():
        target = places.target(first, second)
        assert (target.track, target.minus) == tuple(map(places.track_index, (first, second)))
        offered.clear()
        specific.draw(places, first)
        assert offered == ["", *kinds[kind]]
        for other, names in kinds.items():
            kept = names[1]
            monkeypatch.setattr(specific.workspace, "setting", lambda *_, kept=kept: kept)
            assert specific.chosen(places, first) == (kept if other == kind else None)
            if other != kind:
                with pytest.raises(ModelError, match=f"is {other}, whose scales differ"):
                    places.target(first, kept)
