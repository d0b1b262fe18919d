"""A visitor's table of measured single-base effects, laid on one sequence and compared.

Owns the reading of such a table and the agreement with predicted effects. Two forms are read: a
table with columns position, ref, alt and effect, and that of the saturation mutagenesis data of
Kircher et al. (Pos, Ref, Alt, Barcodes, Coefficient). Positions may count from anywhere (say, a
chromosome): the shift is found from the reference letters, of enough positions.

References
----------
Kircher et al., Saturation mutagenesis of twenty disease-associated regulatory elements at single
base-pair resolution. Nat Commun 10:3583 (2019).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import BASES, indices
from gexp_core.errors import InputError
from gexp_core.evaluate import tables
from gexp_core.evaluate.metrics import pearson, spearman
from gexp_core.inputs.limits import APP_LIMITS, MAX_DIGITS, Limits
from gexp_core.types import Floats, Ints, Rejection

#: Changes read from fewer barcodes are left out, as the authors of the published data advise.
BARCODES = 10

#: Wrong shifts of the positions that may be expected to fit as well as the best, by chance.
CHANCE = 0.001

_NAMES = {
    "position": ("position", "pos"),
    "ref": ("ref", "reference"),
    "alt": ("alt", "alternative", "mut"),
    "effect": ("effect", "coefficient", "score", "value", "log2"),
    "barcodes": ("barcodes", "tags"),
    "element": ("element",),
}
_MOST_ROWS = 200_000
_SHOWN = 20  # rejections that are told one by one
_LOOKED_AT = 500  # positions that decide on the shift
_FITS = 0.9  # share of reference letters that must agree after the shift


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Hold measured effects of single-base changes of one sequence.

    Attributes
    ----------
    position : (n,) int64, 0-based
    alt : (n,) int64, place of the new base in A C G T
    effect : (n,) float32, as measured; changes that are listed twice are averaged
    shift : what was taken off every position to get 1-based positions of the sequence
    rejected : rows left out, each with its reason; the last counts those that are not told
    """

    position: Ints
    alt: Ints
    effect: Floats
    shift: int
    rejected: tuple[Rejection, ...]

    def grid(self, length: int) -> Floats:
        """Return (4, length) float32, nan where nothing was measured."""
        out = np.full((4, length), np.nan, np.float32)
        out[self.alt, self.position] = self.effect
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """Hold measured numbers beside predicted ones.

    Attributes
    ----------
    predicted, measured : (n,) float32
    pearson, spearman : over all n
    miss : (n,) float32, measured minus what a straight line through the points says
    """

    predicted: Floats
    measured: Floats
    pearson: float
    spearman: float
    miss: Floats


def read_measured(
    data: bytes,
    sequence: str,
    *,
    filename: str = "",
    element: str = "",
    limits: Limits = APP_LIMITS,
) -> Measured:
    """Read a table of measured effects for ``sequence``.

    Parameters
    ----------
    data : bytes
        Tab-, comma- or blank-separated text with a header line, plain or gzip.
    sequence : str
        The letters that were mutated.
    element : str, optional
        Which element's rows are read, where the table has a column Element with several.

    Raises
    ------
    InputError
        Columns are missing, no row fits, no shift makes the reference letters agree, or too few
        positions were measured to tell which shift does.
    LimitError
        The file or a row of it is larger than is read.
    """
    lines = tables.lines(data, filename, limits, _MOST_ROWS)
    if len(lines) < 2:
        raise InputError(
            "the table has no rows; give a header line with position, ref, alt and effect, and one "
            "row per measured change"
        )
    if len(lines) > _MOST_ROWS:
        raise InputError(
            f"the table has more than {_MOST_ROWS:,} rows, the most that are read; give fewer"
        )
    rows = tables.cells(lines)
    at = _columns([name.strip().lower() for name in next(rows)])
    raw, rejected = _rows(rows, at, element)
    if not raw:
        raise InputError(_nothing(rejected))
    shift = _shift(sequence, raw)
    return _laid(sequence, raw, shift, rejected)


def _columns(names: list[str]) -> dict[str, int]:
    at = {
        key: next(names.index(name) for name in known if name in names)
        for key, known in _NAMES.items()
        if any(name in names for name in known)
    }
    missing = [key for key in ("position", "ref", "alt", "effect") if key not in at]
    if missing:
        raise InputError(
            f"the table's header has no column {missing[0]}; it needs position, ref, alt and "
            "effect (or Pos, Ref, Alt and Coefficient)"
        )
    return at


_Raw = list[tuple[int, str, str, float]]


