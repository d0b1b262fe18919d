"""A visitor's table of measured activities: whole sequences, one number each.

Owns the reading. How measured and predicted numbers agree is ``measured``'s.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from gexp_core.errors import InputError, LimitError
from gexp_core.evaluate import tables
from gexp_core.inputs.limits import APP_LIMITS, Limits
from gexp_core.inputs.read import read_text
from gexp_core.types import Floats, Rejection, SequenceSet

#: Rows, and bases of all rows together, that are read: what a worker predicts in a minute or so.
MOST_ROWS, MOST_BASES = 2_000, 1_000_000

_SEQUENCE = ("sequence", "seq", "insert", "element_sequence")
_VALUE = ("value", "activity", "measured", "expression", "effect", "log2", "score")
_NAME = ("name", "id", "sequence_name")
_LETTERS = re.compile(r"[A-Za-z*.-]+")
_SHOWN = 20  # rows left out that are told one by one


@dataclass(frozen=True, slots=True, eq=False)
class Activities:
    """Hold measured numbers of whole sequences.

    Attributes
    ----------
    sequences : SequenceSet of n, called 'row 2' or as the table names them
    value : (n,) float32, as measured
    rejected : rows left out, each with its reason; the last counts those that are not told
    """

    sequences: SequenceSet
    value: Floats
    rejected: tuple[Rejection, ...]


def read_activities(data: bytes, *, filename: str = "", limits: Limits = APP_LIMITS) -> Activities:
    """Read a table of sequences and their measured values.

    Parameters
    ----------
    data : bytes
        Tab-, comma- or blank-separated text, plain or gzip: a column of letters and one of
        numbers, with a header line (sequence, value) or without; a column name may come too.

    Raises
    ------
    InputError
        There is no such pair of columns, or no row that can be used.
    LimitError
        The file, its rows or its bases are more than are read.
    """
    lines = tables.lines(data, filename, limits, MOST_ROWS + 1)
    if not lines:
        raise InputError(
            "the table is empty; give one sequence and its measured value per row, two columns"
        )
    if len(lines) > MOST_ROWS + 1:
        raise LimitError(
            f"the table has more than {MOST_ROWS:,} rows; up to so many are read here, give fewer"
        )
    rows = ([cell.strip() for cell in row] for row in tables.cells(lines))
    first = list(islice(rows, 2))
    sequence, value, name, begin = _columns(first)
    found, rejected = _rows(chain(first, rows), sequence, value, name, begin)
    return _checked(found, rejected)


def _columns(rows: list[list[str]]) -> tuple[int, int, int | None, int]:
    """Return the columns of letters, value and name, and the first row of data, from two rows."""
    header = [cell.lower() for cell in rows[0]]

    def called(names: tuple[str, ...]) -> int | None:
        return next((header.index(name) for name in names if name in header), None)

    sequence, value = called(_SEQUENCE), called(_VALUE)
    if sequence is not None and value is not None:
        return sequence, value, called(_NAME), 1
    # no header that is known: the columns tell themselves in the first row that has both
    for begin, row in enumerate(rows):
        numbers = [at for at, cell in enumerate(row) if _number(cell) is not None]
        letters = [
            at
            for at, cell in enumerate(row)
            if at not in numbers and len(cell) >= 4 and set(cell.upper()) <= set("ACGTUN")
        ]
        if letters and numbers:
            rest = [at for at in range(len(row)) if at not in (*letters, *numbers)]
            return letters[0], numbers[0], rest[0] if rest else None, begin
    raise InputError(
        "the table has no column of sequences beside one of numbers; give two columns, sequence "
        "and value, with tab or comma between them"
    )


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _rows(
    rows: Iterable[list[str]], sequence: int, value: int, name: int | None, begin: int
) -> tuple[list[tuple[str, str, float]], list[Rejection]]:
    """Return (name, letters, value) of each row that can be read, and why others cannot."""
    found: list[tuple[str, str, float]] = []
    rejected: list[Rejection] = []
    taken: set[str] = set()
    bases = 0
    for number, row in enumerate(islice(rows, begin, None), begin + 1):
        line = f"row {number}"
        if len(row) <= max(sequence, value):
            rejected.append(Rejection(line, "a column is missing"))
            continue
        letters, measured = row[sequence], _number(row[value])
        if measured is None:
            rejected.append(Rejection(line, "the value is not a finite number"))
        elif not _LETTERS.fullmatch(letters):
            rejected.append(Rejection(line, "the sequence is not letters"))
        else:
            bases += len(letters)
            if bases > MOST_BASES:
                raise LimitError(
                    f"the sequences up to row {number} have more than {MOST_BASES:,} bases "
                    "together, the most that is compared here; give fewer rows"
                )
            own = " ".join(row[name].split())[:60] if name is not None and len(row) > name else ""
            own = own if own and own not in taken else line
            taken.add(own)
            found.append((own, letters, measured))
    return found, rejected


def _checked(found: list[tuple[str, str, float]], rejected: list[Rejection]) -> Activities:
    """Return what can be read as DNA, by the same rules as any other input."""
    if not found:
        why = f" ({rejected[0].record}: {rejected[0].text})" if rejected else ""
        raise InputError(
            f"no row of the table can be used{why}; give a sequence and its measured value per row"
        )
    check = read_text("".join(f">r{at}\n{one[1]}\n" for at, one in enumerate(found)))
    kept = [int(name.removeprefix("r")) for name in check.sequences.names]
    by_mark = {f"r{at}": one[0] for at, one in enumerate(found)}
    rejected = rejected + [
        Rejection(by_mark.get(one.record, one.record), "its letters cannot be read as DNA")
        for one in check.rejected
    ]
    told = rejected[:_SHOWN]
    if len(rejected) > _SHOWN:
        told.append(Rejection(f"{len(rejected) - _SHOWN} more", "left out for such reasons"))
    return Activities(
        SequenceSet(tuple(found[at][0] for at in kept), check.sequences.sequences),
        np.array([found[at][2] for at in kept], np.float32),
        tuple(told),
    )
