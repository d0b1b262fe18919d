"""Draw the same rows with the sequence view and with Plotly: ``python -m benchmarks.view``.

Both run in one headless Chromium, one after the other, over the same rows of a random sequence:
letters (ours only), a logo and a heat map. First paint is from the data in the page to the picture
of the view's first look. A frame of panning or zooming is one step, from the event until the
browser has finished the frame that follows; nothing is quicker than the 16.7 ms between frames.
Steps are taken with five eighths of the sequence in sight. *Paced* is the mean number of frames a
second when a step of panning is made in every frame, as a hand does (at most 60). *Empty* is the
browser's own pace: canvases of the sizes and places of ours on a page with nothing else, each
cleared and given one small rectangle a frame. *Busy* is the processor time of the page's main
thread per frame: at most 16.7 ms keeps 60 frames a second on a machine that does nothing else. A
long task is one that holds the page for more than 50 ms, as the browser itself reports it.
"""

import argparse
import json
import shutil
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots

from gexp_core.figures.palette import DIVERGING, OKABE_ITO
from tests.browser.conftest import FLAGS, serve
from tests.browser.view_data import example

_WAIT = 600_000  # milliseconds that one way may take

_WATCH = """() => {
  window.__long = [];
  const note = (seen) => seen.getEntries().forEach((e) => window.__long.push(e.duration));
  new PerformanceObserver(note).observe({ type: 'longtask' });
}"""

#: Time STEP(i) for i = 0, 1, ..., each to the end of the frame that follows it.
_TIMED = """async (steps) => {
  const took = [];
  for (let i = 0; i < steps; i++) {
    await new Promise((r) => requestAnimationFrame(r));
    const began = performance.now();
    await STEP(i);
    await new Promise((r) => requestAnimationFrame(() => setTimeout(r)));
    took.push(performance.now() - began);
  }
  await new Promise((r) => setTimeout(r, 100)); // the observer is told a little later
  return took;
}"""

#: Take a step in every frame, as a hand does, and return the milliseconds between frames.
_PACED = """async (steps) => {
  const at = [];
  for (let i = 0; i < steps; i++) {
    at.push(await new Promise((r) => requestAnimationFrame(r)));
    STEP(i);
  }
  return at.slice(1).map((t, i) => t - at[i]);
}"""

_WHEEL = """((i) => window.__over.dispatchEvent(
  new WheelEvent('wheel', { bubbles: true, cancelable: true, clientX: 700, EVENT })))"""


#: Where the canvases of the view are, and how large: [left, top, pixels wide, pixels tall].
_PLACES = """() => [...document.querySelectorAll('.gexp-view canvas')].map((canvas) => {
  const box = canvas.getBoundingClientRect();
  return [box.left, box.top, canvas.width, canvas.height];
})"""

_EMPTY = """(places) => {
  document.body.replaceChildren();
  window.__sheets = places.map(([left, top, wide, tall]) => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: wide, height: tall });
    Object.assign(canvas.style, { position: 'absolute', left: `${left}px`, top: `${top}px` });
    document.body.append(canvas);
    return canvas.getContext('2d');
  });
}"""

_CLEAR = """((i) => requestAnimationFrame(() => window.__sheets.forEach((ctx) => {
  ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
  ctx.fillRect(i % 2 ? 10 : 50, 10, 4, 4);
})))"""


@dataclass(frozen=True)
class Timing:
    """Hold what one way took, milliseconds: medians of wall time, and the processor's share.

    ``pan_busy`` and ``zoom_busy`` are processor time of the page's main thread per frame, which
    other work on the machine does not lengthen.
    """

    paint: float
    pan: float
    pan_busy: float
    zoom: float
    zoom_busy: float
    paced: float
    longest_task: float


def _timing(page: Any, paint: list[float], pan: str, zoom: str, steps: int) -> Timing:
    page.evaluate(_WATCH)
    browser = page.context.new_cdp_session(page)
    browser.send("Performance.enable")

    def busy() -> float:
        found = browser.send("Performance.getMetrics")["metrics"]
        return 1000 * float(next(one["value"] for one in found if one["name"] == "ThreadTime"))

    took = []
    for step in (pan, zoom):
        before = busy()
        wall = statistics.median(page.evaluate(_TIMED.replace("STEP", step), steps))
        took += [wall, (busy() - before) / steps]
    paced = 1000 / statistics.fmean(page.evaluate(_PACED.replace("STEP", pan), 4 * steps))
    longest = max(page.evaluate("window.__long"), default=0.0)
    return Timing(statistics.median(paint), *took, paced, longest)


def time_view(page: Any, address: str, length: int, rounds: int, steps: int) -> Timing:
    """Return what the sequence view took."""
    paint = []
    for _ in range(rounds):
        page.goto(f"{address}/?length={length}&bare=1")
        root = page.locator(".gexp-view[data-paint-ms]")
        root.wait_for(timeout=_WAIT)
        paint.append(float(root.get_attribute("data-paint-ms")))
    page.locator("text=runs").first.wait_for()
    page.wait_for_timeout(1_500)  # whatever the page does after its first picture
    for name in ("Show the whole sequence", "Zoom in"):
        page.get_by_role("button", name=name).click()
    page.locator(".over").evaluate("canvas => { window.__over = canvas; }")
    pan = _WHEEL.replace("EVENT", "deltaX: i % 2 ? 40 : -40")
    zoom = _WHEEL.replace("EVENT", "ctrlKey: true, deltaY: i % 2 ? 60 : -60")
    return _timing(page, paint, pan, zoom, steps)


