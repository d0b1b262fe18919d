"""What a motif is called: known motifs that it resembles more than chance allows.

Owns the comparison and its false discovery rates; p values are TOMTOM's, through ``memelite``.

References
----------
Gupta et al., Quantifying similarity between motifs, Genome Biol 8:R24 (2007). Benjamini & Hochberg,
J R Stat Soc B 57:289 (1995).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import one_hot
from gexp_core.errors import InputError
from gexp_core.motifs.compiled import kernels
from gexp_core.motifs.meme import Known
from gexp_core.motifs.nouns import Match, Motif, MotifSet
from gexp_core.types import Floats

#: q below which a known motif is called a match, and the most that are kept.
Q, MOST = 0.1, 10

#: Known motifs below which TOMTOM's background, their own columns, is too small.
FEWEST = 25

#: Bits of a column below which it says nothing; such ends are left out before comparing.
_QUIET = 0.3


def name(
    found: MotifSet, known: Sequence[Known], *, database: str, q: float = Q, most: int = MOST
) -> MotifSet:
    """Name every motif of a set.

    Parameters
    ----------
    found : MotifSet
    known : sequence of Known
        At least 25: p values are against the columns of all of them.
    database : str
        What the known motifs are called together.
    q : float
        Largest false discovery rate of a match that is kept.
    most : int
        Matches kept for each motif.

    Raises
    ------
    InputError
        Too few known motifs.
    """
    named = name_motifs(found.motifs, known, q=q, most=most)
    return replace(found, motifs=named, database=database)


def name_motifs(
    motifs: Sequence[Motif], known: Sequence[Known], *, q: float = Q, most: int = MOST
) -> tuple[Motif, ...]:
    """Return the motifs with their matches; otherwise as :func:`name`."""
    if not motifs:
        return ()
    ends = [loud(motif) for motif in motifs]
    tables = matches_of([m.ppm[:, a:b] for m, (a, b) in zip(motifs, ends, strict=True)], known)
    return tuple(
        replace(
            motif,
            matches=tuple(
                replace(match, offset=match.offset + begin) for match in table if match.q < q
            )[:most],
        )
        for motif, (begin, _), table in zip(motifs, ends, tables, strict=True)
    )


def name_seqlets(
    found: MotifSet, known: Sequence[Known], *, q: float = Q, most: int = 3
) -> MotifSet:
    """Name every seqlet of a set by its letters; for sets too small to have motifs.

    A few letters resemble much, so most short seqlets keep no name.
    """
    if not found.seqlets:
        return found
    letters = [one_hot(found.sequences[s.sequence][s.start : s.end]) for s in found.seqlets]
    filled = [x + 0.25 * (x.sum(0) == 0) for x in letters]  # N: a quarter of each
    tables = matches_of(filled, known)
    matches = tuple(tuple(m for m in table[:most] if m.q < q) for table in tables)
    return replace(found, seqlet_matches=matches)


def loud(motif: Motif) -> tuple[int, int]:
    """Return the columns, 0-based half-open, between a motif's outermost ones that say something.

    At least four columns, the ones in the middle of a motif that says nothing anywhere.
    """
    telling = np.flatnonzero(motif.bits() >= _QUIET)
    if not len(telling) or motif.width <= 4:
        return 0, motif.width
    begin, end = int(telling[0]), int(telling[-1]) + 1
    while end - begin < 4:
        begin, end = max(0, begin - 1), min(motif.width, end + 1)
    return begin, end


def enough(known: Sequence[Known]) -> None:
    """Refuse known motifs that are too few to name by."""
    if len(known) < FEWEST:
        raise InputError(
            f"{len(known)} known motifs are too few to say what a match by chance looks like; give "
            f"at least {FEWEST}, or none to name by a bundled database"
        )


def matches_of(ppms: Sequence[Floats], known: Sequence[Known]) -> list[list[Match]]:
    """Return every known motif as a match of each ppm (4, W), best first; most are by chance."""
    from memelite import tomtom

    enough(known)
    queries = [np.ascontiguousarray(ppm, np.float64) for ppm in ppms]
    targets = [np.ascontiguousarray(one.ppm, np.float64) for one in known]
    with kernels():
        p, _, offset, overlap, strand = tomtom(queries, targets)
    p = np.clip(p, 0, 1)
    found = []
    for row in range(len(ppms)):
        q = false_discovery(p[row])
        found.append(
            [
                Match(
                    known[k].id,
                    known[k].name,
                    float(p[row, k]),
                    float(q[k]),
                    -int(offset[row, k]),
                    int(overlap[row, k]),
                    "-" if strand[row, k] else "+",
                )
                for k in np.argsort(p[row], kind="stable").tolist()
            ]
        )
    return found


def false_discovery(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return q (K,): the share of false ones among all with a p at most as large.

    By Benjamini and Hochberg; q never falls as p rises.
    """
    order = np.argsort(p, kind="stable")
    rate = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty_like(p)
    q[order] = np.minimum(1, np.minimum.accumulate(rate[::-1])[::-1])
    return q
