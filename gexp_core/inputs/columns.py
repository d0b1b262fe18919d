"""A table of two columns, a name and a sequence, to records: what a spreadsheet gives.

Owns what is told from bare sequence as such a table, and its rows; judges neither names nor
letters.
"""

import re
from collections.abc import Sequence
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
# What an assay is called: a header of sequences only where they stand below (RNA-seq, ChIP-seq).
_ASSAY = re.compile(r".*[a-z]-seq\b.*")
# Bases enough that no name of a gene is one (CAT, TTN, ACAN); with ambiguity codes and gaps among
# them six of A C G T, which words (MUTANT) have not.
_DNA = re.compile(
    r"[ACGTUN]{6,}+|(?:[UNRYSWKMBDHV.*\-]*+[ACGT]){6}[ACGTUNRYSWKMBDHV.*\-]*+", re.IGNORECASE
)
# What stands before a tab inside a bare sequence: line numbers, blocks of letters, or both.
_BLOCK = re.compile(r"[\d ]*|(?:\d++ ++)?[ACGTUNRYSWKMBDHV.*\- ]*+(?:(?<= )\d++)?", re.IGNORECASE)
_BASES = re.compile(r"[ACGTUN]+", re.IGNORECASE)
_NO_LETTERS = re.compile(r"[^A-Za-z]+")
# A line that is neither blank nor a comment. '*+' never gives back: linear time.
_LINE = re.compile(r"^(?!;)[^\S\n]*+\S.*$", re.MULTILINE)
_SAMPLE = 4_096  # characters by which a table is told, in whole lines and two at least
_NAME = 60  # characters, the longest a cell that reads like bases or a number is as a name
_NUMBER = 12  # digits, the longest a line number is

_BOTH = (
    "has sequence in both columns; put a name before each sequence, or take out what stands "
    "between where they are one"
)
_TURNED = "has the sequence in the first of two columns; put the name first and the sequence second"


@dataclass(frozen=True, slots=True)
class Table:
    """Hold the rows of a table as records, what reading them changed, and rows left out."""

    records: list[fasta.Record]
    changes: tuple[Change, ...]
    refused: list[Rejection]


def read_table(text: str, what: str, limits: Limits) -> Table | None:
    """Return the rows of a table of two columns, or None where ``text`` is none.

    Parameters
    ----------
    text : str
        Line ends already LF. A table is told by its first lines: by a header that names sequences,
        or by a row of a name and six bases or more. Names before tabs that read like bases or
        numbers (WT, 1) count where every line is such a row and they are no line numbers.
    what : str
        The input in words, for the sentence.
    limits : Limits

    Raises
    ------
    InputError
        There is a header and no row, both columns are sequence, or the name is the second.
    LimitError
        More rows than ``limits.max_records``.
    """
    told = None if fasta.has_header(text) else _tell(_sample(text))
    if told is None:
        return None
    split, why = told
    if why:
        raise InputError(f"{what} {why}")
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


def wide_sentence(text: str, what: str) -> str | None:
    """Return the sentence for rows of three columns or more, one of them DNA, or None.

    Parameters
    ----------
    text : str
        Line ends already LF, told by ``read_table`` to be no table of two columns.
    what : str
        The input in words, for the sentence.
    """
    rows = [[cell.strip() for cell in line.strip().split("\t")] for line in _sample(text)]
    wide = [row for row in rows if len(row) > 2]
    if not any(_DNA.fullmatch(cell) for row in wide for cell in row) or fasta.has_header(text):
        return None
    letters = [[cell for cell in row if not cell.isdecimal()] for row in wide]
    plain = wide == letters or _counts(rows, 0) or _counts(rows, -1)
    if plain and all(map(_is_blocks, letters)):
        return None
    return (
        f"{what} has rows of three columns or more with tabs between; keep two in each, a name and "
        "a sequence"
    )


def _is_blocks(cells: list[str]) -> bool:
    """Return whether cells are one line of a sequence in blocks: alike, but the last."""
    sizes = [len(cell) for cell in cells]
    alike = bool(cells) and len(set(sizes[:-1])) < 2 and sizes[-1] <= sizes[0]
    return alike and all(_BLOCK.fullmatch(cell) for cell in cells)


