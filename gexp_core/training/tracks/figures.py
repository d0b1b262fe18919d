"""How well tracks along windows are predicted: over all bins, within a window, across windows.

Everything is taken from sums over the bins of each window, so that whole windows can be drawn
again and again for the intervals without reading a bin twice.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gexp_core.models.card import Metric
from gexp_core.types import Floats, Ints

Doubles = NDArray[np.float64]

#: What the rows of a figure are called on the card.
ALL, WITHIN, ACROSS = "all", "within a window", "across windows, same bin"

#: Draws of whole windows that an interval is taken from.
DRAWS = 1000


def sums(predicted: Floats, measured: Floats) -> Doubles:
    """Return (N, T, 6): bins, and the sums of p, m, p * p, m * m, p * m over each window.

    Parameters
    ----------
    predicted, measured : (N, B, T)
    """
    p, m = predicted.astype(np.float64), measured.astype(np.float64)
    bins = np.full((p.shape[0], p.shape[2]), p.shape[1], np.float64)
    parts = (bins, p.sum(1), m.sum(1), (p * p).sum(1), (m * m).sum(1), (p * m).sum(1))
    return np.stack(parts, -1)


def correlation(total: Doubles) -> Doubles:
    """Return Pearson r of added sums (..., 6); nan where either side is constant."""
    n, p, m, pp, mm, pm = np.moveaxis(total, -1, 0)
    spread = np.maximum(pp - p * p / n, 0) * np.maximum(mm - m * m / n, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((pm - p * m / n) / np.sqrt(spread))


def explained(total: Doubles) -> Doubles:
    """Return R2 of added sums (..., 6): 1 - squared error over squared deviation from the mean."""
    n, _, m, pp, mm, pm = np.moveaxis(total, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - (pp - 2 * pm + mm) / (mm - m * m / n))


def _mean(values: Doubles, axis: int) -> Doubles:
    """Return the mean over what is known along an axis; nan where nothing is."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0).sum(axis) / known.sum(axis))


def pooled(predicted: Floats, measured: Floats, groups: Mapping[str, Ints]) -> dict[str, float]:
    """Return, for each assay, the mean over its tracks of r over the bins of all windows."""
    r = correlation(sums(predicted, measured).sum(0))
    return {name: float(_mean(r[tracks], 0)) for name, tracks in groups.items()}


def held_out(
    predicted: Mapping[str, Floats],
    measured: Floats,
    tracks: Sequence[str],
    groups: Mapping[str, Ints],
    *,
    against: Mapping[str, str] | None = None,
    seed: int = 0,
) -> tuple[Metric, ...]:
    """Return the figures of the card: means over tracks first, then each track.

    Parameters
    ----------
    predicted : mapping
        Name of a predictor -> (N, B, T).
    measured : (N, B, T)
    tracks : names of the T tracks
    groups : name of an assay -> its tracks' numbers
    against : what a gain is called -> a predictor; each other one's r over all bins minus its is
        given for each assay under that name, both taken on the same draws of windows
    seed : of the draws of whole windows that the 95 % intervals are taken from

    Returns
    -------
    tuple of Metric
        ``n`` counts windows times bins; r within a window is the mean over windows, r across
        windows at the same bin the mean over bins, and what has no r (a constant) is left out.
    """
    count, bins = measured.shape[:2]
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), DRAWS)
    made: list[Metric] = []
    others = {
        metric: (name, sums(predicted[name], measured)) for metric, name in (against or {}).items()
    }
    for name, values in predicted.items():
        each = sums(values, measured)  # (N, T, 6)
        total, again = each.sum(0), np.einsum("dn,ntk->dtk", drawn, each)
        across = _mean(correlation(sums(values.swapaxes(0, 1), measured.swapaxes(0, 1))), 0)
        figures = {
            ("pearson", ALL): (correlation(total), correlation(again)),
            ("r2", ALL): (explained(total), explained(again)),
            ("pearson", WITHIN): (_mean(correlation(each), 0), None),
            ("pearson", ACROSS): (across, None),
        }
        for metric, (compared, other) in others.items():
            if name != compared:
                beside = correlation(np.einsum("dn,ntk->dtk", drawn, other))
                gain = correlation(total) - correlation(other.sum(0))
                figures[metric, ALL] = (gain, correlation(again) - beside)
        for (metric, subset), (whole, draws) in figures.items():
            alone = (metric, subset) in (("pearson", ALL), ("r2", ALL))  # of single tracks too
            for label, chosen in _chosen(tracks, groups):
                if (label in tracks and not alone) or not np.isfinite(whole[chosen]).any():
                    continue
                low, high = _interval(draws, chosen)
                value = round(float(_mean(whole[chosen], 0)), 4)
                made.append(
                    Metric(name, subset, label, metric, value, count * bins, low, high, "windows")
                )
    return tuple(made)


def _chosen(tracks: Sequence[str], groups: Mapping[str, Ints]) -> Iterator[tuple[str, Ints]]:
    """Yield what figures are given of: the assays, all tracks, each track."""
    for group, numbers in groups.items():
        yield f"{group}, mean of {len(numbers)} tracks", numbers
    for number, track in enumerate(tracks):
        yield track, np.array([number])


def _interval(draws: Doubles | None, chosen: Ints) -> tuple[float | None, float | None]:
    """Return the middle 95 % of the draws' means over the chosen tracks."""
    if draws is None:
        return None, None
    low, high = np.nanquantile(_mean(draws[:, chosen], 1), [0.025, 0.975])
    return round(float(low), 4), round(float(high), 4)
