import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import numpy as np
import pytest

from gexp_core.figures.palette import DIVERGING
from tests.browser.conftest import serve
from tests.browser.view_data import Example, example
from tests.browser.visitors import SLOW, until

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser

HEAD_OF_ROWS = {"letters": 0, "logo": 1, "heat": 2, "profile": 3, "marks": 4}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serve(script="tests/browser/view_app.py") as address:
        yield address


class Opened:
    """The view in one tab, with everything that a quiet page must not have done."""

    def __init__(self, page: "sync_api.Page", address: str) -> None:
        self.page, self.address = page, address
        page.set_default_timeout(SLOW)
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append("dialog " + dialog.message))
        page.on("request", self._asked)

    def _heard(self, message: "sync_api.ConsoleMessage") -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _asked(self, request: "sync_api.Request") -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("blob", "data"):  # made inside the page
            self.hosts.add(address.netloc)

    def go(self, query: str) -> None:
        self.page.goto(f"{self.address}/?{query}")
        self.root.wait_for()
        self.settle()

    @property
    def root(self) -> "sync_api.Locator":
        return self.page.locator(".gexp-view[data-draw-ms]")

    @property
    def readout(self) -> str:
        return self.page.locator(".readout").inner_text()

    def data(self, name: str) -> str:
        value = self.root.get_attribute(f"data-{name}")
        if value is None:
            pytest.fail(f"the view publishes no data-{name}")
        return value

    def window(self) -> tuple[float, float]:
        start, span = self.data("window").split()
        return float(start), float(span)

    def settle(self) -> None:
        """Wait for the frame in which the last input is drawn."""
        self.page.evaluate(
            "() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))"
        )

    def at(self, position: float, kind: str, share: float = 0.5) -> tuple[float, float]:
        """Return the place on the page of a base (its middle) in a row."""
        x, y = self.inside(position, kind, share)
        box = self.page.locator(".over").bounding_box()
        return box["x"] + x, box["y"] + y

    def inside(self, position: float, kind: str, share: float = 0.5) -> tuple[float, float]:
        """Return the same in pixels of the canvas."""
        bands = json.loads(self.data("bands"))
        start, span = self.window()
        _, y, height = bands["rows"][HEAD_OF_ROWS[kind]]
        x = bands["left"] + (position + 0.5 - start) * bands["width"] / span
        return x, y + height * share

    def move(self, position: float, kind: str, share: float = 0.5) -> None:
        self.page.mouse.move(*self.at(position, kind, share))
        self.settle()

    def click(self, position: float, kind: str, share: float = 0.5, **how: int) -> None:
        self.page.mouse.click(*self.at(position, kind, share), **how)
        self.settle()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def told(self, text: str) -> None:
        self.page.get_by_text(text, exact=True).wait_for()

    def chosen(self, what: tuple[int, int | str] | None) -> None:
        """Wait until Python tells what is chosen, and the view is drawn with it."""
        self.told(f"chosen {what}")
        sent = what and {"cell" if isinstance(what[1], str) else "range": list(what)}
        self.page.locator(f".gexp-view[data-selection='{json.dumps(sent)}']").first.wait_for()
        self.settle()

    def window_is(self, met: Callable[[float, float], bool], wanted: str) -> None:
        """Wait for a window (start, span): a turned wheel arrives when it may."""
        until(lambda: met(*self.window()), wanted=wanted)

    def pixel(self, x: float, y: float, layer: str = "base") -> list[int]:
        return self.page.locator(f".{layer}").evaluate(
            "(c, [x, y]) => [...c.getContext('2d').getImageData(x, y, 1, 1).data]", [x, y]
        )


@pytest.fixture
def opened(chromium: "sync_api.Browser", server: str) -> Iterator[Opened]:
    context = chromium.new_context(viewport={"width": 1440, "height": 1000}, color_scheme="light")
    view = Opened(context.new_page(), server)
    yield view
    context.close()
    if view.complaints or view.hosts != {urlsplit(server).netloc}:
        pytest.fail(f"complaints {view.complaints}, hosts {view.hosts}")


