"""The rows that can lie over a sequence: what each holds and what must hold.

Owns ``Row`` and its five constructors. Owns no drawing and knows no Streamlit. Positions are
0-based half-open in code and 1-based in every text for people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from gexp_core.errors import ModelError
from gexp_core.types import Floats, Ints

Kind = Literal["letters", "logo", "heat", "profile", "marks"]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Hold one row of a sequence view; make it with the functions of this module.

    Attributes
    ----------
    kind : str
    title, unit, help : str
        What the number is, what it is measured in, and in a few words how to read it.
    values : (C, W) float32 for a logo or heat map (C is 1 or 4), (n,) for a profile, else empty
    start : int
        First base of W on the sequence, 0-based.
    starts, ends : (n,) int64
        Intervals of a profile or of marks, 0-based half-open, starts ascending.
    spread : (n,) float32 or None
        Half the height of the band around a profile, in its unit.
    labels, strands : tuple of n str
        Names of marks, and '+', '-' or '' for each.
    limits : (float, float) or None
        Ends of the value axis (logo, profile) or of the colour scale (heat: symmetric).
    height : int or None
        Pixels of the plot; None leaves it to the view.
    stale : bool
        Whether the row is of an earlier text of the sequence, and drawn pale to say so.
    earlier : Earlier or None
        Where ``values`` are those of an earlier text laid on the present one: what they were.
    """

    kind: Kind
    title: str
    unit: str
    help: str
    values: Floats
    start: int
    starts: Ints
    ends: Ints
    spread: Floats | None
    labels: tuple[str, ...]
    strands: tuple[str, ...]
    limits: tuple[float, float] | None
    height: int | None
    stale: bool = False
    earlier: "Earlier | None" = None

    @property
    def end(self) -> int:
        """Return one past the last base that the row speaks of; 0 for letters or no intervals."""
        if self.kind in ("logo", "heat"):
            return self.start + int(self.values.shape[1])
        return int(self.ends.max(initial=0))


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """Hold the values (C, W) of an earlier text, and which of them stand where now.

    ``runs`` are (base now, 0-based; column of ``values``; how many). A view that had drawn the
    earlier values need not be sent them again.
    """

    values: Floats
    runs: tuple[tuple[int, int, int], ...]


_NO_FLOATS = np.zeros(0, np.float32)
_NO_INTS = np.zeros(0, np.int64)


def letters(*, title: str = "Sequence") -> Row:
    """Return the row of the bases themselves; from afar it shows the share of G and C."""
    text = "the bases; below one pixel per base the share of G and C"
    return Row(
        "letters", title, "", text, _NO_FLOATS, 0, _NO_INTS, _NO_INTS, None, (), (), None, None
    )


def logo(
    title: str,
    unit: str,
    scores: ArrayLike,
    *,
    start: int = 0,
    help: str = "letter height = score; above 0 raises, below 0 (upside down) lowers",
    limits: tuple[float, float] | None = None,
    height: int | None = None,
) -> Row:
    """Return a row of letters as tall as their scores.

    Parameters
    ----------
    title, unit, help : str
    scores : (4, W) floats, or (W,)
        One score per letter A C G T at each base, or one per base, drawn as the letter there. Not
        a number means no value.
    start : int
        0-based position of the first of the W bases.
    limits : (low, high), optional
        Ends of the value axis, low <= 0 <= high; by default what the scores need.
    height : int, optional
        Pixels.

    Raises
    ------
    ModelError
        The scores have another shape, are empty or infinite, or the limits leave out 0.
    """
    values = _floats(scores, title)
    values = values[None] if values.ndim == 1 else values
    if values.ndim != 2 or values.shape[0] not in (1, 4) or values.shape[1] == 0:
        raise ModelError(f"row {title!r} got scores of shape {np.shape(scores)}, wanted (4, W)")
    _check_limits(title, limits)
    return Row(
        "logo", title, unit, help, values, start, _NO_INTS, _NO_INTS, None, (), (), limits, height
    )


def heat(
    title: str,
    unit: str,
    effect: ArrayLike,
    *,
    start: int = 0,
    help: str = "click a cell to choose that change; marked: the base that is there",
    limit: float | None = None,
    height: int | None = None,
) -> Row:
    """Return a row of 4 x W coloured cells, one per possible base, A C G T from the top.

    Parameters
    ----------
    title, unit, help : str
    effect : (4, W) floats
        ``y_alt - y_ref`` for each base put at each position; 0 at the base that is there. Not a
        number means not computed.
    start : int
        0-based position of the first of the W bases.
    limit : float, optional
        The colours run from -limit to limit; by default the largest absolute effect.
    height : int, optional
        Pixels.

    Raises
    ------
    ModelError
        The effects have another shape, are empty or infinite, or the limit is not positive.
    """
    values = _floats(effect, title)
    if values.ndim != 2 or values.shape[0] != 4 or values.shape[1] == 0:
        raise ModelError(f"row {title!r} got effects of shape {values.shape}, wanted (4, W)")
    if limit is not None and not (np.isfinite(limit) and limit > 0):
        raise ModelError(f"row {title!r} got the colour limit {limit}; it must be above 0")
    limits = None if limit is None else (-float(limit), float(limit))
    return Row(
        "heat", title, unit, help, values, start, _NO_INTS, _NO_INTS, None, (), (), limits, height
    )


