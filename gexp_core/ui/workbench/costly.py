"""The two rows that take long: contributions, and the effect of every single-base change.

Owns what they are asked with, and whether they are made by themselves: of long sequences, and
where one is expected to take long, only once the visitor asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from gexp_core import jobs
from gexp_core.edits.state import NEW
from gexp_core.encoding import frame
from gexp_core.models.card import ModelCard
from gexp_core.ui import controls, estimates, focus, workspace
from gexp_core.ui.workbench import asked
from gexp_core.ui.workbench.asked import Found
from gexp_core.ui.workbench.bench import Bench
from gexp_core.ui.workbench.rows import CONTRIBUTIONS, EFFECTS

#: What the key of the toggle begins with.
ASKED = "bench_costly"

_MANY = 40  # windows above which effects and contributions are computed only when asked for

#: Row -> its kind of result, what makes it, and its name in a sentence.
_ROWS = {
    CONTRIBUTIONS: ("attribution", "attribute_named", "contributions"),
    EFFECTS: ("mutagenesis", "mutagenesis_named", "effects"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Costly:
    """Hold the two rows, and the titles of those that come by themselves where they are not."""

    credit: Found | None
    effects: Found | None
    awaited: frozenset[str]


def found(bench: Bench, card: ModelCard) -> Costly:
    """Return the two rows as far as they are known; begin to make what needs no word for it."""
    target, part = controls.target(card), _part(bench, card)
    how: dict[str, dict[str, Any]] = {
        CONTRIBUTIONS: contributing(card),
        EFFECTS: {
            "target": target,
            **asked.reading(card),
            **({} if part is None else {"window": part}),
        },
    }
    awaited = _awaited(bench, card, how)

    def follow(row: str) -> Found | None:
        kind, where, _ = _ROWS[row]
        return asked.follow(bench, kind, where, card, begin=row in awaited, **how[row])

    effects = follow(EFFECTS)  # first: it takes less, and the answers above the view are its
    return Costly(follow(CONTRIBUTIONS), effects, awaited)


def contributing(card: ModelCard) -> dict[str, Any]:
    """Return what contributions are asked with: the present choices of method and number."""
    settings, target = controls.attribution(card), controls.target(card)
    return {"settings": settings, "target": target, "seed": controls.seed()}


def _part(bench: Bench, card: ModelCard) -> tuple[int, int] | None:
    """Return the bases that are changed one by one: those at the chosen place of the original."""
    part = focus.bases(card, bench.history.original)
    if part is None:
        return None
    size, places = part[1] - part[0], bench.state.places
    old = np.flatnonzero(places != NEW)
    if not len(old):
        return None
    middle = int(old[np.abs(places[old] - (part[0] + part[1]) // 2).argmin()])
    first = min(max(0, middle - size // 2), max(0, len(places) - size))
    return first, min(first + size, len(places))


def _awaited(bench: Bench, card: ModelCard, how: Mapping[str, dict[str, Any]]) -> frozenset[str]:
    """Return the rows that are made; one that takes long, only once the visitor asks."""
    many = long(bench, card)
    large: dict[str, estimates.Size] = {}  # rows that are made only when asked for
    waiting: dict[str, estimates.Size] = {}  # those of them that wait for a word now
    for row, (kind, where, _) in _ROWS.items():
        settled, size = asked.ahead(bench, kind, where, card, **how[row])
        if many or size.large:
            large[row] = size
            if not settled:
                waiting[row] = size
        elif not settled:
            asked.agree(bench, kind, where, card, **how[row])
    key = f"{ASKED} {card.name} {bench.original.digest[:12]}"  # a word for these alone
    on = bool(workspace.setting(key, False))
    if not large or not (waiting or on or many):
        return frozenset(_ROWS)
    shown = large if on or not waiting else waiting
    names, sizes = " and ".join(_ROWS[row][2] for row in shown), list(shown.values())
    # the amount is to decide by; once that is done, the line of what is made says more
    amount = "" if on else f" ({', '.join([*many, _amount(sizes)])})"
    allowed = st.toggle(
        f"Compute {names}{amount}",
        key=key,
        help="Off, not made again after an edit." + _stopped_early(sizes),
    )
    return frozenset(_ROWS) if allowed else frozenset(_ROWS) - waiting.keys()


def long(bench: Bench, card: ModelCard) -> list[str]:
    """Return in words what is long: many windows, or long ones; nothing where neither is."""
    how = frame(
        bench.history.sequence,
        background=card.background,
        insert=card.insert,
        stride=controls.stride(card),
    )
    windows = len(how.starts)
    if windows <= _MANY and card.input_length <= focus.LONG:
        return []
    return [f"{windows:,} windows" if windows > 1 else f"a window of {card.input_length:,} bp"]


def _amount(sizes: list[estimates.Size]) -> str:
    """Return the whole work in words."""
    known = [size.seconds for size in sizes if size.seconds is not None]
    whole = sum(known) if len(known) == len(sizes) else None
    size = estimates.Size(sum(size.units for size in sizes), whole)
    return size.words + (", this can take minutes" if size.seconds is None else "")


def _stopped_early(sizes: list[estimates.Size]) -> str:
    """Return a warning where one row is expected to be stopped before its end, else ''."""
    bound = jobs.engine().bounds.seconds
    said = [estimates.beyond(size, bound) for size in sizes]
    return "".join(f" {words}" for words in said if words)
