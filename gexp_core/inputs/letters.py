"""One record's letters to ACGTN, counting every edit, or the sentence that says why not.

Positions in sentences are 1-based among the record's characters as given, with white space, line
numbers and comments not counted and gaps counted.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gexp_core.encoding import IUPAC_BASES
from gexp_core.inputs.fasta import Record
from gexp_core.inputs.limits import Limits, many
from gexp_core.types import Change

IUPAC = "".join(letter for letter in IUPAC_BASES if letter not in "ACGTN")
GAPS = "-.*"
#: Kinds of Change that concern letters, in the order they are reported.
EDITS = ("lower case", "U to T", "IUPAC to N", "N", "gap", "white space", "numbering")
#: White space inside a line: ASCII, the fixed-width spaces of Unicode, and the invisible ones
#: (zero width) that text copied from web pages and word processors carries.
_WHITE = " \t\v\f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
_WHITE += "\u200b\u200c\u200d\u2028\u2029\u202f\u205f\u2060\u3000"
_DIGITS = "0123456789"
_NO_LETTERS = GAPS + _WHITE + _DIGITS + "\n"
_BASES = "ACGTN"
_KNOWN = _BASES + "U" + IUPAC
_ALLOWED = _KNOWN + _KNOWN.lower() + GAPS + _WHITE + _DIGITS + "\n"
#: Letters of amino acids that no nucleotide code has, and all letters of protein files.
_AMINO_ONLY = frozenset("EFILPQ")
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
_AMINO_FOREIGN = re.compile(f"[{''.join(_AMINO_ONLY)}]", re.IGNORECASE)
# A digit between two letters is a slip, not numbering. '++' never gives back: linear time.
_GLUED = re.compile(r"[A-Za-z]([0-9]++)[A-Za-z]")

_PLAIN = {ord(letter): None for letter in "ACGT\n"}

#: Letter -> the tallies it counts in. The names of edits are kinds of Change.
_TALLIES: dict[str, tuple[str, ...]] = {
    **{base: ("base",) for base in "ACGT"},
    "N": ("base", "N"),
    "U": ("base", "U to T"),
    **{code: ("IUPAC to N", code) for code in IUPAC},
    **{gap: ("gap",) for gap in GAPS},
    **{space: ("white space",) for space in _WHITE},
    **{digit: ("numbering",) for digit in _DIGITS},
    "\n": (),
}
_TALLIES |= {one.lower(): ("lower case", *_TALLIES[one]) for one in _KNOWN}


@dataclass(frozen=True, slots=True)
class Letters:
    """Hold the cleaned letters of one record and what was done to them, or why it is refused."""

    sequence: str = ""
    changes: tuple[Change, ...] = ()
    refused: str = ""


def clean(record: Record, name: str, limits: Limits) -> Letters:
    """Return the record's letters over ACGTN with every edit counted, or a refusal."""
    body = record.body
    if (n := _letters_in(body, limits.max_bases_record)) > limits.max_bases_record:
        return Letters(
            refused=f"record {name!r} has {n:,} letters, more than the "
            f"{limits.max_bases_record:,} that are read in one record here; cut it into parts"
        )
    changes: tuple[Change, ...] = ()
    if body.translate(_PLAIN):  # anything but A C G T
        counts = _count(body)
        tally = _tally(counts)
        if why := _refusal(record, name, counts, tally):
            return Letters(refused=why)
        sequence = body.translate(_TO_BASES)
        changes = tuple(_changes(name, counts, tally))
    else:
        sequence = body.replace("\n", "")
    if record.comments:
        text = f"{name!r}: {many(record.comments, 'comment line')} (beginning with ';') left out"
        changes += (Change(name, "comment", record.comments, text),)
    if not sequence:
        return Letters(refused=_empty(record, name))
    if not sequence.strip("N"):
        return Letters(
            refused=f"record {name!r} has no known base (all {len(sequence):,} are N or ambiguity "
            "codes), so there is nothing to read; give its real sequence"
        )
    return Letters(sequence, changes)


def _letters_in(body: str, enough: int) -> int:
    """Return how many letters a body has; at most ``enough`` where its length already says so."""
    if len(body) <= enough:
        return len(body)
    return len(body) - sum(map(body.count, _NO_LETTERS))  # each count runs at memchr's speed


def _count(body: str) -> Mapping[str, int]:
    # At most 128 letters are ASCII, so counting each is linear and runs at memchr's speed.
    if body.isascii():
        return {letter: body.count(letter) for letter in set(body)}
    return Counter(body)


