"""How much work a large file is, before it starts: counted and scaled up, not computed.

Owns the estimate's arithmetic; seconds are the asker's. A file is gone through by counts of bytes;
only the beginnings of its first records are read line by line, however the file is wrapped.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gexp_core.batch.lines import pieces
from gexp_core.batch.records import Entry, empty, first_of, told
from gexp_core.batch.settings import MAX_BASES, BatchSettings
from gexp_core.explain.cost import evaluations
from gexp_core.inputs import columns, letters
from gexp_core.inputs.fasta import Record
from gexp_core.inputs.limits import CLI_LIMITS
from gexp_core.models import registry
from gexp_core.types import SequenceSet

_FIRST = 200  # records that stand for all
_BYTES = 4_000_000  # of the records that stand for all, about
_HEAD = 2**14  # bytes of a record that are read
#: What begins a record, and what a row that is neither blank nor a comment. '*+' never gives back.
_HEADER, _ROW = re.compile(rb"\n>"), re.compile(rb"\n(?!;)(?=[^\S\n]*+\S)")


@dataclass(frozen=True, slots=True)
class FileSize:
    """Say how large a file is, and hold what its work can be told from.

    Attributes
    ----------
    records : records of the file
    letters : of all of them, about
    first : first records that stand for all
    texts : of these, the letters of those that can be read
    lengths : of these, the letters (about) of those that are too long to be held
    between : of a table, what stands between its columns, in words; '' for all else
    """

    records: int
    letters: int
    first: int
    texts: tuple[str, ...] = ()
    lengths: tuple[int, ...] = ()
    between: str = ""


class _Beginnings:
    """Hold the beginnings of the first records of a file, and how many bytes each has."""

    def __init__(self, rows: columns.Rows | None) -> None:
        self.rows = rows  # of a table
        self.heads = [bytearray()]  # the first is what stands before the first header
        self.sizes = [0]
        self.full = False

    def add(self, rest: bytes, others: list[bytes]) -> None:
        """Take what follows: the rest of the last record, then others without their '>'."""
        self._more(rest)
        for other in others:
            held = sum(size for size in self.sizes if size <= MAX_BASES)
            self.full = len(self.heads) > _FIRST or held > _BYTES
            if self.full:
                return
            self.heads.append(bytearray(b">" if self.rows is None else b""))
            self.sizes.append(len(self.heads[-1]))
            self._more(other)

    def _more(self, text: bytes) -> None:
        self.heads[-1] += text[: max(0, _HEAD - len(self.heads[-1]))]
        self.sizes[-1] += len(text)

    def entries(self) -> Iterator[tuple[Entry, int]]:
        """Yield each record as it begins, and how many of its bytes are not in that."""
        for head, size in zip(self.heads, self.sizes, strict=True):
            entry = first_of(bytes(head), self.rows)
            if entry is not None:
                yield entry, size - len(head)


def count_records(data: bytes, name: str, most: int) -> FileSize:
    """Return how large a file is; what its letters are is looked at in the first records alone.

    Raises
    ------
    InputError
        It is neither FASTA nor a table of names and sequences.
    LimitError
        It unpacks to more than ``most`` bytes.
    """
    rows, read = told(pieces(io.BytesIO(data), name, most), name)
    begun, start = _Beginnings(rows), _HEADER if rows is None else _ROW
    headers = lines = total = 0
    before, ended = b"\n", b""
    for piece in read:
        if ended == b"\r" and piece.startswith(b"\n"):
            piece = piece[1:]  # the two bytes of one line end, in two pieces
        ended = piece[-1:] or ended
        text = before + piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        headers += text.count(b"\n>") if rows is None else len(start.findall(text))
        lines += text.count(b"\n") - len(before)
        total += len(text) - len(before)
        if not begun.full:
            rest, *others = start.split(text, _FIRST + 1)
            begun.add(rest.removeprefix(before), others)
        before = b"\n" if text.endswith(b"\n") else b""
    found = list(begun.entries())
    if not found:
        raise empty(name, rows)
    records = headers + len(found) - len(begun.heads) + 1  # the first may lack a header
    names = sum(len(entry.header) + 1 for entry, _ in found if entry.header is not None)
    written = total - lines - names * records // len(found)
    texts, lengths = [], []
    for number, (entry, more) in enumerate(found, 1):
        if entry.note:
            continue
        if more:
            lengths.append(_length(entry, more))
        else:
            given = Record(number, entry.header, entry.body, 0, entry.line)
            texts.append(letters.clean(given, str(number), CLI_LIMITS).sequence)
    return FileSize(
        records,
        max(1, written),
        len(found),
        tuple(filter(None, texts)),
        tuple(length for length in lengths if 0 < length <= MAX_BASES),
        "" if rows is None else rows.between,
    )


def _length(entry: Entry, more: int) -> int:
    """Return about how many letters a record has of which ``more`` bytes were not read."""
    return entry.letters + round(more * entry.letters / (len(entry.body) + 1))


def count_work(found: FileSize, settings: BatchSettings) -> int:
    """Return the evaluations of a file (about): those of its first records, scaled up to all."""
    texts = (*found.texts, *("N" * length for length in found.lengths))
    if not texts:
        return 0
    run = settings.run
    units = evaluations(
        registry.card(settings.model),
        SequenceSet(tuple(map(str, range(len(texts)))), texts),
        work=settings.work,
        settings=run.attribution(),
        both_strands=run.both_strands,
        stride=run.stride,
    )
    return max(1, round(units * found.records / found.first))
