"""Attribution: which bases a prediction is credited to, and whether the scores add up.

Owns the making of an Attribution from multipliers or scans; the methods themselves are described
in ``methods`` and computed in ``pairs``, ``deeplift`` and ``scans``. The number explained is
exactly the one that predict shows (strands, ensemble members and windows averaged), so strands and
tiles need no rule of their own: placing a sequence in windows is linear, and the gradient of a
mean is the mean of the gradients.
"""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from gexp_core.encoding import Frame, one_hot
from gexp_core.explain.baselines import baselines, own_baseline
from gexp_core.explain.deeplift import prepared
from gexp_core.explain.pairs import Pairs, Work, expected, gradients, integrated, rescaled
from gexp_core.explain.paths import paths
from gexp_core.explain.placement import Doubles, explained, gather, parts, read
from gexp_core.explain.scans import changed, occlusion
from gexp_core.explain.settings import OWN, AttributionSettings
from gexp_core.models.base import Model, Scalar
from gexp_core.predict import at_once
from gexp_core.types import Attribution, Floats, Progress, Provenance, SequenceSet, Target

#: Numbers held for pairs of window and baseline at once; bounds memory on long sequences.
_HELD = 4_000_000

#: Below this share of the readings' size, an error is float32 rounding and steps cannot mend it.
_ROUNDING = 1e-6

_PAIRED: dict[str, Callable[[Work, Pairs], Floats]] = {
    "integrated-gradients": integrated,
    "expected-gradients": expected,
    "deeplift-shap": rescaled,
}
_POINTS = ("gradient-x-input", "smoothgrad", "saliency")


@dataclass(frozen=True, slots=True, eq=False)
class _Credit:
    """Hold what one sequence got: scores (4, length), the same for every letter, both ends."""

    attr: Doubles
    hypothetical: Doubles
    y: float
    y_baseline: float


def attribute(
    model: Model,
    sequences: SequenceSet,
    *,
    settings: AttributionSettings | None = None,
    target: Target | None = None,
    seed: int = 0,
    batch_size: int = 64,
    progress: Progress | None = None,
) -> Attribution:
    """Credit the explained number of each sequence to its bases.

    Parameters
    ----------
    model : Model
    sequences : SequenceSet
    settings : AttributionSettings, optional
        Method, baseline and how closely the scores must add up; what each method computes is in
        ``methods.ABOUT``. The baseline replaces the visitor's bases only, never the assay's
        flanks; it is made on the whole sequence.
    target : Target, optional
        The number to explain; the mean over all rows of the first track by default.
    seed : int
        Seed of the shuffles, of the random points of expected-gradients and of the noise.
    batch_size : int
        Windows per forward and backward pass.
    progress : callable, optional
        Called with (units done, units in all): pairs of window and baseline, or bases where a
        scan is made; it may raise to stop.

    Returns
    -------
    Attribution
        attr (4, L) per sequence. For integrated gradients: mean over baselines of (x - baseline)
        * mean gradient, at two Gauss-Legendre nodes in each of equal parts of the path. Nodes are
        doubled from 16 a path (40 where there is one path) until abs(delta) is within
        ``settings.tolerance`` of abs(y - y_baseline) or ``settings.max_steps`` is reached; delta
        says which. A column of N is zeros in x, so its scores are those of the baseline's letters
        taken away. For methods that are not complete, delta is the same difference and is not
        expected to be small; y_baseline is the mean over ``settings.baseline`` all the same.

    Raises
    ------
    ModelError
        The target is not one of the model's.
    InputError
        The baseline 'own' is not as long as a sequence.
    """
    settings = settings or AttributionSettings()
    target = target or Target()
    chosen = prepared(model) if settings.method == "deeplift-shap" else model
    scalar = Scalar(chosen, target, both_strands=settings.both_strands)
    plan = explained(sequences, model.card, target, stride=settings.stride)
    total = sum(_units(settings, how) for how in plan)
    done = 0

    def tick(units: int) -> None:
        nonlocal done
        done += units
        if progress:
            progress(done, total)

    along = paths(scalar) if settings.method == "integrated-gradients" else None
    work = Work(scalar, settings, at_once(model.card, batch_size), tick, along)
    made = [
        _credit(work, text, how, _compared(text, settings, seed), seed)
        for text, how in zip(sequences.sequences, plan, strict=True)
    ]
    attr = tuple(one.attr.astype(np.float32) for one in made)
    y, y_baseline = (
        np.array(ends, np.float32)
        for ends in zip(*((o.y, o.y_baseline) for o in made), strict=True)
    )
    summed = np.array([scores.sum(dtype=np.float64) for scores in attr])
    return Attribution(
        names=sequences.names,
        sequences=sequences.sequences,
        attr=attr,
        y=y,
        y_baseline=y_baseline,
        delta=(summed - (y.astype(float) - y_baseline)).astype(np.float32),
        target=target,
        method=settings.method,
        baseline=settings.baseline,
        units=model.card.units,
        provenance=Provenance(
            sequences.digest,
            model.card.name,
            model.card.sha256,
            {"work": "attribute", "target": asdict(target), **asdict(settings)},
            seed=seed,
        ),
        hypothetical=tuple(one.hypothetical.astype(np.float32) for one in made)
        if settings.hypothetical
        else (),
    )


