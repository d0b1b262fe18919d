"""Bytes to text: gzip within a stated bound, then UTF-8. Knows nothing of sequences."""

import gzip
import zlib
from collections.abc import Callable
from typing import TextIO

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs.detect import binary_kind, binary_sentence
from gexp_core.inputs.limits import Limits, check_bytes, size
from gexp_core.types import Change

_GZIP = b"\x1f\x8b"
_CHUNK = 65_536
# One gzip member per 4 kB of text is ten times more than any tool writes (bgzip: one per 64 kB);
# files of millions of empty members exist only to cost time.
_BYTES_PER_MEMBER = 4_096


def most_members(unpacked: int) -> int:
    """Return how many gzip members a file of so many unpacked bytes may have."""
    return 16 + unpacked // _BYTES_PER_MEMBER


def opener(path: str) -> Callable[..., TextIO]:
    """Return what opens a file as text: ``gzip.open`` or ``open``, told by its first bytes."""
    with open(path, "rb") as raw:
        return gzip.open if raw.read(len(_GZIP)) == _GZIP else open


def unpack(data: bytes, what: str, limits: Limits) -> bytes | bytearray:
    """Return ``data`` with one layer of gzip taken off, if it has one.

    At no time are more than ``limits.max_unpacked`` plus one chunk of unpacked bytes held,
    whatever size the file claims or expands to.

    Raises
    ------
    LimitError
        More bytes come out than ``limits.max_unpacked``.
    InputError
        The gzip is cut short or corrupt, or holds another gzip.
    """
    if not data.startswith(_GZIP):
        return data
    out = bytearray()
    members = 0
    unread = memoryview(data)

    def broken(how: str) -> InputError:
        return InputError(f"{what} is gzip that {how}; compress or download it again")

    try:
        while len(unread):
            # bit 16: gzip wrapper with its checksum and length verified
            stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            members += 1
            if members > most_members(limits.max_unpacked):
                raise broken("has more pieces than any tool writes")
            while not stream.eof:
                piece = stream.unconsumed_tail
                if not piece:
                    if not len(unread):
                        raise broken("is cut short")
                    piece, unread = bytes(unread[:_CHUNK]), unread[_CHUNK:]
                out += stream.decompress(piece, _CHUNK)
                if len(out) > limits.max_unpacked:
                    raise LimitError(
                        f"{what} unpacks to more than {size(limits.max_unpacked)}, the most that "
                        "is read here; give fewer sequences"
                    )
            # What the member did not use lies just before ``unread``: step back over it.
            used = len(data) - len(unread) - len(stream.unused_data)
            unread = memoryview(data)[used:]
            if not data.startswith(_GZIP, used):
                if data[used:].strip(b"\0"):
                    raise broken("is followed by other bytes")
                break  # zero padding, as tar and tapes leave it
    except zlib.error:
        raise broken("is damaged") from None
    if out.startswith(_GZIP):
        raise InputError(f"{what} is gzip inside gzip; unpack it once and give that")
    return out


def to_text(data: bytes, what: str, limits: Limits) -> tuple[str, tuple[Change, ...]]:
    """Return the text of a plain or gzip file, and what had to be changed to read it.

    Raises
    ------
    InputError
        Not text: the sentence says what it is.
    LimitError
        Larger than ``limits`` allow, as sent or unpacked.
    """
    check_bytes(len(data), what, limits)
    raw = unpack(data, what, limits)
    if kind := binary_kind(raw):
        inside = f"what is packed in {what}" if raw is not data else what
        raise InputError(binary_sentence(kind, inside))
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        text = (
            f"the file is not UTF-8 (byte {error.start + 1:,} is 0x{raw[error.start]:02X}): read "
            "as Latin-1, so accented letters in names may look different"
        )
        return raw.decode("latin-1"), (Change("", "encoding", 1, text),)
