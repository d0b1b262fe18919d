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
    """

    max_bytes: int
    max_unpacked: int
    max_records: int
    max_bases_record: int
    max_bases_total: int


#: What the web page accepts from a visitor.
APP_LIMITS = Limits(10_000_000, 50_000_000, 2_000, 200_000, 5_000_000)

#: What the command line accepts: enough to work with, still a bound on memory.
CLI_LIMITS = Limits(1_000_000_000, 4_000_000_000, 1_000_000, 300_000_000, 4_000_000_000)


#: Digits of a position, a length or a version that are read; no contig has more.
MAX_DIGITS = 12


def is_number(text: str) -> bool:
    """Return whether a text is a whole number of 1 to MAX_DIGITS digits 0 to 9 and nothing else."""
    return text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS


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


def check_bytes(n: int, what: str, limits: Limits) -> None:
    """Raise LimitError when an input of ``n`` bytes is more than is read."""
    if n > limits.max_bytes:
        raise LimitError(
            f"{what} is larger than {size(limits.max_bytes)}, the most that is read here; give "
            "fewer sequences, or compress the file with gzip"
        )
