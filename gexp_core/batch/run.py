"""A whole batch: shards handed to an engine as it has room, parts kept, the table joined.

Owns what happens between the start and the table, and after a kill. Parts lie in a folder beside
the table (``OUT.parts``) until the table is whole; a part that is there is not computed again.
"""

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gexp_core.batch import shard as one
from gexp_core.batch.flight import Flight, Submits, settled
from gexp_core.batch.join import ending, join
from gexp_core.batch.parts import alone, check, claim, part_of, parts_of
from gexp_core.batch.records import Shard, shards
from gexp_core.batch.settings import BatchSettings
from gexp_core.errors import GexpError
from gexp_core.types import Progress


@dataclass(slots=True)
class Report:
    """Say what a batch did.

    Attributes
    ----------
    records, refused : records of the file, and those that could not be read
    rows : rows of the table
    shards, kept : shards of the file, and those that were there from before
    changes : kind of change -> (records, letters)
    digest : sha256 over the digests of all shards, which stands for the input
    table : of a table, in words, how its rows were read; '' for all else
    """

    records: int = 0
    refused: int = 0
    rows: int = 0
    shards: int = 0
    kept: int = 0
    changes: dict[str, tuple[int, int]] = field(default_factory=dict)
    digest: str = ""
    table: str = ""


def run(
    source: str | Path,
    out: str | Path,
    settings: BatchSettings,
    *,
    engine: Submits,
    owner: str = "",
    at_once: int = 2,
    most: int = 0,
    progress: Progress | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Report:
    """Compute every sequence of a file into one table; go on where an earlier run stopped.

    Parameters
    ----------
    source : str or Path
        FASTA, or a table of two columns (name, sequence), plain or gzip, of any size.
    out : str or Path
        The table, by its ending Parquet or TSV; what a TSV was made from stands in ``OUT.json``.
    settings : BatchSettings
        Without a device, that of the engine's workers is taken and noted.
    engine : Engine
        Where shards are computed.
    owner : str, optional
        Who asks, for the turns of the engine.
    at_once : int
        Shards that wait or run at once; memory grows with it, not with the file.
    most : int, optional
        Unpacked bytes above which the input is refused; 0 is without bound.
    progress : callable, optional
        Called with (bytes of the file that are done, bytes of the file).
    stopped : callable, optional
        Asked now and then; once it is true, CancelledError is raised. What is done is kept.

    Raises
    ------
    PartsError
        The parts beside ``out`` are of another input, model, device or version, or other settings.
    InputError
        The input is neither, or another run is making this table.
    GexpError
        A shard cannot be computed, or was by another version, or the disk cannot be written.
    """
    out = Path(out)
    ending(out)
    folder = parts_of(out)
    settings = settled(settings, engine, owner, stopped)
    try:
        folder.mkdir(exist_ok=True)
        claim(folder, settings)
        with alone(folder):
            report = _compute(
                source, folder, settings, engine, owner, at_once, most, progress, stopped
            )
            told = settings.describe() | {
                "input_sha256": report.digest,
                "records": report.records,
                "refused": report.refused,
            }
            parts = (part_of(folder, n) for n in range(report.shards))
            report.rows = join(parts, out, settings.work, told)
        shutil.rmtree(folder)
    except OSError as error:
        raise GexpError(f"cannot write {str(out)!r}: {error.strerror or error}") from error
    return report


def _compute(
    source: str | Path,
    folder: Path,
    settings: BatchSettings,
    engine: Submits,
    owner: str,
    at_once: int,
    most: int,
    progress: Progress | None,
    stopped: Callable[[], bool],
) -> Report:
    """Make every part that is not there, and count."""
    report = Report()
    hashed = hashlib.sha256()
    records: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    flight, digest = Flight(engine, owner, settings, folder), settings.digest
    done = 0

    def count(shard: Shard, about: dict[str, Any]) -> None:
        nonlocal done
        report.records += about["records"]
        report.refused += about["refused"]
        for kind, (some, many) in about["changes"].items():
            records[kind] += some
            letters[kind] += many
        done = max(done, shard.at)
        if progress:
            progress(done, shard.whole)

    try:
        for shard in shards(source, records=settings.records, letters=settings.letters, most=most):
            report.shards += 1
            report.table = shard.table
            hashed.update(shard.digest.encode())
            known = one.about(part_of(folder, shard.index))
            if known is None:
                while flight.busy >= at_once:
                    flight.land(count, stopped)
                flight.begin(shard, stopped)
            else:
                check(known, shard, digest, folder)
                report.kept += 1
                count(shard, known)
        while flight.busy:
            flight.land(count, stopped)
    finally:
        flight.abort()
    report.digest = hashed.hexdigest()
    report.changes = {kind: (records[kind], letters[kind]) for kind in sorted(letters)}
    return report
