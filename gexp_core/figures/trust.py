"""Figures of how far a model can be trusted: predicted against measured, spread against error.

Owns what those figures say; ``training`` keeps them beside the card. Matplotlib, for files.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gexp_core.figures.palette import ACCENT, MARK
from gexp_core.figures.sheet import BLACK, GREY, words
from gexp_core.models.card import ModelCard, SpreadBin
from gexp_core.types import Floats

PANELS = 6  # tracks drawn at most
_SIDE = 270.0  # points of one panel


def _panels(titles: Sequence[str], caption: str) -> tuple[Figure, list[Any]]:
    """Return a figure with one square panel per title, three in a row, and a caption below."""
    columns = min(3, len(titles))
    lines = math.ceil(len(titles) / columns)
    width, height = max(_SIDE * columns, 360.0), _SIDE * lines + 26
    figure = Figure(figsize=(width / 72, height / 72), facecolor="white", layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False).ravel().tolist()
    for axes, title in zip(panels, titles, strict=False):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8, colors=BLACK)
        axes.set_title(words(title, 44), loc="left", fontsize=9, weight="bold", parse_math=False)
    for axes in panels[len(titles) :]:
        axes.set_visible(False)
    figure.supxlabel(words(caption, 150), fontsize=7.5, color=GREY, x=0.01, ha="left")
    return figure, panels


def scatter_figure(
    predicted: Floats,
    measured: Floats,
    tracks: Sequence[str],
    *,
    units: str,
    centred: bool,
    says: Mapping[str, str] | None = None,
) -> Figure:
    """Draw measured against predicted values as hexagons, darker where there are more rows.

    Parameters
    ----------
    predicted, measured : (R, T) float32
        nan where a track was not measured. The first six tracks are drawn.
    tracks : sequence of str
    units : str
    centred : bool
        Whether batch means were removed from both; the axes then say so.
    says : mapping, optional
        Track -> words after its name, say its r.
    """
    shown = list(tracks[:PANELS])
    titles = [f"{track} {(says or {}).get(track, '')}".strip() for track in shown]
    caption = "One hexagon holds the rows that fall there; darker: more rows. Grey: equal values."
    figure, panels = _panels(titles, caption)
    for track, axes in enumerate(panels[: len(shown)]):
        known = np.isfinite(measured[:, track]) & np.isfinite(predicted[:, track])
        x, y = predicted[known, track], measured[known, track]
        if not len(x):
            axes.text(0.5, 0.5, "no rows", ha="center", color=GREY, transform=axes.transAxes)
            continue
        axes.hexbin(x, y, gridsize=34, bins="log", cmap="Blues", mincnt=1, linewidths=0)
        low, high = max(x.min(), y.min()), min(x.max(), y.max())
        if low < high:
            axes.plot([low, high], [low, high], color=GREY, lw=0.8, ls=(0, (4, 3)))
        kind = "less its batch's mean" if centred else units
        axes.set_xlabel(words(f"predicted, {kind}", 44), fontsize=8.5, parse_math=False)
        axes.set_ylabel(words(f"measured, {kind}", 44), fontsize=8.5, parse_math=False)
    return figure


def calibration_figure(card: ModelCard) -> Figure:
    """Draw the error of held-out rows against the spread of the ensemble, one panel per track.

    A point is a bin of rows with about the same spread. On the dashed line the error would be as
    large as the spread. The first six tracks are drawn.
    """
    found: dict[str, list[SpreadBin]] = {}
    for row in card.calibration:
        found.setdefault(row.track, []).append(row)
    shown = list(found)[:PANELS] or ["no ensemble, no spread"]
    caption = (
        "A point: rows with about the same spread. Dashed: error equal to spread. Points that rise "
        "to the right: the spread tells."
    )
    figure, panels = _panels(shown, caption)
    for track, axes in zip(shown, panels, strict=False):
        rows = found.get(track, [])
        sd, rmse = [row.sd for row in rows], [row.rmse for row in rows]
        axes.plot(sd, rmse, marker="o", ms=5, color=ACCENT, lw=1.2)
        highest = max([*sd, *rmse, 1e-6])
        axes.plot([0, highest], [0, highest], color=MARK, lw=0.8, ls=(0, (4, 3)))
        axes.set_ylim(0, 1.08 * highest)
        axes.set_xlim(0, 1.15 * max([*sd, 1e-6]))
        axes.set_xlabel(words(f"networks differ by (SD), {card.units}", 44), fontsize=8.5)
        axes.set_ylabel("root mean squared error", fontsize=8.5)
    return figure
