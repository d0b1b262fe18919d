"""Composition of sequences beside that of a model's training data: GC, dinucleotides, repetition.

Owns the three measures, what is kept of the training rows, and the verdict. A model is asked about
windows, so windows are measured; of training rows, the part that varied in the assay. None of the
measures depends on which strand is read.

gc
    Share of G and C among A C G T.
distance
    Half the sum of absolute differences between the shares of the 16 dinucleotides (both strands
    together) and their mean over the training rows: 0 is equal, 1 is nothing in common.
repetition
    Chance that two different places of the window hold the same three letters: 1/64 = 0.016 where
    all triplets are equally common, 1 for a homopolymer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import indices
from gexp_core.errors import InputError
from gexp_core.types import SequenceSet

MEASURES = ("gc", "distance", "repetition")

#: Percentiles outside of which a window is unusual: 1 in 100 training rows lies beyond either.
USUAL = (1.0, 99.0)

#: Windows of all sequences together that are measured, about.
MOST = 10_000

_DIGITS = 6
_ROWS = 8_192  # windows measured at a time: a count of 64 triplets each
_PAIRS, _TRIPLETS = 16, 64
_REVERSED = np.array([4 * (3 - pair % 4) + 3 - pair // 4 for pair in range(_PAIRS)])

Figures = Mapping[str, tuple[float, ...]]
Codes = NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Hold how sequences compare with training rows; one entry per sequence.

    Attributes
    ----------
    names : (N,)
    windows : (N,) int64, how many windows were measured; 0 where the sequence is too short
    outside : (N,) int64, how many of them lie beyond every training row in some measure
    unusual : (N,) int64, how many lie beyond ``USUAL`` in some measure, those outside included
    values : (N, 3) float64, of the window furthest from the training rows; nan where none
    percentiles : (N, 3) float64, of these values among the training rows
    """

    names: tuple[str, ...]
    windows: NDArray[np.int64]
    outside: NDArray[np.int64]
    unusual: NDArray[np.int64]
    values: NDArray[np.float64]
    percentiles: NDArray[np.float64]

    def verdict(self, i: int) -> str:
        """Return 'usual', 'unusual', 'outside', or 'not judged' of one sequence.

        Of a long sequence more than one window in ten must be so: about one in twenty is unusual
        among the training rows themselves.
        """
        least = 0.1 * self.windows[i]
        if not self.windows[i]:
            return "not judged"
        return (
            "outside"
            if self.outside[i] > least
            else "unusual"
            if self.unusual[i] > least
            else "usual"
        )


def training_figures(codes: Codes) -> dict[str, tuple[float, ...]]:
    """Return what a model's card keeps of its training rows.

    Parameters
    ----------
    codes : (N, L) integers
        0-3 for A C G T, 4 for N; only the part of each row that varied in the assay.

    Returns
    -------
    dict
        ``dinucleotides``: mean share of AA AC ... TT, both strands together (16,); ``gc``,
        ``distance`` and ``repetition``: 0th to 100th percentile over the rows (101,); ``rows``:
        how many rows were measured (1,).

    Raises
    ------
    InputError
        No row holds enough letters.
    """
    enough = _enough(codes)
    kept = codes[enough]
    if not len(kept):
        raise InputError("no training row has enough letters to be measured; give longer rows")
    total = np.sum([_pair_shares(part).sum(0) for part in _parts(kept)], axis=0)
    mean = (total / len(kept)).round(_DIGITS)
    measured = _measured(kept, mean)
    grid = np.linspace(0, 100, 101)
    found = {
        name: tuple(np.percentile(measured[:, k], grid).round(_DIGITS).tolist())
        for k, name in enumerate(MEASURES)
    }
    found["dinucleotides"] = tuple(mean.round(_DIGITS).tolist())
    found["rows"] = (float(len(kept)),)
    return found


