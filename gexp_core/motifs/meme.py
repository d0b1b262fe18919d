"""Motifs as MEME files have them: a bounded reader of a visitor's file, and what it reads into.

Owns the format's reading; the writer is ``export.motifs``. Everything is checked, nothing repaired
without a word, and every refusal is one sentence with a line number.
"""

import math
import re
import unicodedata
from dataclasses import dataclass

import numpy as np

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs.limits import Limits
from gexp_core.inputs.unpack import to_text
from gexp_core.motifs.nouns import COLUMN_TOLERANCE
from gexp_core.types import Floats

#: Most that is read of a file of known motifs; the largest collections are about half of it.
MEME_LIMITS = Limits(8_000_000, 16_000_000, 10_000, 100, 1_000_000)

#: Lines of it: as many as 10,000 motifs of 100 columns have, and some between them.
MOST_LINES = 1_200_000

_NAME = 80  # characters of an id or a name that are kept
_MATRIX = re.compile(r"letter-probability matrix:(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Hold a known motif.

    Attributes
    ----------
    id : as its file has it, say 'MA0467.3'
    name : of the factor, say 'Crx'; the id where the file has no other
    ppm : (4, W) float32; every column adds up to 1
    """

    id: str
    name: str
    ppm: Floats


def read_meme(data: bytes, filename: str = "") -> tuple[Known, ...]:
    """Read the motifs of a MEME file (minimal MEME format, plain or gzip).

    Parameters
    ----------
    data : bytes
    filename : str
        For the sentences of errors; a visitor's text.

    Raises
    ------
    InputError
        Not a MEME file, of other letters than DNA, or a matrix that is no matrix of shares.
    LimitError
        More motifs, columns or bytes than are read.
    """
    what = f"the file {filename!r}" if filename else "the motif file"
    text, _ = to_text(data, what, MEME_LIMITS)
    if text.count("\n") > MOST_LINES:
        raise LimitError(f"{what} has more than {MOST_LINES:,} lines; give fewer motifs")
    lines = text.splitlines()
    if not any(line.startswith("MEME version") for line in lines[:50]):
        found = "JASPAR's own format" if text.lstrip().startswith(">") else "no such line"
        raise InputError(
            f"{what} is not in MEME format, which begins with 'MEME version' ({found}); databases "
            "of motifs offer it as a download"
        )
    motifs: list[Known] = []
    taken: set[str] = set()
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        at += 1
        if line.upper().startswith("ALPHABET"):
            _check_alphabet(line, what, at)
        if not line.startswith("MOTIF"):
            continue
        if len(motifs) == MEME_LIMITS.max_records:
            raise LimitError(
                f"{what} has more than {MEME_LIMITS.max_records:,} motifs, the most that are read; "
                "give a part of it"
            )
        names = _clean(line.removeprefix("MOTIF")).split(maxsplit=1)
        if not names:
            raise InputError(f"{what} has a MOTIF without a name in line {at}")
        if names[0] in taken:
            raise InputError(f"{what} has the motif {names[0][:_NAME]!r} twice, again in line {at}")
        taken.add(names[0])
        ppm, at = _matrix(lines, at, what, names[0])
        motifs.append(Known(names[0][:_NAME], names[-1][:_NAME], ppm))
    if not motifs:
        raise InputError(f"{what} has no line that begins with MOTIF, so there is no motif in it")
    return tuple(motifs)


def _clean(text: str) -> str:
    """Return text without control characters or line breaks."""
    return "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text).strip()


def _check_alphabet(line: str, what: str, at: int) -> None:
    letters = line.partition("=")[2] or line.partition(" ")[2]
    first = _clean(letters).split(" ")[0].upper()
    if first not in ("ACGT", "DNA", '"DNA"', ""):
        raise InputError(f"{what} has motifs over {first[:20]!r} (line {at}), not over ACGT")


def _matrix(lines: list[str], at: int, what: str, name: str) -> tuple[Floats, int]:
    """Return the matrix of the motif whose head ended before line ``at``, and where to go on."""
    who = f"motif {name[:_NAME]!r} of {what}"
    while at < len(lines) and not _MATRIX.match(lines[at].strip()):
        if lines[at].startswith("MOTIF"):
            raise InputError(f"{who} has no 'letter-probability matrix' (before line {at + 1})")
        at += 1
    if at == len(lines):
        raise InputError(f"{who} has no 'letter-probability matrix'")
    told = re.search(r"\bw=\s*(\d{1,6})\b", lines[at])
    wanted = int(told[1]) if told else None
    at += 1
    rows: list[list[float]] = []
    while at < len(lines) and (wanted is None or len(rows) < wanted):
        fields = lines[at].split()
        if not fields and not rows:
            at += 1
            continue
        if len(fields) != 4 or not all(_number(field) for field in fields):
            break
        if len(rows) == MEME_LIMITS.max_bases_record:
            raise LimitError(
                f"{who} has more than {MEME_LIMITS.max_bases_record} columns, the most that are "
                "read"
            )
        rows.append([float(field) for field in fields])
        at += 1
    if not rows or (wanted is not None and len(rows) != wanted):
        raise InputError(
            f"{who} has {len(rows)} lines of four numbers"
            + (f" where w= {wanted} promises {wanted}" if wanted is not None else "")
            + f" (line {at + 1})"
        )
    values = np.array(rows, np.float64).T
    off = np.abs(values.sum(0) - 1)
    if (values < 0).any() or not (off <= COLUMN_TOLERANCE).all():
        wrong = int(off.argmax()) + 1
        raise InputError(
            f"{who} has a column whose shares do not add up to 1 (column {wrong}); give "
            "probabilities, not counts or scores"
        )
    return np.asarray(values / values.sum(0), np.float32), at


def _number(text: str) -> bool:
    """Return whether text is a finite number, short enough to be one."""
    try:
        return len(text) < 40 and math.isfinite(float(text))
    except ValueError:
        return False
