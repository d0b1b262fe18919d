"""The drawing of a window: parsed as XML, its places proportional to the positions."""

from xml.etree import ElementTree as ET

import pytest

from gexp_core.figures.windows import window_svg
from gexp_core.types import Interval

SVG = "{http://www.w3.org/2000/svg}"


def parts(region, window, contig):
    root = ET.fromstring(window_svg(region, window, contig))
    texts = [node.text for node in root.iter(f"{SVG}text")]
    window_box, region_box = (
        (float(node.get("x")), float(node.get("width"))) for node in root.iter(f"{SVG}rect")
    )
    return root, texts, window_box, region_box


def test_boxes_lie_and_measure_as_the_intervals_do():
    _, texts, (left, width), (at, size) = parts(
        Interval("chr1", 1_020, 1_060), Interval("chr1", 1_000, 1_100), 9_999
    )
    scale = width / 100
    # positions are written with two digits, so twice 0.005 off, over 100 bases
    assert size / scale == pytest.approx(40, abs=0.02)
    assert (at - left) / scale == pytest.approx(20, abs=0.02)
    assert texts == [
        "asked for: 1,021 to 1,060 (40 bp)",
        "read: 1,001 to 1,100 (100 bp), plus strand",
    ]


def test_an_insertion_is_a_line_in_front_of_a_base():
    region, window = Interval("c", 20, 21), Interval("c", 0, 60)
    root = ET.fromstring(window_svg(region, window, 99, called="inserted before", between=True))
    first, mark = list(root.iter(f"{SVG}rect"))
    left, width = float(first.get("x")), float(first.get("width"))
    # two digits, as above; the base itself, 9 wide, is not marked
    assert float(mark.get("x")) - left == pytest.approx(width / 3, abs=0.02)
    assert float(mark.get("width")) == 2 < width / 60
    assert "inserted before 21" in [node.text for node in root.iter(f"{SVG}text")]


def test_ends_of_the_contig_are_drawn_only_where_they_are_near():
    near = parts(Interval("c", 5, 6), Interval("c", 0, 50), 50)[1]
    assert {"contig start", "contig end", "asked for: 6 (1 bp)"} <= set(near)
    assert "contig end" not in parts(Interval("c", 5, 6), Interval("c", 0, 50), 500)[1]


def test_the_arrow_points_where_reading_ends():
    def tip(strand):
        root, _, (left, width), _ = parts(
            Interval("c", 40, 60, strand), Interval("c", 30, 70, strand), 500
        )
        arrow = [node for node in root.iter(f"{SVG}path") if node.get("fill")][-1]
        return float(arrow.get("d")[1:].split()[0]), left, left + width

    at, left, right = tip("+")
    assert at == pytest.approx(right, abs=0.02)  # both are written with two digits
    at, left, right = tip("-")
    assert at == pytest.approx(left, abs=0.02)


@pytest.mark.parametrize("chrom", ["<script>", 'a"b', "x&y", "]]>"])
def test_a_contig_may_be_called_anything(chrom):
    root = parts(Interval(chrom, 5, 9), Interval(chrom, 0, 20), 30)[0]
    assert root.find(f"{SVG}title").text.startswith(f"{chrom}; asked for")
    assert not list(root.iter("script"))


def test_words_stay_inside_and_one_base_of_a_long_window_is_seen():
    root, _, _, (_, size) = parts(
        Interval("c", 100_000, 100_001), Interval("c", 99_900, 299_900), 10**9
    )
    assert size >= 2
    width = float(root.get("width"))
    for node in root.iter(f"{SVG}text"):
        if node.get("text-anchor") == "middle":
            half = len(node.text) * 13 * 0.5 / 2  # half an em per letter, generous for sans-serif
            assert half <= float(node.get("x")) <= width - half
