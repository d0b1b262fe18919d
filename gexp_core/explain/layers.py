"""Layers that know how a small change travels through them.

Mutants of one stretch of bases share, at every layer, one window outside which nothing differs
from the reference. Windows of equally spaced blocks have the same shape, so the mutants of many
blocks are one batch, and the reference activations around them are strided views, not copies.
Linear layers read the difference to the reference alone; the others need the reference back.
Activations lie window first, (W, J, n, C): every tap of a convolution is one matrix product over a
contiguous stretch of them, and nothing is multiplied by the zeros around a difference.

Owns convolution (stride 1), affine, pointwise and non-overlapping maximum layers and residual sums
along one axis, exactly as torch computes them in eval mode, zero padding at the ends included.

References
----------
Nair et al., fastISM, Bioinformatics 38:2397 (2022); Schreiber et al., Yuzu (2021), for computing
only what a change can reach.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Grid:
    """Say where blocks begin at one layer: block j at position (first + j) * step of ``length``."""

    first: int
    blocks: int
    step: int
    length: int


@dataclass(slots=True)
class Part:
    """Hold mutants' activations on one window per block.

    Attributes
    ----------
    data : (W, J, n, C), n mutants of each of J blocks
    lo : where the window begins, from the beginning of its block
    delta : data is the difference to the reference, else the activation itself
    """

    data: Tensor
    lo: int
    delta: bool

    @property
    def hi(self) -> int:
        """Return where the window ends, from the beginning of its block."""
        return self.lo + len(self.data)


class Reference:
    """Hold the reference activations of one layer, (length, C), with zeros around them."""

    def __init__(self, x: Tensor, margin: int) -> None:
        self.margin = margin
        self.x = x
        self.padded = F.pad(x, (0, 0, margin, margin))

    def windows(self, lo: int, hi: int, grid: Grid) -> Tensor:
        """Return a (hi - lo, J, 1, C) view: the window of each block."""
        channels = self.padded.shape[1]
        begin = self.margin + grid.first * grid.step + lo
        shape = (hi - lo, grid.blocks, 1, channels)
        strides = (channels, grid.step * channels, channels, 1)
        return self.padded.as_strided(shape, strides, begin * channels)


@dataclass(frozen=True, slots=True)
class Seen:
    """Keep what a layer gave for the reference, and what the layers inside it gave."""

    out: Reference
    inner: tuple["Seen", ...] = ()


class Layer(Protocol):
    """Compute the reference, and then parts of mutants, through one layer."""

    def see(self, before: Reference) -> Seen:
        """Return what the layer gives for the whole reference."""

    def apply(self, part: Part, before: Reference, seen: Seen, grid: Grid) -> Part:
        """Return what the layer gives for mutants."""

    def coarser(self, grid: Grid, seen: Seen) -> Grid:
        """Return the grid of the layer's output."""


def as_delta(part: Part, at: Reference, grid: Grid) -> Part:
    """Return ``part`` as a difference, with zeros outside the sequence's ends."""
    if not part.delta:
        part = Part(part.data.sub_(at.windows(part.lo, part.hi, grid)), part.lo, True)
    width = len(part.data)
    for j in range(grid.blocks):
        begin = part.lo + (grid.first + j) * grid.step
        if begin < 0:
            part.data[: min(width, -begin), j] = 0
        if begin + width > grid.length:
            part.data[max(0, grid.length - begin) :, j] = 0
    return part


def as_value(part: Part, at: Reference, grid: Grid, span: tuple[int, int]) -> Part:
    """Return ``part`` as activations on the wider (or same) window ``span``."""
    lo, hi = span
    if (lo, hi) == (part.lo, part.hi):
        if not part.delta:
            return part
        return Part(part.data.add_(at.windows(lo, hi, grid)), lo, False)
    data = at.windows(lo, hi, grid).expand(hi - lo, *part.data.shape[1:]).contiguous()
    inside = data[part.lo - lo : part.hi - lo]
    if part.delta:
        inside += part.data
    else:
        inside.copy_(part.data)
    return Part(data, lo, False)


