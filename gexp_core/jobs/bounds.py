"""What the engine may use, and how far a job can be; nothing here runs anything."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """Set what the engine may use.

    Attributes
    ----------
    workers : processes, one torch thread each
    waiting : jobs that may wait or run at once; one more is refused with a LimitError
    seconds : longest a job may run, unless its submitter says less
    results, result_bytes : finished results remembered for whoever asks for the same work
    """

    workers: int = 2
    waiting: int = 24
    seconds: float = 600.0
    results: int = 128
    result_bytes: int = 256 * 2**20


BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class JobState:
    """Say how far a job is.

    Attributes
    ----------
    state : 'queued', 'running', 'done', 'failed' or 'cancelled'
    done, total : units of work, as the function reports them; total 0 until it has
    seconds : since it began to run
    left : seconds to go at the rate so far; None while that is unknown
    """

    state: str
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    left: float | None = None

    @property
    def finished(self) -> bool:
        """Return whether nothing more will happen."""
        return self.state in ("done", "failed", "cancelled")
