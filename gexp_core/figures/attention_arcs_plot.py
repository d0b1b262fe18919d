"""Arcs of attention to explore on a page, over the bases that what tokens receive is drawn over.

Owns the interactive plot. Importing this module loads plotly.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from gexp_core.explain.attention_arcs import Arcs
from gexp_core.explain.attention_map import AttentionMap
from gexp_core.figures.attention_arcs import COLOURS, Curves, curves, sides
from gexp_core.figures.attention_tokens import TokenProfile, places, token_profiles
from gexp_core.figures.interactive import empty_figure, shown_text
from gexp_core.figures.palette import INK, faint
from gexp_core.types import Floats, Mutagenesis

_ARCS, _PROFILE, _GAP, _TOP, _BOTTOM = 320, 70, 14, 30, 48  # pixels
_WIDEST = 3.5  # pixels of the strongest arc
_REACH = 1.12  # of the vertical axis, a little beyond the tallest arc
_POINTED = slice(2, -1, 2)  # points of a curve that can be pointed at


def arcs_plot(
    made: AttentionMap,
    row: int,
    matrix: Floats,
    arcs: Arcs,
    mutagenesis: Mutagenesis | None = None,
) -> Any:
    """Plot arcs of window ``row``, what tokens receive and, where known, what changes do.

    Parameters
    ----------
    made : AttentionMap
    row : int
        Which window.
    matrix : (Q, Q) floats
        The one that the arcs were taken from.
    arcs : Arcs
    mutagenesis : Mutagenesis, optional
        Of the sequence.

    Returns
    -------
    plotly.graph_objects.Figure
        A shape per arc, the weakest first. Traces: points of the arcs to hover, their arrowheads
        above and below the line, and a trace of bars per profile, all over one axis of positions.
    """
    profiles = token_profiles(made, row, matrix, mutagenesis)
    inner = _ARCS + len(profiles) * (_GAP + _PROFILE)
    figure = empty_figure(_TOP + inner + _BOTTOM)
    lie = curves(made, row, arcs)
    figure.add_trace(_points(made, row, matrix, arcs, lie))
    for above in (True, False):
        figure.add_trace(_heads(lie, above))
    for number, one in enumerate(profiles, 2):
        figure.add_trace(_bars(made, row, one, f"y{number}"))
    first, last = made.bases(row)
    edges = (float(first[0]) + 0.5, float(last[-1]) + 0.5)
    ends = (float(made.start[row]) + 0.5, float(made.end[row]) + 0.5)
    figure.update_layout(
        shapes=[
            *_lines(lie),
            *_marks(made, row, arcs, [e for e in ends if edges[0] < e < edges[1]]),
        ],
        annotations=_sides(arcs, 1 - _ARCS / inner),
        margin={"l": 64, "r": 10, "t": _TOP, "b": _BOTTOM},
        bargap=0,
        hoverdistance=14,
        xaxis={
            "title": {"text": "position (1-based)"},
            "range": edges,
            "showgrid": False,
            "zeroline": False,
            "anchor": f"y{len(profiles) + 1}",
        },
        yaxis={
            "range": (-_REACH, _REACH),
            "domain": (1 - _ARCS / inner, 1),
            "fixedrange": True,
            "showgrid": False,
            "showticklabels": False,
            "ticks": "",
            "zerolinewidth": 1.5,
        },
    )
    for number, one in enumerate(profiles, 2):
        top = 1 - (_ARCS + _GAP + (number - 2) * (_GAP + _PROFILE)) / inner
        title = {"text": shown_text(one.title), "font": {"size": 11}}
        axis = figure.layout.yaxis.to_plotly_json() | {"title": title}
        axis |= {"domain": (max(0.0, top - _PROFILE / inner), top), "range": None, "nticks": 3}
        axis |= {"rangemode": "tozero", "showticklabels": True, "tickfont": {"size": 10}}
        figure.update_layout({f"yaxis{number}": axis})
    return figure


def _lines(lie: Curves) -> list[dict[str, Any]]:
    """Return a shape per arc, the strongest last and so on top."""
    made = []
    for at in range(len(lie.strength) - 1, -1, -1):
        strength = float(lie.strength[at])
        colour = COLOURS[0] if lie.above[at] else COLOURS[1]
        points = zip(lie.x[at].tolist(), lie.y[at].tolist(), strict=True)
        path = "L".join(f"{x:.2f},{y:.4f}" for x, y in points)
        line = {"color": faint(colour, 0.2 + 0.7 * strength), "width": _WIDEST * strength}
        made.append({"type": "path", "path": f"M{path}", "line": line, "layer": "below"})
    return made


def _marks(made: AttentionMap, row: int, arcs: Arcs, ends: list[float]) -> list[dict[str, Any]]:
    """Return shapes over the whole height: the chosen token, and where the background begins."""
    upright = {"yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    marks = [
        {"type": "line", "x0": x, "x1": x, **upright}
        | {"line": {"color": faint(INK, 0.8), "width": 1, "dash": "dot"}}
        for x in ends
    ]
    if arcs.token is not None:
        low, high = (float(part[arcs.token]) + 0.5 for part in made.bases(row))
        fill = {"fillcolor": faint(INK, 0.3), "line": {"width": 0}}
        marks.append({"type": "rect", "x0": low, "x1": high, **upright, **fill})
    return marks


def _sides(arcs: Arcs, floor: float) -> list[dict[str, Any]]:
    """Return what lies above and below the line, written at the left edge."""
    shared = {"xref": "paper", "yref": "paper", "x": 0, "xanchor": "left", "showarrow": False}
    places = ((1.0, "top", "▼"), (floor, "bottom", "▲"))
    return [
        {**shared, "y": y, "yanchor": anchor, "font": {"size": 12}}
        | {"text": f'<span style="color:{colour}">{sign}</span> {words}'}
        for (y, anchor, sign), colour, words in zip(places, COLOURS, sides(arcs), strict=True)
    ]


def _points(made: AttentionMap, row: int, matrix: Floats, arcs: Arcs, lie: Curves) -> Any:
    """Return invisible points along the arcs: plotly tells nothing of a shape."""
    even = float(matrix.mean()) or 1.0
    names = places(made, row)
    apart = arcs.distances(made.size).tolist()
    triples = zip(arcs.reads.tolist(), arcs.read.tolist(), arcs.weights.tolist(), strict=True)
    hover = [
        f"bases {names[q]} read {names[k]}<br>{weight:.3g}, {weight / even:.2g} times the mean"
        f"<br>{apart[at]:,} bases apart"
        for at, (q, k, weight) in enumerate(triples)
    ]
    x, y = lie.x[:, _POINTED], lie.y[:, _POINTED]
    return go.Scattergl(
        x=x.ravel(),
        y=y.ravel(),
        mode="markers",
        hovertext=np.repeat(np.array(hover, dtype=object), x.shape[1]),
        hoverinfo="text",
        marker={"size": 8, "opacity": 0},
    )


def _heads(lie: Curves, above: bool) -> Any:
    """Return arrowheads where arcs of one side reach what is read, each place once."""
    chosen = lie.above == above
    x = np.unique(lie.x[chosen, -1])
    return go.Scatter(
        x=x,
        y=np.full(len(x), 0.035 if above else -0.035, np.float32),
        mode="markers",
        hoverinfo="skip",
        marker={
            "size": 9,
            "symbol": "triangle-down" if above else "triangle-up",
            "color": COLOURS[0] if above else COLOURS[1],
        },
    )


def _bars(made: AttentionMap, row: int, one: TokenProfile, axis: str) -> Any:
    first, last = made.bases(row)
    return go.Bar(
        x=((first + last + 1) / 2).astype(np.float32),
        y=one.values,
        width=made.size,
        yaxis=axis,
        marker={"color": faint(INK, 0.7), "line": {"width": 0}},  # blue and orange mean sides here
        hovertext=[
            f"{name}<br>{value:.3g} {shown_text(one.unit)}"
            for name, value in zip(places(made, row), one.values.tolist(), strict=True)
        ],
        hoverinfo="text",
    )
