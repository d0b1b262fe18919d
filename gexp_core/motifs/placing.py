"""Which seqlet is a site of which pattern, where exactly, and what motif the sites make.

Owns the likeness that decides it. Patterns come from ``discovery``.
"""

from collections.abc import Sequence

import numpy as np

from gexp_core.motifs.align import best_places, likeness, turned
from gexp_core.motifs.nouns import Motif, Seqlet, Site
from gexp_core.types import Floats

#: Cosine from which a seqlet is a site of a motif, and from which two motifs are one.
ALIKE = 0.7
SAME = 0.85

#: Share of the strongest column below which the ends of a motif are cut off.
TRIM = 0.25

SIGNS = {1: "raises", -1: "lowers"}


def trimmed(cwm: Floats) -> Floats:
    """Return a pattern without the columns at its ends that weigh little."""
    weight = np.abs(cwm).sum(0)
    strong = np.flatnonzero(weight >= TRIM * weight.max())
    return cwm[:, strong[0] : strong[-1] + 1]


def distinct(cwms: list[Floats]) -> list[Floats]:
    """Return the patterns of which no earlier one is the same, in either direction."""
    kept: list[Floats] = []
    for cwm in cwms:
        if all(likeness(other, cwm)[0] < SAME for other in kept):
            kept.append(cwm)
    return kept


def placed(
    sign: int,
    cwms: Sequence[Floats],
    seqlets: Sequence[Seqlet],
    hot: list[Floats],
    contrib: list[Floats],
    least: int,
) -> list[Motif]:
    """Return a motif per pattern with each seqlet as a site of the pattern it is most like."""
    if not cwms:
        return []
    tried = [
        (best_places(contrib, seqlets, c), best_places(contrib, seqlets, turned(c))) for c in cwms
    ]
    fits = np.stack([side[0] for pair in tried for side in pair])  # (2 * patterns, S)
    starts = np.stack([side[1] for pair in tried for side in pair])
    winner = fits.argmax(0)
    motifs = []
    for at, cwm in enumerate(cwms):
        sites: dict[tuple[int, int], Site] = {}
        for s in np.flatnonzero(winner // 2 == at).tolist():
            similarity = float(fits[winner[s], s])
            if similarity < ALIKE:
                continue
            i, start = seqlets[s].sequence, int(starts[winner[s], s])
            end = start + cwm.shape[1]
            total = float(contrib[i][:, start:end].sum())
            strand = "+-"[int(winner[s]) % 2]
            sites[i, start] = Site(i, start, end, strand, total, min(1.0, similarity))
        if len(sites) >= least:
            motifs.append(summed(f"{SIGNS[sign]} {at + 1}", tuple(sites.values()), hot, contrib))
    return motifs


def summed(
    name: str, sites: Sequence[Site], hot: Sequence[Floats], contrib: Sequence[Floats]
) -> Motif:
    """Return the motif of ``sites``: their letters and their scores, each the right way round."""
    letters, scores = (
        np.stack(
            [
                piece if s.strand == "+" else turned(piece)
                for s in sites
                for piece in [array[s.sequence][:, s.start : s.end]]
            ]
        ).mean(0, dtype=np.float64)
        for array in (hot, contrib)
    )
    total = letters.sum(0)
    ppm = np.where(total > 0, letters / np.where(total > 0, total, 1), 0.25)  # a column of N
    order = sorted(sites, key=lambda s: (-abs(s.contribution), s.sequence, s.start))
    return Motif(name, ppm.astype(np.float32), scores.astype(np.float32), tuple(order))


def by_strand(motif: Motif) -> dict[str, tuple[Site, ...]]:
    """Return the sites on which the motif reads as it is drawn, and the others."""
    return {
        words: tuple(s for s in motif.sites if s.strand == strand)
        for strand, words in (("+", "forward"), ("-", "reverse"))
    }
