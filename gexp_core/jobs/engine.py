"""The local engine: a pool of two processes, a bounded queue, shared and remembered results.

Owns scheduling, sharing, bounds and the translation of failures into one sentence. What runs in a
worker is in ``worker``; how a worker is born is in ``context``.
"""

import concurrent.futures
import contextlib
import logging
import os
import secrets
import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import pebble

from gexp_core.errors import CancelledError, GexpError, LimitError
from gexp_core.jobs.bounds import BOUNDS, Bounds, JobState
from gexp_core.jobs.context import workers_context
from gexp_core.jobs.store import Store
from gexp_core.jobs.worker import FIELDS, Outcome, call, initialise

_log = logging.getLogger("gexp")
_BOARD = 4096  # jobs whose progress is kept apart; far more than may be alive at once


@dataclass(eq=False)
class _Task:
    """Hold one computation, however many jobs wait for it."""

    future: concurrent.futures.Future[Outcome]
    slot: int
    seconds: float
    board: Any
    lock: threading.Lock
    held_by: set[str] = field(default_factory=set)


class Job:
    """Stand for one request; several may share one computation."""

    def __init__(self, task: _Task) -> None:
        self.id = secrets.token_urlsafe(16)
        self._task = task
        self._cancelled = False
        task.held_by.add(self.id)

    def progress(self) -> JobState:
        """Return how far the work is; never waits."""
        future, at = self._task.future, self._task.slot * FIELDS
        if self._cancelled or future.cancelled():
            return JobState("cancelled")
        done, total, began = self._task.board[at : at + FIELDS]
        seconds = max(0.0, time.time() - began) if began else 0.0
        if future.done():
            failed = future.exception() is not None or future.result().value is None
            return JobState("failed" if failed else "done", int(done), int(total), seconds)
        left = seconds * (total - done) / done if done else None
        return JobState("running" if began else "queued", int(done), int(total), seconds, left)

    def wait(self, seconds: float) -> JobState:
        """Return how far the work is once it has finished or ``seconds`` have passed."""
        if not self._cancelled:
            concurrent.futures.wait([self._task.future], seconds)
        return self.progress()

    def cancel(self) -> None:
        """Stop the computation itself, unless another job waits for the same one."""
        self._cancelled = True
        with self._task.lock:
            self._task.held_by.discard(self.id)
            alone = not self._task.held_by
        if alone:
            self._task.future.cancel()

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the result.

        Raises
        ------
        GexpError
            What the work raised; LimitError past its time, CancelledError when it was stopped.
        """
        stopped = CancelledError("the computation was stopped; run it again to get its result")
        if self._cancelled:
            raise stopped
        try:
            outcome = self._task.future.result(timeout)
        except concurrent.futures.CancelledError as error:
            raise stopped from error
        except TimeoutError as error:
            if not self._task.future.done():
                raise
            raise LimitError(
                f"the computation passed its limit of {self._task.seconds:g} s and was stopped; "
                "give fewer or shorter sequences, or use the command line, which has no limit"
            ) from error
        except (pebble.ProcessExpired, concurrent.futures.BrokenExecutor) as error:
            raise GexpError(
                "the process that computed this ended before it was done, perhaps for lack of "
                "memory; run it again, with fewer or shorter sequences if it happens twice"
            ) from error
        if outcome.error is not None:
            raise outcome.error
        if outcome.bug:
            raise RuntimeError(outcome.bug)
        return outcome.value


class Engine:
    """Run named functions in worker processes; safe between threads."""

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self.bounds = bounds
        self.results = Store(bounds.results, bounds.result_bytes)
        self._context = workers_context()
        self._board = self._context.RawArray("d", _BOARD * FIELDS)
        self._pool = self._new_pool()
        self._lock = threading.Lock()
        self._alive: dict[Hashable, _Task] = {}
        self._slots = 0

    def _new_pool(self) -> pebble.ProcessPool:
        return pebble.ProcessPool(
            max_workers=self.bounds.workers,
            context=self._context,
            initializer=initialise,
            initargs=(self._board, _settings()),
        )

    def warm(self) -> None:
        """Start the workers now, so that the first visitor does not wait for them.

        Asking whether the pool is active starts it. A pool that lost an idle worker reports itself
        broken; a new one takes its place, and the dead one's jobs have already failed.
        """
        if not self._pool.active:
            _log.warning("the pool of workers broke; starting a new one")
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool = self._new_pool()

    def submit(
        self, work: str, *args: Any, key: str = "", seconds: float | None = None, **kwargs: Any
    ) -> Job:
        """Ask for ``work(*args, progress=..., **kwargs)``.

        Parameters
        ----------
        work : str
            ``"package.module:function"``; what it returns must not be None.
        key : str, optional
            A digest of everything the result depends on. Equal work with an equal key is computed
            once, shared while it runs and remembered afterwards. '' means: share with nobody.
        seconds : float, optional
            Longest it may run.

        Raises
        ------
        LimitError
            Too many jobs wait already.
        """
        limit = min(seconds or self.bounds.seconds, self.bounds.seconds)
        name: Hashable = (work, key) if key else object()
        with self._lock:
            known = self.results.get(name)
            if known is not None:
                return Job(_finished(known, limit, self._lock))
            task = self._alive.get(name)
            if task is not None and not task.future.done() and task.held_by:
                return Job(task)
            if len(self._alive) >= self.bounds.waiting:
                raise LimitError(
                    f"the server already has {len(self._alive)} computations waiting or running, "
                    "which is its limit; try again in a minute"
                )
            self.warm()
            self._slots = self._slots % (_BOARD - 1) + 1
            at = self._slots * FIELDS
            self._board[at : at + FIELDS] = [0.0] * FIELDS
            future = self._pool.schedule(
                call, args=(work, self._slots, args, kwargs), timeout=limit
            )
            task = _Task(future, self._slots, limit, self._board, self._lock)
            job = Job(task)
            self._alive[name] = task
        future.add_done_callback(lambda _: self._finish(name, task))
        return job

    def _finish(self, name: Hashable, task: _Task) -> None:
        """Remember a good shared result and let the task go."""
        with self._lock:
            if self._alive.get(name) is task:
                del self._alive[name]
            future = task.future
            if not future.cancelled() and future.exception() is None:
                value = future.result().value
                if value is not None and isinstance(name, tuple):
                    self.results.put(name, value)

    def load(self) -> int:
        """Return how many computations wait or run."""
        return len(self._alive)

    def stop(self) -> None:
        """Stop everything at once."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        with contextlib.suppress(TimeoutError):
            self._pool.join(5)


def _settings() -> dict[str, str]:
    """Return this process's GEXP_ variables; the fork server may be older than them."""
    return {name: value for name, value in os.environ.items() if name.startswith("GEXP_")}


def _finished(value: Any, seconds: float, lock: threading.Lock) -> _Task:
    future: concurrent.futures.Future[Outcome] = concurrent.futures.Future()
    future.set_result(Outcome(value=value))
    return _Task(future, 0, seconds, [0.0] * FIELDS, lock)


_engine: Engine | None = None
_guard = threading.Lock()


def engine() -> Engine:
    """Return this process's engine, started on first use."""
    global _engine
    with _guard:
        if _engine is None:
            _engine = Engine()
        return _engine


def start() -> None:
    """Start the engine and its workers ahead of the first job."""
    engine().warm()


def stop() -> None:
    """Stop the engine; running jobs are cancelled. A later submit starts a new one."""
    global _engine
    with _guard:
        if _engine is not None:
            _engine.stop()
        _engine = None


def submit(
    work: str, *args: Any, key: str = "", seconds: float | None = None, **kwargs: Any
) -> Job:
    """Ask this process's engine for work; see :meth:`Engine.submit`."""
    return engine().submit(work, *args, key=key, seconds=seconds, **kwargs)
