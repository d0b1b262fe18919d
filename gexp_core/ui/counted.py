"""How large a file for a batch is, or why it is none: counted once, however often a page is drawn.

Owns what is remembered of the file that was given last.
"""

from dataclasses import dataclass

from gexp_core.batch import BatchSettings, count_records
from gexp_core.batch.service import UNPACKED
from gexp_core.errors import GexpError
from gexp_core.ui import workspace

_COUNTED = "_batch_counted"


@dataclass(frozen=True, slots=True)
class Counted:
    """Hold what a file is that was given, for the settings of a digest; ``problem``: why none."""

    file: str
    settings: str
    records: int = 0
    letters: int = 0
    units: int = 0
    problem: str = ""


def count(file: str, data: bytes, name: str, settings: BatchSettings) -> Counted:
    """Return how large the file with the id ``file`` is; the answer is kept for the next look.

    Raises
    ------
    GexpError
        The file cannot be counted; that is kept as well.
    """
    found: Counted | None = workspace.setting(_COUNTED, None)
    asked = (file, settings.digest)
    if found is None or (found.file, found.settings) != asked:
        try:
            found = Counted(*asked, *count_records(data, name, settings, UNPACKED))
        except GexpError as error:
            found = Counted(*asked, problem=str(error))
        workspace.keep(_COUNTED, found)
    if found.problem:
        raise GexpError(found.problem)
    return found
