"""The badge beside the contributions: what is free at once, the rest on request, as on Why."""

import re
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gexp_core import pipeline
from gexp_core.edits.state import History
from gexp_core.explain.health import quick
from gexp_core.explain.settings import AttributionSettings
from gexp_core.explain.verdicts import RULES, Check, Health
from gexp_core.models.card import read_card
from gexp_core.types import SequenceSet
from gexp_core.ui import made, trust
from gexp_core.ui.workbench import asked, evidence
from gexp_core.ui.workbench.asked import Found
from gexp_core.ui.workbench.bench import Bench
from tests.toy_models import random_sequence
from tests.ui.conftest import give
from tests.ui.test_trust import badge, check_button
from tests.ui.test_workbench import bench_of, done, go, press, settle

TEXT = random_sequence(60, 23)


def popover(at):
    """The badge: its label, and whether it can be opened."""
    (proto,) = [
        one.proto.popover for one in at.get("popover") if "Contrib" in one.proto.popover.label
    ]
    return proto.label, not proto.disabled


def script(bench, card, credit, awaited):
    from gexp_core.ui.workbench import evidence

    evidence.badge(bench, card, credit, awaited=awaited)


def drawn(bench, card, credit, awaited=True):
    at = AppTest.from_function(script, args=(bench, card, credit, awaited)).run()
    assert not at.exception
    return at


class Job:
    stopped = False

    def cancel(self):
        self.stopped = True


@pytest.fixture
def scored(workers, model_folder, monkeypatch):
    """A bench and its contributions, where nothing was checked yet."""
    monkeypatch.setattr(made, "known_health", lambda *given: None)
    settings = AttributionSettings(baseline="zeros")
    attribution = pipeline.attribute_named(
        "toy-conv", SequenceSet(("alpha",), (TEXT,)), settings=settings
    )
    card = read_card(model_folder / "toy-conv" / "card.json")
    return Bench("alpha", History(TEXT)), card, attribution


def test_it_says_at_once_how_far_the_scores_add_up(scored):
    bench, card, attribution = scored
    label, opens = popover(at := drawn(bench, card, Found(attribution, bench.state, True)))
    assert opens and label == f"Contributions: {trust.mark(quick(attribution))}"
    assert "adds up" in label
    explained = float(attribution.y[0] - attribution.y_baseline[0])
    error = abs(attribution.attr[0].sum(dtype=np.float64) - explained) / abs(explained)
    (table,) = at.table
    assert float(table.value["Found"].iloc[0]) == pytest.approx(error, abs=6e-4)
    assert not bench.jobs  # nothing that takes time was begun
    # scores that miss what they explain: another colour, another word, and what to do
    for share, colour, word in ((0.97, "orange", "doubtful"), (0.5, "red", "bad")):
        off = replace(attribution, attr=tuple(one * share for one in attribution.attr))
        at = drawn(bench, card, Found(off, bench.state, True))
        assert re.search(rf":{colour}-badge\[:material/\w+: {word}\]", popover(at)[0])
        (box,) = (*at.warning, *at.error)
        assert box.value == RULES["completeness"].advice[word]


def test_it_is_stale_while_the_row_is_pale_and_stops_its_checks(scored):
    bench, card, attribution = scored
    job = Job()
    bench.jobs["health"] = ("key", job)
    at = drawn(bench, card, Found(attribution, bench.state, False))
    assert popover(at) == ("Contributions: :gray-badge[:material/pending: out of date]", False)
    assert job.stopped and not bench.jobs and not at.table
    assert popover(drawn(bench, card, None))[0].endswith(": not made yet]")
    assert not drawn(bench, card, None, awaited=False).get("popover")


def test_checks_of_other_choices_do_not_go_on(scored):
    bench, card, attribution = scored
    bench.jobs["health"] = ("key", job := Job())
    drawn(bench, card, Found(attribution, bench.state, True))
    assert job.stopped and not bench.jobs


def test_both_pages_mean_the_same_checks(scored, monkeypatch):
    bench, card, attribution = scored
    asked_for = []

    def result(label, where, card, one, *, ask, given, about, **settings):
        asked_for.append((made.work.key_of(where, card, one, {**settings, "about": about}), given))

    monkeypatch.setattr(made.work, "result", result)
    made.health(card, bench.sequences, attribution)
    ((key, given),) = asked_for
    assert key == evidence._question(bench, card, attribution)
    bench.checks = key
    monkeypatch.setattr(asked, "ask", lambda bench, kind, where, card, sequences, **how: how)
    name, one, i, scores = evidence._asked(bench, card, attribution)["given"]
    assert (name, one.digest, i, scores) == (given[0], given[1].digest, given[2], given[3])


def test_the_words_of_the_sum():
    check = Check("completeness", 0.0214, "doubtful", "")
    found = Health("a", "integrated_gradients", "zeros", "quick", (check,))
    assert "misses what it explains by 2.1 % (good: at most 1 %)" in trust.sums(found)
    assert trust.sums(replace(found, checks=(replace(check, value=None),))) == ""


def test_all_checks_are_made_on_request_and_known_on_why(app):
    give(app, f">alpha\n{TEXT}\n")
    app.session_state["baseline"] = "zeros"  # one comparison instead of ten, for time
    at = go(app, "workbench", done)
    settle(at, lambda at: "adds up" in popover(at)[0])
    press(at, made.CHECK)
    settle(at, lambda at: "Agreement with mutagenesis" in at.table[0].value.index)
    label, _ = popover(at)
    assert set(at.table[0].value.index) == {rule.title for rule in RULES.values()}
    assert not check_button(at) and "adds up" not in label
    go(at, "why", lambda at: badge(at)[0])
    said, _ = badge(at)
    assert "(all checks)" in said
    assert label.removeprefix("Contributions: ") in said
    go(at, "workbench", done)
    at.text_input(key="bench_stretch").set_value("5").run()
    press(at, "Delete")
    settle(at, lambda at: "adds up" in popover(at)[0] and check_button(at))  # other letters
    asked.stop(bench_of(at))
