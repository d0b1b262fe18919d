"""A visitor's table of text to rows of cells, whatever its line ends and what parts its columns.

Owns no meaning: which columns and rows are wanted is for ``measured`` and ``activities`` to say.
"""

import csv
import itertools
from collections.abc import Iterator

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import fasta
from gexp_core.inputs.limits import Limits, check_bytes, check_lines
from gexp_core.inputs.unpack import unpack


def lines(data: bytes, filename: str, limits: Limits, most: int) -> list[str]:
    """Return the lines of a table, plain or gzip, that are neither blank nor begin with '#'.

    No more than ``most`` and one, which tells that there are more.

    Raises
    ------
    InputError
        The gzip is damaged.
    LimitError
        There are more bytes or lines than ``limits`` allow.
    """
    what = filename or "the table"
    check_bytes(len(data), what, limits)
    text = fasta.tidy(unpack(data, filename, limits).decode("utf-8", "replace"))
    check_lines(text, what, limits)
    said = (line for line in fasta.lines(text) if line.strip() and not line.startswith("#"))
    return list(itertools.islice(said, most + 1))


def cells(given: list[str]) -> Iterator[list[str]]:
    """Yield the cells of each line: tabs or commas part them where the first line has such.

    One row at a time: the cells of all rows may take twenty times the memory of the lines.

    Raises
    ------
    LimitError
        A line is longer than is read.
    InputError
        A quotation mark is opened and not closed.
    """
    longest, most = max(map(len, given)), csv.field_size_limit()
    if longest > most:
        raise LimitError(
            f"a row of the table has {longest:,} characters, more than the {most:,} that are read; "
            "give shorter rows"
        )
    split = "\t" if "\t" in given[0] else "," if "," in given[0] else None
    if split is None:
        yield from (line.split() for line in given)
        return
    try:
        yield from csv.reader(given, delimiter=split)
    except csv.Error:
        raise InputError(
            f"a cell of the table has more than {most:,} characters, as where a quotation mark is "
            "opened and not closed; leave quotation marks out"
        ) from None
