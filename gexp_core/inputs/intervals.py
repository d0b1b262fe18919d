"""One region of a genome: typed, written, centred in a window.

Owns both ways of counting: typed regions are 1-based inclusive, BED is 0-based half-open, and
Interval is the latter. Reads no files and no letters.
"""

import re
from dataclasses import dataclass

from gexp_core.errors import InputError
from gexp_core.inputs.genome import Genome
from gexp_core.inputs.limits import MAX_DIGITS, is_number
from gexp_core.inputs.names import MAX_NAME, printable
from gexp_core.types import Interval

# One number: a blank may part it into threes, which ``parse_region`` takes in START-END alone.
_NUMBER = r"[0-9][0-9,']*(?: [0-9]{3}(?![0-9,']))*"
# The name may hold ':' itself (HLA*01:01), so it is the longest part that leaves positions.
_TYPED = re.compile(
    rf"(?P<chrom>\S+?) ?: ?(?P<start>{_NUMBER})"
    rf"(?: ?(?:-|\.\.|[\u2010-\u2015\u2212]) ?(?P<end>{_NUMBER}))?"
    # behind START-END, 1 alone is a strand too, as Ensembl writes it
    r"(?: ?(?:: ?(?P<one>(?(end)[-+\u2212]?1|[-+\u2212])|[-+\u2212])|\( ?(?P<two>[-+\u2212]) ?\)))?"
    r"(?= |$)",
)
_GROUPS = re.compile(r"[0-9]+|[0-9]{1,3}(?:(?P<mark>[,' ])[0-9]{3}(?:(?P=mark)[0-9]{3})*)")
#: What stands for a strand where it stands alone; the last is the minus sign of typesetting.
SIGNS = ("+", "-", "\u2212")
# What may be the end of a region: '2000', 'to 2000', '-- 2,000', '2000:-'; not '5-mer' or "5'UTR"
_SECOND = re.compile(
    r"(?: (?:to|until|through|and))?[\W_]*[0-9]+(?:[,.;'\u2010-\u2015\u2212-]+[0-9]+)*"
    r"[,.;]?(?= |$|: ?[-+\u22121]|\( ?[-+\u2212])",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9.-]*")
_MARKS = re.compile(r"[,' ]")
_LONGEST = 300  # characters of a typed region
_EXAMPLE = "chr19:11,089,262-11,089,362"


@dataclass(frozen=True, slots=True)
class NamedInterval:
    """Hold an interval with the name that its sequence gets.

    Attributes
    ----------
    name : str
    interval : Interval
    notes : sentences about how it came to be, kept with the sequence
    """

    name: str
    interval: Interval
    notes: tuple[str, ...] = ()


def parse_region(text: str, genome: Genome | None = None) -> Interval:
    """Read one typed region: 1-based, both ends included.

    Parameters
    ----------
    text : str
        ``chr19:11,089,262-11,089,362``, a single position ``chr8:140300616``, either with a
        strand ``:-`` or ``(-)`` behind it; ``:-1`` or ``:1`` behind START-END.
    genome : Genome, optional
        The contig gets its name and the region must lie inside it.

    Returns
    -------
    Interval
        0-based half-open; strand '+' where none was written.

    Raises
    ------
    InputError
        The text is no region, or not one of the genome.
    """
    given = " ".join(text[:_LONGEST].split())
    shown = given if len(given) <= 60 else given[:60] + "..."
    found = _TYPED.fullmatch(given) if len(text) < _LONGEST else None
    if found is None:
        gene = "; a gene is named beside its annotation" if _WORD.fullmatch(given) else ""
        raise InputError(f"{shown!r} is not a region; write it like {_EXAMPLE}{gene}")
    blanks = [" " in found["start"], " " in (found["end"] or "")]
    if any(blanks) and not all(blanks):
        raise InputError(
            f"the region {shown!r} has a blank between digits, which may be one number or two; "
            f"write START-END without blanks in the numbers, like {_EXAMPLE}"
        )
    start = _position(found["start"], shown)
    end = start if found["end"] is None else _position(found["end"], shown)
    if start < 1:
        raise InputError(
            f"the region {shown!r} begins at 0, but typed positions count from 1; write 1 for the "
            "first base, or give BED, which counts from 0"
        )
    chrom = found["chrom"]
    if end < start:
        raise InputError(
            f"the region {shown!r} ends before it begins; write {chrom}:{end:,}-{start:,}, with "
            ":- behind it if the minus strand is meant"
        )
    strand = "+" if (found["one"] or found["two"] or "+")[0] in "+1" else "-"
    if genome is not None:
        chrom = genome.check(chrom, start - 1, end)
    return Interval(chrom, start - 1, end, strand)