def other_base(made: Example, position: int, wish: str = "A") -> str:
    return wish if made.sequence[position] != wish else "C"


def expected_colour(value: float, limit: float) -> list[int]:
    """Interpolate the scale of the figures by hand."""
    place = (np.clip(value / limit, -1, 1) + 1) / 2
    stops = np.array([stop for stop, _ in DIVERGING])
    colours = np.array([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for _, c in DIVERGING])
    return [float(np.interp(place, stops, colours[:, k])) for k in range(3)]


@pytest.mark.parametrize("length", [164, 2_000, 10_000, 131_072])
def test_draws_from_short_to_long(opened: Opened, length: int) -> None:
    opened.go(f"length={length}")
    made = example(length)
    start, span = opened.window()
    if length <= 200:
        assert (start, span) == (0, length)
    else:
        # a readable stretch around the strongest score
        strongest = int(np.abs(made.scores).max(0).argmax())
        assert span < 200
        assert start < strongest < start + span
    opened.page.get_by_role("button", name="Show the whole sequence").click()
    opened.settle()
    assert opened.window() == (0, length)
    assert float(opened.data("draw-ms")) < 2_000  # seen: 5 to 80 on a busy machine
    assert float(opened.data("paint-ms")) < 5_000  # from data to picture; seen: 40 to 400
    painted = opened.page.locator(".base").evaluate(
        """(canvas, rows) => rows.map(([_, y, height]) => {
             const { data } = canvas.getContext("2d").getImageData(80, y, 1200, height);
             const seen = new Set();
             for (let i = 0; i < data.length; i += 4) {
               if (data[i + 3]) seen.add(data.slice(i, i + 4).join());
             }
             return seen.size;
           })""",
        json.loads(opened.data("bands"))["rows"],
    )
    assert all(colours > 2 for colours in painted), painted


def test_what_was_changed_of_a_long_sequence_is_in_sight_at_first(opened: Opened) -> None:
    opened.go("length=2000&changed=200")
    assert opened.window() == (900, 200)
    opened.go("length=2000&changed=20")  # in the middle of as much as is readable
    start, span = opened.window()
    assert span > 100 and start + span / 2 == pytest.approx(910, abs=0.01)
    opened.go("length=2000&changed=500")  # some of them, around the strongest
    start, span = opened.window()
    assert 900 <= start < start + span <= 1_400 and 100 < span < 200


def test_strongest_change_is_seen_among_131_kb(opened: Opened) -> None:
    opened.go("length=131072")
    opened.page.get_by_role("button", name="Show the whole sequence").click()
    opened.settle()
    made = example(131_072)
    base, position = np.unravel_index(np.abs(made.effect).argmax(), made.effect.shape)
    value = made.effect[base, position]
    x, y = opened.inside(float(position) - 0.5, "heat", (base + 0.5) / 4)
    want = expected_colour(value, abs(value))
    seen = [opened.pixel(int(x) + d, y)[:3] for d in (-1, 0, 1)]
    # half precision and 513 levels: within 3 of 255
    assert min(np.abs(np.subtract(pixel, want)).max() for pixel in seen) <= 3


def test_cells_have_the_colour_of_their_effect(opened: Opened) -> None:
    opened.go("length=164")
    made = example(164)
    limit = float(np.abs(made.effect).max())
    for base, position in [(0, 3), (1, 88), (2, 100), (3, 130), (2, 85)]:
        x, y = opened.inside(position, "heat", base / 4)
        seen = opened.pixel(x - 2, y + 2)[:3]
        want = expected_colour(float(made.effect[base, position]), limit)
        assert np.abs(np.subtract(seen, want)).max() <= 3, (base, position)


