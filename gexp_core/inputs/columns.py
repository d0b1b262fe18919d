"""A table of two columns, a name and a sequence, to records: what a spreadsheet gives.

Owns reading its rows; ``columns_told`` says what is such a table. Judges neither names nor letters.
"""

from dataclasses import dataclass

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import columns_told, fasta
from gexp_core.inputs.limits import Limits, many
from gexp_core.inputs.names import printable
from gexp_core.types import Change, Rejection


@dataclass(frozen=True, slots=True)
class Table:
    """Hold the rows of a table as records, what reading them changed, and rows left out."""

    records: list[fasta.Record]
    changes: tuple[Change, ...]
    refused: list[Rejection]


@dataclass(slots=True)
class Rows:
    """Read the lines of a table of two columns in turn, and count what was met.

    Attributes
    ----------
    split : what stands between name and sequence
    header : the header line, '' before it or without one
    rows : rows read so far, those that are no record among them
    blanks : of these, names with blanks, written as _
    """

    split: str
    header: str = ""
    rows: int = 0
    blanks: int = 0

    @property
    def between(self) -> str:
        """Return what stands between the columns, in words."""
        return columns_told.SPLITS[self.split]

    @property
    def said(self) -> str:
        """Return in words what was read, and what was changed by it."""
        text = f"read as a table, name and sequence with {self.between} between: "
        text += many(self.rows, "row")
        text += f"; the header {self.header!r} left out" if self.header else ""
        return text + (
            f"; blanks in {many(self.blanks, 'name')} written as _" if self.blanks else ""
        )

    def read(self, line: str, number: int) -> fasta.Record | str | None:
        """Return a line as a record, or why it is none; None for the header and a blank line.

        Parameters
        ----------
        line : str
            No comment; without its end.
        number : int
            1-based line of the input.
        """
        if not line.strip():
            return None
        found = columns_told.cells(line, self.split)
        if not self.header and not self.rows and found and columns_told.is_header(found):
            self.header = printable(" ".join(line.split()))[:60]
            return None
        self.rows += 1
        if found is None:
            return (
                f"line {number:,} has not two columns, name and sequence with {self.between} "
                "between; give it both and no third, or leave it out"
            )
        name = "_".join(found[0].split())
        self.blanks += name != found[0]
        return fasta.Record(self.rows, name, found[1], 0, number)

    def none(self, what: str) -> str:
        """Return the sentence for a table without a row; ``what`` is the input in words."""
        return (
            f"{what} has a header ({self.header!r}) and no row; give a name and a sequence in each"
        )


def tell(text: str, what: str) -> Rows | None:
    """Return what reads the rows of ``text``, none read so far, or None where it is no table.

    Parameters
    ----------
    text : str
        Line ends already LF; of a large file the beginning. A table is told by its first lines:
        by a header that names sequences, or by a row of a name and six bases or more. Names before
        tabs that read like bases or numbers (WT, 1) count where every line is such a row and they
        are no line numbers.
    what : str
        The input in words, for the sentence.

    Raises
    ------
    InputError
        Both columns are sequence, or the name is the second.
    """
    if (told := columns_told.layout(text)) is None:
        return None
    split, why = told
    if why:
        raise InputError(f"{what} {why}")
    return Rows(split)


def read_table(text: str, what: str, limits: Limits) -> Table | None:
    """Return the rows of a table of two columns, or None where ``text`` is none.

    Parameters
    ----------
    text, what : str
        As :func:`tell` takes them.
    limits : Limits

    Raises
    ------
    InputError
        There is a header and no row, both columns are sequence, or the name is the second.
    LimitError
        More rows than ``limits.max_records``.
    """
    if (rows := tell(text, what)) is None:
        return None
    text, comments = fasta.without_comments(text)
    records: list[fasta.Record] = []
    refused: list[Rejection] = []
    for number, line in enumerate(fasta.lines(text), 1):
        made = rows.read(line, number)
        if rows.rows > limits.max_records:
            raise LimitError(
                f"{what} has more than {limits.max_records:,} rows, the most that is read here; "
                "split the table"
            )
        if isinstance(made, str):
            refused.append(Rejection(f"line {number:,}", made))
        elif made is not None:
            records.append(made)
    if not rows.rows:
        raise InputError(rows.none(what))
    changes: tuple[Change, ...] = (Change("", "table", rows.rows, rows.said),)
    if comments:
        changes += (Change("", "comment", comments, f"{many(comments, 'comment line')} left out"),)
    return Table(records, changes, refused)