def is_region(text: str) -> bool:
    """Return whether a text has the form of a typed region, be it a possible one or not."""
    return len(text) < _LONGEST and _TYPED.fullmatch(" ".join(text.split())) is not None


def parse_line(line: str) -> tuple[str, Interval]:
    """Read one typed region with a strand, a name or both behind it.

    Parameters
    ----------
    line : str
        As for ``parse_region``; behind it, after a blank or tab, a lone + or - and a name.

    Returns
    -------
    (str, Interval)
        The name, with _ between its words, '' where there is none or '.'.

    Raises
    ------
    InputError
        The line does not begin with a region, or a number follows it that may be its end.
    """
    given = " ".join(line.split())
    found = _TYPED.match(given[:_LONGEST])
    if found is None:
        return "", parse_region(given)
    place, words = found[0], given[found.end() :].split()
    shown = given if len(given) <= 60 else given[:60] + "..."
    if _SECOND.match(given, found.end()):
        raise InputError(
            f"{shown!r} has a number behind the region {place!r}, which may be its end; write "
            f"START-END, like {_EXAMPLE}, and let a name begin with a letter"
        )
    signs = [at for at in (-1, 0) if words and words[at] in SIGNS]
    if signs:
        if found["one"] or found["two"]:
            raise InputError(f"{shown!r} names a strand twice; write it once, like {_EXAMPLE}:-")
        place += f":{words.pop(signs[0])}"
    name = printable("_".join(words))[:MAX_NAME]
    return ("" if name == "." else name), parse_region(place)


def _position(text: str, shown: str) -> int:
    digits = _MARKS.sub("", text)
    if not _GROUPS.fullmatch(text) or not is_number(digits):
        raise InputError(
            f"the region {shown!r} has the position {text[:24]!r}, which is not a whole number of "
            f"up to {MAX_DIGITS} digits; write it like {_EXAMPLE}"
        )
    return int(digits)


def format_region(interval: Interval) -> str:
    """Return an interval as people type it: 1-based, both ends included, ':-' if minus strand."""
    strand = ":-" if interval.strand == "-" else ""
    return f"{interval.chrom}:{interval.start + 1:,}-{interval.end:,}{strand}"


def format_bed(interval: Interval, name: str = ".") -> str:
    """Return an interval as a line of BED, 0-based half-open, six columns, without line end."""
    return "\t".join(
        (interval.chrom, str(interval.start), str(interval.end), name, "0", interval.strand)
    )


def centred(interval: Interval, length: int, genome: Genome) -> Interval:
    """Return the window of ``length`` bases around the middle of an interval.

    The middle is ``(start + end) // 2`` and the window begins ``length // 2`` before it, the
    convention of kipoiseq and tangermeme, whatever the strand. Where that passes an end of the
    contig the window is shifted, not shortened. A longer interval is cut to its middle.

    Raises
    ------
    InputError
        The interval does not lie in the genome, or its contig is shorter than the window.
    """
    if length < 1:
        raise InputError(f"a window of {length} bases is none; give a length of at least 1")
    contig = genome.check(interval.chrom, interval.start, interval.end)
    room = genome.contigs[contig]
    if room < length:
        raise InputError(
            f"{contig} has {room:,} bases, fewer than the window of {length:,}; choose a shorter "
            "window or another contig"
        )
    start = (interval.start + interval.end) // 2 - length // 2
    start = min(max(start, 0), room - length)
    return Interval(contig, start, start + length, interval.strand)


def shift(interval: Interval, window: Interval) -> int:
    """Return by how many bases a window was shifted to stay on its contig; 0 where it was not."""
    length = window.end - window.start
    return window.start - ((interval.start + interval.end) // 2 - length // 2)
