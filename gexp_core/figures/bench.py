"""Curves of the motif bench, to hover and zoom in.

Owns what the plot shows: mean effects with their bands, and the scrambled controls in grey.
"""

from typing import Any

import plotly.graph_objects as go

from gexp_core.figures.interactive import empty_figure
from gexp_core.figures.palette import ACCENT, INK, MARK, OKABE_ITO, faint
from gexp_core.motifs.bench import Curve, Experiment

_COLOURS = (ACCENT, MARK, OKABE_ITO["A"], OKABE_ITO["G"])

#: what is varied -> what the horizontal axis says
AXES = {"position": "first base of the motif (1-based)", "pair": "bases between the motifs"}


def bench_plot(made: Experiment) -> Any:
    """Plot every curve: line and band of the effect, grey band of its scrambled control."""
    figure = empty_figure(380)
    shift = 1 if made.kind == "position" else 0  # positions are 1-based for people
    for curve, colour in zip(made.curves, _COLOURS, strict=False):
        x = (curve.x + shift).tolist()
        low, high = curve.band(control=True)
        _band(figure, x, low, high, faint(INK, 0.18), f"{curve.label}, scrambled")
        low, high = curve.band()
        _band(figure, x, low, high, faint(colour, 0.2), f"{curve.label}, 95 % band")
        figure.add_trace(_line(curve, x, colour))
    what = "cooperation" if made.kind == "pair" else "effect"
    figure.update_layout(
        showlegend=len(made.curves) > 1,
        xaxis_title=AXES[made.kind],
        yaxis_title=f"{what} ({made.units})",
        margin={"l": 70, "r": 20, "t": 20, "b": 50},
        hovermode="x",
    )
    return figure


def _line(curve: Curve, x: list[int], colour: str) -> Any:
    return go.Scatter(
        x=x,
        y=curve.mean(),
        name=curve.label,
        mode="lines+markers",
        line={"color": colour, "width": 2},
        marker={"size": 5},
        hovertemplate="%{y:+.3f}",
    )


def _band(figure: Any, x: list[int], low: Any, high: Any, colour: str, name: str) -> None:
    """Shade between two rows of numbers."""
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    figure.add_trace(go.Scatter(x=x, y=high, **edge))
    figure.add_trace(go.Scatter(x=x, y=low, fill="tonexty", fillcolor=colour, name=name, **edge))
