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

#: What its ranking and its clustering say of likenesses that are no numbers, those of noise.
_NOT_RANKED = re.compile("Input (.* )?contains (NaN|infinity)|.*Cannot accept NaN weights")


def laid(arrays: Sequence[Floats], margin: int) -> tuple[Floats, NDArray[np.int64]]:
    """Lay arrays (4, L) into rows as wide as the longest, several short ones into one row.

    So one long sequence makes a row of its own, and not all rows as long as itself.

    Returns
    -------
    rows : (R, margin + longest + margin, 4) float32, zeros between: twice the margin at least
    places : (N, 2) int64, row and first column of each array
    """
    longest = max(x.shape[1] for x in arrays)
    places = np.zeros((len(arrays), 2), np.int64)
    row, column = 0, margin
    for at, array in enumerate(arrays):
        if column + array.shape[1] > margin + longest:
            row, column = row + 1, margin
        places[at] = row, column
        column += array.shape[1] + 2 * margin
    rows = np.zeros((row + 1, longest + 2 * margin, 4), np.float32)
    for array, (which, begin) in zip(arrays, places.tolist(), strict=True):
        rows[which, begin : begin + array.shape[1]] = array.T
    return rows, places


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

    margin = 3 * HALF  # a pattern may grow beyond its seqlets, and they beyond the sequence
    letters, begins = laid(hot, margin)
    scores, _ = laid(hypothetical, margin)
    # A column without letters (N, or beyond an end) must say nothing. As zeros it would become nan,
    # which draws a pattern's window out of its sequences, and the merging then never ends.
    letters[~letters.any(2)] = 0.25
    clock = (share or Share(None)).during(seconds_of(len(places), runs))
    with kernels(), clock:
        tracks = core.TrackSet(
            one_hot=letters, contrib_scores=letters * scores, hypothetical_contribs=scores
        )
        windows = [
            core.Seqlet(row, middle - HALF, middle + HALF + 1, False)
            for row, middle in (begins[places[:, 0]] + places * [0, 1]).tolist()
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
        except BaseException as error:  # leidenalg raises that very class
            if not _NOT_RANKED.match(str(error)):
                raise
            return None
    return [np.asarray(p.contrib_scores, np.float32).T.copy() for p in made or ()]
