"""The shards of a batch that wait or run: handed out as the engine has room, and taken back.

Owns what is begun again when a worker dies, and the refusal of what another version computed.
"""

import contextlib
import queue
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from gexp_core.batch.parts import part_of
from gexp_core.batch.records import Shard
from gexp_core.batch.settings import BatchSettings
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
    while not job.progress().finished:
        try:
            _check(stopped)
        except CancelledError:
            job.cancel()
            raise
        job.wait(0.2)
    return replace(settings, device=job.result())


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
        """Wait for one shard and count it.

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
        except GexpError as error:
            # exactly GexpError: the worker died, which says nothing about the shard yet
            if type(error) is not GexpError or tries >= _TRIES:
                raise
            self.begin(shard, stopped, tries + 1)
            return
        if made["settings"] != self._digest:
            part_of(self.folder, shard.index).unlink(missing_ok=True)
            raise GexpError(
                f"record {shard.first:,} and following were computed with another version of gexp, "
                f"torch, numpy or the model {self.settings.model!r} than this process has; give "
                "every machine the same ones, start again what was running during the change, and "
                "go on"
            )
        count(shard, made)

    def abort(self) -> None:
        """Stop what still waits or runs."""
        for job, _, _ in self._jobs.values():
            job.cancel()
        self._jobs.clear()
