"""What an experiment of the motif bench shows: its curves, the largest effect, the table.

Owns the words around the curves.
"""

import math

import pandas as pd
import streamlit as st

from gexp_core.figures.bench import bench_plot
from gexp_core.models.card import ModelCard
from gexp_core.motifs.bench import LABELS
from gexp_core.motifs.bench_curves import Experiment
from gexp_core.ui import download, show

#: Observations of which a bootstrap interval is too narrow by much, if they are fewer.
_ENOUGH = 10


def draw(found: Experiment, card: ModelCard) -> None:
    """Show the curves, what is largest, and what it is compared with."""
    label, x, mean = found.best()
    curve = next(c for c in found.curves if c.label == label)
    at = curve.x.tolist().index(x)
    low, high = (float(edge[at]) for edge in curve.band())
    chance = found.by_chance()
    one, two = st.columns(2)  # the band is in the note: three do not fit into a narrow window
    one.metric(
        "Largest mean effect" if found.kind == "position" else "Largest cooperation",
        show.number(mean, "+"),
        help=f"{card.units}; mean over {found.backgrounds} "
        + ("backgrounds" if found.backgrounds > 1 else "background"),
    )
    how = "turned round" if label == LABELS["-"] else "as written"
    two.metric(
        f"At, {how}" if found.kind == "position" and len(found.curves) > 1 else "At",
        f"position {x + 1}" if found.kind == "position" else f"{x} bp apart, {label}",
        help="Leftmost base of the motif in the background, 1-based."
        if found.kind == "position"
        else "Bases between the two motifs, and the strand of each.",
    )
    st.plotly_chart(bench_plot(found), width="stretch", theme=None, key="bench_plot")
    show.note(drawn(found))
    show.note(
        (
            f"95 % band at the largest: {show.number(low, '+')} to {show.number(high, '+')} "
            f"(bootstrap over {found.backgrounds} backgrounds{few(found.backgrounds)}). "
            if math.isfinite(low)
            else "One background has no 95 % band: what holds in it may not hold in another. "
        )
        + f"It is the largest of {found.tried} means, which a band of one of them does not allow "
        + (
            f"for: scrambled letters reach {show.number(chance, '+')} where their mean (grey line) "
            "is largest."
            if math.isfinite(chance)
            else "for, and there are no scrambled letters beside it."
        )
        + (
            ""
            if found.kind == "position"
            else " Cooperation: prediction with both motifs, minus with either, plus with neither."
        )
    )
    for text in found.notes:
        show.note(text)
    st.caption(f"Effects are in {card.units}; 0 is no effect.")
    download.row(
        {
            "Table": ("bench.tsv", download.table(lambda: table(found))),
            "Provenance": ("bench.json", lambda: found.provenance.to_json().encode()),
        }
    )


def drawn(found: Experiment) -> str:
    """Return in words what the lines and bands of the plot are."""
    place = found.kind == "position"
    what, at, which = ("effect", "position", "") if place else ("cooperation", "gap", "second ")
    colour = "Blue" if len(found.curves) == 1 else "In colour"
    banded = ", its 95 % band around it" if found.backgrounds > 1 else ""
    over = f"mean {what} over the {found.backgrounds} backgrounds" if banded else what
    text = f"{colour}: the {over} at each {at}{banded}."
    if math.isfinite(found.by_chance()):
        text += f" Grey: the same with the letters of the {which}motif scrambled."
    return text


def few(n: int) -> str:
    """Return what to add to 'bootstrap over n of something' where the band cannot be trusted."""
    return ", which are too few: the band is too narrow" if n < _ENOUGH else ""


def table(found: Experiment) -> pd.DataFrame:
    """Return one row per curve and x: mean effect and band, and those of the control.

    ``position`` is that of the motif's leftmost base, 1-based; ``gap`` the bases between two
    motifs. One background has no band, and a word of one letter no control: nan, empty in a file.
    ``note`` is the same in all rows.
    """
    parts = []
    place = found.kind == "position"
    for curve in found.curves:
        low, high = curve.band()
        below, above = curve.band(control=True)
        parts.append(
            pd.DataFrame(
                {
                    "curve": curve.label,
                    "position" if place else "gap": curve.x + 1 if place else curve.x,
                    "effect": curve.mean(),
                    "low": low,
                    "high": high,
                    "scrambled": curve.mean(control=True),
                    "scrambled_low": below,
                    "scrambled_high": above,
                    "unit": found.units,
                    "note": " ".join(found.notes),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
