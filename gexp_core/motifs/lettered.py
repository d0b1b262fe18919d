"""Words of a fixed width in a stretch of letters, as numbers, and shares of letters as a word.

Owns the numbers and the letters. Which words matter is the caller's.
"""

import numpy as np
from numpy.typing import NDArray

from gexp_core.types import Floats


def words_of(
    hot: Floats, width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return every word of one-hot letters (4, L), by where it begins; L is at least ``width``.

    Returns
    -------
    forward, other : (L - width + 1,) the word as it is read, and its reverse complement: their
        letters, 0-3 for A C G T, as digits
    known : (L - width + 1,) whether it has no N
    """
    window = np.lib.stride_tricks.sliding_window_view
    powers = 4 ** np.arange(width - 1, -1, -1)
    runs = window(hot.argmax(0), width)
    known = np.asarray(window(np.asarray(hot.any(0)), width).all(1))
    return runs @ powers, (3 - runs[:, ::-1]) @ powers, known


def consensus_of(ppm: Floats) -> str:
    """Return the commonest letter of each column; lower case where it has less than half."""
    best = ppm.argmax(0)
    return "".join(
        "ACGT"[k] if share >= 0.5 else "acgt"[k]
        for k, share in zip(best.tolist(), ppm.max(0).tolist(), strict=True)
    )
