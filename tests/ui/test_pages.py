import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gexp_core import pipeline
from gexp_core.inputs import examples, read_text
from gexp_core.models import registry
from gexp_core.ui import specific
from tests.malformed import MALFORMED
from tests.ui.conftest import FASTA, ROOT, give, go, labels, plain, settle

PAGES = ("sequences", "predict", "why", "what_if", "take_away", "models")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_without_sequences_and_says_where_to_give_them(app, page):
    at = go(app, page)
    assert not at.error
    if page in ("predict", "why", "what_if", "take_away"):
        assert len(at.info) == 1
        assert [link.value for link in at.page_link] == ["Give sequences, or take an example"]


@pytest.mark.parametrize("example", [example.key for example in examples()])
def test_every_example_is_one_click_away(app, example):
    app.button(key=f"example_{example}").click().run()
    assert not app.exception and not app.error
    read = labels(app)
    assert int(read["Sequences read"]) >= 1
    if example == "quirks":
        assert int(read["Kinds of change"]) >= 4
        assert int(read["Records left out"]) >= 1


def test_pasted_sequences_are_read_and_the_check_says_how_the_model_meets_them(app):
    at = give(app, FASTA + "\n>short\nacgtnryacgtacgtacgt\n>bad\nACGTZZZ\n")
    assert labels(at)["Sequences read"] == "3"
    assert labels(at)["Records left out"] == "1"
    left_out, changes, meeting = (frame.value for frame in at.dataframe)
    assert "bad" in left_out["Record"].tolist()[0]
    assert {"lower case", "IUPAC to N"} <= set(changes["Change"])
    by_name = meeting.set_index("Sequence")
    assert by_name.loc["alpha", "Windows"] == 2  # 78 bases, read in windows of 60
    assert "shorter than" in by_name.loc["short", "How the model reads it"]
    assert by_name.loc["short", "N"] == 3
    assert at.session_state["work"]


def test_a_prediction_of_mostly_background_says_so(app):
    at = give(app, FASTA + "\n>short\nACGTTGCATGACTCAGGATTACCATG\n")
    at = go(at, "predict", lambda at: at.metric)
    assert not any("not your sequence" in one.value for one in at.warning)
    at.selectbox(key="sequence").set_value("short").run()
    (told,) = [one.value for one in at.warning if "not your sequence" in one.value]
    assert "26 bp is shorter than" in told


@pytest.mark.parametrize("given", MALFORMED[:6], ids=lambda given: given.name)
def test_malformed_files_get_their_sentence_and_lose_nothing(app, given):
    at = give(app, FASTA)
    at.file_uploader(key="upload").upload(given.filename, given.data)
    at.run()
    assert not at.exception
    assert len(at.error) == 1
    # letter case may differ at the sentence's start
    assert given.says.lower() in plain(at.error[0].value).lower()
    assert labels(at)["Sequences read"] == "2"


def test_a_table_of_names_and_sequences_is_read_and_said_to_be_one(app):
    at = give(app, f"name\tsequence\nalpha\t{'ACGTT' * 12}\nbeta\t{'GGATC' * 12}\n")
    assert not at.exception and not at.error
    assert labels(at)["Sequences read"] == "2"
    (said,) = at.dataframe[0].value["In words"]
    assert said.startswith("read as a table, name and sequence with tabs between: 2 rows; the head")


def test_a_sequence_shorter_than_a_binding_site_is_read_with_a_warning(app):
    at = give(app, FASTA)
    assert not any("fewer than" in one.value for one in at.warning)
    at = give(app, FASTA + "\n>one\nA\n>seven\nACGTACG\n>eight\nACGTACGA\n")
    assert labels(at)["Sequences read"] == "5"
    (told,) = [plain(one.value) for one in at.warning if "fewer than" in one.value]
    assert told.startswith("2 sequences have fewer than 8 bases (one, seven): ")


def test_nothing_pasted_is_said(app):
    at = give(app, "  \n")
    assert "Nothing was pasted" in plain(at.error[0].value)


def test_a_mistake_keeps_the_sequences_from_before_and_says_so(app):
    at = give(app, FASTA)
    assert at.subheader[0].value == "Read from pasted text"
    at = give(at, "  \n")
    assert plain(at.subheader[0].value) == "From before: read from pasted text"
    at = give(at, FASTA)
    assert at.subheader[0].value == "Read from pasted text"


