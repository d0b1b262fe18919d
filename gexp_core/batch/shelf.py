"""What visitors' batches leave on disk: input, parts, table; for a while, within bounds.

Owns the folder and who may find what in it. A batch is found by its token alone, which nobody can
guess; on disk it lies under a digest of the token, so that the folder's names open nothing.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gexp_core.errors import GexpError, LimitError
from gexp_core.inputs.disk_cache import private
from gexp_core.inputs.limits import size


@dataclass(frozen=True, slots=True)
class Room:
    """Bound what is kept.

    Attributes
    ----------
    batches : batches kept at once, finished or not
    total, each : bytes on disk of all, and of one
    hours : how long a batch is kept after it was last looked at
    """

    batches: int = 64
    total: int = 4 * 2**30
    each: int = 2**29
    hours: float = 72.0


ROOM = Room()


class Kept:
    """Stand for one batch on the shelf."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.input = folder / "input"

    @property
    def name(self) -> str:
        """Return what the batch is called in the queue; it finds nothing."""
        return self.folder.name[:16]

    def read(self) -> dict[str, Any]:
        """Return the notes of the batch; empty when there are none."""
        try:
            told = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}

    def write(self, **changes: Any) -> dict[str, Any]:
        """Change notes of the batch; a reader sees the old or the new ones."""
        told = self.read() | changes
        beside = self.folder / f".state.{threading.get_ident()}.{time.time_ns()}"
        beside.write_text(json.dumps(told), encoding="utf-8")
        beside.replace(self.folder / "state.json")
        return told

    def used(self) -> int:
        """Return the bytes that the batch holds on disk."""
        return sum(_sizes(self.folder))

    def seen(self) -> None:
        """Note that somebody looked; a batch is kept for a while from then on."""
        with contextlib.suppress(OSError):
            os.utime(self.folder)


def _sizes(folder: Path) -> Iterator[int]:
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # parts come and go while it is counted
                yield os.stat(os.path.join(where, name)).st_size


class Shelf:
    """Keep batches in one folder, readable by this user alone."""

    def __init__(self, root: Path, room: Room = ROOM) -> None:
        self.root = root
        self.room = room
        self._lock = threading.Lock()
        private(root, "GEXP_BATCHES")

    def add(self, data: bytes, notes: Mapping[str, Any]) -> tuple[str, Kept]:
        """Put an input on the shelf; return the token that finds it, and the batch.

        Raises
        ------
        LimitError
            There is no room for it.
        GexpError
            The disk cannot be written.
        """
        self.tidy()
        with self._lock:
            kept = self.every()
            used = sum(one.used() for one in kept)
            if len(kept) >= self.room.batches or used + len(data) > self.room.total:
                raise LimitError(
                    f"the server keeps {len(kept)} batches of {size(max(used, 1))} already, which "
                    f"is its limit; they go {self.room.hours:g} hours after they were last looked "
                    "at, so try again later"
                )
            token = secrets.token_urlsafe(16)
            made = self._at(token)
            try:
                made.folder.mkdir(mode=0o700)
                made.input.write_bytes(data)
                made.write(**notes)
            except OSError as error:
                self.remove(made)
                raise GexpError(
                    f"the server cannot keep the file ({error.strerror or error}); try again "
                    "later, or use the command line"
                ) from error
        return token, made

    def find(self, token: str) -> Kept | None:
        """Return the batch that a token stands for, or None."""
        if not token or len(token) > 100:
            return None
        found = self._at(token)
        if not (found.folder / "state.json").is_file() or self._old(found):
            return None
        return found

    def _at(self, token: str) -> Kept:
        return Kept(self.root / hashlib.sha256(token.encode("utf-8", "replace")).hexdigest())

    def every(self) -> list[Kept]:
        """Return all batches on the shelf."""
        return [Kept(path) for path in sorted(self.root.iterdir()) if path.is_dir()]

    def _old(self, one: Kept) -> bool:
        try:
            return time.time() - one.folder.stat().st_mtime > 3600 * self.room.hours
        except OSError:
            return True

    def tidy(self) -> int:
        """Remove what nobody has looked at for too long; return how many went."""
        old = [one for one in self.every() if self._old(one)]
        for one in old:
            self.remove(one)
        return len(old)

    def remove(self, one: Kept) -> None:
        """Take a batch off the shelf at once; who still writes to it finds no folder."""
        gone = one.folder.with_name(f"{one.folder.name}.gone")
        with contextlib.suppress(OSError):
            one.folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def default_root() -> Path:
    """Return the folder ``GEXP_BATCHES``, else one of this user's among temporary files."""
    if named := os.environ.get("GEXP_BATCHES"):
        return Path(named)
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"gexp-batches-{user}"
