"""Convolution of small changes: one matrix product for each tap, over what differs alone.

Owns the convolution and the table of what exchanged letters add to the first one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from gexp_core.explain.changes import LETTERS, Grid, Letters, Part, Reference, as_delta
from gexp_core.explain.layer import Layer, Span


class Convolved(torch.autograd.Function):
    """Convolve; the gradient is made by a convolution too, which the CPU does faster."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        turned: Tensor,
        bias: Tensor,
        padding: Span,
        dilation: Span,
    ) -> Tensor:
        """Return the convolution of x (S, C, 1, length) by weight (O, C, 1, k), with stride 1.

        ``turned`` (C, O, 1, k) is the weight from back to front.
        """
        ctx.save_for_backward(turned)
        far = dilation[1] * (weight.shape[3] - 1)
        ctx.dilation, ctx.around = dilation, far - padding[1]
        return F.conv2d(x, weight, bias, 1, padding, dilation)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradient at x, and at nothing else."""
        (turned,) = ctx.saved_tensors
        padding = (0, max(0, ctx.around))
        if ctx.around < 0:
            grad = F.pad(grad, (ctx.around, ctx.around))
        return F.conv2d(grad, turned, None, 1, padding, ctx.dilation), *(None,) * 5


@dataclass(frozen=True, slots=True, eq=False)
class Conv(Layer):
    """Convolve along the sequence, with zeros beyond both ends.

    Attributes
    ----------
    taps : (M, k, I / groups, O), taps[:, j] multiplies the input ``dilation * j`` places on
    bias : (M, O)
    left, right : zeros put before and after the input
    align : size of the pool that follows, 1 if none does; windows are made to begin and end
        between its groups
    """

    taps: Tensor
    bias: Tensor
    left: int = 0
    right: int = 0
    dilation: int = 1
    stride: int = 1
    groups: int = 1
    align: int = 1
    tables: dict[tuple[int, ...], Tensor] = field(default_factory=dict)

    @property
    def factor(self) -> int:
        """Return the stride."""
        return self.stride

    def see(self, *before: Tensor) -> Tensor:
        """Return the convolved reference."""
        (x,) = before
        made = []
        for m, one in enumerate(x):
            lying = one.transpose(1, 2).unsqueeze(2)  # (S, C, 1, length), C first in memory
            padding = (0, self.left)
            if self.left != self.right:
                lying, padding = F.pad(lying, (self.left, self.right)), (0, 0)
            weight, bias, each = self._weight(m), self.bias[m], (1, self.dilation)
            if self.stride == self.groups == 1 and lying.requires_grad:
                y = Convolved.apply(  # type: ignore[no-untyped-call]
                    lying, weight, self._weight(m, turned=True), bias, padding, each
                )
            else:
                y = F.conv2d(lying, weight, bias, (1, self.stride), padding, each, self.groups)
            made.append(y.squeeze(2).transpose(1, 2))
        return torch.stack(made) if len(made) > 1 else made[0][None]

    def _weight(self, m: int, *, turned: bool = False) -> Tensor:
        """Return (O, I, 1, k) of network ``m``, or (I, O, 1, k) from back to front; kept."""
        key = (m, int(turned))
        if key not in self.tables:
            taps = self.taps[m].flip(0).transpose(1, 2) if turned else self.taps[m]
            laid = taps.permute(2, 1, 0).unsqueeze(2)
            self.tables[key] = laid.contiguous(memory_format=torch.channels_last)
        return self.tables[key]

    def _reached(self, lo: int, hi: int) -> Span:
        """Return the outputs that inputs ``lo`` to ``hi`` reach."""
        far = self.dilation * (self.taps.shape[1] - 1)
        first = -(-(lo + self.left - far) // self.stride)
        return first, (hi - 1 + self.left) // self.stride + 1

    def span(self, *spans: Span) -> Span:
        """Return the reached window, to whole groups of the pool that follows."""
        lo, hi = self._reached(*spans[0])
        return lo // self.align * self.align, -(-hi // self.align) * self.align

    def _steps(self, lo: int, hi: int) -> list[tuple[int, int, int, int]]:
        """Return, for each tap, first input, step of inputs, first output and how many."""
        out = []
        for tap in range(self.taps.shape[1]):
            ahead = self.left - tap * self.dilation
            skip = -(lo + ahead) % self.stride
            count = len(range(lo + skip, hi, self.stride))
            out.append((skip, self.stride, (lo + skip + ahead) // self.stride, count))
        return out

    def apply(
        self, parts: Sequence[Part], before: Sequence[Reference], after: Reference, grid: Grid
    ) -> Part:
        """Return the reference's outputs plus the convolved difference, wherever it reaches."""
        part = as_delta(parts[0], before[0], grid)
        M, _, S, J, n, C = part.data.shape
        lo, hi = self.span((part.lo, part.hi))
        coarse = replace(grid, step=grid.step // self.stride, length=after.length)
        around = after.windows(lo, hi, coarse)
        out = around.expand(*around.shape[:4], n, -1).contiguous()
        rows = S * J * n
        flat = out.view(M, (hi - lo) * rows, -1)
        steps = self._steps(part.lo, part.hi)
        for tap, (skip, step, to, count) in enumerate(steps):
            if not count:
                continue
            x = part.data[:, skip::step].reshape(M, count * rows, C)
            y = flat[:, (to - lo) * rows : (to - lo + count) * rows]
            if self.groups == 1:
                y.baddbmm_(x, self.taps[:, tap])
            else:
                y += self._grouped(x, self.taps[:, tap])
        return Part(out, lo, False)

    def _grouped(self, x: Tensor, taps: Tensor) -> Tensor:
        M, rows, C = x.shape
        x = x.view(M, rows, self.groups, C // self.groups)
        weight = taps.view(M, C // self.groups, self.groups, -1)
        return torch.einsum("mrgi,migo->mrgo", x, weight).reshape(M, rows, -1)

    def exchanged(self, letters: Letters) -> Part:
        """Return the differences that exchanged letters make, read from a table."""
        S, J, W, a = letters.alts.shape
        lo, hi = self.span((letters.lo, letters.hi))
        key = (letters.lo - lo * self.stride, hi - lo, W)
        if key not in self.tables:
            self.tables[key] = self._table(letters.lo, letters.hi, lo, hi)
        made = self.tables[key].index_select(2, letters.exchanges())
        return Part(made.view(*made.shape[:2], S, J, W * a, -1), lo, True)

    def _table(self, begin: int, end: int, lo: int, hi: int) -> Tensor:
        """Return (M, hi - lo, places * 25, O): what each exchange at each place adds."""
        M, taps, _, channels = self.taps.shape
        by_letter = F.pad(self.taps, (0, 0, 0, 1))  # (M, k, 5, O), zeros for N
        change = by_letter[:, :, None] - by_letter[:, :, :, None]  # (M, k, old, new, O)
        change = change.reshape(M, taps, LETTERS * LETTERS, channels)
        table = change.new_zeros(M, hi - lo, end - begin, LETTERS * LETTERS, channels)
        for place in range(begin, end):
            for tap, (_, _, to, count) in enumerate(self._steps(place, place + 1)):
                if count:
                    table[:, to - lo, place - begin] = change[:, tap]
        return table.view(M, hi - lo, -1, channels)

    def scaled(self, scale: Tensor, shift: Tensor) -> "Conv":
        """Return the convolution followed by scale and shift (M, O), as one."""
        taps = self.taps * scale[:, None, None]
        return replace(self, taps=taps, bias=self.bias * scale + shift, tables={})

    def flops(self, places: int) -> int:
        """Return multiplications and additions for ``places`` places of the input."""
        _, k, inside, outside = self.taps.shape
        return 2 * places * int(k * inside * outside) // self.stride
