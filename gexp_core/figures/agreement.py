"""Measured against predicted effects as a scatter to hover over.

Owns this one plot. Importing it loads plotly.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from gexp_core.evaluate.measured import Agreement
from gexp_core.figures.interactive import empty_figure, shown_text
from gexp_core.figures.palette import ACCENT, INK, faint


def agreement_plot(found: Agreement, names: Sequence[str], units: str) -> Any:
    """Return the scatter with its straight line and, in the corner, r, rank r and n.

    Parameters
    ----------
    found : Agreement
    names : sequence of n str
        What each change is called, A34G.
    units : str
        Of the predicted effects.
    """
    figure = empty_figure(380)
    figure.add_trace(
        go.Scattergl(
            x=found.predicted,
            y=found.measured,
            mode="markers",
            text=[shown_text(name) for name in names],
            marker={"color": faint(ACCENT, 0.6), "size": 6},
            hovertemplate="%{text}<br>predicted %{x:+.3f}<br>measured %{y:+.3f}<extra></extra>",
        )
    )
    if len(found.predicted) > 1 and np.isfinite(found.pearson):
        ends = np.array([found.predicted.argmin(), found.predicted.argmax()])
        line = found.measured - found.miss
        figure.add_trace(
            go.Scatter(
                x=found.predicted[ends],
                y=line[ends],
                mode="lines",
                line={"color": INK, "width": 1.5, "dash": "dot"},
                hoverinfo="skip",
            )
        )
    figure.add_annotation(
        text=f"r {found.pearson:.2f}, rank r {found.spearman:.2f}, n {len(found.measured):,}",
        xref="paper",
        yref="paper",
        x=0.01,
        y=0.99,
        showarrow=False,
    )
    figure.update_xaxes(title_text=f"Predicted effect ({units})")
    figure.update_yaxes(title_text="Measured effect (as uploaded)")
    return figure
