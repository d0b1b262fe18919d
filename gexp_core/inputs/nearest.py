"""The names most like one that is not there, at a bounded cost however many and long they are."""

import difflib
from bisect import bisect
from collections.abc import Collection, Mapping

#: Letters of the names that are compared; longer ones are no names of contigs as people use them.
LETTERS = 40
_EACH = 50  # names compared that lie beside it in the alphabet, and as many of similar length
_IDS = 20_000  # ids compared that begin with the same letter


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
        close = difflib.get_close_matches(asked, dict.fromkeys((*long, *beside)), most)
        return list(dict.fromkeys(self._meant[name] for name in close))


def near_ids(asked: str, ids: Collection[str], most: int) -> list[str]:
    """Return at most ``most`` of many ids of genes that are nearly ``asked``, or begin like it."""
    begins = sorted(key for key in ids if key.startswith(asked[:30]))[:most]
    # A near match needs a ratio of lengths too, so most names need not be compared.
    close = [key for key in ids if key[:1] == asked[:1] and abs(len(key) - len(asked)) < 4]
    if len(close) > _IDS:  # those beside it in the alphabet share its first letters
        close.sort()
        at = min(bisect(close, asked) - _IDS // 2, len(close) - _IDS)
        close = close[max(0, at) :][:_IDS]
    near = difflib.get_close_matches(asked, close, most)
    if not near:
        rest = [key for key in ids if abs(len(key) - len(asked)) < 3]
        near = difflib.get_close_matches(asked, rest[:50_000], most)
    return list(dict.fromkeys((*near, *begins)))[:most]
