"""How tasks ended: counted, written down, and learnt from.

Owns the counts and the rates. What a task was given is never written down.
"""

import logging
import time

from gexp_core.jobs.job import Task
from gexp_core.jobs.rates import Rates
from gexp_core.jobs.worker import FIELDS

_log = logging.getLogger("gexp")
_TEACHES = 0.05  # seconds; shorter work is mostly starting up and teaches nothing


class Ledger:
    """Keep count of what became of tasks; whoever uses it locks.

    Attributes
    ----------
    counts : how many were done, failed, were cancelled, and were interrupted by the server's end
    rates : seconds per unit of each kind of work
    """

    def __init__(self) -> None:
        self.counts = {"done": 0, "failed": 0, "cancelled": 0, "interrupted": 0}
        self.rates = Rates()

    def note(self, task: Task, state: str) -> None:
        """Count and log that a task ended in ``state``, one of ``counts``; once for each task."""
        if not task.number:
            return
        self.counts[state] += 1
        began = task.board[task.slot * FIELDS + 2]
        now = time.time()
        ran = max(0.0, now - began) if began else 0.0
        waited = max(0.0, (began or now) - task.submitted)
        if state == "done" and ran >= _TEACHES:
            self.rates.learn(task.kind, ran, task.units)
        fields = {"event": "job", "job": task.number, "work": task.work, "state": state}
        times = {"waited_s": round(waited, 3), "ran_s": round(ran, 3), "units": task.units}
        _log.info("job", extra={"fields": fields | times})
        task.number = 0
