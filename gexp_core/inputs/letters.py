"""One record's letters to ACGTN, counting every edit, or the sentence that says why not.

Positions in sentences are 1-based among the record's characters as given, with white space, line
numbers and comments not counted and gaps counted.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from gexp_core.inputs.fasta import Record
from gexp_core.inputs.limits import Limits
from gexp_core.types import Change

IUPAC = "RYSWKMBDHV"
GAPS = "-.*"
#: White space inside a line: ASCII, the fixed-width spaces of Unicode, and the invisible ones
#: (zero width) that text copied from web pages and word processors carries.
_WHITE = " \t\v\f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
_WHITE += "\u200b\u200c\u200d\u2028\u2029\u202f\u205f\u2060\u3000"
_DIGITS = "0123456789"
_BASES = "ACGTN"
_KNOWN = _BASES + "U" + IUPAC
_ALLOWED = _KNOWN + _KNOWN.lower() + GAPS + _WHITE + _DIGITS + "\n"
_AMINO = frozenset("ABCDEFGHIKLMNPQRSTUVWXYZ")

_UNCOUNTED = {ord(letter): None for letter in _WHITE + _DIGITS + "\n"}
_TO_BASES: dict[int, str | None] = {
    **{ord(base.lower()): base for base in _BASES},
    **{ord(letter): "T" for letter in "Uu"},
    **{ord(letter): "N" for letter in IUPAC + IUPAC.lower()},
    **{ord(letter): None for letter in GAPS},
    **_UNCOUNTED,
}
_WRONG = re.compile(f"[^{re.escape(_ALLOWED)}]")
# A digit between two letters is a slip, not numbering. '++' never gives back: linear time.
_GLUED = re.compile(r"[A-Za-z]([0-9]++)[A-Za-z]")

_FAST_DELETE = {ord(letter): None for letter in "ACGT\n"}


@dataclass(frozen=True, slots=True)
class Letters:
    """Hold the cleaned letters of one record and what was done to them, or why it is refused."""

    sequence: str = ""
    changes: tuple[Change, ...] = ()
    refused: str = ""


def clean(record: Record, name: str, limits: Limits) -> Letters:
    """Return the record's letters over ACGTN with every edit counted, or a refusal."""
    body = record.body
    changes: tuple[Change, ...] = ()
    if body.translate(_FAST_DELETE):  # anything but A C G T
        counts = _count(body)
        if why := _refusal(record, name, counts):
            return Letters(refused=why)
        sequence = body.translate(_TO_BASES)
        changes = tuple(_changes(name, counts))
    else:
        sequence = body.replace("\n", "")
    if record.comments:
        text = f"{name!r}: {_many(record.comments, 'comment line')} (beginning with ';') left out"
        changes += (Change(name, "comment", record.comments, text),)
    if not sequence:
        return Letters(refused=_empty(record, name))
    if len(sequence) > limits.max_bases_record:
        return Letters(
            refused=f"record {name!r} has {len(sequence):,} bases, more than the "
            f"{limits.max_bases_record:,} that are read in one record here; cut it into parts"
        )
    if not sequence.strip("N"):
        return Letters(
            refused=f"record {name!r} has no known base (all {len(sequence):,} are N or ambiguity "
            "codes), so there is nothing to read; give its real sequence"
        )
    return Letters(sequence, changes)


def _count(body: str) -> Mapping[str, int]:
    # At most 128 letters are ASCII, so counting each is linear and runs at memchr's speed.
    if body.isascii():
        return {letter: body.count(letter) for letter in set(body)}
    return Counter(body)


def _sum(counts: Mapping[str, int], letters: str) -> int:
    return sum(counts.get(letter, 0) for letter in letters)


def _many(n: int, thing: str) -> str:
    return f"{n:,} {thing}" + ("" if n == 1 else "s")


def _empty(record: Record, name: str) -> str:
    if record.header is None:
        return "no sequence was given; paste or upload FASTA or bare sequence"
    if record.body.strip():
        return f"record {name!r} has only gaps or numbers and no bases; give its sequence"
    return f"record {name!r} has a header but no sequence; give its bases below the header"


