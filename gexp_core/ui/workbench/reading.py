"""What the model's networks read: the attention that each base receives, as a row of the view.

Owns the row; maps are ``explain.attention``'s, and the page Attention looks closer at them.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from gexp_core.explain.attention_map import AttentionMap, received
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.types import Floats
from gexp_core.ui import controls, workspace
from gexp_core.ui.view import Row, profile
from gexp_core.ui.workbench import asked
from gexp_core.ui.workbench.asked import Found
from gexp_core.ui.workbench.bench import Bench
from gexp_core.ui.workbench.rows import carried

_WORK = "gexp_core.explain.attention:attended_named"

#: The toggle.
SHOWN = "bench_attention"


def toggle(card: ModelCard) -> None:
    """Offer the row where the model has attention."""
    if card.architecture in registry.ATTENTIVE:
        over = (
            "heads, networks and strands" if controls.both_strands(card) else "heads and networks"
        )
        st.toggle(
            "Attention received",
            key=SHOWN,
            help="How much every base is read by the attention of the networks, mean over layers, "
            f"{over}. It says what was read, not what matters.",
        )


def found(bench: Bench, card: ModelCard) -> Found | None:
    """Return the maps of the present letters, or of the last that were read.

    None where they are not asked for, not there yet, or the model has none.
    """
    if card.architecture not in registry.ATTENTIVE or not workspace.setting(SHOWN, False):
        return None
    return asked.follow(
        bench, "attention", _WORK, card, target=controls.target(card), **asked.reading(card)
    )


def table(made: AttentionMap) -> pd.DataFrame:
    """Return one row per base (1-based) with the attention that it receives."""
    values = per_base(made)
    return pd.DataFrame(
        {
            "sequence": made.names[0],
            "position": np.arange(1, len(values) + 1),
            "base": list(made.sequences[0]),
            "attention_received": values,
        }
    )


def row(bench: Bench, card: ModelCard) -> list[Row]:
    """Return the row; none where there are no maps (:func:`found`)."""
    maps = found(bench, card)
    if maps is None:
        return []
    values = per_base(maps.made)[None]
    if not maps.fresh:
        values = carried(values, maps.state, 0, bench.state)
    starts, ends, steps = runs(values[0])
    made = profile(
        "Attention received",
        "times an even share",
        starts,
        ends,
        steps,
        help="mean of all maps; 1 is what every base would get if attention were even",
        height=80,
    )
    return [replace(made, stale=not maps.fresh)]


def per_base(made: AttentionMap) -> Floats:
    """Return (L,): attention received of the token that holds a base, mean over its windows.

    Of the first sequence; nan where no window has the base.
    """
    length = len(made.sequences[0])
    total, count = np.zeros(length), np.zeros(length)
    rows = made.rows(0)
    for at in range(rows.start, rows.stop):
        low, high = int(made.start[at]), int(made.end[at])
        first, _ = made.bases(at)
        # tokens are equally wide and neighbours: the token of a base is a division
        token = (np.arange(low, high) - int(first[0])) // made.size
        kept = (token >= 0) & (token < made.tokens)
        places = np.arange(low, high)[kept]
        total[places] += received(made.map(at))[token[kept]]
        count[places] += 1
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(count > 0, total / count, np.nan), np.float32)


def runs(values: Floats) -> tuple[np.ndarray, np.ndarray, Floats]:
    """Return starts, ends and values of the stretches of equal values (L,); nan equals nan."""
    same = (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
    starts = np.concatenate([[0], np.flatnonzero(~same) + 1])
    ends = np.append(starts[1:], len(values))
    return starts, ends, values[starts]
