"""The hits of a scan that are worth a look: of those that lie on each other the best.

Owns the choice among hits. Factors of one family share a motif, so that one site is found many
times over; the best hit stands for the place, the others are named behind it. The scan itself is
``scanning``'s.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gexp_core.errors import LimitError
from gexp_core.motifs.database import motifs_of
from gexp_core.motifs.scanning import MOST_HITS, Hit, scan
from gexp_core.types import Progress, SequenceSet

#: Share of the shorter of two hits that must overlap for one to stand for the other.
ALIKE = 0.8

#: Motifs that are scanned at once, between two words of progress.
_TOGETHER = 64


@dataclass(frozen=True, slots=True)
class Place:
    """Hold the best hit of a place, and the names of the motifs that fit about there too."""

    best: Hit
    others: tuple[str, ...] = ()


def places(hits: Iterable[Hit]) -> tuple[Place, ...]:
    """Return one place for each group of hits that lie on each other, in order of position.

    Hits of one sequence, on either strand. The best comes first: the smallest p, then the highest
    score. A hit joins the best one that covers at least ``ALIKE`` of the shorter of the two.
    """
    order = sorted(hits, key=lambda one: (one.p, -one.score, one.start, one.strand, one.name))
    widest = max((one.end - one.start for one in order), default=0)
    leaders: dict[int, list[int]] = {}  # start -> leaders that begin there
    groups: list[tuple[Hit, dict[str, None]]] = []
    for one in order:
        near = (
            at
            for start in range(one.start - widest + 1, one.end)
            for at in leaders.get(start, ())
            if _alike(groups[at][0], one)
        )
        leader = min(near, default=None)
        if leader is None:
            leaders.setdefault(one.start, []).append(len(groups))
            groups.append((one, {}))
        elif one.name != groups[leader][0].name:
            groups[leader][1][one.name] = None
    found = [Place(best, tuple(others)) for best, others in groups]
    return tuple(sorted(found, key=lambda place: (place.best.start, place.best.end)))


def _alike(a: Hit, b: Hit) -> bool:
    overlap = min(a.end, b.end) - max(a.start, b.start)
    return overlap >= ALIKE * min(a.end - a.start, b.end - b.start)


def places_named(
    sequences: SequenceSet, *, database: str, progress: Progress | None = None
) -> tuple[Place, ...]:
    """Scan one sequence with a bundled database and return its places; a job.

    ``progress`` counts motifs: what takes the time is a motif's table of chances, whatever the
    length of the sequence.

    Raises
    ------
    InputError
        There is no such database.
    LimitError
        More hits than are kept.
    """
    known = motifs_of(database)
    found: list[Hit] = []
    for first in range(0, len(known), _TOGETHER):
        found += scan(sequences, known[first : first + _TOGETHER])
        if len(found) > MOST_HITS:
            raise LimitError(
                f"the scan has more than {MOST_HITS:,} hits; give fewer or shorter sequences"
            )
        if progress:
            progress(min(first + _TOGETHER, len(known)), len(known))
    return places(found)
