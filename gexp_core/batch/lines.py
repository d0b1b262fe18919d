"""The bytes of a file, plain or gzip, to lines: a bounded number at a time.

Owns unpacking within bounds and refusing what is no text. What the lines mean is ``records``'s.
"""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import detect
from gexp_core.inputs.limits import CLI_LIMITS, size
from gexp_core.inputs.unpack import most_members

_PIECE = 2**20  # bytes read at a time
_PART = 2**14  # packed bytes unpacked at a time; what lies behind a member's end is handed back
_LINE = 2**20  # bytes of a line that are held; a longer one comes in parts
_BEGINNING = 2**20  # bytes by which it is told what kind of text a file is
_BLANK = b"\xef\xbb\xbf \t\r\n"  # before the first header, byte-order marks too
_GZIP = b"\x1f\x8b"


def pieces(file: BinaryIO, name: str, most: int) -> Iterator[bytes]:
    """Yield the bytes of a file, unpacked, a bounded number at a time.

    The first piece is so much that a table is told by it, where the file begins without a '>'.

    Parameters
    ----------
    file : BinaryIO
    name : str
        What it is called in sentences.
    most : int
        Bytes, unpacked, above which reading stops; 0 is without bound.

    Raises
    ------
    InputError
        It is not text, or damaged gzip.
    LimitError
        It unpacks to more than ``most``.
    """
    first = file.read(_PIECE)
    packed = first.startswith(_GZIP)
    total = 0
    given = _unpacked(file, first, name, most) if packed else _plain(file, first)
    for piece in _begun(given):
        if not total:
            _check_kind(piece, name)
        total += len(piece)
        if most and total > most:
            raise LimitError(
                f"{name!r} holds more than {size(most)}, the most that is read here; split the file"
            )
        yield piece


def _begun(given: Iterator[bytes]) -> Iterator[bytes]:
    """Yield pieces, the first few as one where no header begins them."""
    first = bytearray()
    for piece in given:
        first += piece
        if len(first) >= _BEGINNING or first.lstrip(_BLANK).startswith(b">"):
            break
    if first:
        yield bytes(first)
    yield from given


def _check_kind(piece: bytes, name: str) -> None:
    """Refuse what is no text, by its first bytes."""
    if kind := detect.binary_kind(piece):
        raise InputError(detect.binary_sentence(kind, repr(name)))


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


def lines(given: Iterator[bytes]) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a file without their ends, and whether each begins a line.

    A very long line comes in parts, of which only the first begins a line.
    """
    rest, begins, ended = b"", True, b""
    for piece in given:
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