def _refusal(record: Record, name: str, counts: Mapping[str, int]) -> str:
    """Return why the letters cannot be read as DNA, or ''."""
    upper: Counter[str] = Counter()
    for letter, n in counts.items():
        if letter.isascii() and letter.isalpha():
            upper[letter.upper()] += n
    bases, total = _sum(upper, _BASES + "U"), upper.total()
    marks = sum(counts.values()) - total - _sum(counts, _WHITE + _DIGITS + "\n")
    wrong = _WRONG.search(record.body)
    # Protein has about a quarter A C G T N, DNA with slips nearly only these; prose has marks.
    if wrong and bases < 0.6 * total and _AMINO.issuperset(upper) and marks < 0.2 * total:
        foreign = " ".join(sorted(set(upper) - set(_KNOWN)))
        return (
            f"record {name!r} looks like protein, not DNA (it has {foreign}, the first at position "
            f"{_position(record.body, wrong.start()):,}); give its nucleotide sequence"
        )
    if wrong:
        return _wrong_letter(record, name, wrong)
    if _sum(upper, IUPAC) > bases:
        return (
            f"record {name!r} has more ambiguity codes ({_sum(upper, IUPAC):,}) than bases "
            f"({bases:,}), so it looks like protein or a motif, not DNA; give its bases A C G T"
        )
    if glued := _GLUED.search(record.body):
        at = glued.start(1)
        return (
            f"record {name!r} has the digit {record.body[at]!r} at position "
            f"{_position(record.body, at):,} (1-based{_line(record, at)}) between two letters; "
            "only line numbers set apart from the letters are left out, so correct or remove it"
        )
    return ""


def _wrong_letter(record: Record, name: str, wrong: re.Match[str]) -> str:
    letter, at = wrong.group(), wrong.start()
    where = f"at position {_position(record.body, at):,} (1-based{_line(record, at)})"
    if letter == ">":
        return f"record {name!r} has '>' {where}; a header must begin its own line"
    if letter == "\0":
        shown = "a NUL byte"
    elif letter.isascii() and letter.isprintable():
        shown = repr(letter)
    elif letter.isprintable():
        shown = f"{letter!r} (not ASCII, U+{ord(letter):04X})"
    else:
        shown = f"an unprintable character (U+{ord(letter):04X})"
    return (
        f"record {name!r} has {shown} {where}; allowed are A C G T N, U and the IUPAC codes "
        f"{' '.join(IUPAC)}, so correct or remove it"
    )


def _position(body: str, at: int) -> int:
    return len(body[:at].translate(_UNCOUNTED)) + 1


def _line(record: Record, at: int) -> str:
    return f", line {record.line + record.body.count(chr(10), 0, at):,} of the input"


def _changes(name: str, counts: Mapping[str, int]) -> list[Change]:
    """Return one Change per kind of edit, in the order of the module's documentation."""
    found = []

    def add(kind: str, count: int, text: str) -> None:
        if count:
            found.append(Change(name, kind, count, f"{name!r}: {text}"))

    lower = _sum(counts, _KNOWN.lower())
    add("lower case", lower, f"{_many(lower, 'lower-case letter')} folded to upper case")
    u = _sum(counts, "Uu")
    add("U to T", u, f"{u:,} U read as T (RNA written as DNA)")
    codes = {code: _sum(counts, code + code.lower()) for code in IUPAC}
    listed = ", ".join(f"{n:,} {code}" for code, n in codes.items() if n)
    ambiguous = sum(codes.values())
    add(
        "IUPAC to N",
        ambiguous,
        f"{_many(ambiguous, 'IUPAC ambiguity code')} ({listed}) read as N (unknown base)",
    )
    n = _sum(counts, "Nn")
    add("N", n, f"{n:,} N kept; the model sees no base there")
    gaps = _sum(counts, GAPS)
    listed = " ".join(gap for gap in GAPS if counts.get(gap))
    add("gap", gaps, f"{_many(gaps, 'gap character')} ({listed}) removed, the rest joined")
    white = _sum(counts, _WHITE)
    add("white space", white, f"{_many(white, 'white-space character')} inside lines removed")
    digits = _sum(counts, _DIGITS)
    add("numbering", digits, f"{_many(digits, 'digit')} of line numbers removed")
    return found
