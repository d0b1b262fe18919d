"""What many visitors do at once, and how soon a page answers one of them."""

import hashlib
import json
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

from safetensors.torch import save

from gexp_core.models.conv import ConvConfig
from tests.toy_models import conv_model

SLOW = 120_000  # milliseconds; the machine may be busy
MODELS = 4
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


def models(top: Path) -> Path:
    """Fill a folder with toy-0, toy-1, ..., which differ in their weights, and one that is slow."""
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


def until(condition, seconds=SLOW / 1000, wanted="it"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"{wanted} did not come about in time")


def expect(thing):
    """Return Playwright's ``expect`` of a thing, with the patience that a busy machine takes."""
    from playwright import sync_api

    sync_api.expect.set_options(timeout=SLOW)
    return sync_api.expect(thing)


def quiet(page, rest=700):
    """Wait until the app has answered and drawn, and runs no more after a rest (milliseconds)."""
    still = page.locator(
        "[data-testid=stApp][data-test-connection-state=CONNECTED]"
        "[data-test-script-state=notRunning]"
    )
    page.wait_for_timeout(300)  # what was done just now is on its way

    def rested():
        still.wait_for()
        page.wait_for_timeout(rest)
        return still.count() == 1  # else a run began meanwhile: that of a late answer, or a look

    until(rested)


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


def made(page, result):
    """Wait for what a page makes; on a busy server the estimate is long, and it asks first."""
    start = page.get_by_role("button", name="Start (")
    start.or_(result).first.wait_for()
    if start.is_visible():
        start.click()
    result.wait_for()


def latency(page, times):
    """Return how many milliseconds a small control's answer took, an even number of times."""
    page.bring_to_front()  # a browser slows the clocks of tabs that nobody looks at
    quiet(page)  # or a field that is drawn anew takes the stopwatch with it
    field = page.get_by_role("textbox", name="Batch")
    took = []
    for n in range(times):
        text, shown = (
            ("nothing", NONE) if n % 2 == 0 else ("", "FASTA file or table, plain or gzip")
        )
        field.fill(text)
        field.evaluate(STOPWATCH, shown)
        page.wait_for_timeout(100)
        field.press("Enter")
        page.wait_for_function("() => window.__took !== null", polling=50)
        took.append(page.evaluate("window.__took"))
    return took
