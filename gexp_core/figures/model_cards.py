"""Plotly figures of a model card and of two models side by side, for pages.

Owns what they show. Everything about a model comes from its card. Importing this module loads
plotly.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from gexp_core.evaluate.compare import Comparison, same_kind
from gexp_core.figures.interactive import empty_figure, scatter
from gexp_core.figures.letters import plain
from gexp_core.figures.palette import ACCENT, INK, MARK, faint, padded
from gexp_core.models.card import Metric, ModelCard, SpreadBin

_KINDS = {"measured": INK, "shuffled": "#E69F00", "random": "#009E73"}


def held_out_plot(
    rows: Sequence[tuple[str, int, Mapping[str, Metric]]], model: str, measure: str
) -> Any:
    """Plot one measure of every predictor on every kind of rows, with 95 % intervals.

    Parameters
    ----------
    rows : sequence of (subset, n, predictor -> Metric)
        As ``export.card_page.held_out_rows`` gives them.
    model : str
        Which predictor is the model; the others are drawn in grey.
    measure : str
        Title of the axis.
    """
    predictors = list(dict.fromkeys(name for _, _, at in rows for name in at))
    predictors.sort(key=lambda name: name != model)
    figure = empty_figure(110 + len(rows) * (14 + 13 * len(predictors)))
    symbols = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")
    for k, predictor in enumerate(predictors):
        points = [(i, at[predictor]) for i, (_, _, at) in enumerate(rows) if predictor in at]
        if not points:
            continue
        shift = 0.56 * (k / max(len(predictors) - 1, 1) - 0.5) if len(predictors) > 1 else 0.0
        value = np.array([row.value for _, row in points], np.float32)
        low = [row.value if row.low is None else row.low for _, row in points]
        high = [row.value if row.high is None else row.high for _, row in points]
        figure.add_trace(
            go.Scatter(
                x=value,
                y=np.array([i + shift for i, _ in points], np.float32),
                mode="markers",
                name=plain(predictor, 40),
                marker={
                    "size": 10 if predictor == model else 7,
                    "symbol": symbols[k % len(symbols)],
                    "color": ACCENT if predictor == model else INK,
                },
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": np.maximum(np.array(high, np.float32) - value, 0),
                    "arrayminus": np.maximum(value - np.array(low, np.float32), 0),
                    "thickness": 1.4,
                    "width": 0,
                },
                hovertemplate=f"{plain(predictor, 40)}: %{{x:.3f}}<extra></extra>",
            )
        )
    names = [f"{plain(subset, 34)}<br>n {n:,}" for subset, n, _ in rows]
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(rows))),
        ticktext=names,
        range=[len(rows) - 0.5, -0.5],
        automargin=True,
        zeroline=False,
        showgrid=False,
    )
    figure.update_xaxes(title_text=measure, zeroline=True)
    figure.update_layout(
        showlegend=True,
        legend_font_size=12,
        margin={"l": 60, "r": 20, "t": 40, "b": 48},
    )
    return figure


def places_plot(card: ModelCard, track: str) -> Any:
    """Plot where measured values and predictions without meaning lie: 5, 25, 50, 75, 95 %.

    Returns
    -------
    plotly.graph_objects.Figure or None
        None where the card knows neither.
    """
    known = {"measured": card.percentiles.get(track)}
    for kind in sorted(card.backgrounds, reverse=True):  # shuffled before random
        known[kind] = card.backgrounds[kind].get(track)
    rows = [(kind, values) for kind, values in known.items() if values]
    if not rows:
        return None
    words = {
        "measured": "measured<br>(test rows)",
        "shuffled": "predicted for<br>shuffled sequences",
        "random": "predicted for<br>random sequences",
    }
    figure = empty_figure(110 + 52 * len(rows))
    ends: list[float] = []
    for at, (kind, values) in enumerate(rows):
        low, q1, median, q3, high = np.interp(
            [5, 25, 50, 75, 95], np.linspace(0, 100, len(values)), values
        ).tolist()
        ends += [low, high]
        colour = _KINDS.get(kind, INK)
        line = {"mode": "lines", "hoverinfo": "skip"}
        figure.add_trace(
            go.Scatter(x=[low, high], y=[at, at], line={"color": colour, "width": 2}, **line)
        )
        figure.add_trace(
            go.Scatter(x=[q1, q3], y=[at, at], line={"color": colour, "width": 12}, **line)
        )
        figure.add_trace(
            go.Scatter(
                x=[median],
                y=[at],
                mode="markers",
                marker={"size": 9, "color": "white", "line": {"color": colour, "width": 2}},
                hovertext=[
                    f"5 %: {low:.2f}<br>25 %: {q1:.2f}<br>median: {median:.2f}"
                    f"<br>75 %: {q3:.2f}<br>95 %: {high:.2f}"
                ],
                hoverinfo="text",
            )
        )
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(rows))),
        ticktext=[words.get(kind, plain(kind, 24)) for kind, _ in rows],
        range=[len(rows) - 0.5, -0.5],
        automargin=True,
        zeroline=False,
        showgrid=False,
    )
    figure.update_xaxes(title_text=plain(card.units, 60), zeroline=True, range=padded(ends))
    return figure


def calibration_plot(bins: Sequence[SpreadBin], units: str) -> Any:
    """Plot the error of held-out rows against the spread of the ensemble, a point per bin."""
    figure = empty_figure(320)
    sd = np.array([row.sd for row in bins], np.float32)
    rmse = np.array([row.rmse for row in bins], np.float32)
    figure.add_trace(
        go.Scatter(
            x=sd,
            y=rmse,
            mode="lines+markers",
            marker={"size": 9, "color": ACCENT},
            line={"color": faint(ACCENT, 0.6)},
            hovertext=[
                f"spread {row.low:.3f} to {row.high:.3f}<br>RMSE {row.rmse:.3f}, n {row.n:,}"
                for row in bins
            ],
            hoverinfo="text",
        )
    )
    top = float(max(sd.max(), rmse.max()))
    figure.add_trace(
        go.Scatter(
            x=[0, top],
            y=[0, top],
            mode="lines",
            hoverinfo="skip",
            line={"color": MARK, "dash": "dash", "width": 1},
        )
    )
    figure.update_xaxes(
        title_text=f"networks differ by (SD), {plain(units, 40)}", range=[0, 1.1 * float(sd.max())]
    )
    figure.update_yaxes(title_text=f"RMSE, {plain(units, 40)}", range=[0, 1.1 * top])
    return figure


def comparison_plot(
    comparison: Comparison, card: ModelCard, track: str, other: ModelCard, other_track: str
) -> Any:
    """Plot what two models say of the same sequences; equal numbers lie on the dashed line."""
    x, y = comparison.numbers(track, other_track)
    titles = [
        f"{one.name}: {name}, {one.units}" for one, name in ((card, track), (other, other_track))
    ]
    figure = scatter(x, y, comparison.names, x_title=titles[0], y_title=titles[1])
    if same_kind(card, track, other, other_track):
        ends = [float(min(x.min(), y.min())), float(max(x.max(), y.max()))]
        figure.add_trace(
            go.Scatter(
                x=ends,
                y=ends,
                mode="lines",
                hoverinfo="skip",
                line={"color": faint(INK, 0.8), "dash": "dash", "width": 1},
            )
        )
    return figure
