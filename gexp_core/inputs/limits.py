"""The stated bounds on what is read: bytes, records, bases. Owns no reading."""

from dataclasses import dataclass

from gexp_core.errors import LimitError


@dataclass(frozen=True, slots=True)
class Limits:
    """Bound one input.

    Attributes
    ----------
    max_bytes : bytes of the file as it is sent, or characters of pasted text
    max_unpacked : bytes after gzip
    max_records : FASTA records
    max_bases_record : letters of one record that are kept; a longer one is left out
    max_bases_total : letters of all records that are kept
    lines_each : lines of a list or a table that are looked at, for each record that it may have
    """

    max_bytes: int
    max_unpacked: int
    max_records: int
    max_bases_record: int
    max_bases_total: int
    lines_each: int = 500

    @property
    def max_lines(self) -> int:
        """Return how many lines of a list or a table are looked at, whatever stands in them."""
        return self.lines_each * self.max_records

    @property
    def max_refused(self) -> int:
        """Return how many of them may be of no use."""
        return self.max_lines // 10

    @property
    def max_held(self) -> int:
        """Return how many bytes of memory an annotation may take."""
        return 2 * self.max_unpacked


#: What the web page accepts from a visitor.
APP_LIMITS = Limits(10_000_000, 50_000_000, 2_000, 200_000, 5_000_000)

#: What the command line accepts: enough to work with, still a bound on memory.
CLI_LIMITS = Limits(1_000_000_000, 4_000_000_000, 1_000_000, 300_000_000, 4_000_000_000)


#: Characters of one line of a list that are read; taken apart they may cost twenty times that.
LONGEST_LINE = 1_000_000

#: Digits of a position, a length or a version that are read; no contig has more.
MAX_DIGITS = 12


def is_number(text: str) -> bool:
    """Return whether a text is a whole number of 1 to MAX_DIGITS digits 0 to 9 and nothing else."""
    return text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS


def many(n: int, thing: str) -> str:
    """Return a count with its noun: '1 row', '2 rows'."""
    return f"{n:,} {thing}" + ("" if n == 1 else "s")


def size(n: int) -> str:
    """Return ``n`` bytes in words, decimal units: 10 MB is 10,000,000 bytes."""
    for unit, scale in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if n >= scale:
            return f"{n / scale:.3g} {unit}"
    return f"{n:,} bytes"


def limits_sentence(limits: Limits) -> str:
    """Return the bounds as one sentence for a page or a help text."""
    return (
        f"Up to {limits.max_records:,} sequences, {limits.max_bases_record:,} bases in one and "
        f"{limits.max_bases_total:,} bases in all; files up to {size(limits.max_bytes)}, "
        f"{size(limits.max_unpacked)} once unpacked."
    )


def check_lines(text: str, what: str, limits: Limits) -> None:
    """Raise LimitError when a text (line ends already LF) has more lines than are looked at."""
    if text.count("\n") > limits.max_lines:
        raise LimitError(
            f"{what} has more than {limits.max_lines:,} lines, the most that are looked at here; "
            "leave out those that say nothing, or split it"
        )


def check_line(n: int, number: int, what: str) -> None:
    """Raise LimitError when line ``number`` (1-based) has ``n`` characters, more than are read."""
    if n > LONGEST_LINE:
        raise LimitError(
            f"line {number:,} of {what} has {n:,} characters, more than the {LONGEST_LINE:,} that "
            "are read in one line; check its line ends, or leave that line out"
        )


def check_refused(n: int, what: str, limits: Limits, remedy: str) -> None:
    """Raise LimitError when ``n`` lines, too many, are of no use; ``remedy`` says what to do."""
    if n > limits.max_refused:
        raise LimitError(
            f"more than {limits.max_refused:,} lines of {what} cannot be used, the most that are "
            f"looked at here; {remedy}"
        )


def check_held(n: int, what: str, limits: Limits) -> None:
    """Raise LimitError when an annotation takes more bytes of memory than it may."""
    if n > limits.max_held:
        raise LimitError(
            f"the transcripts of {what} take more than {size(limits.max_held)} of memory, the most "
            "that is held here; give those of the chromosomes or genes that are needed"
        )


def check_bytes(n: int, what: str, limits: Limits) -> None:
    """Raise LimitError when an input of ``n`` bytes is more than is read."""
    if n > limits.max_bytes:
        raise LimitError(
            f"{what} is larger than {size(limits.max_bytes)}, the most that is read here; give "
            "fewer sequences, or compress the file with gzip"
        )
