"""The drawing of composition: parsed as XML, marks where the values are."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from gexp_core.figures.composition import composition_svg
from gexp_core.figures.palette import MARK
from gexp_core.inputs.composition import Compared

SVG = "{http://www.w3.org/2000/svg}"
FIGURES = {
    "gc": tuple(np.linspace(0.2, 0.8, 101)),
    "distance": tuple(np.linspace(0.1, 0.4, 101)),
    "repetition": tuple(np.linspace(0.01, 0.1, 101)),
}


def drawn(values):
    values = np.asarray(values, float)
    count = np.zeros(len(values), np.int64)
    names = tuple(map(str, range(len(values))))
    made = Compared(names, count, count, count, values, np.zeros_like(values))
    root = ET.fromstring(composition_svg(made, FIGURES))
    return root, [node for node in root.iter(f"{SVG}circle")]


def test_marks_lie_in_proportion_and_those_outside_are_marked():
    root, marks = drawn([[0.2, 0.25, 0.05], [0.5, 0.25, 0.05], [1.0, 0.25, 0.05]])
    gc = sorted((float(m.get("cx")), m.get("fill")) for m in marks if m.get("cy") == "38")
    (a, _), (b, _), (c, colour) = gc
    # the line reaches from 0.2, the least training row, to 1, the furthest sequence; two digits
    assert (b - a) / (c - a) == pytest.approx(0.3 / 0.8, abs=1e-3)
    assert colour == MARK and MARK not in [fill for _, fill in gc[:2]]
    words = {node.text for node in root.iter(f"{SVG}text")}
    assert {"0.2", "0.5", "0.8", "1"} <= words


def test_what_was_not_judged_has_no_mark_and_many_stay_few():
    assert len(drawn([[np.nan] * 3])[1]) == 0
    rng = np.random.default_rng(0)
    many = rng.uniform([0.2, 0.1, 0.01], [0.8, 0.4, 0.1], (5_000, 3))
    many[17] = 0.99
    marks = drawn(many)[1]
    assert len(marks) == 3 * 500
    assert sum(mark.get("fill") == MARK for mark in marks) == 3  # the furthest is always drawn


def test_no_two_numbers_of_a_line_lie_on_each_other():
    root, _ = drawn([[0.2, 0.1, 0.011], [0.8, 9, 0.1]])
    places = {}
    for node in root.iter(f"{SVG}text"):
        if node.get("text-anchor") == "middle":
            places.setdefault(node.get("y"), []).append(float(node.get("x")))
    for row in places.values():
        assert (np.diff(sorted(row)) > 40).all()
