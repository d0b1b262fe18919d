"""A matplotlib sheet measured in points, and what can be laid on it: rows of letters, heat, axes.

Owns drawing speed (one compound path per base kind, however many letters) and safe text; ``static``
decides what goes where. Importing this module loads matplotlib.
"""

from dataclasses import dataclass
from functools import cache
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from gexp_core.encoding import BASES
from gexp_core.figures.letters import GLYPHS, extent, plain, stack, tick_step, ticks
from gexp_core.figures.palette import DIVERGING, OKABE_ITO
from gexp_core.types import Floats

WIDTH = 860.0  # points of every figure
FONT = "DejaVu Sans"  # it comes with matplotlib, so a figure is the same on every machine
BLACK, GREY, PALE = "#1A1A1A", "#5F6368", "#D0D4D9"
#: white is 0; ends as in :data:`gexp_core.figures.palette.DIVERGING`
SCALE = LinearSegmentedColormap.from_list("gexp_diverging", list(DIVERGING))


@dataclass(frozen=True, slots=True)
class Band:
    """Place one row: columns ``first`` to ``last`` (half-open) from x = ``left``, ``floor`` up.

    ``pixel`` is the width of one column, ``tall`` the height of the row; all in points.
    """

    first: int
    last: int
    left: float
    floor: float
    pixel: float
    tall: float

    @property
    def right(self) -> float:
        """Return the right edge, in points."""
        return self.left + (self.last - self.first) * self.pixel


@cache
def _glyph(base: str) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Return the outline of a letter in a unit box, y upwards: vertices (V, 2) and path codes."""
    vertices: list[tuple[float, float]] = []
    codes: list[int] = []
    spaced = "".join(f" {c} " if c in "MLQZ" else c for c in GLYPHS[base]).split()
    at = 0
    while at < len(spaced):
        kind = spaced[at]
        points = {"M": 1, "L": 1, "Q": 2, "Z": 0}[kind]
        code = {"M": Path.MOVETO, "L": Path.LINETO, "Q": Path.CURVE3, "Z": Path.CLOSEPOLY}[kind]
        for k in range(points):
            x, y = float(spaced[at + 1 + 2 * k]), float(spaced[at + 2 + 2 * k])
            vertices.append((x / 1000, 1 - y / 1000))
            codes.append(int(code))
        if kind == "Z":
            vertices.append((0.0, 0.0))
            codes.append(int(code))
        at += 1 + 2 * points
    return np.array(vertices), np.array(codes, np.uint8)


@cache
def _font() -> Any:
    return get_font(findfont(FontProperties(family=FONT)))


def words(text: str, longest: int = 60) -> str:
    """Return one line that the font can draw; a letter it lacks becomes a question mark."""
    font = _font()
    return "".join(c if font.get_char_index(ord(c)) else "?" for c in plain(text, longest))


def wrapped(text: str, longest: int) -> list[str]:
    """Return text (at most 1,000 letters) as :func:`words` in lines of at most ``longest``."""
    return wrap(words(text, 1000), longest)


def sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of ``width`` x ``height`` points and axes over all of it, in points."""
    figure = Figure(figsize=(width / 72, height / 72), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(0, height), autoscale_on=False)
    return figure, axes


