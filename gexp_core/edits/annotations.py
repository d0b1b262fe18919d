"""Named stretches of a sequence: the visitor's own intervals, and genes of an annotation.

Owns where they lie on the original sequence, and on the letters as they are after edits. Both
strands are told as seen from the original: '+' is the strand that its letters are of. A stretch
that an edit rewrites letter by letter, turns round or shuffles keeps its positions, and so do
annotations there, with their strand.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from gexp_core.edits.state import NEW, EditState
from gexp_core.inputs.builds import chromosome
from gexp_core.inputs.genes import Genes
from gexp_core.inputs.intervals import NamedInterval
from gexp_core.types import Interval


@dataclass(frozen=True, slots=True)
class Annotation:
    """Hold a named stretch, 0-based half-open; ``strand`` is '+', '-', or '' where not known."""

    name: str
    start: int
    end: int
    strand: str = ""


def of_intervals(
    given: Iterable[NamedInterval],
    name: str,
    length: int,
    place: Interval | None,
    *,
    stranded: bool = True,
) -> tuple[Annotation, ...]:
    """Return the intervals that lie on one sequence, cut off at its ends, in the order given.

    Parameters
    ----------
    given : NamedInterval
        Those that name the sequence count on its letters; those that name the contig it is from,
        on that.
    name, length : of the sequence
    place : Interval, optional
        Where the sequence lies on a genome.
    stranded : bool
        Whether the strands of the intervals are known.
    """
    whole = Interval(name, 0, length)
    found = []
    for one in given:
        at = one.interval
        if at.chrom == name:
            found.append(_cut(one.name, at, whole, stranded))
        elif place is not None and chromosome(at.chrom) == chromosome(place.chrom):
            found.append(_cut(one.name, at, place, stranded))
    return tuple(one for one in found if one is not None)


def of_genes(genes: Genes, place: Interval) -> tuple[Annotation, ...]:
    """Return the genes that lie on an interval of a genome, each once for each of its strands.

    A gene reaches from the first to the last base of its transcripts that lie there.
    """
    contig = chromosome(place.chrom)
    spans: dict[tuple[str, str, str], tuple[int, int]] = {}
    for one in genes.transcripts:
        if one.start < place.end and one.end > place.start and chromosome(one.chrom) == contig:
            key = (one.gene_id, one.gene, one.strand)
            first, last = spans.get(key, (one.start, one.end))
            spans[key] = (min(first, one.start), max(last, one.end))
    found = (
        _cut(gene, Interval(place.chrom, *span, strand), place, True)
        for (_, gene, strand), span in spans.items()
    )
    return tuple(one for one in found if one is not None)


def _cut(name: str, at: Interval, place: Interval, stranded: bool) -> Annotation | None:
    """Return the part of an interval that lies on ``place``, in the letters of that."""
    start, end = max(at.start, place.start), min(at.end, place.end)
    if start >= end:
        return None
    strand = "" if not stranded else "+" if at.strand == place.strand else "-"
    if place.strand == "-":
        return Annotation(name, place.end - end, place.end - start, strand)
    return Annotation(name, start - place.start, end - place.start, strand)


def laid(annotations: Iterable[Annotation], state: EditState) -> tuple[Annotation, ...]:
    """Return annotations of the original on the letters after edits; those that are gone are not.

    Each reaches from the first to the last of its bases that are still there. Inserted bases that
    lie between them belong to it; those at its ends do not.
    """
    known = np.flatnonzero(state.places != NEW)
    places = state.places[known]  # ascending
    found = []
    for one in annotations:
        first, last = np.searchsorted(places, (one.start, one.end))
        if first < last:
            found.append(replace(one, start=int(known[first]), end=int(known[last - 1]) + 1))
    return tuple(found)
