"""How much work a large file is, before it starts: counted and scaled up, not computed.

Owns the estimate's arithmetic; seconds are the asker's.
"""

from gexp_core.batch.records import count
from gexp_core.batch.settings import BatchSettings
from gexp_core.explain.cost import evaluations
from gexp_core.inputs import letters
from gexp_core.inputs.fasta import Record
from gexp_core.inputs.limits import APP_LIMITS
from gexp_core.models import registry
from gexp_core.types import SequenceSet


def count_records(
    data: bytes, name: str, settings: BatchSettings, most: int
) -> tuple[int, int, int]:
    """Return records, letters (about) and evaluations (about) of a file.

    Evaluations are those of the first records that can be read, scaled up to all.

    Raises
    ------
    InputError
        It is no FASTA.
    LimitError
        It unpacks to more than ``most`` bytes.
    """
    records, total, some = count(data, name, most)
    kept = {}
    for number, entry in enumerate(some, 1):
        made = letters.clean(
            Record(number, entry.header, entry.body, 0, entry.line), str(number), APP_LIMITS
        )
        if not made.refused:
            kept[str(number)] = made.sequence
    if not kept:
        return records, total, 0
    run = settings.run
    units = evaluations(
        registry.card(settings.model),
        SequenceSet(tuple(kept), tuple(kept.values())),
        work=settings.work,
        settings=run.attribution(),
        both_strands=run.both_strands,
        stride=run.stride,
    )
    return records, total, max(1, round(units * records / len(some)))
