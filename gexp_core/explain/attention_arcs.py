"""Which connections of an attention matrix are strong enough to be drawn as arcs.

Owns the choice of pairs and what it leaves out; the matrix is ``attention_map``'s, the drawing
that of ``figures``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gexp_core.errors import InputError
from gexp_core.explain.attention_map import AttentionMap
from gexp_core.types import Floats, Ints

#: Arcs that are chosen where nothing else is said, and at most: more cannot be told apart.
USUAL, MOST = 60, 200


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """Hold the strongest connections of a matrix (Q, Q), the strongest first.

    Attributes
    ----------
    reads, read : (n,) int64
        The token that reads and the one that it reads, 0-based; never the same.
    weights : (n,) float32
        Their entries in the matrix, above 0, falling.
    apart : int
        Bases between the middles of two tokens of a pair, at least.
    token : int or None
        The token whose pairs alone were taken, 0-based.
    left : int
        Pairs above 0, as far apart and of this token, that are weaker and were left.
    shares : (float, float, float)
        Of the sum of the matrix (of the token's row and column): what the arcs hold, what pairs
        that are nearer hold, tokens that read themselves among them, and what those left hold.
        They add up to 1, or are all 0 where the sum is.
    """

    reads: Ints
    read: Ints
    weights: Floats
    apart: int
    token: int | None
    left: int
    shares: tuple[float, float, float]

    def distances(self, size: int) -> Ints:
        """Return (n,): bases between the middles of tokens of ``size`` bases."""
        return np.asarray(np.abs(self.reads - self.read) * size, np.int64)


def unshared(made: AttentionMap) -> int:
    """Return how far apart, in bases, two tokens see no base in common, a multiple of their size.

    Nearer tokens see some of the same bases through the layers below, so that one reading the
    other tells little. One token's size where that is more than half of the window.
    """
    steps = -(-(made.size + sum(made.reach)) // made.size)
    return made.size * (steps if 2 * steps <= made.tokens else 1)


def strongest(
    matrix: ArrayLike, size: int, *, apart: int, most: int = USUAL, token: int | None = None
) -> Arcs:
    """Return the largest entries of a matrix between tokens that lie far enough apart.

    Parameters
    ----------
    matrix : (Q, Q) floats, not below 0
        A row per token that reads, a column per token that is read.
    size : int
        Bases per token.
    apart : int
        Bases between the middles of two tokens, at least; no token is joined to itself.
    most : int
        Arcs at most, 1 to 200. Among equal entries those of the earlier reader come first, then
        those of the earlier token that is read.
    token : int, optional
        Take only what this token reads and what reads it.

    Raises
    ------
    InputError
        The matrix is not square, or a number is out of its range.
    """
    weights = np.asarray(matrix, np.float32)
    if weights.ndim != 2 or weights.shape[0] != weights.shape[1]:
        raise InputError(f"a matrix of shape {weights.shape} has no arcs; give one that is square")
    tokens = len(weights)
    if apart < 1:
        raise InputError(f"pairs {apart} bases apart were asked for; give at least 1")
    if not 1 <= most <= MOST:
        raise InputError(f"{most} arcs were asked for; give 1 to {MOST}")
    if token is not None and not 0 <= token < tokens:
        raise InputError(
            f"there is no token number {token + 1}; there are {tokens}, give 1 to {tokens} "
            "(0-based in Python)"
        )
    steps = -(-apart // size)
    far = (np.triu(weights, steps) + np.tril(weights, -steps)).ravel()
    flat = weights.ravel()
    places = None if token is None else _of(token, tokens)
    if places is not None:
        far, flat = far[places], flat[places]
    chosen = _largest(far, most)
    at = chosen if places is None else places[chosen]
    total, long = float(flat.sum(dtype=np.float64)), float(far.sum(dtype=np.float64))
    drawn = float(far[chosen].sum(dtype=np.float64))
    parts = (drawn, total - long, long - drawn)
    shares = tuple(max(0.0, part) / total if total > 0 else 0.0 for part in parts)
    return Arcs(
        reads=at // tokens,
        read=at % tokens,
        weights=far[chosen],
        apart=apart,
        token=token,
        left=int(np.count_nonzero(far > 0)) - len(chosen),
        shares=(shares[0], shares[1], shares[2]),
    )


def _of(token: int, tokens: int) -> NDArray[np.int64]:
    """Return the places of a token's row and column in a flat matrix, each once, ascending."""
    line = np.arange(tokens, dtype=np.int64)
    return np.union1d(token * tokens + line, line * tokens + token)


def _largest(values: Floats, most: int) -> NDArray[np.int64]:
    """Return where the largest values above 0 stand, falling; of equal ones the first."""
    count = min(most, int(np.count_nonzero(values > 0)))
    if not count:
        return np.zeros(0, np.int64)
    floor = np.partition(values, len(values) - count)[len(values) - count]
    kept = np.flatnonzero(values >= floor)  # with all that equal the last
    order = np.argsort(-values[kept], kind="stable")[:count]
    return kept[order].astype(np.int64)
