"""Results on one contig as a genome browser inside a page takes them: runs of values, and letters.

Owns which value and which letter stand on which base of the plus strand. How they travel to the
browser, and what is computed, is the page's. Coordinates are 0-based half-open.
"""

from collections.abc import Sequence

import numpy as np

from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError
from gexp_core.export.genome_tracks import Piece, Runs, part, runs
from gexp_core.types import Floats, Interval, Mutagenesis, SequenceSet


def on_contig(pieces: Sequence[Piece], chrom: str) -> Runs | None:
    """Return the values of one contig; None where no piece has a value there."""
    here = [piece for piece in pieces if piece.interval.chrom == chrom]
    made = runs(here) if here else ()
    return made[0] if made else None


def strongest_pieces(made: Mutagenesis, sequences: SequenceSet) -> tuple[Piece, ...]:
    """Return, at each base that was changed, the effect with the largest absolute value."""
    return tuple(
        Piece(part(place, *made.window[i]), strongest(made.effect[i]))
        for i, name in enumerate(made.names)
        if (place := sequences.origins[sequences.index(name)].interval) is not None
    )


def strongest(effect: Floats) -> Floats:
    """Return (W,): of the effects (4, W) at each base the one that is farthest from 0, signed."""
    row = np.abs(effect).argmax(0)
    return np.asarray(effect[row, np.arange(effect.shape[1])], np.float32)


def plus_letters(sequence: str, place: Interval) -> str:
    """Return the letters of the plus strand between the ends of a place.

    Parameters
    ----------
    sequence : str
        The letters as they were read, on the place's own strand.
    place : Interval

    Raises
    ------
    InputError
        There are more or fewer letters than the place has bases.
    """
    if len(sequence) != place.end - place.start:
        raise InputError(
            f"the {len(sequence):,} letters do not fit {place.chrom}:{place.start}-{place.end} "
            f"(0-based half-open), which has {place.end - place.start:,} bases; take them from "
            "their region again"
        )
    return reverse_complement(sequence) if place.strand == "-" else sequence


def reference(letters: str, chrom: str, start: int, length: int) -> bytes:
    """Return the FASTA that stands for a contig of which a stretch alone is known.

    igv.js reads ``@len=`` and the coordinates in the name: the contig has its whole length, the
    letters lie where they belong, and all other bases are unknown.

    Parameters
    ----------
    letters : str
        Of the plus strand.
    chrom : str
        Without a colon or a blank.
    start : int
        0-based place of the first letter.
    length : int
        Bases of the contig.
    """
    end = start + len(letters)
    return f">{chrom}:{start + 1}-{end} @len={max(length, end)}\n{letters}\n".encode()
