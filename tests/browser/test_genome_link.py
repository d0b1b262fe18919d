"""A link to the genome view opens what was in sight; text that was not sent outlives a reload."""

import re

import pytest

from gexp_core.inputs.genome_example import GENE, GENES, GENOME, example_bytes
from tests.browser.test_genome_view import MODEL, asked, drawn, opened, seen
from tests.browser.test_journey import go, quiet
from tests.browser.test_regions import page, start  # noqa: F401  (a fixture)
from tests.browser.visitors import SLOW, expect, made, until

pytestmark = pytest.mark.browser


def holds(box, text):
    """Wait until a box holds a text: what a draft was comes a moment after the box."""
    expect(box).to_have_value(text)


def typed(box, text):
    """Type into a box whose drafts are kept, once they are: what keeps them comes after the box."""
    box.page.locator(".gexp-drafts[data-ready]").first.wait_for(state="attached")
    box.fill(text)


def unfold(page, label):  # noqa: F811
    """Open an expander that may be open already."""
    part = page.locator("details", has=page.get_by_text(label, exact=True)).first
    if part.get_attribute("open") is None:
        part.locator("summary").click()


def marked(page, position, *, first, last):  # noqa: F811
    """Wait until a base (1-based) is marked; the mark lies over its part of what is in sight."""
    mark = page.locator(f'.igv-roi-region[data-region="chr1-{position - 1}-{position}"]')

    def lies():  # igv.js moves it a moment after its rows
        box, row = mark.bounding_box(), page.locator(".igv-viewport").first.bounding_box()
        if not (box and row):
            return False  # one of them is drawn anew
        base = row["width"] / (last - first + 1)
        wide = box["width"] == pytest.approx(base, abs=2)  # of some 20 pixels
        return wide and box["x"] - row["x"] == pytest.approx((position - first) * base, abs=3)

    mark.wait_for()
    until(lies, wanted=f"the mark over base {position}")
    assert not page.get_by_text("BLAT").count()


def test_a_link_opens_what_was_in_sight_for_somebody_else_too(page, chromium, address):  # noqa: F811
    watch, box = opened(page, address)
    asked(page, box, "chr1:2,940-2,979")
    seen(page, "chr1:2,940-2,979")
    page.get_by_role("button", name="Prediction", exact=True).click()  # one row less
    page.locator(".igv-track-label", has_text="Prediction").wait_for(state="detached")
    quiet(page)
    page.wait_for_url("**locus=chr1%3A2940-2979**")
    # what is selected is marked over its base, for who opens the link too
    page.get_by_role("button", name="Select the middle of what is in sight (2,959)").click()
    marked(page, 2_959, first=2_940, last=2_979)
    seen(page, "chr1:2,940-2,979")
    quiet(page)
    other = chromium.new_context(viewport={"width": 900, "height": 1500}).new_page()
    other.set_default_timeout(SLOW)
    other.goto(page.url)
    box = drawn(other)
    seen(other, "chr1:2,940-2,979")
    expect(box).to_have_value("chr1:2,940-2,979")
    marked(other, 2_959, first=2_940, last=2_979)
    assert other.locator(".igv-track-label", has_text="Prediction").count() == 0
    # another sequence, another contig: the address follows
    quiet(other)
    other.get_by_role("textbox", name="Go to, 1-based").fill("chr2:5,951-5,970")
    other.get_by_role("textbox", name="Go to, 1-based").press("Enter")
    seen(other, "chr2:5,951-5,970")
    other.wait_for_url("**/genome?**locus=chr2%3A5951-5970**")
    assert "chr1" not in other.url
    other.context.close()
    go(page, "What if")
    made(page, page.get_by_role("heading", name=re.compile("^29[ACGT]>[ACGT] in ")))
    page.get_by_role("link", name="See the selection in its place on the genome").click()
    drawn(page)
    marked(page, 2_959, first=2_940, last=2_979)
    watch.check()


def test_text_that_was_not_sent_outlives_a_reload_and_only_that(page, address):  # noqa: F811
    watch = start(page, address)
    genome = {"name": GENOME, "mimeType": "text/plain", "buffer": example_bytes(GENOME)}
    page.locator("input[type=file]").first.set_input_files(genome)
    page.get_by_text("meadow: 2 contigs, 20,000 bases").wait_for()
    quiet(page)
    regions = page.get_by_role("textbox", name="Regions, one a line")
    typed(regions, "chr1:101-160 typed\nchr1:2")
    page.reload()
    page.get_by_text("meadow: 2 contigs, 20,000 bases").wait_for()
    quiet(page)
    holds(regions, "chr1:101-160 typed\nchr1:2")
    # what was put back is what is sent
    page.get_by_role("button", name="Read regions").click()
    page.get_by_text("Read from typed text").wait_for()
    quiet(page)
    # a box in a tab that is not in sight; and text that something took the place of stays away
    page.get_by_text("Give other regions").click()
    page.get_by_role("tab", name="Gene").click()
    annotation = {"name": GENES, "mimeType": "text/plain", "buffer": example_bytes(GENES)}
    page.get_by_role("tabpanel").locator("input[type=file]").last.set_input_files(annotation)
    gene = page.get_by_role("textbox", name="Gene symbol or id")
    typed(gene, "clov")
    page.reload()
    quiet(page)
    page.get_by_text("Give other regions").click()
    page.get_by_role("tab", name="Gene").click()
    holds(gene, "clov")
    page.get_by_role("button", name="Try the example gene").click()
    page.get_by_text(f"Read from gene {GENE}").wait_for()
    quiet(page)
    page.reload()
    page.get_by_text(f"Read from gene {GENE}").wait_for()
    quiet(page)
    page.get_by_text("Give other regions").click()
    page.get_by_role("tab", name="Gene").click()
    holds(gene, GENE)
    # what was sent is no draft, where the server forgets the text too; what is typed then is one
    page.goto(f"{address}/?model={MODEL}")
    quiet(page)
    page.get_by_role("tab", name="Paste").click()
    pasted = page.get_by_role("textbox", name="FASTA records, two columns")
    typed(pasted, ">sent\n" + "ACGTTGCA" * 10)
    kept = "sessionStorage.getItem('gexp-draft pasted')"
    page.wait_for_function(f"{kept} !== null")
    page.get_by_role("button", name="Read sequences").click()
    page.get_by_text("Give other sequences").wait_for()
    quiet(page)
    page.wait_for_function(f"{kept} === null")
    unfold(page, "Give other sequences")
    page.get_by_role("tab", name="Paste").click()
    typed(pasted, ">not sent")
    page.reload()
    quiet(page)
    unfold(page, "Give other sequences")
    page.get_by_role("tab", name="Paste").click()
    holds(pasted, ">not sent")
    watch.check()


def test_what_was_refused_and_mended_but_not_sent_outlives_a_reload(page, address):  # noqa: F811
    watch = start(page, address, "variants", "Variants")
    genome = {"name": GENOME, "mimeType": "text/plain", "buffer": example_bytes(GENOME)}
    page.locator("input[type=file]").first.set_input_files(genome)
    page.get_by_text("meadow: 2 contigs, 20,000 bases").wait_for()
    quiet(page)
    variants = page.get_by_role("textbox", name="Variants: lines of a VCF")
    variants.fill("rs699")
    page.get_by_role("button", name="Score variants").click()
    page.get_by_text("rs number says no place").wait_for()
    quiet(page)
    page.reload()
    holds(variants, "rs699")  # as the server keeps it
    quiet(page)
    typed(variants, "chr1-400-")
    page.reload()
    holds(variants, "chr1-400-")
    watch.check()
