"""The Workbench in real Chromium: a click is answered at once, and rightly; keys edit and undo."""

import json
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.browser.conftest import serve
from tests.browser.visitors import SLOW, quiet
from tests.toy_models import random_sequence

pytestmark = pytest.mark.browser

TEXT = random_sequence(60, 8)

#: From the release of the mouse to the frame in which another number stands above the rows: in
#: milliseconds, and how many frames were drawn until then.
STOPWATCH = """box => {
  const before = box.innerText;
  window.__took = null;
  document.addEventListener('pointerup', () => {
    const began = performance.now();
    let frames = 0;
    const look = () => {
      frames += 1;
      if (box.innerText !== before) {
        window.__told = Number(box.dataset.now);
        window.__frames = frames;
        window.__took = performance.now() - began;
      } else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, { once: true, capture: true });
}"""


class Bench:
    """The page in one tab."""

    def __init__(self, page, address, model="toy-conv", text=TEXT):
        self.page, self.complaints = page, []
        page.set_default_timeout(SLOW)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda told: self.complaints.append(told.text) if told.type == "error" else None,
        )
        page.goto(f"{address}/workbench?model={model}&name=linked&seq={text}")
        self.fresh()

    def quiet(self):
        quiet(self.page, 300)

    def fresh(self):
        """Wait until the effects are of the letters that are shown."""
        self.page.locator(".sum[data-now]:not([data-now=''])").wait_for()
        effects = self.page.locator(".head", has_text="Effect of each change")
        effects = effects.filter(has_not_text="no values yet")
        # for a moment there may be two, where the page draws the view in another place
        effects.filter(has_not_text="before the last edit").first.wait_for()
        self.quiet()

    def at(self, position, kind, share=0.5):
        """Return the place on the page of a base in the first row of a kind."""
        bands = json.loads(self.page.locator(".gexp-view").get_attribute("data-bands"))
        _, y, height = next(row for row in bands["rows"] if row[0] == kind)
        self.page.locator(".over").scroll_into_view_if_needed()
        box = self.page.locator(".over").bounding_box()
        x = bands["left"] + (position + 0.5) * bands["width"] / self.length
        return box["x"] + x, box["y"] + y + height * share

    @property
    def length(self):
        return int(self.page.locator(".gexp-view").get_attribute("data-length"))

    @property
    def now(self):
        text = self.page.locator(".sum").get_attribute("data-now")
        return float(text) if text else None

    def edits(self):
        found = re.search(r"[?&]edits=([^&]*)", self.page.url)
        return found[1] if found else ""

    def wait_edits(self, wanted):
        self.page.wait_for_function(
            "wanted => decodeURIComponent(location.search).includes(wanted)", arg=wanted
        )
        self.quiet()


@pytest.fixture
def opened(chromium, address):
    pages = []

    def make(width=1440, scheme="light", at=address):
        page = chromium.new_page(viewport={"width": width, "height": 1500}, color_scheme=scheme)
        pages.append(page)
        return Bench(page, at)

    yield make
    for page in pages:
        page.close()


def test_a_click_is_answered_at_once_and_the_answer_holds(opened, shots):
    bench = opened()
    frames = []
    for step, position in enumerate((5, 17, 29, 41, 53)):
        base = next(b for b in "ACGT" if b != TEXT[position])
        bench.page.locator(".sum").evaluate(STOPWATCH)
        bench.page.mouse.click(*bench.at(position, "heat", ("ACGT".index(base) + 0.5) / 4))
        bench.page.wait_for_function("() => window.__took !== null")
        frames.append(bench.page.evaluate("window.__frames"))
        foretold = bench.page.evaluate("window.__told")
        bench.wait_edits(f"{position + 1}{TEXT[position]}>{base}")  # until then rows look fresh
        bench.fresh()  # the page's own answer, and every row made again
        assert bench.now == pytest.approx(foretold, abs=2e-3), step
        assert f"{position + 1}{TEXT[position]}%3E{base}" in bench.edits()
    bench.page.screenshot(path=shots / "workbench_1440.png", full_page=True)
    assert max(frames) <= 2  # no wait for the server; ``benchmarks.click`` says how long it takes
    assert bench.complaints == []


