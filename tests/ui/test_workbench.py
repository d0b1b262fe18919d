"""The Workbench through its widgets: its numbers are those of predicting the letters alone."""

import json
import time
from contextlib import nullcontext
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gexp_core import pipeline
from gexp_core.edits.notation import edited
from gexp_core.edits.state import NEW, Edit, History
from gexp_core.edits.stretches import read_stretch
from gexp_core.inputs import read_text
from gexp_core.types import SequenceSet, Target
from gexp_core.ui import controls, focus, workspace
from gexp_core.ui.view import heat, letters
from gexp_core.ui.view.wire import pack, read_act
from gexp_core.ui.workbench import asked, designing, keeping, together
from gexp_core.ui.workbench.bench import Bench
from gexp_core.ui.workbench.keeping import MOST_KEPT
from gexp_core.ui.workbench.rows import carried
from tests.toy_models import random_sequence, toy_card
from tests.ui.conftest import ROOT, give, labels, plain

TEXT = random_sequence(60, 8)
FASTA = f">alpha\n{TEXT}\n>beta\n{random_sequence(60, 9)}\n"


def predicted(text, track=0):
    made = pipeline.predict_named("toy-conv", SequenceSet(("a",), (text,)))
    return float(made.means()[0, track])


def press(at, label):
    next(b for b in at.button if b.label == label).click()
    return at.run()


def done(at):
    """Whether every number of the bench is there; the costly rows may still be on their way."""
    return "Prediction now" in labels(at) and "\u2026" not in labels(at).values()


def settle(at, until):
    """Wait longer than other pages' tests do: several jobs are under way for one bench."""
    end = time.monotonic() + 120
    while not until(at) and time.monotonic() < end:
        time.sleep(0.2)
        at.run()
    assert not at.exception
    assert until(at), ([e.value for e in at.error], labels(at))
    return at


def go(at, page, until=lambda at: True):
    at.switch_page(f"pages/{page}.py").run()
    return settle(at, until)


def panel(at, name):
    """Choose a panel; the segmented control takes one value."""
    at.get("button_group")[0].set_value(name)
    return at.run()


def shown(at):
    return float(labels(at)["Prediction now"])


def notation(at):
    return at.code[0].value


def bench_of(at, name="alpha"):
    return at.session_state["_workspace"].benches[name]


@pytest.fixture
def bench(app):
    give(app, FASTA)
    yield go(app, "workbench", done)
    asked.stop(bench_of(app))  # or the next test waits for a worker


def test_without_sequences_the_page_offers_to_begin(app):
    at = go(app, "workbench")
    assert "no sequence on the bench" in at.info[0].value
    press(at, "Begin with the designed example")
    settle(at, done)
    assert labels(at)["Change"] == "+0.000"
    asked.stop(bench_of(at, "designed_strong"))


def test_what_is_shown_after_every_step_is_the_prediction_of_its_letters(bench):
    at = bench
    assert shown(at) == pytest.approx(predicted(TEXT), abs=6e-4)
    text = TEXT
    at.text_input(key="bench_stretch").set_value("11-16").run()
    press(at, "Knock out")
    text = text[:10] + text[10:16].translate(str.maketrans("ACGT", "CATG")) + text[16:]
    settle(at, done)
    assert shown(at) == pytest.approx(predicted(text), abs=6e-4)
    at.text_input(key="bench_letters").set_value("ttgacc").run()
    press(at, "Insert before it")
    text = text[:10] + "TTGACC" + text[10:]
    settle(at, done)
    assert bench_of(at).history.sequence == text
    assert shown(at) == pytest.approx(predicted(text), abs=6e-4)
    assert edited(TEXT, notation(at)).sequence == text
    change = float(labels(at)["Change"])
    assert change == pytest.approx(predicted(text) - predicted(TEXT), abs=1.1e-3)
    press(at, "Undo")
    press(at, "Undo")
    settle(at, done)
    assert (notation(at), shown(at)) == ("=", pytest.approx(predicted(TEXT), abs=6e-4))
    press(at, "Redo")
    settle(at, done)
    assert bench_of(at).history.done == 1