def test_a_letter_is_as_tall_as_its_score(opened: Opened) -> None:
    opened.go("length=164")
    made = example(164)
    total = made.scores.sum(0)
    position = int(total.argmax())
    low, high = min(0.0, float(total.min())), float(total.max())
    low, high = low - 0.06 * (high - low), high + 0.06 * (high - low)
    bands = json.loads(opened.data("bands"))
    _, y, height = bands["rows"][HEAD_OF_ROWS["logo"]]
    x, _ = opened.inside(position, "logo")
    size = bands["width"] / 164
    found = opened.page.locator(".base").evaluate(
        """(c, [x, y, w, h]) => {
             const { data, width } = c.getContext("2d").getImageData(x, y, w, h);
             for (let i = 0; i < data.length; i += 4) {
               const coloured = Math.max(data[i], data[i + 1], data[i + 2])
                 - Math.min(data[i], data[i + 1], data[i + 2]) > 60;
               if (data[i + 3] > 120 && coloured) return Math.floor(i / 4 / width);
             }
             return -1;
           }""",
        [round(x - size / 2), round(y), round(size), round(height)],
    )
    assert found == pytest.approx((high - total[position]) / (high - low) * height, abs=2)


def test_hover_reads_every_row(opened: Opened) -> None:
    opened.go("length=164")
    made = example(164)
    position = int(made.sites[0]) + 4
    opened.move(position, "logo")
    here = made.sequence[position]
    code = "ACGT".index(here)
    text = opened.readout.replace("\u2212", "-")
    assert text.startswith(f"position {position + 1} · chr7:1,000,{position + 1:03d} · {here} · ")
    attribution = re.search(r"Attribution ([+-][\d.]+) log2 activity", text)
    assert attribution
    assert float(attribution[1]) == pytest.approx(made.scores[code, position], rel=0.02)
    for alt in set("ACGT") - {here}:
        effect = re.search(rf"{here}>{alt} ([+-][\d.]+)", text)
        assert effect
        want = float(made.effect["ACGT".index(alt), position])
        assert float(effect[1]) == pytest.approx(want, rel=0.05, abs=0.0005)
    assert "CRX (" in text
    assert f"{made.value[position // 20]:.2f} ± 0.08" in text


def test_click_on_a_cell_reaches_python_once_and_stays_outlined(opened: Opened) -> None:
    opened.go("length=164")
    made = example(164)
    position = 87
    alt = other_base(made, position)
    opened.click(position, "heat", ("ACGT".index(alt) + 0.5) / 4)
    opened.told(f"event ({position}, '{alt}') None False")
    opened.chosen((position, alt))
    opened.page.mouse.move(5, 5)
    opened.press("Escape")  # takes the selection back in Python too
    opened.told("event None None True")
    opened.chosen(None)
    opened.page.get_by_role("button", name="Run again").click()
    opened.told("event None None False")


def test_the_chosen_cell_is_outlined_without_a_pointer(opened: Opened) -> None:
    opened.go("length=164")
    made = example(164)
    alt = other_base(made, 40)
    row = "ACGT".index(alt)
    opened.click(40, "heat", (row + 0.5) / 4)
    opened.chosen((40, alt))
    opened.page.mouse.move(5, 5)
    opened.page.get_by_role("button", name="Zoom in").click()
    opened.settle()
    x, y = opened.inside(40, "heat", row / 4)
    assert opened.pixel(x, y - 1, "over")[3] > 200
    x, y = opened.inside(60, "heat", row / 4)
    assert opened.pixel(x, y - 1, "over")[3] == 0


def test_the_base_that_is_there_cannot_be_chosen(opened: Opened) -> None:
    opened.go("length=164")
    here = example(164).sequence[50]
    opened.click(50, "heat", ("ACGT".index(here) + 0.5) / 4)
    assert f"{here} is the base that is there" in opened.readout
    opened.page.wait_for_timeout(400)
    opened.told("runs 1")


def test_keyboard_alone(opened: Opened) -> None:
    opened.go("length=164")
    made = example(164)
    over = opened.page.locator(".over")
    over.focus()
    opened.press("Home", "ArrowRight", "ArrowRight", "Shift+ArrowRight", "ArrowLeft")
    assert opened.readout.startswith("position 12 ·")
    assert opened.page.locator(".readout").get_attribute("aria-live") == "polite"
    opened.press("End")
    assert opened.readout.startswith("position 164 ·")
    opened.press("Home", *["ArrowRight"] * 11)
    alt = "ACGT".index(other_base(made, 11))
    opened.press(*["ArrowDown"] * (alt + 1))
    assert f"{made.sequence[11]}>{'ACGT'[alt]}" in opened.readout
    opened.press("+", "+", "Enter")
    opened.chosen((11, "ACGT"[alt]))
    assert opened.window()[1] == pytest.approx(164 / 1.6**2, rel=1e-3)
    assert opened.readout.startswith("position 12 ·")  # the cursor survives the rerun
    opened.press("[", "ArrowRight", "ArrowRight", "]")
    opened.chosen((11, 14))
    opened.press("0")
    assert opened.window() == (0, 164)
    opened.press("Escape")
    opened.chosen(None)


