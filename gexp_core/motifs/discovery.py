"""From scores to motifs: seqlets, patterns of alike ones, and which of these are more than chance.

Owns the order of the steps. Patterns are made in ``patterns``, their sites are found in
``placing``, and held against shuffled sequences in ``chance``; what there was too little of is said
in ``notes``.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from gexp_core.encoding import one_hot
from gexp_core.errors import InputError
from gexp_core.motifs.chance import Pieces, Verdict, judged
from gexp_core.motifs.moving import Share
from gexp_core.motifs.notes import copied, lacking, not_ranked
from gexp_core.motifs.nouns import Motif, MotifSet, Seqlet, Site
from gexp_core.motifs.patterns import CLUSTERED, patterns_of, seconds_of
from gexp_core.motifs.placing import SIGNS, by_strand, distinct, placed, summed, trimmed
from gexp_core.motifs.seeds import seeds_of
from gexp_core.motifs.seqlets import Called, by_strength, called, gathered
from gexp_core.types import Attribution, Floats, Progress, Provenance


@dataclass(frozen=True, slots=True)
class DiscoverySettings:
    """Choose how motifs are found.

    Attributes
    ----------
    least_sites : sites that a motif needs
    chance : largest share of a motif's sites that shuffled sequences have too
    fdr : of the stretches that are listed one by one, the largest share that shuffled sequences
        have too
    merge_strands : count a motif and its reverse complement as one
    runs : runs of the clustering (Leiden), of which the best is taken
    """

    least_sites: int = 20
    chance: float = 0.5
    fdr: float = 0.1
    merge_strands: bool = True
    runs: int = 10

    def __post_init__(self) -> None:
        if not 5 <= self.least_sites <= 10_000:
            raise InputError(f"a motif of {self.least_sites} sites; give from 5 to 10,000")
        if not 0 < self.chance <= 0.8:
            raise InputError(f"the share of sites by chance, {self.chance}, is outside 0 to 0.8")
        if not 0 < self.fdr <= 0.5:
            raise InputError(f"the share of false seqlets, {self.fdr}, is outside 0 to 0.5")
        if not 1 <= self.runs <= 100:
            raise InputError(f"{self.runs} runs of the clustering are outside 1 to 100")


@dataclass(frozen=True, slots=True, eq=False)
class _Pool:
    """Hold the scores of sequences and, behind the first ``own``, of their controls."""

    own: int
    texts: tuple[str, ...]
    hot: list[Floats]
    contrib: list[Floats]
    hypothetical: Sequence[Floats]

    @classmethod
    def of(cls, *parts: Attribution) -> "_Pool":
        texts = tuple(text for part in parts for text in part.sequences)
        hot = [one_hot(text) for text in texts]
        scores = [part.per_base(i) for part in parts for i in range(len(part.names))]
        contrib = [x * base[None] for x, base in zip(hot, scores, strict=True)]
        whole = [one for part in parts for one in part.hypothetical]
        scores_of_all = whole if len(whole) == len(hot) else contrib
        return cls(len(parts[0].names), texts, hot, contrib, scores_of_all)

    def mine(self, sites: Sequence[Site]) -> tuple[Site, ...]:
        """Return those of ``sites`` that are on sequences."""
        return tuple(s for s in sites if s.sequence < self.own)

    def motif(self, name: str, sites: Sequence[Site]) -> Motif:
        """Return the motif of those of ``sites`` that are on sequences."""
        return summed(name, self.mine(sites), self.hot, self.contrib)


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """Hold what may be a motif: a pattern's sites, or those that read one way."""

    whole: Motif
    way: str
    sites: tuple[Site, ...]
    verdict: Verdict | None = None


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
        Of shuffled sequences, made the same way. A pattern is a motif if it has more sites here
        than there. Without it stretches are called at a fixed threshold, every pattern of them is
        a motif, and a note says so.
    settings : DiscoverySettings, optional
    progress : callable, optional
        Called with (thousandths done, 1000); it may raise to stop. While patterns are made it goes
        by the clock.

    Returns
    -------
    MotifSet
        Motifs that raise the prediction first, each kind by number of sites. Notes say what was
        too little for a motif.
    """
    settings = settings or DiscoverySettings()
    share = Share(progress)
    share.at(0)
    alone = called(attribution, control, fdr=settings.fdr)
    share.at(0.05)
    if control is None:
        pool, together = _Pool.of(attribution), alone
    else:
        pool, together = _Pool.of(attribution, control), gathered(attribution, control)
    share.at(0.1)
    notes: list[str] = []
    tried: list[_Tried] = []
    seconds = [seconds_of(len(some.seqlets), settings.runs) for some in together]
    for sign, some, part in zip((1, -1), together, share.parts(0.1, 0.95, seconds), strict=True):
        wholes, ranked = _patterns(sign, some, pool, settings, part)
        notes += [] if ranked else [not_ranked(sign)]
        for whole in wholes:
            ways = {"": whole.sites} if settings.merge_strands else by_strand(whole)
            tried += [_Tried(whole, way, sites) for way, sites in ways.items() if sites]
    if control is None:
        notes.append("Patterns were not checked against shuffled sequences: no control was given.")
    elif tried:
        pieces = Pieces.of(attribution.sequences, control.sequences)
        verdicts = judged([one.sites for one in tried], pieces)
        tried = [replace(one, verdict=v) for one, v in zip(tried, verdicts, strict=True)]
        notes += copied(*pieces.copies)
    motifs: list[Motif] = []
    callings = []
    for sign, one, some in zip((1, -1), alone, together, strict=True):
        of_sign = [this for this in tried if this.whole.name == SIGNS[sign]]
        made = _motifs(of_sign, pool, sign, settings)
        calling = replace(
            one.calling,
            patterned=sum(_on_sites(one.seqlets, made)),
            gathered=sum(s.sequence < pool.own for s in some.seqlets),
            patterns=len(of_sign),
            rejected=len(of_sign) - len(made),
        )
        motifs += made
        callings.append(calling)
        notes += lacking(calling, settings.least_sites, settings.chance)
    share.at(1)
    raising, lowering = alone
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


def _patterns(
    sign: int, some: Called, pool: _Pool, settings: DiscoverySettings, share: Share
) -> tuple[list[Motif], bool]:
    """Return the patterns of one sign, with their sites on sequences and controls together.

    The name is the sign's. False where TF-MoDISco gave up; what words begin is there all the same.
    """
    if sum(s.sequence < pool.own for s in some.seqlets) < settings.least_sites:
        return [], True
    strongest = by_strength(some.seqlets, pool.texts)[:CLUSTERED]
    cwms = patterns_of(
        pool.hot,
        pool.hypothetical,
        np.array([[s.sequence, (s.start + s.end) // 2] for s in strongest]),
        sign=sign,
        least=settings.least_sites,
        runs=settings.runs,
        share=share,
    )
    made = _placed(sign, cwms or [], some, pool)
    left = [s for s, on in zip(some.seqlets, _on_sites(some.seqlets, made), strict=True) if not on]
    fewest = max(5, settings.least_sites // 4)  # with the very letters; sites may differ in some
    seeds = seeds_of(pool.hot, pool.contrib, left, fewest=fewest)
    if seeds:
        made = _placed(sign, [*(m.cwm for m in made), *seeds], some, pool)
    # counted on both, as the test asks; whether the sequences have enough of them is said behind it
    enough = [replace(m, name=SIGNS[sign]) for m in made if len(m.sites) >= settings.least_sites]
    return enough, cwms is not None


def _placed(sign: int, cwms: Sequence[Floats], some: Called, pool: _Pool) -> list[Motif]:
    """Return patterns with their sites; of those that are or become the same, one."""
    cwms = distinct([trimmed(cwm) for cwm in cwms])
    for _ in range(2):  # the sites of a pattern sharpen it; the sharper one finds its sites
        made = placed(sign, cwms, some.seqlets, pool.hot, pool.contrib, 1)
        cwms = distinct([m.cwm for m in made])
    return placed(sign, cwms, some.seqlets, pool.hot, pool.contrib, 1)


def _motifs(
    tried: Sequence[_Tried], pool: _Pool, sign: int, settings: DiscoverySettings
) -> list[Motif]:
    """Return the motifs: what has sites enough and is more than chance, by number of sites."""
    held = [
        one
        for one in tried
        if len(pool.mine(one.sites)) >= settings.least_sites
        and (one.verdict is None or one.verdict.holds(settings.chance))
    ]
    found = dict.fromkeys(one.whole for one in held)  # a set would order ties by chance
    wholes = sorted(found, key=lambda m: -len(pool.mine(m.sites)))
    number = {whole: at for at, whole in enumerate(wholes, 1)}
    out = []
    for one in sorted(held, key=lambda one: number[one.whole]):
        motif = pool.motif(f"{SIGNS[sign]} {number[one.whole]} {one.way}".strip(), one.sites)
        if one.verdict is not None:
            motif = replace(motif, expected=one.verdict.expected, q=one.verdict.q)
        out.append(motif.turned() if one.way == "reverse" else motif)
    return out


def _on_sites(seqlets: Sequence[Seqlet], motifs: Sequence[Motif]) -> list[bool]:
    """Return which seqlets lie on a site of a motif, wholly or in part."""
    sites: dict[int, list[Site]] = {}
    for motif in motifs:
        for site in motif.sites:
            sites.setdefault(site.sequence, []).append(site)
    return [
        any(s.start < site.end and site.start < s.end for site in sites.get(s.sequence, ()))
        for s in seqlets
    ]
