"""The one engine of a process: started on first use, shared by everybody in the process.

Its results lie on disk, where the next server finds them.
"""

import threading
from typing import Any

from gexp_core.jobs.bounds import from_environment
from gexp_core.jobs.disk import opened
from gexp_core.jobs.engine import Engine
from gexp_core.jobs.job import Job

_engine: Engine | None = None
_guard = threading.Lock()


def engine() -> Engine:
    """Return this process's engine, started on first use."""
    global _engine
    with _guard:
        if _engine is None:
            bounds = from_environment()
            _engine = Engine(bounds, opened(bounds))
        return _engine


def start() -> None:
    """Start the engine and its workers ahead of the first job."""
    engine().warm()


def stop(grace: float = 0.0) -> None:
    """Stop the engine; running jobs are cancelled. A later submit starts a new one."""
    global _engine
    with _guard:
        if _engine is not None:
            _engine.stop(grace)
        _engine = None


def submit(work: str, *args: Any, **kwargs: Any) -> Job:
    """Ask this process's engine for work; see :meth:`Engine.submit`."""
    return engine().submit(work, *args, **kwargs)
