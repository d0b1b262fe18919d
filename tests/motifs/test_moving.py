"""Movement by the clock: shares of a whole, never back, never ended too soon, a stop passed on."""

import time

import numpy as np
import pytest

from gexp_core.errors import CancelledError
from gexp_core.motifs import moving
from gexp_core.motifs.moving import Share, gone
from tests.explain.helpers import watch


def test_parts_lie_end_to_end_as_long_as_their_weights():
    told = []
    whole = Share(watch(told))
    one, two = whole.parts(0.1, 0.9, [3, 1])
    for part in (one, two):
        part.at(0)
        part.at(1)
    whole.at(1)
    assert told == [(100, 1000), (700, 1000), (700, 1000), (900, 1000), (1000, 1000)]
    assert len(whole.parts(0, 1, [0, 0])) == 2  # nothing is expected of either


def test_what_is_gone_grows_for_ever_and_never_ends():
    shown = [gone(share) for share in np.linspace(0, 100, 1001)]
    assert shown[0] == 0 and all(np.diff(shown) > 0) and shown[-1] < 1
    assert gone(0.5) == pytest.approx(0.45) and gone(1) == pytest.approx(0.9)


def test_it_moves_while_a_step_says_nothing(monkeypatch):
    monkeypatch.setattr(moving, "EVERY", 0.01)
    told = []
    end = time.monotonic() + 30
    with Share(watch(told), 0, 500).during(0.2):
        while len(told) < 3 and time.monotonic() < end:
            time.sleep(0.005)
    done = [one for one, _ in told]
    assert len(done) >= 3 and done == sorted(done) and done[-1] == 500
    assert 0 < done[0] < done[-2] < 500


def test_a_stop_is_raised_where_the_step_ran(monkeypatch):
    monkeypatch.setattr(moving, "EVERY", 0.01)

    def stop(done, total):
        raise CancelledError("stopped")

    with pytest.raises(CancelledError), Share(stop).during(1):
        time.sleep(0.05)


def test_a_problem_of_the_step_is_its_own():
    with pytest.raises(ValueError, match="of the step"), Share(lambda *_: None).during(1):
        raise ValueError("of the step")
    with Share(None).during(1):  # nobody watches: nothing moves
        pass
