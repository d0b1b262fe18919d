"""Whether text is a table of two columns, a name and a sequence, told from its first lines.

Owns what is told from bare sequence as such a table, and what a row and a header are; reads no
table.
"""

import re
from collections.abc import Sequence

from gexp_core.inputs import fasta

#: What stands between the columns -> its word.
SPLITS = {"\t": "tabs", ",": "commas", ";": "semicolons"}

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
_CODED = re.compile(r"[ACGTUNRYSWKMBDHV.*\-\d]+", re.IGNORECASE)
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


def layout(text: str) -> tuple[str, str] | None:
    """Return what stands between two columns and why they are not read, or None for no table.

    Parameters
    ----------
    text : str
        Line ends already LF; of a large file the beginning.
    """
    if fasta.has_header(text):
        return None
    lines = _sample(text)
    for split in SPLITS:
        rows = [cells(line, split) for line in lines]
        found = [row for row in rows if row]
        if not rows or rows[0] is None:
            continue
        if is_header(rows[0]) and (not _ASSAY.fullmatch(rows[0][1].lower()) or _named(found)):
            return split, ""
        if is_header(rows[0][::-1]) and any(map(_is_turned, found[1:])):
            return split, _TURNED
        judge = _judge_tabs if split == "\t" else _judge
        why = judge(found, len(found) == len(rows))
        if why is not None:
            return split, why
    return None


def cells(line: str, split: str) -> tuple[str, str] | None:
    """Return name and sequence of a line of two columns, else None."""
    name, found, letters = line.strip().rstrip(split).rpartition(split)
    name, letters = name.strip(), letters.strip().strip('"')
    bare = name[1:-1] if name[:1] == name[-1:] == '"' else name
    if not found or not bare or '"' in bare or (bare == name and split in name):
        return None
    return bare.strip(), letters


def is_header(row: tuple[str, ...]) -> bool:
    """Return whether two cells are a header above sequences."""
    return len(row[1]) <= _NAME and bool(_SAYS.fullmatch(row[1].lower()))


def wide_sentence(text: str, what: str) -> str | None:
    """Return the sentence for rows of three columns or more, one of them DNA, or None.

    Parameters
    ----------
    text : str
        Line ends already LF, told by ``layout`` to be no table of two columns.
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


def _is_blocks(row: list[str]) -> bool:
    """Return whether cells are one line of a sequence in blocks: alike, but the last."""
    sizes = [len(cell) for cell in row]
    alike = bool(row) and len(set(sizes[:-1])) < 2 and sizes[-1] <= sizes[0]
    return alike and all(_BLOCK.fullmatch(cell) for cell in row)


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
    if len(rows) > 1 and all(map(_is_short, rows)):
        return ""
    turned = len(rows) > 1 and all(map(_is_turned, rows)) and not _counts(rows, -1)
    return _TURNED if turned and not all(_BASES.fullmatch(end) for _, end in rows) else None


def _named(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [row for row in rows if _DNA.fullmatch(row[1])]


def _is_turned(row: tuple[str, str]) -> bool:
    return bool(_DNA.fullmatch(row[0]) and not _DNA.fullmatch(row[1]))


def _is_short(row: tuple[str, str]) -> bool:
    """Return whether a row is a name that bare sequence could hold, and bases, few or many.

    Of a line of bare sequence the first block is not the shorter one, and holds digits only as a
    number that stands alone.
    """
    name, letters = row
    plain = _BASES.fullmatch(name) or name.isdecimal()
    if plain or not _CODED.fullmatch(name) or not _BASES.fullmatch(letters):
        return False
    return not _BLOCK.fullmatch(name) or (len(name) < len(letters) and _is_name(name))


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
