"""Patterns of alike seqlets, made by TF-MoDISco (``modisco-lite``).

Owns the call, and how long it is expected to take. What is a site of a pattern is ``placing``'s to
decide, and whether a pattern is more than chance ``chance``'s.

References
----------
Shrikumar et al., Technical note on Transcription Factor Motif Discovery from Importance Scores
(TF-MoDISco), arXiv:1811.00416. Schreiber, modisco-lite 3.0.0.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gexp_core.motifs.compiled import kernels
from gexp_core.motifs.moving import Share
from gexp_core.types import Floats

#: Bases on either side of a seqlet's middle that are compared while patterns are made.
HALF = 15

#: Seqlets of one sign of which patterns are made at most, the strongest; what it costs grows with
#: them, and a motif of a large set shows in a part of its sites. Sites are looked for among all.
CLUSTERED = 4000

#: What its ranking says of likenesses that are no numbers, those of patterns that are all noise.
_NOT_RANKED = re.compile("Input (.* )?contains (NaN|infinity)")


def padded(arrays: Sequence[Floats], length: int) -> Floats:
    """Return (N, 4, length) with zeros behind the shorter ones."""
    out = np.zeros((len(arrays), 4, length), np.float32)
    for row, array in zip(out, arrays, strict=True):
        row[:, : array.shape[1]] = array
    return out


def seconds_of(seqlets: int, runs: int) -> float:
    """Return about how long patterns of so many seqlets take on one processor."""
    return 1.0 + min(seqlets, CLUSTERED) * (0.004 + 0.0045 * runs)


def patterns_of(
    hot: Sequence[Floats],
    hypothetical: Sequence[Floats],
    places: NDArray[np.int64],
    *,
    sign: int,
    least: int,
    runs: int,
    share: Share | None = None,
) -> list[Floats] | None:
    """Return the patterns (4, W) of mean scores that TF-MoDISco makes of seqlets.

    None where it gives up because it cannot rank them.

    Parameters
    ----------
    hot, hypothetical : N arrays (4, L), letters and the score that each letter would get
    places : (S, 2) sequence and middle of each seqlet
    sign : 1 or -1, of the seqlets
    least : seqlets that a pattern needs
    runs : runs of the clustering
    share : told how far the work is, by the clock
    """
    from modiscolite import core, tfmodisco

    longest = max(x.shape[1] for x in hot)
    margin = 3 * HALF  # a pattern may grow beyond its seqlets, and they beyond the sequence
    pad = ((0, 0), (0, 0), (margin, margin))
    letters, scores = (
        np.pad(padded(some, longest), pad).transpose(0, 2, 1) for some in (hot, hypothetical)
    )
    # A column without letters (N, or beyond an end) must say nothing. As zeros it would become nan,
    # which draws a pattern's window out of its sequences, and the merging then never ends.
    letters = letters + 0.25 * (letters.sum(2, keepdims=True) == 0)
    clock = (share or Share(None)).during(seconds_of(len(places), runs))
    with kernels(), clock:
        tracks = core.TrackSet(
            one_hot=np.ascontiguousarray(letters, np.float32),
            contrib_scores=np.ascontiguousarray(letters * scores, np.float32),
            hypothetical_contribs=np.ascontiguousarray(scores, np.float32),
        )
        windows = [
            core.Seqlet(int(i), int(at) + margin - HALF, int(at) + margin + HALF + 1, False)
            for i, at in places
        ]
        try:
            made = tfmodisco.seqlets_to_patterns(
                seqlets=tracks.create_seqlets(windows),
                track_set=tracks,
                track_signs=sign,
                n_leiden_runs=runs,
                final_min_cluster_size=least,
                min_num_to_trim_to=least,
            )
        except ValueError as error:
            if not _NOT_RANKED.match(str(error)):
                raise
            return None
    return [np.asarray(p.contrib_scores, np.float32).T.copy() for p in made or ()]
