"""The zip with everything: what is in it, that it repeats, and that names do no harm."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gexp_core.errors import InputError, ModelError
from gexp_core.explain import ABOUT, METHODS
from gexp_core.export import bundle as room
from gexp_core.types import InputCheck, Rejection, SequenceSet, Target
from tests.export import repeat
from tests.figures import made

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def packed() -> bytes:
    return repeat.bundle()


@pytest.fixture(scope="module")
def opened(packed):
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        yield file


def test_the_zip_holds_what_the_readme_says(opened):
    text = opened.read("README.txt").decode()
    tables = [name for name in opened.namelist() if "/" not in name and name != "README.txt"]
    assert sorted(tables) == sorted(
        [
            *("input.fa", "input_check.tsv", "predictions.tsv", "summary.tsv", "mutagenesis.tsv"),
            *("attributions.tsv", "attributions.npz", "attributions.bedgraph"),
            *("model_card.json", "provenance.json"),
        ]
    )
    for name in tables:
        assert f"\n{name}: " in text
        if name.endswith(".tsv"):
            about = text.split(f"\n{name}: ")[1].split("\n\n")[0]
            for column in opened.read(name).decode().split("\n")[0].split("\t"):
                assert f" {column}," in about or f" {column}:" in about, (name, column)
    for stem in ("predictions", "01_script_alert_1_script_attribution"):
        for form in ("svg", "pdf", "png"):
            assert f"figures/{stem}.{form}" in opened.namelist()
    assert "model_card.json, both_strands" in " ".join(text.split())
    assert "It is a toy." in text and "Nobody (2000)" in text


def test_names_do_no_harm(opened, tmp_path):
    for name in opened.namelist():
        assert name.isascii() and ".." not in name and "<" not in name and not name[0] == "/"
    opened.extractall(tmp_path)
    assert {path.parts[len(tmp_path.parts)] for path in tmp_path.rglob("*")} <= {
        *(name for name in opened.namelist() if "/" not in name),
        "figures",
    }
    for name in opened.namelist():
        if name.endswith(".svg"):
            assert b"<script" not in opened.read(name)
        if name.endswith(".tsv"):
            cells = opened.read(name).decode().replace("\n", "\t").split("\t")
            assert not [cell for cell in cells if cell.startswith(("=", "@", "+"))]


def test_provenance_says_what_and_with_which_but_not_when(opened):
    record = json.loads(opened.read("provenance.json"))
    sequences = made.sequence_set(made.HOSTILE, 24)
    assert record["input_digest"] == sequences.digest
    assert record["model"] == "toy" and record["weights_sha256"] == "f" * 64
    assert record["results"]["attribution"]["seed"] == 3
    assert record["results"]["mutagenesis"]["settings"] == {"window": [1, 2], "work": "toy"}
    assert {"numpy", "torch", "captum", "matplotlib"} <= set(record["packages"])
    assert not {"time", "date", "made", "host", "user"} & set(record)


def test_the_zip_repeats_in_another_process_with_other_hash_seeds(packed):
    environment = os.environ | {"PYTHONHASHSEED": "12345", "TZ": "Pacific/Auckland"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.export.repeat"],
        **{"cwd": ROOT, "env": environment, "capture_output": True, "text": True, "check": True},
    )
    assert done.stdout.strip() == hashlib.sha256(packed).hexdigest()


def test_predictions_alone_make_a_smaller_zip():
    sequences, prediction = made.tiled()
    check = InputCheck(sequences, (), (Rejection("bad", "left out because."),))
    seen = []
    files = room.results_files(
        check,
        prediction,
        None,
        None,
        made.card(),
        pictured=2,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert "attributions.tsv" not in files and "mutagenesis.tsv" not in files
    assert b"left out because." in files["input_check.tsv"]
    figures = sorted(name for name in files if name.endswith(".svg"))
    assert figures == ["figures/01_long_profile.svg", "figures/predictions.svg"]
    assert seen == [(1, 2), (2, 2)]
    assert (
        "attributions"
        not in files["README.txt"].decode().split("figures/:")[0].split("summary.tsv")[1]
    )


def test_the_drawn_track_is_the_chosen_one_and_is_named(monkeypatch):
    from gexp_core.figures import static

    drawn = []
    for kind in ("prediction_figure", "profile_figure"):
        whole = getattr(static, kind)
        monkeypatch.setattr(
            static,
            kind,
            lambda *given, track, whole=whole: drawn.append(track) or whole(*given, track=track),
        )
    sequences, tracks = made.sequence_set(("a", "b")), ("liver", "brain")
    prediction = made.prediction(sequences, np.array([[1, 2], [3, 4]]), tracks)
    card, score = made.card(tracks), made.attribution(sequences)

    def told(attribution, **chosen):
        drawn.clear()
        files = room.results_files(sequences, prediction, attribution, None, card, **chosen)
        text = " ".join(files["README.txt"].decode().split())
        (name,) = re.findall(r"profiles are of the track (\w+)\.", text)
        return name, set(drawn)

    assert told(None) == ("liver", {0})
    assert told(None, track="brain") == ("brain", {1})
    assert told(replace(score, target=Target(1))) == ("brain", {1})
    with pytest.raises(ModelError, match="no track 'heart'"):
        told(None, track="heart")
    alone = room.results_files(sequences, made.prediction(sequences), None, None, made.card())
    assert b"are of the track" not in alone["README.txt"]


def test_what_is_too_long_to_draw_is_named(monkeypatch):
    from gexp_core.figures import static

    monkeypatch.setattr(static, "DRAWN", 10)
    sequences = SequenceSet(("short", "far too long"), ("ACGT", "ACGT" * 5))
    files = room.results_files(
        sequences,
        made.prediction(sequences),
        made.attribution(sequences),
        None,
        made.card(),
    )
    assert "figures/01_short_attribution.svg" in files
    assert "figures/02_far_too_long_attribution.svg" not in files
    assert "Too long to draw in one figure; the tables have them: far too long." in (
        files["README.txt"].decode()
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_words_are_those_of_the_method_that_was_used(method):
    sequences = made.sequence_set(("a",), 24)
    result = replace(made.attribution(sequences), method=method)
    prediction = made.prediction(sequences)
    files = room.results_files(sequences, prediction, result, None, made.card(), pictured=0)
    text = " ".join(files["README.txt"].decode().split())
    assert f"scores: {ABOUT[method].title}. " in text
    assert f"formula: {ABOUT[method].formula};" in text
    assert ("They add up to y - y_baseline" in text) == ABOUT[method].complete
    assert ("no sign: how much" in text) == (method == "saliency")
    track = files["attributions.bedgraph"].decode().split("\n")[0]
    assert method in track and ("baseline zeros" in track) == ABOUT[method].baseline


def test_results_of_other_sequences_are_refused():
    mine, other = made.sequence_set(("a", "b"), seed=1), made.sequence_set(("a", "b"), seed=2)
    with pytest.raises(InputError, match="the attribution of 'a' is of another sequence"):
        room.results_bundle(mine, made.prediction(mine), made.attribution(other), None, made.card())
    third = made.sequence_set(("c",), seed=1)
    with pytest.raises(InputError, match="predictions are of other sequences"):
        room.results_bundle(mine, made.prediction(third), None, None, made.card())
