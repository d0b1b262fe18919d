"""Letters of regions out of a genome, each with what was done to get them.

Owns the sentences about windows: centred, cut, shifted, reverse-complemented, masked.
"""

from collections.abc import Sequence

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs.genome import Genome, Piece
from gexp_core.inputs.intervals import NamedInterval, centred, format_region, shift
from gexp_core.inputs.limits import APP_LIMITS, Limits
from gexp_core.types import Change, InputCheck, Interval, Origin, Rejection, SequenceSet

#: Kind of change made while letters are taken out of a genome -> its one treatment.
EXTRACT_KINDS = {
    "contig name": "a contig written in another style (1, chr1, NC_000001.11) is found by alias",
    "window": "a region is widened with its real flanks, or cut to its middle, to fill the window",
    "shifted": "a window that would pass the end of its contig is shifted, not shortened",
    "minus strand": "a region on the minus strand is reverse-complemented",
    "lower case": "soft-masked (lower-case) bases are read like all others and counted",
    "IUPAC to N": "ambiguity codes of the genome are read as N",
    "N": "N is kept; the model sees no base there",
}


def extract(
    genome: Genome,
    intervals: Sequence[NamedInterval],
    length: int | None = None,
    *,
    limits: Limits = APP_LIMITS,
) -> InputCheck:
    """Take the letters of regions out of a genome.

    Parameters
    ----------
    genome : Genome
    intervals : sequence of NamedInterval
        Names must be unique.
    length : int, optional
        Bases of the window that each region is centred in; the regions as they are by default.
    limits : Limits

    Returns
    -------
    InputCheck
        ``Origin.interval`` is the interval the letters are from, ``Origin.edits`` says in words
        what was done; regions that do not lie in the genome are left out with a sentence.

    Raises
    ------
    InputError
        No region lies in the genome; the sentence is that of the first one.
    LimitError
        More regions or bases than ``limits`` allow.
    """
    if len(intervals) > limits.max_records:
        raise LimitError(
            f"there are {len(intervals):,} regions, more than the {limits.max_records:,} that are "
            "read here; give fewer"
        )
    kept: list[tuple[str, str, Origin]] = []
    changes: list[Change] = []
    refused: list[Rejection] = []
    total = 0
    for one in intervals:
        try:
            window = _window(genome, one.interval, length)
            size = window.end - window.start
            if size > limits.max_bases_record:
                raise InputError(
                    f"{size:,} bases are more than the {limits.max_bases_record:,} that are read "
                    "in one sequence here; give a shorter region or a window"
                )
            total += size
            if total > limits.max_bases_total:
                raise LimitError(
                    f"the regions up to {one.name!r} have more than {limits.max_bases_total:,} "
                    "bases in all, the most that is read here; give fewer or shorter ones"
                )
            piece = genome.read(window.chrom, window.start, window.end, window.strand)
            if not piece.sequence.strip("N"):
                raise InputError(
                    f"{format_region(window)} holds only N in the genome {genome.name!r} (a gap of "
                    "the assembly), so there is nothing to read; choose another region"
                )
        except LimitError:
            raise
        except InputError as error:
            refused.append(Rejection(one.name, f"{one.name!r}: {error}"))
            continue
        made = [Change(one.name, *parts) for parts in _edits(one.interval, window, piece)]
        changes += [
            Change(one.name, made_one.kind, made_one.count, f"{one.name!r}: {made_one.text}")
            for made_one in made
        ]
        source = f"{genome.name} {format_region(window)}"
        edits = (*one.notes, *(made_one.text for made_one in made))
        kept.append((one.name, piece.sequence, Origin(source, window, edits)))
    if not kept:
        nothing = "no region was given; type one like chr19:11,089,262-11,089,362"
        raise InputError(refused[0].text if refused else nothing)
    names, sequences, origins = zip(*kept, strict=True)
    return InputCheck(SequenceSet(names, sequences, origins), tuple(changes), tuple(refused))


def _window(genome: Genome, interval: Interval, length: int | None) -> Interval:
    if length is not None:
        return centred(interval, length, genome)
    contig = genome.check(interval.chrom, interval.start, interval.end)
    return Interval(contig, interval.start, interval.end, interval.strand)


def _edits(given: Interval, window: Interval, piece: Piece) -> list[tuple[str, int, str]]:
    """Return kind, count and sentence of everything done between a region and its letters."""
    done: list[tuple[str, int, str]] = []
    if window.chrom != given.chrom:
        done.append(("contig name", 1, f"{given.chrom!r} is {window.chrom!r} in this genome"))
    size, room = given.end - given.start, window.end - window.start
    if size < room:
        left, right = given.start - window.start, window.end - given.end
        flanks = f"{left:,} bp before and {right:,} bp after it on the plus strand"
        text = f"{size:,} bp centred in a window of {room:,} bp with its real flanks ({flanks})"
        done.append(("window", room - size, text))
    elif size > room:
        text = f"{size:,} bp cut to the {room:,} bp in its middle"
        done.append(("window", size - room, text))
    if moved := shift(given, window):
        end, way = ("start", "right") if moved > 0 else ("end", "left")
        text = f"window shifted {abs(moved):,} bp to the {way}, because the {end} of the contig"
        done.append(("shifted", abs(moved), f"{text} is near"))
    if window.strand == "-":
        done.append(("minus strand", 1, "read on the minus strand (reverse complement)"))
    if n := piece.soft_masked:
        text = f"{n:,} soft-masked (lower-case) base{'s' if n > 1 else ''} read like all others"
        done.append(("lower case", n, text))
    if n := piece.ambiguous:
        done.append(("IUPAC to N", n, f"{n:,} ambiguity code{'s' if n > 1 else ''} read as N"))
    if n := piece.sequence.count("N") - piece.ambiguous:
        done.append(("N", n, f"{n:,} N kept; the model sees no base there"))
    return done