def _units(settings: AttributionSettings, how: Frame) -> int:
    """Return the work of one sequence, in the units of progress."""
    if settings.method in _PAIRED:
        return len(how.starts) * settings.compared
    if settings.method in _POINTS:
        return len(how.starts) * _copies(settings)
    return how.length


def _copies(settings: AttributionSettings) -> int:
    return settings.samples if settings.method == "smoothgrad" else 1


def _compared(text: str, settings: AttributionSettings, seed: int) -> Floats:
    """Return the baselines (K, 4, length) of one sequence."""
    if settings.baseline == OWN:
        return own_baseline(text, settings.own)
    return baselines(text, settings.baseline, n=settings.n_baselines, seed=seed)


def _credit(work: Work, text: str, how: Frame, B: Floats, seed: int) -> _Credit:
    """Return the scores of one sequence against its baselines B (K, 4, length).

    Windows are taken a group at a time; a group's mean error is held to the tolerance of the
    whole, so the mean over all groups is within it too.
    """
    x = one_hot(text)
    held = max(len(B), _copies(work.settings)) * 4 * len(how.background)
    groups = list(parts(how, max(1, _HELD // held)))
    at_x = [read(work.scalar, g.windows(x[None]), batch_size=work.batch_size) for g in groups]
    at_b = [
        read(work.scalar, g.windows(B), batch_size=work.batch_size).reshape(len(B), -1)
        for g in groups
    ]
    y, y_baseline = float(np.concatenate(at_x).mean()), float(np.concatenate(at_b, 1).mean())
    method = work.settings.method
    if method == "occlusion":
        scores = occlusion(work, how, x, B)
        return _Credit(x * scores, np.zeros(x.shape), y, y_baseline)
    if method == "mutagenesis":
        letters = changed(work, text, how.length)
        return _Credit(x * letters, letters, y, y_baseline)
    generator = np.random.default_rng([seed, *_digest(text)])
    attr, letters = np.zeros((4, how.length)), np.zeros((4, how.length))
    goal = work.settings.tolerance * abs(y - y_baseline)
    goal = max(goal, _ROUNDING * max(abs(y), abs(y_baseline)))
    copies = _noisy(work.settings, x, generator)  # of the whole sequence: tiles share the noise
    for g, fx, fb in zip(groups, at_x, at_b, strict=True):
        if method in _PAIRED:
            X = np.tile(g.windows(x[None]), (len(B), 1, 1))
            pairs = Pairs(X, g.windows(B), (fx - fb).reshape(-1), goal, generator)
            M, from_, K = _PAIRED[method](work, pairs), pairs.B, len(B)
        else:
            X = np.tile(g.windows(x[None]), (len(copies), 1, 1))
            M, from_, K = gradients(work, g.windows(copies)), np.zeros_like(X), len(copies)
            work.tick(len(M))
        if work.settings.off_simplex:
            M = M - M.mean(1, keepdims=True)
        attr += _gathered(g, (X - from_) * M, K)
        letters += _gathered(g, M - (from_ * M).sum(1, keepdims=True), K)
    attr, letters = attr / len(how.starts), letters / len(how.starts)
    return _Credit(np.abs(letters) if method == "saliency" else attr, letters, y, y_baseline)


def _gathered(g: Frame, scores: Floats, K: int) -> Doubles:
    """Return (4, length): mean over K of window scores (K * windows, 4, L), laid in place."""
    shape = (K, len(g.starts), *scores.shape[1:])
    return gather(g, scores.reshape(shape).mean(0, dtype=np.float64))


def _noisy(settings: AttributionSettings, x: Floats, generator: np.random.Generator) -> Floats:
    """Return the points (n, 4, length) whose gradients are taken: x itself, or noisy copies."""
    if settings.method != "smoothgrad":
        return x[None]
    noise = generator.normal(0, settings.noise, (settings.samples, *x.shape))
    return (x + noise).astype(np.float32)


def _digest(text: str) -> list[int]:
    """Return whole numbers made from the letters, so that a draw depends on nothing else."""
    return [int(n) for n in np.frombuffer(hashlib.sha256(text.encode()).digest(), "<u4")]
