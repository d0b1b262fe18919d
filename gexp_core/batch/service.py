"""Batches of visitors: started, watched, stopped and found again, while they are elsewhere.

Owns one thread for each batch that is not finished; it only waits and hands out shards, which take
turns with everybody's work in the engine. What a batch has done lies on the shelf, so a batch that
the server's end interrupted goes on from there when its visitor says so.
"""

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from gexp_core import jobs
from gexp_core.batch import bounds
from gexp_core.batch.parts import PartsError, parts_of
from gexp_core.batch.run import Report, run
from gexp_core.batch.settings import BatchSettings
from gexp_core.batch.shelf import Kept, Shelf, default_root
from gexp_core.batch.state import BatchState
from gexp_core.errors import CancelledError, GexpError, InputError
from gexp_core.inputs.names import printable
from gexp_core.jobs.log import problem
from gexp_core.pipeline import RunSettings

FORMATS = ("parquet", "tsv")


@dataclass(eq=False)
class _Running:
    """Hold what is known of a batch only while this process works on it."""

    owner: str
    began: float
    thread: threading.Thread | None = None
    stop: str = ""  # why: 'cancelled' or 'interrupted'
    said: str = ""  # to the visitor, of a stop that nobody asked for
    start: int = 0  # bytes that were done before,
    since: float = 0.0  # and when they were
    done: int = 0
    whole: int = 0


