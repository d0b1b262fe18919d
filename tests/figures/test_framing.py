"""The drawing of a frame: its parts are those that the model is given, letter by letter."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from gexp_core.encoding import decode, frame, one_hot
from gexp_core.figures.framing import PARTS, frame_svg, parts

SVG = "{http://www.w3.org/2000/svg}"
BACKGROUND = "CCCCC" + "A" * 20 + "GGG"  # flanks of 5 and 3, a neutral text between them
INSERT = (5, 25)


def drawn(text, stride=None):
    how = frame(text, background=BACKGROUND, insert=INSERT, stride=stride)
    return how, ET.fromstring(frame_svg(how, INSERT))


@pytest.mark.parametrize("size", [1, 7, 19, 20, 21, 64])
def test_every_part_holds_the_letters_that_it_is_called_after(size):
    how, root = drawn("T" * size)
    held = parts(how, INSERT)
    letters = decode(how.windows(one_hot("T" * size)[None])[0])
    kinds = {"flank": "CG", "background": "A", "sequence": "T"}
    assert [start for _, start, _ in held] == [0, *(end for _, _, end in held[:-1])]
    assert held[-1][2] == len(BACKGROUND)
    for key, start, end in held:
        assert set(letters[start:end]) <= set(kinds[key])
    texts = [node.text for node in root.iter(f"{SVG}text")]
    for key, start, end in held:
        assert f"{start + 1:,} to {end:,} ({end - start:,} bp): {PARTS[key][0]}" in texts


def test_a_whole_window_is_the_sequence_alone():
    how, _ = drawn("CCCCC" + "T" * 20 + "GGG")
    assert parts(how, INSERT) == [("sequence", 0, 28)]


def test_windows_of_a_long_sequence_lie_where_they_are_read():
    how, root = drawn("T" * 64)
    assert len(how.starts) > 1
    boxes = [node for node in root.iter(f"{SVG}rect") if node.get("height") == "8"]
    scale = (560 - 24) / 64
    np.testing.assert_allclose(
        [(float(box.get("x")) - 12) / scale for box in boxes], how.starts, atol=0.01 / scale
    )  # written with two digits
    assert all(float(box.get("width")) == pytest.approx(20 * scale, abs=0.01) for box in boxes)


def test_many_windows_are_said_and_not_all_drawn():
    how, root = drawn("T" * 2_000, stride=1)
    boxes = [node for node in root.iter(f"{SVG}rect") if node.get("height") == "8"]
    assert len(boxes) == 61 and len(how.starts) == 1_981
    assert float(boxes[-1].get("x")) + float(boxes[-1].get("width")) == pytest.approx(548, abs=0.1)
    said = next(root.iter(f"{SVG}text")).text
    assert said.startswith("your sequence, 2,000 bp, in 1,981 windows; the first 60")
