"""Finished results on disk, the latest also at hand in memory.

Owns the folder of results and what a result is found by. A file lies under a digest of all that
the result depends on, this version of the code among it; one that is damaged or foreign is
dropped, and a disk that is full or read-only means that results are held in memory alone. How a
result becomes bytes is in ``codec``; the bounds of the folder are ``inputs.disk_cache``'s.
"""

import functools
import hashlib
import importlib.metadata
import logging
import os
import tempfile
import threading
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from gexp_core import __version__
from gexp_core.inputs.disk_cache import DiskCache, private
from gexp_core.jobs.bounds import Bounds
from gexp_core.jobs.codec import decode, encode
from gexp_core.jobs.store import Store, size

#: The environment variable that names the folder; 'off' holds results in memory alone.
FOLDER = "GEXP_RESULTS"

_log = logging.getLogger("gexp")
_PACKAGE = Path(__file__).resolve().parents[1]
_MARK = b"gexp result 1\n"
_DIGEST = 32  # bytes


def folder() -> Path | None:
    """Return the folder that GEXP_RESULTS names, else one of this user's among temporary files."""
    named = _named()
    if named.lower() == "off":
        return None
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(named) if named else Path(tempfile.gettempdir()) / f"gexp-results-{user}"


def _named() -> str:
    return os.environ.get(FOLDER, "").strip()


@functools.cache
def release() -> str:
    """Return a digest of this code, the motifs it comes with, and what it computes with.

    The version alone does not change with every change of the code.
    """
    made_with = [importlib.metadata.version(one) for one in ("torch", "numpy", "tangermeme")]
    hashed = hashlib.sha256(" ".join([__version__, *made_with]).encode())
    motifs = _PACKAGE.parent / "assets" / "motifs"
    for path in sorted([*_PACKAGE.rglob("*.py"), *motifs.glob("*.meme")]):
        data = path.read_bytes()
        hashed.update(f"{path.name}:{len(data)};".encode())
        hashed.update(data)
    return hashed.hexdigest()


class Disk:
    """Keep results in a folder; safe between threads and processes, which may share it.

    Parameters
    ----------
    top : Path
        Where the folder ``results`` lies.
    bounds : Bounds
        ``results``, ``result_bytes`` and ``result_seconds`` hold.
    """

    def __init__(self, top: Path, bounds: Bounds) -> None:
        self._cache = DiskCache(
            "results",
            top=top,
            most=bounds.result_bytes,
            one=bounds.result_bytes // 4,
            items=bounds.results,
            seconds=bounds.result_seconds,
        )
        self._release = release()

    def _key(self, name: Hashable) -> str | None:
        """Return what a result is kept under; None for one that is shared with nobody."""
        if not isinstance(name, tuple):
            return None
        return "\n".join([self._release, *map(str, name)])

    def get(self, name: Hashable) -> Any:
        """Return the result of a name and count it as used, or None."""
        key = self._key(name)
        data = self._cache.get(key) if key else None
        if key is None or data is None:
            return None
        try:
            return _opened(data, key)
        except Exception:  # whatever is wrong with a file: it is no result
            _log.warning("a damaged file among the results was dropped")
            self._cache.drop(key)
            return None

    def put(self, name: Hashable, value: Any) -> bool:
        """Keep a result; return False, and say why in the log, where it cannot be kept."""
        key = self._key(name)
        if key is None:
            return False
        try:
            kept = size(value) <= self._cache.one and self._cache.put(key, _sealed(value, key))
        except Exception as error:  # what was computed is good, wherever it is held
            _log.warning("a result was not kept on disk", exc_info=error)
            return False
        if not kept:
            _log.warning("a result was not kept on disk: it is too large, or the disk refused it")
        return kept

    def touch(self, name: Hashable) -> None:
        """Count a result as used."""
        if key := self._key(name):
            self._cache.touch(key)

    def tidy(self) -> None:
        """Remove what nobody asked for in time, and what is beyond the bounds."""
        self._cache.tidy()


def opened(bounds: Bounds) -> Disk | None:
    """Return the results on disk of a server, or None where it is to hold them in memory.

    Raises
    ------
    GexpError
        The folder is somebody else's.
    """
    top = folder()
    if top is None:
        return None
    try:
        if not _named():
            private(top, FOLDER)  # whoever owns the folder above could put another in its place
        private(top / "results", FOLDER)
    except OSError as error:
        _log.warning("the folder of results cannot be made: memory holds them", exc_info=error)
        return None
    made = Disk(top, bounds)
    made.tidy()
    return made


def _sealed(value: Any, key: str) -> bytes:
    """Return the bytes of a file: a mark, a digest of its name and all that follows, a result."""
    data = encode(value)
    return b"".join((_MARK, _digest(data, key), data))


def _opened(file: bytes, key: str) -> Any:
    start = len(_MARK) + _DIGEST
    data = memoryview(file)[start:]
    if not file.startswith(_MARK) or file[len(_MARK) : start] != _digest(data, key):
        raise ValueError("the file is not whole, or is that of another result")
    return decode(data)


def _digest(data: "bytes | memoryview", key: str) -> bytes:
    hashed = hashlib.sha256(key.encode())
    hashed.update(data)
    return hashed.digest()


class Results:
    """Remember finished results: a few in memory, and on disk what its ``put`` wrote there.

    Parameters
    ----------
    bounds : Bounds
        ``near`` and ``near_bytes`` hold for memory.
    disk : Disk, optional
        Without one, memory holds all there is.
    """

    def __init__(self, bounds: Bounds, disk: Disk | None = None) -> None:
        self.disk = disk
        self._near = Store(bounds.near, bounds.near_bytes, bounds.result_seconds)
        self._reading = threading.Lock()

    def get(self, name: Hashable) -> Any:
        """Return the result of a name and count it as used, or None; it may read the disk."""
        found = self.near(name)
        if self.disk is None:
            return found
        if found is not None:
            self.disk.touch(name)
            return found
        with self._reading:  # one at a time: a large result is held several times while it is read
            found = self.near(name)  # another thread may have read it meanwhile
            if found is None and (found := self.disk.get(name)) is not None:
                self._near.put(name, found)
        return found

    def near(self, name: Hashable) -> Any:
        """Return the result of a name if memory holds it, or None; at once."""
        return self._near.get(name)

    def put(self, name: Hashable, value: Any) -> None:
        """Hold a result in memory; the worker that made it has written it to disk."""
        self._near.put(name, value)
