"""Turns between owners: who is served next, against a rule written down a second time."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexp_core.jobs.turns import Turns


class Pool:
    """A pool with a fake clock: work takes whole ticks, places are fixed in number."""

    def __init__(self, places, most):
        self.turns, self.places = Turns(most), places
        self.running = []  # (ends at, item, owner)
        self.clock = 0
        self.order = []  # (item, owner) as they start
        self.seconds = {}
        self.passed = {}  # owner who waits with nothing -> how often each other went before

    def submit(self, item, owner, seconds):
        self.seconds[item] = seconds
        self.turns.add(item, owner)
        self.fill()

    def fill(self):
        while len(self.running) < self.places and (taken := self.turns.take()):
            item, owner = taken
            self.watch(owner)
            self.running.append((self.clock + self.seconds[item], item, owner))
            self.order.append(taken)

    def watch(self, served):
        self.passed.pop(served, None)
        holding = {entry[2] for entry in self.running}
        for owner, one in self.turns._owners.items():
            if one.waiting and owner not in holding | {served}:
                self.passed.setdefault(owner, Counter())[served] += 1
                assert self.passed[owner][served] == 1
            else:
                self.passed.pop(owner, None)

    def tick(self):
        self.clock += 1
        for entry in [entry for entry in self.running if entry[0] <= self.clock]:
            self.running.remove(entry)
            self.turns.release(entry[2])
            self.passed.pop(entry[2], None)
        self.fill()

    def drain(self):
        while self.running or len(self.turns):
            self.tick()


def test_a_long_queue_does_not_hold_up_one_job_of_another():
    pool = Pool(places=1, most=1)
    for n in range(20):
        pool.submit(f"a{n}", "a", 3)
    pool.submit("b0", "b", 1)
    pool.drain()
    assert [item for item, _ in pool.order[:3]] == ["a0", "b0", "a1"]


def test_one_owner_leaves_a_place_to_the_others():
    pool = Pool(places=2, most=1)
    for n in range(5):
        pool.submit(f"a{n}", "a", 100)
    assert [item for item, _ in pool.order] == ["a0"]
    pool.submit("b0", "b", 1)
    assert [item for item, _ in pool.order] == ["a0", "b0"]


def test_who_comes_again_and_again_does_not_pass_who_waits():
    """An owner with one job at a time, back at once, gains nothing over a queue."""
    pool = Pool(places=1, most=1)
    pool.submit("a0", "a", 1)
    for n in range(10):
        pool.submit(f"b{n}", "b", 1)
    for n in range(1, 10):
        pool.tick()
        pool.submit(f"a{n}", "a", 1)
    counts = Counter(owner for _, owner in pool.order)
    assert abs(counts["a"] - counts["b"]) <= 1


def test_a_shared_item_starts_at_the_better_turn_and_once():
    turns = Turns(1)
    for n in range(5):
        turns.add(n, "a")
    turns.add(4, "b")
    assert [turns.ahead(n) for n in range(5)] == [0, 2, 3, 4, 1]
    started = []
    while taken := turns.take():
        started.append(taken)
        turns.release(taken[1])
    assert started[:2] == [(0, "a"), (4, "b")]
    assert sorted(item for item, _ in started) == [0, 1, 2, 3, 4]


def test_what_is_dropped_never_starts_and_nothing_is_kept():
    turns = Turns(2)
    turns.add("x", "a")
    turns.add("y", "a")
    turns.drop("x")
    assert turns.held("a") == 1
    assert turns.take() == ("y", "a")
    assert turns.take() is None
    turns.release("a")
    turns.release("a")
    assert turns._owners == {} and turns.held("a") == 0


events = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.integers(0, 4), st.integers(1, 4)),
        st.tuples(st.just("tick"), st.just(0), st.just(0)),
        st.tuples(st.just("cancel"), st.integers(0, 30), st.just(0)),
    ),
    max_size=60,
)


@settings(max_examples=80, deadline=None)
@given(events=events, places=st.integers(1, 3), most=st.integers(1, 3))
def test_the_rules_hold_whatever_happens(events, places, most):
    pool = Pool(places, most)
    owner_of, cancelled = {}, set()
    number = 0
    for kind, a, b in events:
        if kind == "submit":
            owner_of[number] = a
            pool.submit(number, a, b)
            number += 1
        elif kind == "tick":
            pool.tick()
        elif a in owner_of and a not in [item for item, _ in pool.order]:
            pool.turns.drop(a)
            cancelled.add(a)
            if not pool.turns.held(owner_of[a]):
                pool.passed.pop(owner_of[a], None)
            pool.fill()
        held = Counter(owner for _, _, owner in pool.running)
        assert max(held.values(), default=0) <= most
        idle = places - len(pool.running)
        # no place is idle while somebody may use it
        assert not idle or all(
            held[owner] >= most
            for item, owner in owner_of.items()
            if item not in cancelled and item not in [one for one, _ in pool.order]
        )
    pool.drain()
    started = [item for item, _ in pool.order]
    assert sorted(started) == sorted(set(owner_of) - cancelled)  # nothing lost, nothing twice
    for owner in range(5):
        mine = [item for item, served in pool.order if served == owner]
        assert mine == sorted(mine)  # first come, first served
    assert pool.turns._owners == {}


@pytest.mark.parametrize("others", [1, 3, 10])
def test_an_owner_waits_for_at_most_one_item_of_each_other(others):
    pool = Pool(places=1, most=1)
    for n in range(50):
        for owner in range(others):
            pool.submit((owner, n), owner, 1)
    before = len(pool.order)
    pool.submit("mine", "me", 1)
    assert pool.turns.ahead("mine") == others
    pool.drain()
    at = [item for item, _ in pool.order].index("mine")
    assert at - before <= others
