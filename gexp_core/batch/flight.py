"""The shards of a batch that wait or run: handed out as the engine has room, and taken back.

Owns what is begun again when a worker dies, what is left out because it takes more time or memory
than the engine gives to one computation, and the refusal of what another version computed.
"""

import contextlib
import queue
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from gexp_core.batch.join import join
from gexp_core.batch.parts import part_of, record_of
from gexp_core.batch.records import Shard
from gexp_core.batch.settings import BatchSettings
from gexp_core.batch.shard import about, compute, together
from gexp_core.errors import CancelledError, GexpError, LimitError
from gexp_core.jobs import Job

_WORK = "gexp_core.batch.shard:compute"
_DEVICE = "gexp_core.batch.shard:device"
_TRIES = 3  # times that a shard whose worker died is begun
_AGAIN = 0.5  # seconds before a full queue is asked again


class Submits(Protocol):
    """Stand for an engine, local or of a cluster: what a batch asks of it."""

    def submit(self, work: str, *args: Any, owner: str = "", **kwargs: Any) -> Job:
        """Ask for ``work(*args, progress=..., **kwargs)``; LimitError when too much waits."""
        ...


def settled(
    settings: BatchSettings, engine: Submits, owner: str, stopped: Callable[[], bool]
) -> BatchSettings:
    """Return the settings with the device on which the engine's workers compute, if none is named.

    A worker is asked: this process need not load torch, and may be on another machine.

    Raises
    ------
    CancelledError
        ``stopped`` became true.
    """
    if settings.device is not None:
        return settings
    job = _submitted(engine, stopped, _DEVICE, owner=owner)
    return replace(settings, device=_awaited(job, stopped))


def _awaited(job: Job, stopped: Callable[[], bool]) -> Any:
    """Wait for what a job brings home; stop it when the batch is stopped."""
    while not job.progress().finished:
        try:
            _check(stopped)
        except CancelledError:
            job.cancel()
            raise
        job.wait(0.2)
    return job.result()


def _check(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise CancelledError("the batch was stopped; what is done is kept")


def _submitted(
    engine: Submits, stopped: Callable[[], bool], work: str, *args: Any, owner: str
) -> Job:
    """Hand work to the engine, when it has room."""
    while True:
        _check(stopped)
        try:
            return engine.submit(work, *args, owner=owner)
        except LimitError:
            time.sleep(_AGAIN)


def _final(error: GexpError, tries: int) -> bool:
    """Return whether an error is of the shard; that its worker died says nothing about it yet."""
    return type(error) is not GexpError or tries >= _TRIES


class Flight:
    """Hold the shards that wait or run, and begin again those whose worker died."""

    def __init__(self, engine: Submits, owner: str, settings: BatchSettings, folder: Path) -> None:
        self.engine = engine
        self.owner = owner
        self.settings = settings
        self.folder = folder
        self._digest = settings.digest
        self._landed: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._jobs: dict[int, tuple[Job, Shard, int]] = {}

    @property
    def busy(self) -> int:
        """Return how many shards wait or run."""
        return len(self._jobs)

    def begin(self, shard: Shard, stopped: Callable[[], bool], tries: int = 1) -> None:
        """Hand a shard to the engine, when it has room."""
        part = str(part_of(self.folder, shard.index))
        given = (shard, self.settings, part)
        job = _submitted(self.engine, stopped, _WORK, *given, owner=self.owner)
        self._jobs[shard.index] = (job, shard, tries)
        job.when_done(lambda: self._landed.put(shard.index))

    def land(
        self, count: Callable[[Shard, dict[str, Any]], None], stopped: Callable[[], bool]
    ) -> None:
        """Wait for one shard and count it; of one that is too much, each record alone.

        Raises
        ------
        GexpError
            It cannot be computed, a machine with other code or models computed it, or the batch
            was stopped.
        """
        while True:
            _check(stopped)
            with contextlib.suppress(queue.Empty):
                index = self._landed.get(timeout=0.2)
                break
        job, shard, tries = self._jobs.pop(index)
        try:
            made = job.result(0)
        except LimitError as error:
            made = self._apart(shard, error, stopped)
        except GexpError as error:
            if _final(error, tries):
                raise
            self.begin(shard, stopped, tries + 1)
            return
        self._same(made, shard, part_of(self.folder, index))
        count(shard, made)

    def _same(self, made: dict[str, Any], shard: Shard, part: Path) -> None:
        """Refuse a part that a machine with other code or models computed."""
        if made["settings"] != self._digest:
            part.unlink(missing_ok=True)
            raise GexpError(
                f"record {shard.first:,} and following were computed with another version of gexp, "
                f"torch, numpy, tangermeme or the model {self.settings.model!r} than this process "
                "has; give every machine the same ones, start again what was running during the "
                "change, and go on"
            )

    def _apart(
        self, shard: Shard, error: LimitError, stopped: Callable[[], bool]
    ) -> dict[str, Any]:
        """Make the part of a shard that is too much: each record alone, but what is that, too.

        Such a record keeps its place with a note that says why. What was made of a record before
        the batch was stopped is taken as it is.
        """
        parts, told = [], []
        for number, entry in enumerate(shard.entries, shard.first):
            single = replace(shard, first=number, entries=[entry])
            part = record_of(self.folder, number)
            before = about(part)
            try:
                if before and self._fits(before, single):
                    made = before
                elif len(shard.entries) > 1:
                    made = self._alone(single, part, stopped)
                else:
                    made = self._left_out(single, part, error)
            except LimitError as why:
                made = self._left_out(single, part, why)
            parts.append(part)
            told.append(made)
        whole = together(shard, told)
        join(parts, part_of(self.folder, shard.index), self.settings.work, whole)
        for part in parts:
            part.unlink()
        return whole

    def _fits(self, made: dict[str, Any], single: Shard) -> bool:
        """Return whether a part is of this record, these settings and this code."""
        said = (made.get("digest"), made.get("first"), made.get("settings"))
        return said == (single.digest, single.first, self._digest)

    def _alone(self, single: Shard, part: Path, stopped: Callable[[], bool]) -> dict[str, Any]:
        """Compute a shard of one record and wait for it."""
        tries = 1
        while True:
            given = (single, self.settings, str(part))
            job = _submitted(self.engine, stopped, _WORK, *given, owner=self.owner)
            try:
                made: dict[str, Any] = _awaited(job, stopped)
            except GexpError as error:
                if _final(error, tries):
                    raise
                tries += 1
                continue
            self._same(made, single, part)
            return made

    def _left_out(self, single: Shard, part: Path, why: LimitError) -> dict[str, Any]:
        """Write a row with a note for a record that cannot be computed; no worker is needed."""
        single.entries[0].note = str(why)
        return compute(single, self.settings, str(part))

    def abort(self) -> None:
        """Stop what still waits or runs."""
        for job, _, _ in self._jobs.values():
            job.cancel()
        self._jobs.clear()