def test_visitors_text_never_becomes_markup(app):
    at = give(app, ">**b**[x](http://a.example)<b>:red[y]$z$\nACGTZ\n")
    text = at.error[0].value
    for mark in ("**", "](", "<b>", "http://", "$z$", ":red["):
        assert mark not in text
    at = give(app, ">**b**:red[y]<i>\n" + "ACGT" * 15)
    go(at, "why", lambda at: "Completeness error" in labels(at))
    heading = next(h.value for h in at.subheader if "red" in h.value)
    assert "**" not in heading and "<i>" not in heading and ":red[" not in heading


def test_the_whole_path_and_its_numbers_are_those_of_the_pipeline(app):
    at = give(app, FASTA)
    go(at, "predict", lambda at: len(at.dataframe) == 1)
    shown = at.dataframe[0].value
    truth = pipeline.predict_named("toy-conv", read_text(FASTA).sequences, stride=30)
    np.testing.assert_allclose(shown["prediction"], truth.means()[:, 0], atol=1e-5)
    assert shown["sequence"].tolist() == ["alpha", "beta"]

    at.selectbox(key="sequence").select("beta").run()
    go(at, "why", lambda at: "Completeness error" in labels(at))
    numbers = labels(at)
    y = float(truth.means()[1, 0])
    assert float(numbers["Prediction"]) == pytest.approx(y, abs=6e-4)
    explained = float(numbers["Prediction"]) - float(numbers["Baseline"])
    assert float(numbers["To explain"]) == pytest.approx(explained, abs=2e-3)
    assert len(at.dataframe[0].value) == 78

    go(at, "what_if", lambda at: "Effect" in labels(at))
    numbers = labels(at)
    assert float(numbers["Reference"]) == pytest.approx(y, abs=6e-4)
    mutant = next(value for label, value in numbers.items() if label.startswith("With "))
    assert float(mutant) - y == pytest.approx(float(numbers["Effect"]), abs=2e-3)
    losses, gains = (frame.value for frame in at.dataframe)
    assert (losses["effect"] < 0).all() and (gains["effect"] > 0).all()
    assert all(losses["change"].str.fullmatch(r"\d+[ACGT]>[ACGT]"))  # as on the Workbench
    strongest = max(-losses["effect"].iloc[0], gains["effect"].iloc[0])
    assert abs(float(numbers["Effect"])) == pytest.approx(strongest, abs=1e-3)

    go(at, "take_away")
    next(b for b in at.button if b.label == "Prepare the zip").click().run()
    settle(at, lambda at: any("gexp_results" in b.label for b in at.get("download_button")))


def test_choices_hold_on_every_page(app):
    at = give(app, FASTA)
    go(at, "predict", lambda at: len(at.dataframe) == 1)
    both = at.dataframe[0].value["prediction"].tolist()
    at.toggle(key="both_strands").set_value(False).run()
    settle(at, lambda at: len(at.dataframe) == 1)
    one = at.dataframe[0].value["prediction"].tolist()
    assert one != both
    go(at, "why", lambda at: "Prediction" in labels(at))
    assert float(labels(at)["Prediction"]) == pytest.approx(one[0], abs=6e-4)
    at.selectbox(key="track").select("track1").run()
    settle(at, lambda at: "Prediction" in labels(at))
    assert float(labels(at)["Prediction"]) != pytest.approx(one[0], abs=1e-4)


def test_a_model_of_one_strand_says_so_and_shows_no_gap(app, monkeypatch):
    card = registry.card("toy-conv")
    at = give(app, FASTA)
    go(at, "predict", lambda at: len(at.dataframe) == 1)
    assert "Strand gap" in labels(at) and "Average both strands" in [t.label for t in at.toggle]
    whole = registry.card
    one = replace(card, both_strands=False)
    monkeypatch.setattr(registry, "card", lambda name: one if name == card.name else whole(name))
    at.run()
    settle(at, lambda at: len(at.dataframe) == 1)
    assert "Average both strands" not in [t.label for t in at.toggle]
    assert any("reads a sequence as it is given" in c.value for c in at.caption)
    assert "Strand gap" not in labels(at) and "Spread" in labels(at)


