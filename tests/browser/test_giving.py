"""Other sequences are given where some were before, in real Chromium: the page follows at once."""

import pytest

from tests.browser.visitors import SLOW, expect, quiet, until

pytestmark = pytest.mark.browser


def give(page, *names):
    quiet(page)
    if page.get_by_text("Give other sequences").is_visible():
        page.get_by_text("Give other sequences").click()
    page.get_by_role("tab", name="Paste").click()
    page.get_by_role("textbox", name="FASTA records").fill(
        "".join(f">{name}\n{'ACGTTGCAAC' * 6}\n" for name in names)
    )
    page.get_by_role("button", name="Read sequences").click()
    page.get_by_text(f"will see of {names[0]}").wait_for()


def test_the_box_closes_and_the_chooser_names_the_new_sequences(chromium, address):
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(SLOW)
    page.goto(f"{address}/?model=toy-conv")
    chooser = page.get_by_test_id("stSidebar").get_by_role("combobox", name="Sequence")
    give(page, "first", "second")
    expect(chooser).to_have_value("first")
    quiet(page)
    chooser.click()
    page.get_by_role("option", name="second").click()
    page.get_by_text("will see of second").wait_for()
    give(page, "third", "fourth")
    expect(chooser).to_have_value("third")
    page.get_by_role("textbox", name="FASTA records").wait_for(state="hidden")
    heading = page.get_by_role("heading", name="Read from pasted text")
    until(lambda: heading.bounding_box()["y"] < 900, wanted="that what was read is in sight")
    page.close()
