"""Links to the bench: what is chosen is said and read back; what cannot be is left out."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from gexp_core import jobs, pipeline
from gexp_core.inputs import read_example
from gexp_core.models import registry
from gexp_core.models.card import read_card
from gexp_core.types import InputCheck, Interval, Origin, SequenceSet
from gexp_core.ui import controls, estimates, focus, giving, stepped, workspace
from gexp_core.ui.workbench import asked, choices, links
from gexp_core.ui.workbench.bench import current
from tests.toy_models import random_sequence
from tests.ui.conftest import ROOT, labels
from tests.ui.test_focus import TEXT as LONG
from tests.ui.test_focus import folder  # noqa: F401, the fixture
from tests.ui.test_workbench import TEXT, bench_of, done, go, panel, settle


@pytest.fixture
def held(monkeypatch):
    """A visitor's small choices, without a page."""
    made: dict[str, object] = {}
    monkeypatch.setattr(workspace, "setting", lambda key, default: made.get(key, default))
    monkeypatch.setattr(workspace, "keep", made.__setitem__)
    return made


@pytest.fixture
def card(folder):  # noqa: F811
    return read_card(folder / "tiny" / "card.json")


def begin(monkeypatch, text, source="here", name="a", interval=None):
    read = SequenceSet((name,), (text,), (Origin("test", interval),))
    space = workspace.Workspace(InputCheck(read), source)
    monkeypatch.setattr(workspace, "mine", lambda: space)
    return current(name)


CHOSEN = {
    "focus_bins": 33,
    "focus_bases": 100,
    "bench_hits": True,
    "both_strands": False,
    "method": "saliency",
    "baseline": "zeros",
}


def test_what_is_chosen_is_said_and_read_back(card, held, monkeypatch):
    begin(monkeypatch, LONG)
    assert choices.told(card, LONG) == {}  # nothing but defaults
    held |= CHOSEN | {focus.key(LONG): 401}
    said = choices.told(card, LONG)
    assert said == {
        "place": "401", "bins": "33", "bases": "100", "rows": "motifs", "strands": "one",
        "method": "saliency", "baseline": "zeros",
    }  # fmt: skip
    before = dict(held)
    held.clear()
    choices.take(card, said, LONG)
    assert held == before
    assert choices.told(card, LONG) == said


def test_a_model_of_one_strand_is_asked_for_it_whatever_is_chosen(card, held, monkeypatch):
    begin(monkeypatch, LONG)
    one, questions = replace(card, both_strands=False), []
    for chosen in (True, False):
        held["both_strands"] = chosen
        both = controls.attribution(card).both_strands, controls.run_settings(card).both_strands
        assert both == (chosen, chosen)
        questions.append((controls.attribution(one), controls.run_settings(one)))
        questions[-1] += (asked.reading(one),)
        assert "strands" not in choices.told(one, LONG)
    assert questions[0] == questions[1]  # and so equal results have equal keys
    assert [questions[0][0].both_strands, questions[0][1].both_strands] == [False, False]


def test_a_step_is_said_where_it_is_not_the_usual_one_of_the_model(card, held, monkeypatch):
    begin(monkeypatch, text := LONG * 3)
    held[stepped.key(card)] = stepped.usual(card)  # a widget that was drawn, and not touched
    assert choices.told(card, text) == {}
    held.clear()
    choices.take(card, {"step": "77"}, text)
    assert choices.told(card, text) == {"step": "77"}
    assert controls.stride(card) == 77
    assert choices.told(replace(card, insert=(1, card.insert[1])), text) == {}  # another's


@pytest.mark.parametrize(
    "given",
    [
        {"place": "0"}, {"place": "-3"}, {"place": "9" * 400}, {"place": "²"}, {"place": "4 0"},
        {"bins": "7"}, {"bins": "x"}, {"bases": "100000"}, {"rows": "motif,<b>"}, {"strands": "3"},
        {"step": "0"}, {"step": str(10**9)}, {"seed": "-1"}, {"seed": str(2**31)},
        {"method": "rm"}, {"baseline": "own"}, {},
    ],
)  # fmt: skip
def test_what_an_address_cannot_say_is_left_out(card, held, given):
    choices.take(card, given, LONG)
    assert held == {}


def test_a_place_beyond_the_sequence_is_left_out(card, held):
    choices.take(card, {"place": str(len(LONG) + 1)}, LONG)
    assert held == {}
    choices.take(card, {"place": str(len(LONG))}, LONG)
    assert held == {focus.key(LONG): len(LONG)}


def test_a_long_sequence_is_named_by_the_example_that_it_is_of(held, monkeypatch):
    read = read_example("human").sequences
    (name,), (text,) = read.names, read.sequences
    bench = begin(monkeypatch, text, giving.source_of("human"), name)
    assert links._sequence(bench) == {"example": "human", "sequence": name}
    other = ("C" if text[0] != "C" else "A") + text[1:]
    bench = begin(monkeypatch, other, giving.source_of("human"), name)
    assert links._sequence(bench) == {}  # not the example's letters
    bench = begin(monkeypatch, text, "pasted text", name)
    assert links._sequence(bench) == {}


def test_a_short_sequence_goes_with_its_place_on_a_genome(held, monkeypatch):
    bench = begin(monkeypatch, TEXT, interval=Interval("chr7", 1_000, 1_060, "-"))
    assert links._sequence(bench) == {"name": "a", "seq": TEXT, "from": "chr7:1001-1060(-)"}


