"""Measured signal beside sequences: a table of bins, or coverage along a genome, to one array.

Owns the two kinds of table and how coverage becomes the values that a model reads. A table of
values has the columns ``sequence``, ``bin`` (counted from 1) and one for each track, in the units
of the model's card. A table of files has the columns ``track`` and ``file``: bigWig or bedGraph
coverage, which is read where each sequence lies in the genome, brought to bins and squashed as the
card says. Files are of the person who gives the table; nothing is fetched.
"""

import csv
import hashlib
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gexp_core.errors import InputError
from gexp_core.inputs.intervals import format_region, is_region, parse_region
from gexp_core.inputs.limits import CLI_LIMITS, size
from gexp_core.inputs.unpack import opener
from gexp_core.types import Floats, Interval, SequenceSet

if TYPE_CHECKING:
    from gexp_core.models.card import ModelCard, SignalTrack

#: What each kind of table needs in its first line.
VALUES, FILES = ("bin",), ("track", "file")


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """Hold what was measured on the bins of N windows, S tracks, in a model's order and units.

    Attributes
    ----------
    names : tuple of N str, the sequences the windows are of
    tracks : tuple of S str
    values : (N, S, B) float32, finite and at least 0
    digest : sha256 over names, tracks and values, hexadecimal
    """

    names: tuple[str, ...]
    tracks: tuple[str, ...]
    values: Floats
    digest: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if self.values.shape[:2] != (len(self.names), len(self.tracks)):
            raise InputError(
                f"a signal of {' x '.join(map(str, self.values.shape))} values does not belong to "
                f"{len(self.names)} sequences and {len(self.tracks)} tracks"
            )
        wrong = ~(np.isfinite(self.values) & (self.values >= 0))
        if wrong.any():
            n, s, b = (int(at[0]) for at in np.nonzero(wrong))
            raise InputError(
                f"the signal of {self.names[n]!r} has {self.values[n, s, b]} in bin {b + 1:,} of "
                f"track {self.tracks[s]}; coverage is a number of at least 0"
            )
        hashed = hashlib.sha256(repr((self.names, self.tracks)).encode())
        hashed.update(np.ascontiguousarray(self.values, np.float32).tobytes())
        object.__setattr__(self, "digest", hashed.hexdigest())


def read_signals(path: str, card: "ModelCard", sequences: SequenceSet) -> Signals:
    """Read the signal that a model wants beside sequences.

    Parameters
    ----------
    path : str
        A table of values or of files, tab-separated, plain or gzip; paths in it are taken from the
        table's own folder.
    card : ModelCard
        Whose signals are wanted.
    sequences : SequenceSet
        Each as long as the model's window. For a table of files each has to lie in a genome: by its
        interval, or by the last word of its FASTA header, or its name, as
        ``chr19:11,024,032-11,155,103`` (``regions`` writes such headers).

    Raises
    ------
    InputError
        The table or a file cannot be read, lacks a track, a bin or a place, or has a value that is
        no coverage; or a sequence is no whole window.
    """
    whole_windows(card, sequences)
    rows = _lines(path)
    head = [name.strip() for name in next(rows, [])]
    tracks = tuple(track.name for track in card.signals)
    if set(FILES) <= set(head):
        values = _from_files(path, head, rows, card, sequences)
    elif set(VALUES) <= set(head):
        values = _from_values(path, head, rows, card, sequences)
    else:
        raise InputError(
            f"{path!r} begins with the columns {', '.join(head[:6]) or 'none'}; wanted are "
            "'sequence', 'bin' and a column for each track, or 'track' and 'file'"
        )
    return Signals(sequences.names, tracks, values)


def whole_windows(card: "ModelCard", sequences: SequenceSet) -> None:
    """Raise InputError where a sequence is no whole window of a model that reads signal."""
    for name, text in zip(sequences.names, sequences.sequences, strict=True):
        if len(text) != card.input_length:
            raise InputError(
                f"sequence {name!r} has {len(text):,} bp; {card.name} reads whole windows of "
                f"{card.input_length:,} bp, on whose bins the signal lies; take the letters of the "
                f"region with its flanks (regions --length {card.input_length})"
            )


def squash(coverage: Floats, track: "SignalTrack", bins: int) -> Floats:
    """Return coverage (L,) as values (bins,): times the scale, mean over bins, softly clipped."""
    y = (coverage.astype(np.float64) * track.scale).reshape(bins, -1).mean(1)
    above = np.maximum(y - track.clip_soft, 0)
    y = np.where(above > 0, track.clip_soft - 1 + np.sqrt(above + 1), y)
    return np.asarray(np.minimum(y, track.clip), np.float32)


