"""What is known of a visitor's batch at one moment."""

from dataclasses import dataclass, field

from gexp_core.batch.run import Report
from gexp_core.batch.settings import BatchSettings


@dataclass(slots=True)
class BatchState:
    """Say how far a batch is.

    Attributes
    ----------
    state : 'running', 'done', 'failed', 'cancelled' or 'interrupted'
    source : name of the file that was given
    settings : what is computed
    ending : 'parquet' or 'tsv'
    done, whole : bytes of the input
    seconds : since it (last) began, until it ended
    left : seconds to go at the rate so far; None while that is unknown
    error : why it failed, in one sentence
    anew : what was done before did not fit this version any more, so it was computed again
    report : what it did, when it is done
    """

    state: str
    source: str
    settings: BatchSettings
    ending: str
    done: int = 0
    whole: int = 0
    seconds: float = 0.0
    left: float | None = None
    error: str = ""
    anew: bool = False
    report: Report = field(default_factory=Report)