def test_keyboard_stays_with_a_view_that_is_drawn_in_another_place(opened: Opened) -> None:
    opened.go("length=164&moves=1")
    made = example(164)
    first = opened.page.locator(".over").element_handle()
    opened.page.locator(".over").focus()
    opened.press("Home", *["ArrowRight"] * 11)
    alt = "ACGT".index(other_base(made, 11))
    opened.press(*["ArrowDown"] * (alt + 1), "Enter")
    opened.chosen((11, "ACGT"[alt]))
    opened.page.get_by_text("The view stands below this line").wait_for()
    opened.root.wait_for()
    opened.settle()
    assert not first.evaluate("over => over.isConnected")  # else this shows nothing
    opened.press("[", "ArrowRight", "ArrowRight", "]")  # from where the cursor was
    opened.chosen((11, 14))
    field = opened.page.get_by_role("button", name="Run again")
    field.click()  # who has gone elsewhere stays there
    opened.told("runs 4")
    assert field.evaluate("one => one === document.activeElement")


def test_rows_may_cover_a_part_and_lack_values(opened: Opened) -> None:
    opened.go("length=164&part=1&height=900")
    made = example(164)
    box = opened.page.locator(".stage").bounding_box()
    assert box["height"] == pytest.approx(900, abs=1)
    opened.move(5, "logo")
    assert "Attribution no value here" in opened.readout
    assert "Effect of each change not computed here" in opened.readout
    opened.move(69, "logo")
    here = made.sequence[69]
    text = opened.readout.replace("\u2212", "-")
    effect = re.search(rf"{here}>{other_base(made, 69)} ([+-][\d.]+)", text)
    assert effect
    want = made.effect["ACGT".index(other_base(made, 69)), 69]
    assert float(effect[1]) == pytest.approx(want, rel=0.05, abs=0.0005)
    for position in (10, 30, 90):  # outside, not a number, outside
        alt = other_base(made, position)
        opened.click(position, "heat", ("ACGT".index(alt) + 0.5) / 4)
        assert "no effect was computed here" in opened.readout
    opened.page.wait_for_timeout(300)
    opened.told("runs 1")


def test_shift_drag_selects_a_stretch(opened: Opened) -> None:
    opened.go("length=164")
    page = opened.page
    page.keyboard.down("Shift")
    page.mouse.move(*opened.at(59, "logo"))
    page.mouse.down()
    page.mouse.move(*opened.at(45, "logo"), steps=4)
    page.mouse.move(*opened.at(40, "logo"), steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    opened.told("event None (40, 60) False")
    assert opened.window() == (0, 164)


def test_the_wheel_is_civil(opened: Opened) -> None:
    opened.go("length=164")
    opened.move(100, "profile")
    opened.page.mouse.wheel(0, -120)
    opened.page.locator(".hint").wait_for()
    opened.settle()
    assert opened.window() == (0, 164)
    opened.click(100, "profile")
    opened.page.mouse.wheel(0, -120)
    opened.window_is(lambda _, span: span < 140, "that the wheel zooms")
    start, span = opened.window()
    # the base under the pointer stays there
    assert (100.5 - start) / span == pytest.approx(100.5 / 164, abs=0.002)
    opened.page.mouse.wheel(0, 1_000)
    opened.page.mouse.wheel(0, 1_000)
    opened.window_is(lambda *seen: seen == (0, 164), "the whole sequence")


def test_drag_double_click_strip_and_jump(opened: Opened) -> None:
    opened.go("length=2000")
    page = opened.page
    start, span = opened.window()
    x, y = opened.at(start + span / 2, "profile")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y, steps=5)
    page.mouse.up()
    opened.settle()
    per_base = json.loads(opened.data("bands"))["width"] / span
    assert opened.window()[0] == pytest.approx(start - 90 / per_base, abs=0.2)
    page.mouse.dblclick(x, y)
    opened.settle()
    assert opened.window() == (0, 2000)
    for _ in range(4):
        page.get_by_role("button", name="Zoom in").click()
    strip = page.locator(".strip").bounding_box()
    bands = json.loads(opened.data("bands"))
    page.mouse.click(strip["x"] + bands["left"] + 0.75 * bands["width"], strip["y"] + 15)
    opened.settle()
    start, span = opened.window()
    assert start + span / 2 == pytest.approx(1500, abs=2)
    page.locator(".jump").fill("321")
    page.locator(".jump").press("Enter")
    opened.settle()
    start, span = opened.window()
    assert start + span / 2 == pytest.approx(320.5, abs=0.01)
    assert opened.readout.startswith("position 321 ·")
    page.locator(".jump").fill("2001")
    page.locator(".jump").press("Enter")
    opened.settle()
    assert "there is no position 2001; give 1 to 2,000" in opened.readout


