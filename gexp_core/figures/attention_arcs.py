"""How arcs of attention lie over the bases of a window, and what they say in words.

Owns what the figure to explore and the figure to save have in common; draws nothing. Above the
line lie arcs whose reader is at the left, or, of a chosen token, what it reads.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.explain.attention_arcs import Arcs
from gexp_core.explain.attention_map import AttentionMap
from gexp_core.figures.attention_tokens import places
from gexp_core.figures.palette import ACCENT, MARK
from gexp_core.types import Floats

#: colour of the arcs above and below the line; their side says the same without colour
COLOURS = (ACCENT, MARK)

#: points of a drawn curve
POINTS = 33

_NAMED = 3  # arcs that are told in words


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Hold how n arcs are drawn, in the order of :class:`Arcs`.

    Attributes
    ----------
    x, y : (n, POINTS) float32, from the reader to what it reads, both at their middle base. x is a
        1-based position, y from -1 to 1: the square root of the distance over the longest drawn,
        so that short arcs are seen beside long ones, below 0 for those below the line.
    above : (n,) bool
    strength : (n,) float32, the weight over the largest drawn
    """

    x: Floats
    y: Floats
    above: NDArray[np.bool_]
    strength: Floats


def curves(made: AttentionMap, row: int, arcs: Arcs) -> Curves:
    """Return how arcs lie over window ``row``."""
    first, last = made.bases(row)
    middle = (first + last + 1) / 2  # 1-based
    begin, end = middle[arcs.reads], middle[arcs.read]
    above = arcs.read > arcs.reads if arcs.token is None else arcs.reads == arcs.token
    span = np.abs(end - begin)
    tall = np.sqrt(span / span.max(initial=1.0)) * np.where(above, 1, -1)
    turn = np.linspace(0, np.pi, POINTS)
    x = (begin + end)[:, None] / 2 - np.cos(turn) * (end - begin)[:, None] / 2
    return Curves(
        x=x.astype(np.float32),
        y=(tall[:, None] * np.sin(turn)).astype(np.float32),
        above=above,
        strength=arcs.weights / arcs.weights.max(initial=np.float32(1e-30)),
    )


def sides(arcs: Arcs) -> tuple[str, str]:
    """Return what lies above and what below the line, in a few words."""
    if arcs.token is None:
        return "reads to its right", "reads to its left"
    return "what the token reads", "what reads the token"


def meaning(made: AttentionMap, row: int, arcs: Arcs) -> str:
    """Return one sentence on who reads whom."""
    if arcs.token is None:
        return (
            "An arc joins a token that reads to the one that it reads, where its arrowhead is: "
            "above the line tokens read to their right, below it to their left."
        )
    return (
        f"Above the line is what bases {places(made, row)[arcs.token]} read, below it what reads "
        "them; the arrowhead is at the token that is read."
    )


def counted(arcs: Arcs) -> str:
    """Return how many pairs are drawn and how many not, and what each part holds."""
    count = len(arcs.weights)
    pairs = "pairs" if arcs.token is None else "pairs of this token"
    apart = f"{pairs} at least {arcs.apart:,} bases apart"
    if not count:
        return f"No {apart} have any weight: no arcs."
    drawn, near, left = arcs.shares
    told = (
        f"Drawn: the {count:,} strongest of {count + arcs.left:,} {apart}; {arcs.left:,} weaker "
        "ones are not."
        if arcs.left
        else f"Drawn: all {count:,} {apart}."
    )
    whole = "the map" if arcs.token is None else "what it reads and what reads it"
    rest = f", the weaker ones {_percent(left)}" if arcs.left else ""
    return (
        f"{told} Of {whole} the arcs hold {_percent(drawn)}, nearer pairs and what tokens keep "
        f"for themselves {_percent(near)}{rest}."
    )


def strongest_in_words(made: AttentionMap, row: int, arcs: Arcs) -> str:
    """Return the strongest arcs in words, for people who do not see them; '' where there is none.

    Positions are 1-based.
    """
    names = places(made, row)
    triples = zip(arcs.reads.tolist(), arcs.read.tolist(), arcs.weights.tolist(), strict=True)
    told = [f"bases {names[q]} read {names[k]} ({weight:.2g})" for q, k, weight in triples]
    if not told:
        return ""
    return f"The strongest: {'; '.join(told[:_NAMED])}."


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 or share == 0 else f"{share:.1%}"
