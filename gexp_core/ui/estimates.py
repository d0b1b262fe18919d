"""How long work will take, in evaluations and seconds, before it starts.

Owns the words and the bound above which a page asks first. The rates are the engine's: learnt
from recent work of the same kind, or where none tells, from one small measurement per model. Work
that is much more than reading is told from its own alone, however old; the measurement says what
it takes at least.
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gexp_core import jobs
from gexp_core.errors import GexpError
from gexp_core.explain import evaluations
from gexp_core.jobs.rates import FRESH
from gexp_core.models.card import ModelCard
from gexp_core.types import SequenceSet

#: Seconds of expected work above which a page asks before it starts.
ASK = 20.0

#: Evaluations above which it asks where no rate is known.
_ASK_UNITS = 20_000
_TIMING = "gexp_core.explain.timing:reading_time"
_PATIENCE = 1.5  # seconds that a page waits for a measurement
_SPARE = 0.8  # of the bound, as estimates are rough
_MEASURES = 1.0  # seconds that a measurement takes, with loading the model

#: Works whose size is told from their sequences and settings alone.
_COUNTED = {"predict_named": "predict"}
_COUNTED |= {"attribute_named": "attribute", "mutagenesis_named": "mutagenesis"}

#: Works whose evaluations are not all: patterns are sought, motifs compared, filters slid.
_MORE = frozenset(
    {
        "gexp_core.motifs.finding:find_motifs_named",
        "gexp_core.motifs.first_layer:read_filters_named",
    }
)


@dataclass(frozen=True, slots=True)
class Size:
    """Hold how much work something is: evaluations, and seconds where the rate is known.

    With ``least``, the seconds are those of the evaluations alone, and more come on top.
    """

    units: int
    seconds: float | None
    least: bool = False

    @property
    def large(self) -> bool:
        """Return whether a page asks before it starts this."""
        return self.units > _ASK_UNITS if self.seconds is None else self.seconds > ASK

    @property
    def words(self) -> str:
        """Return the size in words: '492 evaluations, about 3 s'."""
        many = f"{self.units:,} evaluation" + ("" if self.units == 1 else "s")
        return many if self.seconds is None else f"{many}, {self.time}"

    @property
    def time(self) -> str:
        """Return the seconds in words, where they are known: 'about 3 s', 'at least 3 s'."""
        word = "at least" if self.least else "about"
        return "" if self.seconds is None else f"{word} {duration(self.seconds)}"


def beyond(size: Size, bound: float, command: str = "") -> str:
    """Return a warning where work is expected to be stopped before its end, else ''.

    Parameters
    ----------
    size : Size
    bound : seconds that one computation may take; 0 is without bound
    command : of ``python -m gexp_core``, where there is one for this work
    """
    if not bound or size.seconds is None or size.seconds <= bound:
        return ""
    share = max(1, 5 * int(100 * _SPARE * bound / size.seconds / 5))
    much = "less than" if size.least else "about"
    named = f"the command `python -m gexp_core {command}`" if command else "the command line"
    return (
        f"This is expected to take {size.time}; one computation may take {duration(bound)} here "
        f"and is stopped then. Give {much} {share} % of it (fewer or shorter sequences), or use "
        f"{named}, which has no bound."
    )


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
    return _size(work, card, count, _PATIENCE)


def at_once(
    work: str, card: ModelCard, sequences: SequenceSet, settings: Mapping[str, Any]
) -> Size | None:
    """Return how much work something is, without waiting; None where it cannot be told.

    Parameters
    ----------
    work : str
        Name of a function in ``gexp_core.pipeline``.
    card, sequences, settings
        What it is called with.
    """
    if work not in _COUNTED:
        return None
    names = ("settings", "window", "both_strands", "stride")
    how = {name: settings[name] for name in names if name in settings}
    target = settings.get("target")
    how["rows"] = target.rows if target else None
    units = evaluations(card, sequences, work=_COUNTED[work], **how)
    return _size(work, card, units, 0.0)


def told(work: str, card: ModelCard, expected: Size | None) -> dict[str, Any]:
    """Return a size as ``Engine.submit`` takes it; {} where there is none."""
    if expected is None:
        return {}
    seconds = None if expected.least else expected.seconds
    return {"units": expected.units, "kind": kind(work, card), "expects": seconds}


def _size(work: str, card: ModelCard, units: int, patience: float) -> Size:
    """Return how much work so many evaluations are, from this kind of work or reading alone."""
    rates = jobs.engine().rates
    reading, more = kind("reading", card), work in _MORE
    known = rates.seconds(kind(work, card), units)
    if known is None and more:
        known = rates.seconds(kind(work, card), units, recent=False)
    if known is not None:
        return Size(units, known)
    known = rates.seconds(reading, units)
    if known is None:
        _measure(card, reading, patience)
        known = rates.seconds(reading, units)
    return Size(units, known, least=more and known is not None)


def _measure(card: ModelCard, name: str, patience: float) -> None:
    """Have a worker measure a model; equal requests share one measurement."""
    rates = jobs.engine().rates
    with contextlib.suppress(GexpError, TimeoutError, RuntimeError):
        key = f"{name} {int(time.monotonic() // FRESH)}"  # what is forgotten is measured anew
        job = jobs.submit(
            _TIMING, card.name, key=key, owner="estimates", expects=_MEASURES, lasting=False
        )
        job.when_done(lambda: _learn(rates, name, job))
        job.result(patience)


def _learn(rates: "jobs.Rates", name: str, job: jobs.Job) -> None:
    with contextlib.suppress(GexpError, TimeoutError, RuntimeError):
        seconds, units = job.result(0)
        rates.learn(name, seconds, units, warm=True)
