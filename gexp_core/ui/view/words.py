"""What a row shows, said in numbers: the ends of its axis, and its extremes as a text alternative.

Owns no drawing. Positions in these texts are 1-based.
"""

import numpy as np

from gexp_core.encoding import BASES
from gexp_core.inputs.limits import many
from gexp_core.ui.view.rows import Row


def extent(row: Row) -> tuple[float, float]:
    """Return the ends of a row's value axis (logo, profile) or colour scale (heat); never equal."""
    if row.limits is not None:
        return row.limits
    values = np.where(np.isfinite(row.values), row.values, 0).astype(np.float64)
    if row.kind == "heat":
        largest = float(np.abs(values).max(initial=0.0)) or 1.0
        return -largest, largest
    if row.kind == "logo":
        low = float(np.minimum(values, 0).sum(0).min(initial=0.0))
        high = float(np.maximum(values, 0).sum(0).max(initial=0.0))
    else:
        band = 0 if row.spread is None else np.nan_to_num(row.spread)
        low = min(0.0, float((values - band).min(initial=0.0)))
        high = max(0.0, float((values + band).max(initial=0.0)))
    return (low, high) if high > low else (0.0, 1.0)


def in_words(row: Row, sequence: str) -> str:
    """Return what a row shows, for people who do not see it: its extremes and where they are."""
    unit = f" {row.unit}" if row.unit else ""
    if row.kind == "letters":
        shares = ", ".join(f"{base} {sequence.count(base)}" for base in BASES)
        return f"{many(len(sequence), 'base')}: {shares}, N {sequence.count('N')}."
    if row.kind == "marks":
        shown = zip(row.labels[:20], row.starts, row.ends, strict=False)
        names = "; ".join(f"{label} {start + 1}-{end}" for label, start, end in shown)
        more = f"; and {len(row.labels) - 20} more" if len(row.labels) > 20 else ""
        count = many(len(row.labels), "interval")
        return f"{count} (1-based): {names}{more}." if names else "None found."
    finite = np.isfinite(row.values)
    if not finite.any():
        return f"{row.help}. No value was computed.".lstrip(". ")
    places = []
    for word, fill, pick in (("highest", -np.inf, np.argmax), ("lowest", np.inf, np.argmin)):
        at = int(pick(np.where(finite, row.values, fill)))
        places.append(f"{word} {row.values.flat[at]:+.3g}{unit} {_place(row, at, sequence)}")
    return f"{row.help}. {places[0]}; {places[1]}.".lstrip(". ")


def _place(row: Row, at: int, sequence: str) -> str:
    if row.kind == "profile":
        return f"at {row.starts[at] + 1}-{row.ends[at]}"
    base, column = divmod(at, row.values.shape[1])
    position = row.start + column
    here = sequence[position]
    if row.kind == "heat":
        return f"at {position + 1} ({here} to {BASES[base]})"
    return f"at {position + 1} ({here if row.values.shape[0] == 1 else BASES[base]})"
