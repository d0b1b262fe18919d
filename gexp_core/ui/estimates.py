"""How long work will take, in evaluations and seconds, before it starts.

Owns the words and the bound above which a page asks first. The rates are the engine's: learnt
from work of the same kind, or until there is some from one small measurement per model.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from gexp_core import jobs
from gexp_core.errors import GexpError
from gexp_core.models.card import ModelCard

#: Seconds of expected work above which a page asks before it starts.
ASK = 20.0

#: Evaluations above which it asks where no rate is known.
_ASK_UNITS = 20_000
_TIMING = "gexp_core.explain.timing:reading_time"
_PATIENCE = 1.5  # seconds that a page waits for a measurement


@dataclass(frozen=True, slots=True)
class Size:
    """Hold how much work something is: evaluations, and seconds where the rate is known."""

    units: int
    seconds: float | None

    @property
    def large(self) -> bool:
        """Return whether a page asks before it starts this."""
        return self.units > _ASK_UNITS if self.seconds is None else self.seconds > ASK

    @property
    def words(self) -> str:
        """Return the size in words: '492 evaluations, about 3 s'."""
        many = f"{self.units:,} evaluation" + ("" if self.units == 1 else "s")
        return many if self.seconds is None else f"{many}, about {duration(self.seconds)}"


def duration(seconds: float) -> str:
    """Return a time as a person would round it: '1 s', '40 s', '3 min', '2 h'."""
    if seconds < 90:
        whole = max(1, round(seconds))
        return f"{whole if whole < 20 else round(whole, -1)} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"


def kind(work: str, card: ModelCard) -> str:
    """Return what work of one sort with one model is known as to the engine's rates."""
    return f"{work} {card.name} {card.sha256[:12]}"


def size(work: str, card: ModelCard, units: Callable[[], int]) -> Size:
    """Return how much ``work`` with a model is; waits a moment where nothing is known of it."""
    count = units()
    rates = jobs.engine().rates
    known = rates.seconds(kind(work, card), count)
    if known is None:
        reading = kind("reading", card)
        known = rates.seconds(reading, count)
        if known is None:
            _measure(card, reading)
            known = rates.seconds(reading, count)
    return Size(count, known)


def _measure(card: ModelCard, name: str) -> None:
    """Have a worker measure a model; equal requests share one measurement."""
    rates = jobs.engine().rates
    with contextlib.suppress(GexpError, TimeoutError, RuntimeError):
        job = jobs.submit(_TIMING, card.name, key=name, owner="estimates")
        job.when_done(lambda: _learn(rates, name, job))
        job.result(_PATIENCE)


def _learn(rates: "jobs.Rates", name: str, job: jobs.Job) -> None:
    with contextlib.suppress(GexpError, TimeoutError, RuntimeError):
        seconds, units = job.result(0)
        rates.learn(name, seconds, units)
