"""DeepLIFT's rescale rule, on a copy of the network and without hooks.

Owns the copy: each supported nonlinear unit becomes one whose backward pass multiplies by (change
of output) / (change of input) between the two halves of a batch, sequences first and their
baselines behind. The shared network is only read, so nothing another thread computes with it is
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

from gexp_core.explain.rules import STILL, Rescale, ruled
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


def prepared(model: Model) -> Model:
    """Return the model on a copy of its network whose backward pass follows the rescale rule."""
    network = deepcopy(model.network)
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, POINTWISE):
                setattr(parent, name, _Pointwise(child))
            elif isinstance(child, POOLS):
                setattr(parent, name, _Pool(child))
            elif (made := ruled(child)) is not None:
                setattr(parent, name, made)
    return Model(model.card, network)


class _Pointwise(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        # Held in a tuple, so that it is not a child and is not wrapped a second time.
        self.inner = (inner,)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = Rescale.apply(x, self.inner[0])  # type: ignore[no-untyped-call]
        return y


class _Pool(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = (inner,)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = _Largest.apply(x, self.inner[0])  # type: ignore[no-untyped-call]
        return y


class _Largest(torch.autograd.Function):
    """Share the change of a maximum between the places that were largest in either half.

    With m the larger of the two maxima, y1 - y0 = (m - y0) + (y1 - m): the first part is owed to
    the place that is largest in the sequence, the second to the one largest in the baseline.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, pool: Any) -> Tensor:
        run = nn.functional.max_pool1d if isinstance(pool, nn.MaxPool1d) else _pool2d
        y, indices = run(
            x,
            pool.kernel_size,
            pool.stride,
            pool.padding,
            pool.dilation,
            ceil_mode=pool.ceil_mode,
            return_indices=True,
        )
        ctx.save_for_backward(x, y, indices)
        ctx.spatial = 1 if isinstance(pool, nn.MaxPool1d) else 2
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        x, y, indices = ctx.saved_tensors
        first = x.dim() - ctx.spatial
        (x1, x0), (y1, y0), (at1, at0) = x.chunk(2), y.chunk(2), indices.chunk(2)
        g = grad.chunk(2)[0]
        most = torch.maximum(y1, y0)

        def laid(values: Tensor, at: Tensor) -> Tensor:
            out = torch.zeros_like(x1).flatten(first)
            return out.scatter_add(first, at.flatten(first), values.flatten(first)).view_as(x1)

        owed = laid(g * (most - y0), at1) + laid(g * (y1 - most), at0)
        change = x1 - x0
        still = change.abs() < STILL
        ratio = owed / torch.where(still, torch.ones_like(change), change)
        multiplier = torch.where(still, laid(g, at1), ratio)
        return torch.cat([multiplier, multiplier]), None


_pool2d = nn.functional.max_pool2d
