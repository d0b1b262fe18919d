"""Maxima along a path: where between two nodes another neighbour becomes the largest.

Where a maximum changes its place the gradient jumps, and what a rule of n nodes misses of a jump
falls with 1 / n only. So a node stands for the stretch of path around it, and each of two
neighbours has the gradient for the share of that stretch in which it is the larger, told from the
differences at the nodes beside; of more, each against the largest before it, which is right where
no two switches share a stretch. What is then missed falls about with 1 / n² (measured in
docs/explanations.md). What maxima give is not changed.

Owns the shares, and the layer that uses them in place of a maximum.
"""

from dataclasses import dataclass, field, fields
from typing import Any

import torch
from torch import Tensor

from gexp_core.explain.layer import Layer
from gexp_core.explain.layers import Pool

#: Taken for a slope of 0, so that what does not change is on one side, and equals share evenly.
_TINY = 1e-30


def shares(above: Tensor) -> Tensor:
    """Return, for each node, the share of its stretch in which ``above`` is more than 0.

    Parameters
    ----------
    above : (paths, nodes, ...), evenly apart, each in the middle of its stretch

    Returns
    -------
    (paths, nodes, ...) from 0 to 1, a half where it is 0 all along. Exact where ``above``
    goes straight from each node to the next but one (at the first and the last: to the one beside).
    """
    if above.shape[1] < 2:
        return torch.heaviside(above, above.new_tensor(0.5))
    rise = torch.empty_like(above)  # over two stretches
    torch.sub(above[:, 2:], above[:, :-2], out=rise[:, 1:-1])
    rise[:, 0] = 2 * (above[:, 1] - above[:, 0])
    rise[:, -1] = 2 * (above[:, -1] - above[:, -2])
    rise.abs_().clamp_(min=_TINY)
    return torch.addcdiv(above.new_tensor(0.5), above, rise, value=2).clamp_(0, 1)


class Switched(torch.autograd.Function):
    """Take the maximum of neighbours; each has the gradient for its share of the stretch."""

    @staticmethod
    def forward(ctx: Any, groups: Tensor, paths: int) -> Tensor:
        """Return (1, S, length, C), the largest of each of ``groups`` (1, S, length, size, C).

        The S rows are the nodes of so many paths, path after path.
        """
        best = groups[:, :, :, 0]
        later = []
        for other in range(1, groups.shape[3]):
            one = groups[:, :, :, other]
            later.append(shares((one - best).view(paths, -1, *one.shape[2:])).view(one.shape))
            best = torch.maximum(best, one)
        ctx.save_for_backward(*later)
        return best

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """Return the gradient at ``groups``."""
        later = ctx.saved_tensors
        out = grad.new_empty(*grad.shape[:3], len(later) + 1, grad.shape[3])
        for other in range(len(later), 0, -1):
            here = torch.mul(grad, later[other - 1], out=out[:, :, :, other])
            grad = grad - here
        out[:, :, :, 0] = grad
        return out, None


@dataclass(slots=True)
class Rows:
    """Say how many paths the rows belong to that are read next; every path has as many nodes."""

    paths: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Along(Pool):
    """Take maxima of rows that are nodes of paths, evenly apart and in order."""

    rows: Rows = field(default_factory=Rows)

    def largest(self, groups: Tensor) -> Tensor:
        """Return (1, S, length, C), the largest of each of ``groups`` (1, S, length, size, C)."""
        y: Tensor = Switched.apply(groups, self.rows.paths)  # type: ignore[no-untyped-call]
        return y


def along(layer: Layer, rows: Rows) -> Layer:
    """Return a layer as it is for the nodes of paths: maxima know where they switch."""
    if not isinstance(layer, Pool) or layer.mean or layer.size == 1:
        return layer
    own = {one.name: getattr(layer, one.name) for one in fields(Pool)}
    return Along(**own, rows=rows)
