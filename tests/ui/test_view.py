import base64
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gexp_core.errors import InputError, ModelError
from gexp_core.types import Interval
from gexp_core.ui import view
from gexp_core.ui.view import PALETTES, ViewEvent, heat, letters, logo, marks, profile
from gexp_core.ui.view.rows import Row
from gexp_core.ui.view.wire import floats, ints, pack, read_cell, read_range, strongest
from gexp_core.ui.view.words import extent, in_words
from tests.ui.conftest import give, go

SEQUENCE = "ACGTN"
SCORES = np.array([[0.5, 0, 0, 0, 0], [0, -2, 0, 0, 0], [0, 0.25, 1, 0, 0], [0, 1, 0, 3, 0]])


def sent(rows: list[Row], **options: object) -> dict:
    given = {
        "key": "k",
        "identity": "",
        "name": "n",
        "selection": None,
        "origin": 0,
        "height": None,
        "palette": "okabe-ito",
    }
    return pack(SEQUENCE, rows, **(given | options))


def decoded(packed: dict) -> np.ndarray:
    raw = np.frombuffer(
        base64.b64decode(packed["b64"]), {"f4": "<f4", "f2": "<f2", "i4": "<i4"}[packed["type"]]
    )
    return raw.astype(np.float64) * packed.get("scale", 1)


def test_numbers_survive_the_wire():
    values = np.random.default_rng(1).normal(0, 30, (4, 300)).astype(np.float32)
    values[2, 7] = np.nan
    back = decoded(floats(values)).reshape(4, 300)
    np.testing.assert_array_equal(back, values)
    at = np.array([0, 7, 131_071])
    np.testing.assert_array_equal(decoded(ints(at)), at)


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_half_precision_keeps_three_digits_at_any_size(size: float):
    values = (np.random.default_rng(2).normal(0, size, (4, 30_000))).astype(np.float32)
    packed = floats(values)
    assert packed["type"] == "f2"
    back = decoded(packed).reshape(values.shape)
    largest = np.abs(values).max()
    # half a unit in the last of 11 bits, or of the subnormal step for values near 0
    allowed = np.maximum(np.abs(values) * 2.0**-11, largest * 2.0**-25) * 1.01
    assert (np.abs(back - values) <= allowed).all()


def test_axis_holds_every_stack_and_zero():
    row = logo("a", "u", SCORES)
    stacks = [
        (sum(v for v in column if v < 0), sum(v for v in column if v > 0)) for column in SCORES.T
    ]
    assert extent(row) == (min(low for low, _ in stacks), max(high for _, high in stacks))
    assert extent(heat("a", "u", SCORES)) == (-3, 3)
    assert extent(heat("a", "u", SCORES, limit=1.5)) == (-1.5, 1.5)
    assert extent(logo("a", "u", np.zeros(5))) == (0, 1)
    steps = profile("p", "u", [0, 2], [2, 5], [2.0, 3.0], spread=[0.5, 0.25])
    assert extent(steps) == (0, 3.25)
    assert extent(profile("p", "u", [0], [5], [-2.0], spread=[0.5])) == (-2.5, 0)


def test_clipping_is_told():
    rows = sent([heat("a", "u", SCORES, limit=1.5), heat("a", "u", SCORES, limit=3)])["rows"]
    assert [row["clipped"] for row in rows] == [True, False]


def test_rows_in_words_name_the_extremes_one_based():
    assert "highest +3 u at 4 (T)" in in_words(logo("a", "u", SCORES), SEQUENCE)
    assert "lowest -2 u at 2 (C)" in in_words(logo("a", "u", SCORES), SEQUENCE)
    assert "lowest -2 u at 2 (C to C)" in in_words(heat("a", "u", SCORES), SEQUENCE)
    assert "highest +4 u at 5 (N)" in in_words(logo("a", "u", [4.0], start=4), SEQUENCE)
    assert in_words(letters(), SEQUENCE) == "5 bases: A 1, C 1, G 1, T 1, N 1."
    assert in_words(letters(), "A") == "1 base: A 1, C 0, G 0, T 0, N 0."
    assert "highest +3 u at 3-5" in in_words(profile("p", "u", [2, 0], [5, 2], [3, 1]), SEQUENCE)
    assert "CRX 2-4" in in_words(marks("m", [1], [4], ["CRX"]), SEQUENCE)
    assert in_words(marks("m", [], [], []), SEQUENCE) == "None found."
    empty = in_words(heat("a", "u", np.full((4, 5), np.nan)), SEQUENCE)
    assert "No value was computed" in empty


