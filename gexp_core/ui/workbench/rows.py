"""The rows over the sequence on the bench, each of the present state or pale from an earlier one.

Owns which rows there are and how an earlier result is laid on the present letters.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from gexp_core.edits.notation import differences, in_text
from gexp_core.edits.reference import stretch_on
from gexp_core.edits.state import NEW, EditState
from gexp_core.explain import ABOUT
from gexp_core.figures.scores import attribution_scores
from gexp_core.types import Floats, Ints, Prediction
from gexp_core.ui.explained import along
from gexp_core.ui.view import Row, heat, letters, logo, marks
from gexp_core.ui.view.rows import Earlier
from gexp_core.ui.view.wire import runs_of
from gexp_core.ui.workbench.asked import Found
from gexp_core.ui.workbench.bench import Bench

#: Title of the heat map, by which the view knows it.
EFFECTS = "Effect of each change"
CONTRIBUTIONS = "Contribution of each base"


def carried(values: Floats, old: EditState, start: int, now: EditState) -> Floats:
    """Return per-base values (C, W) of an earlier state on the letters of the present one.

    Parameters
    ----------
    values : (C, W) float32, from base ``start`` of the earlier state on

    Returns
    -------
    (C, L) float32; nan where the present base is new, another, or had no value
    """
    return _laid(values, _columns(values, old, start, now))


def _columns(values: Floats, old: EditState, start: int, now: EditState) -> Ints:
    """Return (L,): the column of ``values`` that is of the present base, or NEW."""
    where = now.carry(old)
    there = np.frombuffer(old.sequence.encode(), np.uint8)
    here = np.frombuffer(now.sequence.encode(), np.uint8)
    kept = (where != NEW) & (where >= start) & (where < start + values.shape[1])
    kept &= there[np.where(kept, where, 0)] == here
    return np.where(kept, where - start, NEW)


def _laid(values: Floats, columns: Ints) -> Floats:
    out = np.full((len(values), len(columns)), np.nan, np.float32)
    out[:, columns != NEW] = values[:, columns[columns != NEW]]
    return out


def _pale(make: Callable[[Floats], Row], values: Floats, columns: Ints) -> Row:
    """Return a row of earlier values on the present letters, made by ``make``."""
    earlier = Earlier(np.asarray(values, np.float32), runs_of(columns))
    return replace(make(_laid(values, columns)), stale=True, earlier=earlier)


def attribution_row(found: Found, now: EditState, title: str) -> Row:
    """Return the logo of the contributions."""
    scores, about = np.atleast_2d(attribution_scores(found.made, 0)), ABOUT[found.made.method]
    make = partial(logo, title, about.in_units(found.made.units), help=about.height, height=130)
    if found.fresh:
        return make(scores)
    return _pale(make, scores, _columns(scores, found.state, 0, now))


def effect_row(found: Found, now: EditState, unit: str) -> Row:
    """Return the heat map of the effect of every single-base change."""
    effect, (start, _) = found.made.effect[0], found.made.window[0]
    make = partial(heat, EFFECTS, unit, help="click a cell to make that change")
    if found.fresh:
        return make(effect, start=start)
    return _pale(make, effect, _columns(effect, found.state, start, now))


def awaited_rows(contributions: str, unit: str) -> tuple[Row, Row]:
    """Return the rows of contributions and of effects before they have values.

    They hold the room, so that nothing that one may be about to click moves when values come.
    """
    none = np.full((4, 1), np.nan, np.float32)
    return logo(contributions, "", none, height=130, help=""), heat(EFFECTS, unit, none, help="")


def on_genome(
    bench: Bench, table: pd.DataFrame, first: str, last: str, *, of: EditState | None = None
) -> pd.DataFrame:
    """Return a table with one more column, genome, where the sequence came from one.

    ``first`` and ``last`` name the columns of 1-based positions, on the present letters or on
    those of the state ``of``.
    """
    interval = bench.interval
    if interval is None:
        return table
    where = [
        stretch_on(of or bench.state, interval, int(a) - 1, int(b))
        for a, b in zip(table[first], table[last], strict=True)
    ]
    return table.assign(genome=where)


def edits_row(now: EditState) -> list[Row]:
    """Return the row of what differs from the original; none where nothing does."""
    found = differences(now)
    if not found:
        return []
    last = len(now.sequence)
    starts = np.array([min(one.now, last - 1) for one in found], np.int64)
    ends = np.array([max(one.now + len(one.letters), 1) for one in found], np.int64)
    names = [in_text(one, now.original) for one in found]
    shown = [name if len(name) <= 24 else name[:23] + "\u2026" for name in names]
    return [
        marks(
            "Edits",
            starts,
            np.maximum(ends, starts + 1),
            shown,
            help="what differs from the original; numbers are positions of the original",
        )
    ]


def rows(
    now: EditState,
    *,
    prediction: Prediction | None,
    track: str,
    attribution: Found | None,
    effects: Found | None,
    unit: str,
    awaited: Collection[str],
    more: list[Row],
) -> list[Row]:
    """Return the rows of the view from the top; those whose titles are ``awaited`` hold room."""
    made: list[Row] = []
    no_credit, no_effects = awaited_rows(CONTRIBUTIONS, unit)
    if attribution is not None:
        made.append(attribution_row(attribution, now, CONTRIBUTIONS))
    elif CONTRIBUTIONS in awaited:
        made.append(no_credit)
    made.append(letters())
    if effects is not None:
        made.append(effect_row(effects, now, unit))
    elif EFFECTS in awaited:
        made.append(no_effects)
    if prediction is not None:
        made += along(prediction, prediction.names[0], track)
    return [*made, *more, *edits_row(now)]
