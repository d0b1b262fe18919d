"""How large a file for a batch is, or why it is none: counted once, however often a page is drawn.

Owns what is remembered of the file that was given last.
"""

from dataclasses import dataclass

from gexp_core.batch import BatchSettings, FileSize, count_records, count_work
from gexp_core.batch.bounds import UNPACKED
from gexp_core.errors import GexpError
from gexp_core.ui import workspace

_COUNTED = "_batch_counted"
_WORK = "_batch_work_counted"


@dataclass(frozen=True, slots=True)
class _Counted:
    """Hold how large a file is that was given, or why it is none."""

    file: str
    size: FileSize | None = None
    problem: str = ""


def count(file: str, data: bytes, name: str, settings: BatchSettings) -> tuple[FileSize, int]:
    """Return how large the file with the id ``file`` is, and how many evaluations (about).

    Both are kept for the next look, and the first whatever the settings are.

    Raises
    ------
    GexpError
        The file cannot be counted; that is kept as well.
    """
    found: _Counted | None = workspace.setting(_COUNTED, None)
    if found is None or found.file != file:
        try:
            found = _Counted(file, count_records(data, name, UNPACKED))
        except GexpError as error:
            found = _Counted(file, problem=str(error))
        workspace.keep(_COUNTED, found)
    if found.size is None:
        raise GexpError(found.problem)
    return found.size, _work(file, found.size, settings)


def _work(file: str, size: FileSize, settings: BatchSettings) -> int:
    asked = (file, settings.digest)
    known, units = workspace.setting(_WORK, (None, 0))
    if known != asked:
        units = count_work(size, settings)
        workspace.keep(_WORK, (asked, units))
    return int(units)
