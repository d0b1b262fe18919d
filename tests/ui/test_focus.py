"""Where a model of many bins is asked: the bins explained, the bases changed, and their widgets."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gexp_core import jobs, pipeline
from gexp_core.edits.state import Edit, History
from gexp_core.explain.attention import attended_named
from gexp_core.explain.attention_map import agreement, effect_sizes, received
from gexp_core.models.adapters.adopt import adopt
from gexp_core.models.card import read_card
from gexp_core.types import Prediction, Provenance, SequenceSet, Target
from gexp_core.ui import estimates, focus, workspace
from gexp_core.ui.workbench import costly
from gexp_core.ui.workbench.bench import Bench
from tests.models import published
from tests.toy_models import conv_model, random_sequence
from tests.ui.conftest import give, go, plain, settle

ROOT = Path(__file__).resolve().parents[2]
TEXT = random_sequence(published.LENGTH, 4)
SIZE = 4  # bases of a bin of the tiny model, whose bins leave 64 bases out at either end
MARGIN = 64


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    top = tmp_path_factory.mktemp("models")
    made = adopt(*published.write_all(tmp_path_factory.mktemp("files")), name="tiny")
    (top / "tiny").mkdir()
    (top / "tiny" / "weights.safetensors").write_bytes(made.weights)
    (top / "tiny" / "card.json").write_text(made.card.to_json())
    return top


@pytest.fixture
def card(folder):
    return read_card(folder / "tiny" / "card.json")


@pytest.fixture
def chosen(monkeypatch):
    """Let the widgets hold what the returned dict says."""
    held: dict[str, object] = {}
    monkeypatch.setattr(workspace, "setting", lambda key, default: held.get(key, default))
    return held


def test_the_middle_is_asked_until_a_place_is_chosen(card, chosen):
    middle = (published.LENGTH // 2 - MARGIN) // SIZE
    assert focus.rows(card, TEXT) == (middle - 2, middle + 3)  # five bins
    assert focus.bases(card, TEXT) == (published.LENGTH // 2 - 100, published.LENGTH // 2 + 100)


def test_how_far_readings_differ_is_told_of_the_bins_that_are_explained(card, chosen, monkeypatch):
    from gexp_core.ui.workbench import meaning

    shown = {}
    monkeypatch.setattr(
        meaning.st, "metric", lambda label, value, **_: shown.update({label: value})
    )
    chosen |= {focus.key(TEXT): 300, "focus_bins": 1}
    first, last = focus.rows(card, TEXT)
    monkeypatch.setattr(meaning.controls, "target", lambda card: Target(rows=(first, last)))
    T = len(card.tracks)
    spread = np.zeros((card.bins, T), np.float32)
    spread[first] = 0.75
    made = Prediction(
        ("s",), np.zeros(card.bins, np.int64), np.arange(card.bins), np.arange(card.bins) + 1,
        spread + 1, spread, spread, spread, tuple(track.name for track in card.tracks), card.units,
        Provenance("", card.name, card.sha256, {"both_strands": True}),
    )  # fmt: skip
    meaning.numbers(made, None, card, card.tracks[0].name)
    assert (shown["Prediction now"], shown["Readings differ by"]) == ("1.750", "0.750")


@pytest.mark.parametrize("starts", [(0,), (0, 18)])
def test_a_construct_that_is_none_any_more_is_said_to_be_read_otherwise(monkeypatch, starts):
    from gexp_core.predict import predict
    from gexp_core.ui.workbench import meaning

    model = conv_model(insert=(8, 50))
    left, right = model.card.background[:8], model.card.background[50:]
    insert = random_sequence(42, 7)
    texts = [left + insert + right, ("A" * 8 if len(starts) > 1 else left) + insert[::-1] + right]
    first, now = (predict(model, SequenceSet(("s",), (text,))) for text in texts)
    assert tuple(now.start) == starts
    said = []
    monkeypatch.setattr(meaning.st, "caption", lambda text, **_: said.append(text))
    monkeypatch.setattr(meaning.st, "metric", lambda *given, **_: None)
    monkeypatch.setattr(meaning.controls, "target", lambda card: Target())
    meaning.numbers(now, first, model.card, model.card.tracks[0].name)
    assert any("no whole construct any more" in text for text in said) == (len(starts) > 1)


@pytest.mark.parametrize("position", [1, 70, 333, published.LENGTH])
@pytest.mark.parametrize("count", [1, 5, 33])
def test_bins_lie_around_the_place_or_at_the_end_that_is_nearest(card, chosen, position, count):
    chosen |= {focus.key(TEXT): position, "focus_bins": count, "focus_bases": 100}
    first, last = focus.rows(card, TEXT)
    assert last - first == count and first >= 0 and last <= published.BINS
    start = MARGIN + first * SIZE  # on the sequence, which fills the window
    if count // 2 * SIZE + MARGIN < position < published.LENGTH - MARGIN - count // 2 * SIZE - SIZE:
        assert start <= position - 1 < start + count * SIZE
        assert abs(2 * start + count * SIZE - 2 * (position - 1)) <= SIZE  # in the middle of them
    else:
        assert first == 0 or last == published.BINS
    low, high = focus.bases(card, TEXT)
    assert high - low == 100 and low <= position - 1 < high


def test_a_shorter_sequence_is_asked_where_it_lies_in_the_window(card, chosen):
    short = TEXT[:300]
    before = (published.LENGTH - 300) // 2
    chosen |= {focus.key(TEXT[:300]): 1, "focus_bins": 1}
    first, _ = focus.rows(card, short)
    assert MARGIN + first * SIZE <= before < MARGIN + (first + 1) * SIZE
    assert focus.predicted(card, short) == (MARGIN - before, published.LENGTH - MARGIN - before)


def test_nothing_is_asked_of_one_number_or_of_several_windows(card, chosen):
    assert focus.rows(card, TEXT + "A") is None and focus.bases(card, TEXT + "A") is None
    scalar = replace(card, bins=1, bin_size=published.LENGTH)
    assert focus.rows(scalar, TEXT) is None and focus.bases(scalar, TEXT) is None
    chosen["focus_bins"] = 0
    assert focus.rows(card, TEXT) is None and focus.bases(card, TEXT) is not None


def test_what_a_visitor_sent_is_held_within_the_sequence(card, chosen):
    chosen |= {focus.key(TEXT): 10**9, "focus_bins": 10**6, "focus_bases": -4}
    assert focus.rows(card, TEXT) is None
    assert focus.bases(card, TEXT) == (published.LENGTH - 200, published.LENGTH)


def test_the_number_of_a_sequence_is_that_of_the_chosen_bins(folder, card, monkeypatch):
    monkeypatch.setenv("GEXP_MODELS", str(folder))
    long = TEXT + random_sequence(published.LENGTH // 2, 5)  # two windows
    made = pipeline.predict_named("tiny", SequenceSet(("one", "two"), (TEXT, long)))
    np.testing.assert_array_equal(focus.means(made, card, None), made.means())
    one, two = focus.means(made, card, (7, 9))
    bins = published.BINS
    np.testing.assert_allclose(one, made.y[7:9].mean(0), rtol=1e-6)
    first, second = made.y[bins : 2 * bins], made.y[2 * bins :]
    wanted = (first[7:9].mean(0) + second[7:9].mean(0)) / 2
    np.testing.assert_allclose(two, wanted, rtol=1e-6)


def test_fewer_bins_than_are_chosen_are_all_of_them(card, chosen):
    chosen["focus_bins"] = 5
    few = replace(card, bins=3, bin_size=4)
    assert focus.rows(few, TEXT) == (0, 3)


def test_the_highest_bin_of_a_short_sequence_lies_on_it(folder, monkeypatch):
    monkeypatch.setenv("GEXP_MODELS", str(folder))
    made = pipeline.predict_named("tiny", SequenceSet(("short",), ("ACGTTGCA",)))
    assert 1 <= focus._highest(made, 0, made.tracks[0], 8) <= 8


def test_the_place_follows_its_bases_through_edits(card, chosen):
    chosen |= {focus.key(TEXT): 301, "focus_bases": 100}
    bench = Bench("x", History(TEXT))
    assert costly._part(bench, card) == (250, 350)
    bench.history = bench.history.do(Edit(10, 11, "A" if TEXT[10] != "A" else "C"))
    assert costly._part(bench, card) == (250, 350)
    bench.history = bench.history.do(Edit(20, 20, "ACGTACG"))  # now longer than the window
    assert costly._part(bench, card) == (257, 357)
    bench.history = bench.history.do(Edit(100, 500, ""))  # the place itself is gone
    first, last = costly._part(bench, card)
    assert last - first == 100 and first < 100 < last


@pytest.fixture
def app(folder, monkeypatch):
    monkeypatch.setenv("GEXP_MODELS", str(folder))
    monkeypatch.setattr(estimates, "ASK", float("inf"))
    jobs.stop()
    jobs.start()
    at = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    at.query_params["model"] = "tiny"
    yield give(at.run(), f">long\n{TEXT}\n")
    jobs.stop()


def test_the_pages_explain_and_change_the_chosen_place(app):
    at = go(app, "predict", lambda at: any(m.label == "Mean" for m in at.metric))
    at = go(at, "what_if", lambda at: any("in long" in h.value for h in at.subheader))
    key = focus.key(TEXT)
    made = pipeline.predict_named("tiny", SequenceSet(("long",), (TEXT,)))
    best = int(made.y[:, 0].argmax())
    wanted = MARGIN + best * SIZE + SIZE // 2 + 1
    assert at.number_input(key=key).value == wanted  # the highest bin, until another is chosen
    at.number_input(key=key).set_value(400).run()
    (jump,) = [b for b in at.button if "highest bin" in b.label]
    jump.click().run()
    assert at.number_input(key=key).value == wanted
    at.selectbox(key="focus_bases").set_value(100)
    at = settle(at.run(), lambda at: any("in long" in h.value for h in at.subheader))
    target = Target(0, (best - 2, best + 3))
    start = wanted - 1 - 50
    alone = pipeline.mutagenesis_named(
        "tiny", SequenceSet(("long",), (TEXT,)), target=target, window=(start, start + 100)
    )
    assert alone.window == ((start, start + 100),)
    strongest = np.abs(alone.effect[0]).argmax()
    base, column = divmod(int(strongest), 100)
    heading = f"{start + column + 1}{TEXT[start + column]}>{'ACGT'[base]} in long"
    assert heading in [plain(h.value) for h in at.subheader]
    at = go(at, "why", lambda at: any(m.label == "To explain" for m in at.metric))
    (shown,) = [m.value for m in at.metric if m.label == "Prediction"]
    assert shown == f"{alone.y_ref[0]:.3f}"


def test_attention_is_of_the_place_that_its_changes_are_of(app):
    at = go(app, "attention", lambda at: any(m.label == "By gradient" for m in at.metric))
    sequences, place = SequenceSet(("long",), (TEXT,)), at.number_input(key=focus.key(TEXT)).value
    first = (place - 1 - MARGIN) // SIZE - 2
    target, low = Target(0, (first, first + 5)), place - 1 - 100
    made = attended_named("tiny", sequences, target=target)
    changes = pipeline.mutagenesis_named("tiny", sequences, target=target, window=(low, low + 200))
    r = agreement(received(made.weighted(0)), effect_sizes(made, 0, changes, 0))
    (shown,) = [m.value for m in at.metric if m.label == "By gradient"]
    assert shown == ("not defined" if np.isnan(r) else f"{r:+.2f}")
    whole = attended_named("tiny", sequences)
    assert np.abs(whole.weighted(0) - made.weighted(0)).max() > 1e-6


def test_everything_says_which_bins_are_explained(app):
    def said(at):
        return [plain(one.value) for one in at.caption if "Of every sequence" in one.value]

    other, short = random_sequence(published.LENGTH, 5), TEXT[:200]
    at = give(app, f">one\n{TEXT}\n>two\n{other}\n")
    at.session_state["sequence"] = "two"
    at.session_state[focus.key(other)] = 301
    at.session_state["zip"] = "Everything, for all sequences"
    at = go(at, "take_away")
    first = MARGIN + ((300 - MARGIN) // SIZE - 2) * SIZE  # five bins, that of the place amid them
    assert said(at) == [
        f"Of every sequence, the mean of the track over positions {first + 1} to "
        f"{first + 5 * SIZE} (1-based) is explained, and the bases 201 to 400 are changed. "
        "This is as chosen for two; on the pages Why and What if every sequence has a "
        "place of its own."
    ]
    at = go(give(go(at, "sequences"), f">one\n{TEXT}\n>two\n{short}\n"), "take_away")
    assert said(at) == [
        "Of every sequence, the mean of the track over all bins is explained, and all bases are "
        "changed. The sequences differ in length, so the places chosen on the pages Why and What "
        "if are not taken."
    ]
