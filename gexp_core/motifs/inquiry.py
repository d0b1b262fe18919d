"""Which motifs of a database are at work on a ground, family by family.

Owns the order of the questions. Each motif is judged for either sign; the surest is held against
its scrambled orders too, and if it stands, its places and those of its nearest relatives are given
away. What is left is judged anew, until nothing stands. The levels are those of Benjamini and
Hochberg at ``Q``, with families and not relatives counted as found; since what is left is judged
anew on what is left, they are a guide to the share of false ones, and no guarantee.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gexp_core.motifs.credited import Relative
from gexp_core.motifs.ground import Ground, Marked, Places, covered
from gexp_core.motifs.meme import Known
from gexp_core.motifs.moving import Share
from gexp_core.motifs.naming import false_discovery
from gexp_core.motifs.scanning import Found, columns_of
from gexp_core.types import Ints

#: Largest p of a place where a motif fits, chosen on the train split of the retina data.
P = 5e-4

#: q up to which a motif is at work.
Q = 0.01

#: Pieces of different texts with a place that a motif needs to be judged.
LEAST = 10

#: Least worth of its places beyond elsewhere, in standard deviations of places drawn at random: of
#: thousands of texts less would be sure too, and mean nothing.
SIZE = 0.2

#: Orders of its columns in which a motif is scrambled.
ORDERS = 10

#: Share of a motif's places on those of a surer one from which it is a relative if it falls with
#: it, and from which it is one anyway and its other places are given away too.
SOME, HALF = 0.25, 0.5

#: Share of all places at which a motif may fit; 0.1 % is what ``P`` on both strands gives.
COMMON = 0.02

#: Motifs that are held against their scrambled orders, ten scans each: bounds the time.
MOST_SCRAMBLED = 200

#: How a motif reads that is judged for either strand: as the texts are given, and turned round.
WAYS = ("forward", "reverse")

_LEAST_P = 1e-300  # what is told of smaller ones
_AT_ONCE = 16  # motifs scanned at once, between two words of progress; bounds memory
_KEPT = 4  # widths whose places are kept at once; motifs are judged in order of width

_Side = tuple[int, int]  # a motif's number, and the sign of its credit


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Hold a motif at work as it stood when it was the surest.

    Attributes
    ----------
    known, sign : which, and whether it raises (1) or lowers (-1)
    marked : its places that were free
    score : (K,) of each of them
    turned : (K,) whether it fits there on the other strand
    scrambled : what places of its scrambled orders are worth beyond elsewhere, mean
    p : of its worth, above elsewhere and scrambled
    relatives : what else stands on its places, surest first
    """

    known: Known
    sign: int
    marked: Marked
    score: NDArray[np.float64]
    turned: NDArray[np.bool_]
    scrambled: float
    p: float
    relatives: tuple[Relative, ...]


