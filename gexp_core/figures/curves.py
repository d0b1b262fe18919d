"""Figures of predictions: a dot or a rank per sequence, or steps along one sequence.

Owns what those figures say. Import them from :mod:`gexp_core.figures.static`.
"""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gexp_core.figures.palette import ACCENT
from gexp_core.figures.sheet import BLACK, GREY, PALE, WIDTH, words, wrapped
from gexp_core.figures.steps import profile
from gexp_core.models.card import ModelCard
from gexp_core.types import Prediction

NAMED = 60  # sequences up to which each has its own labelled dot


def _plain_axes(height: float, margins: tuple[float, float, float, float]) -> tuple[Figure, Any]:
    """Return a figure and axes with margins left, right, top, bottom in points."""
    left, right, top, bottom = margins
    figure = Figure(figsize=(WIDTH / 72, height / 72), facecolor="white")
    place = (left / WIDTH, bottom / height, 1 - (left + right) / WIDTH, 1 - (top + bottom) / height)
    axes = figure.add_axes(place)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=BLACK)
    return figure, axes


def _title(axes: Any, text: str) -> None:
    axes.set_title(words(text, 110), loc="left", fontsize=10, weight="bold", parse_math=False)


def _measured(axes: Any, card: ModelCard, track: str, *, upright: bool) -> None:
    """Shade where the middle half of the measured test sequences lie."""
    known = card.percentiles.get(track)
    if not known:
        return
    low, middle, high = np.interp([25, 50, 75], np.linspace(0, 100, len(known)), known)
    (axes.axvspan if upright else axes.axhspan)(low, high, color=PALE, alpha=0.5, lw=0, zorder=0)
    line = axes.axvline if upright else axes.axhline
    line(middle, color=GREY, lw=0.8, ls=(0, (4, 3)), zorder=0.5)


def _caption(card: ModelCard, track: str, text: str) -> list[str]:
    """Return the lines of a caption, what is shaded first."""
    grey = "Grey: middle half of the measured test sequences, dashed: their median. "
    return wrapped((grey if card.percentiles.get(track) else "") + text, 210)


def _write(figure: Figure, lines: list[str]) -> None:
    tall = figure.get_figheight() * 72
    for at, line in enumerate(reversed(lines)):
        place = (0.01, (10 + 11 * at) / tall)
        figure.text(*place, line, fontsize=7.5, color=GREY, parse_math=False)


def prediction_figure(prediction: Prediction, card: ModelCard, *, track: int = 0) -> Figure:
    """Draw the prediction of every sequence (mean over its windows), highest first.

    Up to 60 sequences each have a labelled dot with the spread of its readings (mean over its
    windows); more are drawn as a ranked curve.
    """
    values = prediction.means()[:, track]
    spread = np.array(
        [prediction.spread[prediction.rows(i), track].mean() for i in range(len(values))]
    )
    order = np.argsort(-values, kind="stable")
    named = len(values) <= NAMED
    bars = "Bars" if named else "Band"
    told = f"{bars}: standard deviation over all readings. Zero: {card.zero}"
    lines = _caption(card, prediction.tracks[track], told)
    below = 41 + 11 * len(lines)
    height = below + (44.0 + 15 * max(3, len(values)) if named else 278.0)
    figure, axes = _plain_axes(height, (190 if named else 64, 18, 34, below))
    _measured(axes, card, prediction.tracks[track], upright=named)
    rank = np.arange(len(values))
    unit = words(f"prediction, {prediction.units}", 110)
    if named:
        style = {"fmt": "o", "ms": 5, "color": ACCENT, "ecolor": GREY, "elinewidth": 1}
        axes.errorbar(values[order], rank, xerr=spread[order], **style)
        names = [words(prediction.names[k], 34) for k in order]
        axes.set_yticks(rank, names, fontsize=8, parse_math=False)
        axes.set_ylim(len(values) - 0.4, -0.6)
        axes.grid(axis="y", color=PALE, lw=0.5)
        axes.set_axisbelow(True)
        axes.set_xlabel(unit, fontsize=8.5, parse_math=False)
    else:
        low, high = (values - spread)[order], (values + spread)[order]
        axes.fill_between(rank + 1, low, high, color=ACCENT, alpha=0.22, lw=0)
        axes.plot(rank + 1, values[order], color=ACCENT, lw=1.6)
        axes.set_xlabel(f"rank among {len(values):,} sequences", fontsize=8.5)
        axes.set_ylabel(unit, fontsize=8.5, parse_math=False)
        axes.set_xlim(1, len(values))
    _title(axes, f"{card.name}: {prediction.tracks[track]}")
    _write(figure, lines)
    return figure


def profile_figure(prediction: Prediction, i: int, card: ModelCard, *, track: int = 0) -> Figure:
    """Draw the prediction along sequence ``i`` as steps: the mean of the windows over each base."""
    edges, value, spread = profile(prediction, i, track)
    figure, axes = _plain_axes(250.0, (64, 18, 34, 52))
    _measured(axes, card, prediction.tracks[track], upright=False)
    low, high = (np.append(v, v[-1]) for v in (value - spread, value + spread))
    # 0-based edges e are the left sides of 1-based positions e + 1
    axes.fill_between(edges + 0.5, low, high, step="post", color=ACCENT, alpha=0.22, lw=0)
    axes.stairs(value, edges + 0.5, baseline=None, color=ACCENT, lw=1.6)
    axes.set_xlim(edges[0] + 0.5, edges[-1] + 0.5)
    axes.set_xlabel("position (1-based)", fontsize=8.5)
    axes.set_ylabel(words(prediction.units, 40), fontsize=8.5, parse_math=False)
    _title(axes, f"{prediction.names[i]}, {card.name}: {prediction.tracks[track]}")
    told = "Line: mean of the windows over each base, band: spread of their readings."
    _write(figure, _caption(card, prediction.tracks[track], told))
    return figure
