"""Write results so that a reader never meets half a file.

Owns paths that a person gives for output: checked before anything is computed, written beside
their place under another name, and renamed into it.
"""

import contextlib
import json
import os
import secrets
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from gexp_core.errors import GexpError, InputError

ZIP = "results.zip"

#: In the folder of a run while it is written: its new files, and the names of all that are a run's.
#: It stays where a run was killed, so that the next one knows what it may replace.
UNFINISHED = ".gexp-unfinished"
_FILES, _NAMES = "files", "names.json"


def check_file(path: str) -> None:
    """Raise GexpError when ``path`` cannot become an output file."""
    place = Path(path)
    if place.is_dir():
        raise GexpError(f"{path!r} is a folder; give the name of a file in it with --out")
    _check_folder(place.parent, path)


def check_outputs(out: str | None, *others: str | None) -> None:
    """Raise GexpError unless every output can be written, each into a file of its own.

    Only ``out`` may be left out, or '-', for standard output; the others are left out or files.
    """
    if "-" in others:
        raise InputError("'-' would be standard output, which is not for this; name a file")
    written = [path for path in (out, *others) if path not in (None, "-")]
    for path in written:
        check_file(str(path))
    places = [os.path.realpath(str(path)) for path in written]
    plain = [place for place in places if os.path.isfile(place) or not os.path.exists(place)]
    if len(set(plain)) < len(plain):
        raise InputError("two outputs have the same name; give each a file of its own")


def check_files(folder: str) -> None:
    """Raise GexpError when ``folder`` cannot become (or replace) the folder of a run."""
    place = Path(folder)
    if place.is_dir():
        ours = (place / ZIP).is_file() or (place / UNFINISHED).is_dir()
        if any(place.iterdir()) and not ours:
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
    # a name by chance: what a killed process left is not in the way, nor taken for this one's
    part = place.with_name(f".gexp-{secrets.token_hex(8)}.part")
    with part.open("xb") as stream:
        try:
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

    All are written before the first is put in its place: stopped until then, the folder is as it
    was; stopped later, they are put in place all the same. What a killed process leaves, the next
    run replaces.

    Raises
    ------
    GexpError
        The place may not be written, or a name would leave the folder.
    """
    top = Path(folder)
    for name in files:
        if not _inside(name):
            raise GexpError(f"the file name {name!r} would leave the output folder")
    new = [one for one in (top, *top.parents) if not one.exists()]
    begun = (top / UNFINISHED).is_dir()
    try:
        old = _known(top)
        try:
            _prepare(top / UNFINISHED, files, old)
        except BaseException:
            shutil.rmtree(top / UNFINISHED / (_FILES if begun else ""), ignore_errors=True)
            for one in new:
                with contextlib.suppress(OSError):  # another program put something there
                    one.rmdir()
            raise
        try:
            _settle(top, files, old)
        except KeyboardInterrupt:  # too late: everything is written
            _settle(top, files, old)
    except OSError as error:
        raise GexpError(f"cannot write {folder!r}: {error.strerror or error}") from error


def _known(top: Path) -> set[str]:
    """Return the names of the files in a folder that are an earlier run's."""
    names: set[str] = set()
    if (top / ZIP).is_file():
        names.add(ZIP)
        with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(top / ZIP) as archive:
            names |= set(archive.namelist())
    with contextlib.suppress(OSError, ValueError):
        told = json.loads((top / UNFINISHED / _NAMES).read_text(encoding="utf-8"))
        names |= set(map(str, told if isinstance(told, list) else ()))
    return {name for name in names if _inside(name)}


def _prepare(beside: Path, files: Mapping[str, bytes], old: set[str]) -> None:
    """Write the new files beside their places, then the names of all that are old or new."""
    shutil.rmtree(beside / _FILES, ignore_errors=True)
    beside.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        place = beside / _FILES / name
        place.parent.mkdir(parents=True, exist_ok=True)
        _replace(place, data)
    _replace(beside / _NAMES, json.dumps(sorted(old | set(files))).encode())


def _settle(top: Path, files: Mapping[str, bytes], old: set[str]) -> None:
    """Take old files away and put the new ones in their places; begun again, it goes on."""
    beside = top / UNFINISHED / _FILES
    if (beside / ZIP).exists():
        # while files of two runs lie side by side, there is no zip to vouch for them
        (top / ZIP).unlink(missing_ok=True)
    for name in sorted(old - set(files)):
        if (top / name).is_file():
            (top / name).unlink()
            for parent in Path(name).parents[:-1]:
                with contextlib.suppress(OSError):  # it still holds something
                    (top / parent).rmdir()
    for name in sorted(files, key=lambda name: (name == ZIP, name)):
        if (beside / name).exists():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (beside / name).replace(top / name)
    shutil.rmtree(top / UNFINISHED, ignore_errors=True)


def _inside(name: str) -> bool:
    path = Path(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts
