"""The folded choices of the page Why, and edits of more than one letter on What if."""

from types import SimpleNamespace

import pytest

from gexp_core import pipeline
from gexp_core.errors import InputError
from gexp_core.explain import AttributionSettings
from gexp_core.inputs import read_text
from gexp_core.ui import choice, finer, workspace
from tests.toy_models import random_sequence
from tests.ui.conftest import give, go, labels, settle

TEXT, OWN = random_sequence(60, 3), random_sequence(60, 4)
FASTA = f">one\n{TEXT}\n"


def ready(at):
    return "Baseline" in labels(at)


def why(app):
    return go(give(app, FASTA), "why", ready)


def settings_shown(at):
    return " ".join(block.value for block in at.caption)


def test_ones_own_baseline_is_asked_for_and_used(app):
    at = why(app)
    shuffled = labels(at)["Baseline"]
    at.selectbox(key="baseline").select("own").run()
    settle(at, ready)
    assert "Until it is given" in settings_shown(at)
    assert labels(at)["Baseline"] == shuffled
    at.text_area(key="own").set_value(OWN.lower()).run()
    settle(at, lambda at: ready(at) and labels(at)["Baseline"] != shuffled)
    truth = pipeline.predict_named("toy-conv", read_text(f">o\n{OWN}\n").sequences)
    assert labels(at)["Baseline"] == f"{float(truth.y[0, 0]):.3f}"
    at.text_area(key="own").set_value("ACGT!").run()
    assert "!" in at.error[0].value
    at.text_area(key="own").set_value("ACGT").run()
    settle(at, lambda at: at.error)
    assert "baseline has 4 bases" in at.error[0].value


def test_ones_own_baseline_is_read_once_for_as_long_as_it_is_the_same(monkeypatch):
    asked, state = [], {"own": OWN}
    for one in (workspace, choice):
        monkeypatch.setattr(one, "st", SimpleNamespace(session_state=state))
    monkeypatch.setattr(finer, "read_text", lambda text: asked.append(text) or read_text(text))
    assert finer.own() == finer.own() == OWN
    state["own"] = "ACGT!"
    assert finer.own() == finer.own() == ""
    for _ in range(2):
        with pytest.raises(InputError, match="has '!'"):
            finer._letters()
    state["own"] = ""
    assert finer.own() == ""
    assert asked == [OWN, "ACGT!"]


def test_the_finer_choices_are_the_librarys(app):
    at = why(app)
    assert at.number_input(key="finer_size").disabled
    at.selectbox(key="method").select("occlusion").run()
    settle(at, ready)
    assert at.toggle(key="off_simplex").disabled and at.toggle(key="hypothetical").disabled
    at.number_input(key="finer_size").set_value(20)
    at.number_input(key="finer_step").set_value(30)  # more than the size: the size is taken
    at.number_input(key="finer_n_baselines").set_value(2).run()
    settle(at, ready)
    settings = AttributionSettings("occlusion", n_baselines=2, size=20, step=20)
    truth = pipeline.attribute_named("toy-conv", read_text(FASTA).sequences, settings=settings)
    shown = at.dataframe[0].value["score"].to_numpy()
    assert abs(shown - truth.per_base(0)).max() < 1e-5
    at.selectbox(key="method").select("gradient-x-input").run()
    at.toggle(key="hypothetical").set_value(True).run()
    settle(at, ready)
    assert not at.exception


def test_lost_gained_and_shuffled_bases_are_computed_on_request(app):
    at = go(give(app, FASTA), "what_if", lambda at: "Effect" in labels(at))
    assert not any("move up and the last place is N" in c.value for c in at.caption)
    at.number_input(key="stretch_size").set_value(6).run()
    next(b for b in at.button if b.label.startswith("Compute them")).click().run()
    settle(at, lambda at: any("move up and the last place is N" in c.value for c in at.caption))
    assert any(
        "edits" in (b.label or "") or "Table of all" in b.label for b in at.get("download_button")
    )
    assert not at.exception and not at.error


def test_stretches_with_nothing_to_shuffle_are_told(app):
    text = TEXT[:20] + "A" * 10 + TEXT[30:]
    alike = sum(len(set(text[at : at + 6])) == 1 for at in range(55))
    at = go(give(app, f">one\n{text}\n"), "what_if", lambda at: "Effect" in labels(at))
    at.number_input(key="stretch_size").set_value(6).run()
    next(b for b in at.button if b.label.startswith("Compute them")).click().run()
    said = f"{alike} of 55 stretches hold no two different letters: nothing to replace, no value."
    settle(at, lambda at: any(said in c.value for c in at.caption))
    assert not at.exception and not at.error
