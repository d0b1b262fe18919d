"""The names most like one that is not there, at a bounded cost however many and long they are."""

import difflib
import heapq
import itertools
from bisect import bisect
from collections.abc import Collection, Iterable, Mapping

#: Letters of the names that are compared; longer ones are no names of contigs as people use them.
LETTERS = 40
_EACH = 50  # names compared that lie beside it in the alphabet, and as many of similar length
_IDS = 20_000  # ids compared that begin with the same letter
_ANY = 50_000  # ids compared where none of those is near
_LOOKED_AT = 200_000  # letters of all ids that are compared
_WORK, _CONTIGS = 250_000, 40_000  # pairs of letters compared in their order; a million takes 1 s
_CUTOFF = 0.6  # that of difflib


class Nearest:
    """Know many names; compare one with those that begin alike and those of similar length."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._meant = {name: meant for name, meant in names.items() if len(name) <= LETTERS}
        self._sorted = sorted(self._meant)
        self._by_length: dict[int, list[str]] = {}
        for name in self._meant:
            self._by_length.setdefault(len(name), []).append(name)

    def find(self, asked: str, most: int) -> list[str]:
        """Return what at most ``most`` names mean that are nearly ``asked``, the nearest first."""
        asked = asked[:LETTERS]
        at = min(bisect(self._sorted, asked) - _EACH // 2, len(self._sorted) - _EACH)
        beside = self._sorted[max(0, at) :][:_EACH]
        long: list[str] = []
        for length in sorted(self._by_length, key=lambda length: abs(length - len(asked))):
            long += self._by_length[length][: _EACH - len(long)]
        close = close_matches(asked, dict.fromkeys((*long, *beside)), most, _CONTIGS)
        return list(dict.fromkeys(self._meant[name] for name in close))


def near_ids(asked: str, ids: Collection[str], most: int) -> list[str]:
    """Return at most ``most`` of many ids of genes that are nearly ``asked``, or begin like it."""
    begins = heapq.nsmallest(most, (key for key in ids if key.startswith(asked[:30])))
    # A near match needs a ratio of lengths too, so most names need not be compared.
    close = [key for key in ids if key[:1] == asked[:1] and abs(len(key) - len(asked)) < 4]
    fewer = _LOOKED_AT // max(1, len(asked))
    if len(close) > (some := min(_IDS, fewer)):  # those beside it share its first letters
        close.sort()
        middle = bisect(close, asked)
        at = min(middle - some // 2, len(close) - some)
        close = close[max(0, at) :][:some]
    near = close_matches(asked, close, most)
    if not near:
        rest = (key for key in ids if abs(len(key) - len(asked)) < 3)
        near = close_matches(asked, itertools.islice(rest, min(_ANY, fewer)), most)
    return list(dict.fromkeys((*near, *begins)))[:most]


def close_matches(asked: str, names: Iterable[str], most: int, work: int = _WORK) -> list[str]:
    """Return what ``difflib.get_close_matches`` does, at a bounded cost.

    Names are compared in the order of what their letters, in any order, allow. It ends where no
    better one can come and, where names are many and alike, after ``work`` pairs of letters.
    """
    matcher = difflib.SequenceMatcher(b=asked)
    able = []
    for place, name in enumerate(names):
        matcher.set_seq1(name)
        if matcher.real_quick_ratio() >= _CUTOFF and (ratio := matcher.quick_ratio()) >= _CUTOFF:
            able.append((-ratio, place, name))
    best: list[tuple[float, str]] = []  # a heap, the worst first
    for bound, _, name in sorted(able):
        work -= len(name) * len(asked)
        if work < 0 or (len(best) == most and -bound < best[0][0]):
            break
        matcher.set_seq1(name)
        if (ratio := matcher.ratio()) >= _CUTOFF:
            (heapq.heappush if len(best) < most else heapq.heappushpop)(best, (ratio, name))
    return [name for _, name in sorted(best, reverse=True)]
