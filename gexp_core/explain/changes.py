"""Small changes of a sequence as they travel through layers: where they are, what they hold.

Mutants of one stretch of bases share, at every layer, one window outside which nothing differs
from the reference. Windows of equally spaced blocks have the same shape, so the mutants of many
blocks are one batch, and the reference activations around them are strided views, not copies.
Numbers lie window first, (M, W, S, J, n, C): M networks, W places of the window, S texts (the
strands), J blocks, n mutants of each, C channels. So a tap of a convolution is one matrix product
over a contiguous stretch, and nothing is multiplied by the zeros around a difference.

Owns these nouns and the two ways to hold a change, as a difference to the reference or as the
activation itself; what a layer does with it is ``layers``'s.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

#: Letters that stand at a place, and that may come there: A C G T N.
LETTERS = 5


@dataclass(frozen=True, slots=True)
class Grid:
    """Say where blocks begin at one layer: block j of text s at (firsts[s] + j) * step.

    ``length`` is that of the layer's whole activations; a block may lie beyond it.
    """

    firsts: tuple[int, ...]
    blocks: int
    step: int
    length: int


@dataclass(slots=True)
class Part:
    """Hold mutants' activations on one window per block.

    Attributes
    ----------
    data : (M, W, S, J, n, C), n mutants of each of J blocks of each of S texts
    lo : where the window begins, from the beginning of its block
    delta : data is the difference to the reference, else the activation itself
    """

    data: Tensor
    lo: int
    delta: bool

    @property
    def hi(self) -> int:
        """Return where the window ends, from the beginning of its block."""
        return self.lo + int(self.data.shape[1])


@dataclass(frozen=True, slots=True)
class Letters:
    """Hold mutants before any layer: which letter becomes which.

    Attributes
    ----------
    codes : (S, J, W) int64, 0-3 for A C G T, 4 for N: what stands at the W places of each block
    alts : (S, J, W, a) int64, what comes there instead, one place at a time
    lo : where the first of the places is, from the beginning of its block
    networks : M
    """

    codes: Tensor
    alts: Tensor
    lo: int
    networks: int

    @property
    def hi(self) -> int:
        """Return where the places end, from the beginning of their block."""
        return self.lo + int(self.codes.shape[2])

    def exchanges(self) -> Tensor:
        """Return (S * J * W * a,) int64: place, old and new letter of each mutant as one number."""
        place = torch.arange(self.codes.shape[2], device=self.codes.device)[:, None]
        old = self.codes[..., None] + LETTERS * place
        return (old * LETTERS + self.alts).flatten()

    def part(self) -> Part:
        """Return the mutants' differences of one-hot letters."""
        S, J, W, a = self.alts.shape
        hot = torch.eye(LETTERS, device=self.codes.device)[:, :4]  # (5, 4), zeros for N
        changed = hot[self.alts] - hot[self.codes][..., None, :]  # (S, J, W, a, 4)
        data = changed.new_zeros(W, S, J, W, a, 4)
        for place in range(W):
            data[place, :, :, place] = changed[:, :, place]
        whole = data.view(1, W, S, J, W * a, 4).repeat(self.networks, 1, 1, 1, 1, 1)
        return Part(whole, self.lo, True)


class Reference:
    """Hold the reference activations of one layer, (M, S, length, C), with zeros around them."""

    def __init__(self, x: Tensor, margin: int) -> None:
        self.margin = margin
        self.length = int(x.shape[2])
        self.padded = F.pad(x, (0, 0, margin, margin)).contiguous()

    @property
    def x(self) -> Tensor:
        """Return the activations, (M, S, length, C)."""
        return self.padded[:, :, self.margin : self.margin + self.length]

    @property
    def channels(self) -> int:
        """Return C."""
        return int(self.padded.shape[3])

    def windows(self, lo: int, hi: int, grid: Grid) -> Tensor:
        """Return a (M, hi - lo, S, J, 1, C) view: the window of each block."""
        return windows(self.padded, self.margin, lo, hi, grid)


def windows(padded: Tensor, margin: int, lo: int, hi: int, grid: Grid) -> Tensor:
    """Return a (M, hi - lo, S, J, 1, C) view of contiguous (M, S, margins and length, C).

    With more than one text, their blocks may begin at different places, evenly apart.
    """
    M, S, whole, C = padded.shape
    texts = whole * C
    if S > 1:
        texts += (grid.firsts[1] - grid.firsts[0]) * grid.step * C
    begin = margin + grid.firsts[0] * grid.step + lo
    shape = (M, hi - lo, S, grid.blocks, 1, C)
    return padded.as_strided(
        shape, (S * whole * C, C, texts, grid.step * C, C, 1), begin * C + padded.storage_offset()
    )


def as_delta(part: Part, at: Reference, grid: Grid) -> Part:
    """Turn ``part`` into a difference, with zeros outside the sequence's ends."""
    if not part.delta:
        part.data.sub_(at.windows(part.lo, part.hi, grid))
        part.delta = True
    width = part.hi - part.lo
    for s, first in enumerate(grid.firsts):
        before = -(part.lo // grid.step) - first  # the first block that begins inside
        for j in range(min(before, grid.blocks)):
            outside = -(part.lo + (first + j) * grid.step)
            part.data[:, : min(width, outside), s, j] = 0
        past = (grid.length - width - part.lo) // grid.step - first + 1
        for j in range(max(past, 0), grid.blocks):
            inside = grid.length - (part.lo + (first + j) * grid.step)
            part.data[:, max(0, inside) :, s, j] = 0
    return part


def as_value(part: Part, at: Reference, grid: Grid, lo: int, hi: int) -> Part:
    """Turn ``part`` into activations, or return them on the wider window ``lo`` to ``hi``."""
    if (lo, hi) == (part.lo, part.hi):
        if part.delta:
            part.data.add_(at.windows(lo, hi, grid))
            part.delta = False
        return part
    around = at.windows(lo, hi, grid)
    data = around.expand(*around.shape[:4], *part.data.shape[4:]).contiguous()
    inside = data[:, part.lo - lo : part.hi - lo]
    if part.delta:
        inside += part.data
    else:
        inside.copy_(part.data)
    return Part(data, lo, False)


def widened(part: Part, lo: int, hi: int) -> Tensor:
    """Return a new difference on the wider (or same) window ``lo`` to ``hi``, zeros around it."""
    if (lo, hi) == (part.lo, part.hi):
        return part.data.clone()
    M, _, *rest = part.data.shape
    data = part.data.new_zeros(M, hi - lo, *rest)
    data[:, part.lo - lo : part.hi - lo] = part.data
    return data
