"""Multipliers: what one unit of each letter is worth, by one rule of differentiation or another.

Owns the rules that take gradients. A rule gets points or pairs of windows as arrays and gives an
array of the same shape; what scores are made of multipliers is ``attribution``'s.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from captum.attr import IntegratedGradients

from gexp_core.explain.paths import Paths
from gexp_core.explain.placement import Doubles
from gexp_core.explain.recording import Differs
from gexp_core.explain.rules import Pairing
from gexp_core.explain.settings import AttributionSettings
from gexp_core.models.base import Scalar
from gexp_core.types import Floats

#: Nodes of a path tried first; doubled where the scores do not add up.
FIRST_STEPS = 20

#: The same where captum reads the paths, and at least so many of all paths together: it knows
#: nothing of what lies between two nodes, but what several paths miss averages out.
PLAIN_STEPS, PLAIN_TOGETHER = 16, 40

#: What is added to the weights of the outermost three nodes, in parts of a node's weight.
_ENDS = np.array([2, -3, 1]) / 24

#: Share of the largest multiplier by which those of a window and of its first baseline may differ
#: where every unit has a rule: rounding.
_ALIKE = 1e-4


@dataclass(frozen=True, slots=True)
class Work:
    """Carry what every step of one call needs.

    Attributes
    ----------
    scalar : the number explained; for deeplift-shap, on a copy of the network with its rules
    tick : called with the units of work newly done
    paths : the quicker reader of paths, of networks that are understood
    pairing : for deeplift-shap, what its rules are told
    """

    scalar: Scalar
    settings: AttributionSettings
    batch_size: int
    tick: Callable[[int], None]
    paths: Paths | None = None
    pairing: Pairing = field(default_factory=Pairing)


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
    plain = max(PLAIN_STEPS, PLAIN_TOGETHER // len(M) // 2 * 2)
    steps = min(FIRST_STEPS if work.paths else plain, work.settings.max_steps)
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


def nodes(steps: int) -> tuple[Doubles, Doubles]:
    """Return where ``steps`` nodes lie between 0 and 1, and their weights, which add up to 1.

    In the middle of equal parts, so that each stands for the stretch around it (``switches``). The
    weights of the outermost three take off what the midpoint rule misses of a smooth function, to
    h²: h² / 24 times the difference of its slopes at both ends (Euler and Maclaurin), which the
    three nodes there tell.
    """
    weights = np.ones(steps)
    if steps >= len(_ENDS):
        weights[: len(_ENDS)] += _ENDS
        weights[-len(_ENDS) :] += _ENDS[::-1]
    return (np.arange(steps) + 0.5) / steps, weights / steps


def _path(work: Work, X: Floats, B: Floats, steps: int) -> Floats:
    """Return (n, 4, L): the mean gradient between B and X, both (n, 4, L).

    What ``work.paths`` does not know captum reads: two Gauss-Legendre nodes in each of equal parts,
    so that they are nowhere far apart, since gradients may jump.
    """
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


def rescaled(
    work: Work, given: Iterable[tuple[Floats, Floats]]
) -> Iterator[tuple[Floats, Doubles, Doubles]]:
    """Yield DeepLIFT multipliers; ``work.scalar`` reads a network that ``deeplift`` prepared.

    Windows of several pieces are read at once, each window once for all its baselines. A network
    with units without a rule is read a pair at a time, so that they keep their derivative at the
    window.

    Parameters
    ----------
    given : of (X, B)
        W windows (W, 4, L), and K baselines of each (K, W, 4, L); K the same everywhere.

    Yields
    ------
    (K, W, 4, L), f of the windows (W,), and f of the baselines (K, W), of each piece
    """
    held: list[tuple[Floats, Floats]] = []
    for piece in given:
        held.append(piece)
        if sum(len(X) for X, _ in held) >= work.batch_size // (1 + len(piece[1])):
            yield from _together(work, held)
            held = []
    if held:
        yield from _together(work, held)


def _together(
    work: Work, pieces: list[tuple[Floats, Floats]]
) -> Iterator[tuple[Floats, Doubles, Doubles]]:
    """Yield what :func:`rescaled` does of pieces that are read at once."""
    X, B = np.concatenate([X for X, _ in pieces]), np.concatenate([B for _, B in pieces], 1)
    (K, S), M = B.shape[:2], np.empty_like(B)
    fx, fb = np.empty(S), np.empty((K, S))
    wide = max(1, min(S, work.batch_size // (1 + K)))
    deep = max(1, min(K, work.batch_size // wide - 1))
    for i in range(0, S, wide):
        at = slice(i, i + wide)
        for k in range(0, K, deep):
            some = slice(k, k + deep)
            M[some, at], fx[at], fb[some, at] = _ruled(work, X[at], B[some, at])
    first = 0
    for one, _ in pieces:
        mine = slice(first, first + len(one))
        yield M[:, mine], fx[mine], fb[:, mine]
        first += len(one)


def _ruled(work: Work, X: Floats, B: Floats) -> tuple[Floats, Doubles, Doubles]:
    """Return the multipliers (K, S, 4, L) of windows (S, 4, L) and baselines (K, S, 4, L), and f.

    f is (S,) and (K, S). By a rule a window and its first baseline get the same; where they differ
    some unit has none, and from then on every pair is read by itself.
    """
    if len(B) > 1 and not work.pairing.complete:
        made = [_ruled(work, X, one[None]) for one in B]
        M, fb = (np.concatenate([one[i] for one in made]) for i in (0, 2))
        return M, made[0][1], fb
    work.pairing.baselines = len(B)
    rows = np.concatenate([X[None], B])  # (1 + K, S, 4, L)
    z = torch.from_numpy(flat(rows)).to(work.scalar.model.device).requires_grad_()
    y = work.scalar(z)
    (gradient,) = torch.autograd.grad(y.sum(), z)
    M = gradient.float().cpu().numpy().reshape(rows.shape)
    f = y.detach().double().cpu().numpy().reshape(rows.shape[:2])
    if len(B) > 1 and np.abs(M[0] - M[1]).max() > _ALIKE * np.abs(M).max():
        work.pairing.complete = False
        return _ruled(work, X, B)
    work.tick(B.shape[0] * B.shape[1])
    return M[:1] if len(B) == 1 else M[1:], f[0], f[1:]


def centred(work: Work, M: Floats, X: Floats, B: Floats) -> Floats:
    """Return multipliers M (K, W, 4, L) less their mean over the letters.

    Where only one of a window (W, 4, L) and its baseline (K, W, 4, L) is N, the way from one to the
    other leaves the simplex itself: there M stays, so that scores add up. Against zeros, where no
    column is of both, it is taken off everywhere, and they do not; nor by methods that compare with
    nothing.
    """
    mean = M.mean(2, keepdims=True)
    if work.settings.complete:
        mean = np.where(np.isclose(X.sum(1), B.sum(2))[:, :, None], mean, np.float32(0))
    return np.asarray(M - mean)


def flat(windows: Floats) -> Floats:
    """Return (K * W, 4, L) of windows (K, W, 4, L)."""
    return windows.reshape(-1, *windows.shape[2:])
