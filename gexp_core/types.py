"""The nouns of gexp: frozen results with their invariants, and nothing that computes.

Symbols: N sequences, 4 bases in the order A C G T, L bases of one sequence, R rows (windows, bins),
T tracks. Lengths may differ, so per-base arrays are tuples with one array per sequence.
Coordinates are 0-based half-open everywhere in code.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gexp_core import __version__
from gexp_core.errors import InputError, ModelError

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

#: Called as ``progress(done, total)``; it may raise CancelledError to stop the work.
Progress = Callable[[int, int], None]

ALPHABET = "ACGTN"

#: Below this share of the readings' size, an error is float32 rounding and steps cannot mend it.
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Interval:
    """Name a stretch of a genome, 0-based half-open, on ``strand`` '+' or '-'."""

    chrom: str
    start: int
    end: int
    strand: str = "+"

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise InputError(
                f"interval {self.chrom}:{self.start}-{self.end} (0-based half-open) is empty or "
                "negative; start must be at least 0 and smaller than end"
            )
        if self.strand not in ("+", "-"):
            raise InputError(f"strand {self.strand!r} is not '+' or '-'")


@dataclass(frozen=True, slots=True)
class Origin:
    """Say where a sequence came from and, in words, every edit made to it on the way in."""

    source: str = ""
    interval: Interval | None = None
    edits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SequenceSet:
    """Hold N named sequences in upper-case ACGTN.

    Attributes
    ----------
    names : tuple of N unique, non-empty str
    sequences : tuple of N non-empty str over ``ACGTN``
    origins : tuple of N Origin
    digest : sha256 over names and letters, hexadecimal
    """

    names: tuple[str, ...]
    sequences: tuple[str, ...]
    origins: tuple[Origin, ...] = ()
    digest: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if not self.names:
            raise InputError("no sequence was given; paste or upload at least one FASTA record")
        if not self.origins:
            object.__setattr__(self, "origins", tuple(Origin() for _ in self.names))
        if not len(self.names) == len(self.sequences) == len(self.origins):
            raise InputError(
                f"{len(self.names)} names, {len(self.sequences)} sequences and "
                f"{len(self.origins)} origins do not belong together"
            )
        if len(set(self.names)) != len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise InputError(f"the name {twice!r} is used twice; names must be unique")
        hashed = hashlib.sha256()
        for name, sequence in zip(self.names, self.sequences, strict=True):
            if not name or not sequence:
                raise InputError(f"sequence {name!r} is empty; give at least one base")
            if rest := set(sequence) - set(ALPHABET):
                wrong = min(sequence.index(letter) for letter in rest)
                raise InputError(
                    f"sequence {name!r} has {sequence[wrong]!r} at position {wrong + 1} (1-based); "
                    "allowed are A C G T N"
                )
            hashed.update(f"{len(name)}:{name}:{len(sequence)}:{sequence};".encode())
        object.__setattr__(self, "digest", hashed.hexdigest())

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, name: str) -> str:
        """Return the letters of the sequence called ``name``."""
        return self.sequences[self.index(name)]

    def index(self, name: str) -> int:
        """Return the place of ``name`` in the set, or raise InputError."""
        if name not in self.names:
            raise InputError(f"there is no sequence {name!r} among the {len(self)} given")
        return self.names.index(name)

    def select(self, names: tuple[str, ...]) -> "SequenceSet":
        """Return the named sequences, in the order asked for."""
        at = [self.index(name) for name in names]
        sequences = tuple(self.sequences[i] for i in at)
        return SequenceSet(tuple(names), sequences, tuple(self.origins[i] for i in at))


@dataclass(frozen=True, slots=True)
class Change:
    """Report one thing altered on the way in: ``count`` letters of ``record``, as a sentence."""

    record: str
    kind: str
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """Report one record left out, with the sentence that says why and what to do."""

    record: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class InputCheck:
    """Hold what was read: the good records, every change made, every record left out."""

    sequences: SequenceSet
    changes: tuple[Change, ...] = ()
    rejected: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """Choose the one number of a prediction that is explained.

    The number is the mean over the chosen rows (windows of a tiled sequence, or bins; 0-based
    half-open, None means all) of one track, less that of the track ``minus`` if one is named.
    """

    track: int = 0
    rows: tuple[int, int] | None = None
    minus: int | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Say what made a result: enough to make it again."""

    input_digest: str
    model: str
    weights_sha256: str
    settings: Mapping[str, Any]
    seed: int | None = None
    version: str = __version__

    def to_json(self) -> str:
        """Return deterministic JSON text."""
        return json.dumps(asdict(self), indent=2, sort_keys=True)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Hold predicted values, one row per window (or bin) of each sequence.

    Attributes
    ----------
    names : tuple of N str
    row_sequence : (R,) int64, which sequence a row belongs to, ascending
    start, end : (R,) int64, 0-based half-open on the input sequence
    y : (R, T) float32, in the card's units; mean over strands and ensemble members
    spread : (R, T) float32, standard deviation (population) over every reading that y averages:
        each ensemble member on each strand; for one member on two strands, half their distance
    strand_gap : (R, T) float32, forward minus reverse-complement reading (members averaged), or
        zeros when one strand was read
    member_sd : (R, T) float32, standard deviation (population) over ensemble members, strands
        averaged; zeros for a single network
    tracks : tuple of T str
    """

    names: tuple[str, ...]
    row_sequence: Ints
    start: Ints
    end: Ints
    y: Floats
    spread: Floats
    strand_gap: Floats
    member_sd: Floats
    tracks: tuple[str, ...]
    units: str
    provenance: Provenance

    def __post_init__(self) -> None:
        shape = (len(self.row_sequence), len(self.tracks))
        for name in ("y", "spread", "strand_gap", "member_sd"):
            if getattr(self, name).shape != shape:
                raise ModelError(f"{name} has shape {getattr(self, name).shape}, wanted {shape}")

    def rows(self, i: int) -> slice:
        """Return the rows of sequence ``i`` as a slice."""
        first, last = np.searchsorted(self.row_sequence, [i, i + 1])
        return slice(int(first), int(last))

    def means(self) -> Floats:
        """Return (N, T): the mean over the rows of each sequence."""
        return np.stack([self.y[self.rows(i)].mean(0) for i in range(len(self.names))])


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """Hold per-base contributions to one number.

    Attributes
    ----------
    names, sequences : tuples of N str; the scores stand on the letters of the second
    attr : tuple of N (4, L) float32, e.g. (x - baseline) * mean gradient, for every letter
    y, y_baseline : (N,) float32, the explained number and its mean over the baselines
    delta : (N,) float32 = sum(attr) - (y - y_baseline), the method's own completeness error
    hypothetical : tuple of N (4, L) float32, what each letter would get there; () if not asked
    """

    names: tuple[str, ...]
    sequences: tuple[str, ...]
    attr: tuple[Floats, ...]
    y: Floats
    y_baseline: Floats
    delta: Floats
    target: Target
    method: str
    baseline: str
    units: str
    provenance: Provenance
    hypothetical: tuple[Floats, ...] = ()

    def __post_init__(self) -> None:
        for name, sequence, attr in zip(self.names, self.sequences, self.attr, strict=True):
            if attr.shape != (4, len(sequence)):
                raise ModelError(
                    f"attribution of {name!r} has shape {attr.shape}, wanted (4, {len(sequence)})"
                )

    def per_base(self, i: int) -> Floats:
        """Return (L,): the sum over the four letters at each position of sequence ``i``."""
        return np.asarray(self.attr[i].sum(0), np.float32)

    def completeness_error(self) -> Floats:
        """Return (N,): abs(delta) / abs(y - y_baseline), inf over 0; 0 where both are rounding."""
        missed, explained = np.abs(self.delta), np.abs(self.y - self.y_baseline)
        rounding = ROUNDING * np.maximum(np.abs(self.y), np.abs(self.y_baseline))
        with np.errstate(divide="ignore", invalid="ignore"):
            share = missed / explained
        return np.where(np.maximum(missed, explained) <= rounding, 0, share).astype("f4")


@dataclass(frozen=True, slots=True, eq=False)
class Mutagenesis:
    """Hold the effect of every single-base change.

    Attributes
    ----------
    names : tuple of N str
    sequences : tuple of N str, the whole input sequences
    effect : tuple of N (4, W) float32 = y_alt - y_ref; exactly 0 at the reference base; at N all
        four are real predictions
    window : tuple of N (start, end), 0-based half-open, the part that was mutated
    y_ref : (N,) float32
    """

    names: tuple[str, ...]
    sequences: tuple[str, ...]
    effect: tuple[Floats, ...]
    window: tuple[tuple[int, int], ...]
    y_ref: Floats
    target: Target
    units: str
    provenance: Provenance

    def __post_init__(self) -> None:
        for name, (start, end), effect in zip(self.names, self.window, self.effect, strict=True):
            if effect.shape != (4, end - start):
                raise ModelError(
                    f"mutagenesis of {name!r} has shape {effect.shape}, wanted (4, {end - start})"
                )
