"""What a person sees while and after a command runs: notes and progress on standard error.

Tables go to standard output and nothing else does, so a pipe carries only data.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from gexp_core.encoding import frame
from gexp_core.models.card import ModelCard
from gexp_core.types import InputCheck, Progress, SequenceSet

_SHOWN = 5


def note(text: str) -> None:
    """Write one line to standard error; control characters in it are spelled out."""
    safe = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    sys.stderr.write(f"gexp: {safe}\n")
    sys.stderr.flush()


def report(check: InputCheck) -> None:
    """Say in short what was read, what was changed on the way in and what was left out."""
    lines = [rejection.text for rejection in check.rejected]
    for text in lines[:_SHOWN]:
        note(f"left out: {text}")
    if len(lines) > _SHOWN:
        note(f"left out: {_more(len(lines) - _SHOWN, 'record')}")
    texts = [change.text for change in check.changes]
    for text in texts[:_SHOWN]:
        note(f"changed: {text}")
    if len(texts) > _SHOWN:
        note(f"changed: {_more(len(texts) - _SHOWN, 'change')}")


def report_reading(card: ModelCard, sequences: SequenceSet, stride: int | None) -> None:
    """Say which sequences do not simply fill the model's window, and what is done with them.

    Raises
    ------
    InputError
        The stride does not fit the model.
    """
    told = []
    for name, text in zip(sequences.names, sequences.sequences, strict=True):
        how = frame(text, background=card.background, insert=card.insert, stride=stride)
        if how.note:
            told.append(f"{name!r}: {how.note}")
    for text in told[:_SHOWN]:
        note(f"reading: {text}")
    if len(told) > _SHOWN:
        rest = len(told) - _SHOWN
        note(
            f"reading: {_more(rest, 'sequence')} that {'does' if rest == 1 else 'do'} not simply "
            "fill the window"
        )


def _more(n: int, thing: str) -> str:
    return f"{n:,} more {thing}{'' if n == 1 else 's'}"


@contextmanager
def meter(label: str, *, counts: bool = True) -> Iterator[Progress | None]:
    """Give a progress callable that draws on a terminal, or None when nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    made = Meter(label, counts=counts)
    try:
        yield made
    finally:
        made.close()


class Meter:
    """Draw ``label done/total percent rate left`` on one line, at most ten times a second.

    Without ``counts`` only the share and the time left are drawn: what is counted is no thing.
    """

    def __init__(self, label: str, *, counts: bool = True) -> None:
        self.label = label
        self.counts = counts
        self.began = time.monotonic()
        self.drawn = -1.0

    def __call__(self, done: int, total: int) -> None:
        """Draw that ``done`` of ``total`` are done."""
        now = time.monotonic()
        if now - self.drawn < 0.1 and done < total:
            return
        self.drawn = now
        sys.stderr.write(f"\r{self.line(done, total, now - self.began)}\x1b[K")
        sys.stderr.flush()

    def line(self, done: int, total: int, seconds: float) -> str:
        """Return the line that stands for ``done`` of ``total`` after ``seconds``."""
        share = f"{100 * done / max(total, 1):.0f} %"
        what = f"{done:,}/{total:,} ({share})" if self.counts else share
        text = f"{self.label}: {what}"
        if done <= 0 or seconds <= 0:
            return text
        rate = done / seconds
        left = f"{duration((total - done) / rate)} left"
        return f"{text}, {rate:,.3g}/s, {left}" if self.counts else f"{text}, {left}"

    def close(self) -> None:
        """Wipe the line."""
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def duration(seconds: float) -> str:
    """Return a time in words: ``42 s``, ``3 min 05 s`` or ``2 h 10 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