def profile(
    title: str,
    unit: str,
    start: ArrayLike,
    end: ArrayLike,
    value: ArrayLike,
    *,
    spread: ArrayLike | None = None,
    help: str = "",
    limits: tuple[float, float] | None = None,
    height: int | None = None,
) -> Row:
    """Return a row of values along the sequence: steps, or windows that may overlap.

    Parameters
    ----------
    title, unit, help : str
    start, end : (n,) ints
        0-based half-open.
    value : (n,) floats
        One per step; not a number leaves a gap.
    spread : (n,) floats, optional
        Standard deviation or the like, not negative, drawn as a band of value ± spread.
    limits : (low, high), optional
        Ends of the value axis, low <= 0 <= high; by default what the values need, 0 included.
    height : int, optional
        Pixels.

    Raises
    ------
    ModelError
        The arrays differ in length, are empty or infinite, or an interval is empty or negative.
    """
    values = _floats(value, title)
    starts, ends, order = _intervals(title, start, end)
    if values.shape != starts.shape or values.size == 0:
        raise ModelError(f"row {title!r} got {values.size} values for {starts.size} intervals")
    band = None if spread is None else _floats(spread, title)
    if band is not None and (band.shape != values.shape or bool((band < 0).any())):
        raise ModelError(f"row {title!r} wants one spread of at least 0 for each value")
    _check_limits(title, limits)
    return Row(
        "profile", title, unit, help, values[order], 0, starts, ends,
        None if band is None else band[order], (), (), limits, height,
    )  # fmt: skip


def marks(
    title: str,
    start: ArrayLike,
    end: ArrayLike,
    labels: Sequence[str],
    *,
    strands: Sequence[str] | None = None,
    help: str = "",
) -> Row:
    """Return a row of named intervals: motif hits, annotations.

    Parameters
    ----------
    title, help : str
    start, end : (n,) ints
        0-based half-open; n may be 0.
    labels : n str
    strands : n of '+', '-' or '', optional

    Raises
    ------
    ModelError
        The arrays differ in length, an interval is empty or negative, or a strand is unknown.
    """
    starts, ends, order = _intervals(title, start, end)
    signs = [""] * len(labels) if strands is None else list(strands)
    if not len(labels) == len(signs) == starts.size:
        raise ModelError(
            f"row {title!r} got {len(labels)} labels and {len(signs)} strands for "
            f"{starts.size} intervals"
        )
    if wrong := set(signs) - {"+", "-", ""}:
        raise ModelError(f"row {title!r} got the strand {min(wrong)!r}, wanted '+', '-' or ''")
    return Row(
        "marks", title, "", help, _NO_FLOATS, 0, starts, ends, None,
        tuple(str(labels[i]) for i in order), tuple(signs[i] for i in order), None, None,
    )  # fmt: skip


def _floats(values: ArrayLike, title: str) -> Floats:
    array = np.asarray(values, np.float32)
    if bool(np.isinf(array).any()):
        raise ModelError(f"row {title!r} holds an infinite value; give finite numbers or nan")
    return array


def _intervals(title: str, start: ArrayLike, end: ArrayLike) -> tuple[Ints, Ints, Ints]:
    """Return starts and ends sorted by start, and the order that sorts them."""
    starts, ends = np.asarray(start, np.int64), np.asarray(end, np.int64)
    if starts.ndim != 1 or starts.shape != ends.shape:
        raise ModelError(
            f"row {title!r} got starts of shape {starts.shape} and ends of shape {ends.shape}, "
            "wanted (n,) for both"
        )
    if bool(((starts < 0) | (ends <= starts)).any()):
        wrong = int(np.flatnonzero((starts < 0) | (ends <= starts))[0])
        raise ModelError(
            f"row {title!r} has the interval {starts[wrong]}-{ends[wrong]} (0-based half-open); "
            "it is empty or negative"
        )
    order = np.argsort(starts, kind="stable")
    return starts[order], ends[order], order


def _check_limits(title: str, limits: tuple[float, float] | None) -> None:
    if limits is None:
        return
    low, high = limits
    if not (np.isfinite([low, high]).all() and low <= 0 <= high and low < high):
        raise ModelError(f"row {title!r} got the limits {limits}; they must enclose 0")
