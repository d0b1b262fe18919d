"""Files that were made for a download stay on the server until the browser has come for them.

Streamlit makes such a file when its button is clicked and tells the browser where it lies, but
counts it as used by nobody: the second script run that ends after that, anybody's, deletes it. On
a server with visitors that is a fraction of a second, and a browser that comes later gets nothing.
Here each file is held by a session of its own for a while. Owns that while, and its bounds.
"""

import threading
import time
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from streamlit import runtime
from streamlit.runtime.scriptrunner import add_script_run_ctx

#: Seconds that a file is held, far more than a browser takes to come; most files, and their bytes.
SECONDS, MOST, MOST_BYTES = 60.0, 64, 256 * 2**20

_held: dict[str, tuple[int, float]] = {}  # session -> bytes and when it ends, the oldest first
_lock = threading.Lock()


def fetchable(make: Callable[[], bytes], name: str, kind: str) -> Callable[[], bytes]:
    """Return a maker of the same bytes that holds the file which Streamlit makes of them.

    Parameters
    ----------
    make : callable
    name, kind : str
        File name and media type, as the button has them.
    """

    def made() -> bytes:
        data = make()
        if runtime.exists():
            _hold(runtime.get_instance().media_file_mgr, data, name, kind)
        return data

    return made


def _hold(files: Any, data: bytes, name: str, kind: str) -> None:
    """Count a file as used by a session that nobody has, for SECONDS or until bounds are passed."""
    session = f"download {uuid.uuid4().hex}"
    # A session is known by the thread that adds a file. Equal bytes, name and kind are one file.
    adding = threading.Thread(
        target=files.add, args=(data, kind, "0", name), kwargs={"is_for_static_download": True}
    )
    standing: Any = SimpleNamespace(session_id=session)
    add_script_run_ctx(adding, standing).start()
    adding.join()
    with _lock:
        sweeping = bool(_held)
        _held[session] = (len(data), time.monotonic() + SECONDS)
        while len(_held) > 1 and (len(_held) > MOST or _bytes() > MOST_BYTES):
            _release(files, next(iter(_held)))
    if not sweeping:
        _later(files)


def _bytes() -> int:
    return sum(size for size, _ in _held.values())


def _later(files: Any) -> None:
    timer = threading.Timer(SECONDS, _sweep, (files,))
    timer.daemon = True
    timer.start()


def _sweep(files: Any) -> None:
    """Release what was held for long enough; come again while anything is left."""
    with _lock:
        now = time.monotonic()
        try:
            for session in [session for session, (_, end) in _held.items() if end <= now]:
                _release(files, session)
        finally:  # whatever Streamlit says of one file, the others are to go in their time
            if _held:
                _later(files)


def _release(files: Any, session: str) -> None:
    del _held[session]
    files.clear_session_refs(session)
