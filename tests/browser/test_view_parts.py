"""What travels between the view and the page: parts once, deeds once, the window when it rests."""

import re

import pytest

from tests.browser.test_view import Opened, opened, server
from tests.browser.view_data import example

pytestmark = pytest.mark.browser
__all__ = ["opened", "server"]  # fixtures

#: Six turns of the wheel in the page itself: between those of a busy test the view may rest.
TURNS = """async over => {
  const box = over.getBoundingClientRect();
  const [clientX, clientY] = [box.x + box.width / 2, box.y + box.height / 2];
  for (let n = 0; n < 6; n++) {
    const how = { deltaY: -60, clientX, clientY, bubbles: true, cancelable: true };
    over.dispatchEvent(new WheelEvent("wheel", how));
    await new Promise(requestAnimationFrame);
  }
}"""


def test_a_selection_does_not_send_the_rows_again(opened: Opened) -> None:
    got: list[int] = []
    opened.page.on(
        "websocket", lambda ws: ws.on("framereceived", lambda frame: got.append(len(frame)))
    )
    opened.go("length=10000")
    opened.told("runs 1")
    opened.page.wait_for_timeout(300)
    rows = sum(got)
    assert rows > 10_000 * 8 * 4  # two rows of four float32 per base, and the script
    for number in (2, 3):
        got.clear()
        opened.page.keyboard.down("Shift")
        start, span = opened.window()
        opened.page.mouse.move(*opened.at(start + span / 2, "logo"))
        opened.page.mouse.down()
        opened.page.mouse.move(*opened.at(start + span / 2 + 9 * number, "logo"), steps=4)
        opened.page.mouse.up()
        opened.page.keyboard.up("Shift")
        opened.told(f"runs {number}")
        opened.page.wait_for_timeout(300)
        assert 0 < sum(got) < 30_000  # seen: 6 kB
    opened.move(start + span / 2, "logo")
    assert re.search(r"Attribution [+\u2212]?\d", opened.readout)


def test_a_click_on_a_mark_selects_its_stretch(opened: Opened) -> None:
    opened.go("length=164")
    site = int(example(164).sites[0])
    opened.click(site + 4, "marks", 0.25)
    opened.chosen((site, site + 8))
    opened.press("Escape")
    opened.chosen(None)
    opened.click(site + 2, "letters")
    opened.press("Enter")  # at a base where nothing else is to be chosen
    opened.chosen((site, site + 8))


def test_the_window_is_told_when_it_rests_and_opened_where_it_was(opened: Opened) -> None:
    opened.go("length=2000&follow=1&window=400-500")
    assert opened.window() == (400, 100)
    opened.told("runs 1")
    opened.click(450, "profile")
    opened.page.locator(".over").evaluate(TURNS)
    opened.told("runs 2")
    start, span = opened.window()
    seen = opened.page.get_by_text(re.compile(r"^window \(")).inner_text()
    first, last = map(int, re.findall(r"\d+", seen))
    assert (first, last) == (int(start), int(-(-(start + span) // 1)))
    opened.page.wait_for_timeout(1_500)
    opened.told("runs 2")  # six turns of the wheel, one answer, and none to the answer
    opened.page.get_by_role("button", name="Show the whole sequence").click()
    opened.told("window (0, 2000)")


def test_values_of_an_earlier_text_stay_on_their_bases(opened: Opened) -> None:
    opened.go("length=164&earlier=1")
    made = example(164)
    assert opened.data("length") == "168"
    for now, then in ((10, 10), (49, 49), (54, 50), (160, 156)):
        opened.move(now, "logo")
        here = made.sequence[then]
        text = opened.readout.replace("\u2212", "-")
        assert f"chr7:1,000,{then + 1:03d} · {here} " in text
        score = re.search(r"Attribution ([+-]?[\d.]+)", text)
        assert score
        code = "ACGT".index(here)
        # three significant digits, at least four decimals' worth
        assert float(score[1]) == pytest.approx(made.scores[code, then], rel=0.02, abs=1e-3)
    opened.move(52, "logo")
    assert "inserted, not on the reference" in opened.readout
    assert "Attribution no value here" in opened.readout
    opened.move(20, "logo")
    assert "Attribution no value here" in opened.readout
    assert "chr7:1,000,021" in opened.readout