def test_edits_as_text_go_there_and_back_and_into_the_address(bench):
    at = bench
    other = "A" if TEXT[4] != "A" else "C"
    wanted = f"5{TEXT[4]}>{other};20_22del"
    at.text_input(key="bench_text").set_value(wanted)
    press(at, "Make them")
    settle(at, done)
    text = TEXT[:4] + other + TEXT[5:19] + TEXT[22:]
    assert bench_of(at).history.sequence == text
    assert shown(at) == pytest.approx(predicted(text), abs=6e-4)
    assert at.query_params["edits"] == f"[{wanted}]"
    again = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    again.query_params.update({"model": "toy-conv", "name": "shared", "seq": TEXT})
    again.query_params["edits"] = wanted
    again.run()
    go(again, "workbench", done)
    assert bench_of(again, "shared").history.sequence == text
    assert shown(again) == shown(at)
    panel(again, "Link")
    settle(again, done)
    query = parse_qs(urlsplit(again.code[0].value).query)
    assert query["seq"] == [TEXT]
    assert query["edits"] == [f"[{wanted}]"]


@pytest.mark.parametrize(
    ("stretch", "button", "said"),
    [
        ("99", "Delete", "not in the sequence of 60 bases"),
        ("", "Shuffle", "no stretch is chosen"),
        ("1-60", "Delete", "no base at all"),
        ("5", "Replace the stretch", "no letters are given"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(bench, stretch, button, said):
    bench.text_input(key="bench_stretch").set_value(stretch).run()
    press(bench, button)
    assert said in plain(bench.error[0].value).lower()
    assert bench_of(bench).history.sequence == TEXT


def test_wrong_letters_and_wrong_text_are_said(bench):
    bench.text_input(key="bench_stretch").set_value("5").run()
    bench.text_input(key="bench_letters").set_value("ACX<b>").run()
    press(bench, "Write over")
    assert "'X' at position 3" in plain(bench.error[0].value)
    bench.text_input(key="bench_text").set_value("5A>B")
    press(bench, "Make them")
    assert "cannot be read" in plain(bench.error[0].value)
    assert bench_of(bench).history.sequence == TEXT


def test_states_are_kept_predicted_together_and_put_back(bench):
    at = bench
    at.text_input(key="bench_stretch").set_value("30-34").run()
    press(at, "Reverse-complement")
    at.text_input(key="bench_keep").set_value("turned <b>").run()
    press(at, "Keep")
    press(at, "Back to the original")
    panel(at, "States")
    settle(
        at,
        lambda at: done(at) and len(at.dataframe) and at.dataframe[0].value["Change"].notna().all(),
    )
    frame = at.dataframe[0].value
    assert frame["State"].tolist() == ["original", "turned <b>", "as it is now"]
    for name, value in zip(frame["State"], frame["Prediction"], strict=True):
        assert value == pytest.approx(predicted(bench_of(at).named()[name]), abs=1e-5)
    at.selectbox(key="bench_b").select("turned <b>").run()
    numbers = labels(at)
    gain = float(numbers["Prediction of B"]) - float(numbers["Prediction of A"])
    assert float(numbers["B minus A"]) == pytest.approx(gain, abs=2e-3)
    at.toggle(key="bench_logos").set_value(True).run()
    settle(at, lambda at: not any("logos are being" in c.value for c in at.caption))
    keeping.go_to(bench_of(at), "turned <b>")
    at.run()
    assert bench_of(at).history.sequence == bench_of(at).kept[0].sequence


def test_asking_what_works_together_gives_the_interactions(bench):
    from gexp_core.edits.epistasis import epistasis_named

    at = bench
    panel(at, "Together")
    at.text_input(key="bench_stretch").set_value("20-25").run()
    press(at, "Ask")
    settle(at, lambda at: done(at) and any("Changes whose effect" in c.value for c in at.caption))
    changed = TEXT[:19] + TEXT[19:25].translate(str.maketrans("ACGT", "CATG")) + TEXT[25:]
    truth = epistasis_named("toy-conv", SequenceSet(("alpha",), (TEXT,)), changed)
    best = at.dataframe[0].value.iloc[0]
    assert abs(best["interaction"]) == pytest.approx(np.nanmax(np.abs(truth.interaction)), abs=1e-5)
    at.text_input(key="bench_instead").set_value("ACG").run()
    press(at, "Ask")
    assert "as many letters" in plain(at.error[0].value)


def test_every_pair_of_a_stretch_is_mapped(bench):
    from gexp_core.explain.pairwise import pairs_named

    at = bench
    panel(at, "Together")
    at.text_input(key="bench_stretch").set_value("20-25").run()
    press(at, "Every pair in the stretch")
    settle(at, lambda at: done(at) and any("every pair of bases" in c.value for c in at.caption))
    truth = pairs_named("toy-conv", SequenceSet(("alpha",), (TEXT,)), (19, 25))
    largest = truth.interaction.flat[np.nanargmax(np.abs(truth.interaction))]
    said = plain(next(c.value for c in at.caption if "every pair of bases" in c.value))
    assert "pair of bases 20 to 25" in said and f"{largest:+.3f} " in said
    assert len(at.get("plotly_chart")) == 1
    panel(at, "Edit")
    at.text_input(key="bench_stretch").set_value("40").run()
    press(at, "Delete")
    panel(at, "Together")
    settle(at, done)
    assert not at.get("plotly_chart")  # other letters: nobody asked of them
    at.text_input(key="bench_stretch").set_value("20").run()
    press(at, "Every pair in the stretch")
    assert "stretch 20-20 was given; all pairs of 2 to 60" in plain(at.error[0].value)


def test_a_design_respects_its_protection_and_goes_on_the_bench(bench):
    at = bench
    panel(at, "Design")
    at.text_input(key="bench_protected").set_value("1-30, 45")
    at.number_input(key="bench_steps").set_value(3)
    press(at, "Design")
    settle(at, lambda at: any(b.label == "Put the design on the bench" for b in at.button))
    press(at, "Keep it")
    press(at, "Put the design on the bench")
    settle(at, done)
    text = bench_of(at).history.sequence
    assert text[:30] == TEXT[:30] and text[44] == TEXT[44]
    assert sum(a != b for a, b in zip(text, TEXT, strict=True)) == 3
    assert shown(at) == pytest.approx(predicted(text), abs=6e-4)
    assert shown(at) > predicted(TEXT)
    assert bench_of(at).kept[0].sequence == text
    panel(at, "Oligos")
    at.text_input(key="bench_left").set_value("acgt").run()
    settle(at, done)
    frame = at.dataframe[0].value
    assert frame["Oligo"].tolist() == ["ACGT" + one for one in (TEXT, text, text)]
    at.text_input(key="bench_left").set_value("xyz").run()
    assert "'X' at position 1" in plain(at.error[0].value)


def test_a_problem_of_a_panel_leaves_the_rest_of_the_page(bench):
    at = panel(bench, "Oligos")
    at.text_input(key="bench_left").set_value("ACXT").run()
    assert "'X' at position 3" in plain(at.error[0].value)
    assert any("It is a toy." in plain(one.value) for one in at.caption)  # the card


@pytest.fixture
def questions(monkeypatch):
    """What is begun, without a page: the kinds, and the choices to change."""
    held, begun, chosen = {}, [], {"track": 0}
    monkeypatch.setattr(workspace, "setting", lambda key, default: held.get(key, default))
    monkeypatch.setattr(workspace, "keep", held.__setitem__)
    monkeypatch.setattr(controls, "target", lambda card: Target(chosen["track"]))
    monkeypatch.setattr(asked, "reading", lambda card: {})
    monkeypatch.setattr(asked, "ask", lambda bench, kind, *_, **__: begun.append(kind))
    return held, begun, chosen


def test_double_changes_are_of_the_model_and_track_that_they_were_asked_of(questions):
    held, begun, chosen = questions
    bench, card = Bench("a", History(TEXT)), toy_card(60)
    held["bench_stretch"] = "20-25"
    together._ask(bench, card)
    together.known(bench, card)
    assert begun == ["epistasis"]
    together.known(bench, replace(card, name="other"))
    together.known(Bench("a", History(random_sequence(60, 9))), card)
    chosen["track"] = 1
    together.known(bench, card)
    long = toy_card(focus.LONG + 1)
    together._ask(bench, long)
    together.known(bench, long)  # refused in the panel
    assert begun == ["epistasis"]


def test_a_design_is_of_the_letters_model_and_track_that_it_was_asked_of(questions, monkeypatch):
    _, begun, chosen = questions
    monkeypatch.setattr(designing, "_controls", lambda bench, card: None)
    monkeypatch.setattr(designing.st, "form", lambda *_, **__: nullcontext())
    monkeypatch.setattr(designing.st, "form_submit_button", lambda *_, **__: False)
    bench, card = Bench("sequence_1", History(TEXT)), toy_card(60)
    designing._ask(bench, card)
    bench.history = bench.history.do(Edit(3, 4, "A" if TEXT[3] != "A" else "C"))
    designing.panel(bench, card, "activity")  # of the letters as they were
    assert begun == ["design"]
    other = Bench("sequence_1", History(random_sequence(60, 9)))  # pasted anew
    designing.panel(other, card, "activity")
    designing.panel(bench, replace(card, name="other"), "activity")
    chosen["track"] = 1
    designing.panel(bench, card, "activity")
    assert begun == ["design"]


def test_measured_effects_are_laid_on_the_map_and_compared(bench):
    at = bench
    made = pipeline.mutagenesis_named("toy-conv", SequenceSet(("alpha",), (TEXT,)))
    rows = ["Pos\tRef\tAlt\tCoefficient"]
    truth = []
    for i in range(0, 60, 3):
        alt = "ACGT"["CGTA".index(TEXT[i])]
        value = float(made.effect[0]["ACGT".index(alt), i])
        truth.append(value)
        rows.append(f"{5000 + i}\t{TEXT[i]}\t{alt}\t{2 * value + 1}")
    panel(at, "Measured")
    at.file_uploader(key="bench_measured").upload("own.tsv", "\n".join(rows).encode()).run()
    settle(at, lambda at: "Pearson r" in labels(at))
    assert labels(at)["Pearson r"] == "1.00"  # planted: a straight line of the prediction
    assert labels(at)["n"] == "20"
    np.testing.assert_allclose(at.dataframe[0].value["miss"], 0, atol=1e-4)
    at.file_uploader(key="bench_measured").upload("bad.tsv", b"a\tb\n1\t2\n").run()
    assert "no column position" in plain(at.error[0].value)
    assert labels(at)["n"] == "20"  # the old table stays


def test_the_card_says_what_the_number_means(bench):
    text = plain(" ".join(c.value for c in bench.caption))
    for part in ("It is a toy.", "were not compared with", "Assay.", "networks differ by"):
        assert part in text
    assert "0.61 (0.58 to 0.64), simple 0.41" in text
    assert "of this very sequence: none came with toy-conv." in text


def test_two_visitors_do_not_share_a_bench(app, workers):
    give(app, FASTA)
    go(app, "workbench", done)
    app.text_input(key="bench_stretch").set_value("5").run()
    press(app, "Delete")
    stranger = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    stranger.query_params["model"] = "toy-conv"
    stranger.run()
    give(stranger, FASTA)
    go(stranger, "workbench", done)
    assert bench_of(stranger).history.sequence == TEXT


def test_earlier_values_are_laid_on_the_bases_they_were_of():
    history = History("ACGTACGTAC")
    values = np.arange(40, dtype=np.float32).reshape(4, 10)
    old = history.state
    history = history.do(Edit(2, 4, "")).do(Edit(5, 5, "TTT")).do(Edit(0, 1, "G"))
    now = history.state
    made = carried(values, old, 0, now)
    for i, place in enumerate(now.places):
        same = place != NEW and now.sequence[i] == "ACGTACGTAC"[place]
        expected = values[:, place] if same else np.full(4, np.nan)
        np.testing.assert_array_equal(made[:, i], expected)
    part = carried(values[:, 4:7], old, 4, now)
    assert np.isfinite(part).any(0).sum() == 3


@pytest.mark.parametrize(
    ("text", "stretch"),
    [("34", (33, 34)), ("3-5", (2, 5)), (" 1,0 - 12 ", (9, 12)), ("3..5", (2, 5))],
)
def test_stretches_are_read_as_people_write_them(text, stretch):
    assert read_stretch(text, 40) == stretch


def test_what_a_browser_sends_as_an_act_is_checked():
    assert read_act({"verb": "delete", "start": 1, "end": 3}, TEXT) == ("delete", 1, 3)
    assert read_act({"verb": "undo"}, TEXT) == ("undo", 0, 0)
    for wrong in (None, 3, {"verb": "rm"}, {"verb": "delete", "start": 3, "end": 900}):
        assert read_act(wrong, TEXT) is None
    data = pack(
        TEXT, [letters(), heat("E", "u", np.zeros((4, 60)))], key="k", identity="", name="",
        selection=None, origin=0, height=None, palette="okabe-ito", edit="E",
    )  # fmt: skip
    assert json.loads(json.dumps(data))["edit"] == "E"


def test_kept_states_are_bounded(monkeypatch):
    monkeypatch.setattr("gexp_core.ui.workspace.keep", lambda key, value: None)
    monkeypatch.setattr("gexp_core.ui.workspace.setting", lambda key, default: default)
    made = Bench("a", History(TEXT))
    for _ in range(MOST_KEPT):
        keeping.keep(made, "same")
    assert made.problem is None
    assert len({one.name for one in made.kept}) == MOST_KEPT
    keeping.keep(made, "one more")
    assert "room" in str(made.problem)


def test_reading_the_fasta_is_what_the_bench_starts_from(bench):
    assert bench_of(bench).history.original == read_text(FASTA).sequences["alpha"]
