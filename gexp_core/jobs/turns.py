"""Whose work is next: owners take turns, so that one visitor's queue never blocks another's.

Owns the order of what waits. Knows nothing of processes, clocks or threads; whoever uses it locks.

Rules, in this order: an owner never holds more than ``most`` places at once; among those who may
start, who holds the fewest goes first; among equals, whose turn (coming, taking or giving back a
place) is longest ago; within an owner, first come, first served. An owner who holds nothing is
therefore passed over at most once by each other owner, however long the others' queues are.

Beside the ordinary places there may be a lane for short work, so that a click that needs a second
does not wait behind the long work of others. It has turns of its own, by the same rules.
"""

from collections import deque
from collections.abc import Hashable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


@dataclass(eq=False)
class _Owner:
    """Hold one owner's queue, the places it holds, and when it was last served."""

    stamp: int
    running: int = 0
    waiting: deque[Hashable] = field(default_factory=deque)

    def __deepcopy__(self, memo: object) -> "_Owner":
        """Copy the queue, not what is in it."""
        return _Owner(self.stamp, self.running, deque(self.waiting))


class Turns(Generic[T]):
    """Order items that wait, by owner.

    Parameters
    ----------
    most : int
        Places that one owner may hold at once, at least 1.
    """

    def __init__(self, most: int) -> None:
        self.most = max(1, most)
        self._owners: dict[Hashable, _Owner] = {}
        self._clock = 0

    def _tick(self) -> int:
        self._clock += 1
        return self._clock

    def add(self, item: T, owner: Hashable, *, first: bool = False) -> None:
        """Let ``item`` wait for ``owner``; one that several owners want may wait for each.

        With ``first``, it goes before what else the owner has waiting.
        """
        found = self._owners.setdefault(owner, _Owner(self._clock))
        if not found.waiting and not found.running:
            found.stamp = self._tick()
        if item not in found.waiting:
            (found.waiting.appendleft if first else found.waiting.append)(item)

    def take(self) -> tuple[T, Hashable] | None:
        """Remove the next item and return it with the owner whose turn it was, or None."""
        able = [
            (one.running, one.stamp, owner)
            for owner, one in self._owners.items()
            if one.waiting and one.running < self.most
        ]
        if not able:
            return None
        owner = min(able, key=lambda entry: entry[:2])[2]
        found = self._owners[owner]
        item: T = found.waiting[0]  # type: ignore[assignment]
        found.running += 1
        found.stamp = self._tick()
        self.drop(item)
        return item, owner

    def release(self, owner: Hashable) -> None:
        """Give back the place that an item of ``owner`` held."""
        found = self._owners.get(owner)
        if found is not None:
            found.running = max(0, found.running - 1)
            found.stamp = self._tick()
            self._forget(owner)

    def drop(self, item: T) -> None:
        """Let ``item`` wait no longer, for anybody."""
        for owner, one in list(self._owners.items()):
            if item in one.waiting:
                one.waiting.remove(item)
                self._forget(owner)

    def _forget(self, owner: Hashable) -> None:
        """Keep nothing of an owner who neither waits nor runs."""
        found = self._owners[owner]
        if not found.waiting and not found.running:
            del self._owners[owner]

    def held(self, owner: Hashable) -> int:
        """Return how many items of ``owner`` wait or run."""
        found = self._owners.get(owner)
        return 0 if found is None else len(found.waiting) + found.running

    def running(self, owner: Hashable) -> int:
        """Return how many places ``owner`` holds."""
        found = self._owners.get(owner)
        return 0 if found is None else found.running

    def waits(self, item: T) -> bool:
        """Return whether ``item`` waits, for anybody."""
        return any(item in one.waiting for one in self._owners.values())

    def ahead(self, item: T) -> int:
        """Return how many items start before ``item`` if nobody else comes."""
        rest = Turns[T](self.most)
        rest._owners = deepcopy(self._owners)
        rest._clock = self._clock
        for one in rest._owners.values():
            one.running = 0
        count = 0
        while (taken := rest.take()) is not None:
            if taken[0] == item:
                return count
            rest.release(taken[1])
            count += 1
        return 0

    def __len__(self) -> int:
        """Return how many items wait."""
        return len({item for one in self._owners.values() for item in one.waiting})


class Places(Generic[T]):
    """Hand out places: ordinary ones to any item, those of the lane to short items alone.

    A short item waits for both and takes what is free, an ordinary place first, so that the lane
    stays open. In the lane an owner holds one place at most, whatever it holds besides; who uses
    the lane loses no turn outside it.

    Parameters
    ----------
    places : int
        Ordinary places.
    most : int
        Ordinary places that one owner may hold at once, at least 1.
    lane : int, optional
        Places for short items.
    """

    def __init__(self, places: int, most: int, lane: int = 0) -> None:
        self._room = {False: places, True: lane}
        self._turns: dict[bool, Turns[T]] = {False: Turns(most), True: Turns(1)}
        self._held: dict[T, tuple[Hashable, bool]] = {}

    def add(self, item: T, owner: Hashable, *, short: bool = False) -> None:
        """Let ``item`` wait for ``owner``; one that several owners want may wait for each."""
        self._turns[False].add(item, owner)
        if short and self._room[True]:
            self._turns[True].add(item, owner)

    def take(self) -> tuple[T, bool] | None:
        """Give the next item its place; return it and whether that is in the lane, or None."""
        for lane, turns in self._turns.items():
            used = sum(held is lane for _, held in self._held.values())
            if used < self._room[lane] and (taken := turns.take()):
                item, owner = taken
                self._turns[not lane].drop(item)
                self._held[item] = (owner, lane)
                return item, lane
        return None

    def release(self, item: T) -> None:
        """Give back the place of ``item``, if it has one."""
        if item in self._held:
            owner, lane = self._held.pop(item)
            self._turns[lane].release(owner)

    def overran(self, item: T) -> None:
        """Let an item that was not short after all wait again, as its owner's next long one."""
        owner, _ = self._held[item]
        self.release(item)
        self._turns[False].add(item, owner, first=True)

    def drop(self, item: T) -> None:
        """Let ``item`` wait no longer, for anybody."""
        for turns in self._turns.values():
            turns.drop(item)

    def held(self, owner: Hashable) -> int:
        """Return how many items of ``owner`` wait or run."""
        return self._turns[False].held(owner) + self._turns[True].running(owner)

    def ahead(self, item: T) -> int:
        """Return how many items start before ``item`` if nobody else comes."""
        waits = [turns.ahead(item) for turns in self._turns.values() if turns.waits(item)]
        return min(waits, default=0)

    @property
    def running(self) -> tuple[T, ...]:
        """Return the items that hold a place."""
        return tuple(self._held)

    def __len__(self) -> int:
        """Return how many items wait."""
        return len(self._turns[False])