def test_keys_edit_undo_and_select(opened, shots):
    bench = opened(800, "dark")
    page = bench.page
    base = next(b for b in "ACGT" if b != TEXT[20])
    page.mouse.click(*bench.at(20, "letters"))
    page.keyboard.press(base.lower())
    bench.wait_edits(f"21{TEXT[20]}>{base}")
    page.keyboard.press("Delete")
    bench.wait_edits("21del")
    page.locator(".gexp-view[data-length='59']").first.wait_for()
    page.keyboard.press("Control+z")
    bench.wait_edits(f"21{TEXT[20]}>{base}")
    page.keyboard.press("Control+z")
    page.wait_for_function("() => !location.search.includes('edits')")
    bench.quiet()
    page.keyboard.press("Control+y")
    bench.wait_edits(f"21{TEXT[20]}>{base}")
    page.keyboard.down("Shift")
    page.mouse.move(*bench.at(30, "letters"))
    page.mouse.down()
    page.mouse.move(*bench.at(35, "letters"), steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    bench.quiet()
    stretch = page.get_by_role("textbox", name="Stretch of positions 1 to 60")
    page.wait_for_function(
        "() => [...document.querySelectorAll('input')].some(i => i.value === '31-36')"
    )
    assert stretch.input_value() == "31-36"
    page.screenshot(path=shots / "workbench_800_dark.png", full_page=True)
    assert bench.complaints == []


def test_the_card_stands_beside_the_view_and_below_it_on_a_narrow_screen(opened, shots):
    for width, scheme in ((1440, "light"), (1440, "dark"), (800, "light"), (800, "dark")):
        page = opened(width, scheme).page
        view = page.locator(".gexp-view").bounding_box()
        answers = page.locator(".st-key-bench_matters").bounding_box()
        assert answers["y"] < view["y"]  # what one came for, before a view that fills the window
        card = page.get_by_text("What the number means").bounding_box()
        panel = page.get_by_role("textbox", name="Stretch of positions").bounding_box()
        if width == 1440:
            assert card["x"] > view["x"] + view["width"]
            assert abs(card["y"] - answers["y"]) < 60
            assert view["width"] > 740  # 164 bp are spelt out: four pixels a base
        else:
            assert card["y"] > panel["y"] > view["y"]
            assert card["x"] < view["x"] + 60
            assert view["y"] < 560  # what the page is for, in sight of a low window
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
        page.screenshot(path=shots / f"workbench_card_{width}_{scheme}.png", full_page=True)


def sight(page):
    """Return the first base and the number of bases in sight."""
    text = page.locator(".gexp-view").get_attribute("data-window")
    return [float(number) for number in text.split()]


def test_a_link_opens_the_same_view_on_a_server_nobody_has_opened(opened, model_folder):
    first = opened()
    base = next(b for b in "ACGT" if b != TEXT[20])
    first.page.mouse.click(*first.at(20, "letters"))
    first.page.keyboard.press(base.lower())
    first.wait_edits(f"21{TEXT[20]}>{base}")
    first.fresh()
    first.page.get_by_role("button", name="Zoom in").click()
    first.page.wait_for_function("() => location.search.includes('zoom=')")
    first.quiet()
    said = dict(parse_qsl(urlsplit(first.page.url).query))
    said.pop("work", "")  # stands for what the first server holds
    with serve(model_folder) as address:
        page = first.page.context.browser.new_page(viewport={"width": 1440, "height": 1500})
        page.set_default_timeout(SLOW)
        page.goto(f"{address}/workbench?{urlencode(said)}")
        page.locator(".sum[data-now]:not([data-now=''])").wait_for()
        page.locator(".gexp-view[data-window]").first.wait_for()  # drawn after the number
        there = float(page.locator(".sum").get_attribute("data-now"))
        looks = sight(page)
        page.close()
    assert there == pytest.approx(first.now, abs=1e-6)
    # an address holds whole bases: at either end, less than one more than was in sight
    start, span = sight(first.page)
    assert start - 1 < looks[0] <= start
    assert start + span <= sum(looks) < start + span + 1
    assert looks[1] < 50  # of 60: it was zoomed


def test_annotations_follow_an_edit_and_are_found_again_after_a_reload(opened, shots):
    bench = opened()
    page = bench.page
    page.get_by_text("Annotations", exact=True).click()
    bench.quiet()
    lines = b"linked\t4\t9\tbox\t0\t+\n"
    given = {"name": "own.bed", "mimeType": "text/plain", "buffer": lines}
    page.locator("[data-testid=stMain] input[type=file]").set_input_files(given)
    row = page.locator(".gexp-view .head", has_text="Annotations")
    row.wait_for()
    page.wait_for_function("() => location.search.includes('tray=')")
    bench.quiet()
    page.screenshot(path=shots / "workbench_annotations.png")
    page.reload()
    bench.fresh()
    row.wait_for()
    assert not bench.complaints
