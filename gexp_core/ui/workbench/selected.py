"""The selection of the bench and that of all other pages, kept equal.

Owns the way between them: the bench selects in its sequence as it is now, the other pages in the
original. What was inserted lies nowhere in the original, and is selected on the bench alone.
"""

from typing import TYPE_CHECKING

import numpy as np

from gexp_core.edits.state import NEW, EditState
from gexp_core.ui import selection, workspace
from gexp_core.ui.selection import Range

if TYPE_CHECKING:
    from gexp_core.ui.workbench.bench import Bench


def to_original(state: EditState, stretch: Range | None) -> Range | None:
    """Return where in the original the bases of a stretch lie; None where none came from there."""
    if stretch is None:
        return None
    places = state.places[slice(*stretch)]
    known = places[places != NEW]
    return (int(known.min()), int(known.max()) + 1) if len(known) else None


def from_original(state: EditState, stretch: Range | None) -> Range | None:
    """Return where the bases of a stretch of the original lie now; None where all are gone."""
    if stretch is None:
        return None
    at = np.flatnonzero((state.places >= stretch[0]) & (state.places < stretch[1]))
    return (int(at[0]), int(at[-1]) + 1) if len(at) else None


def tell(bench: "Bench") -> None:
    """Have all pages select what the bench selects."""
    bench.shared = to_original(bench.state, bench.selected)
    selection.choose(bench.name, bench.shared)


def follow(bench: "Bench") -> None:
    """Select on the bench what another page selected since; before any widget of it is drawn."""
    now = selection.chosen(bench.name)
    drawn = workspace.setting("bench_drawn", "")
    if now == bench.shared and drawn == bench.name:
        return
    if now != bench.shared:
        bench.shared = now
        bench.selected = from_original(bench.state, now)
    workspace.keep("bench_drawn", bench.name)  # the stretch that is named is this one's
    workspace.keep("bench_stretch", stretch_text(bench))


def stretch_text(bench: "Bench") -> str:
    """Return the selected stretch as a person writes it, 1-based."""
    if bench.selected is None:
        return ""
    start, end = bench.selected
    return str(end) if end - start == 1 else f"{start + 1}-{end}"
