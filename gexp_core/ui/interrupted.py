"""Work that the server's end interrupts: kept on disk at the stop, found by its link after it.

Owns the files. What visitors gave is kept, which computations were not finished, and which results
there were; those lie in the store of ``jobs``. As with batches, a file lies under a digest of its
token, in a folder that only the server's user may read, and goes after a while.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gexp_core.batch.shelf import ROOM, Shelf, default_root
from gexp_core.errors import GexpError
from gexp_core.types import Change, InputCheck, Interval, Origin, Rejection, SequenceSet

#: Bytes that all files may hold together; what does not fit is lost with the server.
MOST = 256 * 2**20


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """Hold what is kept of one piece of work.

    Attributes
    ----------
    check : what was given
    source : where it came from, in words
    unfinished : keys of the computations that waited or ran
    made : keys of results
    """

    check: InputCheck
    source: str
    unfinished: tuple[str, ...] = ()
    made: tuple[str, ...] = ()


def save(left: Iterable[tuple[str, Left]]) -> int:
    """Keep pieces of work by their tokens, the first first while there is room; return how many."""
    root = Shelf(default_root()).root
    _tidy(root)
    kept, used = 0, sum(path.stat().st_size for path in _every(root))
    for token, one in left:
        data = json.dumps(_plain(one)).encode()
        if used + len(data) > MOST:
            continue
        path = _at(root, token)
        beside = path.with_name(f".{path.name}")
        try:
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
            beside.replace(path)
        except OSError:  # a disk that is full keeps no part of what somebody gave
            beside.unlink(missing_ok=True)
            raise
        kept, used = kept + 1, used + len(data)
    return kept


def take(token: str) -> Left | None:
    """Return what was kept under a token and forget it on disk; None where there is nothing."""
    if not token or len(token) > 100:
        return None
    path = _at(default_root(), token)
    try:
        if _old(path):
            return None
        left = _made(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, GexpError):
        return None
    with contextlib.suppress(OSError):
        path.unlink()
    return left


def _at(root: Path, token: str) -> Path:
    named = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
    return root / f"work-{named}.json"


def _every(root: Path) -> list[Path]:
    return [path for path in root.glob("work-*.json") if path.is_file()]


def _old(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > 3600 * ROOM.hours


def _tidy(root: Path) -> None:
    for path in [*_every(root), *root.glob(".work-*.json")]:  # what a stop that was killed began
        with contextlib.suppress(OSError):
            if _old(path):
                path.unlink()


def _plain(left: Left) -> dict[str, Any]:
    """Return a piece of work as JSON holds it."""
    given = left.check.sequences
    return {
        "source": left.source,
        "unfinished": left.unfinished,
        "made": left.made,
        "names": given.names,
        "sequences": given.sequences,
        "origins": [asdict(one) for one in given.origins],
        "changes": [asdict(one) for one in left.check.changes],
        "rejected": [asdict(one) for one in left.check.rejected],
    }


def _made(told: dict[str, Any]) -> Left:
    """Return the piece of work that JSON holds, checked as it was when it was given."""
    origins = tuple(
        Origin(
            one["source"],
            Interval(**one["interval"]) if one["interval"] else None,
            tuple(one["edits"]),
        )
        for one in told["origins"]
    )
    given = SequenceSet(tuple(told["names"]), tuple(told["sequences"]), origins)
    changes = tuple(Change(**one) for one in told["changes"])
    rejected = tuple(Rejection(**one) for one in told["rejected"])
    keys = (tuple(map(str, told.get(name, ()))) for name in ("unfinished", "made"))
    return Left(InputCheck(given, changes, rejected), told["source"], *keys)
