"""The worker processes, and the board on which they say how far they are.

Owns processes and shared memory: started, replaced when they die, stopped. Whose work they do is
the engine's.
"""

import concurrent.futures
import contextlib
import logging
from typing import Any

import pebble

from gexp_core.jobs.context import settings, workers_context
from gexp_core.jobs.disk import Disk
from gexp_core.jobs.worker import FIELDS, Outcome, call, initialise

_log = logging.getLogger("gexp")
_BOARD = 4096  # jobs whose progress is kept apart; far more than may be alive at once

Inner = concurrent.futures.Future[Outcome]


class Workers:
    """Hold a pool of processes that heals; whoever uses it locks.

    Parameters
    ----------
    count : int
        Processes.
    memory : int
        Bytes that a call may take beyond what a process holds when it starts; 0 is without bound.
    priority : str
        What they leave to the rest of the machine, one of ``bounds.PRIORITIES``.
    disk : Disk, optional
        Where they write results that are to last.
    """

    def __init__(
        self, count: int, memory: int, priority: str = "normal", disk: Disk | None = None
    ) -> None:
        self.count = count
        self._given = (memory, priority, disk)
        self._context = workers_context()
        self.board: Any = self._context.RawArray("d", _BOARD * FIELDS)
        self._pool = self._new()

    def _new(self) -> pebble.ProcessPool:
        return pebble.ProcessPool(
            max_workers=self.count,
            context=self._context,
            initializer=initialise,
            initargs=(self.board, settings(), *self._given),
        )

    def warm(self) -> None:
        """Start the processes now, so that the first visitor does not wait for them.

        Asking whether the pool is active starts it. A pool that lost an idle worker reports itself
        broken; a new one takes its place, and the dead one's jobs have already failed.
        """
        if not self._pool.active:
            _log.warning("the pool of workers broke; starting a new one")
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool = self._new()
            self._pool.active  # noqa: B018  (asking starts it)

    def slot(self, number: int) -> int:
        """Return the place on the board of the job with this number, wiped."""
        slot = number % (_BOARD - 1) + 1
        self.wipe(slot)
        return slot

    def wipe(self, slot: int) -> None:
        """Forget how far the job at ``slot`` was."""
        at = slot * FIELDS
        self.board[at : at + FIELDS] = [0.0] * FIELDS

    def begin(self, work: str, slot: int, payload: tuple[Any, ...], seconds: float) -> Inner:
        """Hand work to a process, which is stopped after ``seconds``; infinity is without bound."""
        self.warm()
        limit = seconds if seconds < float("inf") else None
        inner: Inner = self._pool.schedule(call, args=(work, slot, *payload), timeout=limit)
        return inner

    def pids(self) -> list[int]:
        """Return the processes that live."""
        manager = self._pool._pool_manager.worker_manager
        return [pid for pid, one in list(manager.workers.items()) if one.is_alive()]

    def stop(self) -> None:
        """Stop every process, whatever it does."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        with contextlib.suppress(TimeoutError, RuntimeError):
            self._pool.join(5)
