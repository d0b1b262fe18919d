"""Where a motif lies on scores: the offset and strand at which the two agree best.

Owns the measure of likeness: the cosine between scores of letters, 1 for the same picture whatever
its height, about 0 for another.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gexp_core.motifs.nouns import Seqlet
from gexp_core.types import Floats

#: Share of the shorter of seqlet and motif that must lie in both.
SHARED = 0.6

_AT_ONCE = 2000  # seqlets compared at a time; bounds memory


def turned(scores: Floats) -> Floats:
    """Return scores (..., 4, W) as the other strand reads them."""
    return np.ascontiguousarray(scores[..., ::-1, ::-1])


def best_places(
    contrib: Sequence[Floats], seqlets: Sequence[Seqlet], cwm: Floats
) -> tuple[Floats, NDArray[np.int64]]:
    """Return how well ``cwm`` fits each seqlet, and where.

    Parameters
    ----------
    contrib : N arrays (4, L), the scores of the letters that stand there
    seqlets : S Seqlet
    cwm : (4, W)

    Returns
    -------
    similarity : (S,) the best cosine over offsets that share enough with the seqlet; -1 where the
        sequence has no room
    start : (S,) int64, where the motif's first column then lies on the sequence
    """
    similarity = np.full(len(seqlets), -1.0, np.float32)
    start = np.zeros(len(seqlets), np.int64)
    for at in range(0, len(seqlets), _AT_ONCE):
        some = slice(at, at + _AT_ONCE)
        similarity[some], start[some] = _best(contrib, seqlets[some], cwm)
    return similarity, start


def _best(
    contrib: Sequence[Floats], seqlets: Sequence[Seqlet], cwm: Floats
) -> tuple[Floats, NDArray[np.int64]]:
    width = cwm.shape[1]
    first = np.array([s.start for s in seqlets])
    last = np.array([s.end for s in seqlets])
    room = np.array([contrib[s.sequence].shape[1] for s in seqlets])
    reach = int((last - first).max()) + width  # candidate starts per seqlet
    begin = first - width
    held = np.zeros((len(seqlets), 4, reach + width), np.float32)
    for row, s, b in zip(held, seqlets, begin.tolist(), strict=True):
        scores = contrib[s.sequence]
        low, high = max(0, b), min(scores.shape[1], b + reach + width)
        row[:, low - b : high - b] = scores[:, low:high]
    windows = np.lib.stride_tricks.sliding_window_view(held, width, 2)[:, :, :reach]
    dots = np.einsum("scrw,cw->sr", windows, cwm, optimize=True)
    energy = np.sqrt(np.einsum("scrw,scrw->sr", windows, windows, optimize=True))
    norm = float(np.linalg.norm(cwm))
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(energy > 0, dots / (energy * norm), -1)
    starts = begin[:, None] + np.arange(reach)
    shared = np.minimum(starts + width, last[:, None]) - np.maximum(starts, first[:, None])
    need = np.ceil(SHARED * np.minimum(width, last - first))[:, None]
    fits = (shared >= need) & (starts >= 0) & (starts + width <= room[:, None])
    cosine = np.where(fits, cosine, -1)
    best = cosine.argmax(1)
    rows = np.arange(len(seqlets))
    return cosine[rows, best].astype(np.float32), starts[rows, best]


def likeness(a: Floats, b: Floats, *, shared: int = 5) -> tuple[float, int, bool]:
    """Return how alike two motifs (4, W) are at their best offset.

    Returns
    -------
    cosine : over the columns that both have, of at least ``shared``, scaled down by what of either
        lies outside them
    offset : column of ``a`` at which ``b`` begins
    turned : whether ``b`` was turned round
    """
    found = (-1.0, 0, False)
    whole = float(np.linalg.norm(a) * np.linalg.norm(b))
    if not whole:
        return found
    for way, other in ((False, b), (True, turned(b))):
        for offset in range(shared - other.shape[1], a.shape[1] - shared + 1):
            low, high = max(0, offset), min(a.shape[1], offset + other.shape[1])
            dot = float((a[:, low:high] * other[:, low - offset : high - offset]).sum())
            if dot / whole > found[0]:
                found = (dot / whole, offset, way)
    return found
