"""Windows that overlap, as one step profile along a sequence; numbers only, draws nothing."""

import numpy as np

from gexp_core.types import Floats, Ints, Prediction


def profile(prediction: Prediction, i: int, track: int = 0) -> tuple[Ints, Floats, Floats]:
    """Return the predicted profile of sequence ``i`` in pieces between neighbouring window edges.

    Parameters
    ----------
    prediction : Prediction
    i : int
        Which sequence.
    track : int
        Which track.

    Returns
    -------
    edges : (P + 1,) int64
        0-based borders of the pieces, ascending.
    value : (P,) float32
        Mean reading of the windows that cover the piece, in the prediction's units; nan where
        none does.
    spread : (P,) float32
        Mean over those windows of the standard deviation of their readings.
    """
    rows = prediction.rows(i)
    start, end = prediction.start[rows], prediction.end[rows]
    edges = np.unique(np.concatenate([start, end]))
    first, last = np.searchsorted(edges, start), np.searchsorted(edges, end)
    sums = np.zeros((3, len(edges)))  # windows, readings, spreads: running totals over the edges
    for at, sign in ((first, 1.0), (last, -1.0)):
        np.add.at(sums[0], at, sign)
        np.add.at(sums[1], at, sign * prediction.y[rows, track].astype(np.float64))
        np.add.at(sums[2], at, sign * prediction.spread[rows, track].astype(np.float64))
    covered, value, spread = sums.cumsum(1)[:, :-1]
    count = np.where(covered > 0.5, covered, np.nan)
    return edges, (value / count).astype(np.float32), (spread / count).astype(np.float32)


def limit_of(matrix: Floats) -> float:
    """Return where a square matrix's colours end: its largest entry off the diagonal.

    What a token keeps for itself would else leave the rest pale. 1.0 where there is nothing.
    """
    off = matrix[~np.eye(len(matrix), dtype=bool)]
    largest = float(off.max(initial=0.0))
    return largest or float(matrix.max(initial=0.0)) or 1.0
