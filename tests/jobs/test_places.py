"""Ordinary places and the lane for short work: the bounds hold, nobody starves, nothing is lost."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexp_core.jobs.turns import Places, Turns

OUTRUN = 3  # ticks after which a clock stops what is in the lane
OWNERS = 4


class Desk:
    """Places with a fake clock: work takes whole ticks; the lane is held for OUTRUN at most."""

    def __init__(self, places, most, lane):
        self.places = Places(places, most, lane)
        self.room = {False: places, True: lane}
        self.most = most
        self.clock = 0
        self.items = {}  # item -> [owner, whether it waits as a short one, ticks it needs]
        self.running = {}  # item -> (in the lane, since)
        self.came = {}  # short item that was its owner's only one -> when
        self.started, self.ended = [], []

    def submit(self, item, owner, short, ticks):
        alone = not any(
            whose == owner and quick and item not in self.ended
            for item, (whose, quick, _) in self.items.items()
        )
        self.items[item] = [owner, short, ticks]
        if short and alone:
            self.came[item] = self.clock
        self.places.add(item, owner, short=short)
        self.fill()

    def fill(self):
        while taken := self.places.take():
            item, lane = taken
            short = self.items[item][1]
            assert item not in self.running
            assert short or not lane
            self.running[item] = (lane, self.clock)
            self.started.append(item)
            came = self.came.pop(item, None)
            if came is not None and self.room[True]:
                # each of the others was before it in the lane once at most
                assert self.clock - came <= (OWNERS - 1) * OUTRUN
            self.check()
        self.check()

    def check(self):
        held = Counter(lane for lane, _ in self.running.values())
        assert all(held[lane] <= self.room[lane] for lane in held)
        mine = Counter((self.items[item][0], lane) for item, (lane, _) in self.running.items())
        assert all(count <= (1 if lane else self.most) for (_, lane), count in mine.items())
        assert set(self.places.running) == set(self.running)

    def waiting(self):
        return [i for i in self.items if i not in self.running and i not in self.ended]

    def no_place_is_idle_that_somebody_may_use(self):
        held = Counter(lane for lane, _ in self.running.values())
        mine = Counter((self.items[item][0], lane) for item, (lane, _) in self.running.items())
        for item in self.waiting():
            owner, short, _ = self.items[item]
            assert held[False] == self.room[False] or mine[owner, False] >= self.most
            assert not short or held[True] == self.room[True] or mine[owner, True]

    def tick(self):
        self.clock += 1
        for item, (lane, since) in list(self.running.items()):
            ran = self.clock - since
            if ran >= self.items[item][2]:
                del self.running[item]
                self.ended.append(item)
                self.places.release(item)
            elif lane and ran >= OUTRUN:
                del self.running[item]
                self.items[item][1] = False
                self.places.overran(item)
        self.fill()

    def drop(self, item):
        self.places.drop(item)
        del self.items[item]
        self.came.pop(item, None)
        self.fill()

    def drain(self):
        ticks = 0
        while self.running or len(self.places):
            self.tick()
            ticks += 1
            assert ticks < 10_000


def test_a_short_item_passes_the_long_work_of_all():
    desk = Desk(places=2, most=1, lane=1)
    desk.submit("long a", "a", False, 100)
    desk.submit("long b", "b", False, 100)
    desk.submit("more b", "b", False, 100)
    desk.submit("click", "c", True, 1)
    assert desk.running["click"] == (True, 0)
    # also that of somebody who holds all the ordinary places that they may
    desk.tick()
    desk.submit("click of a", "a", True, 1)
    assert desk.running["click of a"] == (True, 1)
    assert desk.places.held("a") == 2


def test_a_short_item_takes_an_ordinary_place_while_there_is_one():
    desk = Desk(places=2, most=1, lane=1)
    desk.submit("one", "a", True, 5)
    desk.submit("two", "b", True, 5)
    desk.submit("three", "c", True, 5)
    assert [desk.running[item][0] for item in ("one", "two", "three")] == [False, False, True]


def test_an_owner_holds_one_place_in_the_lane():
    desk = Desk(places=1, most=1, lane=2)
    desk.submit("long", "a", False, 100)
    desk.submit("click", "a", True, 2)
    desk.submit("again", "a", True, 2)
    assert set(desk.running) == {"long", "click"}
    desk.submit("other", "b", True, 2)
    assert desk.running["other"][0]


def test_what_was_not_short_after_all_is_its_owners_next_long_item():
    desk = Desk(places=1, most=1, lane=1)
    desk.submit("long a", "a", False, 100)
    desk.submit("slow", "b", True, 50)
    desk.submit("long b", "b", False, 1)
    desk.submit("click", "c", True, 1)
    assert desk.running["slow"][0]
    for _ in range(OUTRUN):
        desk.tick()
    assert "slow" not in desk.running and desk.running["click"][0]
    assert [desk.places.ahead(item) for item in ("slow", "long b")] == [0, 1]
    desk.drain()
    assert desk.started == ["long a", "slow", "click", "slow", "long b"]


def test_what_is_dropped_waits_for_neither():
    desk = Desk(places=1, most=1, lane=1)
    desk.submit("long", "a", False, 9)
    desk.submit("click", "b", True, 9)
    desk.submit("gone", "c", True, 9)
    assert desk.places.held("c") == 1 and len(desk.places) == 1
    desk.drop("gone")
    assert desk.places.held("c") == 0 and len(desk.places) == 0
    assert desk.places.ahead("gone") == 0
    desk.drain()
    assert "gone" not in desk.started


@pytest.mark.parametrize("most", [1, 2])
def test_without_a_lane_the_order_is_that_of_turns(most):
    desk, turns = Desk(places=1, most=most, lane=0), Turns(most)
    for n in range(12):
        desk.submit(n, n % 3 + n // 9, n % 2 == 0, 1)
        turns.add(n, n % 3 + n // 9)
    desk.drain()
    order = []
    while taken := turns.take():
        order.append(taken[0])
        turns.release(taken[1])
    assert desk.started == order


events = st.lists(
    st.one_of(
        st.tuples(
            st.just("submit"), st.integers(0, OWNERS - 1), st.booleans(), st.integers(1, 3 * OUTRUN)
        ),
        st.tuples(st.just("tick"), st.integers(1, 4), st.just(False), st.just(0)),
        st.tuples(st.just("drop"), st.integers(0, 9), st.just(False), st.just(0)),
    ),
    max_size=60,
)


@settings(max_examples=100, deadline=None)
@given(
    events=events,
    places=st.integers(1, 3),
    most=st.integers(1, 3),
    lane=st.integers(0, 2),
)
def test_the_rules_hold_whatever_happens(events, places, most, lane):
    desk = Desk(places, most, lane)
    number = 0
    for kind, a, short, ticks in events:
        if kind == "submit":
            desk.submit(number, a, short, ticks)
            number += 1
        elif kind == "tick":
            for _ in range(a):
                desk.tick()
        elif waiting := desk.waiting():
            desk.drop(waiting[a % len(waiting)])
        desk.no_place_is_idle_that_somebody_may_use()
        for owner in range(OWNERS):
            alive = [i for i in desk.items if desk.items[i][0] == owner and i not in desk.ended]
            assert desk.places.held(owner) == len(alive)
    desk.drain()
    assert sorted(desk.ended) == sorted(desk.items)  # nothing lost, nothing twice
    assert all(turns._owners == {} for turns in desk.places._turns.values())
