"""Whether sequences overlap those that a model was trained on, from a sketch of their 20-mers.

Owns the hash of a 20-mer, which of them are kept, the sketch's file and the verdict. Training rows
do not travel with a model; a sketch of at most 300 kB does. Neither strand nor place matters.

Of each run of ``window`` neighbouring 20-mers the one with the smallest hash is kept (a
minimiser), so two sequences that share ``window + 19`` bases share one of them at least. A chance
hit on one word happens once in some 60,000; two neighbouring ones, or half of a short sequence's,
are taken for an overlap.

References
----------
Roberts et al., Reducing storage requirements for biological sequence comparison, Bioinformatics
20:3363 (2004). The mixer is splitmix64 (Steele, Lea & Flood, OOPSLA 2014).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import indices
from gexp_core.errors import ModelError
from gexp_core.types import SequenceSet

#: Bases of the words that are compared.
K = 20

#: Most bytes of a sketch's words: 75,000 of 4 bytes.
MOST_BYTES = 300_000

#: File beside a model's weights.
FILE = "trained_on.safetensors"

#: Windows that are tried, the finest that fits is used.
WINDOWS = (10, 20, 30, 40, 60, 80, 100, 200, 400)

#: Neighbouring kept words that must all be known, and bases that they must span.
RUN, SPAN = 2, 40

#: With a sketch that keeps one word of more than this many, so one of long stretches of a genome,
#: a sequence overlaps only if this share of it is known.
COARSE, LEAST = 100, 0.1

_MOST_FILE = 1_000_000
_VIEWS = 100_000  # runs of words looked through at once; their minimum copies them
_NONE = np.uint64(0xFFFFFFFFFFFFFFFF)  # of words with N, never kept
Words = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """Hold what is kept of a model's training rows.

    Attributes
    ----------
    words : (n,) uint32, hashes of kept 20-mers, ascending, none twice
    window : neighbouring 20-mers of which one is kept
    rows : how many rows were sketched
    data_sha256 : of the file they came from
    """

    words: Words
    window: int
    rows: int
    data_sha256: str


@dataclass(frozen=True, slots=True)
class Shared:
    """Say how much of one sequence is among the training rows.

    Attributes
    ----------
    share : of its bases, at least, in stretches of RUN or more known words over SPAN bases or
        more, or in one that holds half of a short sequence's kept words
    start, end : 0-based half-open, the longest such stretch; 0, 0 where there is none
    judged : whether the sequence is long enough to be judged
    """

    share: float
    start: int
    end: int
    judged: bool

    @property
    def found(self) -> bool:
        """Return whether any stretch is among the training rows."""
        return self.end > 0


def hashes(codes: NDArray[np.integer]) -> NDArray[np.uint64]:
    """Return (..., L - 19) uint64 hashes of the 20-mers of (..., L) letters, strands alike.

    Letters are 0-3 for A C G T; a 20-mer with another letter gets the largest number.
    """
    length = codes.shape[-1] - K + 1
    if length < 1:
        return np.empty((*codes.shape[:-1], 0), np.uint64)
    letters = np.minimum(codes, 3).astype(np.uint64)
    forward = np.zeros((*codes.shape[:-1], length), np.uint64)
    reverse = np.zeros_like(forward)
    for at in range(K):
        column = letters[..., at : at + length]
        forward = (forward << np.uint64(2)) | column
        reverse |= (np.uint64(3) - column) << np.uint64(2 * at)
    mixed = np.minimum(forward, reverse) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    unknown = np.lib.stride_tricks.sliding_window_view(codes > 3, K, axis=-1).any(-1)
    return np.where(unknown, _NONE, mixed)


def kept(found: NDArray[np.uint64], window: int) -> NDArray[np.int64]:
    """Return the places, ascending, of the words of one sequence that are kept."""
    if not len(found):
        return np.empty(0, np.int64)
    size = min(window, len(found))
    views = np.lib.stride_tricks.sliding_window_view(found, size)
    lowest = [views[at : at + _VIEWS].argmin(1) for at in range(0, len(views), _VIEWS)]
    places = np.unique(np.arange(len(views)) + np.concatenate(lowest)).astype(np.int64)
    return np.asarray(places[found[places] != _NONE], np.int64)


def short(found: NDArray[np.uint64]) -> Words:
    """Return the 32 bits of each hash that a sketch keeps."""
    return np.asarray(found >> np.uint64(32), np.uint32)


def sketch(rows: Iterable[NDArray[np.integer]], *, data_sha256: str = "") -> Sketch:
    """Return the sketch of training rows: the finest window whose words fit into MOST_BYTES.

    Parameters
    ----------
    rows : iterable of (L,) integers, 0-3 for A C G T
        The part of each that varied in the assay. A row that shares half of its words with
        those before it (a mutant of one of them) adds none.
    data_sha256 : str

    Raises
    ------
    ModelError
        Even the coarsest window keeps too many words.
    """
    every = [hashes(row) for row in rows]
    most = MOST_BYTES // 4
    for window in WINDOWS:
        words: set[int] = set()
        for row in every:
            own = short(row[kept(row, window)]).tolist()
            if 2 * sum(word in words for word in own) >= max(1, len(own)):
                continue  # a mutant of a row before: half of its words find it
            words.update(own)
            if len(words) > most:
                break
        else:
            made = np.fromiter(sorted(words), np.uint32, len(words))
            return Sketch(made, window, len(every), data_sha256)
    raise ModelError(
        f"the training rows have more than {most:,} different words even with one kept of "
        f"{WINDOWS[-1]}; sketch fewer rows"
    )


def shared(sequences: SequenceSet, known: Sketch) -> tuple[Shared, ...]:
    """Return, for each sequence, how much of it is among the training rows of a sketch."""
    return tuple(_shared(text, known) for text in sequences.sequences)


def _shared(text: str, known: Sketch) -> Shared:
    found = hashes(indices(text))
    places = kept(found, known.window)
    if len(text) < SPAN or not len(places):
        return Shared(0.0, 0, 0, False)
    words = short(found[places])
    at = np.minimum(np.searchsorted(known.words, words), max(0, len(known.words) - 1))
    hit = known.words[at] == words if len(known.words) else np.zeros(len(words), bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], hit.astype(np.int8), [0]])))
    covered, best = 0, (0, 0)
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        start, end = int(places[first]), int(places[last - 1]) + K
        much = 2 * (last - first) >= len(places)  # half of what is kept of a short sequence
        if much or (last - first >= RUN and end - start >= SPAN):
            covered += end - start
            best = max(best, (start, end), key=lambda pair: pair[1] - pair[0])
    share = min(1.0, covered / len(text))
    if known.window > COARSE and share < LEAST:
        best = (0, 0)  # repeats, which any two stretches of a genome have in common
    return Shared(share, *best, True)


def to_bytes(made: Sketch) -> bytes:
    """Return the file of a sketch; the same sketch gives the same bytes."""
    from safetensors.numpy import save

    about = {"k": K, "window": made.window, "rows": made.rows, "data_sha256": made.data_sha256}
    # one entry: several would stand in another order every time
    return bytes(save({"words": made.words}, metadata={"about": json.dumps(about)}))


def read_sketch(folder: Path) -> Sketch | None:
    """Return the sketch beside a model's weights; None where the model has none.

    Raises
    ------
    ModelError
        The file is there and is no sketch.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    from safetensors import SafetensorError, safe_open

    try:
        if path.stat().st_size > _MOST_FILE:
            raise ModelError(f"{FILE} of {folder.name!r} is larger than a sketch may be")
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {})["about"])
            words = file.get_tensor("words")
        if about["k"] != K or words.dtype != np.uint32 or words.ndim != 1:
            raise ModelError(f"{FILE} of {folder.name!r} is no sketch of {K}-mers; make it again")
        return Sketch(words, int(about["window"]), int(about["rows"]), about["data_sha256"])
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ModelError(
            f"{FILE} of {folder.name!r} cannot be read ({type(error).__name__}); make it again "
            "with `train NAME --sketch`"
        ) from None
