"""From scores to motifs: seqlets, patterns of alike ones, and every site of each pattern.

Owns the order of the steps and what is said where there is too little. Patterns are made by
TF-MoDISco (``modisco-lite``); seqlets come from ``seqlets``, and which seqlet is a site of which
motif, and where exactly, is decided here by likeness.

References
----------
Shrikumar et al., Technical note on Transcription Factor Motif Discovery from Importance Scores
(TF-MoDISco), arXiv:1811.00416. Schreiber, modisco-lite 3.0.0.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gexp_core.encoding import one_hot
from gexp_core.errors import InputError
from gexp_core.motifs.compiled import kernels
from gexp_core.motifs.nouns import Motif, MotifSet
from gexp_core.motifs.placing import SIGNS, by_strand, distinct, placed, trimmed
from gexp_core.motifs.seqlets import Called, called
from gexp_core.types import Attribution, Floats, Progress, Provenance

#: Bases on either side of a seqlet's middle that are compared while patterns are made.
HALF = 15


@dataclass(frozen=True, slots=True)
class DiscoverySettings:
    """Choose how motifs are found.

    Attributes
    ----------
    least_sites : sites that a motif needs
    fdr : largest share of false seqlets, estimated from shuffled sequences
    merge_strands : count a motif and its reverse complement as one
    runs : runs of the clustering (Leiden), of which the best is taken
    """

    least_sites: int = 20
    fdr: float = 0.1
    merge_strands: bool = True
    runs: int = 10

    def __post_init__(self) -> None:
        if not 5 <= self.least_sites <= 10_000:
            raise InputError(f"a motif of {self.least_sites} sites; give from 5 to 10,000")
        if not 0 < self.fdr <= 0.5:
            raise InputError(f"the share of false seqlets, {self.fdr}, is outside 0 to 0.5")
        if not 1 <= self.runs <= 100:
            raise InputError(f"{self.runs} runs of the clustering are outside 1 to 100")


def discover(
    attribution: Attribution,
    *,
    control: Attribution | None = None,
    settings: DiscoverySettings | None = None,
    progress: Progress | None = None,
) -> MotifSet:
    """Find the motifs that the scores of a set of sequences share.

    Parameters
    ----------
    attribution : Attribution
        With ``hypothetical`` scores where the method has them.
    control : Attribution, optional
        Of shuffled sequences, made the same way. The threshold for seqlets is set by it; without
        it a fixed one is taken, and a note says so.
    settings : DiscoverySettings, optional
    progress : callable, optional
        Called with (steps done, 5); it may raise to stop.

    Returns
    -------
    MotifSet
        Motifs that raise the prediction first, each kind by number of sites. Notes say what was
        too little for a motif, and how much would be enough.
    """
    settings = settings or DiscoverySettings()
    tick = progress or (lambda done, total: None)
    tick(0, 5)
    raising, lowering = called(attribution, control, fdr=settings.fdr)
    tick(1, 5)
    hot = [one_hot(text) for text in attribution.sequences]
    contrib = [
        x * attribution.per_base(i)[None] for i, x in enumerate(hot)
    ]  # of the letters that stand there
    whole = attribution.hypothetical or contrib
    motifs: list[Motif] = []
    callings, notes = [], []
    if control is None:
        notes.append("Seqlets were not checked against shuffled sequences: no control was given.")
    for done, (sign, found) in enumerate(((1, raising), (-1, lowering)), 2):
        made = _of_one_sign(sign, found, hot, whole, contrib, settings)
        sites = len({(s.sequence, s.start) for m in made for s in m.sites})
        motifs += made
        callings.append(replace(found.calling, patterned=sites))
        notes += _notes(found, made, settings, len(hot))
        tick(done, 5)
    if not settings.merge_strands:
        motifs = by_strand(motifs, hot, contrib, settings.least_sites)
    tick(5, 5)
    return MotifSet(
        names=attribution.names,
        sequences=attribution.sequences,
        motifs=tuple(motifs),
        seqlets=tuple(
            sorted((*raising.seqlets, *lowering.seqlets), key=lambda s: (s.sequence, s.start))
        ),
        calling=tuple(callings),
        target=attribution.target,
        units=attribution.units,
        notes=tuple(notes),
        provenance=Provenance(
            attribution.provenance.input_digest,
            attribution.provenance.model,
            attribution.provenance.weights_sha256,
            {
                "work": "motifs",
                **asdict(settings),
                "control": 0 if control is None else len(control.names),
                "attribution": dict(attribution.provenance.settings),
            },
            seed=attribution.provenance.seed,
        ),
    )


def _notes(
    found: Called, made: list[Motif], settings: DiscoverySettings, sequences: int
) -> list[str]:
    """Say why there is no motif of one sign, and what would be needed."""
    calling, least = found.calling, settings.least_sites
    deed = SIGNS[calling.sign]
    if made:
        return []
    if not found.seqlets and calling.control is not None:
        return [
            f"No motif that {deed} the prediction: nothing stands out from shuffled sequences (at "
            f"no threshold are fewer than {settings.fdr:.0%} of the stretches expected by chance)."
        ]
    if not found.seqlets:
        return [f"No motif that {deed} the prediction: no stretch of the scores stands out."]
    some = f"{len(found.seqlets):,} {'stretch' if len(found.seqlets) == 1 else 'stretches'}"
    if len(found.seqlets) < least:
        more = -(-least * sequences // len(found.seqlets))
        return [
            f"No motif that {deed} the prediction: {some} of the scores stand out, and a motif "
            f"needs at least {least} that are alike. With sequences like these, that takes {more:,}"
            f" or more; {sequences:,} {'was' if sequences == 1 else 'were'} given."
        ]
    return [
        f"No motif that {deed} the prediction: {some} of the scores stand out, but no {least} of "
        "them are alike."
    ]


def _of_one_sign(
    sign: int,
    found: Called,
    hot: list[Floats],
    hypothetical: Sequence[Floats],
    contrib: list[Floats],
    settings: DiscoverySettings,
) -> list[Motif]:
    """Return the motifs of one sign, by number of sites."""
    if len(found.seqlets) < settings.least_sites:
        return []
    places = np.array([[s.sequence, (s.start + s.end) // 2] for s in found.seqlets])
    longest = max(x.shape[1] for x in hot)
    cwms = patterns_of(
        _padded(hot, longest),
        _padded(hypothetical, longest),
        places,
        sign=sign,
        least=settings.least_sites,
        runs=settings.runs,
    )
    cwms = distinct([trimmed(cwm) for cwm in cwms])
    for _ in range(2):  # the sites of a pattern sharpen it; the sharper one finds its sites
        cwms = [m.cwm for m in placed(sign, cwms, found.seqlets, hot, contrib, 1)]
    made = placed(sign, cwms, found.seqlets, hot, contrib, settings.least_sites)
    made.sort(key=lambda m: -len(m.sites))
    return [replace(m, name=f"{SIGNS[sign]} {n}") for n, m in enumerate(made, 1)]


def _padded(arrays: Sequence[Floats], length: int) -> Floats:
    """Return (N, 4, length) with zeros behind the shorter ones."""
    out = np.zeros((len(arrays), 4, length), np.float32)
    for row, array in zip(out, arrays, strict=True):
        row[:, : array.shape[1]] = array
    return out


def patterns_of(
    hot: Floats,
    hypothetical: Floats,
    places: NDArray[np.int64],
    *,
    sign: int,
    least: int,
    runs: int,
) -> list[Floats]:
    """Return the patterns (4, W) of mean scores that TF-MoDISco makes of seqlets.

    Parameters
    ----------
    hot, hypothetical : (N, 4, L) letters and the score that each letter would get
    places : (S, 2) sequence and middle of each seqlet
    sign : 1 or -1, of the seqlets
    least : seqlets that a pattern needs
    runs : runs of the clustering
    """
    from modiscolite import core, tfmodisco

    margin = 3 * HALF  # a pattern may grow beyond its seqlets, and they beyond the sequence
    pad = ((0, 0), (0, 0), (margin, margin))
    letters, scores = (np.pad(X, pad).transpose(0, 2, 1) for X in (hot, hypothetical))
    # A column without letters (N, or beyond an end) must say nothing. As zeros it would become nan,
    # which draws a pattern's window out of its sequences, and the merging then never ends.
    letters = letters + 0.25 * (letters.sum(2, keepdims=True) == 0)
    with kernels():
        tracks = core.TrackSet(
            one_hot=np.ascontiguousarray(letters, np.float32),
            contrib_scores=np.ascontiguousarray(letters * scores, np.float32),
            hypothetical_contribs=np.ascontiguousarray(scores, np.float32),
        )
        windows = [
            core.Seqlet(int(i), int(at) + margin - HALF, int(at) + margin + HALF + 1, False)
            for i, at in places
        ]
        made = tfmodisco.seqlets_to_patterns(
            seqlets=tracks.create_seqlets(windows),
            track_set=tracks,
            track_signs=sign,
            n_leiden_runs=runs,
            final_min_cluster_size=least,
            min_num_to_trim_to=least,
        )
    return [np.asarray(p.contrib_scores, np.float32).T.copy() for p in made or ()]
