"""The genome view in real Chromium: the right base, the right locus, and no word to anybody."""

import re

import pytest

from tests.browser.test_journey import SLOW, Watch, go, quiet
from tests.browser.test_regions import shot
from tests.browser.visitors import expect, until

pytestmark = pytest.mark.browser
MODEL = "toy-conv"  # reads 60 bases
#: Names that would run if anybody took them for markup.
EVIL = "<img src=x onerror=document.title='taken'>"


@pytest.fixture(params=[1440, 800])
def page(request, chromium):
    made = chromium.new_page(viewport={"width": request.param, "height": 1500})
    made.set_default_timeout(SLOW)
    yield made
    made.close()


def drawn(page):
    """Wait until the view stands with its rows; return igv.js's own box."""
    start = page.get_by_role("button", name="Start (").first  # asked first on a busy machine
    labels = page.locator(".igv-track-label")
    rows = [labels.filter(has_text=one) for one in ("Attribution", "Minus mean effect")]

    def stands():
        if start.is_visible():
            start.click()
            quiet(page)
        return all(row.count() for row in rows)

    until(stands, wanted="the rows of the genome view")
    quiet(page)
    page.locator(".gexp-igv[data-ready]").wait_for()  # all that was sent is drawn
    return page.locator(".igv-search-input")


def opened(page, address):
    """Go from the example regions to the view; return what watches the page, and igv.js's box."""
    watch = Watch(page, address)
    page.goto(f"{address}/regions?model={MODEL}")
    page.get_by_role("button", name="Try the example regions").click()
    use(page)
    go(page, "Genome view")
    return watch, drawn(page)


def use(page):
    """Make the regions the sequences of every page."""
    page.get_by_role("button", name=re.compile("^Use th")).click()
    page.get_by_text("These are now the sequences of every page").wait_for()
    quiet(page)


def seen(page, text):
    page.get_by_text(f"In sight: {text} (1-based").wait_for()


def asked(page, box, locus):
    """Type into igv.js's box, which it fills anew whenever the window or a row changes."""
    quiet(page)
    page.locator(".gexp-igv[data-ready]").wait_for()
    box.fill(locus)
    box.press("Enter")


def row(page, title):
    return page.locator(".igv-viewport", has_text=title).first


def inked(page, title, least):
    """Wait until more than ``least`` pixels of a row are neither empty nor white."""
    until(lambda: _ink(page, title) > least, wanted=f"a drawing in the row {title}")


def _ink(page, title):
    return (
        row(page, title)
        .locator("canvas")
        .evaluate(
            """canvas => {
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            let found = 0;
            for (let i = 0; i < data.length; i += 4)
                found += data[i + 3] > 0 && data[i] + data[i + 1] + data[i + 2] < 720;
            return found;
        }"""
        )
    )


def told(page, title, share):
    """What a click at a share of a row's width says: (1-based place, value)."""
    box = row(page, title).bounding_box()
    page.mouse.click(box["x"] + share * box["width"], box["y"] + 0.7 * box["height"])
    said = page.locator(".igv-ui-popover:visible", has_text="(1-based)").first
    said.wait_for()
    place, value = re.search(r":([0-9,]+) \(1-based\)\s+(-?[0-9.e-]+) ", said.inner_text()).groups()
    return int(place.replace(",", "")), value


def bedgraph(page, name):
    """The values of a file that the page offers: 0-based place -> value."""
    with page.expect_download() as coming:
        page.get_by_role("button", name=name, exact=True).click()
    lines = coming.value.path().read_text().splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    return {
        at: float(value)
        for chrom, start, end, value in rows
        if chrom == "chr2"
        for at in range(int(start), int(end))
    }


def test_a_sequence_is_seen_in_its_place_and_nobody_is_asked(page, address, shots):
    watch = Watch(page, address)
    scripts = []
    page.on("request", lambda one: scripts.append(one.url) if "/igv/" in one.url else None)
    page.goto(f"{address}/regions?model={MODEL}")
    page.get_by_role("button", name="Try the example regions").click()
    use(page)
    go(page, "Why")
    assert scripts == []  # 1.5 MB that other pages do not send
    go(page, "Genome view")
    box = drawn(page)
    assert [url.rsplit("/", 1)[1] for url in scripts] == ["igv.esm.min.js"]
    # 2,931 to 2,990, and a twentieth on each side
    expect(box).to_have_value("chr1:2,928-2,993")
    seen(page, "chr1:2,928-2,993")
    inked(page, "Attribution", 500)
    inked(page, "Prediction", 500)
    shot(page, shots, "genome")

    # a gene's name is not looked up anywhere
    asked(page, box, "BRCA1")
    page.get_by_text("Unrecognized locus").first.wait_for()
    page.locator(".igv-ui-alert-dialog-container:visible").get_by_text("OK").first.click()
    # igv.js's own box moves the page, the page's box moves igv.js and chooses the sequence
    asked(page, box, "chr1:2,940-2,979")
    seen(page, "chr1:2,940-2,979")
    quiet(page)
    page.get_by_role("textbox", name="Go to, 1-based").fill("chr2:5,951-5,970")
    page.get_by_role("textbox", name="Go to, 1-based").press("Enter")
    page.get_by_role("heading", name="contig_end").wait_for()
    seen(page, "chr2:5,951-5,970")
    expect(drawn(page)).to_have_value("chr2:5,951-5,970")
    inked(page, "Attribution", 500)
    # a base of a sequence that was read on the minus strand, against the file of the same values
    place, value = told(page, "Attribution", 0.525)
    assert place == 5_961  # of 20 bases the eleventh is from 0.5 to 0.55 of the width
    page.get_by_text("Tracks in genome coordinates").click()
    held = bedgraph(page, "Attribution, bedGraph")[place - 1]
    assert float(value) == pytest.approx(held, rel=6e-4)  # four digits
    watch.check()


@pytest.mark.parametrize("page", [1440], indirect=True)
def test_own_tracks_stay_text_and_a_click_chooses_a_sequence(page, address, shots, tmp_path):
    watch, box = opened(page, address)
    sent = []
    page.on("request", lambda one: sent.append(one) if one.method != "GET" else None)
    text = f'track type=bedGraph name="{EVIL}"\n1\t2900\t2990\t3.5\n'  # '1' is chr1 by alias
    bed = f"chr1\t2910\t2990\t{EVIL.replace(' ', '/')}\t5\t-\n"
    files = [(f"{EVIL}.bedgraph", text), ("peaks.bed", bed), ("notes.docx", "no track")]
    page.locator(".gexp-igv input[type=file]").set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": body.encode()} for name, body in files]
    )
    page.get_by_text("notes.docx is not of a kind that is read here").wait_for()
    row(page, "peaks.bed").wait_for()
    quiet(page)
    inked(page, "peaks.bed", 100)
    own = row(page, ".bedgraph")
    assert EVIL in own.inner_text()
    inked(page, ".bedgraph", 500)
    shot(page, shots, "genome_own")
    page.set_viewport_size({"width": 1440, "height": 1700})
    asked(page, box, "chr1:1-14,000")
    seen(page, "chr1:1-14,000")
    quiet(page)
    lane = row(page, "Your sequences").bounding_box()
    # its window has the middle 6,000.5 of 14,000 bases; one row, whose bars begin at the top
    page.mouse.click(lane["x"] + lane["width"] * 6_000.5 / 14_000, lane["y"] + 12)
    page.get_by_role("heading", name="one_base").wait_for()
    drawn(page)
    row(page, ".bedgraph").wait_for()  # one's own tracks come along
    assert page.title() != "taken"
    assert sent == []
    watch.check()
