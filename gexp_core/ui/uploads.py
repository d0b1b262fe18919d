"""Uploads in memory: how many and how large, of one tab and of all; one gap of Streamlit's, closed.

Streamlit holds each file that a tab sends until the tab is closed, under whatever id the sender
made up, and does so without end. Here the least recently used go: of a tab that holds too much its
own, of a server that does those of the tab that holds the most. A file counts as used when it
comes and each time that a page with its uploader is drawn. Pages read a file when it comes
(``given``), which is then let go of; only one that waits on a page is missed (``waiting``).

Seen with Streamlit 1.67.0.
"""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile, UploadedFileRec

from gexp_core.errors import InputError
from gexp_core.inputs.limits import is_number

#: Files of one tab, and bytes of them, or twice as many as one upload may have.
MOST_FILES, MOST_BYTES = 12, 64 * 2**20

_ROOM = "GEXP_UPLOADS_MB"
_READ = "_uploads_read"  # key of an uploader -> id of the file that was read from it last
_GONE = (
    "the file that was uploaded is no longer held here: the server needed the room for what others "
    "uploaded; upload it again"
)
_LOCK = threading.Lock()
_add_file = MemoryUploadedFileManager.add_file
_get_files = MemoryUploadedFileManager.get_files


@dataclass(frozen=True, slots=True)
class Lost:
    """Stand for a file that went before it was read."""

    file_id: str
    name: str = ""

    def getvalue(self) -> NoReturn:
        """Raise InputError, which says that the file is to be uploaded again."""
        raise InputError(_GONE)


@dataclass(frozen=True, slots=True)
class Upload:
    """Hold what a file has in it, for the one who reads it; nobody else holds it any more."""

    name: str
    data: bytes

    def getvalue(self) -> bytes:
        """Return what the file has in it."""
        return self.data


def waiting(key: str) -> UploadedFile | Lost | None:
    """Return the file of an uploader, where it stays; None where there is none."""
    file: UploadedFile | DeletedFile | None = st.session_state.get(key)
    return Lost(file.file_id) if isinstance(file, DeletedFile) else file


def given(key: str) -> Upload | Lost | None:
    """Return the file that came to an uploader, and let go of it; call it from its callback.

    None where there is none, or it was read before: of a file that went Streamlit says that it
    changed, and calls back once more. What was read then stays as it is.
    """
    file, read = waiting(key), st.session_state.get(_READ, {})
    if file is None or read.get(key) == file.file_id:
        return None
    st.session_state[_READ] = {**read, key: file.file_id}
    if isinstance(file, Lost):
        return file
    taken = Upload(file.name, file.getvalue())
    file.truncate(0)  # the session's; one that is closed Streamlit cannot copy, as it will
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
    return taken


def room() -> int:
    """Return the bytes that all uploads may have together: ``GEXP_UPLOADS_MB`` (MiB), 512.

    Raises
    ------
    InputError
        The variable is no whole number, or one upload may be larger.
    """
    text, one = os.environ.get(_ROOM) or "512", int(st.get_option("server.maxUploadSize"))
    if not is_number(text) or int(text) < one:
        raise InputError(
            f"{_ROOM} is {text!r}; give a whole number from {one}, the MiB that one upload may "
            "have (server.maxUploadSize)"
        )
    return int(text) * 2**20


def bound() -> None:
    """Let every holder of uploads keep to the bounds."""
    MemoryUploadedFileManager.add_file = _add  # type: ignore[method-assign, assignment]
    MemoryUploadedFileManager.get_files = _get  # type: ignore[method-assign, assignment]


def _add(manager: MemoryUploadedFileManager, session_id: str, file: UploadedFileRec) -> None:
    """Hold a file, the newest of its tab, and let go of what is then too much."""
    largest = int(st.get_option("server.maxUploadSize")) * 2**20
    with _LOCK:
        manager.remove_file(session_id, file.file_id)
        _add_file(manager, session_id, file)
        while gone := _next(manager, session_id, file.file_id, max(MOST_BYTES, 2 * largest)):
            manager.remove_file(*gone)


def _next(
    manager: MemoryUploadedFileManager, tab: str, newest: str, most: int
) -> tuple[str, str] | None:
    """Return the tab and the id of the file that goes next; None where all may stay.

    ``newest`` came just now to ``tab`` and stays; ``most`` are the bytes of one tab.
    """
    with manager._lock:
        held = {
            one: {name: len(file.data) for name, file in files.items()}
            for one, files in manager.file_storage.items()
        }
    weights = {one: sum(files.values()) for one, files in held.items()}
    oldest = {one: next((name for name in held[one] if name != newest), "") for one in held}
    if oldest.get(tab) and (len(held[tab]) > MOST_FILES or weights[tab] > most):
        return tab, oldest[tab]
    others = [one for one in held if oldest[one]]
    if sum(weights.values()) <= room() or not others:
        return None
    fullest = max(others, key=weights.__getitem__)
    return fullest, oldest[fullest]


def _get(
    manager: MemoryUploadedFileManager, session_id: str, file_ids: Sequence[str]
) -> list[UploadedFileRec]:
    """Return files, which count as used."""
    found = _get_files(manager, session_id, file_ids)
    with manager._lock:
        files = manager.file_storage.get(session_id, {})
        for one in found:
            if one.file_id in files:
                files[one.file_id] = files.pop(one.file_id)
    return found
