"""What runs inside a worker process: set-up once, then one call after another.

Owns nothing but the call. Results and visitor errors travel back as values; any other exception
travels as text, because an exception that cannot be rebuilt in the parent would break the pool.
"""

import contextlib
import ctypes
import importlib
import logging
import multiprocessing
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any

from gexp_core.errors import GexpError, LimitError
from gexp_core.jobs import log
from gexp_core.jobs.disk import Disk

#: Numbers kept for each job in the shared board: done, total, start (seconds since the epoch); when
#: it first said how far it was, and what was done by then.
FIELDS = 5

_board: Any = None
_disk: Disk | None = None
_memory = 0
_begun = 0  # bytes held when the bound was set

#: How torch and C++ say, in a RuntimeError, that there is no memory.
_FULL = re.compile(r"can't allocate memory|not enough memory|bad_alloc|out of memory", re.I)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Carry home a value, a visitor's error, or the text of a bug."""

    value: Any = None
    error: GexpError | None = None
    bug: str = ""


def initialise(
    board: Any,
    settings: Mapping[str, str],
    memory: int = 0,
    priority: str = "normal",
    disk: Disk | None = None,
) -> None:
    """Prepare this process: the board, one thread for torch, its bounds, to die with the parent.

    Parameters
    ----------
    board : shared array of doubles, FIELDS for each job
    settings : environment variables of the server that work may read
    memory : bytes that a call may take beyond what is held when it begins; 0 is without bound
    priority : one of ``bounds.PRIORITIES``
    disk : where results that are to last are written
    """
    global _board, _disk
    _board, _disk = board, disk
    _die_with_parent()
    _give_way(priority)
    log.set_up()
    os.environ.update(settings)
    os.environ["OMP_NUM_THREADS"] = "1"
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    _bound_memory(memory)


def _give_way(priority: str) -> None:
    """Let what else runs on the machine go before this process.

    A low priority changes how the processor is shared, not how soon a page that wakes up gets it:
    the process in its place may finish its slice of some milliseconds first. One that runs only
    when nothing else wants to (Linux) gives way at once, but hardly runs beside other programs that
    compute.
    """
    if priority == "idle" and hasattr(os, "SCHED_IDLE"):
        try:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        except OSError:  # some containers refuse it: as low as can be, then
            os.nice(19)
    elif priority != "normal" and hasattr(os, "nice"):
        os.nice(10)


def _bound_memory(memory: int) -> None:
    """Let allocations of a call fail beyond ``memory`` more bytes, where the system can (Linux).

    The driver of a GPU reserves memory by the hundred gigabytes, so there is no bound where one is
    used.
    """
    global _memory, _begun
    torch = sys.modules.get("torch")
    if not memory or sys.platform != "linux" or (torch and torch.cuda.is_available()):
        return
    _memory, _begun = memory, _held()


def _held() -> int:
    """Return the bytes of writable private memory that this process holds (Linux)."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        found = re.search(r"VmData:\s+(\d+) kB", status.read())
    return int(found[1]) * 1024 if found else 0


def _make_room() -> None:
    """Let allocations fail beyond what a call may take more than this process holds now.

    The bound is on writable private memory (RLIMIT_DATA): touched or not, it counts when it is
    asked for, so a computation fails before the machine is short. It is set anew for every call:
    what earlier ones left here (models, the gigabyte that a compiler reserves) is not this one's,
    up to as much again: memory that was let go of and can't be given back adds up from call to
    call.
    """
    if not _memory:
        return
    import resource

    limit = _memory + min(_held(), _begun + _memory)
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    with contextlib.suppress(ValueError, OSError):  # a stricter bound is set already
        resource.setrlimit(resource.RLIMIT_DATA, (limit, most))


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


def call(
    work: str, slot: int, args: tuple[Any, ...], kwargs: dict[str, Any], name: Hashable = None
) -> Outcome:
    """Call the named function with ``progress=`` and bring home what came of it.

    Parameters
    ----------
    work : str
        ``"package.module:function"``.
    slot : int
        The job's place on the shared board.
    name : optional
        What the result is found by on disk; None for one that is not to lie there.
    """
    at = slot * FIELDS
    _board[at + 2] = time.time()
    _make_room()

    def progress(done: int, total: int) -> None:
        if not _board[at + 3]:
            _board[at + 4] = done
            _board[at + 3] = time.time()
        _board[at] = done
        _board[at + 1] = total

    try:
        value = find(work)(*args, progress=progress, **kwargs)
        if _disk is not None and name is not None and value is not None:
            _disk.put(name, value)  # here, so that the server's threads have the pages to see to
        return Outcome(value=value)
    except GexpError as error:
        return Outcome(error=error)
    except MemoryError:
        return Outcome(error=_too_much())
    except Exception as error:
        if isinstance(error, RuntimeError) and _FULL.search(str(error)):
            return Outcome(error=_too_much())
        logging.getLogger("gexp").exception("%s failed", work)
        return Outcome(bug=f"{type(error).__name__}: {error}")


def remote(work: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Outcome:
    """Call the named function on a node of a cluster, where there is no board to watch.

    The process is one of the cluster's: it is given one thread, and its memory is the cluster's.
    """
    global _board
    if _board is None:
        _board = [0.0] * FIELDS
        import torch

        torch.set_num_threads(1)
    return call(work, 0, args, kwargs)


def _too_much() -> LimitError:
    """Return the sentence for work that asked for more memory than it may have."""
    room = f"more than the {_memory / 2**20:,.0f} MiB of memory" if _memory else "more memory than"
    return LimitError(
        f"the computation needed {room} that one may use here and was stopped; give fewer or "
        "shorter sequences, or use the command line, whose bound is that of the machine"
    )
