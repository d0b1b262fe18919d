"""What taking sites out gives: which sites, and what each change of them does.

Owns the means over sites, their intervals, and why a change of a site is not defined.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gexp_core.motifs.bench_curves import RESAMPLES
from gexp_core.motifs.bench_texts import no_scramble, no_turn
from gexp_core.types import Floats, Provenance


@dataclass(frozen=True, slots=True)
class Place:
    """Name a stretch.

    Attributes
    ----------
    sequence : place of the sequence in its set
    start, end : 0-based half-open
    strand : '+' or '-', the strand on which a site reads as its word or motif does; '.' for both,
        and where it is not known
    """

    sequence: int
    start: int
    end: int
    strand: str = "."


@dataclass(frozen=True, slots=True, eq=False)
class TakenOut:
    """Hold what changing each of K sites does, beside the same change elsewhere.

    Attributes
    ----------
    word : the letters that make a site, or what the sites that were given are called
    names : of the N sequences
    sites : K of them, at most 500
    letters : of each site, as its sequence is given
    found : sites there are in all
    scrambled, scrambled_elsewhere : (K,) mean over draws of the prediction with the site (a stretch
        as long elsewhere) scrambled minus the prediction as given; below 0 where it raises it; nan
        where the letters have no other order
    turned, turned_elsewhere : (K,) the same with the stretch's reverse complement in its place; nan
        where that is the stretch itself
    units : of every effect
    """

    word: str
    names: tuple[str, ...]
    sites: tuple[Place, ...]
    letters: tuple[str, ...]
    found: int
    scrambled: Floats
    scrambled_elsewhere: Floats
    turned: Floats
    turned_elsewhere: Floats
    units: str
    provenance: Provenance

    @property
    def of(self) -> list[int]:
        """Return which sequence each site is of."""
        return [site.sequence for site in self.sites]

    def not_defined(self) -> dict[str, list[str]]:
        """Return, for each change, why it is not defined at each site; '' where it is."""
        return {
            "scrambled": [no_scramble(text) for text in self.letters],
            "turned round": [no_turn(text) for text in self.letters],
        }

    def effects(self) -> dict[str, tuple[Floats, Floats]]:
        """Return the effects of each change and of the same change elsewhere."""
        return {
            "scrambled": (self.scrambled, self.scrambled_elsewhere),
            "turned round": (self.turned, self.turned_elsewhere),
        }


def mean(effect: Floats) -> float:
    """Return the mean of the effects (K,) that are defined; nan where none is."""
    defined = effect[np.isfinite(effect)]
    return float(defined.mean(dtype=np.float64)) if len(defined) else float("nan")


def interval(effect: Floats, of: Sequence[int]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of :func:`mean`; nan where they are of one sequence.

    Whole sequences are drawn: ``of`` (K,) says which one each effect is of.
    """
    defined = np.isfinite(effect)
    _, number = np.unique(np.asarray(of)[defined], return_inverse=True)
    sums, sites = np.bincount(number, effect[defined]), np.bincount(number)
    if len(sums) < 2:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(0).integers(0, len(sums), (RESAMPLES, len(sums)))
    low, high = np.quantile(sums[drawn].sum(1) / sites[drawn].sum(1), [0.025, 0.975])
    return float(low), float(high)


def over(effect: Floats, of: Sequence[int]) -> int:
    """Return how many sequences :func:`interval` draws from: those with a defined effect."""
    return len(np.unique(np.asarray(of)[np.isfinite(effect)]))


def digest_of(sites: Sequence[Place]) -> str:
    """Return the sha256, hexadecimal, over sequence, start, end and strand of every site."""
    lines = (f"{at.sequence}:{at.start}-{at.end}{at.strand};" for at in sites)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
