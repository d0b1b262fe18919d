"""The same jobs on a Ray cluster: for work that one machine would take too long over.

Owns the translation between Ray's tasks and this room's jobs. Optional: Ray is in
``requirements-ray.txt`` and imported here alone. Of the local engine's promises it keeps progress
by finished jobs, cancelling, bounds on what waits, and one sentence for each failure; it does not
share equal work, and turns between owners are Ray's.

Files that a job names must lie where every node finds them (a shared file system), and every node
needs this package and its models.
"""

import concurrent.futures
import logging
import threading
import time
from typing import Any

from gexp_core.errors import GexpError, LimitError
from gexp_core.jobs.bounds import BOUNDS, Bounds
from gexp_core.jobs.context import settings
from gexp_core.jobs.job import Job, Task, cancelled
from gexp_core.jobs.worker import FIELDS, Outcome, remote


class RayEngine:
    """Run named functions as tasks of a Ray cluster; the part of Engine that a batch uses.

    Parameters
    ----------
    bounds : Bounds
        ``workers`` (processors of a cluster that is started here) and ``waiting`` hold.
    address : str, optional
        HOST:PORT of a cluster; without one, a cluster of this machine is started and stopped.
    gpus : int
        GPUs that each task takes. Ray hides those that a task did not ask for.

    Raises
    ------
    GexpError
        Ray is not installed, there is no cluster at the address, or it has too few GPUs.
    """

    def __init__(
        self, bounds: Bounds = BOUNDS, *, address: str | None = None, gpus: int = 0
    ) -> None:
        try:
            import ray
        except ImportError as error:
            raise GexpError(
                "Ray is not installed here; run `pip install -r requirements-ray.txt`, or leave "
                "out --engine ray"
            ) from error
        self.bounds = bounds
        self._ray = ray
        self._alive: set[Task] = set()
        self._lock = threading.Lock()
        self._own = not ray.is_initialized()
        here: dict[str, Any] = {"address": address}
        if address is None:
            here = {"num_cpus": bounds.workers, "include_dashboard": False}
        try:
            if self._own:
                ray.init(
                    **here,
                    logging_level=logging.ERROR,
                    log_to_driver=False,
                    runtime_env={"env_vars": {**settings(), "OMP_NUM_THREADS": "1"}},
                )
        except Exception as error:  # Ray raises bare ones
            where = f"answers at {address!r}" if address else "could be started on this machine"
            raise GexpError(
                f"no Ray cluster {where} ({type(error).__name__}); start one with `ray start "
                "--head` and give its --address, or leave out --engine ray"
            ) from error
        if ray.cluster_resources().get("GPU", 0) < gpus:  # Ray would wait for it without end
            self.stop()
            raise GexpError(
                "the Ray cluster has no GPU; join a machine that has one (`ray start --address "
                "HOST:PORT`), or leave out --device"
            )
        self._task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=2)(remote)

    def submit(
        self,
        work: str,
        *args: Any,
        owner: str = "",
        seconds: float | None = None,
        **kwargs: Any,
    ) -> Job:
        """Ask for ``work(*args, progress=..., **kwargs)``; as :meth:`Engine.submit`.

        Raises
        ------
        LimitError
            Too many jobs wait already.
        """
        with self._lock:
            if len(self._alive) >= self.bounds.waiting:
                raise LimitError(
                    f"the cluster already has {len(self._alive)} computations of this command, "
                    "which is its limit; wait for one of them"
                )
            future: concurrent.futures.Future[Outcome] = concurrent.futures.Future()
            task = Task(object(), 0, work, (args, kwargs), 0, seconds or 0, [0.0] * FIELDS, future)
            task.board[2] = time.time()
            self._alive.add(task)
        reference = self._task.remote(work, args, kwargs)
        task.stop = lambda _, __: self._stop(task, reference)
        reference.future().add_done_callback(lambda done: self._settle(task, done))
        return Job(task)

    def _stop(self, task: Task, reference: Any) -> None:
        self._ray.cancel(reference, force=True)
        with self._lock:
            self._alive.discard(task)
        cancelled(task.future)

    def _settle(self, task: Task, done: "concurrent.futures.Future[Outcome]") -> None:
        """Hand on what came of a task; a node that was lost is said as a lost worker is."""
        with self._lock:
            self._alive.discard(task)
        if task.future.done():
            return
        error = done.exception()
        if error is None:
            task.future.set_result(done.result())
        elif isinstance(error, self._ray.exceptions.TaskCancelledError):
            cancelled(task.future)
        else:
            logging.getLogger("gexp").error("a task of the cluster failed", exc_info=error)
            lost = concurrent.futures.BrokenExecutor(type(error).__name__)
            task.future.set_exception(lost)

    def load(self) -> int:
        """Return how many computations wait or run."""
        return len(self._alive)

    def stop(self, grace: float = 0.0) -> None:
        """Stop what still runs, and the cluster if it was started here."""
        for task in list(self._alive):
            if task.stop:
                task.stop(task, "")
        if self._own:
            self._ray.shutdown()
