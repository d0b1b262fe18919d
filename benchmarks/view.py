"""Draw the same rows with the sequence view and with Plotly: ``python -m benchmarks.view``.

Both run in one headless Chromium, one after the other, over logo, heat map and letters of a random
sequence. Drawing is from data in the page to the last painted frame; a zoom is one step of a wheel.
"""

import argparse
import json
import shutil
import statistics
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots

from gexp_core.figures.palette import DIVERGING, OKABE_ITO
from tests.browser.conftest import FLAGS, serve
from tests.browser.view_data import example

_FRAMES = "() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))"


def figure(length: int) -> go.Figure:
    """Return the rows as Plotly draws them: a heat map, and bars coloured by base for the logo."""
    made = example(length)
    rows = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.05)
    effect, score = made.effect, made.scores.sum(0)
    at = np.arange(1, length + 1)
    letters = np.array(list(made.sequence))
    for base in "ACGT":
        here = letters == base
        rows.add_trace(
            go.Bar(x=at[here], y=score[here], marker_color=OKABE_ITO[base], name=base), row=1, col=1
        )
    rows.add_trace(
        go.Heatmap(z=effect, x=at, y=list("ACGT"), colorscale=[list(s) for s in DIVERGING], zmid=0),
        row=2,
        col=1,
    )
    rows.update_layout(height=420, bargap=0, template="none")
    return rows


def time_plotly(page: object, length: int, rounds: int) -> tuple[float, float]:
    """Return the median milliseconds of drawing and of one zoom."""
    page.set_content("<div id=plot style='width:1000px'></div>")  # type: ignore[attr-defined]
    page.add_script_tag(content=get_plotlyjs())  # type: ignore[attr-defined]
    data = json.loads(figure(length).to_json())
    draw = """async ([data, layout]) => {
      Plotly.purge('plot');
      const began = performance.now();
      await Plotly.newPlot('plot', data, layout);
      await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
      return performance.now() - began;
    }"""
    zoom = """async (range) => {
      const began = performance.now();
      await Plotly.relayout('plot', {'xaxis.range': range, 'xaxis2.range': range});
      await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
      return performance.now() - began;
    }"""
    given = [data["data"], data["layout"]]
    drawn = [page.evaluate(draw, given) for _ in range(rounds)]  # type: ignore[attr-defined]
    zoomed = [
        page.evaluate(zoom, [1 + at, length * 0.8 - at])  # type: ignore[attr-defined]
        for at in range(rounds)
    ]
    return statistics.median(drawn), statistics.median(zoomed)


def time_view(page: object, address: str, length: int, rounds: int) -> tuple[float, float]:
    """Return the same of the sequence view, from its own marks of what a redraw took."""
    page.goto(f"{address}/?length={length}")  # type: ignore[attr-defined]
    root = page.locator(".gexp-view[data-draw-ms]")  # type: ignore[attr-defined]
    root.wait_for(timeout=120_000)
    step = """async (command) => {
      const began = performance.now();
      document.querySelector(`.gexp-view [data-do=${command}]`).click();
      await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
      return performance.now() - began;
    }"""
    page.evaluate(_FRAMES)  # type: ignore[attr-defined]
    drawn, zoomed = [], []
    for _ in range(rounds):
        zoomed.append(page.evaluate(step, "in"))  # type: ignore[attr-defined]
        drawn.append(page.evaluate(step, "fit"))  # type: ignore[attr-defined]
    return statistics.median(drawn), statistics.median(zoomed)


def main() -> None:
    """Print a table to standard output."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="python -m benchmarks.view", description=__doc__)
    parser.add_argument("--lengths", type=int, nargs="+", default=[164, 2_000, 10_000])
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    print(
        "| bases | ours: whole redraw | Plotly: draw | ratio | ours: zoom | Plotly: zoom | ratio |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|")
    script = str(Path("tests/browser/view_app.py"))
    with serve(script=script) as address, sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        for length in chosen.lengths:
            ours, zoom = time_view(page, address, length, chosen.rounds)
            theirs, their_zoom = time_plotly(page, length, chosen.rounds)
            print(
                f"| {length:,} | {ours:.0f} ms | {theirs:.0f} ms | {theirs / ours:.1f} x "
                f"| {zoom:.0f} ms | {their_zoom:.0f} ms | {their_zoom / zoom:.1f} x |"
            )
        browser.close()


if __name__ == "__main__":
    main()
