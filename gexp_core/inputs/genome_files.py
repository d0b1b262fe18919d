"""Indexed FASTA files, plain or bgzip: opening, checking that the index fits, reading.

Owns everything that touches pyfaidx. An index that is missing is built, beside the file where that
folder can be written, else in a temporary folder; one that is there is never rebuilt silently.
"""

import contextlib
import tempfile
import weakref
from pathlib import Path
from typing import Any

from gexp_core.errors import InputError
from gexp_core.inputs.genome import Genome

_GZIP = b"\x1f\x8b"
_ENDINGS = (".gz", ".bgz")
_CHECKED = 200  # contigs whose place in the file is compared with the index
_HEADER = 4_096  # bytes read back for a header


class FileGenome(Genome):
    """Read a FASTA file through its index; see ``genome.open_genome``."""

    def __init__(self, path: Path, name: str = "") -> None:
        self.path = path
        shown = name or _stem(path)
        bgzip = _is_bgzip(path)
        self._faidx = _index(path, bgzip)
        self._close = weakref.finalize(self, self._faidx.close)
        try:
            lengths = {contig: int(row.rlen) for contig, row in self._faidx.index.items()}
            if not bgzip:
                _check_places(path, self._faidx.index)
        except BaseException:
            self._close()
            raise
        super().__init__(shown, lengths)

    def __reduce__(self) -> tuple[Any, ...]:
        """Open the file anew where the genome is sent to another process."""
        return FileGenome, (self.path, self.name)

    def close(self) -> None:
        """Close the file; it also closes when the genome is no longer used."""
        self._close()

    def _letters(self, contig: str, start: int, end: int) -> str:
        letters = str(self._faidx.fetch(contig, start + 1, end))  # holds its own lock
        if len(letters) != end - start:
            raise InputError(
                f"the genome file {self.path.name!r} ends before {contig}:{end:,} (1-based), so "
                f"its index does not belong to it; {_remake(self.path)}"
            )
        return letters


def _stem(path: Path) -> str:
    name = path.name
    for ending in (*_ENDINGS, ".fasta", ".fa", ".fna"):
        name = name[: -len(ending)] if name.lower().endswith(ending) else name
    return name or path.name


def _remake(path: Path) -> str:
    return f"make the index again with `samtools faidx {path.name}`, or delete it"


def _is_bgzip(path: Path) -> bool:
    """Return whether the file is bgzip; InputError for what cannot be a genome."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise InputError(
            f"the genome file {path.name!r} cannot be read: {error.strerror or error}; give the "
            "path of a FASTA file, plain or bgzip"
        ) from None
    if not head.startswith(_GZIP):
        if not head.lstrip().startswith((b">", b";")):
            raise InputError(
                f"the genome file {path.name!r} is not FASTA: it does not begin with '>'; give a "
                "FASTA file, plain or bgzip"
            )
        if path.name.lower().endswith(_ENDINGS):
            raise InputError(
                f"the genome file {path.name!r} is plain text although its name ends like a "
                "compressed one; rename it to end in .fa"
            )
        return False
    # bgzip is gzip whose extra field begins with 'BC'.
    if not (head[3] & 4 and head[12:14] == b"BC"):
        raise InputError(
            f"the genome file {path.name!r} is gzip, in which no place can be found without "
            "unpacking all before it; unpack it, or pack it with `bgzip` in place of gzip"
        )
    if not path.name.lower().endswith(_ENDINGS):
        raise InputError(
            f"the genome file {path.name!r} is bgzip although its name does not say so; rename it "
            "to end in .fa.gz"
        )
    return True


def _index(path: Path, bgzip: bool) -> Any:
    """Return an open pyfaidx index, built where there is none."""
    import pyfaidx

    beside = [Path(f"{path}{ending}") for ending in ((".fai", ".gzi") if bgzip else (".fai",))]
    made = path.stat().st_mtime_ns
    for one in beside:
        if one.exists() and one.stat().st_mtime_ns < made:
            raise InputError(
                f"the index {one.name!r} is older than its genome file {path.name!r}, so it may "
                f"point to wrong places; {_remake(path)}"
            )
    there = all(one.exists() for one in beside)
    with contextlib.ExitStack() as stack:
        folder = path.parent
        if not there and not _writable(folder):
            # pyfaidx holds the whole index once it is open, so its file may go.
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gexp-index-")))
        places = {"indexname": str(folder / beside[0].name)}
        if bgzip:
            places["gzi_indexname"] = str(folder / beside[1].name)
        try:
            return pyfaidx.Faidx(str(path), as_raw=True, **places)
        except (pyfaidx.FastaIndexingError, ValueError, OSError, AssertionError) as error:
            if not there:
                for place in places.values():
                    Path(place).unlink(missing_ok=True)
            raise InputError(_why(path, str(error))) from None


def _writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _why(path: Path, said: str) -> str:
    """Return in one sentence why no index could be made or read."""
    what = f"the genome file {path.name!r}"
    if "Duplicate key" in said:
        contig = said.partition("key ")[2].strip().strip('"')
        return f"{what} has two contigs named {contig!r}; give each a name of its own"
    if "Line length" in said or "Inconsistent" in said:
        where = " ".join(said.partition("found in")[2].split()).rstrip(".")
        where = f" ({where})" if where else ""
        return (
            f"{what} cannot be indexed: lines of one contig differ in length{where}; write it anew "
            "with lines of one length, for example with `seqkit seq -w 60`"
        )
    if "unpack" in said or "invalid literal" in said:
        return f"the index of {path.name!r} is damaged; {_remake(path)}"
    short = " ".join(said.replace(str(path), path.name).split()).rstrip(".")
    return f"{what} cannot be indexed ({short}); check that it is a whole FASTA file of DNA"


def _check_places(path: Path, index: Any) -> None:
    """Raise InputError where the index points to something else than its contigs."""
    size = path.stat().st_size
    rows = list(index.items())
    with path.open("rb") as file:
        for contig, row in rows[:_CHECKED] + rows[_CHECKED:][-1:]:
            begin = max(0, row.offset - _HEADER)
            file.seek(begin)
            before = file.read(row.offset - begin)
            line = before.rstrip(b"\r\n").rpartition(b"\n")[2]
            words = line.decode("utf-8", "replace").removeprefix(">").split()
            ends = before.endswith(b"\n") and row.offset + row.rlen <= size
            named = words[:1] == [contig] or (begin > 0 and len(line) >= _HEADER - 2)
            if not (ends and named):
                raise InputError(
                    f"the index of {path.name!r} does not fit it ({contig!r} is not where the "
                    f"index says), so it belongs to another file; {_remake(path)}"
                )
