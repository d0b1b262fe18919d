"""A FASTA, or a table of names and sequences, of any size to shards: memory does not grow with it.

Owns cutting. What the letters mean is judged where a shard is computed. Line ends, wrapping and
blank lines carry no meaning, as everywhere; text without a header is one sequence, or the rows of
a table as ``inputs.columns`` reads them.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from gexp_core.batch.lines import lines, pieces
from gexp_core.batch.settings import MAX_BASES
from gexp_core.errors import InputError
from gexp_core.inputs import columns, columns_told, detect, fasta

_WITH_OTHERS = 4  # times MAX_BASES characters of a record with its blanks and numbers, at most
_HEADER = 2_000  # characters of a header, or of a row's name, that are held
_OTHERS = re.compile(r"[\s\d]+")


@dataclass(slots=True)
class Entry:
    """Hold one record, or row of a table, as it stands in the file.

    Attributes
    ----------
    header : the line after '>' or a row's name, its first 2,000 characters; None for text without
    body : its lines, of one that is too long the first of them
    size : characters of all its lines
    line : 1-based line of the file on which the body begins
    letters : characters of its lines that are neither white space nor digits; of one that is too
        long, some of them
    note : why it is left out, though it can be read; '' for all others
    """

    header: str | None
    body: str
    size: int
    line: int
    letters: int = 0
    note: str = ""

    @property
    def beyond(self) -> str:
        """Return the bound that it passes, in words; '' for a record that can be read whole."""
        if self.letters > MAX_BASES:
            return f"{MAX_BASES:,} letters"
        most = _WITH_OTHERS * MAX_BASES
        return f"{most:,} characters with its blanks and digits" if self.size > most else ""


@dataclass(slots=True)
class Shard:
    """Hold a few records of a file, which ones, and how far the file is read with them.

    Attributes
    ----------
    index : 0-based place among the shards
    first : 1-based number of its first record in the file
    entries : the records
    at, whole : bytes of the file read so far (packed, where it is), and in all
    digest : sha256 over headers and bodies, hexadecimal
    table : of a table, in words, what was read of it so far; '' for all else
    """

    index: int
    first: int
    entries: list[Entry] = field(default_factory=list)
    at: int = 0
    whole: int = 0
    digest: str = ""
    table: str = ""


def shards(
    path: str | Path, *, records: int = 1_000, letters: int = 1_000_000, most: int = 0
) -> Iterator[Shard]:
    """Yield the records of a file, a shard at a time.

    Parameters
    ----------
    path : str or Path
        A FASTA, or a table of two columns (name, sequence), plain or gzip.
    records, letters : int
        A shard ends with the record that reaches either.
    most : int
        Bytes, unpacked, above which reading stops; 0 is without bound.

    Raises
    ------
    InputError
        The file cannot be read, is not text, or is some other kind of file.
    LimitError
        It unpacks to more than ``most``.
    """
    try:
        with open(path, "rb") as file:
            whole = Path(path).stat().st_size
            yield from _shards(file, Path(path).name, whole, records, letters, most)
    except OSError as error:
        raise InputError(
            f"{str(path)!r} cannot be read: {error.strerror or error}; give the path of a FASTA "
            "file, plain or gzip"
        ) from error


def _shards(
    file: BinaryIO, name: str, whole: int, records: int, letters: int, most: int
) -> Iterator[Shard]:
    made = Shard(0, 1, whole=whole)
    held = 0
    number = 0
    rows, given = told(pieces(file, name, most), name)
    text = lines(given)
    for entry in _entries(text) if rows is None else _rows(text, rows):
        number += 1
        made.entries.append(entry)
        held += entry.size
        if len(made.entries) >= records or held >= letters:
            yield _closed(made, file.tell(), rows)
            made, held = Shard(made.index + 1, number + 1, whole=whole), 0
    if made.entries:
        yield _closed(made, whole, rows)
    if not number:
        raise empty(name, rows)


def empty(name: str, rows: columns.Rows | None) -> InputError:
    """Return the error for a file without a record, ``rows`` of a table."""
    return InputError(
        f"{name!r} holds no sequence; give FASTA or bare sequence"
        if rows is None
        else rows.none(repr(name))
    )


def told(given: Iterator[bytes], name: str) -> tuple[columns.Rows | None, Iterator[bytes]]:
    """Return what reads the rows of a table, or None for all else, and all pieces of the file.

    Raises
    ------
    InputError
        By its first piece the file is some other kind of text.
    """
    first = next(given, b"")
    text = fasta.tidy(first.decode("utf-8", "replace"))
    rows = columns.tell(text, repr(name))
    head = text.lstrip()[: detect.HEAD]
    if head and rows is None:
        why = detect.text_sentence(head, repr(name))
        if why := why or columns_told.wide_sentence(text, repr(name)):
            raise InputError(why)
    return rows, chain([first], given)


def _closed(made: Shard, at: int, rows: columns.Rows | None) -> Shard:
    hashed = hashlib.sha256()
    for entry in made.entries:
        header = "" if entry.header is None else f">{entry.header}"
        hashed.update(f"{len(header)}:{header}:{entry.size}:".encode())
        hashed.update(entry.body.encode())
    made.digest, made.at = hashed.hexdigest(), at
    made.table = "" if rows is None else rows.said
    return made


def _entries(text: Iterator[tuple[str, bool]]) -> Iterator[Entry]:
    """Yield records; of one that is too long only its beginning is held."""
    current: Entry | None = None
    body: list[str] = []
    number = 0
    aside = False  # the line is a header or a comment, and so is what goes on with it

    def closed(entry: Entry) -> Entry:
        entry.body = "\n".join(body)
        body.clear()
        return entry

    for line, begins in text:
        number += begins
        bare = line.lstrip("\ufeff \t\v\f") if begins else line
        aside = bare.startswith((">", ";")) if begins else aside
        if begins and bare.startswith(">"):
            if current is not None:
                yield closed(current)
            current = Entry(bare[1:_HEADER].rstrip(), "", 0, number + 1)
            continue
        if aside or not bare.strip():
            continue
        if current is None:
            current = Entry(None, "", 0, number)
        if not current.beyond:
            body.append(line)
            current.letters += _letters(line)
        current.size += len(line)
    if current is not None:
        yield closed(current)


def _letters(line: str) -> int:
    return len(line if line.isalpha() else _OTHERS.sub("", line))


def _rows(text: Iterator[tuple[str, bool]], rows: columns.Rows) -> Iterator[Entry]:
    """Yield rows as records; of one that is too long only its beginning is held."""
    for number, given, length in _whole(text):
        line = given.replace("\ufeff", "")
        if line.startswith(";"):
            continue
        made = rows.read(line, number)
        if isinstance(made, str):
            yield Entry(None, line, length, number, note=made)
        elif made is not None:
            name, size = (made.header or "")[:_HEADER], len(made.body) + length - len(given)
            yield Entry(name, made.body, size, number, _letters(made.body))


def _whole(text: Iterator[tuple[str, bool]]) -> Iterator[tuple[int, str, int]]:
    """Yield the number, the text and the length of each line; of a too long one its beginning."""
    parts: list[str] = []
    number = length = 0
    for line, begins in text:
        if begins:
            if number:
                yield number, "".join(parts), length
            parts, length, number = [], 0, number + 1
        if length <= _WITH_OTHERS * MAX_BASES:
            parts.append(line)
        length += len(line)
    if number:
        yield number, "".join(parts), length


def first_of(text: bytes, rows: columns.Rows | None = None) -> Entry | None:
    """Return the first record of some bytes, or row of a table; None where there is none."""
    given = lines(iter([text]))
    return next(_entries(given) if rows is None else _rows(given, rows), None)
