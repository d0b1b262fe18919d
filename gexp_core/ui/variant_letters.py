"""Which letters of a genome variants need, where they come from a service piece by piece.

Owns how far from a change is read. What is sent for it, and the question before, are ``fetched``'s.
"""

import contextlib
from collections.abc import Sequence

from gexp_core.errors import InputError
from gexp_core.inputs import Genome
from gexp_core.inputs.alleles import READ_FIRST, READ_MOST
from gexp_core.inputs.remote import FetchedGenome
from gexp_core.inputs.variants import RepeatError, Variant, normalise
from gexp_core.models.card import ModelCard
from gexp_core.types import Interval


def around(variants: Sequence[Variant], genome: Genome, card: ModelCard) -> tuple[Interval, ...]:
    """Return the places whose letters are needed to check and score the variants.

    None where the genome is here. An indel in a repeat needs letters that cannot be told before
    those beside it are here: what is returned then grows.
    """
    made: list[Interval] = []
    if not isinstance(genome, FetchedGenome):
        return ()
    for one in variants:
        with contextlib.suppress(InputError):
            contig = genome.check(one.chrom, one.start, one.end)
            start = max(0, one.start - card.input_length - _moved(one, genome, contig))
            end = one.start + max(len(one.ref), len(one.alt)) + card.input_length
            made.append(Interval(contig, start, min(end, genome.contigs[contig])))
    return tuple(made)


def lacking(variants: Sequence[Variant], genome: Genome, card: ModelCard) -> bool:
    """Return whether letters that the variants need are not here yet."""
    needed = around(variants, genome, card)
    return isinstance(genome, FetchedGenome) and bool(genome.missing(needed, 1))


def _moved(one: Variant, genome: FetchedGenome, contig: str) -> int:
    """Return how many bases to the left an indel is moved, or read for it where that is not known.

    0 for what is not moved.
    """
    if len(one.ref) == len(one.alt):
        return 0
    if genome.missing([Interval(contig, max(0, one.start - READ_FIRST), one.end)], 1):
        return READ_FIRST
    try:
        right = genome.fetch(contig, one.start, one.end) == one.ref
        return one.start - normalise(one, genome).start if right else 0
    except RepeatError:
        return 0
    except InputError:  # a repeat that goes on where nothing was fetched
        return READ_MOST
