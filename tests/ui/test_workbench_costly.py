"""Rows that take long are asked for first, with the time that they will take."""

import pytest

from gexp_core.errors import InputError
from gexp_core.ui import estimates
from gexp_core.ui.estimates import Size
from gexp_core.ui.workbench import asked, costly
from tests.toy_models import random_sequence
from tests.ui.conftest import give
from tests.ui.test_workbench import bench_of, done, go, press, settle

VIEW = "gexp_sequence_view"
ROWS = {"mutagenesis", "attribution"}


def toggles(at):
    return [one for one in at.toggle if one.key.startswith(costly.ASKED)]


def made(at):
    return set(bench_of(at).last) & ROWS


@pytest.fixture
def seconds():
    """How long each kind of work is said to take."""
    return {"attribute_named": 40.0, "mutagenesis_named": 30.0}


@pytest.fixture
def bench(app, monkeypatch, request, seconds):
    """The page on a machine that takes so long, and asks above 20 seconds."""
    monkeypatch.setattr(
        estimates, "_size", lambda work, card, units, patience: Size(units, seconds.get(work))
    )
    monkeypatch.setattr(estimates, "ASK", 20.0)
    # letters of its own for each test: what one has made, the next would find
    give(app, f">alpha\n{random_sequence(60, len(request.node.name))}\n")
    yield app
    asked.stop(bench_of(app))


def test_above_the_bound_it_asks_with_the_time_and_then_goes_on_by_itself(bench):
    at = go(bench, "workbench", done)
    (toggle,) = toggles(at)
    assert toggle.label.startswith("Compute contributions and effects (")
    assert "evaluations, about 70 s)" in toggle.label
    for _ in range(3):
        at.run()
    assert not made(at) and not bench_of(at).jobs.keys() & ROWS
    toggle.set_value(True).run()
    settle(at, lambda at: made(at) == ROWS)
    assert toggles(at)[0].label == "Compute contributions and effects"  # there to switch it off
    assert toggles(at)[0].value
    at.text_input(key="bench_stretch").set_value("5").run()
    press(at, "Delete")
    state = bench_of(at).state
    settle(at, lambda at: all(bench_of(at).last[kind][1] == state for kind in ROWS))


def test_only_the_row_that_takes_long_waits_for_a_word(bench, seconds):
    seconds["mutagenesis_named"] = 19.0
    at = go(bench, "workbench", done)
    (toggle,) = toggles(at)
    assert toggle.label.startswith("Compute contributions (")
    assert toggle.label.endswith("about 40 s)")
    settle(at, lambda at: made(at) == {"mutagenesis"})


def test_a_row_that_was_begun_goes_on_while_another_waits(bench, seconds):
    seconds["attribute_named"] = 19.0
    at = go(bench, "workbench", done)
    seconds["attribute_named"] = 40.0  # as is learnt meanwhile
    at.run()
    (toggle,) = toggles(at)
    assert toggle.label.startswith("Compute effects (") and toggle.label.endswith("about 30 s)")
    settle(at, lambda at: made(at) == {"attribution"})


def test_what_was_begun_is_not_asked_about_when_it_turns_out_to_take_long(bench, seconds):
    known = dict(seconds)
    seconds.clear()  # of a new server nothing is known
    at = go(bench, "workbench", done)
    assert not toggles(at)
    seconds.update(known)
    at.run()
    assert not toggles(at)
    settle(at, lambda at: made(at) == ROWS)
    assert not toggles(at)  # and what is there is shown
    at.text_input(key="bench_stretch").set_value("5").run()
    press(at, "Delete")
    assert toggles(at)  # the next letters are another question


def test_the_view_keeps_its_place_when_something_comes_or_goes_above_it(bench, seconds):
    at = go(bench, "workbench", done)
    assert toggles(at)
    there = place(at)
    seconds.update(dict.fromkeys(seconds, 1.0))
    bench_of(at).problem = InputError("nothing of that kind")
    at.run()
    assert not toggles(at) and at.error
    assert place(at) == there


def place(at):
    """Where the browser is told to put the view: the indices from the page down to it."""
    found = []

    def walk(node, path):
        for index, child in getattr(node, "children", {}).items():
            if getattr(getattr(child, "proto", None), "component_name", "") == VIEW:
                found.append((*path, index))
            walk(child, (*path, index))

    walk(at.main, ())
    (one,) = found
    return one


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ([Size(492, 3.0)], "492 evaluations, about 3 s"),
        ([Size(492, 30.0), Size(8, 400.0)], "500 evaluations, about 7 min"),
        ([Size(492, 30.0), Size(8, None)], "500 evaluations, this can take minutes"),
    ],
)
def test_the_amount_is_that_of_both(sizes, words):
    assert costly._amount(sizes) == words
