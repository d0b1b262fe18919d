"""A visitor's way through the app, in real Chromium."""

import io
import json
import zipfile

import numpy as np
import pytest

from gexp_core.models import registry
from tests.browser.visitors import expect, made, quiet
from tests.malformed import MALFORMED

pytestmark = pytest.mark.browser

PAGES = {
    "": "Sequences",
    "predict": "Predict",
    "why": "Why",
    "what-if": "What if",
    "take-away": "Take away",
    "models": "Models",
}
MODEL = "retina-cnn" if "retina-cnn" in registry.names() else "toy-conv"
SLOW = 60_000  # milliseconds; the machine may be busy


def fasta(count=20, length=164):
    letters = np.random.default_rng(7).choice(list("ACGT"), (count, length))
    return "".join(f">seq{i + 1:02d}\n{''.join(row)}\n" for i, row in enumerate(letters)).encode()


class Watch:
    """Keep what a page must not do: complain, or ask another host."""

    def __init__(self, page, address):
        self.complaints, self.strangers = [], []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._request(request.url, address))
        page.on("websocket", lambda socket: self._request(socket.url, address))

    def _console(self, message):
        if message.type == "error":
            self.complaints.append(message.text)

    def _request(self, url, address):
        host = address.split("//")[1]
        if not url.startswith((address, f"ws://{host}", "data:", "blob:")):
            self.strangers.append(url)

    def check(self):
        assert self.complaints == []
        assert self.strangers == []


@pytest.fixture(params=[1440, 800])
def page(request, chromium):
    made = chromium.new_page(viewport={"width": request.param, "height": 1500})
    made.set_default_timeout(SLOW)
    yield made
    made.close()


def go(page, name):
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True)
    unfold = page.get_by_test_id("stExpandSidebarButton")
    link.or_(unfold).locator("visible=true").first.wait_for()  # one of them, once all is drawn
    if not link.is_visible():
        unfold.click()
    link.click()
    page.get_by_role("heading", name=name, exact=True).wait_for()
    quiet(page)


def upload(page, name, data):
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": data}
    )


def test_from_a_file_to_the_zip(page, address, shots):
    width = page.viewport_size["width"]

    def shot(name):
        quiet(page)
        page.screenshot(path=shots / f"{name}_{width}.png")

    watch = Watch(page, address)
    page.goto(f"{address}/?model={MODEL}")
    page.get_by_role("heading", name="Sequences", exact=True).wait_for()
    shot("1_home")
    upload(page, "twenty.fa", fasta())
    page.get_by_text("Read from twenty.fa").wait_for()
    assert "20" in page.get_by_test_id("stMetric").first.inner_text()
    shot("2_sequences")

    page.get_by_role("link", name="Next: predict what they do").click()
    page.get_by_text("20 of 20 sequences").wait_for()
    shot("3_predict")
    # the third row's box, in the canvas that draws the table
    table = page.get_by_test_id("stDataFrame")
    table.locator("canvas").first.wait_for()
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    page.mouse.click(box["x"] + 17, box["y"] + 35 * 3 + 17)
    page.get_by_text("Selected: seq03").wait_for()
    quiet(page)
    page.wait_for_url("**sequence=seq03**")

    page.get_by_role("link", name="Next: see which bases").click()
    made(page, page.get_by_test_id("stMetric").get_by_text("Completeness error"))
    page.get_by_role("heading", name="seq03").wait_for()
    shot("4_why")

    page.get_by_role("link", name="Next: see what every").click()
    made(page, page.get_by_role("heading", name="Strongest losses"))
    quiet(page)
    first = page.get_by_test_id("stDataFrame").nth(1)  # gains: not what is shown at first
    first.locator("canvas").first.wait_for()
    first.scroll_into_view_if_needed()
    before = page.get_by_test_id("stCode").inner_text()
    box = first.bounding_box()
    page.mouse.click(box["x"] + 17, box["y"] + 35 * 2 + 17)
    quiet(page)
    expect(page.get_by_test_id("stCode")).not_to_have_text(before, use_inner_text=True)
    assert "mutant" in page.get_by_test_id("stCode").inner_text()
    shot("5_what_if")

    page.get_by_role("link", name="Next: take everything").click()
    page.get_by_role("button", name="Prepare the zip").click()
    ready = page.get_by_role("button", name="Download gexp_results.zip")
    ready.wait_for()
    shot("6_take_away")
    with page.expect_download() as coming:
        ready.click()
    with zipfile.ZipFile(io.BytesIO(coming.value.path().read_bytes())) as archive:
        names = set(archive.namelist())
        provenance = json.loads(archive.read("provenance.json"))
        predictions = archive.read("predictions.tsv").decode().splitlines()
        mutations = archive.read("mutagenesis.tsv").decode().splitlines()
    assert {"input.fa", "attributions.npz", "attributions.bedgraph", "README.txt"} <= names
    assert {name.rsplit(".", 1)[1] for name in names if "attribution" in name} >= {
        "svg",
        "pdf",
        "png",
    }
    assert MODEL in json.dumps(provenance)
    assert predictions[0].split("\t")[:3] == ["sequence", "start", "end"]
    assert len({line.split("\t")[0] for line in predictions[1:]}) == 20
    assert len(mutations) == 1 + 3 * 164
    assert {line.split("\t")[0] for line in mutations[1:]} == {"seq03"}

    go(page, "Models")
    shot("7_models")
    page.reload()
    page.get_by_role("heading", name="Models", exact=True).wait_for()
    quiet(page)
    go(page, "Why")
    page.get_by_role("heading", name="seq03").wait_for()  # a reload loses nothing
    page.get_by_test_id("stMetric").get_by_text("Completeness error").wait_for()
    watch.check()