def test_zoom_is_kept_over_reruns_and_forgotten_for_another_sequence(opened: Opened) -> None:
    opened.go("length=2000")
    opened.page.get_by_role("button", name="Move right").click()
    opened.page.get_by_role("button", name="Zoom in").click()
    opened.settle()
    before, text = opened.window(), opened.data("window")
    opened.page.get_by_role("button", name="Run again").click()
    opened.told("runs 2")
    opened.settle()
    assert opened.window() == before
    opened.page.get_by_role("button", name="Another sequence").click()
    opened.told("runs 3")
    opened.page.wait_for_function(
        "([s]) => document.querySelector('[data-testid=stBidiComponentIsolated]')"
        ".shadowRoot.querySelector('.gexp-view').dataset.window !== s",
        arg=[text],
    )
    strongest = int(np.abs(example(2000, 1).scores).max(0).argmax())
    start, span = opened.window()
    assert span > before[1]
    assert start < strongest < start + span


def test_names_are_text_and_never_markup(opened: Opened) -> None:
    opened.go("length=164")
    assert "<img src=x onerror=alert(1)>" in opened.page.locator(".name").inner_text()
    opened.page.get_by_text("Keys and mouse, and every row in words").click()
    words = opened.page.locator(".rows").inner_text()
    assert "Attribution" in words
    assert "highest" in words
    assert opened.page.locator(".gexp-view img, .gexp-view b").count() == 0


@pytest.mark.parametrize("palette", ["okabe-ito", "purple-green", "high-contrast"])
def test_dark_pages_get_light_ink(chromium: "sync_api.Browser", server: str, palette: str) -> None:
    context = chromium.new_context(viewport={"width": 800, "height": 900}, color_scheme="dark")
    view = Opened(context.new_page(), server)
    view.go(f"length=164&dense=1&palette={palette}")
    assert view.data("theme") == "dark"
    assert view.data("palette") == palette
    # the line under the position axis is drawn in the ink of the page
    x, _ = view.inside(80, "letters")
    assert min(view.pixel(x, 29)[:3]) > 150
    width = view.page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert width <= 800
    assert view.complaints == []


def test_two_fingers_zoom(chromium: "sync_api.Browser", server: str) -> None:
    context = chromium.new_context(viewport={"width": 800, "height": 900}, has_touch=True)
    view = Opened(context.new_page(), server)
    view.go("length=164")
    x, y = view.at(82, "profile")
    touch = context.new_cdp_session(view.page)

    def fingers(kind: str, apart: float) -> None:
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        if kind == "touchEnd":
            points = []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 40)
    for apart in (50, 60, 70, 80):
        fingers("touchMove", apart)
    fingers("touchEnd", 80)
    view.settle()
    start, span = view.window()
    context.close()
    assert span == pytest.approx(82, rel=0.1)
    assert start + span / 2 == pytest.approx(82, abs=3)
    assert view.complaints == []
