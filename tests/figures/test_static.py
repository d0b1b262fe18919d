"""Saved figures: the numbers in them, files that repeat, and text that cannot do harm."""

import io
import time
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.patches import PathPatch
from PIL import Image

from gexp_core.encoding import BASES, indices
from gexp_core.errors import InputError, LimitError
from gexp_core.explain import ABOUT, METHODS
from gexp_core.figures import static, steps
from gexp_core.figures.saving import DPI
from gexp_core.types import SequenceSet, Target
from tests.figures import made


def artists(figure, gid):
    return [a for axes in figure.axes for a in axes.get_children() if a.get_gid() == gid]


def letter_heights(figure, base):
    """Return the height in points of each letter of one compound path, in left to right."""
    (patch,) = artists(figure, f"logo-{base}")
    assert isinstance(patch, PathPatch)
    boxes = [part.get_extents() for part in _letters(patch.get_path(), base)]
    return [box.height for box in sorted(boxes, key=lambda box: box.x0)]


def _letters(path, base):
    from matplotlib.path import Path

    from gexp_core.figures.sheet import _glyph

    size = len(_glyph(base)[0])
    for at in range(0, len(path.vertices), size):
        part = path.vertices[at : at + size]
        codes = path.codes[at : at + size]
        kept = codes != Path.CLOSEPOLY  # closing points carry no place
        yield Path(part[kept], codes[kept])


def test_letters_of_an_attribution_are_as_tall_as_its_scores():
    sequences = made.sequence_set(("one",), 60)
    result = made.attribution(sequences)
    figure = static.attribution_figure(result, 0, made.card())
    scores = result.per_base(0)
    ratios = []
    for base in BASES:
        here = [k for k, letter in enumerate(sequences.sequences[0]) if letter == base]
        ratios += list(letter_heights(figure, base) / np.abs(scores[here]))
    assert len(ratios) == 60
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_the_caption_is_true_for_the_method(method):
    result = replace(made.attribution(made.sequence_set(("one",), 60)), method=method)
    said = " ".join(
        t.get_text() for t in static.attribution_figure(result, 0, made.card()).axes[0].texts
    )
    assert f"({method}" in said
    assert ("contributions miss" in said) == ABOUT[method].complete
    assert ("not expected to add up" in said) != ABOUT[method].complete
    assert ("baseline zeros" in said) == ABOUT[method].baseline
    assert ABOUT[method].in_units(made.UNITS) in said


@pytest.mark.parametrize(
    ("bins", "target", "said"),
    [
        (1, Target(1), "toy: liver"),
        (1, Target(1, (2, 5)), "toy: liver, mean over windows 3 to 5"),
        (1, Target(1, minus=0), "toy: liver minus $brain$"),
        (2048, Target(0, minus=1), "toy: $brain$ minus liver, mean over all 2,048 bins"),
        (2048, Target(1, (7, 8)), "toy: liver, bin 8 of 2,048"),
        (2048, Target(1, (1000, 1003)), "toy: liver, mean over bins 1,001 to 1,003 of 2,048"),
    ],
)
def test_a_sheet_says_the_model_and_the_number_that_is_explained(bins, target, said):
    sequences = made.sequence_set(("one",), 60)
    card = replace(made.card(("$brain$", "liver")), bins=bins)
    for sheet in _sheets(sequences, card, target):
        assert said in [text.get_text() for text in sheet.axes[0].texts]


def _sheets(sequences, card, target):
    one, other = (make(sequences) for make in (made.attribution, made.mutagenesis))
    yield static.attribution_figure(replace(one, target=target), 0, card)
    yield static.mutagenesis_figure(replace(other, target=target), 0, card)


