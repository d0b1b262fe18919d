"""Results to matplotlib figures to save; the public door of the static figures.

Owns what the figures over a sequence say: rows, title, axes and caption. Importing this module
loads matplotlib (without pyplot: no figure outlives its caller). Positions in figures are 1-based.
"""

from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from gexp_core.encoding import indices
from gexp_core.errors import InputError, LimitError
from gexp_core.explain.methods import ABOUT
from gexp_core.figures.curves import prediction_figure, profile_figure
from gexp_core.figures.letters import per_row, plain, rows_of
from gexp_core.figures.palette import symmetric_limit
from gexp_core.figures.saving import render
from gexp_core.figures.scores import attribution_scores, mutagenesis_scores
from gexp_core.figures.sheet import (
    GREY,
    SCALE,
    WIDTH,
    Band,
    lay_heat,
    lay_logo,
    lay_positions,
    say,
    sheet,
    words,
)
from gexp_core.models.card import ModelCard
from gexp_core.types import Attribution, Mutagenesis, Target

__all__ = [
    "DRAWN",
    "attribution_figure",
    "mutagenesis_figure",
    "prediction_figure",
    "profile_figure",
    "render",
]

PER_ROW = 200  # bases of a row at most
DRAWN = 10_000  # bases of one figure at most


def _bands(length: int, top: float, bottom: float, rows: list[float]) -> list[list[Band]]:
    """Cut ``length`` columns into blocks; return one list of bands per entry of ``rows``.

    ``rows`` holds the heights of the bands of a block, in points, top first; 8 points stay between
    them and 22 below the last. ``top`` and ``bottom`` stay free on the sheet.
    """
    pieces = rows_of(length, per_row(length, PER_ROW))
    left, right = 52.0, 10.0
    pixel = (WIDTH - left - right) / per_row(length, PER_ROW)
    pixel = min(pixel, 24.0)  # a few bases do not need the whole width
    block = sum(rows) + 8 * (len(rows) - 1) + 22
    floor = bottom + block * len(pieces)
    bands: list[list[Band]] = [[] for _ in rows]
    for piece, (first, last) in enumerate(pieces):
        at = floor - piece * block
        for row, tall in enumerate(rows):
            at -= tall + (8 if row else 0)
            bands[row].append(Band(first, last, left, at, pixel, tall))
    return bands


def _height(length: int, top: float, bottom: float, rows: list[float]) -> float:
    """Return the points of a sheet that :func:`_bands` fills."""
    block = sum(rows) + 8 * (len(rows) - 1) + 22
    return top + bottom + block * len(rows_of(length, per_row(length, PER_ROW)))


def _part(name: str, length: int, window: tuple[int, int] | None) -> tuple[int, int]:
    """Return the part of a sequence to draw, 0-based half-open, or raise."""
    first, last = window or (0, length)
    if not 0 <= first < last <= length:
        raise InputError(
            f"{first}-{last} (0-based half-open) is not inside {name!r}, which has {length} bases"
        )
    if last - first > DRAWN:
        raise LimitError(
            f"{last - first:,} bases of {name!r} do not fit one figure; give a window of at most "
            f"{DRAWN:,}"
        )
    return first, last


def attribution_figure(
    attribution: Attribution,
    i: int,
    card: ModelCard,
    *,
    window: tuple[int, int] | None = None,
) -> Figure:
    """Draw the contribution of each base of sequence ``i`` as a logo, in rows of 200 bases.

    Parameters
    ----------
    attribution : Attribution
    i : int
        Which sequence.
    card : ModelCard
        Of the model that was explained.
    window : (int, int), optional
        The part to draw, 0-based half-open; the whole sequence by default.

    Raises
    ------
    InputError, LimitError
        The part is not inside the sequence, or is longer than 10,000 bases.
    """
    name = attribution.names[i]
    first, last = _part(name, len(attribution.sequences[i]), window)
    scores = attribution_scores(attribution, i)[:, first:last]
    length, rows = last - first, [104.0] if last - first <= PER_ROW else [64.0]
    height = _height(length, 46, 30, rows)
    figure, axes = sheet(WIDTH, height)
    (bands,) = _bands(length, 46, 30, rows)
    say(axes, 52, height - 16, words(name), fontsize=10, weight="bold")
    say(axes, 52, height - 30, words(_explained(card, attribution.target), 160), color=GREY)
    about = ABOUT[attribution.method]
    lay_logo(axes, scores, bands, "contribution" if about.complete else "score")
    lay_positions(axes, bands, first)
    y, y0, delta = (float(v[i]) for v in (attribution.y, attribution.y_baseline, attribution.delta))
    how = attribution.method + (f", baseline {attribution.baseline}" if about.baseline else "")
    if about.complete:
        caption = (
            f"Contribution of each base, summed over letters ({how}). Prediction {y:.4g}, baseline "
            f"{y0:.4g}; the contributions miss their difference by {delta:+.2g}."
        )
    else:
        caption = (
            f"Score of each base ({how}){'' if about.signed else ', without a sign'}. Prediction "
            f"{y:.4g}; the scores are not expected to add up to it."
        )
    say(axes, 52, 22, words(caption, 300), color=GREY)
    say(axes, 52, 11, words(_unit_line(about.in_units(attribution.units)), 300), color=GREY)
    return figure


