"""Rows to the JSON that the browser reads, and what the browser answers back to values.

Owns the wire format of the sequence view. Numbers travel as base64 of little-endian arrays:
float32, or for long rows float16 with one scale per array (relative error below 0.05 %). What comes
back was sent by a visitor's browser and is checked like any other input.

What is long (letters, numbers) is a part of its own, named by a digest of its content; what is
short (titles, the selection) names the parts it needs. A part that has not changed is the same
message as before, which Streamlit does not send twice.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import BASES
from gexp_core.errors import ModelError
from gexp_core.types import Floats, Interval, Ints
from gexp_core.ui.view.rows import Row
from gexp_core.ui.view.words import extent, in_words

#: arrays with more values than this travel in half precision: 2.1 instead of 4.2 MB for 131 kb
_HALF_FROM = 100_000

Cell = tuple[int, str]
Range = tuple[int, int]

#: What a visitor asks of a view that edits: 'undo', 'redo' or 'delete', and the stretch.
Act = tuple[str, int, int]
_ACTS = ("undo", "redo", "delete")


@dataclass(frozen=True, slots=True)
class Value:
    """Say one number of the whole sequence beside the view.

    Attributes
    ----------
    title, unit : what it is, and what it is measured in
    now : the number; None while it is being computed
    first : what it was before any edit, to compare with; None where that is not known
    """

    title: str
    unit: str
    now: float | None
    first: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Coordinates:
    """Say where the bases of an edited sequence lie on a reference.

    Attributes
    ----------
    interval : where the bases lay before any edit
    places : (L,) int64, for each base its place before any edit; -1 for one that came in
    """

    interval: Interval
    places: Ints


def pack(
    sequence: str,
    rows: Sequence[Row],
    *,
    key: str,
    identity: str,
    name: str,
    selection: Cell | Range | None,
    origin: int | Interval | Coordinates,
    height: int | None,
    palette: str,
    value: Value | None = None,
    edit: str = "",
    window: Range | None = None,
    follows: bool = False,
) -> dict[str, Any]:
    """Return the data of one view, checked against the sequence; its 'parts' by their digests.

    Raises
    ------
    ModelError
        A row reaches past the sequence or has fewer bases than it, or the selection, the window or
        the coordinates do not fit it.
    """
    for row in rows:
        if row.start < 0 or row.end > len(sequence):
            raise ModelError(
                f"row {row.title!r} covers {row.start}-{row.end} (0-based half-open), but the "
                f"sequence has {len(sequence)} bases"
            )
    chosen = _selection(selection, sequence)
    if window is not None and not 0 <= window[0] < window[1] <= len(sequence):
        raise ModelError(
            f"the window {window[0]}-{window[1]} (0-based half-open) is not inside the "
            f"{len(sequence)} bases"
        )
    place, within = strongest(rows)
    about = f"{name}\n{sequence}\n{within}"
    parts: dict[str, Any] = {}
    return {
        "key": key,
        "identity": identity or hashlib.sha256(about.encode()).hexdigest(),
        "name": name,
        "text": _part(parts, sequence),
        "rows": [_row(row, sequence, parts) for row in rows],
        "parts": parts,
        "selection": chosen,
        "selectionStamp": json.dumps(chosen),
        "origin": _origin(origin, len(sequence)),
        "window": None if window is None else list(window),
        "follows": follows,
        "height": height,
        "palette": palette,
        "focus": place,
        "within": within,
        "value": None if value is None else asdict(value),
        "edit": edit,
    }


def strongest(rows: Sequence[Row]) -> tuple[int | None, list[int] | None]:
    """Return where the first logo or heat map is strongest (0-based), and [first, end) of it."""
    for kind in ("logo", "heat"):
        for row in rows:
            if row.kind == kind and bool(np.isfinite(row.values).any()):
                size = np.nan_to_num(np.abs(row.values))
                return row.start + int(size.max(0).argmax()), [row.start, row.end]
    return None, None


def read_cell(value: object, sequence: str) -> Cell | None:
    """Return (0-based position, alternative base) from a click, or None if it cannot be one."""
    if not isinstance(value, Mapping):
        return None
    position, alt = value.get("position"), value.get("alt")
    if not is_int(position) or alt not in tuple(BASES) or not 0 <= position < len(sequence):
        return None
    return None if sequence[position] == alt else (int(position), str(alt))


def read_range(value: object, sequence: str) -> Range | None:
    """Return a 0-based half-open range from a selection, or None if it cannot be one."""
    if not isinstance(value, Mapping):
        return None
    start, end = value.get("start"), value.get("end")
    if not is_int(start) or not is_int(end) or not 0 <= start < end <= len(sequence):
        return None
    return int(start), int(end)


def read_act(value: object, sequence: str) -> Act | None:
    """Return (verb, start, end) of an act, or None if it cannot be one."""
    if not isinstance(value, Mapping) or value.get("verb") not in _ACTS:
        return None
    if value["verb"] != "delete":
        return str(value["verb"]), 0, 0
    stretch = read_range(value, sequence)
    return None if stretch is None else ("delete", *stretch)


def is_int(value: object) -> TypeGuard[int]:
    """Return whether the browser sent a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def _part(parts: dict[str, Any], body: Any) -> str:
    """Put a part among the others and return its digest."""
    stamp = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    parts[stamp] = body
    return stamp


