"""Results as tracks in the coordinates of a genome: bedGraph and bigWig, for any genome browser.

Owns how values on sequences become values on a contig: minus strands turned, windows and regions
that overlap averaged. What a model says of the two strands of one place is one number only where it
reads both; ``of_strand`` keeps them apart elsewhere. Coordinates are 0-based half-open.
"""

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.errors import InputError, LimitError
from gexp_core.export.text import chromosomes, line, number
from gexp_core.figures.scores import importance
from gexp_core.types import Attribution, Floats, Interval, Mutagenesis, Prediction, SequenceSet

#: Most bases of all pieces of a track together.
MOST = 20_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Hold the values of a stretch, (L,), in the order of the stretch's own strand."""

    interval: Interval
    values: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Hold a contig's values: from ``start`` to ``end`` each is ``value``; ascending, disjoint."""

    chrom: str
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    value: Floats


def prediction_pieces(
    made: Prediction, sequences: SequenceSet, track: str, mate: str | None = None
) -> tuple[Piece, ...]:
    """Return each window's (or bin's) prediction of one track on the bases that it holds.

    Sequences that are from no known place have no piece, and neither have bins beyond a sequence's
    ends, where the model read its neutral background.

    Parameters
    ----------
    made : Prediction
    sequences : SequenceSet
    track : str
        A track of the genome: what sequences of the plus strand say of it.
    mate : str, optional
        The track that reads the same thing on the other strand (``ModelCard.mate``), which
        sequences of the minus strand say it with; the track itself by default.
    """
    on = {"+": made.tracks.index(track), "-": made.tracks.index(mate or track)}
    found = []
    for row in range(len(made.y)):
        place = sequences.origins[sequences.index(made.names[int(made.row_sequence[row])])].interval
        if place is not None:
            start = max(0, int(made.start[row]))
            end = min(place.end - place.start, int(made.end[row]))
            if start >= end:
                continue
            values = np.full(end - start, made.y[row, on[place.strand]], np.float32)
            found.append(Piece(part(place, start, end), values))
    return tuple(found)


def attribution_pieces(made: Attribution, sequences: SequenceSet) -> tuple[Piece, ...]:
    """Return the score of each base, the sum over the four letters, as dynseq tracks show it."""
    return tuple(
        Piece(place, made.per_base(i))
        for i, name in enumerate(made.names)
        if (place := sequences.origins[sequences.index(name)].interval) is not None
    )


def mutagenesis_pieces(made: Mutagenesis, sequences: SequenceSet) -> tuple[Piece, ...]:
    """Return minus the mean effect of the three other letters at each base that was changed."""
    return tuple(
        Piece(part(place, *made.window[i]), importance(made, i))
        for i, name in enumerate(made.names)
        if (place := sequences.origins[sequences.index(name)].interval) is not None
    )


def of_strand(pieces: Sequence[Piece], strand: str) -> tuple[Piece, ...]:
    """Return the pieces of sequences that were read on ``strand``, '+' or '-'."""
    return tuple(piece for piece in pieces if piece.interval.strand == strand)


def part(place: Interval, start: int, end: int) -> Interval:
    """Return the stretch of a genome that bases ``start`` to ``end`` of a sequence are from."""
    if place.strand == "-":
        start, end = place.end - place.start - end, place.end - place.start - start
    return Interval(place.chrom, place.start + start, place.start + end, place.strand)


