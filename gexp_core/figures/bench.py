"""Curves of the motif bench, to hover and zoom in.

Owns what the plots show: mean effects with their bands, and the controls in grey.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from gexp_core.figures.interactive import empty_figure, shown_text
from gexp_core.figures.palette import ACCENT, INK, MARK, OKABE_ITO, faint
from gexp_core.motifs.bench_curves import Curve, Experiment
from gexp_core.motifs.taken_out import TakenOut, interval, mean
from gexp_core.types import Ints

_COLOURS = (ACCENT, MARK, OKABE_ITO["A"], OKABE_ITO["G"])

_UNKNOWN = "not defined"

#: what is varied -> what the horizontal axis says
AXES = {"position": "leftmost base of the motif (1-based)", "pair": "bases between the motifs"}


def bench_plot(made: Experiment) -> Any:
    """Plot every curve: line and band of the effect, those of its scrambled control in grey.

    Where there is no such control, that stands in a corner.
    """
    figure = empty_figure(380)
    shift = 1 if made.kind == "position" else 0  # positions are 1-based for people
    each = list(zip(made.curves, _COLOURS, strict=False))
    for curve, _ in each:  # the controls below the bands, and those below every line
        low, high = curve.band(control=True)
        _band(figure, curve.x + shift, low, high, faint(INK, 0.18), f"{curve.label}, scrambled")
    for curve, _ in each:
        if np.isfinite(made.by_chance()):
            figure.add_trace(_grey(curve, curve.x + shift))
    for curve, colour in each:
        low, high = curve.band()
        _band(figure, curve.x + shift, low, high, faint(colour, 0.2), f"{curve.label}, 95 % band")
    for curve, colour in each:
        figure.add_trace(_line(curve, curve.x + shift, colour))
    if np.isnan(made.by_chance()):
        place = {"xref": "paper", "yref": "paper", "x": 1, "y": 0, "yanchor": "bottom"}
        figure.add_annotation(text=f"scrambled: {_UNKNOWN}", showarrow=False, **place)
    what = "cooperation" if made.kind == "pair" else "effect"
    figure.update_layout(
        showlegend=len(made.curves) > 1,
        legend_traceorder="normal",
        xaxis_zeroline=False,
        xaxis_title_text=AXES[made.kind],
        yaxis_title_text=f"{what} ({made.units})",
        margin={"l": 70, "r": 20, "t": 28, "b": 50},
        hovermode="x",
    )
    return figure


def _line(curve: Curve, x: Ints, colour: str) -> Any:
    return go.Scatter(
        x=x,
        y=curve.mean(),
        name=curve.label,
        mode="lines+markers",
        line={"color": colour, "width": 2},
        marker={"size": 5},
        hovertemplate="%{y:+.4~g}",
    )


def _grey(curve: Curve, x: Ints) -> Any:
    return go.Scatter(
        x=x,
        y=curve.mean(control=True),
        name=f"{curve.label}, mean of scrambled",
        mode="lines",
        line={"color": faint(INK, 0.6), "width": 1},
        showlegend=False,
        hovertemplate="%{y:+.4~g}",
    )


def _band(figure: Any, x: Ints, low: Any, high: Any, colour: str, name: str) -> None:
    """Shade between two rows of numbers; nothing where one background has no band."""
    if not np.isfinite(low).all():
        return
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    figure.add_trace(go.Scatter(x=x, y=high, **edge))
    figure.add_trace(go.Scatter(x=x, y=low, fill="tonexty", fillcolor=colour, name=name, **edge))


def sites_plot(made: TakenOut) -> Any:
    """Plot the effect of each site as a point, its mean and band beside; elsewhere in grey.

    A change that is defined at no site is named in its place.
    """
    figure = empty_figure(380)
    names = [shown_text(name, 40) for name in made.names]
    where = [
        f"{names[site.sequence]}, position {site.start + 1}, {letters}"
        for site, letters in zip(made.sites, made.letters, strict=True)
    ]
    scatter = np.random.default_rng(0).uniform(-0.16, 0.16, len(made.sites))
    labels = []
    for number, (label, effects) in enumerate(made.effects().items()):
        for k, (values, colour) in enumerate(zip(effects, (ACCENT, INK), strict=True)):
            middle = 2 * number + k
            words = f"{label} elsewhere" if k else label
            labels.append(words.replace(" ", "<br>"))  # one below the other: they fit side by side
            figure.add_trace(
                go.Scatter(
                    x=middle + scatter,
                    y=values,
                    mode="markers",
                    marker={"color": faint(colour, 0.45), "size": 6},
                    hovertext=where,
                    hovertemplate="%{hovertext}<br>%{y:+.4~g}<extra></extra>",
                )
            )
            centre = mean(values)
            if np.isnan(centre):
                figure.add_annotation(
                    text=_UNKNOWN, x=middle, y=0, yanchor="bottom", showarrow=False
                )
                continue
            low, high = interval(values, made.of)
            known = np.isfinite(low)
            told = f"{low:+.3g} to {high:+.3g}" if known else "no interval from one sequence"
            error = {"array": [high - centre], "arrayminus": [centre - low], "thickness": 2}
            error |= {"type": "data", "color": colour, "width": 6}
            figure.add_trace(
                go.Scatter(
                    x=[middle + 0.3],
                    y=[centre],
                    mode="markers",
                    marker={"color": colour, "size": 9, "symbol": "diamond"},
                    error_y=error if known else None,
                    hovertemplate=f"mean %{{y:+.4~g}} ({told})<extra></extra>",
                )
            )
    figure.update_layout(
        showlegend=False,
        yaxis_title_text=f"effect ({made.units})",
        margin={"l": 70, "r": 20, "t": 28, "b": 72},
        hovermode="closest",
    )
    ticks = list(range(len(labels)))
    figure.update_xaxes(tickvals=ticks, ticktext=labels, tickangle=0, zeroline=False)
    return figure
