"""Measure how soon a worker is of use again: ``python -m benchmarks.jobs``.

After a computation was cancelled, and after its worker was killed (-9), the time until the next
one, asked for at that moment, has its result. One worker, so that nobody else can take it.
"""

import argparse
import os
import signal
import statistics
import time
from collections.abc import Callable
from functools import partial

import torch

from gexp_core.errors import GexpError
from gexp_core.jobs import Bounds, Engine, Job
from gexp_core.types import Progress

_WORK = "benchmarks.jobs:compute"
_AT_WORK = 0.3  # seconds that a computation has been running for when it is stopped


def compute(seconds: float, *, progress: Progress) -> int:
    """Multiply matrices for so long, and report each; return the process."""
    one = torch.ones(300, 300)
    end, n = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        one = (one @ one).clamp(0, 1)
        n += 1
        progress(n, 10**9)
    return os.getpid()


def _cancel(job: Job, pid: int) -> None:
    job.cancel()


def _kill(job: Job, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def _begun(job: Job) -> bool:
    return job.progress().done > 0


def _works(engine: Engine) -> bool:
    try:
        engine.submit(_WORK, 0.0).result(60)
    except GexpError:
        return False
    return True


def _until(so: Callable[[], bool]) -> None:
    """Wait until ``so``, a minute at most."""
    began = time.perf_counter()
    while not so():
        if time.perf_counter() - began > 60:
            raise SystemExit("nothing came of it within a minute")
        time.sleep(0.01)


def again(rounds: int, end: Callable[[Job, int], None]) -> list[float]:
    """Return the seconds from each end of a computation to the result of the next."""
    engine, took = Engine(Bounds(workers=1)), []
    try:
        for _ in range(rounds):
            pid = engine.submit(_WORK, 0.0).result(60)
            job = engine.submit(_WORK, 60.0)
            _until(partial(_begun, job))
            time.sleep(_AT_WORK)
            began = time.perf_counter()
            end(job, pid)
            # until the pool has noticed, a new computation may go to the dead worker
            _until(partial(_works, engine))
            took.append(time.perf_counter() - began)
    finally:
        engine.stop()
    return took


def main() -> None:
    """Print what was measured as markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.jobs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args()
    print("| after | median, s | longest, s |\n|---|---:|---:|")
    for name, end in (("cancel", _cancel), ("kill -9 of the worker", _kill)):
        took = again(asked.rounds, end)
        print(f"| {name} | {statistics.median(took):.2f} | {max(took):.2f} |", flush=True)


if __name__ == "__main__":
    main()
