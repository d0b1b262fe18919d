"""DeepLIFT's rules for attention, layer norms and LSTMs: modules that follow them in their place.

Owns the modules; ``deeplift`` puts them into a copy of a network. Batches hold sequences in their
first half and baselines in the second. A product's change is shared evenly, a1 b1 - a0 b0 =
(a1 - a0) (b1 + b0) / 2 + (a1 + a0) / 2 (b1 - b0), which are the Shapley values of its two factors;
everything else in these layers is linear or acts on every number by itself, so scores add up.

References
----------
Lundberg & Lee, NeurIPS 2017 (Shapley values of simple components, composed as in DeepLIFT).
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from gexp_core.models.attention import Attention

#: Change of an input below which the derivative stands for the ratio, which is rounding then.
STILL = 1e-6


class Rescale(torch.autograd.Function):
    """Multiply a gradient by the ratio of changes; by the derivative where nothing changes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, inner: Callable[[Tensor], Tensor]) -> Tensor:
        """Return inner(x), a function of every number by itself."""
        y = inner(x)
        ctx.save_for_backward(x, y)
        ctx.inner = inner
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """Return the multipliers of x, the same for both halves."""
        x, y = ctx.saved_tensors
        with torch.enable_grad():
            z = x.detach().requires_grad_()
            (slope,) = torch.autograd.grad(ctx.inner(z).sum(), z)
        (x1, x0), (y1, y0) = x.chunk(2), y.chunk(2)
        change = x1 - x0
        still = change.abs() < STILL
        ratio = (y1 - y0) / torch.where(still, torch.ones_like(change), change)
        ratio = torch.where(still, slope.chunk(2)[0], ratio)
        return grad * torch.cat([ratio, ratio]), None


class _MatMul(torch.autograd.Function):
    """Multiply matrices; each factor gets the other's mean over the two halves."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return a @ b

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        a, b = (_middle(part) for part in ctx.saved_tensors)
        return grad @ b.mT, a.mT @ grad


class _Times(torch.autograd.Function):
    """Multiply number by number, tensors of one shape; each factor gets the other's mean."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        a, b = (_middle(part) for part in ctx.saved_tensors)
        return grad * b, grad * a


def _middle(x: Tensor) -> Tensor:
    """Return, for both halves of a batch, the mean of the two."""
    one, other = x.chunk(2)
    mean = (one + other) / 2
    return torch.cat([mean, mean])


def _each(x: Tensor, inner: Callable[[Tensor], Tensor]) -> Tensor:
    y: Tensor = Rescale.apply(x, inner)  # type: ignore[no-untyped-call]
    return y


def _matmul(a: Tensor, b: Tensor) -> Tensor:
    y: Tensor = _MatMul.apply(a, b)  # type: ignore[no-untyped-call]
    return y


def _times(a: Tensor, b: Tensor) -> Tensor:
    y: Tensor = _Times.apply(a, b.expand_as(a))  # type: ignore[no-untyped-call]
    return y


def _softmax(x: Tensor) -> Tensor:
    """Return the softmax over the last axis as exp, sum, reciprocal and product.

    Both halves are shifted by one number, which changes neither; in float64, because the shift
    is right for one of them only. Where no gradient is asked for, there need be no halves.
    """
    x = x.double()
    shift = x.detach().amax(-1, keepdim=True)
    if x.requires_grad:
        shift = torch.maximum(*shift.chunk(2)).repeat(2, *(1,) * (x.dim() - 1))
    powers = _each(x - shift, torch.exp)
    return _times(powers, _each(powers.sum(-1, keepdim=True), torch.reciprocal)).float()


class AttentionRule(nn.Module):
    """Attend as the inner layer does."""

    def __init__(self, inner: Attention) -> None:
        super().__init__()
        # Held in a tuple, so that it is not a child and is not wrapped a second time.
        self.inner = (inner,)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the tokens x (N, Q, D) took up, and the map used."""
        (inner,) = self.inner
        n, q, d = x.shape
        query, key, value = inner.project(x).view(n, q, 3, inner.heads, -1).permute(2, 0, 3, 1, 4)
        weights = _softmax(_matmul(query, key.mT) * inner.scale + inner.bias(q))
        taken = _matmul(weights, value).transpose(1, 2).reshape(n, q, d)
        return inner.merge(taken), weights


class LayerNormRule(nn.Module):
    """Normalise the last axis as the inner layer does."""

    def __init__(self, inner: nn.LayerNorm) -> None:
        super().__init__()
        self.inner = (inner,)

    def forward(self, x: Tensor) -> Tensor:
        """Return x (..., D), normalised."""
        (inner,) = self.inner
        centred = x - x.mean(-1, keepdim=True)
        variance = _times(centred, centred).mean(-1, keepdim=True)
        y = _times(centred, _each(variance + inner.eps, torch.rsqrt))
        y = y * inner.weight if inner.weight is not None else y
        return y + inner.bias if inner.bias is not None else y


class LSTMRule(nn.Module):
    """Walk along a sequence in both directions as the inner layer does."""

    def __init__(self, inner: nn.LSTM) -> None:
        super().__init__()
        self.inner = (inner,)

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        """Return the states (N, Q, 2 * H) of x (N, Q, D)."""
        forward = self._walk(x, "")
        reverse = self._walk(x.flip(1), "_reverse").flip(1)
        return torch.cat([forward, reverse], 2), None

    def _walk(self, x: Tensor, ending: str) -> Tensor:
        (inner,) = self.inner
        weight_x, weight_h, bias_x, bias_h = (
            getattr(inner, f"{kind}_l0{ending}")
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        given = x @ weight_x.T + (bias_x + bias_h)  # (N, Q, 4 * H)
        state = memory = x.new_zeros(len(x), inner.hidden_size)
        states = []
        for step in given.unbind(1):
            enter, keep, new, leave = (step + state @ weight_h.T).chunk(4, 1)
            new = _times(_each(enter, torch.sigmoid), _each(new, torch.tanh))
            memory = _times(_each(keep, torch.sigmoid), memory) + new
            state = _times(_each(leave, torch.sigmoid), _each(memory, torch.tanh))
            states.append(state)
        return torch.stack(states, 1)


def ruled(module: nn.Module) -> nn.Module | None:
    """Return a module that follows the rules in the place of ``module``; None if there is none."""
    if isinstance(module, Attention):
        return AttentionRule(module)
    if isinstance(module, nn.LayerNorm) and len(module.normalized_shape) == 1:
        return LayerNormRule(module)
    if isinstance(module, nn.LSTM):
        plain = module.num_layers == 1 and module.batch_first and module.bidirectional
        return LSTMRule(module) if plain and module.bias and not module.proj_size else None
    return None
