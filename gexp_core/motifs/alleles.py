"""Which known motifs a variant makes or breaks, by the letters of its two alleles alone.

Owns what counts as gained and lost. A motif is judged by its best site at the change: a site that
covers a changed base, or for an insertion or deletion also one that touches it, so that a word
repeated beside the change is not called lost. Whether the model reads the motif is another
question, which the effect answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import one_hot
from gexp_core.errors import InputError, LimitError
from gexp_core.inputs.genome import Genome
from gexp_core.inputs.variants import Variant, check, core, normalise
from gexp_core.motifs.meme import Known
from gexp_core.motifs.scanning import P, scan_letters
from gexp_core.types import Floats, Progress

#: Bits by which the two best scores must differ: a change of less moves no one's mind.
LEAST = 1.0

#: Most variants of one call.
MOST = 100_000

#: Bases of a change above which it is not compared: it makes and breaks everything.
LONGEST = 1_000

_AT_ONCE = 2_000  # variants scanned together
_EPSILON = 1e-4  # of the scan's scores: log2((ppm + epsilon) / 0.25)


@dataclass(frozen=True, slots=True)
class MotifChange:
    """Say that one allele has a site of a motif and the other has not.

    Attributes
    ----------
    gained : whether the alternative has it; else the reference had it and it is lost
    id, name : of the known motif
    strand : '+' or '-', of the site
    p : of the site, as of ``scanning``; at most the threshold
    score, other : log2 odds, in bits, of the site and of the other allele's best
    """

    gained: bool
    id: str
    name: str
    strand: str
    p: float
    score: float
    other: float


Changes = tuple[tuple[MotifChange, ...], ...]


@dataclass(frozen=True, slots=True)
class _Allele:
    """Hold the letters round a change: ``text[at : at + length]`` are the allele's own."""

    text: str
    at: int
    length: int
    touching: bool

    def at_change(self, start: int, end: int) -> bool:
        """Return whether a site lies at the change."""
        slack = 1 if self.touching else 0
        return start < self.at + self.length + slack and end > self.at - slack


def motif_changes(
    variants: Sequence[Variant],
    genome: Genome,
    known: Sequence[Known],
    *,
    p: float = P,
    progress: Progress | None = None,
) -> Changes:
    """Return, for each variant, the motifs that it makes or breaks, the largest change first.

    Parameters
    ----------
    variants : sequence of V Variant
        One whose REF is not the genome's, that changes more than LONGEST bases, or that has no
        normal form (too far away in a repeat, say) has none.
    genome : Genome
        Where the letters around the change are from.
    known : sequence of Known
    p : float
        A motif is there where it has a hit (``scanning``) of at most this p value at the change.
    progress : callable, optional
        Called with (variants done, variants in all).

    Returns
    -------
    tuple of V tuples of MotifChange
        Gained: the motif is there with the alternative and not with the reference, and the best
        scores differ by at least LEAST bits. Lost: the other way round.

    Raises
    ------
    InputError
        p is no threshold, or no motif was given.
    LimitError
        More than MOST variants.
    """
    if not 0 < p <= 0.001:
        raise InputError(f"the threshold p = {p} is outside 0 to 0.001")
    if not known:
        raise InputError("no known motif was given to look for")
    if len(variants) > MOST:
        raise LimitError(
            f"{len(variants):,} variants were given; motifs are compared for {MOST:,} at most"
        )
    flank = max(one.ppm.shape[1] for one in known)
    made: list[tuple[MotifChange, ...]] = []
    for begin in range(0, len(variants), _AT_ONCE):
        part = [_alleles(one, genome, flank) for one in variants[begin : begin + _AT_ONCE]]
        made += _changes(part, known, p)
        if progress:
            progress(len(made), len(variants))
    return tuple(made)


def changes_named(
    variants: Sequence[Variant],
    genome: Genome,
    database: str,
    *,
    p: float = P,
    progress: Progress | None = None,
) -> Changes:
    """Compare with a bundled database, by its name; otherwise as ``motif_changes``."""
    from gexp_core.motifs.database import motifs_of

    return motif_changes(variants, genome, motifs_of(database), p=p, progress=progress)


def _alleles(variant: Variant, genome: Genome, flank: int) -> tuple[_Allele, _Allele] | None:
    """Return both alleles between ``flank`` bases of the genome; None if not compared."""
    # As far left as it goes, so that equal variants make and break the same motifs.
    try:
        if not check(variant, genome).ok:
            return None
        start, ref, alt = core(normalise(variant, genome))
    except InputError:  # one variant without a place costs the others nothing
        return None
    if max(len(ref), len(alt)) > LONGEST:
        return None
    chrom = genome.resolve(variant.chrom)
    first = max(0, start - flank)
    last = min(genome.contigs[chrom], start + len(ref) + flank)
    here = genome.fetch(chrom, first, last)
    at = start - first
    touching = len(ref) != len(alt)
    other = here[:at] + alt + here[at + len(ref) :]
    return _Allele(here, at, len(ref), touching), _Allele(other, at, len(alt), touching)


def _changes(
    part: Sequence[tuple[_Allele, _Allele] | None], known: Sequence[Known], p: float
) -> list[tuple[MotifChange, ...]]:
    """Return the changes of some variants, scanned in one go."""
    there = [i for i, pair in enumerate(part) if pair is not None]
    alleles = [allele for pair in part if pair is not None for allele in pair]
    made: list[tuple[MotifChange, ...]] = [() for _ in part]
    if not alleles:
        return made
    place = {(one.id, one.name): k for k, one in enumerate(known)}
    best: dict[tuple[int, int], tuple[float, float, str]] = {}  # text, motif -> score, p, strand
    for hit in scan_letters([one.text for one in alleles], known, p=p):
        key = hit.sequence, place[hit.id, hit.name]
        if alleles[hit.sequence].at_change(hit.start, hit.end):
            best[key] = max(best.get(key, (-np.inf, 1.0, "+")), (hit.score, hit.p, hit.strand))
    odds = [_odds(one.ppm) for one in known]
    hot = {text: one_hot(alleles[text].text) for text, _ in best}
    found: dict[int, list[MotifChange]] = {}
    for (text, k), (score, chance, strand) in best.items():
        mate = text ^ 1  # reference and alternative stand side by side
        if (mate, k) in best:
            continue
        if mate not in hot:
            hot[mate] = one_hot(alleles[mate].text)
        other = _best_at_change(alleles[mate], hot[mate], odds[k])
        if score - other >= LEAST:
            change = MotifChange(
                text % 2 == 1, known[k].id, known[k].name, strand, chance, score, other
            )
            found.setdefault(there[text // 2], []).append(change)
    for i, changes in found.items():
        made[i] = tuple(sorted(changes, key=lambda one: (one.other - one.score, one.id)))
    return made


def _odds(ppm: Floats) -> NDArray[np.float64]:
    return np.asarray(np.log2(ppm.astype(np.float64) + _EPSILON) + 2, np.float64)


def _best_at_change(allele: _Allele, hot: Floats, odds: NDArray[np.float64]) -> float:
    """Return the best score of a motif at the change, either strand; -inf where none fits."""
    width = odds.shape[1]
    starts = [
        start
        for start in range(len(allele.text) - width + 1)
        if allele.at_change(start, start + width) and "N" not in allele.text[start : start + width]
    ]
    if not starts:
        return float("-inf")
    views = np.lib.stride_tricks.sliding_window_view(hot, width, axis=1)[:, starts]
    both = (odds, odds[::-1, ::-1])
    return max(float(np.einsum("bsw,bw->s", views, one).max()) for one in both)
