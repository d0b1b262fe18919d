"""How letters stand in a logo: their outlines, their stacks, their rows, and the same in words.

Owns the layout that ``logo`` (SVG text) and ``static`` (matplotlib) both draw. Numpy alone.
"""

import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gexp_core.encoding import BASES
from gexp_core.errors import InputError
from gexp_core.types import Floats

#: Letter outlines of DejaVu Sans Bold (free licence), each stretched to a box of 1000 x 1000 with
#: y downwards. They are data, so that a logo looks the same on machines without that font.
GLYPHS = {
    "A": "M693 818L308 818L247 1000L0 1000L353 0L647 0L1000 1000L753 1000L693 818Z"
    "M369 632L631 632L500 234L369 632Z",
    "C": "M1000 928Q916 964 826 982Q735 1000 637 1000Q343 1000 172 865Q0 731 0 500Q0 269 172 135"
    "Q343 0 637 0Q735 0 826 18Q916 36 1000 72L1000 271Q916 224 834 202Q752 180 661 180"
    "Q499 180 406 265Q313 351 313 500Q313 649 406 735Q499 820 661 820Q752 820 834 798"
    "Q916 776 1000 729L1000 928Z",
    "G": "M1000 910Q899 955 791 977Q682 1000 567 1000Q305 1000 153 865Q0 731 0 500Q0 267 155 134"
    "Q311 0 581 0Q686 0 781 18Q877 36 961 72L961 271Q874 225 788 203Q701 180 614 180"
    "Q453 180 366 263Q279 346 279 500Q279 653 363 737Q447 820 602 820Q644 820 680 815"
    "Q716 810 745 800L745 613L580 613L580 446L1000 446L1000 910Z",
    "T": "M0 0L1000 0L1000 195L640 195L640 1000L360 1000L360 195L0 195L0 0Z",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """Place one letter: row of ``BASES``, column, low and high edge (low < high)."""

    base: int
    column: int
    low: float
    high: float


def stack(scores: Floats) -> Iterator[Letter]:
    """Yield every letter of a logo: positive scores piled up from 0, negative ones hung from 0.

    A letter is as tall as its score is large; the largest stands farthest from 0. Scores that are
    0 or not finite are not drawn.
    """
    values = np.where(np.isfinite(scores), scores, 0).astype(np.float64)
    order = np.argsort(np.abs(values), axis=0, kind="stable")
    for column in np.flatnonzero(np.any(values != 0, axis=0)).tolist():
        up = down = 0.0
        for base in order[:, column].tolist():
            value = float(values[base, column])
            if value > 0:
                yield Letter(base, column, up, up + value)
                up += value
            elif value < 0:
                yield Letter(base, column, down + value, down)
                down += value


def extent(scores: Floats) -> tuple[float, float]:
    """Return the lowest and highest edge of the stacks, 0 included; (0, 1) when all is 0."""
    values = np.where(np.isfinite(scores), scores, 0)
    low = float(np.minimum(values, 0).sum(0).min(initial=0.0))
    high = float(np.maximum(values, 0).sum(0).max(initial=0.0))
    return (low, high) if high > low else (0.0, 1.0)


def per_row(length: int, most: int) -> int:
    """Return the bases per row, at most ``most``: a round number, rows about equally full."""
    rows = -(-length // most)
    return length if rows <= 1 else min(most, -(-length // (rows * 10)) * 10)


def rows_of(length: int, bases: int) -> list[tuple[int, int]]:
    """Return the 0-based half-open pieces of ``bases`` that ``length`` bases are cut into.

    Raises
    ------
    InputError
        A row of no bases was asked for.
    """
    if bases < 1:
        raise InputError(f"a row of {bases} bases cannot be drawn; give at least 1")
    return [(at, min(at + bases, length)) for at in range(0, length, bases)]


def tick_step(span: int) -> int:
    """Return the bases between labels: 1, 2 or 5 times a power of ten, at most ten to a span."""
    rough = max(1.0, span / 10)
    scale = 10 ** math.floor(math.log10(rough))
    return next(int(m * scale) for m in (1, 2, 5, 10) if m * scale >= rough)


def ticks(first: int, last: int, step: int) -> list[int]:
    """Return the 1-based positions to label among ``first`` to ``last``, both included.

    The multiples of ``step``, and ``first`` unless the next label would touch it.
    """
    found = list(range(first + (-first) % step, last + 1, step))
    if not found or found[0] - first > step / 2:
        found.insert(0, first)
    return found


def describe(scores: Floats, unit: str, start: int = 0) -> str:
    """Return a logo in words: its length and its strongest letters, 1-based, with their scores."""
    values = np.where(np.isfinite(scores), scores, 0)
    count = values.shape[1]
    text = f"{count} position{'s' if count != 1 else ''} from {start + 1}."
    for word, sign in (("highest", 1), ("lowest", -1)):
        flat = (sign * values).ravel()
        best = [int(at) for at in np.argsort(-flat, kind="stable")[:3] if flat[at] > 0]
        if best:
            named = (
                f"{BASES[at // values.shape[1]]} at {start + at % values.shape[1] + 1} "
                f"({values.ravel()[at]:+.3g})"
                for at in best
            )
            text += f" The {word} scores: {', '.join(named)}."
    return f"{text} Unit: {unit}." if unit else text


def number(value: float, sign: str = "") -> str:
    """Return a number with three decimals, or where they would be lost, two digits that count."""
    form = ".3f" if value == 0 or abs(value) >= 0.01 else ".2g"
    return f"{value:{sign}{form}}"


def plain(text: str, longest: int = 200) -> str:
    """Return text fit for a drawing: one line, no control characters, shortened with an ellipsis.

    Names come from visitors; what XML or a font cannot hold becomes a space.
    """
    kept = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text).strip()
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"
