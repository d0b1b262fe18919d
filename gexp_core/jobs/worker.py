"""What runs inside a worker process: set-up once, then one call after another.

Owns nothing but the call. Results and visitor errors travel back as values; any other exception
travels as text, because an exception that cannot be rebuilt in the parent would break the pool.
"""

import ctypes
import importlib
import logging
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any

from gexp_core.errors import GexpError

#: Numbers kept for each job in the shared board: done, total, start (seconds since the epoch).
FIELDS = 3

_board: Any = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Carry home a value, a visitor's error, or the text of a bug."""

    value: Any = None
    error: GexpError | None = None
    bug: str = ""


def initialise(board: Any, settings: Mapping[str, str]) -> None:
    """Prepare this process: share the board, one thread for torch, die with the parent.

    Parameters
    ----------
    board : shared array of doubles, FIELDS for each job
    settings : environment variables of the server that work may read
    """
    global _board
    _board = board
    _die_with_parent()
    os.environ.update(settings)
    os.environ["OMP_NUM_THREADS"] = "1"
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


def _die_with_parent() -> None:
    """End this process when the server that started it is gone, however it ended."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
    if sys.platform == "linux":  # also when a computation never lets the watching thread run
        ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL: the fork server ends first


def find(work: str) -> Callable[..., Any]:
    """Return the function that ``"package.module:function"`` names."""
    module, _, name = work.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def call(work: str, slot: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Outcome:
    """Call the named function with ``progress=`` and bring home what came of it.

    Parameters
    ----------
    work : str
        ``"package.module:function"``.
    slot : int
        The job's place on the shared board.
    """
    at = slot * FIELDS
    _board[at + 2] = time.time()

    def progress(done: int, total: int) -> None:
        _board[at] = done
        _board[at + 1] = total

    try:
        return Outcome(value=find(work)(*args, progress=progress, **kwargs))
    except GexpError as error:
        return Outcome(error=error)
    except Exception as error:
        logging.getLogger("gexp").exception("%s failed", work)
        return Outcome(bug=f"{type(error).__name__}: {error}")
