"""DeepLIFT's rescale rule, on a copy of the network and without hooks.

Owns the copy: each supported nonlinear unit becomes one whose backward pass multiplies by (change
of output) / (change of input) between a sequence and each of its baselines, which are rows of one
batch. The shared network is only read, so nothing another thread computes with it is
disturbed. ``rules`` has those of attention, layer norms and LSTMs. Units without a rule keep their
derivative; what that misses shows in delta.

References
----------
Shrikumar, Greenside & Kundaje, Learning important features through propagating activation
differences, ICML 2017. Lundberg & Lee, NeurIPS 2017, for the mean over several baselines.
"""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from gexp_core.explain.rules import STILL, Pairing, Rule, ruled
from gexp_core.models.base import Model

#: Units that act on every number by itself.
POINTWISE = (
    nn.GELU,
    nn.ReLU,
    nn.ELU,
    nn.LeakyReLU,
    nn.SiLU,
    nn.Sigmoid,
    nn.Tanh,
    nn.Softplus,
    nn.Softsign,
)
POOLS = (nn.MaxPool1d, nn.MaxPool2d)


def prepared(model: Model) -> tuple[Model, Pairing]:
    """Return the model on a copy of its network whose backward pass follows the rescale rule.

    Beside it, what has to be told how many baselines a batch has of each sequence.
    """
    network, pairing = deepcopy(model.network), Pairing()
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, POINTWISE):
                setattr(parent, name, _Pointwise(child, pairing))
            elif isinstance(child, POOLS) and _plain(child):
                setattr(parent, name, _Pool(child, pairing))
            elif (made := ruled(child, pairing)) is not None:
                setattr(parent, name, made)
    return Model(model.card, network), pairing


class _Pointwise(Rule[nn.Module]):
    def forward(self, x: Tensor) -> Tensor:
        return self.each(x, self.inner[0])


class _Pool(Rule[nn.MaxPool1d | nn.MaxPool2d]):
    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = _Largest.apply(x, self.inner[0], self.pairing)  # type: ignore[no-untyped-call]
        return y


class _Largest(torch.autograd.Function):
    """Share the change of a maximum between the places that were largest in either row.

    With m the larger of the two maxima, y1 - y0 = (m - y0) + (y1 - m): the first part is owed to
    the place that is largest in the sequence, the second to the one largest in the baseline.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, pool: Any, pairing: Pairing) -> Tensor:
        y: Tensor = pool(x)
        ctx.save_for_backward(x)
        ctx.form, ctx.pairing = (_last(pool.kernel_size), _last(pool.stride), y.shape[-1]), pairing
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        (x,), pairing = ctx.saved_tensors, ctx.pairing
        size, step, count = ctx.form
        places = [slice(i, i + (count - 1) * step + 1, step) for i in range(size)]
        best = x[..., places[0]]
        at = torch.zeros_like(best)  # the first place that is largest
        for i, place in enumerate(places[1:], 1):
            at.masked_fill_(x[..., place] > best, i)
            best = torch.maximum(best, x[..., place])
        y1, y0, g = pairing.ones(best), pairing.others(best), pairing.like(grad)
        most = torch.maximum(y1, y0)
        up, down = g * (most - y0), g * (y1 - most)
        made = torch.zeros_like(x)
        for i, place in enumerate(places):
            here, is_it = x[..., place], (at == i).to(x)
            in_one = pairing.ones(is_it)
            moved = pairing.ones(here) - pairing.others(here)
            owed = (in_one * up).addcmul_(pairing.others(is_it), down).div_(moved)
            owed = torch.where(moved.abs_() < STILL, in_one * g, owed)
            made[..., place] += owed.flatten(0, 1)
        return made, None, None


def _last(size: int | tuple[int, ...]) -> int:
    return size if isinstance(size, int) else size[-1]


def _plain(pool: Any) -> bool:
    """Return whether a pool takes maxima of neighbours along the sequence, with nothing added."""
    within = pool.padding in (0, (0,), (0, 0)) and not pool.ceil_mode and not pool.return_indices
    across = (1,) if isinstance(pool, nn.MaxPool1d) else (pool.kernel_size, pool.stride)
    alone = all(one == 1 or (not isinstance(one, int) and one[0] == 1) for one in across)
    return alone and within and _last(pool.dilation) == 1
