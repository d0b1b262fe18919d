"""Write results so that a reader never meets half a file.

Owns paths that a person gives for output: checked before anything is computed, written beside
their place under another name, and renamed into it.
"""

import contextlib
import io
import os
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from gexp_core.errors import GexpError

ZIP = "results.zip"


def check_file(path: str) -> None:
    """Raise GexpError when ``path`` cannot become an output file."""
    place = Path(path)
    if place.is_dir():
        raise GexpError(f"{path!r} is a folder; give the name of a file in it with --out")
    _check_folder(place.parent, path)


def check_files(folder: str) -> None:
    """Raise GexpError when ``folder`` cannot become (or replace) the folder of a run."""
    place = Path(folder)
    if place.is_dir():
        if any(place.iterdir()) and not (place / ZIP).is_file():
            raise GexpError(
                f"the folder {folder!r} holds files that no earlier run made; give --out a new or "
                "empty folder"
            )
        _check_folder(place, folder)
    elif place.exists():
        raise GexpError(f"{folder!r} is a file; give --out a folder")
    else:
        _check_folder(_nearest(place), folder)


def _nearest(place: Path) -> Path:
    """Return the closest parent of ``place`` that exists."""
    return next(parent for parent in place.absolute().parents if parent.exists())


def _check_folder(folder: Path, given: str) -> None:
    if not folder.is_dir():
        raise GexpError(
            f"cannot write {given!r}: there is no folder {str(folder)!r}; make it first"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise GexpError(f"cannot write {given!r}: the folder {str(folder)!r} is not writable")


def write_file(path: str | Path, data: bytes) -> None:
    """Write ``data`` whole or not at all; what is no plain file (a pipe, a device) is written to.

    Raises
    ------
    GexpError
        The disk is full, or the place may not be written.
    """
    place = Path(os.path.realpath(path))
    try:
        if place.exists() and not place.is_file():
            place.write_bytes(data)
            return
        _replace(place, data)
    except OSError as error:
        raise GexpError(f"cannot write {str(path)!r}: {error.strerror or error}") from error


def _replace(place: Path, data: bytes) -> None:
    part = place.with_name(f".gexp-{os.getpid()}.part")
    try:
        with part.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def write_files(folder: str, files: Mapping[str, bytes]) -> None:
    """Write a run's files, the zip last; files of an earlier run that are not in this one go.

    Raises
    ------
    GexpError
        The place may not be written, or a name would leave the folder.
    """
    top = Path(folder)
    for name in files:
        if not _inside(name):
            raise GexpError(f"the file name {name!r} would leave the output folder")
    try:
        top.mkdir(parents=True, exist_ok=True)
        _forget(top, keep=files)
        for name in sorted(files, key=lambda name: (name == ZIP, name)):
            place = top / name
            place.parent.mkdir(parents=True, exist_ok=True)
            write_file(place, files[name])
    except OSError as error:
        raise GexpError(f"cannot write {folder!r}: {error.strerror or error}") from error


def _inside(name: str) -> bool:
    path = Path(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _forget(top: Path, *, keep: Iterable[str]) -> None:
    """Remove what an earlier run's zip lists and this run does not write."""
    old = top / ZIP
    if not old.is_file():
        return
    try:
        with zipfile.ZipFile(io.BytesIO(old.read_bytes())) as archive:
            listed = set(archive.namelist())
    except zipfile.BadZipFile:
        listed = set()
    old.unlink()  # while files of two runs lie side by side, there is no zip to vouch for them
    for name in sorted(listed - set(keep)):
        if _inside(name) and (top / name).is_file():
            (top / name).unlink()
            for parent in Path(name).parents[:-1]:
                with contextlib.suppress(OSError):  # it still holds something
                    (top / parent).rmdir()
