"""Where known motifs could bind by their letters alone, whatever the model says (FIMO).

Owns the scan and what counts as a hit. It is a second opinion: a hit here without a site of a
discovered motif is a word that the model does not use, and the other way round. p values are
FIMO's, through ``memelite``.

References
----------
Grant, Bailey & Noble, FIMO: scanning for occurrences of a given motif, Bioinformatics 27:1017
(2011).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import one_hot
from gexp_core.errors import InputError, LimitError
from gexp_core.motifs.compiled import kernels
from gexp_core.motifs.meme import Known
from gexp_core.types import Ints, Progress, SequenceSet

#: Largest p of a hit, the usual of the method.
P = 1e-4

#: Least score of a hit, in bits: below it the background explains the letters better than the motif
#: does, whatever their p (fewer than one word in ten thousand may fit an exacting motif).
FITS = 0.0

#: Hits above which a scan is refused; a thousand motifs on a thousand sequences stay below.
MOST_HITS = 500_000


@dataclass(frozen=True, slots=True)
class Hit:
    """Place a known motif by its letters.

    Attributes
    ----------
    sequence : place of the sequence in its set
    start, end : 0-based half-open
    strand : '+' or '-'
    id, name : of the known motif
    score : log2 odds of the letters, motif against a quarter of each, in bits; FITS or more
    p : chance of as high a score in letters drawn evenly
    """

    sequence: int
    start: int
    end: int
    strand: str
    id: str
    name: str
    score: float
    p: float


def scan(sequences: SequenceSet, known: Sequence[Known], *, p: float = P) -> tuple[Hit, ...]:
    """Return every hit of every motif, in order of sequence and position.

    Parameters
    ----------
    sequences : SequenceSet
    known : sequence of Known
    p : float
        Largest p of a hit, for one place on one strand; not corrected for how many there are. Its
        score is FITS at least.

    Raises
    ------
    InputError
        p is no threshold, or no motif was given.
    LimitError
        More than MOST_HITS hits.
    """
    if not 0 < p <= 0.01:
        raise InputError(f"the threshold p = {p} is outside 0 to 0.01")
    if not known:
        raise InputError("no known motif was given to scan with")
    return scan_letters(sequences.sequences, known, p=p)


def least_chance(known: Known) -> float:
    """Return 4^-W: the least chance that W letters drawn evenly score as high as any do.

    Binned scores can give the best letters of a short motif the chance 0.
    """
    return float(4.0 ** -known.ppm.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Hold the hits of one motif as columns, forward ones first; as of ``Hit``."""

    text: Ints
    start: Ints
    turned: NDArray[np.bool_]
    score: NDArray[np.float64]
    p: NDArray[np.float64]


def scan_letters(texts: Sequence[str], known: Sequence[Known], *, p: float) -> tuple[Hit, ...]:
    """Return every hit on ``texts``; otherwise as :func:`scan`."""
    tables = columns_of(texts, known, p=p)
    if sum(len(table.start) for table in tables) > MOST_HITS:
        raise LimitError(
            f"the scan has more than {MOST_HITS:,} hits; give fewer sequences or motifs, or a "
            "smaller p"
        )
    found = []
    for one, table in zip(known, tables, strict=True):
        width = one.ppm.shape[1]
        for i, start, turned, score, chance in zip(
            table.text.tolist(),
            table.start.tolist(),
            table.turned.tolist(),
            table.score.tolist(),
            table.p.tolist(),
            strict=True,
        ):
            strand = "-" if turned else "+"
            found.append(Hit(i, start, start + width, strand, one.id, one.name, score, chance))
    return tuple(sorted(found, key=lambda hit: (hit.sequence, hit.start, hit.end, hit.p)))


def columns_of(texts: Sequence[str], known: Sequence[Known], *, p: float) -> list[Found]:
    """Return the hits of every motif on ``texts``, of FITS bits at least; none of one too short."""
    from memelite import fimo

    places, numbers = np.zeros(0, np.int64), np.zeros(0)
    found = [Found(places, places, places > 0, numbers, numbers)] * len(known)
    able = [k for k, one in enumerate(known) if least_chance(one) <= p]
    if not able:
        return found
    # one behind the other, an N between: a text for each, padded to the longest, could be enormous
    first = np.cumsum([0, *(len(text) + 1 for text in texts)])
    hot = one_hot("N".join(texts).ljust(max(known[k].ppm.shape[1] for k in able), "N"))[None]
    # N, and what is behind the last text, count as neutral letters: no hit lies on them
    unknown = np.cumsum(np.append(False, ~hot[0].any(0)))
    # numbers, not names: two motifs may share a name, and it may be a visitor's text
    motifs = {str(k): known[k].ppm.astype(np.float64) for k in able}
    with kernels():
        tables = fimo(motifs, hot, threshold=p)
    for k, table in zip(able, tables, strict=True):
        start, end = (table[name].to_numpy(np.int64) for name in ("start", "end"))
        text = np.searchsorted(first, start, side="right") - 1
        chance = np.maximum(table["p-value"].to_numpy(np.float64), least_chance(known[k]))
        turned, score = table["strand"].to_numpy() == "-", table["score"].to_numpy(np.float64)
        kept = (unknown[end] == unknown[start]) & (score >= FITS)
        start = start - first[text]
        found[k] = Found(text[kept], start[kept], turned[kept], score[kept], chance[kept])
    return found


def scan_named(
    sequences: SequenceSet,
    known: Sequence[Known],
    *,
    p: float = P,
    progress: Progress | None = None,
) -> tuple[Hit, ...]:
    """Scan as a job; otherwise as :func:`scan`."""
    found = scan(sequences, known, p=p)
    if progress:
        progress(1, 1)
    return found
