"""Whether an attribution can be believed: measured, not assumed.

Owns the measurements of each check; limits and words are in ``verdicts``. Every check makes the
attribution again with one thing changed and compares the scores per base, or compares them with
mutagenesis, which takes no gradient.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from itertools import combinations
from typing import Any

import numpy as np
from torch import Tensor, nn

from gexp_core.encoding import one_hot
from gexp_core.explain.attribution import attribute
from gexp_core.explain.baselines import insert_of, insert_shuffles
from gexp_core.explain.scans import advantage
from gexp_core.explain.settings import AttributionSettings
from gexp_core.explain.single_base import mutagenesis as mutate
from gexp_core.explain.verdicts import Check, Health, judged, left_out
from gexp_core.models import registry
from gexp_core.models.base import Ensemble, Model
from gexp_core.types import ROUNDING, Attribution, Floats, Mutagenesis, Progress, SequenceSet

#: Shuffles of the control; the median of their tallest scores is taken.
CONTROLS = 7

#: Added to the seed for what is drawn a second time.
_OTHER_SEED = 1_000_003


def quick(attribution: Attribution, i: int = 0) -> Health:
    """Return the checks that cost nothing: completeness alone."""
    settings = _settings(attribution)
    checks = (_completeness(attribution, settings, i),)
    return Health(attribution.names[i], settings.method, settings.baseline, "quick", checks)


def health(
    model: Model,
    sequences: SequenceSet,
    i: int,
    attribution: Attribution,
    *,
    mutagenesis: Mutagenesis | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Health:
    """Check the attribution of sequence ``i`` in every way there is.

    Parameters
    ----------
    model : Model
    sequences : SequenceSet
    i : int
        Place of the sequence in the set and in the attribution.
    attribution : Attribution
        Made with ``model``; its settings are read from its provenance.
    mutagenesis : Mutagenesis, optional
        Of the same sequences, whole; made here when it is not given.
    seed : int
        The seed the attribution was made with; other draws use another.
    progress : callable, optional
        Called with (permille done, 1000); it may raise to stop.

    Returns
    -------
    Health
        The full tier. A check that cannot be made (one network, one strand, no chance) says so.
        Compared are scores between the assay's flanks, where these were given along: they are
        alike in all sequences, and stay in the control.
    """
    settings = _settings(attribution)
    about, target = settings.about, attribution.target
    one = sequences.select((sequences.names[i],))
    text = one.sequences[0]
    judging = slice(*insert_of(text, model.card))
    scores = attribution.per_base(i)[judging].astype(float)
    least = ROUNDING * max(abs(float(attribution.y[i])), abs(float(attribution.y_baseline[i])))
    work: dict[str, Callable[[Progress], Check]] = {}

    def again(
        tick: Progress, *, of: Model = model, on: SequenceSet = one, **changed: Any
    ) -> Floats:
        other = changed.pop("seed", seed)
        made = attribute(
            of,
            on,
            settings=replace(settings, hypothetical=False, **changed),
            target=target,
            seed=other,
            progress=tick,
        )
        return made.per_base(0)[judging]

    def by_mutagenesis(tick: Progress) -> Check:
        if mutagenesis is not None and mutagenesis.window[i] == (0, len(text)):
            effect = mutagenesis.effect[i]
        else:
            strands, stride = settings.both_strands, settings.stride
            made = mutate(
                model, one, target=target, both_strands=strands, stride=stride, progress=tick
            )
            effect = made.effect[0]
        helps = (one_hot(text) * advantage(effect.astype(np.float64))).sum(0)[judging]
        return judged("mutagenesis", _r(scores, helps if about.signed else np.abs(helps), least))

    def by_strands(tick: Progress) -> Check:
        forward = again(_part(tick, 0, 2), both_strands=False)
        reverse = again(_part(tick, 1, 2), of=_other_strand(model), both_strands=False)
        return judged("strands", _r(forward, reverse, least))

    def by_members(tick: Progress) -> Check:
        members = list(model.network.members)
        each = [
            again(_part(tick, k, len(members)), of=Model(model.card, Ensemble([member])))
            for k, member in enumerate(members)
        ]
        pairs = [_r(a, b, least) for a, b in combinations(each, 2)]
        return judged("members", float(np.mean(pairs)))

    def by_control(tick: Progress) -> Check:
        shuffles = insert_shuffles(text, model.card, CONTROLS, seed=seed + _OTHER_SEED)
        tallest = []
        for k, shuffle in enumerate(shuffles):
            on = SequenceSet(("control",), (shuffle,))
            tallest.append(np.abs(again(_part(tick, k, CONTROLS), on=on)).max())
        here = np.abs(scores).max()
        return judged("control", float(np.median(tallest) / here) if here > 0 else float("nan"))

    if settings.method != "mutagenesis":
        work["mutagenesis"] = by_mutagenesis
    random = about.chance or (about.baseline and settings.baseline == "shuffle")
    if random:
        work["seed"] = lambda tick: judged(
            "seed", _r(scores, again(tick, seed=seed + _OTHER_SEED), least)
        )
    if about.baseline:
        other = "gc" if settings.baseline == "shuffle" else "shuffle"
        work["baseline"] = lambda tick: judged(
            "baseline", _r(scores, again(tick, baseline=other, own=""), least)
        )
    if model.card.both_strands and settings.both_strands:
        work["strands"] = by_strands
    if len(model.network.members) > 1:
        work["members"] = by_members
    work["control"] = by_control
    checks = [_completeness(attribution, settings, i)]
    for at, (_, check) in enumerate(work.items()):
        checks.append(check(_permille(progress, at, len(work))))
    checks += [left_out(name, why) for name, why in _WHY_NOT.items() if name not in work]
    return Health(one.names[0], settings.method, settings.baseline, "full", tuple(checks))


#: Why a check may not apply.
_WHY_NOT = {
    "mutagenesis": "The scores are mutagenesis.",
    "seed": "Nothing random is drawn.",
    "baseline": "The method compares with no baseline.",
    "strands": "One strand is read.",
    "members": "The model is a single network.",
}


def health_named(
    model: str,
    sequences: SequenceSet,
    i: int,
    attribution: Attribution,
    *,
    mutagenesis: Mutagenesis | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Health:
    """Check an attribution made with the model called ``model``; otherwise as ``health``."""
    return health(
        registry.load(model),
        sequences,
        i,
        attribution,
        mutagenesis=mutagenesis,
        seed=seed,
        progress=progress,
    )


def _settings(attribution: Attribution) -> AttributionSettings:
    """Return the settings an attribution was made with."""
    kept: Mapping[str, Any] = attribution.provenance.settings
    names = {field.name for field in fields(AttributionSettings)}
    return AttributionSettings(**{name: kept[name] for name in names if name in kept})


def _completeness(attribution: Attribution, settings: AttributionSettings, i: int) -> Check:
    if not settings.complete:
        return left_out("completeness", "Scores of this method are not expected to add up.")
    # From the scores themselves, not from delta: what is drawn is what is checked.
    delta = attribution.delta.copy()
    explained = float(attribution.y[i]) - float(attribution.y_baseline[i])
    delta[i] = attribution.attr[i].sum(dtype=np.float64) - explained
    drawn = replace(attribution, delta=delta)
    return judged("completeness", float(drawn.completeness_error()[i]))


def _r(a: Any, b: Any, least: float) -> float:
    """Return Pearson's r of two (L,) arrays; nan where one is flat.

    Flat is what varies by no more than rounding does: of the predictions (``least``), or its own.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    rounding = [max(least, ROUNDING * float(np.linalg.norm(one))) for one in (a, b)]
    a, b = a - a.mean(), b - b.mean()
    norms = [float(np.linalg.norm(one)) for one in (a, b)]
    if norms[0] <= rounding[0] or norms[1] <= rounding[1]:
        return float("nan")
    return float((a / norms[0]) @ (b / norms[1]))


def _part(tick: Progress, k: int, n: int) -> Progress:
    """Return a progress for the ``k``-th of ``n`` equal parts."""
    return lambda done, total: tick(k * total + done, n * total)


def _permille(progress: Progress | None, k: int, n: int) -> Progress:
    """Return a progress for the ``k``-th of ``n`` checks, told in permille."""
    if progress is None:
        return lambda done, total: None
    return lambda done, total: progress((1000 * k + 1000 * done // max(total, 1)) // n, 1000)


class _Turned(nn.Module):
    """Read the other strand of a window, with bins and strand-paired tracks put back."""

    def __init__(self, network: nn.Module, model: Model) -> None:
        super().__init__()
        self.network = network
        self.turned = model.turned
        self.swap = model.strand_swap()

    def forward(self, X: Tensor) -> Tensor:
        y: Tensor = self.network(self.turned(X)).flip(1)[..., self.swap]
        return y


def _other_strand(model: Model) -> Model:
    """Return a model whose one reading is this one's reading of the other strand."""
    return Model(model.card, Ensemble([_Turned(one, model) for one in model.network.members]))