class Service:
    """Run batches that are on a shelf, each for so many ``hours`` at a stretch."""

    def __init__(
        self,
        shelf: Shelf,
        engine: Callable[[], "jobs.Engine"] = jobs.engine,
        hours: float = 24.0,
    ) -> None:
        self.shelf = shelf
        self.hours = hours
        self._engine = engine
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}

    def submit(
        self, data: bytes, filename: str, settings: BatchSettings, ending: str, *, owner: str
    ) -> str:
        """Keep an input, start its batch and return the token that finds it.

        Raises
        ------
        LimitError
            Too many batches run, or are kept.
        InputError
            There is no such kind of table.
        GexpError
            The server cannot write to its disk.
        """
        if ending not in FORMATS:
            raise InputError(f"a table as {ending!r} is not one of {', '.join(FORMATS)}")
        self.shelf.tidy()
        self._room(owner)
        notes = {
            "state": "interrupted",
            "source": printable(filename)[-100:] or "uploaded file",
            "settings": asdict(settings),
            "ending": ending,
        }
        token, kept = self.shelf.add(data, notes)
        try:
            self._start(kept, owner)
        except GexpError:
            self.shelf.remove(kept)
            raise
        return token

    def resume(self, token: str, *, owner: str) -> None:
        """Go on with a batch that was interrupted, cancelled or failed; nothing if it runs."""
        self.shelf.tidy()
        kept = self.shelf.find(token)
        if kept is not None and kept.read().get("state") != "done":
            self._start(kept, owner)

    def _room(self, owner: str) -> None:
        bounds.check_room(owner, [one.owner for one in list(self._running.values())])

    def _start(self, kept: Kept, owner: str) -> None:
        with self._lock:
            if kept.name in self._running:
                return
            self._room(owner)
            one = _Running(owner, time.monotonic())
            self._running[kept.name] = one
        one.thread = threading.Thread(target=self._work, args=(kept, one), daemon=True)
        try:
            kept.write(state="running", error="", anew=False, began=time.time())
            one.thread.start()
        except (OSError, RuntimeError) as error:  # the disk, and threads, have an end
            with self._lock:
                del self._running[kept.name]
            raise bounds.not_started(error) from error

    def _work(self, kept: Kept, one: _Running) -> None:
        """Run a batch to its end, whatever that is, and note it."""
        told: dict[str, Any] = {}
        try:
            told = {"state": "done", "report": asdict(self._run(kept, one))}
        except CancelledError:
            told = {"state": one.stop or "cancelled", "error": one.said}
        except GexpError as error:
            # a server that stops takes its workers away: that is no failure of the batch
            told = {"state": one.stop}
            if not one.stop:
                told = {"state": "failed", "error": _said(error, kept)}
            if isinstance(error, bounds.FullError):
                self._drop_parts(kept)
        except Exception as error:
            told = {"state": "failed", "error": "", "bug": problem(error)}
        finally:
            told["seconds"] = time.monotonic() - one.began
            with contextlib.suppress(OSError):  # it was removed meanwhile
                kept.write(**told)
            with self._lock:
                self._running.pop(kept.name, None)

    def _run(self, kept: Kept, one: _Running) -> Report:
        """Go on with a batch, or begin it anew where its parts do not fit any more."""
        notes, engine = kept.read(), self._engine()
        work = partial(
            run,
            kept.input,
            table(kept, notes["ending"]),
            _settings(notes),
            engine=engine,
            owner=one.owner,
            at_once=bounds.at_once(engine.bounds),
            most=bounds.UNPACKED,
            progress=self._watch(kept, one),
            stopped=partial(self._stopped, kept, one),
        )
        try:
            return work()
        except PartsError:  # of the server's version before this one
            self._drop_parts(kept)
            kept.write(anew=True)
            one.whole = 0
            return work()

    def _stopped(self, kept: Kept, one: _Running) -> bool:
        """Return whether a batch is to stop, as it is after its hours and when it was removed."""
        if not one.stop and time.monotonic() - one.began > 3600 * self.hours:
            one.stop, one.said = "cancelled", bounds.over(self.hours)
        return bool(one.stop) or not kept.input.exists()

    @staticmethod
    def _drop_parts(kept: Kept) -> None:
        """Free the disk of what will never become a table."""
        for ending in FORMATS:
            shutil.rmtree(parts_of(table(kept, ending)), ignore_errors=True)

    def _watch(self, kept: Kept, one: _Running) -> Callable[[int, int], None]:
        room = self.shelf.room.each

        def progress(done: int, whole: int) -> None:
            if not one.whole or time.monotonic() - one.began < 0.05:
                one.start, one.since = done, time.monotonic()
            one.done, one.whole = done, whole
            bounds.check_used(kept.used(), room)

        return progress

    def state(self, token: str) -> BatchState | None:
        """Return how far the batch is that a token stands for; None when there is none."""
        kept = self.shelf.find(token)
        if kept is None:
            return None
        kept.seen()
        # asked for before the notes are read: a batch that ends notes its end first, then is gone
        one = self._running.get(kept.name)
        notes = kept.read()
        report = notes.get("report")
        made = BatchState(
            state=notes.get("state", "failed"),
            source=notes.get("source", ""),
            settings=_settings(notes),
            ending=notes.get("ending", "tsv"),
            seconds=notes.get("seconds", 0.0),
            error=notes.get("error", ""),
            anew=notes.get("anew", False),
            report=Report(**report) if report else Report(),
        )
        if one is not None:
            made.state, made.done, made.whole = "running", one.done, one.whole
            now = time.monotonic()
            made.seconds = now - one.began
            if (fresh := one.done - one.start) > 0:
                made.left = (now - one.since) * (one.whole - one.done) / fresh
        elif made.state == "running":
            made.state = "interrupted"  # by the end of the server that ran it
        return made

    def cancel(self, token: str) -> None:
        """Stop a batch; what is done is kept, and it can go on."""
        kept = self.shelf.find(token)
        if kept is not None:
            self._halt(kept.name, "cancelled")

    def _halt(self, name: str, why: str) -> None:
        one = self._running.get(name)
        if one is not None:
            one.stop = why

    def remove(self, token: str) -> None:
        """Stop a batch and forget everything of it."""
        kept = self.shelf.find(token)
        if kept is None:
            return
        one = self._running.get(kept.name)
        self._halt(kept.name, "cancelled")
        if one is not None and one.thread is not None:
            one.thread.join(10)
        self.shelf.remove(kept)

    def result(self, token: str) -> Path | None:
        """Return the table of a batch that is done, or None."""
        kept = self.shelf.find(token)
        notes = kept.read() if kept else {}
        if kept is None or notes.get("state") != "done":
            return None
        found = table(kept, notes["ending"])
        return found if found.is_file() else None

    def stop(self) -> None:
        """Interrupt every batch and wait until what it has done is noted."""
        for name, one in list(self._running.items()):
            self._halt(name, "interrupted")
            if one.thread is not None:
                one.thread.join(10)


def table(kept: Kept, ending: str) -> Path:
    """Return where the table of a batch is, or will be."""
    return kept.folder / f"table.{ending}"


def _said(error: GexpError, kept: Kept) -> str:
    """Return the sentence of an error without the server's path to the batch's files."""
    return str(error).replace(f"{kept.folder}{os.sep}", "")


def _settings(notes: dict[str, Any]) -> BatchSettings:
    given, asked = dict(notes["settings"]), dict(notes["settings"]["run"])
    asked["finer"] = tuple(map(tuple, asked.get("finer", ())))  # lists in JSON
    return BatchSettings(**(given | {"run": RunSettings(**asked)}))


_service: Service | None = None
_guard = threading.Lock()


def service() -> Service:
    """Return this process's batches, on the shelf that ``GEXP_BATCHES`` names."""
    global _service
    with _guard:
        if _service is None:
            made = Service(Shelf(default_root()), hours=bounds.longest())
            made.shelf.tidy()
            _service = made
        return _service


def stop() -> None:
    """Interrupt all batches of this process; a later call of :func:`service` begins anew."""
    global _service
    with _guard:
        if _service is not None:
            _service.stop()
        _service = None
