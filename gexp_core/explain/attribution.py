"""Integrated gradients: which bases a prediction is credited to, and whether it adds up.

Owns the making of an Attribution. The number explained is exactly the one that predict shows
(strands, ensemble members and windows averaged), so strands and tiles need no rule of their own:
placing a sequence in windows is linear, and the integral of a mean is the mean of the integrals.

References
----------
Sundararajan, Taly & Yan, Axiomatic attribution for deep networks, ICML 2017. Erion et al.,
expected gradients, Nat Mach Intell 3:620 (2021), for the mean over several baselines.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import torch
from captum.attr import IntegratedGradients

from gexp_core.encoding import Frame, one_hot
from gexp_core.explain.baselines import baselines
from gexp_core.explain.placement import Doubles, explained, gather, parts, read
from gexp_core.explain.settings import AttributionSettings
from gexp_core.models.base import Model, Scalar
from gexp_core.types import Attribution, Floats, Progress, Provenance, SequenceSet, Target

#: Integration nodes tried first; doubled where the scores do not add up.
FIRST_STEPS = 16

#: Numbers held for pairs of window and baseline at once; bounds memory on long sequences.
_HELD = 4_000_000

#: Below this share of the readings' size, an error is float32 rounding and steps cannot mend it.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class _Work:
    """Carry what every step of one call needs."""

    scalar: Scalar
    settings: AttributionSettings
    batch_size: int
    tick: Callable[[int], None]  # called with the pairs newly done


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
        Method, baseline and how closely the scores must add up. The baseline replaces the
        visitor's bases only, never the assay's flanks; it is made on the whole sequence.
    target : Target, optional
        The number to explain; the mean over all rows of the first track by default.
    seed : int
        Seed of the shuffles.
    batch_size : int
        Windows per forward and backward pass.
    progress : callable, optional
        Called with (pairs of window and baseline done, pairs in all); it may raise to stop.

    Returns
    -------
    Attribution
        attr (4, L) per sequence: mean over baselines of (x - baseline) * mean gradient, by
        Gauss-Legendre nodes, doubled from 16 until abs(delta) is within ``settings.tolerance`` of
        abs(y - y_baseline) or ``settings.max_steps`` is reached; delta says which. A column of N
        is zeros in x, so its scores are those of the baseline's letters taken away.

    Raises
    ------
    ModelError
        The target is not one of the model's.
    """
    settings = settings or AttributionSettings()
    target = target or Target()
    scalar = Scalar(model, target, both_strands=settings.both_strands)
    plan = explained(sequences, model.card, target, stride=settings.stride)
    each = settings.n_baselines if settings.baseline == "shuffle" else 1
    total = sum(len(how.starts) for how in plan) * each
    done = 0

    def tick(pairs: int) -> None:
        nonlocal done
        done += pairs
        if progress:
            progress(done, total)

    work = _Work(scalar, settings, batch_size, tick)
    attr: list[Floats] = []
    y: list[float] = []
    y_baseline: list[float] = []
    for text, how in zip(sequences.sequences, plan, strict=True):
        B = baselines(text, settings.baseline, n=settings.n_baselines, seed=seed)
        scores, at_x, at_b = _integrate(work, how, one_hot(text), B)
        attr.append(scores.astype(np.float32))
        y.append(at_x)
        y_baseline.append(at_b)
    ends = np.array([y, y_baseline], np.float32)
    explained_by = np.array([scores.sum(dtype=np.float64) for scores in attr])
    return Attribution(
        names=sequences.names,
        sequences=sequences.sequences,
        attr=tuple(attr),
        y=ends[0],
        y_baseline=ends[1],
        delta=(explained_by - (ends[0].astype(float) - ends[1])).astype(np.float32),
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
    )


def _integrate(work: _Work, how: Frame, x: Floats, B: Floats) -> tuple[Doubles, float, float]:
    """Return scores (4, length), y and mean y over baselines, for x (4, length), B (K, 4, length).

    Windows are taken a group at a time; a group's mean error is held to the tolerance of the
    whole, so the mean over all groups is within it too.
    """
    size = max(1, _HELD // (len(B) * 4 * len(how.background)))
    groups = list(parts(how, size))
    at_x = [read(work.scalar, g.windows(x[None]), batch_size=work.batch_size) for g in groups]
    at_b = [
        read(work.scalar, g.windows(B), batch_size=work.batch_size).reshape(len(B), -1)
        for g in groups
    ]
    y, y_baseline = float(np.concatenate(at_x).mean()), float(np.concatenate(at_b, 1).mean())
    goal = work.settings.tolerance * abs(y - y_baseline)
    goal = max(goal, _ROUNDING * max(abs(y), abs(y_baseline)))
    total = np.zeros((4, how.length))
    for g, fx, fb in zip(groups, at_x, at_b, strict=True):
        scores = _group(work, g.windows(x[None]), g.windows(B), (fx - fb).reshape(-1), goal)
        shape = (len(B), len(g.starts), *scores.shape[1:])
        total += gather(g, scores.reshape(shape).mean(0, dtype=np.float64))
    return total / len(how.starts), y, y_baseline


def _group(work: _Work, X: Floats, B: Floats, change: Doubles, goal: float) -> Floats:
    """Return (P, 4, L) scores of P pairs: each baseline window in B (P, 4, L) against its x.

    ``change`` (P,) is f(x) - f(b). Steps are doubled for the pairs that miss ``goal`` until the
    mean error over pairs is within it.
    """
    which = np.arange(len(B)) % len(X)  # B is baseline-major, so windows repeat
    scores = np.zeros_like(B)
    error = np.full(len(B), np.inf)
    steps = min(FIRST_STEPS, work.settings.max_steps)
    todo = np.arange(len(B))
    while True:
        at_once = max(1, work.batch_size // steps)
        for begin in range(0, len(todo), at_once):
            pairs = todo[begin : begin + at_once]
            scores[pairs] = _path(work, X[which[pairs]], B[pairs], steps)
            new = np.isinf(error[pairs]).sum()
            error[pairs] = scores[pairs].sum((1, 2), dtype=np.float64) - change[pairs]
            work.tick(int(new))
        if abs(error.mean()) <= goal or steps >= work.settings.max_steps:
            return scores
        steps = min(2 * steps, work.settings.max_steps)
        todo = np.flatnonzero(np.abs(error) > goal)


def _path(work: _Work, X: Floats, B: Floats, steps: int) -> Floats:
    """Return (n, 4, L): integrated gradients from B to X, both (n, 4, L)."""
    device = work.scalar.model.device
    x, b = (torch.from_numpy(part).to(device) for part in (X, B))
    scores = IntegratedGradients(work.scalar).attribute(
        x,
        b,
        n_steps=steps,
        method="gausslegendre",
        internal_batch_size=max(work.batch_size, len(X)),
    )
    made: Floats = scores.detach().float().cpu().numpy()
    return made
