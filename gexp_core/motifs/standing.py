"""Stretches that stand out, in sequences of one length or of many.

Owns which scores the null is made of and how the threshold follows from a control. tangermeme's
``recursive_seqlets`` takes one array, all of whose cells it counts as bases: rows of several
lengths padded to the longest would have a null that is mostly padding, and p of almost anything far
too small. Its own kernels are run here on one array per length, with one null of the bases of all
of them, and bases are what is counted. Where all lengths are equal the result is that of
``recursive_seqlets``, number for number.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gexp_core.motifs.compiled import kernels
from gexp_core.types import Floats, Ints

#: Bases of the shortest and the longest stretch.
SHORTEST, LONGEST = 4, 25

#: Bins of the null, and the thresholds that are tried, as in ``recursive_seqlets``.
_BINS = 1000
_THRESHOLDS: NDArray[np.float64] = np.ascontiguousarray(np.logspace(-1, -30, 117))


@dataclass(frozen=True, slots=True)
class Standing:
    """Hold stretches (sequence, start, end, sum of scores, p), and how many the control has.

    A stretch may end one behind its sequence, on the zero that is laid there.
    """

    found: tuple[tuple[int, int, int, float, float], ...] = ()
    control: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Hold the sequences of one length: which they are (n,), and (n, L + 1) scores, a zero last.

    With a zero behind it, a stretch can end with its sequence.
    """

    which: Ints
    scores: Floats


def _rows(scores: Sequence[Floats]) -> list[_Rows]:
    """Return scores (L,) of sequences by length."""
    lengths = np.array([len(values) for values in scores], np.int64)
    made = []
    for length in np.unique(lengths).tolist():
        which = np.flatnonzero(lengths == length)
        rows = np.zeros((len(which), length + 1), np.float32)
        rows[:, :length] = np.stack([scores[i] for i in which.tolist()])
        made.append(_Rows(which, rows))
    return made


def standing(
    scores: Sequence[Floats],
    control: Sequence[Floats] | None,
    *,
    p: float,
    fdr: float,
) -> Standing:
    """Return the stretches of high scores.

    Parameters
    ----------
    scores : N arrays (L,) float32
        Of each sequence, one per base; lengths may differ.
    control : M arrays (L,) float32, optional
        The same of shuffled sequences.
    p : float
        Threshold where there is no control.
    fdr : float
        The threshold is otherwise the mildest at which the stretches of the control, plus one and
        scaled by bases of the sequences per base of the control, are at most this share of those
        here; where there is none, nothing stands out.
    """
    from tangermeme import seqlet

    nothing = Standing((), None if control is None else 0)
    rows = _rows(scores)
    longest = min(LONGEST, max(map(len, scores)))
    values = np.concatenate([part.scores.ravel() for part in rows])
    if longest < SHORTEST or not np.ptp(values):
        return nothing
    with kernels():
        rcdfs: Any
        low, width, rcdfs = seqlet._recursive_seqlet_tables(values, longest, _BINS)
        null = (rcdfs, low, width)
        beside = None
        if control is not None:
            here = _counted(rows, null)
            there = _counted(_rows(control), null)
            scale = bases(scores) / bases(control)
            passing = (here > 0) & ((there + 1) * scale <= fdr * here)
            if not passing.any():
                return nothing
            mildest = int(passing.argmax())
            p, beside = float(_THRESHOLDS[mildest]), int(there[mildest])
        found = [one for part in rows for one in _decoded(part, null, p)]
    return Standing(tuple(sorted(found)), beside)


def bases(scores: Iterable[Floats]) -> int:
    """Return how many bases arrays (L,) have together."""
    return sum(len(values) for values in scores)


def _counted(rows: Sequence[_Rows], null: tuple[Any, ...]) -> Ints:
    """Return (117,) how many stretches there are at each threshold."""
    from tangermeme.seqlet import _recursive_seqlet_counts

    counts = np.zeros(len(_THRESHOLDS), np.int64)
    for part in rows:
        if (longest := _longest(part)) >= SHORTEST:
            counts += _recursive_seqlet_counts(
                part.scores, *null, _THRESHOLDS, SHORTEST, longest, _BINS
            )
    return counts


def _decoded(
    part: _Rows, null: tuple[Any, ...], p: float
) -> Iterator[tuple[int, int, int, float, float]]:
    """Yield the stretches of the sequences of one length whose p is below a threshold."""
    from tangermeme.seqlet import _recursive_seqlet_decode_fields

    if (longest := _longest(part)) < SHORTEST:
        return
    which, *fields = _recursive_seqlet_decode_fields(
        part.scores, *null, p, SHORTEST, longest, 0, _BINS
    )
    columns = [part.which[which], *fields]
    yield from zip(*(column.tolist() for column in columns), strict=True)


def _longest(part: _Rows) -> int:
    return min(LONGEST, int(part.scores.shape[1]) - 1)
