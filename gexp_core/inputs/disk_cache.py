"""A folder of files that are kept between runs, within bounds.

Owns where it lies and how much it holds. What is kept can be made or fetched again: whoever reads
a file checks it, and a folder that cannot be written means that nothing is kept.
"""

import contextlib
import hashlib
import os
import tempfile
import time
from pathlib import Path

from gexp_core.errors import GexpError

#: The environment variable that names the folder; 'off' keeps nothing.
FOLDER = "GEXP_CACHE"

#: Most bytes that all files of a cache have together.
MOST_BYTES = 100_000_000

#: Most bytes of one file.
MOST_ONE = 20_000_000


def cache_folder() -> Path | None:
    """Return the folder that GEXP_CACHE names, else the user's own for such things; None if off."""
    named = os.environ.get(FOLDER, "").strip()
    if named.lower() == "off":
        return None
    if named:
        return Path(named)
    home = os.environ.get("XDG_CACHE_HOME", "").strip()
    with contextlib.suppress(RuntimeError):  # a user without a home
        return (Path(home) if home else Path.home() / ".cache") / "gexp"
    return None


def private(folder: Path, variable: str) -> None:
    """Make a folder that this user alone may read.

    Raises
    ------
    GexpError
        It is somebody else's; ``variable`` is the environment variable that names another.
    OSError
        It cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if hasattr(os, "getuid") and (folder.is_symlink() or status.st_uid != os.getuid()):
        raise GexpError(
            f"the folder {str(folder)!r} belongs to somebody else; name another one in the "
            f"environment variable {variable}"
        )
    folder.chmod(0o700)


class DiskCache:
    """Keep bytes by key in a folder; safe between threads and processes.

    Parameters
    ----------
    kind : str
        Name of the folder inside ``top``; not a visitor's text.
    most : int
        Bytes of all files together; those used longest ago go first.
    top : Path, optional
        ``cache_folder()`` by default.
    one : int, optional
        Bytes of one file; MOST_ONE by default.
    items : int
        Files; 0 is without bound.
    seconds : float
        How long a file is kept after it was last used; 0 is without end.
    """

    def __init__(
        self,
        kind: str,
        *,
        most: int = MOST_BYTES,
        top: Path | None = None,
        one: int | None = None,
        items: int = 0,
        seconds: float = 0.0,
    ) -> None:
        top = top or cache_folder()
        self.folder = None if top is None else top / kind
        self.most, self.items, self.seconds = most, items, seconds
        self._one = one

    @property
    def one(self) -> int:
        """Return the most bytes of one file."""
        return min(MOST_ONE if self._one is None else self._one, self.most)

    def get(self, key: str) -> bytes | None:
        """Return what is kept under ``key`` and count it as used, or None."""
        if self.folder is None:
            return None
        path = self._path(self.folder, key)
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_size > self.one or self._old(status.st_mtime_ns):
                    return None
                data = file.read(status.st_size)
        except OSError:
            return None
        self.touch(key)
        return data

    def touch(self, key: str) -> None:
        """Count what is kept under ``key`` as used, if it is there."""
        if self.folder is not None:
            with contextlib.suppress(OSError):  # a disk that is read, not written: it stays old
                os.utime(self._path(self.folder, key))

    def put(self, key: str, data: bytes) -> bool:
        """Keep ``data`` under ``key``; return False where it is too large or cannot be kept."""
        if self.folder is None or len(data) > self.one:
            return False
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self.folder, prefix="new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                os.replace(name, self._path(self.folder, key))  # whole, or not there
            except OSError:
                os.unlink(name)
                raise
            self.tidy()
        except OSError:
            return False
        return True

    def drop(self, key: str) -> None:
        """Keep nothing under ``key``."""
        if self.folder is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._path(self.folder, key))

    @staticmethod
    def _path(folder: Path, key: str) -> Path:
        return folder / hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()

    def _old(self, used: int) -> bool:
        return self.seconds > 0 and time.time_ns() - used > self.seconds * 1e9

    def tidy(self) -> None:
        """Remove what was not used in time, and the files used longest ago until bounds hold."""
        if self.folder is None:
            return
        found = []
        with contextlib.suppress(OSError):
            for entry in os.scandir(self.folder):
                with contextlib.suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    found.append((status.st_mtime_ns, status.st_size, entry.path))
        total, left = sum(size for _, size, _ in found), len(found)
        for used, size, path in sorted(found):
            within = total <= self.most and (not self.items or left <= self.items)
            if within and not self._old(used):
                break
            with contextlib.suppress(OSError):
                os.unlink(path)
            total, left = total - size, left - 1
