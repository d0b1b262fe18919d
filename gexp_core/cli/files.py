"""Write results so that a reader never meets half a file.

Owns paths that a person gives for output: checked before anything is computed, written beside
their place under another name, and renamed into it.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from gexp_core.errors import GexpError, InputError

ZIP = "results.zip"

#: In the zip of every run, and what no other program writes into a file of that name.
_MADE, _KEYS = "provenance.json", {"input_digest", "model", "weights_sha256"}

#: In the folder of a run while it is written: its new files, and the names of all that are a run's.
#: It stays where a run was killed, so that the next one knows what it may replace.
UNFINISHED = ".gexp-unfinished"
_FILES, _NAMES = "files", "names.json"

#: Name of a file in the folder of a run -> sha256 of the bytes that runs wrote under it.
_Known = dict[str, set[str]]


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
        left = _of_run(place / ZIP)
        ours = (place / UNFINISHED).is_dir() if left is None else bool(left)
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

    Those that were changed since stay. All are written before the first is put in its place:
    stopped until then, the folder is as it was; stopped later, they are put in place all the same.
    What a killed process leaves, the next run replaces.

    Raises
    ------
    GexpError
        The place may not be written, a name would leave the folder, or a zip of the same name is
        there that no run made.
    """
    top = Path(folder)
    for name in files:
        if not _inside(name):
            raise GexpError(f"the file name {name!r} would leave the output folder")
    new = [one for one in (top, *top.parents) if not one.exists()]
    begun = (top / UNFINISHED).is_dir()
    try:
        if _of_run(top / ZIP) == {}:
            raise GexpError(
                f"the folder {folder!r} holds a {ZIP!r} that no earlier run made; give --out a new "
                "or empty folder"
            )
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


def _of_run(place: Path) -> _Known | None:
    """Return what the zip of a run holds; empty if no run made it, None if nothing is there."""
    if not os.path.lexists(place):
        return None
    wrong = (OSError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error)
    with contextlib.suppress(*wrong), zipfile.ZipFile(place) as archive:
        record = json.loads(archive.read(_MADE))
        if isinstance(record, dict) and record.keys() >= _KEYS:
            found = {}
            for name in archive.namelist():
                with archive.open(name) as stream:
                    found[name] = {hashlib.file_digest(stream, "sha256").hexdigest()}  # type: ignore[arg-type]
            return found
    return {}


def _known(top: Path) -> _Known:
    """Return the files in a folder that are an earlier run's."""
    known = _of_run(top / ZIP) or {}
    if known:
        known[ZIP] = {_digest(top / ZIP)}
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        told = json.loads((top / UNFINISHED / _NAMES).read_text(encoding="utf-8"))
        for name, digests in told.items():
            known.setdefault(name, set()).update(digests)
    return {name: digests for name, digests in known.items() if _inside(name)}


def _digest(place: Path) -> str:
    with place.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _prepare(beside: Path, files: Mapping[str, bytes], old: _Known) -> None:
    """Write the new files beside their places, then what is known of all that are old or new."""
    shutil.rmtree(beside / _FILES, ignore_errors=True)
    beside.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        place = beside / _FILES / name
        place.parent.mkdir(parents=True, exist_ok=True)
        _replace(place, data)
    new = {name: {hashlib.sha256(data).hexdigest()} for name, data in files.items()}
    told = {name: sorted(old.get(name, set()) | new.get(name, set())) for name in old | new}
    _replace(beside / _NAMES, json.dumps(told, sort_keys=True).encode())


def _settle(top: Path, files: Mapping[str, bytes], old: _Known) -> None:
    """Take old files away and put the new ones in their places; begun again, it goes on."""
    beside = top / UNFINISHED / _FILES
    if (beside / ZIP).exists():
        # while files of two runs lie side by side, there is no zip to vouch for them
        (top / ZIP).unlink(missing_ok=True)
    for name in sorted(old.keys() - files):
        if (top / name).is_file() and _digest(top / name) in old[name]:
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
