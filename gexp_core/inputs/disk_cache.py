"""A folder of small files that are kept between runs, within a bound of bytes.

Owns where it lies and how much it holds. What is kept can be made or fetched again: whoever reads
a file checks it, and a folder that cannot be written means that nothing is kept.
"""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

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


class DiskCache:
    """Keep bytes by key in a folder; safe between threads and processes.

    Parameters
    ----------
    kind : str
        Name of the folder inside ``cache_folder()``; not a visitor's text.
    most : int
        Bytes of all files together; those used longest ago go first.
    """

    def __init__(self, kind: str, *, most: int = MOST_BYTES) -> None:
        top = cache_folder()
        self.folder = None if top is None else top / kind
        self.most = most

    def get(self, key: str) -> bytes | None:
        """Return what is kept under ``key`` and count it as used, or None."""
        if self.folder is None:
            return None
        path = self._path(self.folder, key)
        try:
            if path.stat().st_size > MOST_ONE:
                return None
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return data

    def put(self, key: str, data: bytes) -> None:
        """Keep ``data`` under ``key``; nothing happens where it is too large or cannot be kept."""
        if self.folder is None or len(data) > min(MOST_ONE, self.most):
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self.folder, prefix="new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                os.replace(name, self._path(self.folder, key))  # whole, or not there
            except OSError:
                os.unlink(name)
                raise
            self._shrink(self.folder)

    @staticmethod
    def _path(folder: Path, key: str) -> Path:
        return folder / hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()

    def _shrink(self, folder: Path) -> None:
        """Remove the files used longest ago until the bound holds."""
        found = []
        for entry in os.scandir(folder):
            with contextlib.suppress(OSError):
                stat = entry.stat()
                found.append((stat.st_mtime_ns, stat.st_size, entry.path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self.most:
                break
            with contextlib.suppress(OSError):
                os.unlink(path)
            total -= size
