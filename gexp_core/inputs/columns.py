"""A table of two columns, a name and a sequence, to records: what a spreadsheet gives.

Owns what is told from bare sequence as such a table, and its rows; judges neither names nor
letters.
"""

import re
from dataclasses import dataclass

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import fasta
from gexp_core.inputs.limits import Limits
from gexp_core.inputs.names import printable
from gexp_core.types import Change, Rejection

#: What stands between the columns -> its word.
_SPLITS = {"\t": "tabs", ",": "commas", ";": "semicolons"}

# What a header says above sequences, in small letters; 'seq1' is the name of one.
_SAYS = re.compile(r"(?:.*[^a-z])?(?:seq|sequences?)(?:[ (\[].*)?|dna|bases|oligos?")
# Bases enough that no name of a gene is one (CAT, TTN, ACAN).
_DNA = re.compile(r"[ACGTUN]{6,}", re.IGNORECASE)
# What stands before a tab inside a bare sequence: line numbers, blocks of letters, or both.
_BLOCK = re.compile(r"[\d ]*|(?:\d++ ++)?[ACGTUNRYSWKMBDHV.*\- ]*+(?:(?<= )\d++)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """Hold the rows of a table as records, what reading them changed, and rows left out."""

    records: list[fasta.Record]
    changes: tuple[Change, ...]
    refused: list[Rejection]


def read_table(text: str, head: str, what: str, limits: Limits) -> Table | None:
    """Return the rows of a table of two columns, or None where ``text`` is none.

    Parameters
    ----------
    text : str
        Line ends already LF.
    head : str
        Its first few thousand characters, beginning with one that is not white space; a table is
        told by them: by a header that names sequences, or by a row of a name and six bases or more.
    what : str
        The input in words, for the sentence.
    limits : Limits

    Raises
    ------
    InputError
        There is a header and no row.
    LimitError
        More rows than ``limits.max_records``.
    """
    head, _ = fasta.without_comments(head)
    split = _split(head)
    if split is None or fasta.has_header(text):
        return None
    between = _SPLITS[split]
    text, comments = fasta.without_comments(text)
    records: list[fasta.Record] = []
    refused: list[Rejection] = []
    header, blanks, rows = "", 0, 0
    for number, line in enumerate(fasta.lines(text), 1):
        if not line.strip():
            continue
        found = _cells(line, split)
        if not header and not rows and found and _is_header(found):
            header = printable(" ".join(line.split()))[:60]
            continue
        rows += 1
        if rows > limits.max_records:
            raise LimitError(
                f"{what} has more than {limits.max_records:,} rows, the most that is read here; "
                "split the table"
            )
        if found is None:
            why = (
                f"line {number:,} has not two columns, name and sequence with {between} between; "
                "give it both and no third, or leave it out"
            )
            refused.append(Rejection(f"line {number:,}", why))
            continue
        name = "_".join(found[0].split())
        blanks += name != found[0]
        records.append(fasta.Record(rows, name, found[1], 0, number))
    if not rows:
        raise InputError(
            f"{what} has a header ({header!r}) and no row; give a name and a sequence in each"
        )
    said = f"read as a table, name and sequence with {between} between: {_many(rows, 'row')}"
    said += f"; the header {header!r} left out" if header else ""
    said += f"; blanks in {_many(blanks, 'name')} written as _" if blanks else ""
    changes: tuple[Change, ...] = (Change("", "table", rows, said),)
    if comments:
        changes += (Change("", "comment", comments, f"{_many(comments, 'comment line')} left out"),)
    return Table(records, changes, refused)


def _many(n: int, thing: str) -> str:
    return f"{n:,} {thing}" + ("" if n == 1 else "s")


def _split(head: str) -> str | None:
    """Return what stands between the columns, or None where there are not two."""
    lines = [line for line in fasta.lines(head) if line.strip()]
    for split in _SPLITS:
        rows = [_cells(line, split) for line in lines]
        if not rows or rows[0] is None:
            continue
        if _is_header(rows[0]) or any(row and _is_row(row, split) for row in rows):
            return split
    return None


def _cells(line: str, split: str) -> tuple[str, str] | None:
    """Return name and sequence of a line of two columns, else None."""
    name, found, letters = line.strip().rstrip(split).rpartition(split)
    name, letters = name.strip(), letters.strip().strip('"')
    bare = name[1:-1] if name[:1] == name[-1:] == '"' else name
    if not found or not bare or '"' in bare or (bare == name and split in name):
        return None
    return bare.strip(), letters


def _is_header(cells: tuple[str, str]) -> bool:
    return bool(_SAYS.fullmatch(cells[1].lower()))


def _is_row(cells: tuple[str, str], split: str) -> bool:
    named = split != "\t" or not _BLOCK.fullmatch(cells[0])
    return named and bool(_DNA.fullmatch(cells[1]))
