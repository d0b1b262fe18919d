"""Stretches of a sequence as people write them, 1-based with both ends included.

Owns the reading; in code a stretch is 0-based half-open.
"""

import re

from gexp_core.errors import InputError

_STRETCH = re.compile(r"(\d+)\s*(?:(?:-|\u2013|\.\.|_|:|to)\s*(\d+))?")

#: What may be one number or two: a comma with one to three digits before it and three behind.
_EITHER = re.compile(r"(?<!\d)\d{1,3}(?:,\d{3})+(?!\d)")

#: Stretches that one text may name.
_MOST = 1_000


def read_stretch(text: str, length: int) -> tuple[int, int]:
    """Return a stretch (0-based half-open) from '34' or '34-52' (1-based, both ends included)."""
    found = _STRETCH.fullmatch(text.replace(",", "").strip())
    if not found or len(text) > 40:
        raise InputError(
            "no stretch is chosen; give one as 34 or 34-52 (1-based), or select it in the view "
            "with Shift and drag"
        )
    first = int(found[1])
    last = int(found[2]) if found[2] else first
    if not 1 <= first <= last <= length:
        raise InputError(
            f"the stretch {first}-{last} is not in the sequence of {length} bases; give positions "
            f"from 1 to {length}, the smaller first"
        )
    return first - 1, last


def read_stretches(text: str, length: int) -> tuple[tuple[int, int], ...]:
    """Return stretches (0-based half-open) from '1-20, 45' (1-based), none from blank text.

    Raises
    ------
    InputError
        A stretch is not in the sequence, or a comma may stand in a number as well as between two:
        '1,234', where there are 1,000 bases or more.
    """
    unclear = _EITHER.search(text)
    if unclear and length >= 1000:
        raise InputError(
            f"{unclear[0][:40]!r} may be one position or several; write numbers without commas, "
            "and ', ' or '; ' between stretches"
        )
    parts = [part for part in text.replace(";", ",").split(",") if part.strip()]
    if len(parts) > _MOST:
        raise InputError(f"{len(parts):,} stretches are named; up to {_MOST:,} are read")
    return tuple(read_stretch(part, length) for part in parts)
