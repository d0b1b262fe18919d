"""Attribution: which bases a prediction is credited to, and whether the scores add up.

Owns the making of an Attribution from multipliers or scans; the methods themselves are described
in ``methods`` and computed in ``pairs``, ``deeplift`` and ``scans``. The number explained is
exactly the one that predict shows (strands, ensemble members and windows averaged), so strands and
tiles need no rule of their own: placing a sequence in windows is linear, and the gradient of a
mean is the mean of the gradients.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np

from gexp_core.encoding import Frame, one_hot
from gexp_core.explain.baselines import baselines, generator_of, insert_of, own_baseline
from gexp_core.explain.deeplift import prepared
from gexp_core.explain.pairs import (
    Pairs,
    Work,
    centred,
    expected,
    flat,
    gradients,
    integrated,
    rescaled,
)
from gexp_core.explain.paths import paths
from gexp_core.explain.placement import Doubles, explained, gather, parts, read
from gexp_core.explain.rules import Pairing
from gexp_core.explain.scans import changed, occlusion
from gexp_core.explain.settings import OWN, AttributionSettings
from gexp_core.models.base import Model, Scalar
from gexp_core.models.card import ModelCard
from gexp_core.predict import at_once
from gexp_core.types import (
    ROUNDING,
    Attribution,
    Floats,
    Progress,
    Provenance,
    SequenceSet,
    Target,
)

#: Numbers held for pairs of window and baseline at once; bounds memory on long sequences.
_HELD = 4_000_000

_PAIRED: dict[str, Callable[[Work, Pairs], Floats]] = {
    "integrated-gradients": integrated,
    "expected-gradients": expected,
}
_RESCALED = "deeplift-shap"
_POINTS = ("gradient-x-input", "smoothgrad", "saliency")


@dataclass(frozen=True, slots=True, eq=False)
class _Credit:
    """Hold what one sequence got: scores (4, length), the same for every letter, both ends."""

    attr: Doubles
    hypothetical: Doubles
    y: float
    y_baseline: float


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Hold one sequence x (4, length), its baselines B (K, 4, length) and groups of its windows.

    B is x but in ``part``, which is all of it or what lies between the assay's flanks.
    """

    text: str
    how: Frame
    part: tuple[int, int]
    x: Floats
    B: Floats
    groups: tuple[Frame, ...]

    def windows(self) -> Iterator[tuple[Floats, Floats]]:
        """Yield the windows (W, 4, L) of each group, and those of its baselines (K, W, 4, L)."""
        for g in self.groups:
            X = g.windows(self.x[None])
            yield X, g.windows(self.B).reshape(len(self.B), *X.shape)


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
        flanks, also where they were given along: their scores are 0 then. It is made on all the
        bases that it replaces. The baseline 'own' is taken as it is given.
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
        * mean gradient, at nodes evenly apart along the path. Nodes are doubled from 20 a path
        (where captum reads the paths, from 16 a path and 40 over all of them at least: two
        Gauss-Legendre nodes in each of equal parts) until abs(delta) is within
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
    chosen, pairing = prepared(model) if settings.method == _RESCALED else (model, Pairing())
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
    work = Work(scalar, settings, at_once(model.card, batch_size), tick, along, pairing)
    pieces: Iterator[_Piece] = (
        _piece(text, how, model.card, settings, seed)
        for text, how in zip(sequences.sequences, plan, strict=True)
    )
    told: Iterator[tuple[Floats, Doubles, Doubles]] = iter(())
    if settings.method == _RESCALED:  # which reads several sequences at once
        pieces, ahead = itertools.tee(pieces)
        told = rescaled(work, (both for one in ahead for both in one.windows()))
    made = [_credit(work, piece, told, seed) for piece in pieces]
    attr = tuple(one.attr.astype(np.float32) for one in made)
    y = np.array([one.y for one in made], np.float32)
    y_baseline = np.array([one.y_baseline for one in made], np.float32)
    asked = made if settings.hypothetical else []
    summed = np.array([scores.sum(dtype=np.float64) for scores in attr])
    how = replace(settings, both_strands=model.card.reads_both(settings.both_strands))
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
            {"work": "attribute", "target": asdict(target), **asdict(how)},
            seed=seed,
        ),
        hypothetical=tuple(one.hypothetical.astype(np.float32) for one in asked),
    )


def _units(settings: AttributionSettings, how: Frame) -> int:
    """Return the work of one sequence, in the units of progress."""
    if _compares(settings.method):
        return len(how.starts) * settings.compared
    if settings.method in _POINTS:
        return len(how.starts) * _copies(settings)
    return how.length