class Conv:
    """Convolve along the sequence: weight (O, I, 1, k), bias (O), zero padding at both ends.

    ``align`` is the size of the maximum that follows, 1 if none does: windows are then made to
    begin and end between its groups.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor, dilation: int, padding: int, align: int = 1
    ) -> None:
        self.weight = weight
        self.bias = bias
        self.dilation = dilation
        self.padding = padding
        self.align = align
        self.span = dilation * (int(weight.shape[3]) - 1)  # from the first tap to the last
        self.taps = weight[:, :, 0].permute(2, 1, 0).flip(0).contiguous()  # (k, I, O)

    def see(self, before: Reference) -> Seen:
        """Return the convolved reference."""
        y = F.conv2d(
            before.x.T[None, :, None],
            self.weight,
            self.bias,
            padding=(0, self.padding),
            dilation=(1, self.dilation),
        )
        return Seen(Reference(y[0, :, 0].T.contiguous(), before.margin + self.span))

    def room(self, lo: int, hi: int) -> tuple[int, int, int]:
        """Return the outputs that inputs ``lo`` to ``hi`` reach: begin, end, and offset in them."""
        begin, end = lo + self.padding - self.span, hi + self.padding
        first = begin // self.align * self.align
        return first, -(-end // self.align) * self.align, begin - first

    def apply(self, part: Part, before: Reference, seen: Seen, grid: Grid) -> Part:
        """Return the reference's outputs plus the convolved difference, wherever it reaches."""
        part = as_delta(part, before, grid)
        width, blocks, n, channels = part.data.shape
        lo, hi, at = self.room(part.lo, part.hi)
        out = seen.out.windows(lo, hi, grid).expand(hi - lo, blocks, n, -1).contiguous()
        flat = out.view((hi - lo) * blocks * n, -1)
        x = part.data.view(width * blocks * n, channels)
        for tap, weight in enumerate(self.taps):
            begin = (at + tap * self.dilation) * blocks * n
            flat[begin : begin + len(x)].addmm_(x, weight)
        return Part(out, lo, False)

    def coarser(self, grid: Grid, seen: Seen) -> Grid:
        """Return the same blocks; padding may change the length."""
        return replace(grid, length=len(seen.out.x))


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """Scale and shift each channel, both (C,)."""

    scale: Tensor
    shift: Tensor

    def see(self, before: Reference) -> Seen:
        """Return the scaled and shifted reference."""
        return Seen(Reference(before.x * self.scale + self.shift, before.margin))

    def apply(self, part: Part, before: Reference, seen: Seen, grid: Grid) -> Part:
        """Return the scaled difference or the scaled and shifted value."""
        data = part.data * self.scale
        return Part(data if part.delta else data.add_(self.shift), part.lo, part.delta)

    def coarser(self, grid: Grid, seen: Seen) -> Grid:
        """Return the same grid."""
        return grid


@dataclass(frozen=True, slots=True, eq=False)
class Pointwise:
    """Apply one function to every number."""

    function: Callable[[Tensor], Tensor]

    def see(self, before: Reference) -> Seen:
        """Return the function of the reference."""
        return Seen(Reference(self.function(before.x), before.margin))

    def apply(self, part: Part, before: Reference, seen: Seen, grid: Grid) -> Part:
        """Return the function of the value."""
        value = as_value(part, before, grid, (part.lo, part.hi))
        return Part(self.function(value.data), part.lo, False)

    def coarser(self, grid: Grid, seen: Seen) -> Grid:
        """Return the same grid."""
        return grid


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Take the maximum of every ``size`` neighbours; a rest at the end is dropped."""

    size: int

    def see(self, before: Reference) -> Seen:
        """Return the reference's maxima."""
        length = len(before.x) // self.size
        y = before.x[: length * self.size].view(length, self.size, -1).amax(1)
        return Seen(Reference(y, before.margin // self.size + 2))

    def apply(self, part: Part, before: Reference, seen: Seen, grid: Grid) -> Part:
        """Return the maxima over whole groups of neighbours."""
        lo, hi = part.lo // self.size, -(-part.hi // self.size)
        data = as_value(part, before, grid, (lo * self.size, hi * self.size)).data
        best = data[:: self.size]
        for other in range(1, self.size):
            best = torch.maximum(best, data[other :: self.size])
        return Part(best, lo, False)

    def coarser(self, grid: Grid, seen: Seen) -> Grid:
        """Return the grid of the maxima."""
        return replace(grid, step=grid.step // self.size, length=len(seen.out.x))


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """Add what ``layers`` (which keep the length) make of the input to the input."""

    layers: tuple[Layer, ...]

    def see(self, before: Reference) -> Seen:
        """Return the reference's sum."""
        inner = see(self.layers, before)
        out = inner[-1].out
        return Seen(Reference(before.x + out.x, out.margin), inner)

    def apply(self, part: Part, before: Reference, seen: Seen, grid: Grid) -> Part:
        """Return the difference of the sum."""
        part = as_delta(part, before, grid)
        made, _ = apply(self.layers, part, before, seen.inner, grid)
        branch = as_delta(made, seen.inner[-1].out, grid)
        branch.data[part.lo - branch.lo : part.hi - branch.lo] += part.data
        return branch

    def coarser(self, grid: Grid, seen: Seen) -> Grid:
        """Return the same grid."""
        return grid


def see(layers: Sequence[Layer], before: Reference) -> tuple[Seen, ...]:
    """Return what each layer in turn gives for the reference."""
    seen: list[Seen] = []
    for layer in layers:
        seen.append(layer.see(before))
        before = seen[-1].out
    return tuple(seen)


def apply(
    layers: Sequence[Layer], part: Part, before: Reference, seen: Sequence[Seen], grid: Grid
) -> tuple[Part, Grid]:
    """Carry ``part`` through ``layers``; return it with the grid of the last layer's output."""
    for layer, has in zip(layers, seen, strict=True):
        part = layer.apply(part, before, has, grid)
        grid = layer.coarser(grid, has)
        before = has.out
    return part, grid
