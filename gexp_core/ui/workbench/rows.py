"""The rows over the sequence on the bench, each of the present state or pale from an earlier one.

Owns which rows there are and how an earlier result is laid on the present letters.
"""

from dataclasses import replace

import numpy as np

from gexp_core.edits.notation import differences, in_text
from gexp_core.edits.state import NEW, EditState
from gexp_core.figures.scores import attribution_scores
from gexp_core.types import Floats, Prediction
from gexp_core.ui.explained import along
from gexp_core.ui.view import Row, heat, letters, logo, marks
from gexp_core.ui.workbench.asked import Found

#: Title of the heat map, by which the view knows it.
EFFECTS = "Effect of each change"


def carried(values: Floats, old: EditState, start: int, now: EditState) -> Floats:
    """Return per-base values (C, W) of an earlier state on the letters of the present one.

    Parameters
    ----------
    values : (C, W) float32, from base ``start`` of the earlier state on

    Returns
    -------
    (C, L) float32; nan where the present base is new, another, or had no value
    """
    where = now.carry(old)
    there = np.frombuffer(old.sequence.encode(), np.uint8)
    here = np.frombuffer(now.sequence.encode(), np.uint8)
    kept = (where != NEW) & (where >= start) & (where < start + values.shape[1])
    kept &= there[np.where(kept, where, 0)] == here
    out = np.full((len(values), len(here)), np.nan, np.float32)
    out[:, kept] = values[:, where[kept] - start]
    return out


def attribution_row(found: Found, now: EditState, unit: str, title: str) -> Row:
    """Return the logo of the contributions."""
    scores = np.atleast_2d(attribution_scores(found.made, 0))
    if not found.fresh:
        scores = carried(scores, found.state, 0, now)
    return replace(logo(title, unit, scores, height=130), stale=not found.fresh)


def effect_row(found: Found, now: EditState, unit: str) -> Row:
    """Return the heat map of the effect of every single-base change."""
    effect, (start, _) = found.made.effect[0], found.made.window[0]
    if not found.fresh:
        effect, start = carried(effect, found.state, start, now), 0
    row = heat(
        EFFECTS,
        unit,
        effect,
        start=start,
        help="click a cell to make that change",
    )
    return replace(row, stale=not found.fresh)


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
    attribution_unit: str,
    effects: Found | None,
    unit: str,
    more: list[Row],
) -> list[Row]:
    """Return the rows of the view, from the top."""
    made: list[Row] = []
    if attribution is not None:
        made.append(
            attribution_row(attribution, now, attribution_unit, "Contribution of each base")
        )
    made.append(letters())
    if effects is not None:
        made.append(effect_row(effects, now, unit))
    if prediction is not None:
        made += along(prediction, prediction.names[0], track)
    return [*made, *more, *edits_row(now)]
