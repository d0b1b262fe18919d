"""Where edited bases lie on a genome: coordinates, stretches and the edits in those positions.

Owns the way from places in the original (``state``) to 1-based coordinates of the plus strand.
Letters of an interval on the minus strand are turned round where they are written beside its
coordinates, as the notation of a genome wants it. An edit replaces bases where they stand, a
stretch that is turned round too; only ``place_on`` says of which strand the letters are.
"""

from dataclasses import replace

import numpy as np

from gexp_core.edits.notation import differences, written
from gexp_core.edits.state import NEW, EditState
from gexp_core.encoding import reverse_complement
from gexp_core.types import Interval


def coordinate(state: EditState, interval: Interval, position: int) -> int | None:
    """Return the 1-based coordinate of the base at ``position`` (0-based); None for a new one."""
    place = int(state.places[position])
    if place == NEW:
        return None
    return interval.end - place if interval.strand == "-" else interval.start + place + 1


def stretch_on(state: EditState, interval: Interval, start: int, end: int) -> str:
    """Return 'chr7:1,234-1,240' of the bases ``start`` to ``end`` (0-based half-open).

    From the first to the last base that came from the genome; '' where none did.
    """
    known = start + np.flatnonzero(state.places[start:end] != NEW)
    if not len(known):
        return ""
    ends = [coordinate(state, interval, int(at)) or 0 for at in (known[0], known[-1])]
    low, high = min(ends), max(ends)
    span = f"{low:,}" if low == high else f"{low:,}-{high:,}"
    return f"{interval.chrom}:{span}"


def place_on(state: EditState, interval: Interval, start: int = 0, end: int | None = None) -> str:
    """Return 'chr7:1234-1240(-)' of the bases ``start`` to ``end`` (0-based half-open).

    1-based, both ends included, as files want it: no commas, and the strand that the letters are
    of: the other one where the whole sequence was turned round. From the lowest to the highest
    base that came from the genome, all of them by default; of one base 'chr7:1234(-)'. '' where
    none came from there, the letters are mostly of neither strand, or it cannot be told: of a
    sequence that was turned round, where bases came in or went and others were changed too.
    """
    found = _as_read(state, interval)
    if found is None:
        return ""
    state, interval = found
    places = state.places[start:end]
    known = places[places != NEW]
    if not len(known):
        return ""
    first, last = int(known.min()), int(known.max())
    low, high = interval.start + first + 1, interval.start + last + 1
    if interval.strand == "-":
        low, high = interval.end - last, interval.end - first
    span = f"{low}" if low == high else f"{low}-{high}"
    return f"{interval.chrom}:{span}({interval.strand})"


def _as_read(state: EditState, interval: Interval) -> tuple[EditState, Interval] | None:
    """Return a state as edits of the strand that its letters are of, with that strand's interval.

    The letters tell, since of a state that comes from a text or a link no edit is known: most of
    those with a place are the original's there, or those of the other strand, which was turned
    round before the other edits or after them. Where bases came in or went, all must be: then
    nothing else says that the places are right. None where the letters are of neither strand.
    """
    if state.sequence == state.original:
        return state, interval
    size, places = len(state.original), state.places
    sign = "+" if interval.strand == "-" else "-"
    other, there = reverse_complement(state.original), replace(interval, strand=sign)
    mirrored = np.where(places == NEW, NEW, size - 1 - places)[::-1]
    ways = [
        (EditState(state.original, state.sequence, places), interval),
        (EditState(other, state.sequence, places), there),
        (EditState(other, state.sequence, mirrored), there),
    ]
    shares = [_share(one) for one, _ in ways]
    best = int(np.argmax(shares))  # the strand as it was given, where both fit
    whole = len(places) == size and not (places == NEW).any()
    sure = shares[best] > 0.5 if best == 0 or whole else shares[best] == 1
    return ways[best] if sure else None


def _share(state: EditState) -> float:
    """Return the share of the bases with a place that are the original's there; 0 of none."""
    known = state.places != NEW
    now = np.frombuffer(state.sequence.encode(), np.uint8)[known]
    same = now == np.frombuffer(state.original.encode(), np.uint8)[state.places[known]]
    return float(same.mean()) if len(same) else 0.0


def describe_on(state: EditState, interval: Interval) -> str:
    """Return all edits in positions of the genome, as ``chr7:g.[34A>G;50_52del]``.

    Letters are those of the plus strand; '=' where the text is the original's.
    """
    turned = interval.strand == "-"
    found = []
    for one in () if state.sequence == state.original else differences(state):
        gone, letters = state.original[one.start : one.end], one.letters
        start, end = interval.start + one.start, interval.start + one.end
        if turned:
            start, end = interval.end - one.end, interval.end - one.start
            gone, letters = reverse_complement(gone), reverse_complement(letters)
        found.append((start, written(start, end, gone, letters)))
    texts = [text for _, text in sorted(found)]
    if not texts:
        return "="
    inside = texts[0] if len(texts) == 1 else f"[{';'.join(texts)}]"
    return f"{interval.chrom}:g.{inside}"