def opened(**params):
    at = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    at.query_params.update({"model": "toy-conv", "name": "shared", "seq": TEXT, **params})
    return at.run()


@pytest.mark.parametrize(
    ("place", "interval"),
    [
        ("chr7:1001-1060(-)", Interval("chr7", 1_000, 1_060, "-")),
        ("chr7:1001-1061(-)", None),  # another length
        ("chrUn_KI270742v1:1-60", Interval("chrUn_KI270742v1", 0, 60)),
        ("<b>:1-60", None),
        ("![x](https://a.b/c.png):1-60", None),
        ("chr7:60-1", None),
        ("9" * 5_000, None),
    ],
)
def test_the_place_on_a_genome_comes_with_the_link(workers, place, interval):
    at = opened(**{"from": place})
    assert not at.exception
    assert at.session_state["_workspace"].sequences.origins[0].interval == interval


def test_a_link_gives_the_same_rows_and_readings(app):
    at = opened(rows="motifs", strands="one", edits="5del")
    go(at, "workbench", done)
    assert at.toggle(key="bench_hits").value
    panel(at, "Link")
    settle(at, done)
    said = {k: v[0] for k, v in parse_qs(urlsplit(at.code[0].value).query).items()}
    assert (said["rows"], said["strands"], said["edits"]) == ("motifs", "one", "5del")
    assert at.query_params["rows"] == "motifs"
    both = {at.query_params[one] for one in ("strands", "edits")}
    assert both == {"one", "5del"}
    asked.stop(bench_of(at, "shared"))


def test_a_link_opens_the_track_that_it_is_of(workers, held, monkeypatch):
    card = registry.card("toy-conv")
    second = card.tracks[1].name
    assert card.tracks[1].description != second
    bench = begin(monkeypatch, TEXT)
    said = parse_qs(urlsplit(links.address(bench, card, second)).query)["track"]
    monkeypatch.undo()
    for track in (*said, second):  # and as links once said it
        at = opened(track=track)
        assert not at.exception
        assert at.session_state["track"] == second
        assert at.selectbox(key="track").value == second
        at.run()
        assert at.session_state["track"] == second


def test_an_example_is_opened_by_its_name(workers):
    at = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    at.query_params.update({"model": "toy-conv", "example": "designed"})
    at.query_params["sequence"] = "designed_broken"
    at.run()
    assert at.selectbox(key="sequence").value == "designed_broken"
    assert at.session_state["_workspace"].source == giving.source_of("designed")
    other = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    other.query_params.update({"model": "toy-conv", "example": "../etc"})
    other.run()
    assert not other.exception
    assert "_workspace" not in other.session_state


def test_a_link_whose_work_is_gone_begins_it_anew(workers):
    at = opened(work="of-an-earlier-server")
    mine = at.session_state["_workspace"]
    assert mine.sequences.sequences == (TEXT,)
    assert at.selectbox(key="sequence").value == "shared"  # in the first run already
    assert not at.warning
    at.run()
    assert at.session_state["work"] == mine.token
    assert at.query_params["work"] in (mine.token, [mine.token])  # a reload finds it
    assert at.session_state["_workspace"] is mine


def test_a_reload_goes_on_with_the_work_of_the_address(workers):
    mine = opened().session_state["_workspace"]
    before = workspace._HELD.values()
    again = opened(work=mine.token)
    assert again.session_state["_workspace"] is mine
    assert len(workspace._HELD.values()) == len(before)
    token, held = again.session_state["_bench_link_sequence"]
    assert (token, held["seq"]) == (mine.token, TEXT)
    # what the address says beside other work is not that work's sequence
    other = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    other.query_params.update({"model": "toy-conv", "seq": "ACGT" * 15, "work": mine.token})
    other.run()
    assert other.session_state["_workspace"] is mine
    assert "_bench_link_sequence" not in other.session_state


def test_another_sequence_is_not_asked_at_the_place_of_the_link(card, held):
    other = random_sequence(len(LONG), 77)
    choices.take(card, {"place": "300"}, LONG)
    assert focus.at(LONG) == 299
    assert focus.at(other) == len(other) // 2


def test_a_link_asks_at_its_place(folder, card, monkeypatch):  # noqa: F811
    monkeypatch.setenv("GEXP_MODELS", str(folder))
    monkeypatch.setattr(estimates, "ASK", float("inf"))
    jobs.stop()
    jobs.start()
    try:
        at = AppTest.from_file(ROOT / "app.py", default_timeout=30)
        at.query_params.update({"model": "tiny", "name": "shared", "seq": LONG})
        at.query_params.update({"place": "401", "bins": "1", "bases": "100"})
        go(at.run(), "workbench", done)
        assert at.number_input(key=focus.key(LONG)).value == 401
        assert at.selectbox(key="focus_bins").value == 1
        assert at.selectbox(key="focus_bases").value == 100
        made = pipeline.predict_named("tiny", SequenceSet(("shared",), (LONG,)))
        row = (400 - made.start[0]) // (made.end[0] - made.start[0])
        wanted = made.y[row, 0]  # the one bin that holds base 401
        assert float(labels(at)["Prediction now"]) == pytest.approx(wanted, rel=1e-3)
        at.number_input(key=focus.key(LONG)).set_value(300)
        settle(at.run(), done)
        assert at.query_params["place"] == "300"
        asked.stop(bench_of(at, "shared"))
    finally:
        jobs.stop()
