"""The local engine: worker processes, a bounded queue with fair turns, shared results.

Owns scheduling, sharing and bounds. Whose turn it is, is in ``turns``; what one job is, in
``job``; the processes, in ``pool``; what runs in one, in ``worker``; how one is born, in
``context``; what is counted and learnt when a job ends, in ``ledger``.

Only as much work as there are workers is handed to the pool; the rest waits here, where owners
take turns and a queued job can be taken back at once. ``Bounds.lane`` more processes take short
work alone. What runs there for longer than it may (``Bounds.outrun``) is stopped and begins again
in an ordinary place: the lane is held for seconds, whatever was expected.
"""

import concurrent.futures
import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Hashable
from typing import Any

from gexp_core.errors import LimitError
from gexp_core.jobs.bounds import BOUNDS, Bounds
from gexp_core.jobs.disk import Disk, Results
from gexp_core.jobs.job import Job, Task, cancelled, finished
from gexp_core.jobs.ledger import Ledger
from gexp_core.jobs.pool import Inner, Workers
from gexp_core.jobs.turns import Places
from gexp_core.jobs.worker import Outcome

_log = logging.getLogger("gexp")


class Engine:
    """Run named functions in worker processes; safe between threads.

    With a ``disk``, finished results lie there and outlive this process.
    """

    def __init__(self, bounds: Bounds = BOUNDS, disk: Disk | None = None) -> None:
        self.bounds = bounds
        self.results = Results(bounds, disk)
        self._ledger = Ledger()
        self.rates, self.counts = self._ledger.rates, self._ledger.counts
        self._workers = Workers(bounds.workers + bounds.lane, bounds.memory, bounds.priority, disk)
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._places: Places[Task] = Places(bounds.workers, bounds.most, bounds.lane)
        self._alive: dict[Hashable, Task] = {}
        self._numbers = itertools.count(1)
        self._closing = False
        self._dispatcher: threading.Thread | None = None

    def warm(self) -> None:
        """Start the workers now, so that the first visitor does not wait for them."""
        with self._lock:
            self._workers.warm()

    def submit(
        self,
        work: str,
        *args: Any,
        key: str = "",
        owner: str = "",
        seconds: float | None = None,
        units: int = 0,
        kind: str = "",
        expects: float | None = None,
        lasting: bool = True,
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
        expects : float, optional
            Seconds that it is expected to take, where its asker knows better than ``rates``. Work
            of up to ``Bounds.short`` may run in the lane; work of unknown length never does.
        lasting : bool, optional
            Whether a result with a key may lie on disk. What is true of this process or machine
            only may not.

        Raises
        ------
        LimitError
            Too many jobs wait already.
        """
        limit = min(seconds or float("inf"), self.bounds.seconds or float("inf"))
        name: Hashable = (work, key) if key else object()
        whose: Hashable = owner or object()
        found = self.results.get(name)  # may read the disk: nobody else is to wait for that
        with self._lock:
            if found is None:
                found = self.results.near(name)  # it may have ended just now
            if found is not None:
                return Job(finished(name, work, found))
            task = self._alive.get(name)
            if task is not None and task.held_by and not task.future.done():
                if task.inner is None:
                    self._places.add(task, whose, short=task.short)
                return Job(task)
            self._room(whose)
            lies = name if key and lasting else None
            task = self._task(name, work, (args, kwargs, lies), limit)
            task.units, task.kind = units, kind
            known = expects if expects is not None else self.rates.seconds(kind, units)
            task.short = known is not None and known <= self.bounds.short
            job = Job(task)
            self._alive[name] = task
            self._places.add(task, whose, short=task.short)
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
        if (held := self._places.held(whose)) >= self.bounds.held:
            raise LimitError(
                f"{held} of your computations wait or run already, the most for one visitor; wait "
                "for one of them, or cancel it"
            )

    def _task(self, name: Hashable, work: str, payload: tuple[Any, ...], seconds: float) -> Task:
        number = next(self._numbers)
        future: concurrent.futures.Future[Outcome] = concurrent.futures.Future()
        return Task(
            name,
            number,
            work,
            payload,
            self._workers.slot(number),
            seconds,
            self._workers.board,
            future,
            stop=self._stop,
            ahead=self._ahead,
            submitted=time.time(),
        )

    def _ahead(self, task: Task) -> int:
        with self._lock:
            return self._places.ahead(task)

    def _start(self) -> None:
        if self._dispatcher is None:
            self._dispatcher = threading.Thread(target=self._dispatch, name="turns", daemon=True)
            self._dispatcher.start()

    def _dispatch(self) -> None:
        """Hand the next work to the pool whenever a worker is free."""
        with self._changed:
            while not self._closing:
                while taken := self._places.take():
                    self._begin(*taken)
                self._changed.wait()

    def _begin(self, task: Task, lane: bool) -> None:
        bound = min(task.seconds, self.bounds.outrun) if lane else task.seconds
        try:
            inner = self._workers.begin(task.work, task.slot, task.payload, bound)
        except Exception as error:  # the queue must go on, whatever became of the pool
            _log.exception("work could not be handed to a worker")
            self._settle(task, error=error)
            return
        task.inner = inner
        inner.add_done_callback(lambda _: self._returned(task, inner, bound < task.seconds))

    def _returned(self, task: Task, inner: Inner, more: bool) -> None:
        """Settle a task whose worker has finished, failed or was stopped.

        One that may have ``more`` time than it had in the lane waits for an ordinary place.
        """
        if inner.cancelled():
            self._settle(task)
        elif (error := inner.exception()) is not None:
            if more and isinstance(error, TimeoutError):
                self._overran(task)
            else:
                self._settle(task, error=error)
        else:
            self._settle(task, outcome=inner.result())

    def _overran(self, task: Task) -> None:
        """Let a task wait again that took longer in the lane than it may, if anybody wants it."""
        with self._changed:
            if self._closing or not task.held_by:
                self._settle(task)
                return
            task.inner, task.short = None, False
            self._workers.wipe(task.slot)
            self._places.overran(task)
            self._changed.notify_all()

    def _settle(
        self, task: Task, *, outcome: Outcome | None = None, error: BaseException | None = None
    ) -> None:
        """Give the task's place back, remember a good shared result and tell who waits.

        What it was given is let go: a job outlives its task, and may be kept for what it says.
        """
        with self._lock:
            self._places.release(task)
            task.payload = ()
            if self._alive.get(task.name) is task:
                del self._alive[task.name]
            value = outcome.value if outcome else None
            if value is not None and isinstance(task.name, tuple):
                self.results.put(task.name, value)
            stopped = "interrupted" if self._closing else "cancelled"
            ended = stopped if outcome is None and error is None else "failed"
            self._ledger.note(task, "done" if value is not None else ended)
            self._changed.notify_all()
        with contextlib.suppress(concurrent.futures.InvalidStateError):  # cancelled before
            if outcome is not None:
                task.future.set_result(outcome)
            elif error is not None:
                task.future.set_exception(error)
            else:
                cancelled(task.future)

    def _stop(self, task: Task, job: str) -> None:
        """Stop a computation for one of its jobs; nobody else's goes with it."""
        with self._lock:
            task.held_by.discard(job)
            if task.held_by or task.future.done():
                return
            self._places.drop(task)
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
            alive = self._workers.pids()
            return {
                "workers": len(alive),
                "pids": alive,
                "running": len(self._places.running),
                "waiting": len(self._places),
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
                self._places.drop(task)
                self._settle(task)
            self._changed.wait_for(lambda: not self._places.running, grace)
            left = self._places.running
        for task in left:
            self._settle(task)
        self._workers.stop()
