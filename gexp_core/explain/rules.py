"""DeepLIFT's rules for attention, layer norms and LSTMs: modules that follow them in their place.

Owns the modules; ``deeplift`` puts them into a copy of a network. A batch begins with sequences; as
many rows after them are a baseline of each, and so on: a sequence is read once for all its
baselines. The gradient at a baseline is the multipliers of the pair; at a sequence, those of the
pair with its first baseline. A product's change is shared evenly, a1 b1 - a0 b0 =
(a1 - a0) (b1 + b0) / 2 + (a1 + a0) / 2 (b1 - b0), which are the Shapley values of its two factors;
everything else in these layers is linear or acts on every number by itself, so scores add up.

References
----------
Lundberg & Lee, NeurIPS 2017 (Shapley values of simple components, composed as in DeepLIFT).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from gexp_core.models.attention import Attention

L = TypeVar("L", bound=nn.Module)

#: Change of an input below which the derivative stands for the ratio, which is rounding then.
STILL = 1e-6


@dataclass(slots=True)
class Pairing:
    """Say how the rows of the batches that are read next are paired: (1 + ``baselines``) * S.

    ``complete`` is whether every unit that was met has a rule; who reads finds out.
    """

    baselines: int = 1
    complete: bool = True

    def others(self, x: Tensor) -> Tensor:
        """Return (1 + K, S, ...): what each row of x is compared with, or is.

        For a sequence that is its first baseline.
        """
        n = self._sequences(x)
        return self.like(torch.cat([x[n : 2 * n], x[n:]]))

    def ones(self, x: Tensor) -> Tensor:
        """Return (S, ...): the sequences."""
        return x[: self._sequences(x)]

    def like(self, grad: Tensor) -> Tensor:
        """Return a gradient at all rows as (1 + K, S, ...)."""
        return grad.reshape(-1, self._sequences(grad), *grad.shape[1:])

    def _sequences(self, x: Tensor) -> int:
        return len(x) // (1 + self.baselines)


class Rescale(torch.autograd.Function):
    """Multiply a gradient by the ratio of changes; by the derivative where nothing changes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, inner: Callable[[Tensor], Tensor], pairing: Pairing) -> Tensor:
        """Return inner(x), a function of every number by itself."""
        y = inner(x)
        ctx.save_for_backward(x, y)
        ctx.inner, ctx.pairing = inner, pairing
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        """Return the multipliers of x."""
        (x, y), pairing = ctx.saved_tensors, ctx.pairing
        moved = pairing.others(x).sub_(pairing.ones(x))
        ratio = pairing.others(y).sub_(pairing.ones(y)).div_(moved)
        still = moved.abs_() < STILL
        if still.any():
            with torch.enable_grad():
                z = pairing.ones(x).detach().requires_grad_()
                (slope,) = torch.autograd.grad(ctx.inner(z).sum(), z)
            ratio = torch.where(still, slope, ratio)
        return ratio.mul_(pairing.like(grad)).flatten(0, 1), None, None


class _MatMul(torch.autograd.Function):
    """Multiply matrices; each factor gets the other's mean over sequence and baseline."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, pairing: Pairing) -> Tensor:
        ctx.save_for_backward(a, b)
        ctx.pairing = pairing
        return a @ b

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        a, b = (_middle(part, ctx.pairing) for part in ctx.saved_tensors)
        return grad @ b.mT, a.mT @ grad, None


class _Softmax(torch.autograd.Function):
    """Take the softmax over the last axis, as exp(x - log(sum(exp(x)))).

    By the ratios of exp, sum, log and exp again, x_j moves the logarithm of the sum S by
    M(e^x1_j, e^x0_j) / M(S1, S0) for one, and the result y_j by M(y1_j, y0_j), where M(p, q) =
    (p - q) / (log p - log q) is the logarithmic mean. It grows with both, so none of these is above
    1, and it is concave, so all x_j together move log S by 1 at most, however far the sequence is
    from the baseline. (As exp times the reciprocal of the sum, the two factors could get scores of
    any size that cancel.)
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, pairing: Pairing) -> Tensor:
        ctx.save_for_backward(x)
        ctx.pairing = pairing
        return x.softmax(-1)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        x = ctx.saved_tensors[0].double()
        total = x.logsumexp(-1, keepdim=True)
        log_y, log_x, log_total = (_logarithmic_mean(t, ctx.pairing) for t in (x - total, x, total))
        g = grad * log_y.exp()
        multipliers = g - g.sum(-1, keepdim=True) * (log_x - log_total).exp()
        return multipliers.to(grad), None


