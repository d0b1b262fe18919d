"""Time clicks on the Workbench: ``python -m benchmarks.click``.

The app as it is delivered, in headless Chromium: cells of the heat map of a random sequence are
clicked one after another, each on the text that the clicks before made. *Drawn* is from the release
of the mouse to the frame in which the new prediction stands above the rows (it is the prediction of
the text before plus the effect that the map holds of this very change), *answered* until the page
has computed the new text itself and every row again. The largest difference of the two is shown.
"""

import argparse
import shutil
import statistics
import time

from playwright.sync_api import sync_playwright

from gexp_core.models.registry import card
from tests.browser.conftest import FLAGS, serve
from tests.browser.test_workbench import STOPWATCH, Bench
from tests.toy_models import random_sequence


def clicks(bench: Bench, text: str, n: int) -> tuple[list[float], list[float], float]:
    """Return the milliseconds until drawn and until answered, and the largest difference."""
    drawn, answered, most = [], [], 0.0
    for k in range(n):
        position = (k + 1) * len(text) // (n + 1)
        base = next(b for b in "ACGT" if b != text[position])
        bench.page.locator(".sum").evaluate(STOPWATCH)
        bench.page.mouse.click(*bench.at(position, "heat", ("ACGT".index(base) + 0.5) / 4))
        began = time.perf_counter()
        bench.page.wait_for_function("() => window.__took !== null")
        drawn.append(float(bench.page.evaluate("window.__took")))
        foretold = float(bench.page.evaluate("window.__told"))
        bench.fresh()
        waited = 600  # milliseconds that ``fresh`` waits to see that nothing more happens
        answered.append(1000 * (time.perf_counter() - began) - waited)
        most = max(most, abs(float(bench.now) - foretold))
    return drawn, answered, most


def main() -> None:
    """Print a table to standard output."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.click", description=__doc__)
    parser.add_argument("--model", nargs="+", default=["retina-cnn"])
    parser.add_argument("--n", type=int, default=20, help="clicks")
    chosen = parser.parse_args()
    print("| model | bp | clicks | drawn, median and longest | answered, median | difference |")
    print("|---|---:|---:|---:|---:|---:|")
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    with serve() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        for name in chosen.model:
            begin, end = card(name).insert
            text = random_sequence(end - begin, 8)
            page = browser.new_page(viewport={"width": 1440, "height": 1500})
            drawn, answered, most = clicks(Bench(page, address, name, text), text, chosen.n)
            print(
                f"| {name} | {len(text)} | {len(drawn)} | {statistics.median(drawn):.0f} ms, "
                f"{max(drawn):.0f} ms | {statistics.median(answered):.0f} ms | {most:.1e} |",
                flush=True,
            )
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
