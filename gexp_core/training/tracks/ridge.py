"""What GC content alone tells of a track: a ridge on GC and CpG around each bin.

The classical model beside a network of tracks: where a network does not beat it clearly, the
network has learned composition.
"""

import numpy as np
from sklearn.linear_model import Ridge

from gexp_core.training.tracks.figures import pooled
from gexp_core.training.tracks.texts import Codes
from gexp_core.training.tracks.windows import Windows
from gexp_core.types import Floats

#: Bases around the middle of a bin that are looked at.
SCALES = (128, 512, 2_048, 8_192, 32_768)

#: Bins around each bin over which measured signal is averaged.
SPANS = (1, 5, 17, 65, 257)

PENALTIES = (1.0, 100.0, 10_000.0)
ABOUT = "ridge on the share of G and C and of CpG in {} bp around each bin, penalty {:g}, chosen \
on valid"
ABOUT_SIGNAL = (
    "ridge on the measured {} tracks alone (logarithms, mean over {} bins around each bin, \
and over the window), penalty {:g}, chosen on valid"
)


def features(codes: Codes, bins: int, size: int) -> Floats:
    """Return (N, bins, 10) shares around the bins on the middle of each window.

    Parameters
    ----------
    codes : (N, L) uint8
    bins, size : how many bins, and the bases of each
    """
    gc = np.isin(codes, (1, 2))
    cpg = np.zeros_like(gc)
    cpg[:, :-1] = (codes[:, :-1] == 1) & (codes[:, 1:] == 2)
    length = codes.shape[1]
    middle = (length - bins * size) // 2 + np.arange(bins) * size + size // 2
    made = []
    for flag in (gc, cpg):
        run = np.concatenate([np.zeros((len(codes), 1)), flag.cumsum(1)], 1)
        for scale in SCALES:
            start = np.clip(middle - scale // 2, 0, length)
            end = np.clip(middle + scale // 2, 0, length)
            made.append((run[:, end] - run[:, start]) / (end - start))
    return np.stack(made, -1).astype(np.float32)


def signal_features(measured: Floats) -> Floats:
    """Return (N, B, S * 6) means of the logarithm of signals around each bin, and over the window.

    Parameters
    ----------
    measured : (N, B, S)
    """
    levels = np.log1p(measured.astype(np.float64))
    bins = levels.shape[1]
    run = np.concatenate([np.zeros_like(levels[:, :1]), levels.cumsum(1)], 1)
    made = []
    for span in SPANS:
        start = np.clip(np.arange(bins) - span // 2, 0, bins)
        end = np.clip(np.arange(bins) + span // 2 + 1, 0, bins)
        made.append((run[:, end] - run[:, start]) / (end - start)[:, None])
    made.append(np.broadcast_to(levels.mean(1, keepdims=True), levels.shape))
    return np.concatenate(made, -1).astype(np.float32)


def composition_ridge(windows: Windows, rows: np.ndarray, size: int) -> tuple[Floats, str]:
    """Return (len(rows), B, T) predictions of windows, and what made them, in a sentence."""
    known = features(windows.codes, windows.y.shape[1], size)
    said, penalty = _fitted(windows, rows, known)
    return said, ABOUT.format(", ".join(f"{s:,}" for s in SCALES), penalty)


def signal_ridge(
    windows: Windows, rows: np.ndarray, measured: Floats, name: str
) -> tuple[Floats, str]:
    """Return (len(rows), B, T) predictions from measured signal (N, B, S), and what made them."""
    said, penalty = _fitted(windows, rows, signal_features(measured))
    return said, ABOUT_SIGNAL.format(name, ", ".join(map(str, SPANS)), penalty)


def _fitted(windows: Windows, rows: np.ndarray, known: Floats) -> tuple[Floats, float]:
    """Return predictions of rows by a ridge on features (N, B, F), and its penalty."""
    train, valid = windows.rows("train"), windows.rows("valid")
    mean, sd = known[train].mean((0, 1)), known[train].std((0, 1))
    known = (known - mean) / sd

    def flat(values: Floats) -> Floats:
        return values.reshape(-1, values.shape[2])

    best, kept, penalty = -np.inf, None, 0.0
    for one in PENALTIES:
        model = Ridge(alpha=one).fit(flat(known[train]), flat(windows.y[train]))
        said = model.predict(flat(known[valid])).reshape(windows.y[valid].shape)
        score = float(np.mean(list(pooled(said, windows.y[valid], windows.groups).values())))
        if score > best:
            best, kept, penalty = score, model, one
    if kept is None:
        raise ArithmeticError("no penalty gave a finite correlation on valid")
    said = kept.predict(flat(known[rows])).reshape(windows.y[rows].shape)
    return said.astype(np.float32), penalty
