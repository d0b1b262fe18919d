"""Plotly figures for pages: to hover, zoom and select in. They read on light and dark grounds.

Owns what a page's plots show; a page shows them and reads the selection. Arrays stay float32.
Importing this module loads plotly.
"""

import html
from typing import Any

import numpy as np
import plotly.graph_objects as go

from gexp_core.errors import InputError
from gexp_core.figures.letters import number as told
from gexp_core.figures.letters import plain
from gexp_core.figures.palette import ACCENT, INK, MARK, faint, padded
from gexp_core.figures.steps import profile
from gexp_core.models.card import ModelCard
from gexp_core.types import Floats, Prediction

NAMED = 40  # sequences up to which the axis carries their names
SELECTABLE = 2_000  # points up to which SVG markers are drawn; WebGL above


def shown_text(text: str, longest: int = 60) -> str:
    """Return visitor's text that plotly, which reads some HTML, shows as it is."""
    return html.escape(plain(text, longest), quote=True)


def empty_figure(height: int) -> Any:
    """Return an empty figure: transparent, inked in a grey that reads on any ground."""
    axis = {
        "title": {"font": {"size": 13}},
        "gridcolor": faint(INK, 0.22),
        "zerolinecolor": faint(INK, 0.5),
        "linecolor": faint(INK, 0.5),
        "ticks": "outside",
        "tickcolor": faint(INK, 0.5),
    }
    return go.Figure(
        layout={
            "template": "none",
            "height": height,
            "margin": {"l": 60, "r": 20, "t": 28, "b": 48},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"color": INK, "size": 13},
            "modebar": {
                "bgcolor": "rgba(0,0,0,0)",
                "color": faint(INK, 0.6),
                "activecolor": ACCENT,
            },
            "showlegend": False,
            # at the top of the figure, whose plot gives way: at the plot it would stay where
            # it was when the window changes its width, and lie over it
            "legend": {"orientation": "h", "yref": "container", "y": 1, "yanchor": "top", "x": 0},
            "hovermode": "closest",
            "clickmode": "event+select",
            "dragmode": "zoom",
            "xaxis": axis,
            "yaxis": axis,
        }
    )


def _quartiles(figure: Any, card: ModelCard, track: str, *, upright: bool) -> list[float]:
    """Shade the middle half of the measured test sequences and mark their median.

    Returns its two ends; nothing where the card knows none.
    """
    known = card.percentiles.get(track)
    if not known:
        return []
    low, middle, high = np.interp([25, 50, 75], np.linspace(0, 100, len(known)), known).tolist()
    band = {"fillcolor": faint(INK, 0.13), "line_width": 0, "layer": "below"}
    line = {"line": {"color": faint(INK, 0.7), "width": 1, "dash": "dot"}, "layer": "below"}
    if upright:
        figure.add_vrect(x0=low, x1=high, **band)
        figure.add_vline(x=middle, **line)
    else:
        figure.add_hrect(y0=low, y1=high, **band)
        figure.add_hline(y=middle, **line)
    figure.add_annotation(  # below the axis: the bar of tools lies over the upper edge
        text="grey: middle half of measured test sequences, dotted: their median",
        font={"size": 11},
        showarrow=False,
        **{"xref": "paper", "yref": "paper", "x": 1, "y": 0, "xanchor": "right"},
        **{"yanchor": "top", "yshift": -58},  # clear of the axis title, also in a narrow window
    )
    figure.update_layout(margin_b=80)
    return [low, high]


def _spread(prediction: Prediction, track: int) -> Floats:
    """Return (N,): the mean over the windows of a sequence of the spread of their readings."""
    column = prediction.spread[:, track]
    means = [column[prediction.rows(i)].mean() for i in range(len(prediction.names))]
    return np.asarray(means, np.float32)


def _percentile_text(value: float) -> str:
    return "" if np.isnan(value) else f"<br>percentile among measured test sequences: {value:.0f}"


