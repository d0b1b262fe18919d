"""Long work away from the page: submit it, watch it, stop it, fetch it.

Owns where and when a function runs. Knows nothing of models or pages: work is named by a string
``"package.module:function"``, so that importing this package loads no science code. The function
is called in a worker process with a ``progress=`` keyword.

>>> job = submit("gexp_core.pipeline:predict_named", "retina-cnn", sequences, key="...")
>>> job.progress().state
'running'
>>> job.result()
"""

from gexp_core.jobs.bounds import BOUNDS, Bounds, JobState
from gexp_core.jobs.engine import Engine, Job, engine, start, stop, submit

__all__ = [
    "BOUNDS",
    "Bounds",
    "Engine",
    "Job",
    "JobState",
    "engine",
    "start",
    "stop",
    "submit",
]