def place_of(sequences: SequenceSet, i: int) -> Interval:
    """Return where in a genome sequence ``i`` lies: by its interval, its header or its name.

    Raises
    ------
    InputError
        None of them says so, or says another length.
    """
    name, origin = sequences.names[i], sequences.origins[i]
    place = origin.interval
    if place is None:
        words = [origin.source.split()[-1] if origin.source.split() else "", name]
        place = next((parse_region(word) for word in words if is_region(word)), None)
    if place is None:
        raise InputError(
            f"sequence {name!r} lies in no known place of a genome, and files of coverage are read "
            "by place; put chrom:start-end at the end of its FASTA header (regions writes it), or "
            "give a table of values"
        )
    if place.end - place.start != len(sequences.sequences[i]):
        raise InputError(
            f"sequence {name!r} has {len(sequences.sequences[i]):,} bp, its place "
            f"{format_region(place)} has {place.end - place.start:,}; give the letters of that "
            "place, unchanged in length"
        )
    return place


def _lines(path: str) -> Iterator[list[str]]:
    """Yield the fields of every line of a tab-separated file, plain or gzip."""
    try:
        if not os.path.isfile(path):
            raise InputError(f"there is no file {path!r}; give the path of a file")
        if os.path.getsize(path) > CLI_LIMITS.max_bytes:
            raise InputError(f"{path!r} is larger than {size(CLI_LIMITS.max_bytes)}")
        with opener(path)(path, "rt", encoding="utf-8-sig", newline="") as text:
            yield from csv.reader(text, delimiter="\t")
    except (OSError, EOFError, ValueError, csv.Error, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"{path!r} cannot be read as tab-separated text: {reason}") from None


def _wanted(path: str, given: Sequence[str], card: "ModelCard") -> None:
    """Raise InputError where a table lacks a track of the card."""
    missing = [track.name for track in card.signals if track.name not in given]
    if missing:
        raise InputError(
            f"{path!r} lacks {len(missing)} of the {len(card.signals)} tracks that {card.name} "
            f"reads: {', '.join(missing)}"
        )


def _from_values(
    path: str, head: list[str], rows: Iterator[list[str]], card: "ModelCard", given: SequenceSet
) -> Floats:
    """Return (N, S, B) from a table with a line for each bin."""
    _wanted(path, head, card)
    if "sequence" not in head and len(given) > 1:
        raise InputError(
            f"{path!r} has no column 'sequence', and there are {len(given)} sequences; say in it "
            "which line is of which"
        )
    at = [head.index(track.name) for track in card.signals]
    of_bin, of_name = head.index("bin"), head.index("sequence") if "sequence" in head else -1
    places = {name: i for i, name in enumerate(given.names)}
    values = np.full((len(given), len(at), card.bins), np.nan, np.float32)
    for number, row in enumerate(rows, 2):
        if not row:
            continue
        try:
            which = 0 if of_name < 0 else places.get(row[of_name])
            b = int(row[of_bin]) - 1
            numbers = [float(row[column]) for column in at]
        except (ValueError, IndexError):
            raise InputError(
                f"line {number:,} of {path!r} is not a line of {len(head)} columns with a whole "
                "number for the bin and a number for each track"
            ) from None
        if which is None:
            continue  # of a sequence that is not asked for
        if not 0 <= b < card.bins or np.isfinite(values[which, 0, b]):
            raise InputError(
                f"line {number:,} of {path!r} has bin {b + 1:,}; each of the bins 1 to "
                f"{card.bins:,} stands once for each sequence"
            )
        values[which, :, b] = numbers
    for i, name in enumerate(given.names):
        missing = int(np.isnan(values[i, 0]).sum())
        if missing:
            raise InputError(
                f"{path!r} lacks {missing:,} of the {card.bins:,} bins of sequence {name!r}; give "
                "every bin, with 0 where nothing was seen"
            )
    return values


def _from_files(
    path: str, head: list[str], rows: Iterator[list[str]], card: "ModelCard", given: SequenceSet
) -> Floats:
    """Return (N, S, B) from files of coverage, one for each track."""
    try:
        named = {row[head.index("track")]: row[head.index("file")] for row in rows if row}
    except IndexError:
        raise InputError(f"{path!r} has a line without a track and a file") from None
    _wanted(path, list(named), card)
    windows = [place_of(given, i) for i in range(len(given))]
    middles = []
    for place in windows:
        start = place.start + card.margin  # margins are equal, so the strand does not matter
        middles.append(Interval(place.chrom, start, start + card.bins * card.bin_size))
    values = np.zeros((len(given), len(card.signals), card.bins), np.float32)
    for s, track in enumerate(card.signals):
        file = os.path.join(os.path.dirname(path), named[track.name])
        from gexp_core.inputs.coverage import read_coverage

        for i, coverage in enumerate(read_coverage(file, middles)):
            made = squash(coverage, track, card.bins)
            values[i, s] = made[::-1] if windows[i].strand == "-" else made
    return values