def _compares(method: str) -> bool:
    """Return whether multipliers are made of pairs of a window and its baseline."""
    return method in _PAIRED or method == _RESCALED


def _copies(settings: AttributionSettings) -> int:
    return settings.samples if settings.method == "smoothgrad" else 1


def _piece(
    text: str, how: Frame, card: ModelCard, settings: AttributionSettings, seed: int
) -> _Piece:
    """Return one sequence with its baselines."""
    x = one_hot(text)
    if settings.baseline == OWN:
        part, B = (0, len(text)), own_baseline(text, settings.own)
    else:
        begin, end = part = insert_of(text, card)
        made = baselines(text[begin:end], settings.baseline, n=settings.n_baselines, seed=seed)
        B = np.repeat(x[None], len(made), 0)
        B[..., begin:end] = made
    held = max(len(B), _copies(settings)) * 4 * len(how.background)
    groups = tuple(parts(how, max(1, _HELD // held)))
    return _Piece(text, how, part, x, B, groups)


def _credit(
    work: Work, piece: _Piece, told: Iterator[tuple[Floats, Doubles, Doubles]], seed: int
) -> _Credit:
    """Return the scores of one sequence against its baselines.

    Windows are taken a group at a time; a group's mean error is held to the tolerance of the
    whole, so the mean over all groups is within it too. ``told`` is what the rescale rule makes of
    each group, both ends with it.
    """
    text, how, x, B = piece.text, piece.how, piece.x, piece.B
    method = work.settings.method
    ends = [] if method == _RESCALED else [_ends(work, X, Bs) for X, Bs in piece.windows()]
    if method == "occlusion":
        scores = occlusion(work, how, x, B, piece.part)
        return _Credit(x * scores, np.zeros(x.shape), *_means(ends))
    if method == "mutagenesis":
        letters = changed(work, text, how.length)
        return _Credit(x * letters, letters, *_means(ends))
    generator = generator_of(text[slice(*piece.part)], seed)
    attr, letters = np.zeros((4, how.length)), np.zeros((4, how.length))
    copies = _noisy(work.settings, x, generator)  # of the whole sequence: tiles share the noise
    goal = _goal(work.settings, *_means(ends)) if ends else 0.0
    for i, (g, (X, from_)) in enumerate(zip(piece.groups, piece.windows(), strict=True)):
        if method == _RESCALED:
            M, fx, fb = next(told)
            ends.append((fx, fb))
        elif method in _PAIRED:
            fx, fb = ends[i]
            pairs = Pairs(
                flat(np.broadcast_to(X, from_.shape)),
                flat(from_),
                (fx - fb).ravel(),
                goal,
                generator,
            )
            M = _PAIRED[method](work, pairs).reshape(from_.shape)
        else:
            M = gradients(work, g.windows(copies)).reshape(len(copies), *X.shape)
            from_ = np.zeros_like(M)
            work.tick(len(M) * len(X))
        if work.settings.off_simplex:
            M = centred(work, M, X, from_)
        attr += gather(g, ((X - from_) * M).mean(0, dtype=np.float64))
        letters += gather(g, (M - (from_ * M).sum(2, keepdims=True)).mean(0, dtype=np.float64))
    attr, letters = attr / len(how.starts), letters / len(how.starts)
    if method == "saliency":
        attr = letters = np.abs(letters)
    return _Credit(attr, letters, *_means(ends))


def _ends(work: Work, X: Floats, B: Floats) -> tuple[Doubles, Doubles]:
    """Return f of windows (W, 4, L), and of their baselines (K, W, 4, L)."""
    both = np.concatenate([X, flat(B)])
    made = read(work.scalar, both, batch_size=work.batch_size).reshape(-1, len(X))
    return made[0], made[1:]


def _means(ends: list[tuple[Doubles, Doubles]]) -> tuple[float, float]:
    """Return the means of f over all windows of a sequence, and over those of its baselines."""
    fx, fb = zip(*ends, strict=True)
    return float(np.concatenate(fx).mean()), float(np.concatenate(fb, 1).mean())


def _goal(settings: AttributionSettings, y: float, y_baseline: float) -> float:
    """Return how far scores may be from adding up."""
    return max(settings.tolerance * abs(y - y_baseline), ROUNDING * max(abs(y), abs(y_baseline)))


def _noisy(settings: AttributionSettings, x: Floats, generator: np.random.Generator) -> Floats:
    """Return the points (n, 4, length) whose gradients are taken: x itself, or noisy copies."""
    if settings.method != "smoothgrad":
        return x[None]
    noise = generator.normal(0, settings.noise, (settings.samples, *x.shape))
    return (x + noise).astype(np.float32)