def _tally(counts: Mapping[str, int]) -> dict[str, int]:
    """Return how many letters each kind of edit concerns; 'wrong' counts those not allowed."""
    tally = dict.fromkeys(("base", "wrong", *EDITS), 0)
    for letter, n in counts.items():
        for one in _TALLIES.get(letter, ("wrong",)):
            tally[one] = tally.get(one, 0) + n
    return tally


def _empty(record: Record, name: str) -> str:
    if record.header is None:
        return "no sequence was given; paste or upload FASTA or bare sequence"
    if record.body.strip():
        return f"record {name!r} has only gaps or numbers and no bases; give its sequence"
    return f"record {name!r} has a header but no sequence; give its bases below the header"


def _refusal(record: Record, name: str, counts: Mapping[str, int], tally: Mapping[str, int]) -> str:
    """Return why the letters cannot be read as DNA, or ''."""
    if tally["wrong"]:
        if _is_protein(counts, tally):
            foreign = {letter.upper() for letter in counts} & _AMINO_ONLY
            return (
                f"record {name!r} looks like protein, not DNA: {' '.join(sorted(foreign))} stand "
                f"for no base, the first {_first(record, _AMINO_FOREIGN)[1]}; give its nucleotide "
                "sequence"
            )
        return _wrong_letter(name, *_first(record, _WRONG))
    if tally["IUPAC to N"] > tally["base"]:
        return (
            f"record {name!r} has more ambiguity codes ({tally['IUPAC to N']:,}) than bases "
            f"({tally['base']:,}), so it looks like protein or a motif, not DNA; give its bases "
            "A C G T"
        )
    if tally["numbering"] and _GLUED.search(record.body):
        digit, where = _first(record, _GLUED)
        return (
            f"record {name!r} has the digit {digit!r} {where} between two letters; only line "
            "numbers set apart from the letters are left out, so correct or remove it"
        )
    return ""


def _is_protein(counts: Mapping[str, int], tally: Mapping[str, int]) -> bool:
    """Return whether the letters are those of protein, and few are those of DNA."""
    upper = {letter.upper() for letter in counts if letter.isalpha()}
    total = sum(n for letter, n in counts.items() if letter.isalpha())
    marks = sum(
        n for letter, n in counts.items() if letter not in _TALLIES and not letter.isalpha()
    )
    # Protein has about a quarter A C G T N, DNA with slips nearly only these; prose has marks.
    few = tally["base"] < 0.6 * total and marks < 0.2 * total
    return few and _AMINO.issuperset(upper) and bool(upper & _AMINO_ONLY)


def _first(record: Record, pattern: re.Pattern[str]) -> tuple[str, str]:
    """Return the first letter that ``pattern`` finds, and where it is, in words."""
    found = pattern.search(record.body)
    at = found.start(pattern.groups) if found else 0
    position = len(record.body[:at].translate(_UNCOUNTED)) + 1
    line = record.line + record.body.count("\n", 0, at)
    return record.body[at], f"at position {position:,} (1-based, line {line:,} of the input)"


def _wrong_letter(name: str, letter: str, where: str) -> str:
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
    remedy = "write N for a masked or unknown base" if letter in "Xx" else "correct or remove it"
    return (
        f"record {name!r} has {shown} {where}; allowed are A C G T N, U and the IUPAC codes "
        f"{' '.join(IUPAC)}, so {remedy}"
    )


def _changes(name: str, counts: Mapping[str, int], tally: Mapping[str, int]) -> Iterator[Change]:
    """Yield one Change per kind of edit, in the order of EDITS."""
    for kind in EDITS:
        if n := tally[kind]:
            yield Change(name, kind, n, f"{name!r}: {_edit(kind, n, counts, tally)}")


def _edit(kind: str, n: int, counts: Mapping[str, int], tally: Mapping[str, int]) -> str:
    """Return in words what was done to ``n`` letters."""
    if kind == "lower case":
        return f"{many(n, 'lower-case letter')} folded to upper case"
    if kind == "U to T":
        return f"{n:,} U read as T (RNA written as DNA)"
    if kind == "IUPAC to N":
        listed = ", ".join(f"{tally[code]:,} {code}" for code in IUPAC if code in tally)
        return f"{many(n, 'IUPAC ambiguity code')} ({listed}) read as N (unknown base)"
    if kind == "N":
        return f"{n:,} N kept; the model sees no base there"
    if kind == "gap":
        listed = " ".join(gap for gap in GAPS if gap in counts)
        return f"{many(n, 'gap character')} ({listed}) removed, the rest joined"
    if kind == "white space":
        return f"{many(n, 'white-space character')} inside lines removed"
    return f"{many(n, 'digit')} of line numbers removed"
