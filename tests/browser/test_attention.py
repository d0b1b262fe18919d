"""The page Attention in real Chromium: it draws, compares, fits its width and stays quiet."""

import re

import pytest

from tests.browser.conftest import serve
from tests.browser.test_journey import SLOW, Watch, go, quiet, upload
from tests.browser.visitors import expect, until
from tests.toy_models import random_sequence

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def attending(attentive_folder):
    with serve(attentive_folder) as at:
        yield at


@pytest.mark.parametrize("width", [1440, 800])
def test_the_map_is_drawn_and_compared_within_the_page(attending, chromium, shots, width):
    page = chromium.new_page(viewport={"width": width, "height": 2400})
    page.set_default_timeout(SLOW)
    watch = Watch(page, attending)
    page.goto(f"{attending}/?model=toy-attention")
    page.get_by_role("heading", name="Sequences", exact=True).wait_for()
    upload(page, "one.fa", f">one\n{random_sequence(60, 1)}\n".encode())
    page.get_by_text("Read from one.fa").wait_for()
    go(page, "Attention")
    compared = page.get_by_text("Pearson's r, over 15 tokens")
    start = page.get_by_role("button", name=re.compile("^Start"))  # asked first on a busy machine
    compared.or_(start).first.wait_for()
    if start.count():
        start.first.click()
    compared.wait_for()
    quiet(page)
    page.screenshot(path=shots / f"attention_{width}.png")
    drawn = page.locator(".js-plotly-plot .nsewdrag").first

    def square():
        box = drawn.bounding_box()
        return box["width"] == pytest.approx(box["height"], abs=2)

    until(square, wanted="a square map")
    box = drawn.bounding_box()
    inside = page.get_by_test_id("stMain").bounding_box()
    assert box["x"] + box["width"] <= inside["x"] + inside["width"]
    arcs = page.locator(".js-plotly-plot").nth(1)
    page.get_by_text("Drawn: the 60 strongest of 156 pairs").wait_for()
    expect(arcs.locator(".shapelayer path")).to_have_count(60)
    box = arcs.bounding_box()
    assert box["x"] + box["width"] <= inside["x"] + inside["width"]
    watch.check()
    page.close()
