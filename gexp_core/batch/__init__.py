"""Files too large to hold: read in shards, computed shard by shard, resumed where they stopped.

Owns the way from one large FASTA to one table in memory that does not grow with either. A shard's
result is a file that appears whole or not at all, so every shard is written exactly once however
often the run is interrupted, and the table is the same bytes as that of an undisturbed run. Where
the computing happens is ``jobs``'s; what is computed, ``pipeline``'s.
"""

from gexp_core.batch.join import about_of, first_rows
from gexp_core.batch.records import Shard, shards
from gexp_core.batch.run import Report, run
from gexp_core.batch.settings import WORKS, BatchSettings
from gexp_core.batch.size import FileSize, count_records, count_work

__all__ = [
    "WORKS",
    "BatchSettings",
    "FileSize",
    "Report",
    "Shard",
    "about_of",
    "count_records",
    "count_work",
    "first_rows",
    "run",
    "shards",
]
