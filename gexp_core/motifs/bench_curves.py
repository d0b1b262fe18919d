"""What an experiment of the motif bench gives: effects over places or gaps, and what they stand on.

Owns the means over backgrounds, their intervals, and which of them is the largest.
"""

from dataclasses import dataclass

import numpy as np

from gexp_core.types import Floats, Ints, Provenance

#: Draws that a bootstrap interval is taken from.
RESAMPLES = 1000


def intervals(values: Floats, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return (X,) twice: the bootstrap interval of the mean of each row of (X, N).

    One observation has none: both are nan where N is 1.
    """
    n = values.shape[1]
    if n < 2:
        unknown = np.full(len(values), np.nan, np.float32)
        return unknown, unknown.copy()
    drawn = np.random.default_rng(0).integers(0, n, (RESAMPLES, n))
    means = np.stack([row[drawn].mean(1) for row in values])  # (X, resamples)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=1)
    return low.astype(np.float32), high.astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Hold an effect over a row of places or spacings, each in N backgrounds.

    Attributes
    ----------
    label : what was varied how, say '+-', or 'motif turned'
    x : (X,) int64, 0-based leftmost base of the motif, or bases between two motifs
    effect : (X, N) float32, in the card's units
    control : (X, N) float32, the same with scrambled letters; nan where they have no other order
    """

    label: str
    x: Ints
    effect: Floats
    control: Floats

    def mean(self, *, control: bool = False) -> Floats:
        """Return (X,): the mean effect over backgrounds; nan for a control that is not defined."""
        values = self.control if control else self.effect
        return np.asarray(values.mean(1, dtype=np.float64), np.float32)

    def band(self, *, control: bool = False, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return (X,) twice: the bootstrap interval of the mean, over backgrounds; nan for one."""
        return intervals(self.control if control else self.effect, level=level)


@dataclass(frozen=True, slots=True, eq=False)
class Experiment:
    """Hold what one experiment gave.

    Attributes
    ----------
    kind : 'position' or 'pair'
    curves : one for each orientation
    backgrounds : N of them
    units : of every effect
    notes : sentences on what is not defined, and on sequences that are no background
    """

    kind: str
    curves: tuple[Curve, ...]
    backgrounds: int
    units: str
    provenance: Provenance
    notes: tuple[str, ...] = ()

    def best(self) -> tuple[str, int, float]:
        """Return label, x and mean effect of the largest mean effect, by size."""
        found = [(c.label, int(c.x[k]), float(m)) for c in self.curves for k, m in
                 enumerate(c.mean().tolist())]  # fmt: skip
        return max(found, key=lambda one: abs(one[2]))

    @property
    def tried(self) -> int:
        """Return how many mean effects the largest is the largest of."""
        return sum(len(curve.x) for curve in self.curves)

    def by_chance(self) -> float:
        """Return the largest mean effect of the scrambled letters, by size; nan without any."""
        means = np.concatenate([curve.mean(control=True) for curve in self.curves])
        return float(means[np.abs(means).argmax()])