def _logarithmic_mean(logs: Tensor, pairing: Pairing) -> Tensor:
    """Return log M(p, q) of each pair of numbers, from their logarithms, (N, ...)."""
    one, other = pairing.ones(logs), pairing.others(logs)
    apart = (other - one).abs()
    below = torch.where(apart < STILL, 0.0, torch.log(-torch.expm1(-apart) / apart))
    return (torch.maximum(other, one) + below).flatten(0, 1)


class _Times(torch.autograd.Function):
    """Multiply number by number, tensors of one shape; each factor gets the other's mean."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, pairing: Pairing) -> Tensor:
        ctx.save_for_backward(a, b)
        ctx.pairing = pairing
        return a * b

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        a, b = (_middle(part, ctx.pairing) for part in ctx.saved_tensors)
        return grad * b, grad * a, None


def _middle(x: Tensor, pairing: Pairing) -> Tensor:
    """Return the mean of each pair, (N, ...)."""
    return pairing.others(x).add_(pairing.ones(x)).flatten(0, 1) / 2


class Rule(nn.Module, Generic[L]):
    """Hold the layer whose place is taken; give the pieces that follow the rules."""

    def __init__(self, inner: L, pairing: Pairing) -> None:
        super().__init__()
        # Held in a tuple, so that it is not a child and is not wrapped a second time.
        self.inner = (inner,)
        self.pairing = pairing

    def each(self, x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
        """Return a function of every number by itself."""
        y: Tensor = Rescale.apply(x, function, self.pairing)  # type: ignore[no-untyped-call]
        return y

    def matmul(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the product of matrices."""
        y: Tensor = _MatMul.apply(a, b, self.pairing)  # type: ignore[no-untyped-call]
        return y

    def times(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the product number by number."""
        y: Tensor = _Times.apply(a, b.expand_as(a), self.pairing)  # type: ignore[no-untyped-call]
        return y


class AttentionRule(Rule[Attention]):
    """Attend as the inner layer does."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the tokens x (N, Q, D) took up, and the map used."""
        (inner,) = self.inner
        n, q, d = x.shape
        query, key, value = inner.project(x).view(n, q, 3, inner.heads, -1).permute(2, 0, 3, 1, 4)
        scores = self.matmul(query, key.mT) * inner.scale + inner.bias(q)
        weights: Tensor = _Softmax.apply(scores, self.pairing)  # type: ignore[no-untyped-call]
        taken = self.matmul(weights, value).transpose(1, 2).reshape(n, q, d)
        return inner.merge(taken), weights


class LayerNormRule(Rule[nn.LayerNorm]):
    """Normalise the last axis as the inner layer does."""

    def forward(self, x: Tensor) -> Tensor:
        """Return x (..., D), normalised."""
        (inner,) = self.inner
        centred = x - x.mean(-1, keepdim=True)
        variance = self.times(centred, centred).mean(-1, keepdim=True)
        y = self.times(centred, self.each(variance + inner.eps, torch.rsqrt))
        y = y * inner.weight if inner.weight is not None else y
        return y + inner.bias if inner.bias is not None else y


class LSTMRule(Rule[nn.LSTM]):
    """Walk along a sequence in both directions as the inner layer does."""

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
            gates = step + state @ weight_h.T
            enter, keep, _, leave = self.each(gates, torch.sigmoid).chunk(4, 1)
            new = self.times(enter, self.each(gates.chunk(4, 1)[2], torch.tanh))
            memory = self.times(keep, memory) + new
            state = self.times(leave, self.each(memory, torch.tanh))
            states.append(state)
        return torch.stack(states, 1)


def ruled(module: nn.Module, pairing: Pairing) -> nn.Module | None:
    """Return a module that follows the rules in the place of ``module``; None if there is none."""
    if isinstance(module, Attention):
        return AttentionRule(module, pairing)
    if isinstance(module, nn.LayerNorm) and len(module.normalized_shape) == 1:
        return LayerNormRule(module, pairing)
    if isinstance(module, nn.LSTM):
        plain = module.num_layers == 1 and module.batch_first and module.bidirectional
        return LSTMRule(module, pairing) if plain and module.bias and not module.proj_size else None
    return None