def compare(sequences: SequenceSet, figures: Figures, width: int, *, most: int = MOST) -> Compared:
    """Compare sequences with the training rows of a model.

    Parameters
    ----------
    sequences : SequenceSet
        Longer ones are measured in windows half a window apart, the last one ending with the
        sequence; those with less than half a window of letters are not judged.
    figures : mapping
        As ``training_figures`` returns them.
    width : int
        Bases of a window: the length of a training row.
    most : int
        Where there would be about this many windows or more, they lie further apart.

    Raises
    ------
    InputError
        The figures are not whole.
    """
    reference, known = _known(figures)
    n = len(sequences)
    total = sum(map(len, sequences.sequences))
    step = max(1, width // 2, -(-total // most))
    cut = [_windows(indices(text), width, step) for text in sequences.sequences]
    owner = np.repeat(np.arange(n), [len(rows) for rows in cut])
    rows = np.concatenate(cut)
    enough = _enough(rows, least=width // 2)
    owner, rows = owner[enough], rows[enough]
    values = np.full((n, len(MEASURES)), np.nan)
    percentiles = values.copy()
    windows, outside, unusual = (np.zeros(n, np.int64) for _ in range(3))
    if len(rows):
        measured = _measured(rows, reference)
        places, out, rare = _judged(measured, known)
        for count, which in ((windows, np.ones(len(rows), bool)), (outside, out), (unusual, rare)):
            np.add.at(count, owner[which], 1)
        # for each sequence the last of its windows in this order is the furthest
        order = np.lexsort((measured[:, 1], rare, out, owner))
        ends = np.append(np.flatnonzero(np.diff(owner[order])), len(order) - 1)
        worst = order[ends]
        values[owner[worst]], percentiles[owner[worst]] = measured[worst], places[worst]
    return Compared(sequences.names, windows, outside, unusual, values, percentiles)


def _judged(
    measured: NDArray[np.float64], known: Mapping[str, NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return percentiles (N, 3), and which rows lie outside and which are unusual (N,).

    Too little GC is as strange as too much; little distance and little repetition are not.
    """
    places, out, rare = [], np.zeros(len(measured), bool), np.zeros(len(measured), bool)
    for k, name in enumerate(MEASURES):
        value, place = measured[:, k], _percentile(measured[:, k], known[name])
        beyond, seldom = value > known[name][-1], place > USUAL[1]
        if name == "gc":
            beyond, seldom = beyond | (value < known[name][0]), seldom | (place < USUAL[0])
        out |= beyond
        rare |= beyond | seldom
        places.append(place)
    return np.stack(places, 1), out, rare


def _known(figures: Figures) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Return the mean dinucleotide shares and the percentiles, checked."""
    sizes = {name: 101 for name in MEASURES} | {"dinucleotides": _PAIRS}
    wrong = [name for name, size in sizes.items() if len(figures.get(name, ())) != size]
    if wrong:
        raise InputError(
            f"the figures on the training rows lack {', '.join(wrong)}; make them again with "
            "training_figures"
        )
    return np.asarray(figures["dinucleotides"], float), {
        name: np.asarray(figures[name], float) for name in MEASURES
    }


def _percentile(values: NDArray[np.float64], known: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the percentile of values, in the middle of the run where training rows tie."""
    grid = np.linspace(0, 100, len(known))
    below = np.interp(values, known, grid)
    above = 100 - np.interp(-values, -known[::-1], grid)
    middle: NDArray[np.float64] = (below + above) / 2
    return middle


def _windows(codes: Codes, width: int, step: int) -> Codes:
    """Return (W, width) windows ``step`` apart, the last one ending with the sequence.

    A shorter sequence is filled up with N, which is not measured.
    """
    if len(codes) < width:
        codes = np.pad(codes, (0, width - len(codes)), constant_values=4)
    if len(codes) == width:
        return codes[None]
    last = len(codes) - width
    starts = np.append(np.arange(0, last, step), last)
    made: Codes = np.lib.stride_tricks.sliding_window_view(codes, width)[starts]
    return made


def _enough(codes: Codes, least: int = 0) -> NDArray[np.bool_]:
    """Return which rows have enough letters, and three in a row twice, to be measured."""
    known = codes < 4
    triplets = known[:, 2:] & known[:, 1:-1] & known[:, :-2]
    enough: NDArray[np.bool_] = (known.sum(1) >= max(least, 4)) & (triplets.sum(1) >= 2)
    return enough


def _parts(codes: Codes) -> Iterator[Codes]:
    for start in range(0, len(codes), _ROWS):
        yield codes[start : start + _ROWS]


def _counts(codes: Codes, length: int) -> NDArray[np.float64]:
    """Return (N, 4**length) counts of words of 2 or 3 letters; those with N are left out."""
    n, size = len(codes), 4**length
    room = codes.shape[1] - length + 1
    word = np.zeros((n, room), np.int64)
    known = np.ones((n, room), bool)
    for at in range(length):
        letters = codes[:, at : at + room]
        word = 4 * word + letters
        known &= letters < 4
    word += size * np.arange(n)[:, None]
    found = np.bincount(word[known], minlength=n * size)
    counts: NDArray[np.float64] = found.reshape(n, size).astype(float)
    return counts


def _pair_shares(codes: Codes) -> NDArray[np.float64]:
    """Return (N, 16) shares of dinucleotides, both strands together."""
    counts = _counts(codes, 2)
    both = counts + counts[:, _REVERSED]
    shares: NDArray[np.float64] = both / np.maximum(both.sum(1, keepdims=True), 1)
    return shares


def _measured(codes: Codes, reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, 3): gc, distance and repetition of each row."""
    parts = []
    for part in _parts(codes):
        known = (part < 4).sum(1)
        gc = ((part == 1) | (part == 2)).sum(1) / known
        distance = np.abs(_pair_shares(part) - reference).sum(1) / 2
        triplets = _counts(part, 3)
        total = triplets.sum(1)
        repetition = (triplets * (triplets - 1)).sum(1) / (total * (total - 1))
        parts.append(np.stack([gc, distance, repetition], 1))
    return np.concatenate(parts).round(_DIGITS)  # as in the card, so that equal values stay equal
