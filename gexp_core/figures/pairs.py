"""How all pairs of bases of a window work together, as a map to hover over.

Owns this one plot. Importing it loads plotly.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from gexp_core.encoding import BASES, one_hot
from gexp_core.explain.pair_effects import PairEffects
from gexp_core.figures.interactive import empty_figure
from gexp_core.figures.palette import DIVERGING, symmetric_limit
from gexp_core.types import Floats, Ints

#: Bases up to which every letter is written at the axes.
_LETTERS = 40


def strongest(made: PairEffects) -> tuple[Floats, Ints, Ints]:
    """Return, of each pair of bases, the interaction that is largest by size, and its letters.

    Returns
    -------
    (W, W) float32, nan on the diagonal; (W, W) and (W, W) int64, the letters put at the base of the
    row and of the column, 0-3 as in ``BASES``
    """
    width = made.interaction.shape[1]
    flat = made.interaction.transpose(1, 3, 0, 2).reshape(width, width, 16)
    there = one_hot(made.sequence[made.window[0] : made.window[1]]).T > 0  # no change at all
    same = there[:, None, :, None] | there[None, :, None, :]
    best = np.where(same.reshape(flat.shape), -1, np.abs(np.nan_to_num(flat))).argmax(2)
    values = np.take_along_axis(flat, best[..., None], 2)[..., 0]
    return values, best // 4, best % 4


def pairs_plot(made: PairEffects) -> Any:
    """Return the map of a window: of each pair of bases the strongest interaction, with its sign.

    Positions are 1-based on the whole sequence.
    """
    start, end = made.window
    text = made.sequence[start:end]
    values, first, second = strongest(made)
    names = [f"{at + 1}{letter}" for at, letter in enumerate(text, start)]
    hover = [
        [
            ""
            if i == k
            else f"{names[i]}>{BASES[first[i, k]]} with {names[k]}>{BASES[second[i, k]]}"
            for k in range(len(text))
        ]
        for i in range(len(text))
    ]
    limit = symmetric_limit(values)
    figure = empty_figure(520)
    places = list(range(start + 1, end + 1))
    figure.add_trace(
        go.Heatmap(
            z=values,
            x=places,
            y=places,
            zmin=-limit,
            zmax=limit,
            colorscale=[list(step) for step in DIVERGING],
            text=hover,
            hovertemplate="%{text}<br>%{z:+.3f} beyond the sum<extra></extra>",
            hoverongaps=False,
            xgap=1,
            ygap=1,
            colorbar={
                "thickness": 12,
                "len": 0.6,
                "outlinewidth": 0,
                "title": {"text": made.units.replace(" (", "<br>("), "font": {"size": 11}},
            },
        )
    )
    across: dict[str, Any] = {"showgrid": False, "zeroline": False, "constrain": "domain"}
    down = across | {"autorange": "reversed", "scaleanchor": "x", "constraintoward": "top"}
    if len(text) <= _LETTERS:
        letters = list(zip(places, text, strict=True))
        marks = {"tickvals": places, "tickangle": 0}
        across |= marks | {"ticktext": [x if n % 5 else f"{x}<br>{n}" for n, x in letters]}
        down |= marks | {"ticktext": [x if n % 5 else f"{n} {x}" for n, x in letters]}
    figure.update_xaxes(title_text="base (position, 1-based)", **across)
    figure.update_yaxes(title_text="base", **down)
    return figure
