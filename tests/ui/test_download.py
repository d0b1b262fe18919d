"""Names of downloads: safe on every system, and of either strand its own."""

import json
from inspect import signature
from types import SimpleNamespace

from gexp_core import pipeline
from gexp_core.export.bundle import results_bundle
from gexp_core.figures import static
from gexp_core.inputs import read_text
from gexp_core.models import registry
from gexp_core.ui import download, taken
from gexp_core.ui.download import stem


def test_the_figure_of_predictions_is_of_the_chosen_track(model_folder, monkeypatch):
    monkeypatch.setenv("GEXP_MODELS", str(model_folder))
    card, files, drawn = registry.card("toy-conv"), {}, []
    made = pipeline.predict_named("toy-conv", read_text(">a\n" + "ACGTT" * 12).sequences)
    monkeypatch.setattr(download, "row", files.update)
    monkeypatch.setattr(static, "prediction_figure", lambda *_, track: drawn.append(track))
    monkeypatch.setattr(static, "render", lambda *_: b"")
    download.prediction(made, card, card.tracks[1].name)
    for kind in ("svg", "pdf", "png"):
        name, make = files[kind.upper()]
        assert name == f"predictions_{card.tracks[1].name}.{kind}"
        make()
    assert drawn == [1, 1, 1]


def test_the_zip_draws_the_chosen_track_and_is_another_for_another(model_folder, monkeypatch):
    monkeypatch.setenv("GEXP_MODELS", str(model_folder))
    card, asked = registry.card("toy-conv"), []
    made = pipeline.predict_named("toy-conv", read_text(">a\n" + "ACGTT" * 12).sequences)
    space = SimpleNamespace(sequences=None, check=None, read="")
    monkeypatch.setattr(taken.work, "result", lambda *_, **told: asked.append(told) or b"")
    monkeypatch.setattr(taken.download, "file", lambda *_, **__: None)
    for track in card.tracks:
        monkeypatch.setattr(taken.controls, "track", lambda card, name=track.name: name)
        taken._zip(space, card, made, None, None, "x.zip")
    assert [one["track"] for one in asked] == [track.name for track in card.tracks]
    assert "track" in signature(results_bundle).parameters  # what it is called with


def test_the_sign_of_a_strand_is_a_word():
    assert stem("attribution", "chr1:5-9:-") == "attribution_chr1-5-9-minus"
    assert stem("attribution", "chr1:5-9(+)") == "attribution_chr1-5-9-plus"
    assert [stem("a", f"X{sign}") for sign in "+-"] == ["a_X-plus", "a_X-minus"]
    assert stem("a", "pre-B cells, 5+3") == "a_pre-B-cells-5-3"  # hyphens and sums are no strand
    assert stem("", "../..") == "_"


def test_long_names_that_differ_late_have_names_of_their_own():
    long = [f"{'b' * 60}{end}" for end in ("1", "2", ":+", ":-", "+", "-", "1" + "c" * 20)]
    made = [stem(name) for name in long]
    assert len(set(made)) == len(long) and {len(name) for name in made} == {40}
    assert [name.endswith("-minus") for name in made] == [0, 0, 0, 1, 0, 1, 0]
    assert made[0].startswith("b" * 24) and made[0] == stem(long[0])


def test_the_predictions_of_two_strands_have_names_of_their_own(monkeypatch):
    made, named = SimpleNamespace(tracks=("X+", "X-")), []
    monkeypatch.setattr(download, "row", named.append)
    for track in made.tracks:
        download.prediction(made, None, track)
    assert [files["SVG"][0] for files in named] == [
        "predictions_X-plus.svg", "predictions_X-minus.svg",
    ]  # fmt: skip


def test_files_say_what_made_them(model_folder, monkeypatch):
    monkeypatch.setenv("GEXP_MODELS", str(model_folder))
    sequences = read_text(">a\n" + "ACGTT" * 12).sequences
    track = registry.card("toy-conv").tracks[1].name
    for both, mark in ((True, ""), (False, "_given-strand")):
        settings = pipeline.RunSettings(track=track, both_strands=both)
        for kind in ("attribution", "mutagenesis"):
            files = {}
            monkeypatch.setattr(download, "row", files.update)
            options = {"target": pipeline.target_of("toy-conv", track)}
            if kind == "attribution":
                options["settings"] = settings.attribution()
                made = pipeline.attribute_named("toy-conv", sequences, **options)
            else:
                made = pipeline.mutagenesis_named(
                    "toy-conv", sequences, both_strands=both, **options
                )
            card = registry.card("toy-conv")
            getattr(download, kind)(made, 0, card)
            name, make = files["Table"]
            assert name == f"{kind}_a_{track}{mark}.tsv"
            name, make = files["Provenance"]
            assert name == f"{kind}_a_{track}{mark}.json"
            assert json.loads(make())["weights_sha256"] == card.sha256
            first = files["bedGraph"][1]().decode().splitlines()[0]
            strands = "both strands" if both else "the given strand"
            assert card.sha256 in first and f"{track}, {strands} read" in first
    files = {}
    monkeypatch.setattr(download, "row", files.update)
    download.prediction(pipeline.predict_named("toy-conv", sequences), card, track)
    assert json.loads(files["Provenance"][1]())["weights_sha256"] == card.sha256
