"""Many visitors at once in real Chromium: everybody's own numbers, quick pages, and a stop."""

import hashlib
import json
import statistics
import time
import urllib.request
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import save

from gexp_core import pipeline
from gexp_core.export.tables import mutagenesis_table
from gexp_core.models import registry
from gexp_core.models.conv import ConvConfig
from gexp_core.types import SequenceSet
from tests.browser.conftest import serve
from tests.browser.test_journey import go, quiet, upload
from tests.toy_models import conv_model, random_sequence

pytestmark = pytest.mark.browser

SLOW = 120_000  # milliseconds; the machine may be busy
VISITORS, MODELS = 10, 4
LENGTH, MIDDLE, LONG = 300, 1_000, 8_000  # bases: the slow model takes 2, 7 and 60 seconds
NONE = "There is no batch under this link"

#: From the key Enter to the server's answer standing on the page.
STOPWATCH = """(field, wanted) => {
  window.__took = null;
  field.addEventListener('keydown', () => {
    const began = performance.now();
    const watch = new MutationObserver(() => {
      if (!document.body.innerText.includes(wanted)) return;
      window.__took = performance.now() - began;
      watch.disconnect();
    });
    watch.observe(document.body, { subtree: true, childList: true, characterData: true });
  }, { once: true, capture: true });
}"""


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """A folder with toy-0, toy-1, ..., which differ in their weights, and one that takes long."""
    top = tmp_path_factory.mktemp("several")
    sizes = {"input_length": 60, "tracks": 1, "stem_kernel": 7, "kernel": 3, "repeats": [1, 2]}
    light, slow = {"widths": [32, 48], "hidden": 32}, {"widths": [256, 256], "hidden": 256}
    for n, name in enumerate([*(f"toy-{n}" for n in range(MODELS)), "slow"]):
        sizes |= slow if name == "slow" else light
        model = conv_model(members=4, seed=10 * n, config=ConvConfig(**sizes))
        raw = save({key: value.contiguous() for key, value in model.network.state_dict().items()})
        card = replace(
            model.card,
            name=name,
            architecture="conv",
            config=sizes,
            sha256=hashlib.sha256(raw).hexdigest(),
        )
        (top / card.name).mkdir()
        (top / card.name / "weights.safetensors").write_bytes(raw)
        (top / card.name / "card.json").write_text(card.to_json(), encoding="utf-8")
    return top


def health(address):
    return json.load(urllib.request.urlopen(f"{address}/healthz", timeout=30))


def until(condition, seconds=SLOW / 1000):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come about in time")


@pytest.fixture
def tab(chromium):
    """A maker of tabs; each is a visitor of its own to the server."""
    context = chromium.new_context(viewport={"width": 900, "height": 600})

    def make():
        page = context.new_page()
        page.set_default_timeout(SLOW)
        return page

    yield make
    context.close()


def ask(page, address, model, name, letters):
    """Open a page that computes every single-base change of a sequence."""
    at = f"{address}/what-if?model={model}&name={name}&seq={letters}"
    page.goto(at, wait_until="commit")


def begun(page):
    """Start work that is asked for first, and wait until it can be cancelled."""
    start, cancel = (page.get_by_role("button", name=name) for name in ("Start (", "Cancel"))
    start.or_(cancel).wait_for()
    if start.is_visible():
        start.click()
    cancel.wait_for()


def latency(page, times):
    """Return how many milliseconds a small control's answer took, an even number of times."""
    page.bring_to_front()  # a browser slows the clocks of tabs that nobody looks at
    field = page.get_by_role("textbox", name="Batch")
    took = []
    for n in range(times):
        text, shown = ("nothing", NONE) if n % 2 == 0 else ("", "FASTA file, plain or gzip")
        field.fill(text)
        field.evaluate(STOPWATCH, shown)
        page.wait_for_timeout(100)
        field.press("Enter")
        page.wait_for_function("() => window.__took !== null", polling=50)
        took.append(page.evaluate("window.__took"))
    return took


def taken(page):
    """Return the table of single-base changes that a page offers for download."""
    page.bring_to_front()
    start = page.get_by_role("button", name="Start (")
    losses = page.get_by_role("heading", name="Strongest losses")
    start.or_(losses).first.wait_for()
    if start.is_visible():  # on a busy server the estimate may be so long that the page asks first
        start.click()
    losses.wait_for()
    quiet(page)  # a page that is drawn again would break the download off
    with page.expect_download() as coming:
        page.get_by_role("button", name="Table", exact=True).click()
    return pd.read_csv(coming.value.path(), sep="\t", comment="#")