def say(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Write text as it is; a name that holds dollar signs is no formula."""
    merged: dict[str, Any] = {"fontsize": 7.5, "color": BLACK, "family": FONT, "va": "center"}
    axes.text(x, y, text, parse_math=False, **(merged | style))


def _compound(axes: Axes, base: str, boxes: list[tuple[float, ...]], colour: str, gid: str) -> None:
    """Draw one letter in many boxes (x, y, width, height) as a single path."""
    outline, codes = _glyph(base)
    box = np.array(boxes)  # (K, 4)
    vertices = outline[None] * box[:, None, 2:] + box[:, None, :2]  # (K, V, 2)
    path = Path(vertices.reshape(-1, 2), np.tile(codes, len(boxes)))
    axes.add_artist(PathPatch(path, facecolor=colour, linewidth=0, gid=gid))


def lay_logo(axes: Axes, scores: Floats, bands: list[Band], unit: str) -> None:
    """Draw a logo (4, L) over the bands, one scale for all of them, with its vertical axes."""
    low, high = extent(scores)
    per_row = bands[0].last - bands[0].first
    scale = bands[0].tall / (high - low)
    boxes: dict[str, list[tuple[float, ...]]] = {base: [] for base in BASES}
    for letter in stack(scores):
        band = bands[letter.column // per_row]
        x = band.left + (letter.column - band.first) * band.pixel
        y = band.floor + (letter.low - low) * scale
        tall = (letter.high - letter.low) * scale
        boxes[BASES[letter.base]].append((x, y, band.pixel * 0.96, tall))
    lines: list[tuple[float, float, float, float]] = []
    for band in bands:
        zero = band.floor - low * scale
        lines += [
            (band.left, band.floor, band.left, band.floor + band.tall),
            (band.left, zero, band.right, zero),
        ]
        for value in (high, 0.0, low):
            y = band.floor + (value - low) * scale
            if value and abs(y - zero) < 9:
                continue
            lines.append((band.left - 3, y, band.left, y))
            say(axes, band.left - 5, y, f"{value:.2g}", ha="right", fontsize=6.5, color=GREY)
        middle = band.floor + band.tall / 2
        say(axes, 9, middle, words(unit, 24), rotation=90, ha="center", fontsize=6.5, color=GREY)
    rule(axes, lines)
    for base, found in boxes.items():
        if found:
            _compound(axes, base, found, OKABE_ITO[base], f"logo-{base}")


def rule(axes: Axes, lines: list[tuple[float, float, float, float]], colour: str = GREY) -> None:
    """Draw many straight lines (x0, y0, x1, y1) as a single path."""
    ends = np.array(lines).reshape(-1, 2)
    codes = np.tile(np.array([Path.MOVETO, Path.LINETO], np.uint8), len(lines))
    axes.add_artist(PathPatch(Path(ends, codes), facecolor="none", edgecolor=colour, linewidth=0.6))


def lay_positions(axes: Axes, bands: list[Band], start: int) -> None:
    """Write 1-based positions below the bands; ``start`` is the 0-based place of column 0."""
    step = tick_step(bands[0].last - bands[0].first)
    lines = []
    for band in bands:
        for position in ticks(start + band.first + 1, start + band.last, step):
            x = band.left + (position - 0.5 - start - band.first) * band.pixel
            lines.append((x, band.floor - 1, x, band.floor - 4))
            say(axes, x, band.floor - 9, str(position), ha="center", fontsize=6.5, color=GREY)
    rule(axes, lines)


def lay_heat(axes: Axes, effect: Floats, bands: list[Band], codes: Any, limit: float) -> None:
    """Draw effects (4, W) as cells, T lowest, white at 0, and mark the reference base of each.

    ``codes`` (W,) holds 0-3 for the reference base and 4 for N, which has no mark. The mark is the
    letter where a cell is wide enough to read it, else a dot.
    """
    norm = Normalize(-limit, limit)
    dots: list[tuple[float, float]] = []
    boxes: dict[str, list[tuple[float, ...]]] = {base: [] for base in BASES}
    lines = []
    for band in bands:
        cell = band.tall / 4
        x = band.left + np.arange(band.last - band.first + 1) * band.pixel
        y = band.floor + np.arange(5) * cell
        values = effect[::-1, band.first : band.last]  # A is the top row
        many = band.last - band.first > 0 and effect.shape[1] > 1000
        mesh = axes.pcolormesh(
            x, y, values, cmap=SCALE, norm=norm, linewidth=0, antialiased=False, rasterized=many
        )
        mesh.set_gid(f"heat-{band.first}")
        for row, base in enumerate(BASES):
            at = band.floor + (3.5 - row) * cell
            say(axes, band.left - 5, at, base, ha="right", color=OKABE_ITO[base], weight="bold")
        for column in range(band.first, band.last):
            code = int(codes[column])
            if code > 3:
                continue
            left = band.left + (column - band.first) * band.pixel
            floor = band.floor + (3 - code) * cell
            if band.pixel >= 6:
                box = (left + band.pixel * 0.2, floor + cell * 0.2, band.pixel * 0.6, cell * 0.6)
                boxes[BASES[code]].append(box)
            else:
                dots.append((left + band.pixel / 2, floor + cell / 2))
        top = band.floor + band.tall
        edges = (band.left, band.floor, band.right, top)
        lines += [
            (edges[0], edges[1], edges[2], edges[1]),
            (edges[0], edges[3], edges[2], edges[3]),
            (edges[0], edges[1], edges[0], edges[3]),
            (edges[2], edges[1], edges[2], edges[3]),
        ]
    rule(axes, lines, PALE)
    for base, found in boxes.items():
        if found:
            _compound(axes, base, found, GREY, f"reference-{base}")
    if dots:
        size = min(2.2, bands[0].pixel * 0.6)
        axes.plot(*zip(*dots, strict=True), "o", ms=size, mew=0, color=GREY, gid="reference")
