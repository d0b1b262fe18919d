"""Long work away from the page: submit it, watch it, stop it, fetch it.

Owns where and when a function runs, and where its result lies. Knows nothing of models or pages:
work is named by a string ``"package.module:function"``, and so are the types of results, so that
importing this package loads no science code. The function is called in a worker process with a
``progress=`` keyword. Owners take turns, and every job has a bound on time and memory.

>>> job = submit("gexp_core.pipeline:predict_named", "retina-cnn", sequences, key="...")
>>> job.progress().state
'running'
>>> job.result()
"""

from gexp_core.jobs.bounds import BOUNDS, Bounds, JobState
from gexp_core.jobs.engine import Engine
from gexp_core.jobs.job import Job
from gexp_core.jobs.rates import Rates
from gexp_core.jobs.service import engine, start, stop, submit

__all__ = [
    "BOUNDS",
    "Bounds",
    "Engine",
    "Job",
    "JobState",
    "Rates",
    "engine",
    "start",
    "stop",
    "submit",
]
