"""Where sequences lie in the composition of a model's training data; as SVG text.

Owns one small drawing: for each measure the range of the training rows, and a mark per sequence.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gexp_core.figures.palette import ACCENT, INK, MARK
from gexp_core.inputs.composition import MEASURES, Compared

Doubles = NDArray[np.float64]

_TITLES = {
    "gc": "GC: share of G and C",
    "distance": "Dinucleotide distance from the training mean",
    "repetition": "Repetition: chance that two places hold the same three letters",
}
_WIDTH, _ROW, _LEFT, _RIGHT = 560, 84, 16, 16
_MOST = 500  # marks drawn of each measure; the furthest are always among them
_SIZE = 13


def composition_svg(made: Compared, figures: Mapping[str, Sequence[float]]) -> str:
    """Draw every measure as a line: training rows as a band, sequences as marks.

    Parameters
    ----------
    made : Compared
        Sequences that were not judged have no mark.
    figures : mapping
        Percentiles of the training rows, as in the model's card.

    Returns
    -------
    str
        An SVG element; the pale band is all training rows, the darker one their 1st to 99th
        percentile, the line in it the median.
    """
    parts = []
    for k, name in enumerate(MEASURES):
        known = np.asarray(figures[name], float)
        values = made.values[:, k]
        parts.append(_line(_TITLES[name], known, values[np.isfinite(values)], k * _ROW))
    height = _ROW * len(MEASURES)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img"><title>Composition of the sequences '
        f"beside that of the training data</title>{''.join(parts)}</svg>"
    )


def _line(
    title: str,
    known: Doubles,
    values: Doubles,
    top: int,
) -> str:
    """Draw one measure below ``top``."""
    low = float(min([known[0], *values]))
    high = float(max([known[-1], *values]))
    scale = (_WIDTH - _LEFT - _RIGHT) / ((high - low) or 1)

    def x(value: float) -> float:
        return round(_LEFT + (float(value) - low) * scale, 2)

    y = top + 38
    parts = [
        _text(_LEFT, top + 16, title, "start", INK),
        f'<path d="M{_LEFT} {y}H{_WIDTH - _RIGHT}" stroke="{INK}" stroke-width="1"/>',
        _band(x(known[0]), x(known[-1]), y, 0.15),
        _band(x(known[1]), x(known[-2]), y, 0.3),
        f'<path d="M{x(known[len(known) // 2])} {y - 10}V{y + 10}" stroke="{ACCENT}" '
        'stroke-width="2"/>',
    ]
    for value in _shown(np.sort(values)).tolist():
        colour = MARK if value < known[0] or value > known[-1] else INK
        parts.append(f'<circle cx="{x(value)}" cy="{y}" r="4" fill="{colour}" fill-opacity="0.6"/>')
    places: list[float] = []
    for value in (float(known[len(known) // 2]), float(known[0]), float(known[-1]), low, high):
        at = min(max(x(value), _LEFT + 12), _WIDTH - _RIGHT - 12)
        if all(abs(at - other) > 40 for other in places):  # numbers never run into each other
            places.append(at)
            parts.append(_text(at, y + 26, f"{value:.2g}", "middle", INK))
    return "".join(parts)


def _shown(
    values: Doubles,
) -> Doubles:
    """Return at most ``_MOST`` of sorted values, both ends among them."""
    if len(values) <= _MOST:
        return values
    kept: Doubles = values[np.linspace(0, len(values) - 1, _MOST).round().astype(int)]
    return kept


def _band(left: float, right: float, y: int, opacity: float) -> str:
    return (
        f'<rect x="{left}" y="{y - 8}" width="{max(1.0, round(right - left, 2))}" height="16" '
        f'fill="{ACCENT}" fill-opacity="{opacity}"/>'
    )


def _text(x: float, y: float, words: str, anchor: str, colour: str) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{_SIZE}" font-family="sans-serif" '
        f'text-anchor="{anchor}" fill="{colour}">{words}</text>'
    )
