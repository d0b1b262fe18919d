"""Plots for pages: what stands where, and names that plotly must not read as markup."""

import numpy as np
import pytest

from gexp_core.errors import InputError
from gexp_core.evaluate.measured import compare
from gexp_core.figures import interactive
from gexp_core.figures.agreement import agreement_plot
from gexp_core.figures.palette import padded
from tests.figures import made


def test_points_carry_value_rank_and_number():
    sequences = made.sequence_set(tuple("abcde"))
    result = made.prediction(sequences, [0.5, -1, 2, 0, 1])
    figure = interactive.prediction_plot(result, made.card(), "a")
    points, ring = figure.data
    assert points.x.dtype == np.float32
    assert points.x.tolist() == [2, 1, 0.5, 0, -1]
    assert points.y.tolist() == [1, 2, 3, 4, 5]
    assert points.customdata[:, 0].tolist() == [2, 4, 0, 3, 1]
    assert list(figure.layout.yaxis.ticktext) == list("ceadb")
    assert (ring.x[0], ring.y[0], ring.customdata[0][0]) == (0.5, 3, 0)
    # -1 is at 25 % of the measured values, which run evenly from -2 to 2
    assert "percentile among measured test sequences: 25" in points.hovertext[-1]
    band = figure.layout.shapes[0]
    assert (band.x0, band.x1) == pytest.approx((-1, 1))


def test_what_is_shaded_is_seen_to_end_beside_a_single_sequence():
    result = made.prediction(made.sequence_set(("a",)), [0.5])
    figure = interactive.prediction_plot(result, made.card(), "a")
    (low, high), band = figure.layout.xaxis.range, figure.layout.shapes[0]
    assert low < band.x0 < 0.25 and 0.75 < band.x1 < high  # 0.25 to either side: its spread


def test_small_numbers_are_told_by_their_digits():
    sequences = made.sequence_set(("a", "b"))
    figure = interactive.prediction_plot(made.prediction(sequences, [0.000471, 0]), made.card())
    told = "|".join(figure.data[0].hovertext)
    assert "0.00047 ± 0.250" in told and "<br>0.000 ± 0.250" in told


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [([0, 2, np.nan], -0.1, 2.1), ([-3], -4.5, -1.5), ([], -1, 1), ([0], -1e-6, 1e-6)],
)
def test_a_padded_range_is_never_empty(values, low, high):
    assert padded(values) == pytest.approx([low, high])


def test_selection_by_number_equals_selection_by_name():
    result = made.prediction(made.sequence_set(("x", "y")))
    by_name = interactive.prediction_plot(result, made.card(), "y")
    by_number = interactive.prediction_plot(result, made.card(), 1)
    assert by_name.to_json() == by_number.to_json()


@pytest.mark.parametrize("selected", ["z", 2, -1])
def test_a_selection_that_is_not_there_is_refused(selected):
    result = made.prediction(made.sequence_set(("x", "y")))
    with pytest.raises(InputError, match="there is no sequence"):
        interactive.prediction_plot(result, made.card(), selected)


def test_names_are_text():
    sequences = made.sequence_set(made.HOSTILE)
    result = made.prediction(sequences)
    figure = interactive.prediction_plot(result, made.card())
    text = (
        figure.to_json()
        + interactive.scatter(
            result.y[:, 0], result.y[:, 0], sequences.names, x_title="<b>", y_title="y", title="<i>"
        ).to_json()
    )
    assert "<script" not in text and "\\u003cscript" not in text
    assert "&lt;script&gt;" in text or "\\u0026lt;script" in text
    assert "<b>alert" not in text


def test_names_of_measured_sequences_are_text():
    some = np.arange(len(made.HOSTILE), dtype=np.float32)
    figure = agreement_plot(compare(some, some), made.HOSTILE, "log2")
    assert list(figure.data[0].text) == [interactive.shown_text(name) for name in made.HOSTILE]
    assert not any("<" in name for name in figure.data[0].text)


def test_thousands_of_points_use_webgl_and_no_names():
    sequences = made.sequence_set(tuple(f"s{i}" for i in range(2500)), 4)
    figure = interactive.prediction_plot(made.prediction(sequences), made.card())
    assert figure.data[0].type == "scattergl"
    assert figure.layout.yaxis.ticktext is None


def test_profile_steps_and_band():
    _, result = made.tiled()
    band, line = interactive.profile_plot(result, 0, made.card()).data
    assert line.x.tolist() == [0.5, 4.5, 4.5, 8.5, 8.5, 12.5, 12.5, 16.5]
    np.testing.assert_allclose(line.y, [1, 1, 2, 2, 4, 4, 5, 5], rtol=1e-6)
    np.testing.assert_allclose(band.y[:2], [1.1, 1.1], rtol=1e-6)
    np.testing.assert_allclose(band.y[-2:], [0.9, 0.9], rtol=1e-6)
    assert "positions 5-8" in line.hovertext[2]


def test_plots_stand_on_any_ground():
    _, result = made.tiled()
    for figure in (
        interactive.profile_plot(result, 0, made.card()),
        interactive.prediction_plot(result, made.card(percentiles=False)),
    ):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"


def test_scatter_refuses_what_does_not_belong_together():
    with pytest.raises(InputError, match="do not belong together"):
        interactive.scatter(np.zeros(2), np.zeros(3), ("a", "b"), x_title="x", y_title="y")


def test_profile_marks_the_ends_of_a_sequence_shorter_than_its_bins():
    _, result = made.tiled()  # bins on positions 1 to 16
    plain, whole, marked = (
        interactive.profile_plot(result, 0, made.card(), length=length).layout.shapes
        for length in (None, 16, 10)
    )
    assert len(whole) == len(plain)
    assert [shape.x0 for shape in marked[len(plain) :]] == [0.5, 10.5]
