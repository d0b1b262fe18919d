"""Arcs in figures: from the reader to what it reads, at the middle of their bases; files repeat."""

import numpy as np
import pytest

from gexp_core.explain import mutagenesis
from gexp_core.explain.attention_arcs import strongest
from gexp_core.explain.attention_choice import Choice
from gexp_core.explain.attention_map import effect_sizes, received
from gexp_core.figures import attention_arcs as arcs
from gexp_core.figures.attention_arcs_plot import arcs_plot
from gexp_core.figures.attention_arcs_sheet import arcs_figure
from gexp_core.figures.saving import render
from gexp_core.types import SequenceSet

CHOICE = Choice(network=1, layer=0, head=2)


def chosen(made, row=0, **settings):
    return strongest(CHOICE.matrix(made, row), made.size, **({"apart": 12, "most": 9} | settings))


def middle(made, row, token):
    """The middle of a token's bases, 1-based, base by base."""
    first, last = (int(part[token]) for part in made.bases(row))
    return float(np.mean([base + 1 for base in range(first, last)]))


@pytest.mark.parametrize("token", [None, 6])
@pytest.mark.parametrize("row", [0, 1])
def test_an_arc_runs_from_its_reader_to_what_it_reads(made, row, token):
    found = chosen(made, row, token=token)
    lie = arcs.curves(made, row, found)
    longest = np.abs(found.reads - found.read).max()
    for at, (q, k) in enumerate(zip(found.reads, found.read, strict=True)):
        ends = (middle(made, row, q), middle(made, row, k))
        assert (lie.x[at, 0], lie.x[at, -1]) == pytest.approx(ends, abs=1e-4)  # float32
        assert lie.y[at, [0, -1]] == pytest.approx([0, 0], abs=1e-6)
        steps = np.diff(lie.x[at])
        assert (steps > 0).all() if k > q else (steps < 0).all()
        above = k > q if token is None else q == token
        assert lie.above[at] == above
        top = np.sqrt(abs(int(q) - int(k)) / longest) * (1 if above else -1)
        assert lie.y[at, arcs.POINTS // 2] == pytest.approx(top, rel=1e-5)
    np.testing.assert_allclose(lie.strength, found.weights / found.weights.max())


@pytest.mark.parametrize("token", [None, 6])
def test_every_arc_can_be_pointed_at_over_the_axis_of_what_is_received(model, made, token):
    matrix = CHOICE.matrix(made, 0)
    found = chosen(made, token=token)
    changes = mutagenesis(model, SequenceSet(made.names, made.sequences))
    figure = arcs_plot(made, 0, matrix, found, changes)
    points, down, up, bars, sizes = figure.data
    paths = [shape for shape in figure.layout.shapes if shape.type == "path"]
    assert len(paths) == len(found.weights) == 9
    widths = [shape.line.width for shape in paths]
    np.testing.assert_allclose(widths, 3.5 * found.weights[::-1] / found.weights[0], rtol=1e-6)
    q, k = int(found.reads[0]), int(found.read[0])
    assert paths[-1].path.startswith(f"M{middle(made, 0, q):.2f},")  # the strongest is on top
    told = points.hovertext[0]
    assert told.startswith(f"bases {4 * q - 7}")  # 8 bases of flank
    assert f"<br>{matrix[q, k]:.3g}, " in told and f"{4 * abs(q - k)} bases apart" in told
    assert len(set(points.hovertext)) == 9 and len(points.x) == len(points.hovertext)
    heads = {middle(made, 0, int(at)) for at in found.read}
    assert set(np.concatenate([down.x, up.x]).tolist()) == heads
    np.testing.assert_array_equal(bars.y, received(matrix))
    np.testing.assert_array_equal(sizes.y, effect_sizes(made, 0, changes, 0))
    assert (bars.yaxis, sizes.yaxis) == ("y2", "y3") and bars.xaxis is None  # one axis for all
    assert tuple(figure.layout.xaxis.range) == (-7.5, 52.5)
    marked = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert [(one.x0, one.x1) for one in marked] == ([] if token is None else [(16.5, 20.5)])


def test_where_there_is_nothing_to_draw_that_is_said(made):
    none = strongest(np.eye(made.tokens, dtype=np.float32), made.size, apart=4)
    figure = arcs_plot(made, 0, np.eye(made.tokens, dtype=np.float32), none)
    assert all(shape.type != "path" for shape in figure.layout.shapes)
    assert arcs.counted(none) == "No pairs at least 4 bases apart have any weight: no arcs."
    assert arcs.strongest_in_words(made, 0, none) == ""
    assert render(arcs_figure(made, 0, none), "png")


def test_the_words_say_what_is_drawn_and_what_is_not(made):
    found = chosen(made)
    matrix = CHOICE.matrix(made, 0)
    apart = np.abs(np.subtract.outer(np.arange(15), np.arange(15))) * 4 >= 12
    assert apart.sum() == 156  # 12 * 13: pairs of 15 tokens at least 3 apart, both ways
    words = arcs.counted(found)
    assert words.startswith(
        "Drawn: the 9 strongest of 156 pairs at least 12 bases apart; 147 weaker ones are not. "
    )
    assert f"keep for themselves {matrix[~apart].sum() / matrix.sum():.0%}" in words
    token = chosen(made, token=6, most=200)
    assert arcs.counted(token).startswith("Drawn: all 20 pairs of this token at least 12 bases")
    assert "weaker" not in arcs.counted(token)
    assert "what bases 17-20 read, below it what reads them" in arcs.meaning(made, 0, token)
    names = [f"{weight:.2g}" for weight in found.weights[:3]]
    assert all(f"({name})" in arcs.strongest_in_words(made, 0, found) for name in names)


def test_the_saved_figure_draws_the_same_arcs_and_repeats(model, made):
    found = chosen(made)
    changes = mutagenesis(model, SequenceSet(made.names, made.sequences))
    settings = {"choice": CHOICE, "mutagenesis": changes}
    figure = arcs_figure(made, 0, found, **settings)
    (lines,) = [one for axes in figure.axes for one in axes.collections if one.get_gid() == "arcs"]
    lie = arcs.curves(made, 0, found)
    drawn = lines.get_segments()
    assert len(drawn) == 9
    np.testing.assert_allclose(drawn[-1], np.stack([lie.x[0], lie.y[0]], 1))
    assert lines.axes.get_xlim() == (-7.5, 52.5)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"<b>one</b>", CHOICE.words(made), arcs.counted(found), *arcs.sides(found)} <= set(texts)
    below = [axes for axes in figure.axes for patch in axes.patches if hasattr(patch, "get_data")]
    assert [axes.get_xlim() for axes in below] == [(-7.5, 52.5)] * 2
    assert render(figure, "svg") == render(arcs_figure(made, 0, found, **settings), "svg")


def test_the_saved_figure_says_everything_and_inside_its_edges(made):
    found = chosen(made, token=6)
    said = [word(made, 0, found) for word in (arcs.meaning, arcs.strongest_in_words)]
    assert len(arcs.counted(found)) > 200  # more than a line
    figure = arcs_figure(made, 0, found, choice=CHOICE)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert all(text in " ".join(texts[::-1]) for text in (arcs.counted(found), *said))
    for text in figure.axes[0].texts:
        box = text.get_window_extent()
        assert box.x1 <= figure.bbox.x1 and box.y0 >= 0
