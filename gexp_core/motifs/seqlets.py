"""Seqlets: stretches of a sequence whose scores stand out, told from noise by shuffled sequences.

Owns the call and its control. The calling itself is tangermeme's (``standing``): a stretch
counts when it and every stretch inside it have sums that independent draws of the same scores
rarely reach. There are two calls: of what stands out one by one, and a mild one, on sequences and
controls alike, of what patterns are made of.

References
----------
Schreiber, tangermeme: a toolkit for understanding cis-regulatory logic using deep learning models.
bioRxiv 2025.08.08.669296 (2025).
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gexp_core.motifs.nouns import Calling, Seqlet
from gexp_core.motifs.standing import SHORTEST, bases, standing
from gexp_core.types import Attribution, Floats

#: Threshold of p where there is no control to set it by.
P = 0.001

#: Threshold of p of the mild call, and the most stretches of one sign that it gathers.
MILD = 0.02
MOST = 20_000


@dataclass(frozen=True, slots=True)
class Called:
    """Hold the seqlets of one sign with their counts."""

    seqlets: tuple[Seqlet, ...]
    calling: Calling


def per_base(attribution: Attribution) -> tuple[Floats, ...]:
    """Return N arrays (L,), the score of each position."""
    return tuple(attribution.per_base(i) for i in range(len(attribution.names)))


def call(
    scores: Sequence[Floats],
    control: Sequence[Floats] | None,
    *,
    fdr: float = 0.1,
    sign: int = 1,
    p: float = P,
) -> Called:
    """Call the seqlets of one sign.

    Parameters
    ----------
    scores : N arrays (L,) float32
        Of each sequence, one score per base; lengths may differ.
    control : M arrays (L,) float32, optional
        The same of shuffled sequences.
    fdr : float
        Largest share of false seqlets, estimated from the control: its count (plus one, scaled to
        as many bases as ``scores`` have) by the count here. The mildest threshold that keeps it is
        taken; where none does, nothing is called.
    sign : 1 or -1
        Call what raises, or what lowers.
    p : float
        Threshold where there is no control.

    Returns
    -------
    Called
        Seqlets in order of sequence and position.
    """
    made = standing(
        [np.asarray(sign * values, np.float32) for values in scores],
        None if control is None else [np.asarray(sign * one, np.float32) for one in control],
        p=p,
        fdr=fdr,
    )
    # float sums of both signs are called by rank; what does not have the sign is not of it
    found = [
        Seqlet(i, start, min(end, len(scores[i])), sign * total, chance)
        for i, start, end, total, chance in made.found
        if total > 0
    ]
    kept = tuple(s for s in found if s.end - s.start >= SHORTEST)
    scale = 1.0 if control is None else bases(scores) / bases(control)
    return Called(kept, Calling(sign, len(found), made.control, scale))


def called(
    attribution: Attribution, control: Attribution | None = None, *, fdr: float = 0.1
) -> tuple[Called, Called]:
    """Return the seqlets that raise and those that lower the prediction, without overlaps.

    Where two of opposite sign overlap, the one with the smaller p stays.
    """
    scores = per_base(attribution)
    other = None if control is None else per_base(control)
    raising, lowering = (call(scores, other, fdr=fdr, sign=s) for s in (1, -1))
    lowering = _apart(lowering, raising)
    return _apart(raising, lowering), lowering


def gathered(attribution: Attribution, control: Attribution) -> tuple[Called, Called]:
    """Return the stretches of sequences and controls, weak ones included: raising, lowering.

    The two are called as one set, so that nothing tells them apart; controls are numbered behind
    the sequences. Many of these stretches are chance: what they are good for is to be alike.
    """
    scores = (*per_base(attribution), *per_base(control))
    raising, lowering = (call(scores, None, sign=s, p=MILD) for s in (1, -1))
    lowering = _apart(lowering, raising)
    texts = (*attribution.sequences, *control.sequences)
    return _strongest(_apart(raising, lowering), texts), _strongest(lowering, texts)


def by_strength(seqlets: Sequence[Seqlet], texts: Sequence[str]) -> list[Seqlet]:
    """Return seqlets by p, the smallest first.

    Many have the same p. These are ordered by a checksum of their text and start, so that where the
    list is cut nothing favours texts that come first.
    """
    sums = [zlib.crc32(text.encode()) for text in texts]
    return sorted(
        seqlets, key=lambda s: (s.p, zlib.crc32(s.start.to_bytes(8), sums[s.sequence]), s.sequence)
    )


def _strongest(made: Called, texts: Sequence[str]) -> Called:
    """Return the ``MOST`` seqlets with the smallest p, in order of sequence and position."""
    kept = by_strength(made.seqlets, texts)[:MOST]
    return Called(tuple(sorted(kept, key=lambda s: (s.sequence, s.start))), made.calling)


def _apart(made: Called, others: Called) -> Called:
    """Return the seqlets that do not overlap a better one of the other sign."""
    taken: dict[int, list[Seqlet]] = {}
    for other in others.seqlets:
        taken.setdefault(other.sequence, []).append(other)
    kept = tuple(
        s
        for s in made.seqlets
        if not any(
            o.start < s.end and s.start < o.end and o.p < s.p for o in taken.get(s.sequence, ())
        )
    )
    return Called(kept, made.calling)
