"""How often a page looks at work: seldom at what takes long, and never out of step for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexp_core import jobs
from gexp_core.jobs import Bounds, Engine, JobState
from gexp_core.ui import pace


@pytest.fixture
def idle(monkeypatch):
    """An engine without work, and how much of it others have."""
    made = Engine(Bounds(workers=1))
    load = [1]
    monkeypatch.setattr(made, "load", lambda: load[0])
    monkeypatch.setattr(jobs, "engine", lambda: made)
    yield load
    made.stop()


@pytest.mark.parametrize(
    ("whole", "every"),
    [(0, 0.4), (5, 0.4), (29, 0.4), (31, 1.0), (61, 2.0), (200, 5.0), (9e9, 5.0)],
)
def test_what_takes_longer_is_looked_at_less_often(whole, every):
    assert pace.seconds(whole) == every


@given(st.floats(0, 1e6))
def test_work_alone_is_looked_at_thirty_times_or_more_unless_it_is_short(whole):
    every = pace.seconds(whole)
    assert every in pace.STEPS and every <= max(pace.STEPS[0], whole / 30)


def test_all_pages_together_look_at_most_ten_times_a_second():
    # however short their work is: a look costs some 10 ms, so this is a tenth of one processor
    assert all(n / pace.seconds(1.0, n) <= 10 for n in range(1, 25))
    assert [pace.seconds(1.0, n) for n in (1, 4, 5, 10, 11, 20, 24)] == [0.4] * 2 + [1] * 2 + [
        2
    ] * 2 + [5]


def test_the_pace_follows_what_is_known_of_the_work(idle):
    assert pace.of(JobState("running", 0, 0, 3.0)) == 0.4
    assert pace.of(JobState("running", 0, 0, 70.0)) == 2.0  # nothing is known but how long it took
    assert pace.of(JobState("running", 10, 100, 6.0, 54.0)) == 2.0
    # what was begun is looked at alike to its end: the sum stays
    assert pace.of(JobState("running", 90, 100, 54.0, 6.0)) == 2.0
    assert pace.of(JobState("queued")) == 0.4  # it is next
    assert pace.of(JobState("queued", ahead=2)) == 1.0
    # of several, the quickest
    assert (
        pace.of(JobState("running", 1, 100, 6.0, 594.0), JobState("running", 1, 2, 1.0, 1)) == 0.4
    )
    assert pace.of() == 0.4
    idle[0] = 20
    assert pace.of(JobState("running", 1, 2, 1.0, 1.0)) == 2.0


def test_the_draw_is_given_its_pace(monkeypatch):
    seen = []
    monkeypatch.setattr(pace.st, "fragment", lambda draw, run_every: seen.append(run_every) or draw)
    pace.watch(lambda every, *given: seen.append((every, given)), 2.0, "a", 1)
    assert seen == [2.0, (2.0, ("a", 1))]