def _explained(card: ModelCard, target: Target) -> str:
    """Return the model, the number that is explained, and the bins or windows it is a mean of."""
    said = f"{plain(card.name, 32)}: {plain(card.explained(target), 72)}"
    what, every = ("bin", f" of {card.bins:,}") if card.bins > 1 else ("window", "")
    if target.rows is None:
        return f"{said}, mean over all {card.bins:,} bins" if card.bins > 1 else said
    first, last = target.rows
    if last - first == 1:
        return f"{said}, {what} {last:,}{every}"
    return f"{said}, mean over {what}s {first + 1:,} to {last:,}{every}"


def _unit_line(units: str) -> str:
    return f"Unit: {units}. Positions are 1-based."


def mutagenesis_figure(mutagenesis: Mutagenesis, i: int, card: ModelCard) -> Figure:
    """Draw every single-base change of sequence ``i``: a heat map above a logo, in rows of 200.

    The colour is alt - ref in the model's units, white at 0, one scale for all rows. The logo shows
    minus the mean of the three alternatives at the reference base. ``card`` is that of the model.

    Raises
    ------
    LimitError
        The mutated window is longer than 10,000 bases.
    """
    name = mutagenesis.names[i]
    start, end = mutagenesis.window[i]
    _part(name, len(mutagenesis.sequences[i]), (start, end))
    codes = indices(mutagenesis.sequences[i][start:end])
    effect = mutagenesis.effect[i]
    limit = symmetric_limit(effect)
    length, rows = end - start, [60.0, 72.0] if end - start <= PER_ROW else [48.0, 48.0]
    height = _height(length, 52, 42, rows)
    figure, axes = sheet(WIDTH, height)
    heat, logo = _bands(length, 52, 42, rows)
    say(axes, 52, height - 18, words(name), fontsize=10, weight="bold")
    say(axes, 52, height - 40, words(_explained(card, mutagenesis.target), 160), color=GREY)
    lay_heat(axes, effect, heat, codes, limit)
    lay_logo(axes, mutagenesis_scores(mutagenesis, i), logo, "importance")
    lay_positions(axes, logo, start)
    place = ((WIDTH - 210) / WIDTH, (height - 18) / height, 180 / WIDTH, 7 / height)
    scale = ScalarMappable(Normalize(-limit, limit), SCALE)
    bar = figure.colorbar(scale, cax=figure.add_axes(place), orientation="horizontal")
    bar.outline.set_linewidth(0.4)
    bar.set_ticks([-limit, 0, limit], labels=[f"{-limit:+.2g}", "0", f"{limit:+.2g}"])
    bar.ax.tick_params(labelsize=6.5, length=2, colors=GREY)
    label = f"change, {words(mutagenesis.units, 40)}"
    say(axes, WIDTH - 216, height - 15, label, ha="right", color=GREY)
    captions = (
        f"Colour: prediction of the changed sequence minus that of the reference "
        f"({float(mutagenesis.y_ref[i]):.4g}); the reference base is marked.",
        "Letters: minus the mean of the three changes at a position, on the reference base; up "
        "means that the base raises the prediction.",
        _unit_line(mutagenesis.units),
    )
    for line, caption in enumerate(captions):
        say(axes, 52, 33 - 11 * line, words(caption, 300), color=GREY)
    return figure