def runs(pieces: Sequence[Piece]) -> tuple[Runs, ...]:
    """Return the values of every contig, in order of the contigs' names.

    A base that several pieces hold gets their mean, whatever their strand (``of_strand``); nan is
    left out; neighbouring bases with equal values are one run.

    Raises
    ------
    InputError
        There is no piece: no sequence is from a known place.
    LimitError
        The pieces have more than MOST bases together.
    """
    if not pieces:
        raise InputError(
            "none of these sequences is from a known place of a genome; take them from regions to "
            "get tracks in its coordinates"
        )
    if (total := sum(len(piece.values) for piece in pieces)) > MOST:
        raise LimitError(f"a track of {total:,} bases is more than the {MOST:,} that are written")
    found = []
    for chrom in sorted({piece.interval.chrom for piece in pieces}):
        here = sorted(
            (piece for piece in pieces if piece.interval.chrom == chrom),
            key=lambda piece: (piece.interval.start, piece.interval.end),
        )
        spans = [_mean(span) for span in _spans(here)]
        at, values = (np.concatenate(column) for column in zip(*spans, strict=True))
        if len(at):
            breaks = np.flatnonzero((np.diff(at) != 1) | (np.diff(values) != 0)) + 1
            first = np.concatenate([[0], breaks])
            last = np.concatenate([breaks, [len(at)]]) - 1
            found.append(Runs(chrom, at[first], at[last] + 1, values[first]))
    return tuple(found)


def _spans(pieces: Sequence[Piece]) -> Iterable[list[Piece]]:
    """Yield pieces that overlap together, so that memory follows the bases and not the gaps."""
    span: list[Piece] = []
    reach = 0
    for piece in pieces:
        if span and piece.interval.start >= reach:
            yield span
            span = []
        span.append(piece)
        reach = max(reach, piece.interval.end)
    yield span


def _mean(span: Sequence[Piece]) -> tuple[NDArray[np.int64], Floats]:
    """Return the bases of a span that have values, and their means."""
    begin = span[0].interval.start
    size = max(piece.interval.end for piece in span) - begin
    total, count = np.zeros(size), np.zeros(size, np.int64)
    for piece in span:
        values = piece.values.astype(np.float64)
        values = values[::-1] if piece.interval.strand == "-" else values
        at = piece.interval.start - begin
        there = ~np.isnan(values)
        total[at : at + len(values)] += np.where(there, values, 0)
        count[at : at + len(values)] += there
    held = np.flatnonzero(count)
    return held + begin, np.asarray(total[held] / count[held], np.float32)


def genome_bedgraph(pieces: Sequence[Piece], *, title: str, about: str = "") -> bytes:
    """Return a bedGraph in genome coordinates, sorted, no base twice."""
    made = runs(pieces)
    safe = chromosomes([one.chrom for one in made])
    title, about = (line(words).replace('"', "'") for words in (title, about))
    note = f' description="{about}"' if about else ""
    parts = [f'track type=bedGraph name="{title}"{note}\n']
    for chrom, one in zip(safe, made, strict=True):
        rows = zip(one.start.tolist(), one.end.tolist(), one.value.tolist(), strict=True)
        parts += [f"{chrom}\t{start}\t{end}\t{number(value)}\n" for start, end, value in rows]
    return "".join(parts).encode("utf-8", "replace")


def genome_bigwig(pieces: Sequence[Piece], sizes: Mapping[str, int]) -> bytes:
    """Return a bigWig in genome coordinates.

    Parameters
    ----------
    pieces : sequence of Piece
    sizes : mapping of str to int
        Contig -> its bases. Of a contig that is not there, or shorter than its values, the last
        base with a value is taken for its end.
    """
    import pyBigWig

    made = runs(pieces)
    safe = chromosomes([one.chrom for one in made])
    ends = [max(int(sizes.get(one.chrom, 0)), int(one.end[-1])) for one in made]
    handle, path = tempfile.mkstemp(suffix=".bw")  # the library writes to files only
    os.close(handle)
    try:
        file = pyBigWig.open(path, "w")
        file.addHeader(list(zip(safe, ends, strict=True)))
        for chrom, one in zip(safe, made, strict=True):
            file.addEntries(
                [chrom] * len(one.start),
                one.start.tolist(),
                ends=one.end.tolist(),
                values=one.value.astype(float).tolist(),
            )
        file.close()
        with open(path, "rb") as written:
            return written.read()
    finally:
        os.unlink(path)
