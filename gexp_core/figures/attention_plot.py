"""An attention matrix to explore on a page: hover for numbers, click for what a token reads.

Owns the interactive plot. Importing this module loads plotly.
"""

from textwrap import wrap
from typing import Any

import numpy as np
import plotly.graph_objects as go

from gexp_core.explain.attention_choice import Choice
from gexp_core.explain.attention_map import AttentionMap
from gexp_core.figures.attention_tokens import places
from gexp_core.figures.interactive import empty_figure, shown_text
from gexp_core.figures.letters import plain
from gexp_core.figures.palette import ACCENT, INK, MARK, faint
from gexp_core.figures.steps import limit_of
from gexp_core.types import Floats

#: tokens per side up to which the matrix is drawn as it is; larger ones are averaged in squares
SHOWN = 512

#: tokens per side up to which every entry can be clicked; beyond, each row's diagonal can
CLICKED = 64


def attention_plot(
    made: AttentionMap,
    row: int,
    matrix: Floats,
    token: int | None = None,
    *,
    choice: Choice | None = None,
) -> Any:
    """Plot a matrix (Q, Q) of window ``row`` over the positions of the sequence.

    Parameters
    ----------
    made : AttentionMap
    row : int
        Which window.
    matrix : (Q, Q) floats
        A row per token that reads, a column per token that is read.
    token : int, optional
        The token whose row is marked, 0-based.
    choice : Choice, optional
        Which matrix it is, for the title of its colours; a map of attention by default.

    Returns
    -------
    plotly.graph_objects.Figure
        Traces: the matrix, averaged in squares above 512 tokens; points to click, of which
        :func:`token_of` says the row.
    """
    first, last = made.bases(row)
    shown, step = _averaged(matrix)
    middle = ((first + last + 1) / 2).astype(np.float32)  # 1-based
    centre = _averaged_places(middle, step)
    figure = empty_figure(560)
    figure.add_trace(
        go.Heatmap(
            z=shown,
            x=centre,
            y=centre,
            zmin=0,
            zmax=limit_of(matrix),
            colorscale=[(0, faint(ACCENT, 0)), (0.4, faint(ACCENT, 0.6)), (1, faint(ACCENT, 1))],
            hoverinfo="skip",
            colorbar={
                "thickness": 12,
                "len": 0.5,
                "y": 0.75,
                "outlinewidth": 0,
                "title": {"text": _lines((choice or Choice()).unit(made)), "font": {"size": 11}},
            },
        )
    )
    figure.add_trace(_points(made, row, matrix, middle))
    edges = (float(first[0]) + 0.5, float(last[-1]) + 0.5)
    if token is not None:
        figure.add_hrect(
            y0=float(first[token]) + 0.5,
            y1=float(last[token]) + 0.5,
            line={"color": MARK, "width": 2},
        )
    for edge in (float(made.start[row]) + 0.5, float(made.end[row]) + 0.5):
        if edges[0] < edge < edges[1]:
            line = {"color": faint(INK, 0.8), "width": 1, "dash": "dot"}
            figure.add_vline(x=edge, line=line)
            figure.add_hline(y=edge, line=line)
    figure.update_xaxes(
        title_text="token that is read (position, 1-based)", range=edges, showgrid=False,
        zeroline=False, constrain="domain",
    )  # fmt: skip
    figure.update_yaxes(
        title_text="token that reads (position, 1-based)", range=edges[::-1], showgrid=False,
        zeroline=False, scaleanchor="x", constrain="domain", constraintoward="top",
    )  # fmt: skip
    figure.update_layout(
        margin={"l": 64, "r": 10, "t": 34, "b": 48}, dragmode=False, hoverdistance=40
    )
    return figure


def _lines(text: str) -> str:
    """Return text in at most four short lines, for the title of a narrow scale of colours."""
    return "<br>".join(
        shown_text(line) for line in wrap(plain(text), 14, max_lines=4, placeholder=" \u2026")
    )


def _points(made: AttentionMap, row: int, matrix: Floats, middle: Floats) -> Any:
    """Return invisible points over the entries: plotly reports no click on a heat map itself."""
    tokens = made.tokens
    if tokens <= CLICKED:
        reads, read = (part.ravel() for part in np.indices((tokens, tokens)))
    else:
        reads = read = np.arange(tokens)
    even = float(matrix.mean()) or 1.0
    names = places(made, row)
    hover = [
        f"{names[q]} reads {names[k]}<br>"
        f"{matrix[q, k]:.3g}, {matrix[q, k] / even:.2g} times the mean"
        for q, k in zip(reads.tolist(), read.tolist(), strict=True)
    ]
    return go.Scattergl(
        x=middle[read],
        y=middle[reads],
        mode="markers",
        hovertext=hover,
        hoverinfo="text",
        marker={"size": 11, "opacity": 0, "symbol": "square"},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
    )


def token_of(made: AttentionMap, point: object) -> int | None:
    """Return the token whose row a point lies in; None for what cannot be a point's number."""
    every = made.tokens <= CLICKED
    count = made.tokens**2 if every else made.tokens
    if not isinstance(point, int) or isinstance(point, bool) or not 0 <= point < count:
        return None
    return point // made.tokens if every else point


def _averaged(matrix: Floats) -> tuple[Floats, int]:
    """Return the matrix with at most 512 entries a side, and how many tokens one stands for."""
    step = -(-len(matrix) // SHOWN)
    if step == 1:
        return matrix.astype(np.float32), 1
    begins = np.arange(0, len(matrix), step)
    counts = np.diff([*begins, len(matrix)])
    sums = np.add.reduceat(np.add.reduceat(matrix, begins, 0, np.float64), begins, 1)
    return (sums / np.outer(counts, counts)).astype(np.float32), step


def _averaged_places(middle: Floats, step: int) -> Floats:
    begins = np.arange(0, len(middle), step)
    counts = np.diff([*begins, len(middle)])
    made: Floats = (np.add.reduceat(middle, begins, 0, np.float64) / counts).astype(np.float32)
    return made