def test_scores_without_a_sign_are_not_said_to_raise_or_lower(app):
    at = give(app, FASTA)
    go(at, "why", lambda at: "Baseline" in labels(at))
    assert any("raises the prediction compared with the baseline" in c.value for c in at.caption)
    at.selectbox(key="method").select("saliency").run()
    settle(at, lambda at: any("this method does not say" in c.value for c in at.caption))
    assert not any("above the line" in c.value for c in at.caption)


def test_another_baseline_is_another_question_about_the_same_number(app):
    at = give(app, FASTA)
    go(at, "why", lambda at: "Baseline" in labels(at))
    shuffled = labels(at)
    at.selectbox(key="baseline").select("zeros").run()
    settle(at, lambda at: labels(at).get("Baseline", shuffled["Baseline"]) != shuffled["Baseline"])
    assert labels(at)["Prediction"] == shuffled["Prediction"]


def test_the_filter_keeps_rows_by_name(app):
    at = give(app, FASTA)
    go(at, "predict", lambda at: len(at.dataframe) == 1)
    at.text_input(key="filter").set_value("BET").run()
    assert at.dataframe[0].value["sequence"].tolist() == ["beta"]


def test_a_reload_finds_the_work_by_its_address(app):
    from streamlit.testing.v1 import AppTest

    give(app, FASTA)
    again = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    again.query_params["work"] = app.session_state["work"]
    again.query_params["sequence"] = "beta"
    again.run()
    assert labels(again)["Sequences read"] == "2"
    assert again.selectbox(key="sequence").value == "beta"
    stranger = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    stranger.query_params["work"] = "guessed"
    stranger.run()
    assert not stranger.metric
    assert "no longer held" in stranger.warning[0].value


def test_an_unknown_model_in_the_address_falls_back(workers):
    from streamlit.testing.v1 import AppTest

    at = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    at.query_params["model"] = "../../etc/passwd"
    at.run()
    assert not at.exception and not at.error
    shown = at.selectbox(key="model").value
    assert [plain(one.value) for one in at.warning] == [
        "This address names the model '../../etc/passwd', which this server does not have; "
        f"{shown} is shown in its place."
    ]
    go(at, "models")  # on every page, until a model is chosen
    assert len(at.warning) == 1
    at.selectbox(key="model").select("toy-conv").run()
    assert not at.warning
    at.selectbox(key="model").select(shown).run()
    assert not at.warning


def test_an_unknown_track_in_the_address_is_told(workers):
    from streamlit.testing.v1 import AppTest

    at = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    at.query_params.update({"model": "toy-conv", "track": "DNASE [x](http://a.b) " + "y" * 99})
    at.run()
    assert not at.exception and not at.error
    (said,) = (plain(one.value) for one in at.warning)
    assert said.startswith("This address names the track 'DNASE [x](http://a.b) yyy")
    assert said.endswith("yy…', which toy-conv does not have; 'track0' is shown in its place.")
    assert len(said) < 200 and "](" not in at.warning[0].value
    at.selectbox(key="track").select("track1").run()
    assert not at.warning


@pytest.mark.parametrize("track", ["track1", "second", ""])
def test_a_track_that_is_there_needs_no_word(workers, track):
    from streamlit.testing.v1 import AppTest

    at = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    at.query_params["model"] = "toy-conv"
    if track == "second":
        track = specific.track_label(registry.card("toy-conv").tracks[1])
    at.query_params["track"] = track
    at.run()
    assert not at.exception and not at.warning
    assert at.selectbox(key="track").value == ("track1" if track else "track0")


def test_the_models_page_says_what_the_card_says(app):
    at = go(app, "models")
    text = " ".join(block.value for block in at.markdown)
    assert "A number made by hand for tests" in text
    shown = next(t.value for t in at.dataframe if "toy-conv" in t.value).iloc[0]
    assert shown["toy-conv"] == "0.61 (0.58 to 0.64)"
    assert shown["6-mer ridge"] == "0.41 (0.38 to 0.44)"
    assert shown["n"] == 1234


def test_every_control_has_help(app):
    at = give(app, FASTA)
    for page in PAGES:
        go(at, page)
        widgets = [*at.selectbox, *at.toggle, *at.number_input, *at.text_input, *at.text_area]
        assert [w.label for w in widgets if not w.help] == []


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_thin(page):
    path = Path(ROOT / "pages" / f"{page}.py")
    tree = ast.parse(path.read_text())
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert "session_state" not in names
    assert not any(isinstance(node, (ast.BinOp, ast.FunctionDef)) for node in ast.walk(tree))
