"""The page Attention: where there is none, and that what is shown is what the library computes."""

import ast
import io

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from gexp_core import jobs, pipeline
from gexp_core.explain.attention import attended_named
from gexp_core.explain.attention_arcs import strongest
from gexp_core.explain.attention_choice import Choice
from gexp_core.explain.attention_map import agreement, distance, effect_sizes, received
from gexp_core.figures.attention_arcs import counted, meaning, strongest_in_words
from gexp_core.figures.scores import mutagenesis_scores
from gexp_core.inputs import read_text
from gexp_core.types import Target
from gexp_core.ui import attended, attention
from tests.toy_models import random_sequence
from tests.ui.conftest import ROOT, give, go, labels, plain, settle

FASTA = f">whole\n{random_sequence(60, 1)}\n>short\n{random_sequence(30, 2)}\n"
FASTA += f">long\n{random_sequence(110, 3)}\n"


@pytest.fixture(scope="module")
def attentive_workers(attentive_folder):
    """Workers that know a model with attention and one without."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEXP_MODELS", str(attentive_folder))
        jobs.stop()
        jobs.start()
        yield
        jobs.stop()


@pytest.fixture
def app(attentive_workers):
    at = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    at.query_params["model"] = "toy-attention"
    return at.run()


def drawn(at):
    return "This map" in labels(at)


def sentences(at):
    return " ".join(block.value for block in (*at.markdown, *at.caption))


def test_a_model_without_attention_says_so_and_offers_one_that_has(app):
    at = give(app, FASTA)
    at.selectbox(key="model").select("toy-conv").run()
    at = go(at, "attention")
    assert "toy-conv** has no attention" in at.info[0].value
    assert "kind of network ('conv') is built without it" in plain(at.info[0].value)
    assert len(at.page_link) == 1  # the way on, without attention
    at.button(key="use_toy-attention").click().run()
    settle(at, drawn)
    assert at.selectbox(key="model").value == "toy-attention"


def test_without_sequences_it_says_where_to_give_them(app):
    at = go(app, "attention")
    assert "no sequence" in at.info[0].value
    assert [link.value for link in at.page_link] == ["Give sequences, or take an example"]


def test_what_is_shown_is_what_the_library_computes(app):
    at = go(give(app, FASTA), "attention", drawn)
    sequences = read_text(FASTA).sequences.select(("whole",))
    made = attended_named("toy-attention", sequences)
    changes = pipeline.mutagenesis_named("toy-attention", sequences)
    sizes = effect_sizes(made, 0, changes, 0)

    def r(matrix):
        return f"{agreement(received(matrix), sizes):+.2f}"

    shown = labels(at)
    assert shown["All maps"] == shown["This map"] == r(made.map(0))
    assert shown["Rollout"] == r(made.rollout(0))
    assert shown["By gradient"] == r(made.weighted(0))
    table = at.dataframe[0].value
    assert len(table) == 2 * 2 * 3
    here = distance(made.weights[0].mean(1)).ravel() * 4
    np.testing.assert_allclose(table["Distance"], here, rtol=1e-5)
    assert "mean over 2 layers, 3 heads, 2 networks and 2 strands" in sentences(at)

    at = go(go(at, "predict"), "attention", drawn)  # None would be lost between two visits
    assert [at.selectbox(key=f"attention_{what}").value for what in ("layer", "head")] == [-1, -1]
    at.selectbox(key="attention_head").select(1).run()
    assert "choose one network" in at.warning[0].value
    at.selectbox(key="attention_network").select(0)
    at.selectbox(key="attention_layer").select(1).run()
    assert not at.warning and not at.exception
    assert "Attention, layer 2, head 2, network 1, mean over 2 strands" in sentences(at)
    assert labels(at)["This map"] == r(made.map(0, network=0, layer=1, head=1))


def test_strands_are_spoken_of_where_both_are_read(app):
    at = go(give(app, FASTA), "attention", drawn)
    choosers = ["Layer", "Head", "Network", "Strand"]
    assert [one.label for one in at.selectbox if one.label in choosers] == choosers
    assert "Strands averaged. Attention that is even" in sentences(at)
    at.session_state["both_strands"] = False  # as chosen on Predict
    settle(at.run(), lambda at: drawn(at) and "Strands averaged" not in sentences(at))
    assert [one.label for one in at.selectbox if one.label in choosers] == choosers[:3]
    assert "mean over 2 layers, 3 heads and 2 networks" in sentences(at)


def test_a_track_minus_another_is_chosen_here_and_said(app):
    at = go(give(app, FASTA), "attention", drawn)
    one = labels(at)["By gradient"], labels(at)["This map"]
    assert "Explained is a difference" not in sentences(at)
    at.selectbox(key="minus").select("track1").run()
    settle(at, lambda at: drawn(at) and labels(at)["This map"] != one[1])
    assert "Explained is a difference: track0 minus track1, in toy units" in sentences(at)
    sequences, target = read_text(FASTA).sequences.select(("whole",)), Target(0, minus=1)
    made = attended_named("toy-attention", sequences, target=target)
    changes = pipeline.mutagenesis_named("toy-attention", sequences, target=target)
    sizes = effect_sizes(made, 0, changes, 0)
    wanted = [f"{agreement(received(m), sizes):+.2f}" for m in (made.weighted(0), made.map(0))]
    assert [labels(at)["By gradient"], labels(at)["This map"]] == wanted != list(one)


def test_a_token_is_followed_over_sequences(app):
    at = go(give(app, FASTA), "attention", drawn)
    first = at.select_slider[0]
    made = attended_named("toy-attention", read_text(FASTA).sequences.select(("whole",)))
    assert first.value == int(made.map(0).mean(0).argmax())  # what is read most
    first.set_value(6).run()
    assert "this one bases 21 to 32" in sentences(at)  # 25 to 28, and 4 on each side
    at.selectbox(key="sequence").select("short").run()
    settle(at, drawn)
    assert at.select_slider[0].value == 6
    assert "this one bases 6 to 17" in sentences(at)  # 15 bases of background before it
    assert "The sequence does not fill the window" in sentences(at)


def test_a_long_sequence_is_looked_at_one_window_at_a_time(app, monkeypatch):
    files = {}
    at = go(give(app, FASTA), "attention", drawn)
    monkeypatch.setattr(attended.download, "row", files.update)
    at.selectbox(key="sequence").select("long").run()
    settle(at, drawn)
    one = labels(at)["This map"]
    at.number_input(key="attention_window").set_value(3).run()
    settle(at, lambda at: drawn(at) and labels(at)["This map"] != one)
    assert "begins at base 51" in sentences(at)
    sequences = read_text(FASTA).sequences.select(("long",))
    target = Target(rows=(2, 3))
    made = attended_named("toy-attention", sequences, stride=30, target=target)
    changes = pipeline.mutagenesis_named("toy-attention", sequences, stride=30, target=target)
    r = agreement(received(made.map(0)), effect_sizes(made, 0, changes, 0))
    assert labels(at)["This map"] == f"{r:+.2f}"
    names = [name for name, _ in files.values()]
    assert all(name.startswith("attention_long_window-3") for name in names)
    for label in ("Table, per token", "Table, per head", "Table, arcs"):
        table = pd.read_csv(io.BytesIO(files[label][1]()), sep="\t")
        assert table["window"].unique().tolist() == [3]
    assert len(set(names)) == len(names)
    at.selectbox(key="sequence").select("whole").run()
    settle(at, drawn)
    assert files["Table, arcs"][0] == "attention_whole_arcs.tsv"


def test_a_map_says_which_of_its_entries_tell_their_numbers(app, monkeypatch):
    at = go(give(app, FASTA), "attention", drawn)
    assert "Point at an entry for its numbers." in sentences(at)
    monkeypatch.setattr(attention, "CLICKED", 14)  # of 15 tokens
    assert "only entries on the diagonal" in sentences(at.run())
    assert "Point at an entry" not in sentences(at)


def test_arcs_are_those_of_the_chosen_map_and_of_a_chosen_token_alone(app):
    at = go(give(app, FASTA), "attention", drawn)
    made = attended_named("toy-attention", read_text(FASTA).sequences.select(("whole",)))

    def said(matrix, **settings):
        found = strongest(matrix, made.size, **({"apart": 12} | settings))
        words = (meaning, strongest_in_words)
        return [word(made, 0, found) for word in words] + [counted(found)]

    def shows(*wanted):
        assert not at.exception
        return all(words in sentences(at) for words in wanted)

    assert shows(*said(made.map(0)))
    at.number_input(key="attention_arcs_most").set_value(7)
    at.number_input(key="attention_arcs_apart_4_15").set_value(20)
    at.segmented_control(key="attention_kind").set_value("rollout").run()
    assert shows(*said(made.rollout(0), apart=20, most=7))
    token = (at.select_slider[0].value + 3) % made.tokens
    at.select_slider[0].set_value(token).run()  # a token is chosen: its arcs alone
    assert at.segmented_control(key="attention_arcs_of").value == "token"
    assert shows(*said(made.rollout(0), apart=20, most=7, token=token))
    at.segmented_control(key="attention_arcs_of").set_value("all").run()
    assert shows(*said(made.rollout(0), apart=20, most=7))
    at.selectbox(key="sequence").select("short").run()
    settle(at, drawn)
    assert shows("Beyond the dotted lines lies the background")
    assert at.number_input(key="attention_arcs_most").value == 7


def test_a_rollout_goes_through_all_layers_and_heads(app):
    at = go(give(app, FASTA), "attention", drawn)
    at.selectbox(key="attention_layer").select(0).run()
    at.segmented_control(key="attention_kind").set_value("gradient").run()
    assert not at.exception
    assert at.selectbox(key="attention_layer").disabled
    assert "Gradient-weighted rollout, mean over 2 networks and 2 strands" in sentences(at)


def test_a_stretch_of_bases_chooses_the_token_in_its_middle():
    from tests.toy_models import attention_model, random_set

    made = attention_map_of(attention_model(), random_set((30,)))
    kept = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attention.workspace, "keep", kept.__setitem__)
        for stretch in ((0, 1), (10, 14), (29, 30)):
            attention.choose_token(made, 0, stretch)
            first, last = made.bases(0)
            token = kept["attention_token"]
            assert first[token] <= (stretch[0] + stretch[1]) // 2 < last[token]


def test_changes_of_a_part_are_drawn_over_their_bases_alone(monkeypatch):
    from gexp_core.explain.single_base import mutagenesis
    from tests.toy_models import attention_model, random_set

    drawn, model, sequences = {}, attention_model(), random_set((60,))

    def view(text, rows, **how):
        drawn.update({row.title: row for row in rows})

    monkeypatch.setattr(attended, "sequence_view", view)
    made = attention_map_of(model, sequences)
    for low, high in ((20, 40), (0, 60)):
        changes = mutagenesis(model, sequences, window=(low, high))
        attended.along(made, Choice(), 0, changes)
        row = drawn["What each base is worth"]
        assert (row.start, row.end) == (low, high)
        np.testing.assert_array_equal(row.values, mutagenesis_scores(changes, 0))


@pytest.mark.parametrize(
    ("bins", "row", "rows"), [(1, None, None), (1, 2, (2, 3)), (9, None, (3, 8)), (9, 2, (3, 8))]
)
def test_maps_explain_the_number_that_the_changes_explain(monkeypatch, bins, row, rows):
    from tests.toy_models import toy_card

    number = Target(0, (3, 8)) if bins > 1 else Target(0)
    monkeypatch.setattr(attention.controls, "explained", lambda card: number)
    monkeypatch.setattr(attention.controls, "stride", lambda card: None)
    assert attention._asked(toy_card(bins=bins), row)["target"] == Target(0, rows)


def attention_map_of(model, sequences):
    from gexp_core.explain.attention import attended

    return attended(model, sequences)


def test_every_control_has_help_and_the_page_is_thin(app):
    at = go(give(app, FASTA), "attention", drawn)
    widgets = [*at.selectbox, *at.select_slider, *at.segmented_control, *at.number_input]
    assert [w.label for w in widgets if not w.help] == []
    tree = ast.parse((ROOT / "pages" / "attention.py").read_text())
    assert not any(isinstance(node, (ast.BinOp, ast.FunctionDef)) for node in ast.walk(tree))