@pytest.mark.parametrize("length", [8, 60, 450])
def test_long_names_are_cut_and_no_text_lies_on_another(length):
    """Names of tracks may be as long as anybody likes; the bins are said all the same."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    sequences = made.sequence_set(("W" * 80,), length)
    card = replace(made.card(("MW" * 90, "liver")), bins=2048, name="human-tracks-omics")
    for sheet in _sheets(sequences, card, Target(0, (1000, 2000), minus=1)):
        FigureCanvasAgg(sheet).draw()
        width = sheet.bbox.width
        boxes = [(t.get_text(), t.get_window_extent()) for t in sheet.axes[0].texts if t.get_text()]
        (told,) = [box for text, box in boxes if text.startswith("human-tracks-omics: MW")]
        assert any("bins 1,001 to 2,000 of 2,048" in text for text, _ in boxes)
        others = [box for text, box in boxes if box is not told and not text.isdigit()]
        others += [axes.get_tightbbox() for axes in sheet.axes[1:]]
        assert told.x1 < width and not any(told.overlaps(box) for box in others)


@pytest.mark.parametrize("length", [30, 120, 450])
def test_heat_map_shows_the_effects_and_marks_the_reference(length):
    sequences = made.sequence_set(("one",), length)
    result = made.mutagenesis(sequences)
    figure = static.mutagenesis_figure(result, 0, made.card())
    main = figure.axes[0]
    meshes = [c for c in main.collections if isinstance(c, QuadMesh)]
    shown = np.concatenate([mesh.get_array() for mesh in meshes], axis=1)[::-1]
    np.testing.assert_array_equal(shown, result.effect[0])
    codes = indices(sequences.sequences[0])
    assert not shown[codes, np.arange(length)].any()
    for mesh in meshes:
        assert mesh.norm.vmin == -mesh.norm.vmax == -np.abs(result.effect[0]).max()
        assert mesh.cmap(mesh.norm(0.0))[:3] == pytest.approx((1, 1, 1), abs=0.01)
    if dots := artists(figure, "reference"):
        found = dots[0].get_xydata()
        assert len(found) == length
        cells = []
        for mesh in meshes:
            corners = mesh.get_coordinates()
            x, y = corners[0, :, 0], corners[:, 0, 1]
            inside = found[(found[:, 1] > y[0]) & (found[:, 1] < y[-1])]
            column = np.searchsorted(x, inside[:, 0]) - 1
            row = 4 - np.searchsorted(y, inside[:, 1])
            cells += list(row[np.argsort(column)])
        np.testing.assert_array_equal(cells, codes)
    else:
        assert sum(len(artists(figure, f"reference-{base}")) for base in BASES) == 4


def test_unknown_bases_have_no_mark():
    sequences = SequenceSet(("n",), ("NNNN" + "ACGT" * 40,))
    result = made.mutagenesis(sequences)
    (dots,) = artists(static.mutagenesis_figure(result, 0, made.card()), "reference")
    assert len(dots.get_xydata()) == 160


def test_dots_stand_at_the_predictions_highest_first():
    sequences = made.sequence_set(tuple("abcde"))
    result = made.prediction(sequences, [0.5, -1, 2, 0, 1])
    axes = static.prediction_figure(result, made.card()).axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list("ceadb")
    assert axes.get_title(loc="left").startswith(f"{made.card().name}: ")  # titles are shared
    points = next(line for line in axes.lines if line.get_marker() == "o")
    np.testing.assert_array_equal(points.get_xdata(), [2, 1, 0.5, 0, -1])
    # the middle half of measured values that run evenly from -2 to 2
    band = axes.patches[0].get_extents().transformed(axes.transData.inverted())
    assert (band.x0, band.x1) == pytest.approx((-1, 1), abs=1e-6)


def test_the_whole_zero_is_said_below_predictions():
    card = replace(made.card(), zero="as active as the basal promoter; " * 5 + "and no more")
    result = made.prediction(made.sequence_set())
    figure = static.prediction_figure(result, card)
    lines = [text.get_text() for text in figure.texts]
    assert len(lines) == 2 and max(map(len, lines)) <= 210
    assert " ".join(reversed(lines)).endswith(f"Zero: {card.zero}")
    first, second = (text.get_window_extent() for text in figure.texts)
    axis = figure.axes[0].xaxis.get_tightbbox()
    assert 0 <= first.y0 and first.y1 <= second.y0 and second.y1 <= axis.y0


def test_many_predictions_become_a_ranked_curve():
    values = np.random.default_rng(0).normal(0, 1, 300)
    sequences = made.sequence_set(tuple(f"s{i}" for i in range(300)), 8)
    card = made.card(percentiles=False)
    axes = static.prediction_figure(made.prediction(sequences, values), card).axes[0]
    (curve,) = axes.lines
    np.testing.assert_allclose(curve.get_ydata(), np.sort(values.astype(np.float32))[::-1])


def test_profile_is_the_mean_of_the_windows_over_each_base():
    _, result = made.tiled()
    edges, value, spread = steps.profile(result, 0)
    assert edges.tolist() == [0, 4, 8, 12, 16]
    np.testing.assert_allclose(value, [1, 2, 4, 5], rtol=1e-6)
    np.testing.assert_allclose(spread, [0.1, 0.2, 0.4, 0.5], rtol=1e-6)
    edges, value, _ = steps.profile(result, 1)
    assert edges.tolist() == [0, 8] and value.tolist() == [-1]


def test_profile_equals_brute_force_and_leaves_gaps():
    rng = np.random.default_rng(4)
    start = np.sort(rng.integers(0, 300, 12))
    start[-1] = 400  # nothing covers the bases before it
    end = start + rng.integers(5, 60, 12)
    _, like = made.tiled()
    y = rng.normal(0, 1, (12, 1)).astype(np.float32)
    result = type(like)(
        names=("x",),
        row_sequence=np.zeros(12, np.int64),
        start=start,
        end=end,
        y=y,
        spread=np.abs(y),
        strand_gap=y,
        member_sd=y,
        tracks=("activity",),
        units="",
        provenance=like.provenance,
    )
    edges, value, _ = steps.profile(result, 0)
    for first, last, got in zip(edges[:-1], edges[1:], value, strict=True):
        over = (start <= first) & (end >= last)
        wanted = y[over, 0].mean() if over.any() else np.nan
        np.testing.assert_allclose(got, wanted, rtol=1e-5)
    assert np.isnan(value).any()


def figures():
    sequences = made.sequence_set(made.HOSTILE, 70)
    many = made.sequence_set(tuple(f"s{i}" for i in range(80)), 8)
    _, tiled = made.tiled()
    return {
        "attribution": lambda: static.attribution_figure(
            made.attribution(sequences), 0, made.card()
        ),
        "mutagenesis": lambda: static.mutagenesis_figure(
            made.mutagenesis(sequences), 3, made.card()
        ),
        "prediction": lambda: static.prediction_figure(made.prediction(sequences), made.card()),
        "ranked": lambda: static.prediction_figure(made.prediction(many), made.card()),
        "profile": lambda: static.profile_figure(tiled, 0, made.card()),
    }


@pytest.mark.parametrize("kind", figures())
def test_files_repeat_and_open(kind, monkeypatch):
    make = figures()[kind]
    files = {form: static.render(make(), form) for form in ("svg", "pdf", "png")}
    later = time.time() + 1e6
    monkeypatch.setattr(time, "time", lambda: later)
    figure = make()
    for form, data in files.items():
        assert static.render(figure, form) == data  # another figure, another time
    assert static.render(figure, "svg") == files["svg"]  # the same figure again
    tree = ElementTree.fromstring(files["svg"])
    tags = {node.tag.rpartition("}")[2] for node in tree.iter()}
    assert not tags & {"script", "text", "foreignObject", "a"}
    assert b"<dc:date>" not in files["svg"] and b"alert(1)</script>" not in files["svg"]
    assert files["pdf"].startswith(b"%PDF-") and b"CreationDate" not in files["pdf"]
    image = Image.open(io.BytesIO(files["png"]))
    inches = figure.get_size_inches()
    assert image.size == pytest.approx(tuple(inches * DPI), abs=1)
    pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
    ink = (pixels < 200).any(1).mean()
    assert 0.005 < ink < 0.6
    assert len(np.unique(pixels, axis=0)) > 30


def test_names_the_font_lacks_do_not_stop_a_figure():
    sequences = made.sequence_set(("東京 \u202e\x07 µ",), 20)
    figure = static.attribution_figure(made.attribution(sequences), 0, made.card())
    shown = [text.get_text() for text in figure.axes[0].texts]
    assert any(text.startswith("??") and text.endswith("µ") for text in shown)
    assert static.render(figure, "png").startswith(b"\x89PNG")


def test_a_figure_of_ten_kilobases_is_quick():
    result = made.attribution(made.sequence_set(("long",), 10_000))
    begun = time.process_time()
    figure = static.attribution_figure(result, 0, made.card())
    assert time.process_time() - begun < 1.5
    assert sum(
        len(list(_letters(artists(figure, f"logo-{b}")[0].get_path(), b))) for b in BASES
    ) == (10_000)


def test_limits_are_told():
    result = made.attribution(made.sequence_set(("long",), 10_001))
    with pytest.raises(LimitError, match="10,001 bases of 'long' do not fit one figure"):
        static.attribution_figure(result, 0, made.card())
    part = static.attribution_figure(result, 0, made.card(), window=(10_000 - 40, 10_000))
    texts = [text.get_text() for text in part.axes[0].texts]
    assert "9961" in texts and "10000" in texts
    with pytest.raises(InputError, match="is not inside 'long'"):
        static.attribution_figure(result, 0, made.card(), window=(5, 20_000))
    with pytest.raises(InputError, match="choose svg, pdf or png"):
        static.render(part, "gif")
