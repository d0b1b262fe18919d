"""Where known motifs could bind by their letters alone, whatever the model says (FIMO).

Owns the scan, which is a second opinion: a hit here without a site of a discovered motif is a word
that the model does not use, and the other way round. p values are FIMO's, through ``memelite``.

References
----------
Grant, Bailey & Noble, FIMO: scanning for occurrences of a given motif, Bioinformatics 27:1017
(2011).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gexp_core.encoding import one_hot
from gexp_core.errors import InputError, LimitError
from gexp_core.motifs.compiled import kernels
from gexp_core.motifs.meme import Known
from gexp_core.types import Progress, SequenceSet

#: Largest p of a hit, the usual of the method.
P = 1e-4

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
    score : log2 odds of the letters, motif against a quarter of each, in bits
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
        Largest p of a hit, for one place on one strand; not corrected for how many there are.

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


def scan_letters(texts: Sequence[str], known: Sequence[Known], *, p: float) -> tuple[Hit, ...]:
    """Return every hit on ``texts``; otherwise as :func:`scan`."""
    from memelite import fimo

    known = [one for one in known if least_chance(one) <= p]
    if not known:
        return ()
    longest = max(len(text) for text in texts)
    longest = max(longest, *(one.ppm.shape[1] for one in known))
    hot = np.zeros((len(texts), 4, longest), np.float32)
    for row, text in zip(hot, texts, strict=True):
        row[:, : len(text)] = one_hot(text)
    # numbers, not names: two motifs may share a name, and it may be a visitor's text
    motifs = {str(k): one.ppm.astype(np.float64) for k, one in enumerate(known)}
    with kernels():
        tables = fimo(motifs, hot, threshold=p)
    if sum(len(table) for table in tables) > MOST_HITS:
        raise LimitError(
            f"the scan has more than {MOST_HITS:,} hits; give fewer sequences or motifs, or a "
            "smaller p"
        )
    columns = ["sequence_name", "start", "end", "strand", "score", "p-value"]
    found = []
    for one, table in zip(known, tables, strict=True):
        for i, a, b, strand, score, chance in table[columns].itertuples(index=False):
            start, end, text = int(a), int(b), texts[int(i)]
            # the padding behind a sequence, and N, count as neutral letters: no hit lies on them
            if end <= len(text) and "N" not in text[start:end]:
                where = (int(i), start, end, str(strand))
                chance = max(float(chance), least_chance(one))
                found.append(Hit(*where, one.id, one.name, float(score), chance))
    return tuple(sorted(found, key=lambda hit: (hit.sequence, hit.start, hit.end, hit.p)))


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
