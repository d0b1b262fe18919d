"""The folder of parts beside a table: claimed for one batch, and held by one run at a time.

Owns where parts lie, what the folder says they are of, and the refusal of others.
"""

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gexp_core.batch.records import Shard
from gexp_core.batch.settings import BatchSettings
from gexp_core.errors import InputError


class PartsError(InputError):
    """Say that the parts that lie beside a table are not of the batch that is to go on."""


def parts_of(out: Path) -> Path:
    """Return the folder in which the parts of ``out`` lie while it is being made."""
    return out.with_name(f"{out.name}.parts")


def part_of(folder: Path, index: int) -> Path:
    """Return where the part of the shard ``index`` (from 0) lies, or will."""
    return folder / f"part-{index:09d}.parquet"


def record_of(folder: Path, number: int) -> Path:
    """Return where the record ``number`` (from 1) lies, or will, that is computed alone."""
    return folder / f"record-{number:012d}.parquet"


def claim(folder: Path, settings: BatchSettings) -> None:
    """Note in the folder what its parts are of.

    Raises
    ------
    PartsError
        It is a folder of something else.
    """
    note = folder / "batch.json"
    text = json.dumps(settings.describe(), sort_keys=True, indent=1) + "\n"
    if note.exists():
        if note.read_text(encoding="utf-8") != text:
            raise _others(folder)
        return
    if any(folder.glob("part-*")):
        raise PartsError(
            f"the folder {str(folder)!r} holds parts and does not say of what; delete it"
        )
    beside = folder / f".batch.json.{time.time_ns()}"
    beside.write_text(text, encoding="utf-8")
    beside.replace(note)


def check(known: dict[str, Any], shard: Shard, digest: str, folder: Path) -> None:
    """Compare what a part says of itself with its shard and the digest of the settings.

    Raises
    ------
    PartsError
        It is of other settings, or of another input.
    """
    if known.get("settings") != digest:
        raise _others(folder)
    if known.get("digest") != shard.digest:
        raise PartsError(
            f"the input has changed since {str(folder)!r} was begun (record {shard.first:,} and "
            "following); restore it, or delete the folder"
        )


def _others(folder: Path) -> PartsError:
    return PartsError(
        f"the folder {str(folder)!r} holds parts of a batch with another model, other settings, "
        "another device or another version of gexp, torch, numpy or tangermeme; finish it with "
        "those, or delete the folder"
    )


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder against a second run; the system lets go of it when this process ends.

    Raises
    ------
    InputError
        Another run holds it.
    """
    import fcntl

    with (folder / "lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(
                f"another run is writing the parts in {str(folder)!r}; wait for it, or stop it"
            ) from None
        yield
