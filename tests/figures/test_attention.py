"""Attention figures: the entries that are drawn, where they stand, files that repeat."""

from dataclasses import replace

import numpy as np
import pytest

from gexp_core.errors import InputError, LimitError
from gexp_core.explain import mutagenesis
from gexp_core.explain.attention import attended
from gexp_core.explain.attention_choice import Choice
from gexp_core.explain.attention_map import agreement, effect_sizes, received
from gexp_core.figures import attention as drawn
from gexp_core.figures import attention_plot as plots
from gexp_core.figures import attention_tokens as tokens
from gexp_core.figures.saving import render
from gexp_core.figures.steps import limit_of
from gexp_core.types import SequenceSet
from tests.toy_models import attention_model, random_set


@pytest.mark.parametrize("choice", [Choice(), Choice("rollout", strand=1), Choice(layer=1, head=2)])
def test_the_drawn_matrix_is_the_chosen_one_over_its_bases(made, choice):
    figure = drawn.attention_figure(made, 0, choice=choice)
    images = [image for axes in figure.axes for image in axes.images if image.get_gid() == "matrix"]
    (image,) = images
    np.testing.assert_array_equal(image.get_array(), choice.matrix(made, 0))
    assert image.get_extent() == pytest.approx([-7.5, 52.5, 52.5, -7.5])  # 8 bases of flank
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert choice.words(made) in texts and "<b>one</b>" in texts
    bars = [patch for axes in figure.axes for patch in axes.patches if hasattr(patch, "get_data")]
    values, edges, _ = bars[0].get_data()
    np.testing.assert_allclose(values, received(choice.matrix(made, 0)))
    assert edges[2] == pytest.approx(0.5)  # the third token begins with base 1


def test_effects_are_drawn_with_their_agreement(model, made):
    sequences = SequenceSet(made.names, made.sequences)
    changes = mutagenesis(model, sequences)
    figure = drawn.attention_figure(made, 1, mutagenesis=changes)
    sizes = effect_sizes(made, 1, changes, 1)
    r = agreement(received(made.map(1)), sizes)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert any(f"mutagenesis effects is {r:.2f}." in text for text in texts)
    again = drawn.attention_figure(made, 1, mutagenesis=changes)
    assert render(figure, "svg") == render(again, "svg")
    # a short sequence: its positions are named, those of the background around it are not
    assert all(1 <= tick <= 20 for tick in figure.axes[1].get_xticks())


def test_colours_end_off_the_diagonal():
    matrix = np.eye(4, dtype=np.float32)
    matrix[1, 2] = 0.25
    assert limit_of(matrix) == 0.25
    assert limit_of(np.eye(3, dtype=np.float32)) == 1
    assert limit_of(np.zeros((3, 3), np.float32)) == 1


def test_every_entry_can_be_pointed_at_and_tells_its_row(made):
    matrix = Choice(network=1, layer=0, head=2).matrix(made, 0)
    figure = plots.attention_plot(made, 0, matrix, 3)
    heat, points = figure.data
    np.testing.assert_array_equal(heat.z, matrix)
    assert heat.x[2] == heat.y[2] == 2.5  # bases 1 to 4, 1-based
    at = 5 * 15 + 7
    assert plots.token_of(made, at) == 5
    assert [plots.token_of(made, x) for x in (225, -1, True, "5", None)] == [None] * 5
    assert (points.x[at], points.y[at]) == (heat.x[7], heat.y[5])
    share = f"{matrix[5, 7]:.3g}"
    assert points.hovertext[at].startswith(f"13-16 reads 21-24<br>{share}")
    assert "(background)" in points.hovertext[0]
    assert tokens.places(made, 0)[:3] == ["-7 to -4 (background)", "-3 to 0 (background)", "1-4"]
    (mark,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert (mark.y0, mark.y1) == (4.5, 8.5)


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("map", "share of<br>attention"),
        ("rollout", "share of input"),
        ("gradient", "gradient-<br>weighted, log2<br>&lt;activity&gt;"),
    ],
)
def test_colours_are_titled_by_what_an_entry_is(made, kind, title):
    made = replace(made, units="log2 <activity>")
    choice = Choice(kind)
    matrix = choice.matrix(made, 0)
    heat = plots.attention_plot(made, 0, matrix, choice=choice).data[0]
    assert heat.colorbar.title.text == title
    if kind != "gradient":  # what is called a share is one
        np.testing.assert_allclose(matrix.sum(1), 1, atol=1e-5)
    figure = drawn.attention_figure(made, 0, choice=choice)
    said = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert ("left out; in log2 <activity>." in said) == (kind == "gradient")


def test_a_large_matrix_is_averaged_in_squares():
    rng = np.random.default_rng(0)
    matrix = rng.random((1030, 1030)).astype(np.float32)
    small, step = plots._averaged(matrix)
    assert step == 3 and small.shape == (344, 344)
    assert small[2, 5] == pytest.approx(matrix[6:9, 15:18].mean(), rel=1e-6)
    assert small[-1, 0] == pytest.approx(matrix[1029:, 0:3].mean(), rel=1e-6)
    assert small.shape[0] <= plots.SHOWN


def test_limits_and_choices_that_do_not_exist(made, monkeypatch):
    monkeypatch.setattr(drawn, "DRAWN", 10)
    with pytest.raises(LimitError, match="15 tokens do not fit one figure"):
        drawn.attention_figure(made, 0)
    with pytest.raises(InputError, match="leave layer and head out"):
        Choice("rollout", head=1)
    with pytest.raises(InputError, match="kind 'x' is not one of map, rollout, gradient"):
        Choice("x")


def test_choices_are_named_and_averages_said(made):
    assert Choice().words(made) == (
        "Attention, mean over 2 layers, 3 heads, 2 networks and 2 strands"
    )
    words = Choice(network=0, strand=1, layer=1, head=2).words(made)
    assert words == "Attention, layer 2, head 3, network 1, reverse complement"
    assert Choice("gradient").words(made).startswith("Gradient-weighted rollout, mean over 2 net")
    assert "choose one network" in Choice(head=1).caution(made)
    assert Choice(head=1, network=0).caution(made) == Choice(layer=1).caution(made) == ""
    alone = replace(made, weights=made.weights[:, :1], relevance=made.relevance[:, :1])
    assert Choice(head=1).caution(alone) == ""


@pytest.mark.parametrize("both", [True, False])
def test_strands_are_averaged_only_where_two_were_read(both):
    made = attended(attention_model(both_strands=both), random_set((60,)))
    figure = drawn.attention_figure(made, 0)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert f"Heads of network 1{', strands averaged' if both else ''}" in texts
