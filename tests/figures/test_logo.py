"""Letters of the SVG logo: where they stand, how tall they are, and what strange text does."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from gexp_core.encoding import BASES, one_hot
from gexp_core.errors import InputError
from gexp_core.figures import letters, logo, scores
from gexp_core.figures.palette import OKABE_ITO, symmetric_limit
from gexp_core.types import SequenceSet
from tests.figures import made

NAMESPACE = "{http://www.w3.org/2000/svg}"
PLACE = re.compile(r"translate\(([-\d.]+),([-\d.]+)\) scale\(([-\d.]+),([-\d.]+)\)")


def glyphs(svg: str) -> list[tuple[str, float, float, float, float]]:
    """Return base, x, y, width and height in pixels of every letter, read back from the XML."""
    colour = {OKABE_ITO[base]: base for base in BASES}
    out = []
    for path in ElementTree.fromstring(svg).iter(f"{NAMESPACE}path"):
        if at := path.get("transform"):
            x, y, wide, tall = map(float, PLACE.fullmatch(at).groups())
            out.append((colour[path.get("fill")], x, y, wide * 1000, tall * 1000))
    return out


def test_heights_are_proportional_to_scores_and_stacks_meet():
    values = np.zeros((4, 3), np.float32)
    values[:, 0] = [1.0, 3.0, -2.0, -0.5]
    values[3, 2] = 2.0
    found = glyphs(logo.logo_svg(values, width=464, height=230))
    # the tallest stacks reach +4 and -2.5; 200 pixels stand between them
    per_unit = (230 - logo.TOP - logo.BOTTOM) / 6.5
    by_place = {(base, round(x, 1)): (y, tall) for base, x, y, _, tall in found}
    step = (464 - logo.LEFT - logo.RIGHT) / 3
    first, third = round(logo.LEFT, 1), round(logo.LEFT + 2 * step, 1)
    assert {key: tall / per_unit for key, (_, tall) in by_place.items()} == pytest.approx(
        {("A", first): 1, ("C", first): 3, ("G", first): 2, ("T", first): 0.5, ("T", third): 2},
        abs=1e-4,
    )
    zero = logo.TOP + 4 * per_unit
    top = {key: y for key, (y, _) in by_place.items()}
    # the larger score stands farther from 0, on both sides of it
    assert top["A", first] == pytest.approx(zero - per_unit, abs=2e-3)
    assert top["C", first] == pytest.approx(zero - 4 * per_unit, abs=2e-3)
    assert top["T", first] == pytest.approx(zero, abs=2e-3)
    assert top["G", first] == pytest.approx(zero + 0.5 * per_unit, abs=2e-3)


def test_every_base_is_drawn_once_in_its_row_and_rows_share_one_scale():
    rng = np.random.default_rng(1)
    sequence = "".join(rng.choice(list("ACGT"), 437))
    values = rng.normal(0, 1, 437).astype(np.float32)
    svg = logo.logo_svg(scores.at_reference(sequence, values), width=960, height=100, per_row=100)
    rows = [g for g in ElementTree.fromstring(svg).iter(f"{NAMESPACE}g") if g.get("data-start")]
    assert [row.get("data-start") for row in rows] == ["0", "100", "200", "300", "400"]
    found = glyphs(svg)
    assert "".join(base for base, *_ in found) == sequence
    heights = np.array([tall for *_, tall in found])
    # one scale: heights are written to a ten-thousandth of a pixel
    scale = heights[np.abs(values).argmax()] / np.abs(values).max()
    np.testing.assert_allclose(heights, np.abs(values) * scale, atol=2e-4)


def test_labels_on_the_axis_are_one_based():
    values = one_hot("ACGTACGTAC")
    texts = [
        node.text
        for node in ElementTree.fromstring(logo.logo_svg(values, start=99)).iter(f"{NAMESPACE}text")
    ]
    assert "100" in texts and "109" in texts and "99" not in texts and "110" not in texts


@pytest.mark.parametrize(
    "name", [*made.HOSTILE, 'a" onload="x', "nul\x00bell\x07", "\ud800", "µ∆ 東"]
)
def test_strange_text_is_shown_as_text(name):
    svg = logo.logo_svg(one_hot("ACGT"), title=name, unit=name)
    tree = ElementTree.fromstring(svg)
    tags = {node.tag.removeprefix(NAMESPACE) for node in tree.iter()}
    assert tags == {"svg", "title", "desc", "g", "path", "text"}
    assert not any(key.startswith("on") for node in tree.iter() for key in node.keys())
    shown = letters.plain(name) or "Sequence logo"
    assert tree.get("aria-label") == tree.find(f"{NAMESPACE}title").text == shown


def test_words_name_the_strongest_letters():
    values = np.zeros((4, 20), np.float32)
    values[2, 6], values[0, 10] = 1.5, -0.75
    text = (
        ElementTree.fromstring(logo.logo_svg(values, unit="log2", start=100))
        .find(f"{NAMESPACE}desc")
        .text
    )
    assert "G at 107 (+1.5)" in text and "A at 111 (-0.75)" in text and "log2" in text


def test_nothing_to_draw_draws_axes_only():
    values = np.zeros((4, 5), np.float32)
    values[0, 0] = np.nan
    assert glyphs(logo.logo_svg(values)) == []


@pytest.mark.parametrize("shape", [(3, 5), (4,), (4, 0)])
def test_wrong_shapes_are_refused(shape):
    with pytest.raises(InputError, match="needs scores"):
        logo.logo_svg(np.zeros(shape, np.float32))


def test_long_logo_is_quick_and_needs_no_reference():
    import time

    values = scores.at_reference("ACGT" * 2500, np.ones(10_000, np.float32))
    begun = time.process_time()
    svg = logo.logo_svg(values)
    assert time.process_time() - begun < 1
    assert "<use" not in svg and "<style" not in svg and "href" not in svg


def test_outlines_are_the_letters_of_the_font():
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path
    from matplotlib.textpath import TextPath

    from gexp_core.figures.sheet import _glyph

    points = np.random.default_rng(0).uniform(0, 1, (4000, 2))
    for base in BASES:
        bold = FontProperties(family="DejaVu Sans", weight="bold")
        path = TextPath((0, 0), base, size=1000, prop=bold)
        box = path.get_extents()
        wanted = path.contains_points(points * [box.width, box.height] + [box.x0, box.y0])
        vertices, codes = _glyph(base)
        own = Path(vertices * 1000, codes)  # curves are cut into pieces of about one unit
        np.testing.assert_allclose(own.get_extents().extents, [0, 0, 1000, 1000], atol=1e-6)
        # outlines are rounded to a thousandth of the letter
        assert (own.contains_points(points * 1000) == wanted).mean() > 0.995


def test_importance_is_minus_the_mean_of_the_alternatives():
    sequences = SequenceSet(("x",), ("ACNT",))
    effect = np.array([[0, 3, 9, 1], [1, 0, 9, 1], [2, 6, 9, 1], [6, 0, 9, 0]], np.float32)
    result = made.mutagenesis(sequences)
    result = type(result)(
        names=result.names,
        sequences=result.sequences,
        effect=(effect,),
        window=((0, 4),),
        y_ref=result.y_ref,
        target=result.target,
        units=result.units,
        provenance=result.provenance,
    )
    np.testing.assert_array_equal(scores.importance(result, 0), np.float32([-3, -3, 0, -1]))
    drawn = scores.mutagenesis_scores(result, 0)
    assert [drawn[0, 0], drawn[1, 1], drawn[3, 3]] == [-3, -3, -1]
    assert np.count_nonzero(drawn) == 3


def test_values_that_do_not_fit_the_sequence_are_refused():
    with pytest.raises(InputError, match="3 values do not fit"):
        scores.at_reference("ACGT", np.zeros(3, np.float32))


@pytest.mark.parametrize("length", [1, 7, 164, 200, 201, 230, 999, 2000, 10_000])
def test_rows_cover_everything_once_and_ticks_are_inside(length):
    rows = letters.rows_of(length, letters.per_row(length, 200))
    assert [at for first, last in rows for at in range(first, last)] == list(range(length))
    assert max(last - first for first, last in rows) <= 200
    assert len(rows) == -(-length // 200)
    for first, last in rows:
        found = letters.ticks(first + 1, last, letters.tick_step(rows[0][1]))
        assert found == sorted(set(found)) and first + 1 <= found[0] and found[-1] <= last


def test_a_scale_is_centred_whatever_it_shows():
    assert symmetric_limit([1, -3, np.nan, np.inf]) == 3
    assert symmetric_limit([0.0, np.nan]) == symmetric_limit([]) == 1


def test_the_logo_needs_no_drawing_library():
    code = "import sys, gexp_core.figures.logo, gexp_core.figures.scores as s; " + (
        "print([m for m in ('matplotlib', 'plotly', 'pandas', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