def test_intervals_come_sorted_with_what_belongs_to_them():
    row = marks("m", [3, 0], [5, 2], ["late", "early"], strands=["-", "+"])
    assert row.labels == ("early", "late")
    assert row.strands == ("+", "-")
    assert row.ends.tolist() == [2, 5]
    steps = profile("p", "u", [2, 0], [5, 2], [7, 8], spread=[0.7, 0.8])
    assert steps.values.tolist() == [8, 7]
    np.testing.assert_allclose(steps.spread, [0.8, 0.7])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: logo("a", "u", np.zeros((3, 5))), "shape (3, 5), wanted (4, W)"),
        (lambda: logo("a", "u", np.zeros((4, 0))), "wanted (4, W)"),
        (lambda: logo("a", "u", [np.inf]), "infinite"),
        (lambda: logo("a", "u", [1.0], limits=(1, 2)), "enclose 0"),
        (lambda: heat("a", "u", np.zeros(5)), "wanted (4, W)"),
        (lambda: heat("a", "u", np.zeros((4, 5)), limit=0), "above 0"),
        (lambda: profile("a", "u", [0], [1], [1, 2]), "2 values for 1 intervals"),
        (lambda: profile("a", "u", [0], [1, 2], [1]), "starts of shape (1,)"),
        (lambda: profile("a", "u", [3], [3], [1]), "3-3 (0-based half-open)"),
        (lambda: profile("a", "u", [0], [1], [1], spread=[-1]), "at least 0"),
        (lambda: marks("a", [0], [1], []), "0 labels"),
        (lambda: marks("a", [0], [1], ["x"], strands=["?"]), "strand '?'"),
        (lambda: sent([logo("a", "u", np.zeros((4, 6)))]), "covers 0-6"),
        (lambda: sent([heat("a", "u", np.zeros((4, 3)), start=3)]), "covers 3-6"),
        (lambda: sent([marks("a", [4], [6], ["x"])]), "but the sequence has 5 bases"),
        (lambda: sent([letters()], selection=(5, "A")), "selection (5, 'A')"),
        (lambda: sent([letters()], selection=(3, 6)), "selection 3-6"),
    ],
)
def test_what_does_not_fit_is_said(make, words: str):
    with pytest.raises(ModelError, match=r"^(row|the selection) ") as caught:
        make()
    assert words in str(caught.value)


def test_view_refuses_wrong_letters_no_rows_and_unknown_palettes():
    with pytest.raises(InputError, match="'X' at position 2"):
        view.sequence_view("AXG", [letters()], key="k")
    with pytest.raises(ModelError, match="at least one base and one row"):
        view.sequence_view("ACG", [], key="k")
    with pytest.raises(ModelError, match="no palette 'rainbow'"):
        view.sequence_view("ACG", [letters()], key="k", palette="rainbow")


def test_what_a_browser_sends_is_checked():
    assert read_cell({"position": 1, "alt": "A"}, SEQUENCE) == (1, "A")
    assert read_cell({"position": 4, "alt": "A"}, SEQUENCE) == (4, "A")
    assert read_range({"start": 0, "end": 5}, SEQUENCE) == (0, 5)
    for cell in (
        None,
        7,
        "x",
        {},
        {"position": 1, "alt": "C"},
        {"position": 1, "alt": "CA"},
        {"position": 1, "alt": ""},
        {"position": 1, "alt": ["A"]},
        {"position": 5, "alt": "A"},
        {"position": -1, "alt": "A"},
        {"position": 1.5, "alt": "A"},
        {"position": True, "alt": "A"},
        {"position": "1", "alt": "A"},
    ):
        assert read_cell(cell, SEQUENCE) is None
    for stretch in ({}, [0, 1], {"start": 2, "end": 2}, {"start": 0, "end": 6}, {"start": None}):
        assert read_range(stretch, SEQUENCE) is None


def test_identity_follows_name_and_letters_unless_given():
    first = sent([letters()])["identity"]
    assert sent([letters()])["identity"] == first
    assert sent([letters()], name="other")["identity"] != first
    assert sent([letters()], identity="mine")["identity"] == "mine"


def test_stamp_changes_with_the_numbers_only():
    stamp = sent([logo("a", "u", SCORES)])["rows"][0]["stamp"]
    assert sent([logo("a", "u", SCORES)], selection=(0, "C"))["rows"][0]["stamp"] == stamp
    assert sent([logo("a", "u", SCORES + 1e-3)])["rows"][0]["stamp"] != stamp


def test_first_look_goes_to_the_strongest():
    assert strongest([letters(), logo("a", "u", SCORES)]) == (3, [0, 5])
    assert strongest([heat("a", "u", -SCORES[:, :3], start=2)]) == (3, [2, 5])
    assert strongest([letters()]) == (None, None)
    part, other = (sent([heat("a", "u", SCORES[:, :3], start=at)]) for at in (1, 2))
    assert part["within"] == [1, 4]
    assert part["identity"] != other["identity"]  # other bases are changed: it goes to them


def test_data_are_plain_json_with_coordinates():
    interval = Interval("chr7", 10, 15, "-")
    data = sent([letters(), logo("a", "u", SCORES)], origin=interval, selection=(0, "C"))
    assert json.loads(json.dumps(data)) == data
    assert data["origin"] == {
        "chrom": "chr7", "start": 10, "end": 15, "strand": "-", "runs": None,
    }  # fmt: skip
    assert data["selection"] == {"cell": [0, "C"]}
    assert sent([letters()])["origin"] is None