def time_empty(page: Any, places: list[list[float]], steps: int) -> Timing:
    """Return what the browser took for frames with canvases of these places and nothing to draw."""
    page.set_content("<body style='margin: 0'></body>")
    page.evaluate(_EMPTY, places)
    return _timing(page, [0.0], _CLEAR, _CLEAR, steps)


def figure(length: int) -> go.Figure:
    """Return the rows as Plotly draws them: bars coloured by base, and a heat map."""
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


def time_plotly(page: Any, length: int, rounds: int, steps: int) -> Timing:
    """Return what Plotly took over the same rows, at the same windows."""
    page.set_content("<div id=plot style='width:1100px'></div>")
    page.add_script_tag(content=get_plotlyjs())
    data = json.loads(figure(length).to_json())
    look = min(length, 113)  # bases of our first look at this width
    middle = length / 2
    draw = """async ([data, layout]) => {
      Plotly.purge('plot');
      const began = performance.now();
      await Plotly.newPlot('plot', data, layout);
      await new Promise((r) => requestAnimationFrame(() => setTimeout(r)));
      return performance.now() - began;
    }"""
    layout = data["layout"]
    for axis in ("xaxis", "xaxis2"):
        layout[axis]["range"] = [middle - look / 2, middle + look / 2]
    paint = [page.evaluate(draw, [data["data"], layout]) for _ in range(rounds)]
    step = (
        "((i) => { const [from, to] = WINDOW; return Plotly.relayout('plot', "
        "{'xaxis.range': [from, to], 'xaxis2.range': [from, to]}); })"
    )
    low, high = length * 3 / 16, length * 13 / 16
    by = (high - low) * 40 / 1000
    pan = step.replace("WINDOW", f"i % 2 ? [{low}, {high}] : [{low - by}, {high - by}]")
    closer = (high - low) * (1 - np.exp(-60 * 0.0022)) / 2
    zoom = step.replace("WINDOW", f"i % 2 ? [{low}, {high}] : [{low + closer}, {high - closer}]")
    page.evaluate(f"async () => {{ await {zoom}(1); }}")
    return _timing(page, paint, pan, zoom, steps)


def main() -> None:
    """Print a table to standard output."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="python -m benchmarks.view", description=__doc__)
    parser.add_argument("--lengths", type=int, nargs="+", default=[164, 10_000, 131_072])
    parser.add_argument("--rounds", type=int, default=5, help="of the first paint")
    parser.add_argument("--steps", type=int, default=30, help="of panning, and of zooming")
    parser.add_argument("--no-plotly", action="store_true", help="ours and the empty page only")
    parser.add_argument("--flags", nargs="*", default=FLAGS, help="of Chromium, without the --")
    chosen = parser.parse_args()
    flags = [flag if flag.startswith("--") else f"--{flag}" for flag in chosen.flags]
    print(
        "| bases | | first paint | pan | of it busy | zoom | of it busy | paced | longest task |\n"
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|"
    )
    script = str(Path("tests/browser/view_app.py"))
    with serve(script=script) as address, sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        for length in chosen.lengths:
            made: dict[str, Timing] = {}
            places: list[list[float]] = []
            for way in ("ours", "empty", *([] if chosen.no_plotly else ["Plotly"])):
                page = browser.new_page(viewport={"width": 1440, "height": 1000})
                page.set_default_timeout(_WAIT)
                if way == "ours":
                    made[way] = time_view(page, address, length, chosen.rounds, chosen.steps)
                    places = page.evaluate(_PLACES)
                elif way == "empty":
                    made[way] = time_empty(page, places, chosen.steps)
                else:
                    made[way] = time_plotly(page, length, chosen.rounds, chosen.steps)
                page.close()
                one = made[way]
                paint = f"{one.paint:.0f} ms" if one.paint else ""
                longest = f"{one.longest_task:.0f} ms" if one.longest_task else "none"
                print(
                    f"| {length:,} | {way} | {paint} | {one.pan:.0f} ms | "
                    f"{one.pan_busy:.1f} ms | {one.zoom:.0f} ms | {one.zoom_busy:.1f} ms | "
                    f"{one.paced:.0f} | {longest} |",
                    flush=True,
                )
            if chosen.no_plotly:
                continue
            ours, theirs = made["ours"], made["Plotly"]
            print(
                f"| | *ratio* | {theirs.paint / ours.paint:.1f} x | {theirs.pan / ours.pan:.1f} x "
                f"| {theirs.pan_busy / ours.pan_busy:.1f} x | {theirs.zoom / ours.zoom:.1f} x "
                f"| {theirs.zoom_busy / ours.zoom_busy:.1f} x | | |",
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    main()