def _rows(
    rows: Iterable[list[str]], at: dict[str, int], element: str
) -> tuple[_Raw, list[Rejection]]:
    """Return (position, ref, alt, effect) of every readable row, and what was left out."""
    raw: _Raw = []
    rejected: list[Rejection] = []
    for number, row in enumerate(rows, 2):
        try:
            if element and "element" in at and row[at["element"]].strip() != element:
                continue
            place = float(row[at["position"]].replace(",", ""))
            position = int(place)
            ref, alt = (row[at[key]].strip().upper() for key in ("ref", "alt"))
            effect = float(row[at["effect"]])
            few = "barcodes" in at and float(row[at["barcodes"]]) < BARCODES
        except (ValueError, IndexError, OverflowError):
            rejected.append(Rejection(f"line {number}", "a number or a column is missing"))
            continue
        if position != place:
            why = "the position is not a whole number"
        elif ref not in tuple(BASES) or alt not in tuple(BASES) or ref == alt:
            why = "not the change of one base into another; insertions and deletions are left out"
        elif abs(position) >= 10**MAX_DIGITS:
            why = f"the position has more than {MAX_DIGITS} digits"
        elif not np.isfinite(effect):
            why = "the effect is not a finite number"
        elif few:
            why = f"fewer than {BARCODES} barcodes"
        else:
            raw.append((position, ref, alt, effect))
            continue
        rejected.append(Rejection(f"line {number}", why))
    return raw, rejected


def _nothing(rejected: list[Rejection]) -> str:
    why = f" ({rejected[0].record}: {rejected[0].text})" if rejected else ""
    return (
        f"no row of the table can be used{why}; give position, ref, alt and effect of each change"
    )


def _shift(sequence: str, raw: _Raw) -> int:
    """Return what to take off every position so that most reference letters agree.

    0 where positions count from 1 on the sequence. Else the shift under which the most letters
    agree, which must be the only one that does, and no chance: among all shifts that are tried,
    fewer than CHANCE may be expected to fit as well with letters drawn at random.
    """
    known = sorted({(row[0], row[1]) for row in raw})  # three changes of a base say its letter once
    some = [
        known[at] for at in np.linspace(0, len(known) - 1, min(len(known), _LOOKED_AT), dtype=int)
    ]
    position = np.array([row[0] for row in some], np.int64)
    ref = indices("".join(row[1] for row in some))
    codes = indices(sequence)
    length, n = len(sequence), len(some)
    at = position - 1
    inside = (at >= 0) & (at < length)
    if (codes[at[inside]] == ref[inside]).sum() >= _FITS * n:
        return 0
    # The earliest measured base may be any base of the sequence: scores[i] is for the i-th.
    scores = np.zeros(length, np.int64)
    for offset, letter in zip((position - position[0]).tolist(), ref.tolist(), strict=True):
        if offset < length:
            scores[: length - offset] += codes[offset:] == letter
    best = int(scores.argmax())
    agree = int(scores[best])
    if agree < _FITS * n:
        raise InputError(
            f"the reference letters do not fit the sequence: at best {agree} of {n} agree; give "
            "the sequence that was mutated, on the strand of the table, and 1-based positions"
        )
    if (scores == agree).sum() > 1 or length * _chance(n, agree) > CHANCE:
        raise InputError(
            f"the reference letters of {n} positions do not say where on the {length:,} bases of "
            f"the sequence they lie ({agree} agree at {(scores == agree).sum():,} of its places); "
            "count positions from 1 on the sequence, or give the effects of more positions"
        )
    return int(position[0]) - 1 - best


def _chance(n: int, agree: int) -> float:
    """Return the chance that ``agree`` or more of ``n`` letters drawn evenly are those wanted."""
    ways = sum(comb(n, k) * int(3 ** (n - k)) for k in range(agree, n + 1))
    return ways / int(4**n)


def _laid(sequence: str, raw: _Raw, shift: int, rejected: list[Rejection]) -> Measured:
    """Return the rows as effects on the sequence; equal changes are averaged."""
    sums: dict[tuple[int, int], list[float]] = {}
    for position, ref, alt, effect in raw:
        at = position - 1 - shift
        if not 0 <= at < len(sequence) or sequence[at] != ref:
            rejected.append(
                Rejection(f"{ref}{position}{alt}", "the sequence has another letter there, or ends")
            )
            continue
        sums.setdefault((at, BASES.index(alt)), []).append(effect)
    if not sums:
        raise InputError(_nothing(rejected))
    places = sorted(sums)
    told = rejected[:_SHOWN]
    if len(rejected) > _SHOWN:
        told.append(Rejection(f"{len(rejected) - _SHOWN} more", "left out for such reasons"))
    return Measured(
        np.array([place[0] for place in places], np.int64),
        np.array([place[1] for place in places], np.int64),
        np.array([np.mean(sums[place]) for place in places], np.float32),
        shift,
        tuple(told),
    )


def agreement(measured: Measured, effect: Floats) -> Agreement:
    """Compare measured with predicted effects (4, L) of the same sequence."""
    return compare(effect[measured.alt, measured.position], measured.effect)


def compare(predicted: Floats, measured: Floats) -> Agreement:
    """Compare measured with predicted numbers (n,); nan among the predicted are left out of r."""
    predicted = np.asarray(predicted, np.float32)
    known: NDArray[np.bool_] = np.isfinite(predicted)
    p, m = predicted.astype(np.float64), measured.astype(np.float64)
    spread = float(np.var(p[known])) if known.any() else 0.0
    slope = float(np.cov(p[known], m[known], bias=True)[0, 1]) / spread if spread > 0 else 0.0
    line = m[known].mean() + slope * (p - p[known].mean()) if known.any() else p
    return Agreement(
        predicted,
        measured,
        pearson(predicted[known], measured[known]),
        spearman(predicted[known], measured[known]),
        np.asarray(m - line, np.float32),
    )