def _row(row: Row, sequence: str, parts: dict[str, Any]) -> dict[str, Any]:
    low, high = extent(row)
    room = 0.06 * (high - low)
    grid = row.kind in ("logo", "heat")
    free = row.limits is None
    sent: dict[str, Any] = {
        "kind": row.kind,
        "title": row.title,
        "unit": row.unit,
        "help": row.help,
        "words": in_words(row, sequence),
        "height": row.height,
        "stale": row.stale,
        "start": row.start,
        "channels": row.values.shape[0] if grid else 1,
        "width": row.values.shape[1] if grid else 0,
        "arrays": None if row.kind == "letters" else _part(parts, _arrays(row)),
        "runs": None if row.earlier is None else [list(run) for run in row.earlier.runs],
        # a little room beyond the extremes, none beyond 0 where nothing lies
        "lo": low - room if free and low < 0 else low,
        "hi": high + room if free and high > 0 else high,
        "limit": high,
        "empty": grid and not bool(np.isfinite(row.values).any()),
        "clipped": not free and bool((np.abs(np.nan_to_num(row.values)) > high).any()),
    }
    sent["stamp"] = hashlib.sha256(json.dumps(sent).encode()).hexdigest()
    return sent


def _arrays(row: Row) -> dict[str, Any]:
    """Return what is long of a row."""
    values = row.values if row.earlier is None else row.earlier.values
    arrays = {
        "values": floats(values) if values.size else None,
        "spread": None if row.spread is None else floats(row.spread),
        "starts": ints(row.starts) if row.starts.size else None,
        "ends": ints(row.ends) if row.ends.size else None,
        "labels": list(row.labels) or None,
        "strands": list(row.strands) or None,
    }
    return {name: body for name, body in arrays.items() if body is not None}


def floats(values: Floats) -> dict[str, Any]:
    """Return an array for the browser: float32, or scaled float16 where it is long."""
    finite = values[np.isfinite(values)]
    scale = float(np.abs(finite).max(initial=0.0)) or 1.0
    if values.size <= _HALF_FROM:
        return {"type": "f4", "b64": base64_of(values.astype("<f4"))}
    half = (values.astype(np.float64) / scale).astype("<f2")
    return {"type": "f2", "scale": scale, "b64": base64_of(half)}


def ints(values: NDArray[np.int64]) -> dict[str, Any]:
    """Return positions for the browser as int32; sequences are far shorter than 2**31."""
    return {"type": "i4", "b64": base64_of(values.astype("<i4"))}


def event_of(answer: Any, event: str) -> dict[str, Any]:
    """Return a deed as the browser sent it; nothing where it sent something else."""
    told = answer.get(event) if hasattr(answer, "get") else None
    return dict(told) if isinstance(told, Mapping) else {}


def base64_of(array: NDArray[Any]) -> str:
    """Return the bytes of an array as text."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def _selection(selection: Cell | Range | None, sequence: str) -> dict[str, Any] | None:
    if selection is None:
        return None
    first, second = selection
    if isinstance(second, str):
        if not 0 <= first < len(sequence) or second not in tuple(BASES):
            raise ModelError(
                f"the selection {selection} is no base A C G T at 0 to {len(sequence) - 1}"
            )
        return {"cell": [int(first), second]}
    if not 0 <= first < second <= len(sequence):
        raise ModelError(
            f"the selection {first}-{second} (0-based half-open) is not inside the "
            f"{len(sequence)} bases"
        )
    return {"range": [int(first), int(second)]}


def _origin(origin: int | Interval | Coordinates, length: int) -> dict[str, Any] | None:
    if isinstance(origin, Coordinates):
        if origin.places.shape != (length,):
            raise ModelError(
                f"the coordinates are of {origin.places.size} bases, the sequence has {length}"
            )
        whole = np.array_equal(origin.places, np.arange(length))
        runs = None if whole else [list(run) for run in runs_of(origin.places)]
        return {**asdict(origin.interval), "runs": runs}
    if isinstance(origin, Interval):
        return {**asdict(origin), "runs": None}
    return {"chrom": "", "start": origin, "end": 0, "strand": "+", "runs": None} if origin else None


def runs_of(places: Ints) -> tuple[tuple[int, int, int], ...]:
    """Return (from here, from there, how many) of each run of neighbours; -1 is nowhere.

    Parameters
    ----------
    places : (L,) int64
        For each base the place of the same base elsewhere, or -1.
    """
    here = np.flatnonzero(places >= 0)
    if not len(here):
        return ()
    there = places[here]
    breaks = np.flatnonzero((np.diff(here) != 1) | (np.diff(there) != 1)) + 1
    first = np.concatenate([[0], breaks])
    last = np.append(breaks, len(here))
    return tuple(
        (int(here[a]), int(there[a]), int(b - a)) for a, b in zip(first, last, strict=True)
    )
