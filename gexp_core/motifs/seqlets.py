"""Seqlets: stretches of a sequence whose scores stand out, told from noise by shuffled sequences.

Owns the call and its control. The calling itself is tangermeme's ``recursive_seqlets``: a stretch
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
from numpy.typing import NDArray

from gexp_core.motifs.compiled import kernels
from gexp_core.motifs.nouns import Calling, Seqlet
from gexp_core.types import Attribution, Floats

#: Bases of the shortest and the longest seqlet.
SHORTEST, LONGEST = 4, 25

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


def stacked(scores: tuple[Floats, ...], length: int) -> Floats:
    """Return (N, length): scores (L,) of each sequence, then zeros."""
    out = np.zeros((len(scores), length), np.float32)
    for row, values in zip(out, scores, strict=True):
        row[: len(values)] = values
    return out


def per_base(attribution: Attribution) -> tuple[Floats, ...]:
    """Return N arrays (L,), the score of each position."""
    return tuple(attribution.per_base(i) for i in range(len(attribution.names)))


def call(
    scores: Floats, control: Floats | None, *, fdr: float = 0.1, sign: int = 1, p: float = P
) -> Called:
    """Call the seqlets of one sign.

    Parameters
    ----------
    scores : (N, L) float32
        One score per base, rows padded with zeros.
    control : (M, L') float32, optional
        The same of shuffled sequences.
    fdr : float
        Largest share of false seqlets, estimated from the control: its count (plus one, scaled to
        the size of ``scores``) by the count here. The mildest threshold that keeps it is taken;
        where none does, nothing is called.
    sign : 1 or -1
        Call what raises, or what lowers.
    p : float
        Threshold where there is no control.

    Returns
    -------
    Called
        Seqlets in order of sequence and position.
    """
    from tangermeme.seqlet import recursive_seqlets

    X = np.ascontiguousarray(sign * scores, np.float32)
    options = {"min_seqlet_len": SHORTEST, "max_seqlet_len": min(LONGEST, X.shape[1] - 1)}
    if X.shape[1] <= SHORTEST or not np.ptp(X):
        return Called((), Calling(sign, 0, None if control is None else 0))
    with kernels():
        if control is None:
            table = recursive_seqlets(X, threshold=p, **options)
            beside, scale = None, 1.0
        else:
            C = np.ascontiguousarray(sign * control, np.float32)
            table, rates = recursive_seqlets(
                X, X_control=C, target_fdr=fdr, return_fdr=True, **options
            )
            passing = rates[rates["fdr"] <= fdr]
            scale = X.size / C.size
            beside = 0 if passing.empty else int(passing["n_control_seqlets"].iloc[0])
    # float sums of both signs are called by rank; what does not have the sign is not of it
    table = table[table["attribution"] > 0].sort_values(["example_idx", "start"])
    found = tuple(
        Seqlet(int(i), int(start), int(end), sign * float(total), float(chance))
        for i, start, end, total, chance in table.itertuples(index=False)
    )
    return Called(found, Calling(sign, len(found), beside, scale))


def called(
    attribution: Attribution, control: Attribution | None = None, *, fdr: float = 0.1
) -> tuple[Called, Called]:
    """Return the seqlets that raise and those that lower the prediction, without overlaps.

    Where two of opposite sign overlap, the one with the smaller p stays.
    """
    scores = per_base(attribution)
    other = None if control is None else per_base(control)
    longest = max(len(values) for values in (*scores, *(other or ())))
    # zeros behind the longest too: a seqlet may then end with its sequence
    X = stacked(scores, longest + 1)
    C = None if other is None else stacked(other, longest + 1)
    lengths = np.array([len(values) for values in scores])
    raising, lowering = (_inside(call(X, C, fdr=fdr, sign=s), lengths) for s in (1, -1))
    lowering = _apart(lowering, raising)
    return _apart(raising, lowering), lowering


def gathered(attribution: Attribution, control: Attribution) -> tuple[Called, Called]:
    """Return the stretches of sequences and controls, weak ones included: raising, lowering.

    The two are called as one set, so that nothing tells them apart; controls are numbered behind
    the sequences. Many of these stretches are chance: what they are good for is to be alike.
    """
    scores = (*per_base(attribution), *per_base(control))
    X = stacked(scores, max(len(values) for values in scores) + 1)
    lengths = np.array([len(values) for values in scores])
    raising, lowering = (_inside(call(X, None, sign=s, p=MILD), lengths) for s in (1, -1))
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


def _inside(made: Called, lengths: NDArray[np.int64]) -> Called:
    """Return the seqlets cut off where their sequence ends."""
    cut = [
        Seqlet(s.sequence, s.start, min(s.end, int(lengths[s.sequence])), s.contribution, s.p)
        for s in made.seqlets
    ]
    return Called(tuple(s for s in cut if s.end - s.start >= SHORTEST), made.calling)


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