def prediction_plot(
    prediction: Prediction,
    card: ModelCard,
    selected: int | str | None = None,
    *,
    track: int = 0,
) -> Any:
    """Plot each sequence's prediction (mean over its windows), highest on top.

    Parameters
    ----------
    prediction : Prediction
    card : ModelCard
        Gives units, and the quartiles of measured test sequences as a faint band.
    selected : int or str, optional
        Number or name of the sequence to mark.
    track : int
        Which track.

    Returns
    -------
    plotly.graph_objects.Figure
        A trace of points, and a ring around the selected one. ``customdata[0]`` of any point is
        the number of its sequence in ``prediction.names``. x is the prediction in the card's units,
        y the rank from 1 (the highest).

    Raises
    ------
    InputError
        ``selected`` is not among the sequences.
    """
    values = prediction.means()[:, track].astype(np.float32)
    count = len(values)
    name = prediction.tracks[track]
    order = np.argsort(-values, kind="stable")
    spread = _spread(prediction, track)
    percentile = card.percentile(values, name)
    units = shown_text(prediction.units)
    hover = [
        f"<b>{shown_text(prediction.names[k])}</b><br>"
        f"{told(values[k])} ± {told(spread[k])} {units}"
        f"{_percentile_text(float(percentile[k]))}"
        for k in order.tolist()
    ]
    number = selected
    if isinstance(number, str):
        number = prediction.names.index(number) if number in prediction.names else -1
    if number is not None and not 0 <= number < count:
        raise InputError(f"there is no sequence {selected!r} among the {count} predicted")
    named = count <= NAMED
    figure = empty_figure(140 + 24 * max(count, 4) if named else 420)
    kind = go.Scatter if count <= SELECTABLE else go.Scattergl
    bars = {"type": "data", "array": spread[order], "color": faint(INK, 0.7), "thickness": 1.2}
    rank = np.arange(1, count + 1, dtype=np.float32)
    points = kind(
        x=values[order],
        y=rank,
        mode="markers",
        customdata=order[:, None].astype(np.int32),
        hovertext=hover,
        hoverinfo="text",
        marker={"size": 10 if named else 6, "color": ACCENT},
        error_x=bars | {"width": 0} if named else None,
        selected={"marker": {"color": MARK}},
        unselected={"marker": {"opacity": 0.75}},
    )
    figure.add_trace(points)
    if number is not None:
        ring = {"size": 18, "symbol": "circle-open", "color": MARK, "line": {"width": 3}}
        at = order == number
        figure.add_trace(
            go.Scatter(
                x=values[[number]],
                y=rank[at],
                mode="markers",
                customdata=np.array([[number]], np.int32),
                hovertext=[hover[int(at.argmax())]],
                hoverinfo="text",
                marker=ring,
            )
        )
    band = _quartiles(figure, card, name, upright=True)
    wide = spread if named else np.zeros_like(spread)
    span = padded(np.concatenate([values - wide, values + wide, band]))
    figure.update_xaxes(title_text=f"prediction, {units}", zeroline=True, range=span)
    margin = max(0.7, 0.02 * count)
    figure.update_yaxes(range=[count + margin, 1 - margin], zeroline=False, showgrid=named)
    if named:
        figure.update_yaxes(
            tickmode="array",
            tickvals=list(range(1, count + 1)),
            ticktext=[shown_text(prediction.names[k], 32) for k in order.tolist()],
            automargin=True,
        )
    else:
        figure.update_yaxes(title_text=f"rank among {count:,} sequences")
    return figure


def profile_plot(
    prediction: Prediction,
    i: int,
    card: ModelCard,
    *,
    track: int = 0,
    length: int | None = None,
) -> Any:
    """Plot the prediction along sequence ``i`` as steps, with the spread of the readings.

    A step is the mean of the windows that cover those bases. Positions are 1-based. Given the
    ``length`` of the sequence, its ends are marked where bins lie beyond them.

    Returns
    -------
    plotly.graph_objects.Figure
        Traces: the band (closed outline), the steps.
    """
    edges, value, spread = profile(prediction, i, track)
    x = np.repeat(edges, 2)[1:-1].astype(np.float32) + np.float32(0.5)  # both ends of each piece
    y, s = np.repeat(value, 2), np.repeat(spread, 2)
    figure = empty_figure(300)
    figure.add_trace(
        go.Scatter(
            x=np.concatenate([x, x[::-1]]),
            y=np.concatenate([y + s, (y - s)[::-1]]),
            fill="toself",
            fillcolor=faint(ACCENT, 0.22),
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
        )
    )
    units = shown_text(prediction.units)
    hover = [
        f"positions {a + 1:,}-{b:,}<br>{told(v)} ± {told(sd)} {units}"
        for a, b, v, sd in zip(edges[:-1], edges[1:], value, spread, strict=True)
    ]
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            mode="lines",
            line={"color": ACCENT, "width": 2},
            hovertext=np.repeat(hover, 2).tolist(),
            hoverinfo="text",
        )
    )
    _quartiles(figure, card, prediction.tracks[track], upright=False)
    if length is not None and (edges[0] < 0 or edges[-1] > length):
        for end in (0.5, length + 0.5):
            figure.add_vline(x=end, line={"color": faint(INK, 0.7), "width": 1, "dash": "dot"})
    figure.update_layout(hovermode="x")
    figure.update_xaxes(title_text="position (1-based)", range=[edges[0] + 0.5, edges[-1] + 0.5])
    figure.update_yaxes(title_text=units, title_standoff=10, automargin=True)
    return figure


def scatter(
    x: Floats, y: Floats, names: tuple[str, ...], *, x_title: str, y_title: str, title: str = ""
) -> Any:
    """Plot two numbers per sequence against each other, as many as there are names.

    Raises
    ------
    InputError
        The two arrays and the names differ in length.
    """
    if not len(x) == len(y) == len(names):
        raise InputError(f"{len(x)} x, {len(y)} y and {len(names)} names do not belong together")
    kind = go.Scatter if len(x) <= SELECTABLE else go.Scattergl
    figure = empty_figure(420)
    figure.add_trace(
        kind(
            x=np.asarray(x, np.float32),
            y=np.asarray(y, np.float32),
            mode="markers",
            customdata=np.arange(len(x), dtype=np.int32)[:, None],
            hovertext=[shown_text(name) for name in names],
            hovertemplate="<b>%{hovertext}</b><br>%{x:.6~g}, %{y:.6~g}<extra></extra>",
            marker={"size": 7, "color": faint(ACCENT, 0.6)},
        )
    )
    figure.update_xaxes(title_text=shown_text(x_title, 80))
    figure.update_yaxes(title_text=shown_text(y_title, 80))
    if title:
        figure.update_layout(title={"text": shown_text(title, 100), "font": {"size": 15}})
    return figure
