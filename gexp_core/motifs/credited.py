"""The nouns of known motifs at work: which a model credits, and by how much; nothing that computes.

Owns their invariants.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.errors import ModelError
from gexp_core.motifs.lettered import consensus_of
from gexp_core.types import Floats, Ints


@dataclass(frozen=True, slots=True)
class Relative:
    """Name a known motif whose evidence is at the places of another one.

    Attributes
    ----------
    id, name : as its database has them; judged on one strand, the name ends in the strand's word
    q : its own, before the places were given to the other
    """

    id: str
    name: str
    q: float


@dataclass(frozen=True, slots=True, eq=False)
class Credited:
    """Hold a known motif whose places the model credits, or debits, more than chance allows.

    Scores are in the attribution's unit. Bases that a surer motif of the list stands on count 0.

    Attributes
    ----------
    id, name : as its database has them; judged on one strand, the name ends in the strand's word
    ppm : (4, W) float32
    sign : 1 where its places raise the prediction, -1 where they lower it
    places : (K, 2) int64, sequence and 0-based start of each place on the sequences, the strongest
        first
    turned : (K,) bool, whether the motif reads there on the other strand
    credits : (K,) float32, sum of the scores of the bases of each place
    beside : how many places it has on the shuffled controls
    units : pieces of different texts with a place, sequences and controls together
    credit : mean over units of the score of a place
    elsewhere : the same of as many bases elsewhere on these texts, with the letters of the places
    scrambled : elsewhere, plus what places are worth beyond elsewhere where the motif fits with its
        columns in other orders; elsewhere where it fits in none
    low, high : 95 % interval of credit minus elsewhere
    p : chance of so large a credit, above elsewhere and scrambled, at places drawn at random
    q : of Benjamini and Hochberg, among families; what is left is judged anew, so a guide
    relatives : other known motifs whose evidence is at the same places, surest first
    """

    id: str
    name: str
    ppm: Floats
    sign: int
    places: Ints
    turned: NDArray[np.bool_]
    credits: Floats
    beside: int
    units: int
    credit: float
    elsewhere: float
    scrambled: float
    low: float
    high: float
    p: float
    q: float
    relatives: tuple[Relative, ...] = ()

    def __post_init__(self) -> None:
        k = len(self.credits)
        if self.places.shape != (k, 2) or self.turned.shape != (k,):
            raise ModelError(f"the places of {self.name!r} and their scores do not belong together")
        if self.ppm.ndim != 2 or self.ppm.shape[0] != 4 or not self.ppm.shape[1]:
            raise ModelError(f"the ppm of {self.name!r} has shape {self.ppm.shape}, wanted (4, W)")

    @property
    def width(self) -> int:
        """Return W, its columns."""
        return int(self.ppm.shape[1])

    @property
    def consensus(self) -> str:
        """Return the commonest letter of each column; lower case where it has less than half."""
        return consensus_of(self.ppm)

    @property
    def effect(self) -> str:
        """Return in a word what its places do to the prediction: 'raises' or 'lowers'."""
        return "raises" if self.sign > 0 else "lowers"

    @property
    def strands(self) -> tuple[str, ...]:
        """Return '+' or '-' for each place."""
        return tuple("-" if turned else "+" for turned in self.turned.tolist())


@dataclass(frozen=True, slots=True, eq=False)
class AtWork:
    """Hold the known motifs that a model credits or debits, surest first.

    Attributes
    ----------
    motifs : one for each family of motifs that stand on the same places
    asked : known motifs that fit in texts enough to be judged
    known : known motifs in all
    database : what they are called together
    p : of the scan, the largest of a place
    notes : sentences for the reader
    """

    motifs: tuple[Credited, ...]
    asked: int
    known: int
    database: str
    p: float
    notes: tuple[str, ...] = ()
