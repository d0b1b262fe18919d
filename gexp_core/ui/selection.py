"""The selected base or stretch of each sequence: one for all pages.

Owns where it is kept, with the work, so that a reload and every page find the same. It is in
positions of the sequence as it was given: what is edited on the Workbench is mapped there.
"""

from gexp_core.types import Interval
from gexp_core.ui import workspace

#: 0-based half-open, on the strand that the sequence was read on.
Range = tuple[int, int]


def choose(name: str, stretch: Range | None) -> None:
    """Select a stretch of the sequence called ``name``; None selects nothing."""
    space = workspace.current()
    if space is None or name not in space.sequences.names:
        return
    if stretch is None:
        space.selected.pop(name, None)
    else:
        space.selected[name] = stretch


def chosen(name: str) -> Range | None:
    """Return what is selected of a sequence, cut to its ends; None for nothing."""
    space = workspace.current()
    found = space.selected.get(name) if space is not None else None
    if space is None or found is None:
        return None
    start, end = max(0, found[0]), min(found[1], len(space.sequences[name]))
    return (start, end) if start < end else None


def base_at(place: Interval, position: int) -> int | None:
    """Return which base of a sequence lies at a position of its contig; None beside it.

    Parameters
    ----------
    place : Interval
        Where the sequence lies; on the minus strand its first base is the last of the place.
    position : int
        0-based, on the contig.

    Returns
    -------
    int or None
        0-based, on the strand that the sequence was read on.
    """
    if not place.start <= position < place.end:
        return None
    return place.end - 1 - position if place.strand == "-" else position - place.start