class Inquiry:
    """Judge motifs on a ground that is given away as they are found.

    Parameters
    ----------
    ground : Ground
    known : sequence of Known
    seed : of the scrambled orders
    apart : judge each motif twice, where it fits the texts as they are given and where it fits
        turned round, as 'NAME forward' and 'NAME reverse'
    """

    def __init__(
        self, ground: Ground, known: Sequence[Known], *, seed: int = 0, apart: bool = False
    ) -> None:
        self._ground, self._given, self._seed = ground, known, seed
        #: Whether the strands of a motif are judged each for itself.
        self.apart = apart
        self._ways = WAYS if apart else ("",)
        named = [replace(one, name=f"{one.name} {way}") for one in known for way in WAYS]
        self._known = named if apart else known
        self._found: list[Found] = []
        self._places: dict[int, Places] = {}
        self._orders: dict[int, Ints] = {}
        self._chances: dict[_Side, float] = {}  # their logarithms
        #: Motifs left out since they fit nearly everywhere.
        self.everywhere = 0
        #: Whether ``families`` stopped at a bound.
        self.ended = False

    @property
    def asked(self) -> int:
        """Return how many motifs fit in texts enough to be judged."""
        return len({k // len(self._ways) for k, _ in self._chances})

    @property
    def questions(self) -> int:
        """Return how many chances were looked at: two for each motif, or each of its strands."""
        return len(self._chances)

    def judge(self, share: Share) -> None:
        """Find where every motif fits, and judge each as if it were alone."""
        n = len(self._known)
        for begin in range(0, len(self._given), _AT_ONCE):
            some = self._given[begin : begin + _AT_ONCE]
            for one in columns_of([self._ground.letters], some, p=P):
                common = len(one.start) > max(LEAST, COMMON * len(self._ground.letters))
                self.everywhere += common
                self._found += [_only(one, way, not common) for way in self._ways]
            share.at(0.7 * len(self._found) / n)
        for at, k in enumerate(sorted(range(n), key=self._width), 1):
            marked = self._marked(k)
            if len(marked.first) >= LEAST:
                self._chances |= {(k, sign): _chance(marked, sign) for sign in (1, -1)}
            if at % _AT_ONCE == 0:
                share.at(0.7 + 0.3 * at / n)

    def families(self, tick: Callable[[], None] = lambda: None) -> Iterator[Family]:
        """Give the motifs at work, the surest of each moment, until none is left.

        ``tick`` is called before every judgement; it may raise to stop.
        """
        rates = false_discovery(np.maximum(_LEAST_P, np.exp([*self._chances.values()]))).tolist()
        alone = {side: q for side, q in zip(self._chances, rates, strict=True) if q <= Q}
        left = {side: self._chances[side] for side in alone}
        level = np.log(Q / max(1, self.questions))
        beside_orders: set[_Side] = set()
        given = 0
        while left:
            tick()
            side = min(left, key=lambda one: (left[one], one))
            if left[side] > level + np.log(given + 1):
                return
            k, sign = side
            if k not in self._orders and len(self._orders) == MOST_SCRAMBLED:
                self.ended = True
                return
            above = self._scrambled(k)
            if side not in beside_orders:  # it may not be the surest any more
                left[side] = _chance(self._marked(k), sign, max(0.0, sign * above))
                beside_orders.add(side)
                continue
            given += 1
            marked, p = self._marked(k), max(_LEAST_P, float(np.exp(left.pop(side))))
            score = self._of(self._width(k)).scores(marked.start)
            near = self._near(k, [other for other in left if other[1] == sign])
            gone = [k, *(other[0] for other, part in near.items() if part >= HALF)]
            for taken in [(self._marked(one).start, self._width(one)) for one in gone]:
                self._ground = self._ground.without(*taken)
            self._places.clear()
            beside_orders.clear()
            for other in sorted(left, key=lambda one: self._width(one[0])):
                left[other] = _chance(self._marked(other[0]), other[1])
            fallen = [
                other
                for other, part in near.items()
                if part >= HALF or (part >= SOME and left[other] > level + np.log(given + 1))
            ]
            relatives = tuple(
                Relative(self._known[one].id, self._known[one].name, alone[one, sign])
                for one, _ in sorted(fallen, key=lambda other: (self._chances[other], other))
            )
            left = {other: p for other, p in left.items() if near.get(other, 0) < HALF}
            turned = self._turned(k, marked.start)
            yield Family(self._known[k], sign, marked, score, turned, above, p, relatives)

    def _width(self, k: int) -> int:
        return int(self._known[k].ppm.shape[1])

    def _of(self, width: int) -> Places:
        """Return the free places of a width, those of the last few widths kept."""
        if width not in self._places:
            if len(self._places) == _KEPT:
                self._places.pop(next(iter(self._places)))
            self._places[width] = self._ground.places(width)
        return self._places[width]

    def _marked(self, k: int) -> Marked:
        return self._of(self._width(k)).marked(np.unique(self._found[k].start))

    def _scrambled(self, k: int) -> float:
        """Return what places of motif ``k`` with its columns in other orders are worth, mean."""
        if k not in self._orders:
            rng = np.random.default_rng([self._seed, k])
            ppm = self._known[k].ppm
            drawn = [ppm[:, rng.permutation(ppm.shape[1])] for _ in range(ORDERS)]
            same = (ppm, ppm[::-1, ::-1])
            others = [x for x in drawn if not any(np.array_equal(x, one) for one in same)]
            made = [Known("", "", np.ascontiguousarray(x)) for x in others]
            way = self._ways[k % len(self._ways)]
            found = [_only(one, way) for one in columns_of([self._ground.letters], made, p=P)]
            # a place counts once for every order that fits there
            starts = [np.unique(one.start) for one in found]
            self._orders[k] = np.concatenate([np.zeros(0, np.int64), *starts])
        marked = self._of(self._width(k)).marked(self._orders[k])
        return float(marked.excess().mean()) if len(marked.first) else 0.0

    def _near(self, k: int, others: Sequence[_Side]) -> dict[_Side, float]:
        """Return of each other motif the share of its places that lie on those of motif ``k``."""
        width = self._width(k)
        on = np.cumsum([0, *covered(self._marked(k).start, width, len(self._ground.known))])
        shares = {}
        for other in others:
            start, own = self._marked(other[0]).start, self._width(other[0])
            shared = on[start + own] - on[start]
            shares[other] = float(np.mean(2 * shared >= min(width, own))) if len(start) else 0.0
        return shares

    def _turned(self, k: int, start: Ints) -> NDArray[np.bool_]:
        """Return whether motif ``k`` fits better on the other strand, for each place."""
        best = np.full((2, len(self._ground.known)), -np.inf)
        found = self._found[k]
        best[found.turned.astype(int), found.start] = found.score
        return np.asarray(best[1, start] > best[0, start])


def _only(found: Found, way: str, wanted: bool = True) -> Found:
    """Return the hits of one way, all of '', none unless they are wanted."""
    kept = (found.turned == (way == WAYS[1])) | (not way)
    kept &= wanted
    return Found(
        found.text[kept], found.start[kept], found.turned[kept], found.score[kept], found.p[kept]
    )


def _chance(marked: Marked, sign: int, above: float = 0.0) -> float:
    """Return the logarithm of the chance of what places are worth; 0 where it is little."""
    if len(marked.first) < LEAST or sign * marked.score.mean() <= 0:
        return 0.0
    if sign * marked.excess().mean() < SIZE * marked.spread():
        return 0.0
    return marked.log_chance(sign, above)
