"""The local engine: worker processes, a bounded queue with fair turns, shared results.

Owns scheduling, sharing and bounds. Whose turn it is, is in ``turns``; what one job is, in
``job``; what runs in a worker, in ``worker``; how a worker is born, in ``context``.

Only as much work as there are workers is handed to the pool; the rest waits here, where owners
take turns and a queued job can be taken back at once.
"""

import concurrent.futures
import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Hashable
from typing import Any

import pebble

from gexp_core.errors import LimitError
from gexp_core.jobs.bounds import BOUNDS, Bounds
from gexp_core.jobs.context import settings, workers_context
from gexp_core.jobs.job import Job, Task, cancelled, finished
from gexp_core.jobs.rates import Rates
from gexp_core.jobs.store import Store
from gexp_core.jobs.turns import Turns
from gexp_core.jobs.worker import FIELDS, Outcome, call, initialise

_log = logging.getLogger("gexp")
_BOARD = 4096  # jobs whose progress is kept apart; far more than may be alive at once
_TEACHES = 0.05  # seconds; shorter work is mostly starting up and teaches nothing


class Engine:
    """Run named functions in worker processes; safe between threads."""

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self.bounds = bounds
        self.results = Store(bounds.results, bounds.result_bytes)
        self.rates = Rates()
        self.counts = {"done": 0, "failed": 0, "cancelled": 0}
        self._context = workers_context()
        self._board = self._context.RawArray("d", _BOARD * FIELDS)
        self._pool = self._new_pool()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._turns: Turns[Task] = Turns(bounds.most)
        self._alive: dict[Hashable, Task] = {}
        self._running: dict[Task, Hashable] = {}
        self._numbers = itertools.count(1)
        self._closing = False
        self._dispatcher: threading.Thread | None = None

    def _new_pool(self) -> pebble.ProcessPool:
        return pebble.ProcessPool(
            max_workers=self.bounds.workers,
            context=self._context,
            initializer=initialise,
            initargs=(self._board, settings(), self.bounds.memory),
        )

    def warm(self) -> None:
        """Start the workers now, so that the first visitor does not wait for them.

        Asking whether the pool is active starts it. A pool that lost an idle worker reports itself
        broken; a new one takes its place, and the dead one's jobs have already failed.
        """
        with self._lock:
            if not self._pool.active:
                _log.warning("the pool of workers broke; starting a new one")
                self._pool.stop()  # type: ignore[no-untyped-call]
                self._pool = self._new_pool()
                self._pool.active  # noqa: B018  (asking starts it)

    def submit(
        self,
        work: str,
        *args: Any,
        key: str = "",
        owner: str = "",
        seconds: float | None = None,
        units: int = 0,
        kind: str = "",
        **kwargs: Any,
    ) -> Job:
        """Ask for ``work(*args, progress=..., **kwargs)``.

        Parameters
        ----------
        work : str
            ``"package.module:function"``; what it returns must not be None.
        key : str, optional
            A digest of everything the result depends on. Equal work with an equal key is computed
            once, shared while it runs and remembered afterwards. '' means: share with nobody.
        owner : str, optional
            Who asks: owners take turns. '' stands for somebody who asks only this.
        seconds : float, optional
            Longest it may run.
        units, kind : int and str, optional
            How much work it is, and of which kind; from both the engine learns how long a unit
            takes (``rates``).

        Raises
        ------
        LimitError
            Too many jobs wait already.
        """
        limit = min(seconds or float("inf"), self.bounds.seconds or float("inf"))
        name: Hashable = (work, key) if key else object()
        whose: Hashable = owner or object()
        with self._lock:
            known = self.results.get(name)
            if known is not None:
                return Job(finished(name, work, known))
            task = self._alive.get(name)
            if task is not None and task.held_by and not task.future.done():
                if task.inner is None:
                    self._turns.add(task, whose)
                return Job(task)
            self._room(whose)
            task = self._task(name, work, (args, kwargs), limit)
            task.units, task.kind = units, kind
            job = Job(task)
            self._alive[name] = task
            self._turns.add(task, whose)
            self._start()
            self._changed.notify_all()
        return job

    def _room(self, whose: Hashable) -> None:
        """Refuse what is beyond the bounds of the queue."""
        if self._closing:
            raise LimitError("the server is stopping and takes no more work; try again in a minute")
        if len(self._alive) >= self.bounds.waiting:
            raise LimitError(
                f"the server already has {len(self._alive)} computations waiting or running, "
                "which is its limit; try again in a minute"
            )
        if (held := self._turns.held(whose)) >= self.bounds.held:
            raise LimitError(
                f"{held} of your computations wait or run already, the most for one visitor; wait "
                "for one of them, or cancel it"
            )

    def _task(self, name: Hashable, work: str, payload: tuple[Any, ...], seconds: float) -> Task:
        number = next(self._numbers)
        slot = number % (_BOARD - 1) + 1
        at = slot * FIELDS
        self._board[at : at + FIELDS] = [0.0] * FIELDS
        future: concurrent.futures.Future[Outcome] = concurrent.futures.Future()
        return Task(
            name,
            number,
            work,
            payload,
            slot,
            seconds,
            self._board,
            future,
            stop=self._stop,
            ahead=self._ahead,
            submitted=time.time(),
        )

    def _ahead(self, task: Task) -> int:
        with self._lock:
            return self._turns.ahead(task)

    def _start(self) -> None:
        if self._dispatcher is None:
            self._dispatcher = threading.Thread(target=self._dispatch, name="turns", daemon=True)
            self._dispatcher.start()

    def _dispatch(self) -> None:
        """Hand the next work to the pool whenever a worker is free."""
        with self._changed:
            while not self._closing:
                while len(self._running) < self.bounds.workers and (taken := self._turns.take()):
                    self._begin(*taken)
                self._changed.wait()

    def _begin(self, task: Task, owner: Hashable) -> None:
        self._running[task] = owner
        try:
            self.warm()
            limit = task.seconds if task.seconds < float("inf") else None
            inner = self._pool.schedule(
                call, args=(task.work, task.slot, *task.payload), timeout=limit
            )
        except Exception as error:  # the queue must go on, whatever became of the pool
            _log.exception("work could not be handed to a worker")
            self._settle(task, error=error)
            return
        task.inner = inner
        inner.add_done_callback(lambda _: self._returned(task))

    def _returned(self, task: Task) -> None:
        """Settle a task whose worker has finished, failed or was stopped."""
        inner = task.inner
        if inner is None or inner.cancelled():
            self._settle(task)
        elif (error := inner.exception()) is not None:
            self._settle(task, error=error)
        else:
            self._settle(task, outcome=inner.result())

    def _settle(
        self, task: Task, *, outcome: Outcome | None = None, error: BaseException | None = None
    ) -> None:
        """Give the task's place back, remember a good shared result and tell who waits."""
        with self._lock:
            owner = self._running.pop(task, None)
            if owner is not None:
                self._turns.release(owner)
            if self._alive.get(task.name) is task:
                del self._alive[task.name]
            value = outcome.value if outcome else None
            if value is not None and isinstance(task.name, tuple):
                self.results.put(task.name, value)
            self._note(task, value is not None, outcome is None and error is None)
            self._changed.notify_all()
        with contextlib.suppress(concurrent.futures.InvalidStateError):  # cancelled before
            if outcome is not None:
                task.future.set_result(outcome)
            elif error is not None:
                task.future.set_exception(error)
            else:
                cancelled(task.future)

    def _note(self, task: Task, good: bool, stopped: bool) -> None:
        """Count and log how a task ended, and learn from it; never with what it was given."""
        if not task.number:
            return
        state = "done" if good else "cancelled" if stopped else "failed"
        self.counts[state] += 1
        began = self._board[task.slot * FIELDS + 2]
        now = time.time()
        ran = max(0.0, now - began) if began else 0.0
        waited = max(0.0, (began or now) - task.submitted)
        if good and ran >= _TEACHES:
            self.rates.learn(task.kind, ran, task.units)
        fields = {"event": "job", "job": task.number, "work": task.work, "state": state}
        times = {"waited_s": round(waited, 3), "ran_s": round(ran, 3), "units": task.units}
        _log.info("job", extra={"fields": fields | times})
        task.number = 0

    def _stop(self, task: Task, job: str) -> None:
        """Stop a computation for one of its jobs; nobody else's goes with it."""
        with self._lock:
            task.held_by.discard(job)
            if task.held_by or task.future.done():
                return
            self._turns.drop(task)
            if self._alive.get(task.name) is task:
                del self._alive[task.name]
        if task.inner is not None:
            task.inner.cancel()  # its callback settles the task
        else:
            self._settle(task)
        cancelled(task.future)

    def load(self) -> int:
        """Return how many computations wait or run."""
        return len(self._alive)

    def report(self) -> dict[str, Any]:
        """Return what may be told of the engine: workers, queue and counts, nobody's work."""
        with self._lock:
            manager = self._pool._pool_manager.worker_manager
            alive = [pid for pid, one in list(manager.workers.items()) if one.is_alive()]
            return {
                "workers": len(alive),
                "pids": alive,
                "running": len(self._running),
                "waiting": len(self._turns),
                "stopping": self._closing,
                **self.counts,
            }

    def stop(self, grace: float = 0.0) -> None:
        """Take no more work, give what runs ``grace`` seconds to end, then stop everything.

        What waits is cancelled at once; what still runs when the time is over, then.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            for task in [task for task in self._alive.values() if task.inner is None]:
                self._turns.drop(task)
                self._settle(task)
            self._changed.wait_for(lambda: not self._running, grace)
            left = list(self._running)
        for task in left:
            cancelled(task.future)
        self._pool.stop()  # type: ignore[no-untyped-call]
        with contextlib.suppress(TimeoutError, RuntimeError):
            self._pool.join(5)