def _sample(text: str) -> list[str]:
    """Return the first lines of ``text`` that are neither blank nor comments."""
    found: list[str] = []
    size = 0
    for line in _LINE.finditer(text):
        found.append(line[0])
        size += len(line[0])
        if size > _SAMPLE and len(found) > 1:
            break
    return found


def _tell(lines: list[str]) -> tuple[str, str] | None:
    """Return what stands between two columns and why they are not read, or None for no table."""
    for split in _SPLITS:
        rows = [_cells(line, split) for line in lines]
        found = [row for row in rows if row]
        if not rows or rows[0] is None:
            continue
        if _is_header(rows[0]) and (not _ASSAY.fullmatch(rows[0][1].lower()) or _named(found)):
            return split, ""
        if _is_header(rows[0][::-1]) and any(map(_is_turned, found[1:])):
            return split, _TURNED
        judge = _judge_tabs if split == "\t" else _judge
        why = judge(found, len(found) == len(rows))
        if why is not None:
            return split, why
    return None


def _judge(rows: list[tuple[str, str]], whole: bool) -> str | None:
    """Return why rows are not read, '' where they are, None where they are none."""
    if named := _named(rows):
        return _BOTH if all(_DNA.fullmatch(name) for name, _ in named) else ""
    return _TURNED if whole and all(map(_is_turned, rows)) else None


def _judge_tabs(rows: list[tuple[str, str]], whole: bool) -> str | None:
    """Do the same where bare sequence may have what stands between, and line numbers."""
    named = _named(rows)
    if any(not _BLOCK.fullmatch(name) for name, _ in named):
        return ""
    if not whole:
        return None
    if len(named) == len(rows):
        if all(_DNA.fullmatch(name) for name, _ in rows):
            return _BOTH if len(rows) > 1 else None
        return "" if all(_is_name(name) for name, _ in rows) and not _counts(rows, 0) else None
    turned = len(rows) > 1 and all(map(_is_turned, rows)) and not _counts(rows, -1)
    return _TURNED if turned and not all(_BASES.fullmatch(end) for _, end in rows) else None


def _named(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [row for row in rows if _DNA.fullmatch(row[1])]


def _is_turned(cells: tuple[str, str]) -> bool:
    return bool(_DNA.fullmatch(cells[0]) and not _DNA.fullmatch(cells[1]))


def _is_name(cell: str) -> bool:
    """Return whether a cell that could stand in a sequence is short and no blocks of letters."""
    bases = _BASES.fullmatch(cell.strip("0123456789 ").replace(" ", ""))
    blocks = " " in cell and bases and len(bases[0]) >= (4 if cell[0].isdecimal() else 6)
    return len(cell) <= _NAME and not blocks and any(map(str.isalnum, cell))


def _counts(rows: Sequence[Sequence[str]], at: int) -> bool:
    """Return whether the cells ``at`` (0 or -1) number the letters before or up to each row's end.

    Every number is then the one above plus the letters between the two.
    """
    if not all(row[at].isdecimal() and len(row[at]) <= _NUMBER for row in rows):
        return False
    numbers = [int(row[at]) for row in rows]
    sizes = [len(_NO_LETTERS.sub("", "".join(row))) for row in rows]
    between = sizes[1:] if at else sizes[:-1]
    return all(b - a == n for a, b, n in zip(numbers, numbers[1:], between, strict=False))


def _cells(line: str, split: str) -> tuple[str, str] | None:
    """Return name and sequence of a line of two columns, else None."""
    name, found, letters = line.strip().rstrip(split).rpartition(split)
    name, letters = name.strip(), letters.strip().strip('"')
    bare = name[1:-1] if name[:1] == name[-1:] == '"' else name
    if not found or not bare or '"' in bare or (bare == name and split in name):
        return None
    return bare.strip(), letters


def _is_header(cells: tuple[str, ...]) -> bool:
    return len(cells[1]) <= _NAME and bool(_SAYS.fullmatch(cells[1].lower()))
