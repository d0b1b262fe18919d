"""The pictures that stand beside a card, drawn from what the one reading of test rows gave."""

import numpy as np

from gexp_core.evaluate.metrics import centred
from gexp_core.training.report import Examined

#: Files of a model folder that hold a picture of its test rows.
PICTURES = ("scatter.svg", "calibration.svg")


def drawn(found: Examined) -> dict[str, bytes]:
    """Return the pictures of ``found``: file name -> SVG bytes, the same bytes each time."""
    from gexp_core.figures.saving import render
    from gexp_core.figures.trust import calibration_figure, scatter_figure

    card = found.card
    tracks = [track.name for track in card.tracks]
    predicted, measured = found.predicted.copy(), found.measured.copy()
    measured[~found.shown] = np.nan
    if found.batch is not None:
        for x, y in zip(predicted.T, measured.T, strict=True):  # columns, views of the arrays
            known = np.isfinite(y)
            x[known] = centred(x[known], found.batch[known])
            y[known] = centred(y[known], found.batch[known])
    says = {
        row.track: f"(r {row.value:.2f}, n {row.n:,})"
        for row in card.held_out
        if (row.predictor, row.subset, row.metric) == (card.name, "all", "pearson")
    }
    scatter = scatter_figure(
        predicted,
        measured,
        tracks,
        units=card.units,
        centred=found.batch is not None,
        says=says,
    )
    files = {"scatter.svg": render(scatter, "svg")}
    if card.calibration:
        files["calibration.svg"] = render(calibration_figure(card), "svg")
    return files
