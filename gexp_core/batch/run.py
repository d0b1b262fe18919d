"""A whole batch: shards handed to an engine as it has room, parts kept, the table joined.

Owns what happens between the start and the table, and after a kill. Parts lie in a folder beside
the table (``OUT.parts``) until the table is whole; a part that is there is not computed again.
"""

import contextlib
import hashlib
import json
import queue
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from gexp_core.batch import shard as one
from gexp_core.batch.join import ending, join
from gexp_core.batch.records import Shard, shards
from gexp_core.batch.settings import BatchSettings
from gexp_core.errors import CancelledError, GexpError, InputError, LimitError
from gexp_core.jobs import Job
from gexp_core.types import Progress

_WORK = "gexp_core.batch.shard:compute"
_TRIES = 3  # times that a shard whose worker died is begun
_AGAIN = 0.5  # seconds before a full queue is asked again


class Submits(Protocol):
    """Stand for an engine, local or of a cluster: what a batch asks of it."""

    def submit(self, work: str, *args: Any, owner: str = "", **kwargs: Any) -> Job:
        """Ask for ``work(*args, progress=..., **kwargs)``; LimitError when too much waits."""
        ...


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
    """

    records: int = 0
    refused: int = 0
    rows: int = 0
    shards: int = 0
    kept: int = 0
    changes: dict[str, tuple[int, int]] = field(default_factory=dict)
    digest: str = ""


def parts_of(out: Path) -> Path:
    """Return the folder in which the parts of ``out`` lie while it is being made."""
    return out.with_name(f"{out.name}.parts")


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
        FASTA, plain or gzip, of any size.
    out : str or Path
        The table, by its ending Parquet or TSV.
    settings : BatchSettings
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
    InputError
        The parts beside ``out`` are of another input or other settings, or the input is no FASTA.
    GexpError
        A shard cannot be computed, or the disk cannot be written.
    """
    out = Path(out)
    ending(out)
    folder = parts_of(out)
    try:
        folder.mkdir(exist_ok=True)
        _claim(folder, settings)
        with _alone(folder):
            report = _compute(
                source, folder, settings, engine, owner, at_once, most, progress, stopped
            )
            told = settings.describe() | {
                "input_sha256": report.digest,
                "records": report.records,
                "refused": report.refused,
            }
            parts = (_part(folder, n) for n in range(report.shards))
            report.rows = join(parts, out, settings.work, told)
        shutil.rmtree(folder)
    except OSError as error:
        raise GexpError(f"cannot write {str(out)!r}: {error.strerror or error}") from error
    return report


def _part(folder: Path, index: int) -> Path:
    return folder / f"part-{index:09d}.parquet"


def _claim(folder: Path, settings: BatchSettings) -> None:
    """Note in the folder what its parts are of, or refuse a folder of something else."""
    note = folder / "batch.json"
    text = json.dumps(settings.describe(), sort_keys=True, indent=1) + "\n"
    if note.exists():
        if note.read_text(encoding="utf-8") != text:
            raise InputError(
                f"the folder {str(folder)!r} holds parts of a batch with another model, other "
                "settings or another version; finish it with those, or delete the folder"
            )
        return
    if any(folder.glob("part-*")):
        raise InputError(
            f"the folder {str(folder)!r} holds parts and does not say of what; delete it"
        )
    beside = folder / f".batch.json.{time.time_ns()}"
    beside.write_text(text, encoding="utf-8")
    beside.replace(note)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder against a second run; the system lets go of it when this process ends."""
    import fcntl

    with (folder / "lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(
                f"another run is writing the parts in {str(folder)!r}; wait for it, or stop it"
            ) from None
        yield


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
    flight = _Flight(engine, owner, settings, folder)
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
            hashed.update(shard.digest.encode())
            known = one.about(_part(folder, shard.index))
            if known is None:
                while flight.busy >= at_once:
                    flight.land(count, stopped)
                flight.begin(shard, stopped)
            elif (known["digest"], known["settings"]) != (shard.digest, settings.digest):
                raise InputError(
                    f"the input has changed since {str(folder)!r} was begun (record "
                    f"{shard.first:,} and following); restore it, or delete the folder"
                )
            else:
                report.kept += 1
                count(shard, known)
        while flight.busy:
            flight.land(count, stopped)
    finally:
        flight.abort()
    report.digest = hashed.hexdigest()
    report.changes = {kind: (records[kind], letters[kind]) for kind in sorted(letters)}
    return report


class _Flight:
    """Hold the shards that wait or run, and begin again those whose worker died."""

    def __init__(self, engine: Submits, owner: str, settings: BatchSettings, folder: Path) -> None:
        self.engine = engine
        self.owner = owner
        self.settings = settings
        self.folder = folder
        self._landed: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._jobs: dict[int, tuple[Job, Shard, int]] = {}

    @property
    def busy(self) -> int:
        """Return how many shards wait or run."""
        return len(self._jobs)

    def begin(self, shard: Shard, stopped: Callable[[], bool], tries: int = 1) -> None:
        """Hand a shard to the engine, when it has room."""
        while True:
            if stopped():
                raise CancelledError("the batch was stopped; what is done is kept")
            try:
                job = self.engine.submit(
                    _WORK,
                    shard,
                    self.settings,
                    str(_part(self.folder, shard.index)),
                    owner=self.owner,
                )
                break
            except LimitError:
                time.sleep(_AGAIN)
        self._jobs[shard.index] = (job, shard, tries)
        job.when_done(lambda: self._landed.put(shard.index))

    def land(
        self, count: Callable[[Shard, dict[str, Any]], None], stopped: Callable[[], bool]
    ) -> None:
        """Wait for one shard and count it.

        Raises
        ------
        GexpError
            It cannot be computed, or the batch was stopped.
        """
        while True:
            if stopped():
                raise CancelledError("the batch was stopped; what is done is kept")
            with contextlib.suppress(queue.Empty):
                index = self._landed.get(timeout=0.2)
                break
        job, shard, tries = self._jobs.pop(index)
        try:
            made = job.result(0)
        except GexpError as error:
            # exactly GexpError: the worker died, which says nothing about the shard yet
            if type(error) is not GexpError or tries >= _TRIES:
                raise
            self.begin(shard, stopped, tries + 1)
            return
        count(shard, made)

    def abort(self) -> None:
        """Stop what still waits or runs."""
        for job, _, _ in self._jobs.values():
            job.cancel()
        self._jobs.clear()