@pytest.mark.parametrize("path", PAGES)
def test_a_deep_link_works_on_a_server_nobody_has_opened(fresh, chromium, path):
    with fresh() as address:
        page = chromium.new_page()
        page.set_default_timeout(SLOW)
        watch = Watch(page, address)
        page.goto(f"{address}/{path}?model={MODEL}")
        for _ in range(2):
            page.get_by_role("heading", name=PAGES[path], exact=True).wait_for()
            page.get_by_test_id("stSidebar").get_by_text("Model", exact=True).wait_for()
            page.get_by_test_id("stSidebarNavLink").nth(len(PAGES) - 1).wait_for()
            assert page.get_by_text("Page not found").count() == 0
            page.reload()
        watch.check()
        page.close()


def test_malformed_files_get_their_sentence(chromium, address):
    page = chromium.new_page()
    page.set_default_timeout(SLOW)
    watch = Watch(page, address)
    page.goto(f"{address}/?model={MODEL}")
    page.get_by_role("heading", name="Sequences", exact=True).wait_for()
    for given in MALFORMED:
        quiet(page)
        upload(page, given.filename, given.data)
        if len(given.data) > 10_000_000:  # the browser itself refuses to send it
            page.get_by_text("File must be 10.0MB or smaller").wait_for()
            continue
        # what the browser shows, less what keeps visitors' text from becoming markup
        page.wait_for_function(
            "says => { const at = document.querySelector('[data-testid=stAlert]');"
            " return at && at.innerText.replaceAll('\\u2060', '').toLowerCase().includes(says) }",
            arg=" ".join(given.says.split()).lower(),
        )
        assert "Traceback" not in page.get_by_test_id("stApp").inner_text()
    watch.check()
    page.close()


def test_long_work_shows_progress_and_can_be_stopped(chromium, address):
    page = chromium.new_page()
    page.set_default_timeout(SLOW)
    page.goto(f"{address}/?model={MODEL}")
    page.get_by_role("heading", name="Sequences", exact=True).wait_for()
    upload(page, "long.fa", fasta(1, 60_000))
    page.get_by_text("Read from long.fa").wait_for()
    go(page, "Why")
    page.get_by_role("button", name="Start (").click()
    page.get_by_role("button", name="Cancel").wait_for()
    page.get_by_test_id("stProgress").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Stopped. Everything made before is kept.").wait_for()
    go(page, "Sequences")
    page.get_by_text("Read from long.fa").wait_for()
    page.close()
