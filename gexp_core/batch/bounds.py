"""What visitors' batches may take of a server, and what is said where they cannot have it."""

import os
from collections.abc import Collection

from gexp_core.errors import GexpError, InputError, LimitError
from gexp_core.inputs.limits import is_number, size
from gexp_core.jobs.bounds import Bounds

#: Batches that may be unfinished at once, on the server and of one visitor.
ACTIVE, MINE = 4, 2

#: Bytes of an input, unpacked, that a visitor may give.
UNPACKED = 200_000_000

_HOURS = "GEXP_BATCH_HOURS"


class FullError(LimitError):
    """Say that what a batch has made is more than is kept of one; it will never be a table."""


def longest() -> float:
    """Return the hours that a batch may run at a stretch: ``GEXP_BATCH_HOURS``, 24.

    Raises
    ------
    InputError
        The variable is no whole number of at least 1.
    """
    text = os.environ.get(_HOURS) or "24"
    if not is_number(text) or int(text) < 1:
        raise InputError(f"{_HOURS} is {text!r}; give a whole number from 1, or leave it unset")
    return float(text)


def at_once(engine: Bounds) -> int:
    """Return how many shards of a batch wait or run at once.

    As many as keep the workers busy, and so few that a visitor with all batches that one may have
    can still ask for other work.
    """
    return min(engine.most + 1, max(1, (engine.held - 2) // MINE))


def check_room(owner: str, owners: Collection[str]) -> None:
    """Raise LimitError where one more batch of ``owner`` is too many beside those of ``owners``."""
    mine = sum(one == owner for one in owners)
    if mine >= MINE:
        raise LimitError(
            f"{mine} of your batches are not finished yet, the most for one visitor; wait for "
            "one of them, or cancel it"
        )
    if len(owners) >= ACTIVE:
        raise LimitError(
            f"the server works on {len(owners)} batches already, which is its limit; "
            "try again later"
        )


def check_used(used: int, room: int) -> None:
    """Raise FullError where a batch holds more bytes on disk than one may."""
    if used > room:
        raise FullError(
            f"the results need more than {size(room)}, the most that is kept here for one "
            "batch; give fewer sequences, or use the command line, which has no limit"
        )


def over(hours: float) -> str:
    """Return the sentence for a batch that has run for the hours that it may."""
    return (
        f"This batch has run for {hours:g} hours, the most at a stretch on this server, and was "
        "stopped. What was done is kept: go on when you like."
    )


def not_started(error: Exception) -> GexpError:
    """Return the error for a batch that the disk, or the system, does not let start."""
    said = getattr(error, "strerror", None) or error
    return GexpError(
        f"the batch could not be started ({said}); try again later, or start another batch if this "
        "one was removed meanwhile"
    )
