"""How well known motifs match sequences: one number per motif, the best place on either strand.

Owns the scoring of given matrices, as features for the classical predictors. Reads no file; which
motifs there are, and where a match counts as a hit, belong elsewhere.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import indices
from gexp_core.errors import InputError
from gexp_core.types import Floats

_ROWS = 256  # sequences scored at once; about 40 MB of windows at 164 bp


def log_odds(ppm: Floats, *, pseudo: float = 0.01, background: float = 0.25) -> Floats:
    """Return (4, W) log2 of probability over an even background.

    Parameters
    ----------
    ppm : (4, W) probabilities, columns sum to 1
    pseudo : added to every probability, so that a letter never seen costs a finite amount
    """
    raised = (np.asarray(ppm, np.float64) + pseudo) / (1 + 4 * pseudo)
    return np.asarray(np.log2(raised / background), np.float32)


def best_hits(sequences: Sequence[str], matrices: Sequence[Floats]) -> Floats:
    """Return the best match of every motif in every sequence.

    Parameters
    ----------
    sequences : sequence of str
        N texts of one length L over ACGTN; an N adds 0, what an average letter would.
    matrices : sequence of (4, W) float32
        Scores per letter and column, say of :func:`log_odds`; W at most L.

    Returns
    -------
    (N, M) float32
        The highest sum of scores over all places and both strands.

    Raises
    ------
    InputError
        Sequences differ in length, or a matrix is wider than they are.
    """
    if not sequences or not matrices:
        return np.zeros((len(sequences), len(matrices)), np.float32)
    lengths = {len(text) for text in sequences}
    if len(lengths) != 1:
        raise InputError(
            f"sequences of {min(lengths)} to {max(lengths)} bases cannot be scored together; give "
            "one length"
        )
    length = lengths.pop()
    codes = np.stack([indices(text) for text in sequences])
    hits = np.empty((len(sequences), len(matrices)), np.float32)
    widths = np.array([matrix.shape[1] for matrix in matrices])
    if widths.max() > length:
        raise InputError(
            f"a motif of {widths.max()} columns does not fit sequences of {length} bases"
        )
    for width in np.unique(widths):
        which = np.flatnonzero(widths == width).tolist()
        both = [matrices[m] for m in which] + [matrices[m][::-1, ::-1] for m in which]
        scores = np.stack([matrix.T.ravel() for matrix in both], 1).astype(np.float32)
        for first in range(0, len(codes), _ROWS):
            rows = slice(first, first + _ROWS)
            found = (_windows(codes[rows], int(width)) @ scores).max(1)  # (n, 2 * motifs)
            hits[rows, which] = np.maximum(found[:, : len(which)], found[:, len(which) :])
    return hits


def _windows(codes: NDArray[np.int8], width: int) -> Floats:
    """Return (n, L - width + 1, 4 * width) one-hot windows of (n, L) codes."""
    hot = (codes[:, :, None] == np.arange(4, dtype=np.int8)).astype(np.float32)  # (n, L, 4)
    view = np.lib.stride_tricks.sliding_window_view(hot, width, axis=1)  # (n, P, 4, width)
    flat = view.transpose(0, 1, 3, 2).reshape(len(codes), -1, 4 * width)
    return np.ascontiguousarray(flat)
