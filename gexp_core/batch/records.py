"""A FASTA of any size to shards, in memory that does not grow with it.

Owns cutting. What the letters mean is judged where a shard is computed. Line ends, wrapping and
blank lines carry no meaning, as everywhere; text without a header is one sequence.
"""

import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from gexp_core.batch.settings import MAX_BASES
from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import detect
from gexp_core.inputs.limits import CLI_LIMITS, size
from gexp_core.inputs.unpack import most_members

_PIECE = 2**20  # bytes read at a time
_PART = 2**14  # packed bytes unpacked at a time; what lies behind a member's end is handed back
_LINE = 2**20  # bytes of a line that are held; a longer one comes in parts
_WITH_OTHERS = 4  # times MAX_BASES characters of a record with its blanks and numbers, at most
_OTHERS = re.compile(r"[\s\d]+")
_GZIP = b"\x1f\x8b"


@dataclass(slots=True)
class Entry:
    """Hold one record as it stands in the file.

    Attributes
    ----------
    header : the line after '>', or None for text without one
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
    """

    index: int
    first: int
    entries: list[Entry] = field(default_factory=list)
    at: int = 0
    whole: int = 0
    digest: str = ""


def shards(
    path: str | Path, *, records: int = 1_000, letters: int = 1_000_000, most: int = 0
) -> Iterator[Shard]:
    """Yield the records of a file, a shard at a time.

    Parameters
    ----------
    path : str or Path
        A FASTA, plain or gzip.
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
    for entry in _entries(_lines(_pieces(file, name, most), name)):
        number += 1
        made.entries.append(entry)
        held += entry.size
        if len(made.entries) >= records or held >= letters:
            yield _closed(made, file.tell())
            made, held = Shard(made.index + 1, number + 1, whole=whole), 0
    if made.entries:
        yield _closed(made, whole)
    if not number:
        raise InputError(f"{name!r} holds no sequence; give FASTA or bare sequence")


def _closed(made: Shard, at: int) -> Shard:
    hashed = hashlib.sha256()
    for entry in made.entries:
        header = "" if entry.header is None else f">{entry.header}"
        hashed.update(f"{len(header)}:{header}:{entry.size}:".encode())
        hashed.update(entry.body.encode())
    made.digest, made.at = hashed.hexdigest(), at
    return made


def _pieces(file: BinaryIO, name: str, most: int) -> Iterator[bytes]:
    """Yield the bytes of a file, unpacked, a bounded number at a time."""
    first = file.read(_PIECE)
    packed = first.startswith(_GZIP)
    total = 0
    for piece in _unpacked(file, first, name, most) if packed else _plain(file, first):
        if not total:
            _check_kind(piece, name)
        total += len(piece)
        if most and total > most:
            raise LimitError(
                f"{name!r} holds more than {size(most)}, the most that is read here; split the file"
            )
        yield piece


def _plain(file: BinaryIO, first: bytes) -> Iterator[bytes]:
    while first:
        yield first
        first = file.read(_PIECE)


def _unpacked(file: BinaryIO, data: bytes, name: str, most: int) -> Iterator[bytes]:
    """Yield what a gzip file holds; its members are counted, as empty ones only cost time."""

    def broken(how: str) -> InputError:
        return InputError(f"{name!r} is gzip that {how}; compress or download it again")

    at = members = made = 0  # ``at``: bytes of ``data`` that were unpacked
    try:
        while True:
            members += 1
            if members > most_members(max(most or CLI_LIMITS.max_unpacked, made)):
                raise broken("has more pieces than any tool writes")
            stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            while not stream.eof:
                given = stream.unconsumed_tail
                if not given:
                    if at == len(data):
                        data, at = file.read(_PIECE), 0
                    if not data:
                        raise broken("is damaged or cut short")
                    given = data[at : at + _PART]
                    at += len(given)
                piece = stream.decompress(given, _PIECE)
                made += len(piece)
                if piece:
                    yield piece
            at -= len(stream.unused_data)
            if len(data) - at < len(_GZIP):  # the next member's mark may lie in two pieces
                data, at = data[at:] + file.read(_PIECE), 0
            if not data.startswith(_GZIP, at):  # the end, or the zero padding that tapes leave
                if data[at:].strip(b"\0"):
                    raise broken("is damaged or cut short")
                return
    except zlib.error:
        raise broken("is damaged or cut short") from None


def _check_kind(piece: bytes, name: str) -> None:
    """Refuse what is plainly no FASTA, by its first bytes."""
    if kind := detect.binary_kind(piece):
        raise InputError(detect.binary_sentence(kind, repr(name)))
    head = piece[: 2 * detect.HEAD].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    head = head[: detect.HEAD]
    if head and (why := detect.text_sentence(head, repr(name))):
        raise InputError(why)


def _lines(pieces: Iterator[bytes], name: str) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a file without their ends, and whether each begins a line.

    A very long line comes in parts, of which only the first begins a line.
    """
    rest, begins, ended = b"", True, b""
    for piece in pieces:
        if ended == b"\r" and piece.startswith(b"\n"):
            piece = piece[1:]  # the two bytes of one line end, in two pieces
        ended = piece[-1:]
        text = (rest + piece).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *whole, rest = text.split(b"\n")
        for line in whole:
            yield _decoded(line), begins
            begins = True
        if len(rest) > _LINE:
            yield _decoded(rest), begins
            rest, begins = b"", False
    if rest:
        yield _decoded(rest), begins


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _entries(lines: Iterator[tuple[str, bool]]) -> Iterator[Entry]:
    """Yield records; of one that is too long only its beginning is held."""
    current: Entry | None = None
    body: list[str] = []
    number = 0
    aside = False  # the line is a header or a comment, and so is what goes on with it

    def closed(entry: Entry) -> Entry:
        entry.body = "\n".join(body)
        body.clear()
        return entry

    for line, begins in lines:
        number += begins
        text = line.lstrip("\ufeff \t\v\f") if begins else line
        aside = text.startswith((">", ";")) if begins else aside
        if begins and text.startswith(">"):
            if current is not None:
                yield closed(current)
            current = Entry(text[1:2_000].rstrip(), "", 0, number + 1)
            continue
        if aside or not text.strip():
            continue
        if current is None:
            current = Entry(None, "", 0, number)
        if not current.beyond:
            body.append(line)
            current.letters += len(line if line.isalpha() else _OTHERS.sub("", line))
        current.size += len(line)
    if current is not None:
        yield closed(current)


def unpacked(data: bytes, name: str, most: int) -> Iterator[bytes]:
    """Yield the bytes of a file that is held, unpacked; errors are those of :func:`shards`."""
    return _pieces(io.BytesIO(data), name, most)


def first_of(text: bytes) -> Entry | None:
    """Return the first record of some bytes; None where there is none."""
    return next(_entries(_lines(iter([text]), "")), None)
