"""From scores to motifs: seqlets, patterns of alike ones, and which of these are more than chance.

Owns the order of the steps and what is said where there is too little. Patterns are made in
``patterns``, their sites are found in ``placing``, and held against shuffled sequences in
``chance``.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from gexp_core.encoding import one_hot
from gexp_core.errors import InputError
from gexp_core.motifs.chance import Verdict, judged
from gexp_core.motifs.moving import Share
from gexp_core.motifs.nouns import Calling, Motif, MotifSet, Seqlet, Site
from gexp_core.motifs.patterns import CLUSTERED, patterns_of, seconds_of
from gexp_core.motifs.placing import SIGNS, by_strand, distinct, placed, summed, trimmed
from gexp_core.motifs.seeds import seeds_of
from gexp_core.motifs.seqlets import Called, called, gathered
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
    hot: list[Floats]
    contrib: list[Floats]
    hypothetical: Sequence[Floats]

    @classmethod
    def of(cls, *parts: Attribution) -> "_Pool":
        hot = [one_hot(text) for part in parts for text in part.sequences]
        scores = [part.per_base(i) for part in parts for i in range(len(part.names))]
        contrib = [x * base[None] for x, base in zip(hot, scores, strict=True)]
        whole = [one for part in parts for one in part.hypothetical]
        return cls(len(parts[0].names), hot, contrib, whole if len(whole) == len(hot) else contrib)

    def mine(self, sites: Sequence[Site]) -> tuple[Site, ...]:
        """Return those of ``sites`` that are on sequences."""
        return tuple(s for s in sites if s.sequence < self.own)

    def motif(self, name: str, sites: Sequence[Site]) -> Motif:
        """Return the motif of those of ``sites`` that are on sequences."""
        return summed(name, self.mine(sites), self.hot, self.contrib)


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
        too little for a motif, and how much would be enough.
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
    found: list[Motif] = []
    expected = [seconds_of(len(some.seqlets), settings.runs) for some in together]
    for sign, some, part in zip((1, -1), together, share.parts(0.1, 0.95, expected), strict=True):
        found += _patterns(sign, some, pool, settings, part)
    lengths = [x.shape[1] for x in pool.hot]
    verdicts: list[Verdict | None] = [None] * len(found)
    if control is not None and found:
        verdicts = [*judged([m.sites for m in found], lengths, pool.own)]
    motifs: list[Motif] = []
    callings, notes = [], []
    if control is None:
        notes.append("Patterns were not checked against shuffled sequences: no control was given.")
    for sign, one, some in zip((1, -1), alone, together, strict=True):
        tried = [(m, v) for m, v in zip(found, verdicts, strict=True) if m.name == SIGNS[sign]]
        held = [
            (m, v)
            for m, v in tried
            if len(pool.mine(m.sites)) >= settings.least_sites
            and (v is None or v.holds(settings.chance))
        ]
        made = _motifs(held, pool, sign, settings)
        calling = replace(
            one.calling,
            patterned=sum(_on_sites(one.seqlets, made)),
            gathered=sum(s.sequence < pool.own for s in some.seqlets),
            patterns=len(tried),
            rejected=len(tried) - len(held),
        )
        motifs += made
        callings.append(calling)
        notes += _notes(calling, settings, pool.own)
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
) -> list[Motif]:
    """Return the patterns of one sign, with their sites on sequences and controls together.

    The name is the sign's.
    """
    if sum(s.sequence < pool.own for s in some.seqlets) < settings.least_sites:
        return []
    strongest = sorted(some.seqlets, key=lambda s: s.p)[:CLUSTERED]
    cwms = patterns_of(
        pool.hot,
        pool.hypothetical,
        np.array([[s.sequence, (s.start + s.end) // 2] for s in strongest]),
        sign=sign,
        least=settings.least_sites,
        runs=settings.runs,
        share=share,
    )
    made = _placed(sign, cwms, some, pool)
    left = [s for s, on in zip(some.seqlets, _on_sites(some.seqlets, made), strict=True) if not on]
    fewest = max(5, settings.least_sites // 4)  # with the very letters; sites may differ in some
    seeds = seeds_of(pool.hot, pool.contrib, left, fewest=fewest)
    if seeds:
        made = _placed(sign, [*(m.cwm for m in made), *seeds], some, pool)
    # counted on both, as the test asks; whether the sequences have enough of them is said behind it
    return [replace(m, name=SIGNS[sign]) for m in made if len(m.sites) >= settings.least_sites]


def _placed(sign: int, cwms: Sequence[Floats], some: Called, pool: _Pool) -> list[Motif]:
    """Return patterns with their sites; of those that are or become the same, one."""
    cwms = distinct([trimmed(cwm) for cwm in cwms])
    for _ in range(2):  # the sites of a pattern sharpen it; the sharper one finds its sites
        made = placed(sign, cwms, some.seqlets, pool.hot, pool.contrib, 1)
        cwms = distinct([m.cwm for m in made])
    return placed(sign, cwms, some.seqlets, pool.hot, pool.contrib, 1)


def _motifs(
    held: Sequence[tuple[Motif, Verdict | None]],
    pool: _Pool,
    sign: int,
    settings: DiscoverySettings,
) -> list[Motif]:
    """Return the motifs of patterns that are more than chance, by number of sites."""
    out = []
    order = sorted(held, key=lambda pair: -len(pool.mine(pair[0].sites)))
    for number, (pattern, verdict) in enumerate(order, 1):
        name = f"{SIGNS[sign]} {number}"
        if settings.merge_strands:
            parts = {name: pattern.sites}
        else:
            parts = {f"{name} {way}": sites for way, sites in by_strand(pattern).items()}
        for label, sites in parts.items():
            if len(pool.mine(sites)) < settings.least_sites:
                continue
            motif = pool.motif(label, sites)
            if verdict is not None:  # of a strand: its part of the sites, as clear as the whole
                by_chance = len(sites) - len(motif.sites)
                whole = len(pattern.sites) - verdict.sites
                expected = verdict.expected * by_chance / whole if whole else 0.0
                motif = replace(motif, expected=expected, q=verdict.q)
            out.append(motif.turned() if label.endswith("reverse") else motif)
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


def _notes(calling: Calling, settings: DiscoverySettings, sequences: int) -> list[str]:
    """Say why there is no motif of one sign, and what would be needed."""
    least, none = settings.least_sites, f"No motif that {SIGNS[calling.sign]} the prediction: "
    if calling.patterns > calling.rejected:
        return []
    some = f"{calling.called:,} {'stretch stands' if calling.called == 1 else 'stretches stand'}"
    if 0 < calling.called < least:
        more = -(-least * sequences // calling.called)
        alone = "itself" if calling.called == 1 else "themselves"
        return [
            f"{none}{some} out by {alone}, and a motif needs at least {least} that are alike. With "
            f"sequences like these, that takes {more:,} or more; {sequences:,} "
            f"{'was' if sequences == 1 else 'were'} given."
        ]
    if calling.patterns:
        many = f"{calling.patterns:,} patterns were" if calling.patterns > 1 else "one pattern was"
        return [
            f"{none}{many} found, with fewer than {least} sites or nearly as many in shuffled "
            f"sequences (at most {settings.chance:.0%} may be expected by chance)."
        ]
    if calling.called:
        return [f"{none}{some} out, but no {least} of them are alike."]
    if calling.control is None:
        return [f"{none}no stretch of the scores stands out."]
    return [
        f"{none}nothing stands out from shuffled sequences (at no threshold are fewer than "
        f"{settings.fdr:.0%} of the stretches expected by chance), and of {calling.gathered:,} "
        f"weak stretches no {least} are alike."
    ]