def same(found, model, name, letters, window=None):
    """Compare a page's table with the effects computed here, without a server."""
    alone = pipeline.mutagenesis_named(model, SequenceSet((name,), (letters,)), window=window)
    expected = mutagenesis_table(alone, registry.card(model))
    there = found[found["position"].isin(expected["position"])].reset_index(drop=True)
    places = ["sequence", "position", "ref", "alt", "track"]
    pd.testing.assert_frame_equal(there[places], expected[places], check_dtype=False)
    # effects of order 0.1 to 1 in float32, whose sums may be taken in another order
    np.testing.assert_allclose(there["effect"], expected["effect"], atol=2e-5)


def test_ten_visitors_get_their_own_results(several, tab, tmp_path, monkeypatch):
    monkeypatch.setenv("GEXP_MODELS", str(several))
    given = [random_sequence(LENGTH, 100 + n) for n in range(VISITORS)]
    with serve(several, GEXP_BATCHES=str(tmp_path)) as address:
        visitors = [tab() for _ in range(VISITORS)]
        for n, page in enumerate(visitors):
            ask(page, address, f"toy-{n % MODELS}", f"v{n}", given[n])
        found = [taken(page) for page in visitors]
        told = health(address)
    for n, table in enumerate(found):
        same(table, f"toy-{n % MODELS}", f"v{n}", given[n])
    assert (told["failed"], told["cancelled"]) == (0, 0)


def test_a_page_answers_while_every_worker_computes(several, tab, tmp_path, monkeypatch):
    monkeypatch.setenv("GEXP_MODELS", str(several))
    with serve(several, GEXP_BATCHES=str(tmp_path)) as address:
        idle = tab()
        idle.goto(f"{address}/batch?model=toy-0")
        idle.get_by_text("Link to this batch").click()
        latency(idle, 2)  # the first answers are slow
        hogs = [tab(), tab()]
        alone = latency(idle, 10)
        for n, page in enumerate(hogs):
            ask(page, address, "slow", f"hog{n}", random_sequence(LONG, n))
        for page in hogs:
            begun(page)
        until(lambda: health(address)["running"] >= 2)
        beside = latency(idle, 10)
        assert health(address)["running"] >= 2  # still: every answer came beside work
        for page in hogs:
            page.get_by_role("button", name="Cancel").click()
            page.get_by_text("Stopped.").wait_for()
    quick, busy = statistics.median(alone), statistics.median(beside)
    print(f"a control answered in {quick:.0f} ms beside nothing, {busy:.0f} ms beside work")


def test_a_stop_is_reported_and_the_link_starts_the_work_again(several, tab, tmp_path, monkeypatch):
    monkeypatch.setenv("GEXP_MODELS", str(several))
    letters, log = random_sequence(MIDDLE, 7), tmp_path / "log"
    kept = {"GEXP_BATCHES": str(tmp_path / "kept"), "GEXP_GRACE_SECONDS": "1"}
    with serve(several, log=log, **kept) as address:
        page = tab()
        page.goto(f"{address}/?model=slow")
        page.get_by_role("heading", name="Sequences", exact=True).wait_for()
        upload(page, "mine.fa", f">mine\n{letters}\n".encode())
        page.get_by_text("Read from mine.fa").wait_for()
        go(page, "What if")
        begun(page)
        until(lambda: health(address)["running"] >= 1)
        page.wait_for_url("**work=**")
        link = page.url.removeprefix(address)
        page.close()
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    ended = [line for line in lines if line["event"] == "job" and "mutagenesis" in line["work"]]
    assert [line["state"] for line in ended] == ["interrupted"]
    stop = next(line for line in lines if line["event"] == "stop")
    assert (stop["unfinished"], stop["kept"]) == (1, 1)
    assert letters[:20] not in log.read_text()
    with serve(several, **kept) as address:
        page = tab()
        page.goto(address + link)
        page.get_by_text("The server was stopped while it computed this").wait_for()
        assert health(address)["running"] == 0  # nothing begins by itself
        page.get_by_role("button", name="Start again").click()
        found = taken(page)
    assert len(found) == 3 * MIDDLE
    same(found, "slow", "mine", letters, (0, 20))
