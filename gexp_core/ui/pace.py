"""How often a page looks at work that it waits for.

Every look is a run of a part of the page: some 10 ms of the server's processor, which the work and
the pages of others want too. What takes long is therefore looked at less often, and so is all work
while the server has much of it. Owns the intervals; what is drawn at a look is the page's.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from gexp_core import jobs

#: Seconds between looks; few values, as a change of pace draws the whole page once more.
STEPS = (0.4, 1.0, 2.0, 5.0)

_LOOKS = 30  # at a piece of work from its start to its end: 3 % more at each
_PER_SECOND = 10  # looks of all pages together: a tenth of a processor


def seconds(whole: float, load: int = 1) -> float:
    """Return how long to wait between looks, one of STEPS.

    Parameters
    ----------
    whole : seconds that the work takes from its start to its end, as far as is known
    load : pieces of work on the server, of everybody; each has a page that looks
    """
    long = max((step for step in STEPS if step <= whole / _LOOKS), default=STEPS[0])
    busy = min((step for step in STEPS if step >= load / _PER_SECOND), default=STEPS[-1])
    return max(long, busy)


def of(*states: jobs.JobState) -> float:
    """Return how long to wait between looks at work in these states: as its quickest piece asks."""
    return seconds(min(map(_whole, states), default=0.0), jobs.engine().load())


def _whole(state: jobs.JobState) -> float:
    """Return how long work takes in all; while that is unknown, how long it has taken."""
    if state.state == "queued":  # it begins at the earliest when what is before it has ended
        return STEPS[1] * _LOOKS if state.ahead else 0.0
    return state.seconds + (state.left or 0.0)


def watch(draw: Callable[..., None], every: float, *given: Any) -> None:
    """Draw a part of the page now and again ``every`` so many seconds.

    ``draw(every, *given)`` calls ``st.rerun()`` when there is nothing left to watch, or when it is
    to be looked at at another pace than ``every``.
    """
    st.fragment(draw, run_every=every)(every, *given)
