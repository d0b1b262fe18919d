"""Whether a pattern has more sites than chance: its sites here beside those on shuffled sequences.

Owns the test. A weak word that stands in many sequences is not told from noise site by site, but by
how often it comes. Patterns are made, and placed, on sequences and shuffled controls together, none
of which is marked as one or the other: where a pattern is nothing but chance, its sites are then
shared out between them by chance alone, whatever the search for patterns was drawn to. That holds
for texts that are not copies of one another; copies count as one.

References
----------
Phipson & Smyth, Permutation p-values should never be zero, Stat Appl Genet Mol Biol 9:39 (2010).
Benjamini & Hochberg, J R Stat Soc B 57:289 (1995).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.motifs.copies import groups_of
from gexp_core.motifs.naming import false_discovery
from gexp_core.motifs.nouns import Site
from gexp_core.types import Ints

#: q up to which a pattern exceeds shuffled sequences.
Q = 0.01

#: Bases of the pieces that are dealt anew; sites that stand close together are not independent.
PIECE = 200

#: Deals; the smallest p is one in so many and one.
DEALS = 99_999


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say how a pattern's sites compare with chance.

    Attributes
    ----------
    sites : on the sequences
    expected : on as many bases of shuffled sequences
    q : the share of false ones expected among patterns that exceed chance as clearly
    """

    sites: int
    expected: float
    q: float

    def holds(self, share: float) -> bool:
        """Return whether it exceeds chance, with at most ``share`` of its sites expected."""
        return self.q <= Q and self.expected <= share * self.sites


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Hold the pieces that are dealt: those of N sequences, then those of M controls.

    Attributes
    ----------
    first : (N + M + 1,) the first piece of every text, then how many pieces there are
    group : (P,) group of each piece: copies are one, sequences and controls apart
    own : of the groups, how many are of sequences; they come first
    scale : bases of the sequences per base of the controls
    """

    first: Ints
    group: Ints
    own: int
    scale: float

    @classmethod
    def of(cls, sequences: Sequence[str], controls: Sequence[str]) -> "Pieces":
        """Return the pieces of sequences and controls, copies grouped."""
        sides = [[_cut(text) for text in some] for some in (sequences, controls)]
        here, there = (groups_of(piece for text in side for piece in text) for side in sides)
        own = int(here.max()) + 1
        first = np.cumsum([0, *(len(text) for side in sides for text in side)])
        scale = sum(map(len, sequences)) / sum(map(len, controls))
        return cls(first, np.concatenate([here, own + there]), own, scale)

    @property
    def copies(self) -> tuple[int, int]:
        """Return how many pieces the sequences have, and how many of these are different."""
        return int(np.count_nonzero(self.group < self.own)), self.own

    def counts(self, sites: Sequence[Site]) -> Ints:
        """Return (P,) how many of ``sites`` begin in each piece."""
        on = np.zeros(len(self.group), np.int64)
        for s in sites:  # a shorter rest is of the last piece
            on[min(self.first[s.sequence] + s.start // PIECE, self.first[s.sequence + 1] - 1)] += 1
        return on

    def observed(self, counts: Ints) -> Ints:
        """Return (G,) the mean over the pieces of each group, in tenths: few different values."""
        mean = np.bincount(self.group, weights=counts) / np.bincount(self.group)
        return np.asarray(np.rint(10 * mean), np.int64)


def _cut(text: str) -> list[str]:
    """Return the pieces of a text; a shorter rest joins the last one."""
    last = max(1, len(text) // PIECE) - 1
    return [text[k * PIECE : (k + 1) * PIECE if k < last else None] for k in range(last + 1)]


def judged(patterns: Sequence[Sequence[Site]], pieces: Pieces, *, seed: int = 0) -> list[Verdict]:
    """Compare the sites of each pattern with those that it has on controls.

    Parameters
    ----------
    patterns : K sequences of Site
        On sequences and controls, controls numbered behind the sequences.
    pieces : Pieces
        Of both.
    seed : of the deals

    Returns
    -------
    list of Verdict
        One for each pattern; q by Benjamini and Hochberg over all of them.
    """
    mine = pieces.group < pieces.own
    groups = np.arange(pieces.group.max() + 1) < pieces.own
    chances, counts = [], []
    for sites in patterns:
        on = pieces.counts(sites)
        chances.append(exceeding(pieces.observed(on), groups, seed=seed))
        counts.append((int(on[mine].sum()), int(on[~mine].sum())))
    q = false_discovery(np.array(chances, np.float64))
    return [
        Verdict(here, there * pieces.scale, float(rate))
        for (here, there), rate in zip(counts, q, strict=True)
    ]


def exceeding(counts: Ints, own: NDArray[np.bool_], *, seed: int = 0) -> float:
    """Return the chance of as many sites in the groups of ``own`` when groups are dealt at random.

    Parameters
    ----------
    counts : (G,) int64, sites in each group of pieces, in any unit
    own : (G,) bool, the groups of sequences
    seed : of the deals
    """
    values, groups = np.unique(counts, return_counts=True)
    rng = np.random.default_rng(seed)
    dealt = rng.multivariate_hypergeometric(groups, int(own.sum()), size=DEALS)  # (deals, values)
    as_many = np.count_nonzero(dealt @ values >= counts[own].sum())
    return float((1 + as_many) / (1 + DEALS))
