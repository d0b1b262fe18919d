"""Whether a pattern has more sites than chance: its sites here beside those on shuffled sequences.

Owns the test. A weak word that stands in many sequences is not told from noise site by site, but by
how often it comes. Patterns are made, and placed, on sequences and shuffled controls together, none
of which is marked as one or the other: where a pattern is nothing but chance, its sites are then
shared out between them by chance alone, whatever the search for patterns was drawn to.

References
----------
Phipson & Smyth, Permutation p-values should never be zero, Stat Appl Genet Mol Biol 9:39 (2010).
Benjamini & Hochberg, J R Stat Soc B 57:289 (1995).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


def judged(
    patterns: Sequence[Sequence[Site]], lengths: Sequence[int], own: int, *, seed: int = 0
) -> list[Verdict]:
    """Compare the sites of each pattern with those that it has on controls.

    Parameters
    ----------
    patterns : K sequences of Site
        On sequences and controls, those behind the first ``own`` being controls.
    lengths : N + M int
        Bases of every sequence and control.
    own : int
        N.
    seed : of the deals

    Returns
    -------
    list of Verdict
        One for each pattern; q by Benjamini and Hochberg over all of them.
    """
    held = [max(1, length // PIECE) for length in lengths]  # a shorter rest joins the last piece
    first = np.cumsum([0, *held])
    mine = np.arange(first[-1]) < first[own]
    scale = sum(lengths[:own]) / sum(lengths[own:])
    chances, counts = [], []
    for sites in patterns:
        on = np.zeros(first[-1], np.int64)
        for s in sites:
            on[first[s.sequence] + min(s.start // PIECE, held[s.sequence] - 1)] += 1
        chances.append(exceeding(on, mine, seed=seed))
        counts.append((int(on[mine].sum()), int(on[~mine].sum())))
    q = false_discovery(np.array(chances, np.float64))
    return [
        Verdict(here, there * scale, float(rate))
        for (here, there), rate in zip(counts, q, strict=True)
    ]


def exceeding(counts: Ints, own: NDArray[np.bool_], *, seed: int = 0) -> float:
    """Return the chance of as many sites in the pieces of ``own`` when pieces are dealt at random.

    Parameters
    ----------
    counts : (P,) int64, sites in each piece
    own : (P,) bool, the pieces of sequences
    seed : of the deals
    """
    values, pieces = np.unique(counts, return_counts=True)
    rng = np.random.default_rng(seed)
    dealt = rng.multivariate_hypergeometric(pieces, int(own.sum()), size=DEALS)  # (deals, values)
    as_many = np.count_nonzero(dealt @ values >= counts[own].sum())
    return float((1 + as_many) / (1 + DEALS))
