"""Texts and their scores laid one behind the other: every place a motif could have, and its worth.

Owns what a place is worth beside its letters, which places are taken already, and how surprising a
choice of places is. The worth of a base is its score less the mean score of the same three letters
(the base and its neighbours) over all the texts: what a stretch is credited for its
composition alone is no credit to a word.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import one_hot
from gexp_core.motifs.chance import PIECE, Pieces
from gexp_core.motifs.placement import log_chance
from gexp_core.types import Floats, Ints

#: Class of a base without two known neighbours, after the 64 triplets, and of what is no base.
_LONE, _NONE = 64, 65


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Hold B bases: the texts, with an N behind each.

    Attributes
    ----------
    letters : all of them
    first : (N + 1,) where each text begins; B at the end
    unit : (B,) piece of text of each base; those of copies are one
    score : (B,) float64 as given; 0 where taken
    worth : (B,) float64, score less that of the same three letters elsewhere; 0 where taken
    known : (B,) bool, no N
    taken : (B,) bool, given to a motif already
    """

    letters: str
    first: Ints
    unit: Ints
    score: NDArray[np.float64]
    worth: NDArray[np.float64]
    known: NDArray[np.bool_]
    taken: NDArray[np.bool_]

    @classmethod
    def of(
        cls, texts: Sequence[str], controls: Sequence[str], scores: Sequence[Floats]
    ) -> "Ground":
        """Return the ground of texts and their controls, with the scores (L,) of both in order."""
        pieces = Pieces.of(texts, controls)
        every = (*texts, *controls)
        letters = "".join(f"{text}N" for text in every)
        first = np.cumsum([0, *(len(text) + 1 for text in every)])
        unit = np.concatenate(
            [
                pieces.group[np.minimum(begin + np.arange(len(text) + 1) // PIECE, end - 1)]
                for text, begin, end in zip(every, pieces.first, pieces.first[1:], strict=False)
            ]
        )
        hot = one_hot(letters)
        known = np.asarray(hot.any(0))
        score = np.concatenate([np.append(one, 0) for one in scores]) * known
        like = _triplets(hot, known)
        mean = np.bincount(like, score) / np.maximum(1, np.bincount(like))
        worth = np.where(known, score - mean[like], 0)
        return cls(letters, first, unit, score, worth, known, np.zeros_like(known))

    def places(self, width: int) -> "Places":
        """Return every place of ``width`` known bases of which fewer than half are taken."""
        known = _sums(self.known, width) == width
        free = _sums(self.taken, width) * 2 < width
        start = np.flatnonzero(known & free)
        start = start[np.argsort(self.unit[start], kind="stable")]
        row = np.full(len(self.known), -1, np.int64)
        row[start] = np.arange(len(start))
        worth, score = (_sums(one, width)[start] for one in (self.worth, self.score))
        return Places(start, worth, score, self.unit[start], row)

    def without(self, start: Ints, width: int) -> "Ground":
        """Return the ground with the places of ``width`` bases from ``start`` on taken."""
        taken = self.taken | covered(start, width, len(self.taken))
        worth, score = (np.where(taken, 0, one) for one in (self.worth, self.score))
        return replace(self, taken=taken, worth=worth, score=score)


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Hold every place of one width, units one behind the other.

    Attributes
    ----------
    start : (P,) first base
    worth, score : (P,) float64, sums over the bases of the place
    unit : (P,) of each, never falling
    row : (B,) which place begins at each base; -1 where none does
    """

    start: Ints
    worth: NDArray[np.float64]
    score: NDArray[np.float64]
    unit: Ints
    row: Ints

    def scores(self, start: Ints) -> NDArray[np.float64]:
        """Return the score of the places that begin at ``start``, each of which is one."""
        return self.score[self.row[start]]

    def marked(self, start: Ints) -> "Marked":
        """Return those of the places that begin at ``start``, beside all others of their units."""
        rows = self.row[start]
        rows = rows[rows >= 0]
        units, of = np.unique(self.unit[rows], return_inverse=True)
        begin, end = (np.searchsorted(self.unit, units, side) for side in ("left", "right"))
        every = np.concatenate(
            [np.zeros(0), *(self.worth[a:b] for a, b in zip(begin, end, strict=True))]
        )
        first = np.cumsum([0, *(end - begin)])[:-1]
        size = np.maximum(1, np.bincount(of))
        worth, score = (np.bincount(of, one[rows]) / size for one in (self.worth, self.score))
        return Marked(self.start[rows], worth, score, every, first)


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """Hold some places, and what they are worth beside all places of the same U units.

    Attributes
    ----------
    start : (K,) first base of each
    worth, score : (U,) mean over the places of each unit
    every : the worth of all places of these units, one unit behind the other
    first : (U,) where each unit begins in ``every``
    """

    start: Ints
    worth: NDArray[np.float64]
    score: NDArray[np.float64]
    every: NDArray[np.float64]
    first: Ints

    def excess(self) -> NDArray[np.float64]:
        """Return (U,) the worth beyond the mean of all places of the unit."""
        return self.worth - self._means()

    def spread(self) -> float:
        """Return the standard deviation of a place about the mean of its unit."""
        sizes = np.diff(self.first, append=len(self.every))
        return float((self.every - np.repeat(self._means(), sizes)).std())

    def _means(self) -> NDArray[np.float64]:
        if not len(self.first):
            return np.zeros(0)
        sizes = np.diff(self.first, append=len(self.every))
        return np.asarray(np.add.reduceat(self.every, self.first) / sizes)

    def log_chance(self, sign: int, above: float = 0.0) -> float:
        """Return the logarithm of the chance of so much at places drawn at random, one a unit.

        Parameters
        ----------
        sign : 1 for as large a worth or larger, -1 for as small a one or smaller
        above : what each place has to be worth more than that, in the direction of ``sign``
        """
        if not len(self.first):
            return 0.0
        total = sign * float(self.worth.sum()) - above * len(self.worth)
        return log_chance(sign * self.every, self.first, total)


def covered(start: Ints, width: int, length: int) -> NDArray[np.bool_]:
    """Return (length,) whether a base is one of ``width`` from some ``start`` on."""
    edges = np.bincount(start, minlength=length + 1) - np.bincount(
        start + width, minlength=length + 1
    )
    return np.asarray(np.cumsum(edges[:-1]) > 0)


def _sums(values: NDArray[Any], width: int) -> NDArray[Any]:
    """Return the sum of the ``width`` values from each on, for all that have so many."""
    whole = np.concatenate([[0], np.cumsum(values)])
    return np.asarray(whole[width:] - whole[:-width])


def _triplets(hot: Floats, known: NDArray[np.bool_]) -> Ints:
    """Return the class (B,) of every base: its triplet, as the given strand reads it."""
    base = hot.argmax(0)
    whole = known & np.roll(known, 1) & np.roll(known, -1)
    triplet = np.roll(base, 1) * 16 + base * 4 + np.roll(base, -1)
    return np.where(whole, triplet, np.where(known, _LONE, _NONE))
