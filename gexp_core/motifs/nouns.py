"""The nouns of this room: seqlets, sites, motifs and what they are called; nothing that computes.

Owns their invariants. Positions are 0-based half-open on the sequence they name, forward strand.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from gexp_core.errors import InputError, ModelError
from gexp_core.motifs.credited import AtWork
from gexp_core.motifs.lettered import consensus_of
from gexp_core.types import Floats, Provenance, Target

#: How far a column of a ppm may be from 1: the rounding of float32 sums and of printed files.
COLUMN_TOLERANCE = 0.01

STRANDS = ("+", "-")


@dataclass(frozen=True, slots=True)
class Seqlet:
    """Mark a stretch of one sequence whose scores stand out.

    Attributes
    ----------
    sequence : place of the sequence in its set
    start, end : 0-based half-open
    contribution : sum of the scores of its bases, in the attribution's unit; its sign is the
        seqlet's
    p : chance of so large a sum over as many independently drawn scores; it ranks seqlets and is
        no error rate
    """

    sequence: int
    start: int
    end: int
    contribution: float
    p: float


@dataclass(frozen=True, slots=True)
class Site:
    """Place a motif on a sequence.

    Attributes
    ----------
    sequence : place of the sequence in its set
    start, end : 0-based half-open, inside the sequence
    strand : '+' or '-', the strand on which the motif reads as it is drawn
    contribution : sum of the scores of its bases, in the attribution's unit
    similarity : cosine between the scores there and the motif's, 0 to 1
    """

    sequence: int
    start: int
    end: int
    strand: str
    contribution: float
    similarity: float

    def __post_init__(self) -> None:
        if self.strand not in STRANDS:
            raise InputError(f"strand {self.strand!r} is not '+' or '-'")


@dataclass(frozen=True, slots=True)
class Match:
    """Name a motif by a known one that it resembles.

    Attributes
    ----------
    id, name : of the known motif, as its database has them
    p : chance of as good an alignment among the database's own columns (TOMTOM)
    q : the share of false ones expected among all matches at least as good
    offset : column of the known motif's first column, in columns of the motif as drawn
    overlap : columns that the two share in that alignment
    strand : '-' where the known motif is turned round
    """

    id: str
    name: str
    p: float
    q: float
    offset: int
    overlap: int
    strand: str


@dataclass(frozen=True, slots=True, eq=False)
class Motif:
    """Hold one pattern: what letters it has, what they are worth, and where it was found.

    Attributes
    ----------
    name : unique within its set, say 'raises 1'
    ppm : (4, W) float32, share of each letter among its sites; every column adds up to 1
    cwm : (4, W) float32, mean score of each letter over its sites, in the attribution's unit
    sites : where it was found, strongest first
    matches : known motifs it resembles, best first; only those with q below the limit of the search
    expected : sites that as many bases of shuffled sequences have; nan where none were looked at
    q : the share of false ones expected among motifs that exceed that as clearly; nan likewise
    """

    name: str
    ppm: Floats
    cwm: Floats
    sites: tuple[Site, ...] = ()
    matches: tuple[Match, ...] = ()
    expected: float = float("nan")
    q: float = float("nan")

    def __post_init__(self) -> None:
        if self.ppm.ndim != 2 or self.ppm.shape[0] != 4 or not self.ppm.shape[1]:
            raise ModelError(f"the ppm of {self.name!r} has shape {self.ppm.shape}, wanted (4, W)")
        if self.cwm.shape != self.ppm.shape:
            raise ModelError(
                f"the cwm of {self.name!r} has shape {self.cwm.shape}, its ppm {self.ppm.shape}"
            )
        off = float(np.abs(self.ppm.sum(0) - 1).max())
        if not off <= COLUMN_TOLERANCE or (self.ppm < 0).any():
            raise ModelError(f"a column of the ppm of {self.name!r} does not add up to 1")

    @property
    def width(self) -> int:
        """Return W, its columns."""
        return int(self.ppm.shape[1])

    @property
    def consensus(self) -> str:
        """Return the commonest letter of each column; lower case where it has less than half."""
        return consensus_of(self.ppm)

    @property
    def contribution(self) -> float:
        """Return the mean contribution of a site; nan without sites."""
        return float(np.mean([s.contribution for s in self.sites])) if self.sites else float("nan")

    def bits(self) -> Floats:
        """Return (W,): information of each column in bits, against a quarter of each letter."""
        share = np.clip(self.ppm.astype(np.float64), 1e-9, 1)
        return np.asarray((share * np.log2(share / 0.25)).sum(0), np.float32)

    def turned(self) -> "Motif":
        """Return the motif as the other strand reads it."""
        sites = tuple(replace(s, strand="-" if s.strand == "+" else "+") for s in self.sites)
        ppm, cwm = (np.ascontiguousarray(array[::-1, ::-1]) for array in (self.ppm, self.cwm))
        return Motif(self.name, ppm, cwm, sites, expected=self.expected, q=self.q)


@dataclass(frozen=True, slots=True)
class Calling:
    """Say how seqlets and patterns of one sign were told from noise.

    Attributes
    ----------
    sign : 1 (raise the prediction) or -1 (lower it)
    called : seqlets of the sequences that stand out one by one
    control : seqlets at the same threshold in shuffled sequences; None without a control
    scale : bases of the sequences per base of the control
    patterned : called seqlets that lie on a site of a motif
    gathered : stretches of the sequences, weak ones included, of which patterns were made
    patterns : those with as many sites as a motif needs, here and in the control (strands apart: 2)
    rejected : those of them that are no motif
    """

    sign: int
    called: int
    control: int | None
    scale: float = 1.0
    patterned: int = 0
    gathered: int = 0
    patterns: int = 0
    rejected: int = 0

    @property
    def expected_false(self) -> float | None:
        """Return how many of the called seqlets shuffled sequences would have too."""
        return None if self.control is None else self.control * self.scale


@dataclass(frozen=True, slots=True, eq=False)
class MotifSet:
    """Hold the motifs of N sequences, with what they were found from.

    Attributes
    ----------
    names, sequences : tuples of N str
    motifs : those that raise the prediction first, then by number of sites
    seqlets : every seqlet called, in order of sequence and position
    calling : how many seqlets of either sign were called, and how many the control has
    notes : sentences for the reader: what was too few, and what was not checked
    database : what motifs were named against, or ''
    seqlet_matches : the matches of each seqlet by its letters, as long as seqlets; () where they
        were not looked for
    at_work : the known motifs whose places the model credits; None where that was not asked
    """

    names: tuple[str, ...]
    sequences: tuple[str, ...]
    motifs: tuple[Motif, ...]
    seqlets: tuple[Seqlet, ...]
    calling: tuple[Calling, ...]
    target: Target
    units: str
    provenance: Provenance
    notes: tuple[str, ...] = ()
    database: str = ""
    seqlet_matches: tuple[tuple[Match, ...], ...] = ()
    at_work: AtWork | None = None
    _index: dict[str, int] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        named = {motif.name: at for at, motif in enumerate(self.motifs)}
        if len(named) != len(self.motifs):
            raise ModelError("two motifs of one set have the same name")
        object.__setattr__(self, "_index", named)
        if self.seqlet_matches and len(self.seqlet_matches) != len(self.seqlets):
            raise ModelError("seqlets and their matches do not belong together")
        for motif in self.motifs:
            for site in motif.sites:
                self._check(motif.name, site)

    def _check(self, name: str, site: Site) -> None:
        if not 0 <= site.sequence < len(self.sequences):
            raise ModelError(f"a site of {name!r} is on sequence {site.sequence}, which is not one")
        length = len(self.sequences[site.sequence])
        if not 0 <= site.start < site.end <= length:
            raise ModelError(
                f"a site of {name!r} at {site.start}-{site.end} is outside "
                f"{self.names[site.sequence]!r} of {length} bp"
            )

    def __getitem__(self, name: str) -> Motif:
        """Return the motif called ``name``."""
        if name not in self._index:
            raise InputError(f"there is no motif {name!r} among the {len(self.motifs)} found")
        return self.motifs[self._index[name]]

    def beside_chance(self) -> tuple[int, float]:
        """Return the sites of all motifs, and how many of them shuffled sequences would have."""
        sites = sum(len(motif.sites) for motif in self.motifs)
        return sites, sum(motif.expected for motif in self.motifs)

    def on(self, sequence: int) -> tuple[tuple[Motif, Site], ...]:
        """Return the sites on one sequence with their motifs, in order of position."""
        found = [(m, s) for m in self.motifs for s in m.sites if s.sequence == sequence]
        return tuple(sorted(found, key=lambda pair: (pair[1].start, pair[1].end)))
