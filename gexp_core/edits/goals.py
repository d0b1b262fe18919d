"""What a design wants and what it may not do: the goal, protected bases, sites, runs.

Owns the settings, the number that is maximised, and the word on every single change. Searches
nothing.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.edits.sites import longest_run, pattern
from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError
from gexp_core.types import Floats

GOALS = ("higher", "lower", "target")

#: Bounds on what one design may ask for.
MOST_STEPS, MOST_BEAM = 50, 20


@dataclass(frozen=True, slots=True)
class DesignSettings:
    """Choose what is designed.

    Attributes
    ----------
    goal : one of GOALS
    value : the number to come close to, for the goal 'target'
    steps : most single-base changes
    beam : sequences carried on at each step; 1 is greedy
    protected : stretches, 0-based half-open, in which nothing is changed
    hold : how much a unit of change in any other track counts against a unit of gain; 0: not
    avoid : sites (IUPAC) that no change may bring in, on either strand
    run : longest run of one letter that a change may make; 0: any
    """

    goal: str = "higher"
    value: float = 0.0
    steps: int = 10
    beam: int = 1
    protected: tuple[tuple[int, int], ...] = ()
    hold: float = 0.0
    avoid: tuple[str, ...] = ()
    run: int = 0

    def __post_init__(self) -> None:
        if self.goal not in GOALS:
            raise InputError(f"the goal {self.goal!r} is not one of {', '.join(GOALS)}")
        for name, at, most in (("steps", self.steps, MOST_STEPS), ("beam", self.beam, MOST_BEAM)):
            if not 1 <= at <= most:
                raise InputError(f"{name} is {at}; choose a number from 1 to {most}")
        if not (np.isfinite(self.value) and np.isfinite(self.hold) and self.hold >= 0):
            raise InputError("the value and the weight of other tracks must be finite numbers")
        for site in self.avoid:
            pattern(site)


def free_bases(length: int, chosen: DesignSettings) -> NDArray[np.bool_]:
    """Return (L,) bool: where a base may be changed."""
    free = np.ones(length, bool)
    for start, end in chosen.protected:
        if not 0 <= start < end <= length:
            raise InputError(
                f"the protected stretch {start + 1}-{end} (1-based) is not in the sequence of "
                f"{length} bases"
            )
        free[start:end] = False
    if not free.any():
        raise InputError("every base is protected; leave at least one free to change")
    return free


def scorer(chosen: DesignSettings, at: int, first: Floats) -> Callable[[Floats], Floats]:
    """Return the function from y (tracks, ...) to the score (...) that is maximised."""

    def score(y: Floats) -> Floats:
        reach = {
            "higher": y[at],
            "lower": -y[at],
            "target": -np.abs(y[at] - np.float32(chosen.value)),
        }[chosen.goal]
        held = np.abs(y - first.reshape(-1, *[1] * (y.ndim - 1)))
        return np.asarray(reach - chosen.hold * (held.sum(0) - held[at]), np.float32)

    return score


def allowed(text: str, before: str, position: int, chosen: DesignSettings) -> bool:
    """Return whether a change brings in no site and no longer run than is allowed."""
    if chosen.run:
        around = slice(max(0, position - chosen.run), position + chosen.run + 1)
        if longest_run(text[around]) > max(chosen.run, longest_run(before[around])):
            return False
    for site in chosen.avoid:
        found = pattern(site)
        around = slice(max(0, position - len(site) + 1), position + len(site))
        for new, old in zip(_both(text[around]), _both(before[around]), strict=True):
            if _count(found, new) > _count(found, old):
                return False
    return True


def _both(text: str) -> Iterator[str]:
    yield text
    yield reverse_complement(text)


def _count(found: "re.Pattern[str]", text: str) -> int:
    return sum(1 for _ in found.finditer(text))