def test_event_is_true_when_something_happened():
    assert not ViewEvent()
    assert ViewEvent(cell=(0, "A"))
    assert ViewEvent(cleared=True)
    told = {"cell": {"stamp": "1", "value": {"position": 0, "alt": "T"}}}
    assert view._event(told, SEQUENCE) == ViewEvent(cell=(0, "T"))
    assert view._event(None, SEQUENCE) == ViewEvent()
    assert view._event({"cell": {"position": 0, "alt": "T"}}, SEQUENCE) == ViewEvent()


def test_a_deed_that_arrives_twice_is_done_once(monkeypatch):
    """Streamlit sends a trigger a second time when a fragment's timer fires beside it."""

    def deed(stamp: object) -> bool:
        state["view"] = {"act": {"stamp": stamp, "value": {"verb": "undo"}}}
        return view._first_told("view", "act")

    state: dict[str, object] = {}
    monkeypatch.setattr(view.st, "session_state", state)
    assert [deed(stamp) for stamp in "11221"] == [True, False, True, False, True]
    assert not deed(None)
    assert not deed("1" * 65)
    assert not view._first_told("view", "cell")


def test_the_chosen_colours_are_those_of_every_view(app, monkeypatch):
    used, make = [], view.pack

    def noted(*given, **options):
        used.append(options["palette"])
        return make(*given, **options)

    monkeypatch.setattr(view, "pack", noted)
    give(app, ">alpha\n" + "ACGT" * 15)
    at = go(app, "why", lambda at: used)
    assert set(used) == {"okabe-ito"}
    used.clear()
    at.radio(key="view_palette").set_value("purple-green").run()
    go(at, "what_if", lambda at: used)
    assert set(used) == {"purple-green"}


@pytest.mark.parametrize("name", PALETTES)
def test_palettes_have_bases_and_a_scale_centred_on_zero(name: str):
    for theme in ("light", "dark"):
        palette = PALETTES[name][theme]
        assert set(palette["bases"]) == set("ACGTN")
        places = [place for place, _ in palette["diverging"]]
        assert places == sorted(places)
        assert (places[0], places[len(places) // 2], places[-1]) == (0, 0.5, 1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_high_contrast_letters_stand_out(theme: str):
    """WCAG contrast of every base against white or against Streamlit's dark page."""

    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    paper = luminance({"light": "#FFFFFF", "dark": "#0E1117"}[theme])
    for colour in PALETTES["high-contrast"][theme]["bases"].values():
        low, high = sorted((luminance(colour), paper))
        assert (high + 0.05) / (low + 0.05) >= 4.5, colour


def test_module_has_one_default_export_and_no_way_to_run_text():
    script, part = view._script(), view._part_script()
    assert script.count("export default function") == part.count("export default function") == 1
    script += part
    for forbidden in ("innerHTML", "eval(", "insertAdjacentHTML", "fetch(", "import(", "http"):
        assert forbidden not in script


def page() -> None:
    import numpy as np
    import streamlit as st

    from gexp_core.ui.view import heat, letters, logo, sequence_view

    zeros = np.zeros((4, 5), np.float32)
    event = sequence_view(
        "ACGTN", [letters(), logo("a", "u", zeros), heat("b", "u", zeros)], key="view"
    )
    st.text(f"{event}")
    st.button("again")


def test_runs_under_app_test():
    app = AppTest.from_function(page, default_timeout=30).run()
    assert not app.exception
    assert app.text[0].value == "ViewEvent(cell=None, range=None, cleared=False, act=None)"
    app.button[0].click().run()
    assert not app.exception


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_small_numbers_keep_their_digits_in_the_view():
    folder = Path(view.__file__).parent / "js"
    edit, scale = ((folder / name).read_text() for name in ("82_edit.js", "20_scale.js"))
    at = edit.index("function fixed(")
    fixed = edit[at : edit.index("\n}", at) + 2]
    script = f"""
      {scale}
      {fixed}
      console.log([fixed(5.6814), fixed(0.000471, true), fixed(-2e-5), fixed(0, true)].join(" "));
      console.log([tickText(2e-8, 1e-8, true), tickText(0.02, 0.01), tickText(0, 1e-8)].join(" "));
    """
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [
        "5.681 +0.00047 \u22120.00002 +0.000",
        "+2.0e-8 0.02 0",
    ], done.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_readout_outlives_the_row_under_the_pointer():
    readout = (Path(view.__file__).parent / "js" / "70_readout.js").read_text()
    heat = '{ kind: "heat", start: 0, width: 2, values: [0, 0, 1, 0, 0, 0, 0, 0] }'
    script = f"""
      const BASES = "ACGT", numberText = (value) => `${{value}}`;
      {readout.replace("export ", "")}
      for (const rows of [[{heat}], []])
        console.log(changeText({{ model: {{ codes: [0, 1], rows }} }}, 0, 1));
    """
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["A>C 1", "A>C: not computed"], done.stderr
