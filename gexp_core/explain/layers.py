"""Layers beside convolution that carry small changes.

Linear layers read the difference to the reference alone; the others need the reference back. Owns
affine, pointwise and per-place layers, non-overlapping pools, sums, products and joins, exactly as
torch computes them in eval mode.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from gexp_core.explain.changes import Grid, Part, Reference, as_delta, as_value, widened
from gexp_core.explain.layer import Layer, Span


@dataclass(frozen=True, slots=True, eq=False)
class Affine(Layer):
    """Scale and shift each channel, both (M, C)."""

    scale: Tensor
    shift: Tensor

    def see(self, *before: Tensor) -> Tensor:
        """Return the scaled and shifted reference."""
        return before[0] * self.scale[:, None, None] + self.shift[:, None, None]

    def apply(
        self, parts: Sequence[Part], before: Sequence[Reference], after: Reference, grid: Grid
    ) -> Part:
        """Return the scaled difference or the scaled and shifted value."""
        (part,) = parts
        each = (slice(None), *(None,) * 4)
        data = part.data * self.scale[each]
        return Part(data if part.delta else data.add_(self.shift[each]), part.lo, part.delta)


@dataclass(frozen=True, slots=True, eq=False)
class Pointwise(Layer):
    """Apply one function to every number."""

    function: Callable[..., Tensor]
    args: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()

    def see(self, *before: Tensor) -> Tensor:
        """Return the function of the reference."""
        return self.function(before[0], *self.args, **dict(self.options))

    def apply(
        self, parts: Sequence[Part], before: Sequence[Reference], after: Reference, grid: Grid
    ) -> Part:
        """Return the function of the value."""
        (part,) = parts
        value = as_value(part, before[0], grid, part.lo, part.hi)
        return Part(self.see(value.data), part.lo, False)


@dataclass(frozen=True, slots=True, eq=False)
class LayerNorm(Layer):
    """Normalise the channels of every place by themselves, then scale and shift, both (M, C)."""

    scale: Tensor
    shift: Tensor
    eps: float

    def see(self, *before: Tensor) -> Tensor:
        """Return the normalised reference."""
        (x,) = before
        each = (slice(None), *(None,) * (x.ndim - 2))
        plain = F.layer_norm(x, (x.shape[-1],), eps=self.eps)
        return plain * self.scale[each] + self.shift[each]

    def apply(
        self, parts: Sequence[Part], before: Sequence[Reference], after: Reference, grid: Grid
    ) -> Part:
        """Return the normalised value."""
        (part,) = parts
        value = as_value(part, before[0], grid, part.lo, part.hi)
        return Part(self.see(value.data), part.lo, False)


class Largest(torch.autograd.Function):
    """Take the maximum of neighbours; where several are largest, the first has the gradient.

    Along paths ``switches`` takes its place; it is what that is tested against.
    """

    @staticmethod
    def forward(ctx: Any, groups: Tensor) -> Tensor:
        """Return (M, S, length, C), the largest of each of ``groups`` (M, S, length, size, C)."""
        best = groups[:, :, :, 0]
        above = []  # by how much each later one is larger than all before it
        for other in range(1, groups.shape[3]):
            one = groups[:, :, :, other]
            if ctx.needs_input_grad[0]:
                above.append(one - best)
            best = torch.maximum(best, one)
        ctx.save_for_backward(*above)
        return best

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """Return the gradient at ``groups``."""
        above = ctx.saved_tensors
        M, S, length, C = grad.shape
        out = grad.new_empty(M, S, length, len(above) + 1, C)
        for other in range(len(above), 0, -1):
            here = torch.ops.aten.threshold_backward(grad, above[other - 1], 0)
            out[:, :, :, other] = here
            grad = grad - here
        out[:, :, :, 0] = grad
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Pool(Layer):
    """Take the maximum (or the mean) of every ``size`` neighbours; a rest at the end is dropped.

    ``sign`` (M, C), where it is given, is multiplied to the maxima.
    """

    size: int
    mean: bool = False
    sign: Tensor | None = None

    @property
    def factor(self) -> int:
        """Return the size."""
        return self.size

    def see(self, *before: Tensor) -> Tensor:
        """Return the reference's maxima or means."""
        M, S, length, C = before[0].shape
        kept = before[0][:, :, : length // self.size * self.size]
        groups = kept.reshape(M, S, length // self.size, self.size, C)
        y: Tensor
        if self.mean or self.size == 1:
            y = groups.mean(3)
        else:
            y = self.largest(groups)
        return y if self.sign is None else y * self.sign[:, None, None]

    def largest(self, groups: Tensor) -> Tensor:
        """Return (M, S, length, C), the largest of each of ``groups`` (M, S, length, size, C)."""
        y: Tensor = Largest.apply(groups)  # type: ignore[no-untyped-call]
        return y

    def span(self, *spans: Span) -> Span:
        """Return the groups that a window touches."""
        return spans[0][0] // self.size, -(-spans[0][1] // self.size)

    def apply(
        self, parts: Sequence[Part], before: Sequence[Reference], after: Reference, grid: Grid
    ) -> Part:
        """Return the maxima or means over whole groups of neighbours."""
        lo, hi = self.span((parts[0].lo, parts[0].hi))
        data = as_value(parts[0], before[0], grid, lo * self.size, hi * self.size).data
        best = data[:, :: self.size]
        for other in range(1, self.size):
            beside = data[:, other :: self.size]
            best = best + beside if self.mean else torch.maximum(best, beside)
        if self.mean:
            best = best / self.size
        if self.sign is not None:
            best = best * self.sign[(slice(None), *(None,) * 4)]
        return Part(best.contiguous(), lo, False)


@dataclass(frozen=True, slots=True, eq=False)
class Sum(Layer):
    """Add what two layers gave."""

    def see(self, *before: Tensor) -> Tensor:
        """Return the reference's sum."""
        return before[0] + before[1]

    def apply(
        self, parts: Sequence[Part], before: Sequence[Reference], after: Reference, grid: Grid
    ) -> Part:
        """Return the difference of the sum."""
        a, b = (as_delta(part, at, grid) for part, at in zip(parts, before, strict=True))
        if b.hi - b.lo > a.hi - a.lo:
            a, b = b, a
        lo, hi = self.span((a.lo, a.hi), (b.lo, b.hi))
        data = widened(a, lo, hi)
        data[:, b.lo - lo : b.hi - lo] += b.data
        return Part(data, lo, True)


@dataclass(frozen=True, slots=True, eq=False)
class Product(Layer):
    """Multiply what two layers gave."""

    def see(self, *before: Tensor) -> Tensor:
        """Return the reference's product."""
        return before[0] * before[1]

    def apply(
        self, parts: Sequence[Part], before: Sequence[Reference], after: Reference, grid: Grid
    ) -> Part:
        """Return the product of the values."""
        lo, hi = self.span(*((part.lo, part.hi) for part in parts))
        a, b = (as_value(p, at, grid, lo, hi) for p, at in zip(parts, before, strict=True))
        return Part(a.data * b.data, lo, False)


@dataclass(frozen=True, slots=True, eq=False)
class Join(Layer):
    """Put the channels of several layers beside each other."""

    def see(self, *before: Tensor) -> Tensor:
        """Return the reference's channels."""
        return torch.cat(before, -1)

    def apply(
        self, parts: Sequence[Part], before: Sequence[Reference], after: Reference, grid: Grid
    ) -> Part:
        """Return the joined differences."""
        lo, hi = self.span(*((part.lo, part.hi) for part in parts))
        made = [as_delta(part, at, grid) for part, at in zip(parts, before, strict=True)]
        return Part(torch.cat([widened(part, lo, hi) for part in made], -1), lo, True)
