"""Multipliers: what one unit of each letter is worth, by one rule of differentiation or another.

Owns the rules that take gradients. A rule gets points or pairs of windows as arrays and gives an
array of the same shape; what scores are made of multipliers is ``attribution``'s.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import IntegratedGradients

from gexp_core.explain.paths import Paths
from gexp_core.explain.placement import Doubles
from gexp_core.explain.recording import Differs
from gexp_core.explain.settings import AttributionSettings
from gexp_core.models.base import Scalar
from gexp_core.types import Floats

#: Integration nodes of a path tried first; doubled where the scores do not add up.
FIRST_STEPS = 16

#: Nodes tried first where there is a single path; what several miss averages out.
ALONE = 40


@dataclass(frozen=True, slots=True)
class Work:
    """Carry what every step of one call needs.

    Attributes
    ----------
    scalar : the number explained; for deeplift-shap, on a copy of the network with its rules
    tick : called with the units of work newly done
    paths : the quicker reader of paths, of networks that are understood
    """

    scalar: Scalar
    settings: AttributionSettings
    batch_size: int
    tick: Callable[[int], None]
    paths: Paths | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Hold P pairs of a window and its baseline, baseline-major.

    Attributes
    ----------
    X, B : (P, 4, L) float32
    change : (P,) float64, f(x) - f(b)
    goal : the mean error over pairs to reach, where a rule can choose its own accuracy
    generator : of what is drawn at random
    """

    X: Floats
    B: Floats
    change: Doubles
    goal: float
    generator: np.random.Generator


def gradients(work: Work, points: Floats) -> Floats:
    """Return (P, 4, L): the gradient of the explained number at each point (P, 4, L)."""
    device = work.scalar.model.device
    made = []
    for at in range(0, len(points), work.batch_size):
        z = torch.from_numpy(points[at : at + work.batch_size]).to(device).requires_grad_()
        (gradient,) = torch.autograd.grad(work.scalar(z).sum(), z)
        made.append(gradient.float().cpu().numpy())
    return np.concatenate(made)


def integrated(work: Work, pairs: Pairs) -> Floats:
    """Return mean gradients over straight paths, at :func:`nodes`.

    Nodes are doubled for the pairs that miss the goal until the mean error over pairs is within it.
    """
    M = np.zeros_like(pairs.B)
    error = np.full(len(M), np.inf)
    steps = min(first_steps(len(M)), work.settings.max_steps)
    todo = np.arange(len(M))
    while True:
        at_once = max(1, work.batch_size // steps)
        for begin in range(0, len(todo), at_once):
            some = todo[begin : begin + at_once]
            X, B = pairs.X[some], pairs.B[some]
            M[some] = _path(work, X, B, steps)
            new = np.isinf(error[some]).sum()
            explained = ((X - B) * M[some]).sum((1, 2), dtype=np.float64)
            error[some] = explained - pairs.change[some]
            work.tick(int(new))
        if abs(error.mean()) <= pairs.goal or steps >= work.settings.max_steps:
            return M
        steps = min(2 * steps, work.settings.max_steps)
        todo = np.flatnonzero(np.abs(error) > pairs.goal)


def first_steps(pairs: int) -> int:
    """Return the nodes tried first on each of so many paths: an even number."""
    return max(FIRST_STEPS, ALONE // pairs // 2 * 2)


def nodes(steps: int) -> tuple[Doubles, Doubles]:
    """Return where ``steps`` nodes lie between 0 and 1, and their weights, which add up to 1.

    Two Gauss-Legendre nodes in each of equal parts. Gradients jump where a maximum changes its
    place, and what a rule misses of a jump grows with how far apart its nodes are there: in equal
    parts they are nowhere far apart. Of a jump at a random place 40 nodes miss, by calculation, as
    little as 50 of one rule over the whole path; of a smooth path they miss more.
    """
    parts = max(1, steps // 2)
    at, weights = np.polynomial.legendre.leggauss(min(2, steps))
    starts = np.arange(parts)[:, None]
    return ((starts + (at + 1) / 2) / parts).ravel(), np.tile(weights / 2 / parts, parts)


def _path(work: Work, X: Floats, B: Floats, steps: int) -> Floats:
    """Return (n, 4, L): the mean gradient between B and X, both (n, 4, L)."""
    if work.paths is not None:
        try:
            return work.paths.means(X, B, *nodes(steps))
        except Differs:  # the network decides by what it reads; its plan is of no use here
            pass
    device = work.scalar.model.device
    x, b = (torch.from_numpy(part).to(device) for part in (X, B))
    parts = max(1, steps // 2)
    method = IntegratedGradients(work.scalar, multiply_by_inputs=False)
    total = torch.zeros_like(x)
    # captum reads at least one node of everything it is given at once
    for at in range(0, len(X) * parts, work.batch_size):
        some = torch.arange(at, min(at + work.batch_size, len(X) * parts), device=device)
        pair, begin = some // parts, (some % parts)[:, None, None] / parts
        start = b[pair] + begin * (x[pair] - b[pair])
        means = method.attribute(
            start + (x[pair] - b[pair]) / parts,
            start,
            n_steps=min(2, steps),
            method="gausslegendre",
            internal_batch_size=max(work.batch_size, len(some)),
        )
        total.index_add_(0, pair, means.detach().float())
    made: Floats = (total / parts).cpu().numpy()
    return made


def expected(work: Work, pairs: Pairs) -> Floats:
    """Return mean gradients at random points of the paths, one in each of n equal parts.

    Drawn so, the mean is that of points drawn evenly from the whole path, with less scatter.
    """
    n = work.settings.samples
    M = np.empty_like(pairs.B)
    for i, (x, b) in enumerate(zip(pairs.X, pairs.B, strict=True)):
        t = (np.arange(n) + pairs.generator.random(n)) / n
        points = b + t.astype(np.float32)[:, None, None] * (x - b)
        M[i] = gradients(work, points).mean(0)
        work.tick(1)
    return M


def rescaled(work: Work, pairs: Pairs) -> Floats:
    """Return DeepLIFT multipliers; ``work.scalar`` reads a network that ``deeplift`` prepared."""
    device = work.scalar.model.device
    made = []
    each = max(1, work.batch_size // 2)
    for at in range(0, len(pairs.X), each):
        X, B = pairs.X[at : at + each], pairs.B[at : at + each]
        both = torch.from_numpy(np.concatenate([X, B])).to(device).requires_grad_()
        (gradient,) = torch.autograd.grad(work.scalar(both).sum(), both)
        made.append(gradient[: len(X)].float().cpu().numpy())
        work.tick(len(X))
    return np.concatenate(made)
