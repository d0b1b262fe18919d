"""Colours of every figure, safe for the common kinds of colour blindness.

Owns which colour means what; owns no drawing. The colours of bases are those of Okabe and Ito.

References
----------
Okabe M, Ito K (2008) Color Universal Design. https://jfly.uni-koeln.de/color/
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

#: base -> colour; N, the unknown base, is grey
OKABE_ITO = {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00", "N": "#8A8A8A"}

#: a neutral ink that reads on white and on near-black
INK = "#6F767E"
ACCENT = "#0072B2"
MARK = "#D55E00"

#: place from 0 to 1, colour: the lowest value is blue, 0 (at one half) is white, the highest red;
#: the two ends differ in lightness order from the middle only, so the scale also survives greyscale
DIVERGING = (
    (0.0, "#053B66"),
    (0.25, "#3A8CC8"),
    (0.5, "#FFFFFF"),
    (0.75, "#E58A4E"),
    (1.0, "#8E2A00"),
)


def padded(values: ArrayLike) -> list[float]:
    """Return a range around all finite values, a little wider: what ends inside is seen to end."""
    found: np.ndarray[Any, np.dtype[np.float64]] = np.asarray(values, np.float64)
    found = found[np.isfinite(found)]
    if not len(found):
        return [-1.0, 1.0]
    low, high = float(found.min()), float(found.max())
    room = 0.05 * (high - low) or max(0.5 * abs(low), 1e-6)
    return [low - room, high + room]


def symmetric_limit(values: ArrayLike) -> float:
    """Return the largest absolute finite value, so that a scale -limit to limit has 0 centred.

    1.0 where there is nothing to show (no finite value, or all 0), so that a scale always exists.
    """
    found: np.ndarray[Any, np.dtype[np.float64]] = np.abs(np.asarray(values, np.float64))
    found = found[np.isfinite(found)]
    largest = float(found.max()) if found.size else 0.0
    return largest if largest > 0 else 1.0


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green, blue (0-255) of ``#RRGGBB``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def faint(colour: str, alpha: float) -> str:
    """Return the colour as CSS ``rgba(...)`` text with the given opacity (0-1)."""
    red, green, blue = rgb(colour)
    return f"rgba({red},{green},{blue},{alpha:g})"
