"""Which of many are looked at, and how much of each, where there are more than can be."""

from collections.abc import Sequence

#: Bases up to which a text is looked at whole or not at all; longer ones may be cut.
WHOLE = 2_000


def evenly(count: int, most: int) -> list[int]:
    """Return at most ``most`` of the places 0 to count - 1, evenly spread, in order."""
    chosen = min(count, most)
    return [i * count // chosen for i in range(chosen)]


def within(lengths: Sequence[int], room: int) -> dict[int, slice]:
    """Return texts that have ``room`` bases together: the number of each and its part.

    Where there are more, texts longer than ``WHOLE`` are cut first, all to one length, to their
    middle: regions are mostly given around what matters. Where that is not enough, some texts are
    taken, evenly. So no text takes the room of others.
    """
    most = max(WHOLE, _level(lengths, room))
    cut = [min(length, most) for length in lengths]
    total, made = max(1, sum(cut)), dict[int, slice]()
    for i in evenly(len(cut), max(1, min(len(cut), room * len(cut) // total))):
        if cut[i] > room and made:
            continue
        size = min(cut[i], room)
        begin = (lengths[i] - size) // 2
        made[i] = slice(begin, begin + size)
        room -= size
    return made


def _level(lengths: Sequence[int], room: int) -> int:
    """Return the length to which longer texts are cut so that all have at most ``room`` bases."""
    for done, length in enumerate(sorted(lengths)):
        share = room // (len(lengths) - done)
        if length > share:
            return share
        room -= length
    return max(lengths, default=0)
