"""Coverage along a genome out of bigWig and bedGraph files, for a few intervals.

Owns the two formats; where nothing is written, coverage is 0. What becomes of it is the caller's.
"""

import os
import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from gexp_core.errors import InputError
from gexp_core.inputs.unpack import opener
from gexp_core.types import Floats, Interval

_BIGWIG = (b"\x26\xfc\x8f\x88", b"\x88\x8f\xfc\x26")


def read_coverage(path: str, intervals: Sequence[Interval]) -> tuple[Floats, ...]:
    """Return the coverage of each base of intervals, (L,) each, on the plus strand.

    Parameters
    ----------
    path : str
        bigWig, or bedGraph plain or gzip; told by its first bytes.
    intervals : sequence of Interval

    Raises
    ------
    InputError
        The file cannot be read, is neither, or has not the contig of an interval.
    """
    try:
        if not os.path.isfile(path):
            raise InputError(f"there is no file {path!r}; give the path of a bigWig or bedGraph")
        with open(path, "rb") as raw:
            begin = raw.read(4)
    except OSError as error:
        raise InputError(f"{path!r} cannot be read: {error.strerror or error}") from None
    read = _bigwig if begin in _BIGWIG else _bedgraph
    made = tuple(read(path, intervals))
    for one, interval in zip(made, intervals, strict=True):
        if not np.isfinite(one).all():
            raise InputError(
                f"{path!r} has values on {interval.chrom} that are no finite numbers; "
                "coverage is a number of at least 0"
            )
        if not (one >= 0).all():
            raise InputError(
                f"{path!r} has values below 0 on {interval.chrom}; coverage is at least 0 (give "
                "the signal itself, not a difference or a logarithm)"
            )
    return made


def _bigwig(path: str, intervals: Sequence[Interval]) -> Iterator[Floats]:
    import pyBigWig

    try:
        with pyBigWig.open(path) as file:
            known = file.chroms()
            for one in intervals:
                _contig(path, one, list(known))
                end = min(one.end, known[one.chrom])
                made = np.zeros(one.end - one.start, np.float32)
                if one.start < end:
                    found = np.asarray(file.values(one.chrom, one.start, end), np.float32)
                    made[: end - one.start] = np.where(np.isnan(found), 0, found)
                yield made
    except RuntimeError as error:
        raise InputError(f"{path!r} cannot be read as bigWig: {error}") from None


def _bedgraph(path: str, intervals: Sequence[Interval]) -> Iterator[Floats]:
    made = [np.zeros(one.end - one.start, np.float32) for one in intervals]
    contigs: dict[str, None] = {}
    try:
        with opener(path)(path, "rt", encoding="utf-8") as text:
            for number, row in enumerate(text, 1):
                if not row.strip() or row.startswith(("#", "track", "browser")):
                    continue
                try:
                    chrom, first, last, value = row.split()
                    start, end, y = int(first), int(last), float(value)
                    if not 0 <= start < end:
                        raise ValueError
                except ValueError:
                    raise InputError(
                        f"line {number:,} of {path!r} is not bedGraph: chrom, start, end and value "
                        "(0-based half-open) are wanted"
                    ) from None
                contigs[chrom] = None
                for one, values in zip(intervals, made, strict=True):
                    if chrom == one.chrom and start < one.end and end > one.start:
                        values[max(0, start - one.start) : max(0, end - one.start)] = y
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise InputError(f"{path!r} cannot be read as bigWig or bedGraph: {error}") from None
    for one in intervals:
        _contig(path, one, list(contigs))
    yield from made


def _contig(path: str, one: Interval, known: list[str]) -> None:
    if one.chrom not in known:
        raise InputError(
            f"{path!r} has no contig {one.chrom!r}; it has {', '.join(known[:5]) or 'none'}"
            + (f" and {len(known) - 5} more" if len(known) > 5 else "")
            + "; give coverage of the genome that the sequences are from"
        )
