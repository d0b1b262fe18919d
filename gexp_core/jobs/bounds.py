"""What the engine may use, and how far a job can be; nothing here runs anything."""

import os
from dataclasses import dataclass

from gexp_core.errors import InputError

#: Beside what else runs, a worker gets its share; about a tenth of one; only what is left over.
PRIORITIES = ("normal", "low", "idle")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Set what the engine may use.

    Attributes
    ----------
    workers : processes, one torch thread each
    waiting : jobs that may wait or run at once; one more is refused with a LimitError
    seconds : longest a job may run, unless its submitter says less; 0 is without bound
    memory : bytes that a job may take beyond what its worker holds when it begins; 0 is without
        bound, and so it is where a GPU is used (its driver reserves address space)
    held : jobs of one owner that may wait or run at once
    share : workers that one owner may hold at once; 0 is all but one
    lane : further processes, for short work alone
    short : seconds that short work is expected to take at most; what nobody can tell is long
    outrun : seconds after which work in the lane is taken out of it, to begin again as long work
    results, result_bytes : finished results kept on disk for whoever asks for the same work
    result_seconds : how long one is kept after it was last asked for
    near, near_bytes : those that memory holds too; all that there are where there is no disk
    priority : one of PRIORITIES: what workers leave to the rest of the machine
    """

    workers: int = 2
    waiting: int = 24
    seconds: float = 600.0
    memory: int = 2 * 2**30
    held: int = 8
    share: int = 0
    lane: int = 0
    short: float = 3.0
    outrun: float = 10.0
    results: int = 1000
    result_bytes: int = 2**30
    result_seconds: float = 24 * 3600.0
    near: int = 64
    near_bytes: int = 128 * 2**20
    priority: str = "normal"

    @property
    def most(self) -> int:
        """Return how many workers one owner may hold at once."""
        return self.share or max(1, self.workers - 1)


BOUNDS = Bounds()


def from_environment() -> Bounds:
    """Return the bounds of a server: the defaults, and what its GEXP_ variables say.

    ``GEXP_WORKERS`` (processes), ``GEXP_SHORT_WORKERS`` (more of them, for short work; 1),
    ``GEXP_JOB_SECONDS``, ``GEXP_JOB_MEMORY_MB`` (MiB), ``GEXP_WORKER_PRIORITY`` (low),
    ``GEXP_RESULTS_MB`` (MiB on disk) and ``GEXP_RESULT_HOURS``.

    Raises
    ------
    InputError
        A variable is no whole number of at least 1 (0 for ``GEXP_SHORT_WORKERS``), or no priority.
    """
    return Bounds(
        workers=_whole("GEXP_WORKERS", BOUNDS.workers),
        lane=_whole("GEXP_SHORT_WORKERS", 1, least=0),
        seconds=_whole("GEXP_JOB_SECONDS", int(BOUNDS.seconds)),
        memory=_whole("GEXP_JOB_MEMORY_MB", BOUNDS.memory // 2**20) * 2**20,
        result_bytes=_whole("GEXP_RESULTS_MB", BOUNDS.result_bytes // 2**20) * 2**20,
        result_seconds=_whole("GEXP_RESULT_HOURS", int(BOUNDS.result_seconds / 3600)) * 3600.0,
        priority=_priority(),
    )


def _priority() -> str:
    given = os.environ.get("GEXP_WORKER_PRIORITY") or "low"  # a page is more urgent than work
    if given not in PRIORITIES:
        raise InputError(
            f"GEXP_WORKER_PRIORITY is {given!r}; give one of {', '.join(PRIORITIES)}, or leave it "
            "unset"
        )
    return given


def grace() -> float:
    """Return the seconds that running work has to end in: ``GEXP_GRACE_SECONDS``, 10."""
    return float(_whole("GEXP_GRACE_SECONDS", 10))


def _whole(name: str, default: int, *, least: int = 1) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or int(text) < least:
        raise InputError(f"{name} is {text!r}; give a whole number from {least}, or leave it unset")
    return int(text)


@dataclass(frozen=True, slots=True)
class JobState:
    """Say how far a job is.

    Attributes
    ----------
    state : 'queued', 'running', 'done', 'failed' or 'cancelled'
    done, total : units of work, as the function reports them; total 0 until it has
    seconds : since it began to run
    left : seconds to go at the rate since its first report; None until there is a second
    ahead : while queued, how many jobs start before it if nobody else comes
    """

    state: str
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    left: float | None = None
    ahead: int = 0

    @property
    def finished(self) -> bool:
        """Return whether nothing more will happen."""
        return self.state in ("done", "failed", "cancelled")
