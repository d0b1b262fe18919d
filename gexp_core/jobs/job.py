"""One request and the computation behind it: how far it is, how to stop it, what came of it.

Owns the translation of failures into one sentence. When and where it runs is the engine's.
"""

import concurrent.futures
import copy
import secrets
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import pebble

from gexp_core.errors import CancelledError, GexpError, LimitError
from gexp_core.jobs.bounds import JobState
from gexp_core.jobs.worker import FIELDS, Outcome


@dataclass(eq=False)
class Task:
    """Hold one computation, however many jobs wait for it.

    Attributes
    ----------
    name : what the same work is known by
    payload : what it is called with, () once it has ended
    future : settled once, whatever happens
    inner : the pool's own future while a worker has it
    stop : takes the task out of the queue or stops its worker
    ahead : how many tasks start before it
    units, kind : size of the work, as its submitter counts it, and what it is compared with
    short : whether it may run in the lane for short work
    """

    name: Hashable
    number: int
    work: str
    payload: tuple[Any, ...]
    slot: int
    seconds: float
    board: Any
    future: "concurrent.futures.Future[Outcome]"
    inner: "concurrent.futures.Future[Outcome] | None" = None
    stop: Callable[["Task", str], None] | None = None
    ahead: Callable[["Task"], int] | None = None
    units: int = 0
    kind: str = ""
    short: bool = False
    submitted: float = 0.0
    held_by: set[str] = field(default_factory=set)


def finished(name: Hashable, work: str, value: Any) -> Task:
    """Return a task that stands for a result that is known already."""
    future: concurrent.futures.Future[Outcome] = concurrent.futures.Future()
    future.set_result(Outcome(value=value))
    return Task(name, 0, work, (), 0, 0.0, [0.0] * FIELDS, future)


_cancelling = threading.Lock()


def cancelled(future: "concurrent.futures.Future[Outcome]") -> None:
    """Cancel a future, unless it is settled, and wake who waits for it."""
    with _cancelling:
        if not future.cancelled() and future.cancel():
            future.set_running_or_notify_cancel()


class Job:
    """Stand for one request; several may share one computation."""

    def __init__(self, task: Task) -> None:
        self.id = secrets.token_urlsafe(16)
        self._task = task
        self._cancelled = False
        task.held_by.add(self.id)

    def progress(self) -> JobState:
        """Return how far the work is; never waits."""
        future, at = self._task.future, self._task.slot * FIELDS
        if self._cancelled or future.cancelled():
            return JobState("cancelled")
        done, total, began, first, before = self._task.board[at : at + FIELDS]
        now = time.time()
        seconds = max(0.0, now - began) if began else 0.0
        if future.done():
            failed = future.exception() is not None or future.result().value is None
            return JobState("failed" if failed else "done", int(done), int(total), seconds)
        if not began:
            ahead = self._task.ahead(self._task) if self._task.ahead else 0
            return JobState("queued", ahead=ahead)
        # what came before the first word of it is the start: a model is loaded, say
        left = max(0.0, now - first) * (total - done) / (done - before) if done > before else None
        return JobState("running", int(done), int(total), seconds, left)

    def wait(self, seconds: float) -> JobState:
        """Return how far the work is once it has finished or ``seconds`` have passed."""
        if not self._cancelled:
            concurrent.futures.wait([self._task.future], seconds)
        return self.progress()

    def cancel(self) -> None:
        """Stop the computation itself, unless another job waits for the same one."""
        self._cancelled = True
        if self._task.stop:
            self._task.stop(self._task, self.id)

    def when_done(self, call: Callable[[], None]) -> None:
        """Call ``call`` once the computation has ended, however it did; at once if it has."""
        self._task.future.add_done_callback(lambda _: call())

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the result.

        Raises
        ------
        GexpError
            What the work raised; LimitError past its time, CancelledError when it was stopped.
        TimeoutError
            It is not there after ``timeout`` seconds; it still runs.
        """
        stopped = CancelledError("the computation was stopped; run it again to get its result")
        if self._cancelled:
            raise stopped
        try:
            error = self._task.future.exception(timeout)
        except concurrent.futures.CancelledError as cause:
            raise stopped from cause
        # What is kept is never raised itself: it would hold the frames of whoever asked.
        if isinstance(error, TimeoutError):
            raise LimitError(
                f"the computation passed its limit of {self._task.seconds:g} s and was stopped; "
                "give fewer or shorter sequences, or use the command line, which has no limit"
            ) from error
        if isinstance(error, (pebble.ProcessExpired, concurrent.futures.BrokenExecutor)):
            raise GexpError(
                "the process that computed this ended before it was done, perhaps for lack of "
                "memory; run it again, with fewer or shorter sequences if it happens twice"
            ) from error
        if error is not None:
            raise copy.copy(error)
        outcome = self._task.future.result()
        if outcome.error is not None:
            raise copy.copy(outcome.error)
        if outcome.bug:
            raise RuntimeError(outcome.bug)
        return outcome.value
