"""Whether the spread of an ensemble says how wrong it is: bins of spread against error.

Nothing is fitted: the standard deviation over networks is compared as it is with the error on
rows that were not trained on.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gexp_core.evaluate.metrics import Values, centred
from gexp_core.models.card import SpreadBin

#: Bins of equally many rows.
BINS = 10

#: A bin holds at least so many rows; fewer rows in all make fewer bins.
FEWEST = 20


def calibrate(
    track: str,
    predicted: Values,
    spread: Values,
    measured: Values,
    batch: NDArray[np.integer] | None,
    *,
    bins: int = BINS,
) -> tuple[SpreadBin, ...]:
    """Return the error of rows with a small, middling and large spread.

    Parameters
    ----------
    track : str
        What the numbers are of.
    predicted, spread, measured : (N,)
        In one unit; spread is the standard deviation over ensemble members. Rows that were not
        measured are left out by the caller.
    batch : (N,) int, optional
        Where the assay has batches, the mean error of each is removed first, as in
        ``metrics.mse_within``.
    bins : int
        Bins of equally many rows, by spread; fewer where there are fewer than 20 rows per bin.

    Returns
    -------
    tuple of SpreadBin
        () for a single network, whose spread is 0 everywhere, or where rows are too few.
    """
    count = min(bins, len(spread) // FEWEST)
    if count < 2 or not np.any(np.asarray(spread) > 0):
        return ()
    error = np.asarray(predicted, np.float64) - measured
    if batch is not None:
        error = centred(error, batch)
    order = np.argsort(spread, kind="stable")
    made = []
    for rows in np.array_split(order, count):
        sd, off = np.asarray(spread, np.float64)[rows], np.abs(error[rows])
        made.append(
            SpreadBin(
                track=track,
                low=_round(sd.min()),
                high=_round(sd.max()),
                sd=_round(sd.mean()),
                n=len(rows),
                rmse=_round(np.sqrt(np.mean(off**2))),
                within_one=_round(np.mean(off <= sd)),
                within_two=_round(np.mean(off <= 2 * sd)),
            )
        )
    return tuple(made)


def _round(value: float | np.floating) -> float:
    return round(float(value), 4)


def verdict(bins: Sequence[SpreadBin]) -> str:
    """Return what the bins of one track say, in a sentence; '' without bins.

    The comparison is between the fifth of the bins with the largest spread and that with the
    smallest: RMSE at least a quarter larger is called informative. That limit is a convention.
    """
    if not bins:
        return ""
    edge = max(1, len(bins) // 5)
    low, high = (_pooled(part) for part in (bins[:edge], bins[-edge:]))
    inside = sum(row.n * row.within_two for row in bins) / sum(row.n for row in bins)
    ratio = high / low if low > 0 else np.inf
    told = (
        f"where the networks differ most, the error is {ratio:.1f} times that where they agree most"
        if ratio >= 1.25
        else "the error is about the same where the networks agree and where they differ, so the "
        "spread does not tell good predictions from poor ones"
    )
    return (
        f"{told[:1].upper()}{told[1:]}. {100 * inside:.0f} % of the measured values lie within two "
        "spreads of the prediction; 95 % would, if the spread were the whole error."
    )


def _pooled(bins: Sequence[SpreadBin]) -> float:
    """Return the RMSE over the rows of several bins."""
    squares = sum(row.n * row.rmse**2 for row in bins)
    return float(np.sqrt(squares / sum(row.n for row in bins)))
