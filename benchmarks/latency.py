"""Measure how soon a page answers beside long work: ``python -m benchmarks.latency``.

A server with two workers and three tabs of one headless Chromium: the first types into a small
control of an idle page and stops the time until the server's answer stands there; then the other
two start work of a minute each and the first does the same again. For each priority that workers
can be given, in turns. Needs a machine that does nothing else.
"""

import argparse
import os
import shutil
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from gexp_core.jobs.bounds import PRIORITIES
from tests.browser.conftest import FLAGS, serve
from tests.browser.visitors import LONG, SLOW, ask, begun, health, latency, models, until
from tests.toy_models import random_sequence


def measured(chromium: Browser, folder: Path, priority: str, times: int) -> tuple[float, float]:
    """Return the median milliseconds of an answer beside nothing and beside two computations."""
    context = chromium.new_context(viewport={"width": 900, "height": 600})
    context.set_default_timeout(SLOW)
    kept = tempfile.mkdtemp()
    try:
        with serve(folder, GEXP_BATCHES=kept, GEXP_WORKER_PRIORITY=priority) as address:
            idle = context.new_page()
            idle.goto(f"{address}/batch?model=toy-0")
            idle.get_by_text("Link to this batch").click()
            latency(idle, 4)  # the first answers are slow
            hogs = [context.new_page() for _ in range(2)]
            alone = latency(idle, times)
            for n, page in enumerate(hogs):
                ask(page, address, "slow", f"hog{n}", random_sequence(LONG, n))
            for page in hogs:
                begun(page)
            until(lambda: health(address)["running"] >= 2)
            beside = latency(idle, times)
            if health(address)["running"] < 2:
                raise SystemExit("the work ended before the last answer; ask for fewer")
    finally:
        context.close()
        shutil.rmtree(kept, ignore_errors=True)
    return statistics.median(alone), statistics.median(beside)


def main() -> None:
    """Print what was measured as markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--times", type=int, default=20, help="answers each, an even number")
    asked = parser.parse_args()
    os.environ.setdefault("GEXP_RESULTS", "off")  # else a second round finds the first one's
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as top, sync_playwright() as playwright:
        folder = models(Path(top))
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        print("| priority | beside nothing, ms | beside two computations, ms | ratio |")
        print("|---|---:|---:|---:|")
        for _ in range(asked.rounds):
            for priority in PRIORITIES:
                quick, busy = measured(chromium, folder, priority, asked.times)
                print(f"| {priority} | {quick:.0f} | {busy:.0f} | {busy / quick:.2f} |", flush=True)


if __name__ == "__main__":
    main()
