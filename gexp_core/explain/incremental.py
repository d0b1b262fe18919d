"""All single-base changes of a window at a fraction of the work, equal to explicit mutants.

Owns the order in which mutants are read through a plan: strands, members, and blocks of bases
whose mutants share one window. A network without a plan gets None, and its mutants are read one
batch after another by ``single_base``.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from gexp_core.explain import layers as change
from gexp_core.explain.placement import Doubles
from gexp_core.explain.plans import Plan, plan
from gexp_core.models.base import Scalar

#: Mutants carried through the layers at once: enough to feed the convolutions, few enough for the
#: activations to stay in the processor's cache.
ROWS = 192

#: Bases whose mutants share a window: wider wastes work inside it, narrower starts more calls.
WIDTH = 2


class Incremental:
    """Read all single-base changes of a window through plans, members and strands averaged."""

    def __init__(self, scalar: Scalar, plans: list[Plan]) -> None:
        self.plans = plans
        self.model = scalar.model
        self.tracks = [scalar.target.track]
        if scalar.both_strands and scalar.model.card.both_strands:
            self.tracks.append(scalar.model.strand_swap()[scalar.target.track])

    def __call__(
        self, X: Tensor, start: int, end: int, tick: Callable[[int], None]
    ) -> tuple[Doubles, float]:
        """Return the reading (4, end - start) of each letter there, and of X (4, L) itself."""
        y = np.zeros((4, end - start))
        y_here = 0.0
        share = 1 / (len(self.plans) * len(self.tracks))
        owed = _Owed(tick, share)
        for reverse, track in enumerate(self.tracks):
            strand = self.model.turned(X[None])[0] if reverse else X
            for network in self.plans:
                window = Window(network, strand, track)
                y_here += share * window.y
                for first, last, turned in self._pieces(start, end, bool(reverse)):
                    inside = slice(first - start, last - start)
                    if turned:  # the insert lies the other way round, letters complemented
                        ends = sum(self.model.card.insert)
                        read = window.read(ends - last, ends - first, owed)[::-1, ::-1]
                    else:
                        read = window.read(first, last, owed)
                    y[:, inside] += share * read
        return y, y_here

    def _pieces(self, start: int, end: int, reverse: bool) -> list[tuple[int, int, bool]]:
        """Return stretches of ``start`` to ``end``, and whether each is read turned round."""
        begin, finish = self.model.card.insert
        if not reverse:
            return [(start, end, False)]
        cuts = [(start, min(end, begin), False), (max(start, begin), min(end, finish), True)]
        return [cut for cut in (*cuts, (max(start, finish), end, False)) if cut[0] < cut[1]]


class _Owed:
    """Tell of mutants done in whole numbers, counting each strand and member as a share."""

    def __init__(self, tick: Callable[[int], None], share: float) -> None:
        self.tick = tick
        self.share = share
        self.rest = 0.0

    def __call__(self, mutants: int) -> None:
        self.rest += mutants * self.share
        whole = int(self.rest + 1e-6)
        self.rest -= whole
        self.tick(whole)


def incremental(scalar: Scalar) -> Incremental | None:
    """Return the reader of a model whose every network is understood, else None."""
    plans = [plan(member) for member in scalar.network.members]
    known = [made for made in plans if made is not None]
    return Incremental(scalar, known) if len(known) == len(plans) else None


class Window:
    """One window X (4, L) of one network: its reference activations, and what changes make."""

    def __init__(self, network: Plan, X: Tensor, track: int) -> None:
        self.network = network
        self.track = track
        self.codes = torch.where(X.amax(0) > 0, X.argmax(0), 4)  # (L,)
        letters = change.Reference(X.T.contiguous(), 3 * network.pooled)
        self.seen = change.see((network.stem, *network.layers), letters)
        self.last = self.seen[-1].out
        self.position = F.pad(network.position, (0, 0, self.last.margin, self.last.margin))
        self.taps = F.pad(network.stem.taps, (0, 0, 0, 1))  # (k, 5, C), zeros for N
        sums = torch.einsum("wc,mwc->mc", self.last.x, network.position)
        self.features = sums.flatten()
        self.y = float(network.head(self.features[None])[0, track])

    def read(self, start: int, end: int, tick: Callable[[int], None]) -> Doubles:
        """Return the readings (4, end - start) of every letter there."""
        y = np.full((4, end - start), self.y)
        every = bool((self.codes[start:end] == 4).any())  # at N, all four letters are changes
        space = self.network.pooled
        width = min(WIDTH, space)
        at_once = max(1, ROWS // (width * (4 if every else 3)))
        for offset in range(0, space, width):
            wide = min(width, space - offset)
            begin = max(0, -(-(start - offset - wide + 1) // space))
            finish = -(-(end - offset) // space)
            for first in range(begin, finish, at_once):
                grid = change.Grid(first, min(at_once, finish - first), space, len(self.codes))
                where, alts = self._mutants(grid, offset, wide, every)
                read = self._changed(grid, where, alts, offset)
                inside = ((where >= start) & (where < end)).expand(alts.shape)
                column = (where - start).expand(alts.shape)[inside]
                y[alts[inside].cpu().numpy(), column.cpu().numpy()] = read[inside].cpu().numpy()
                tick(int(inside[..., :3].sum()))
        return y

    def _mutants(
        self, grid: change.Grid, offset: int, wide: int, every: bool
    ) -> tuple[Tensor, Tensor]:
        """Return positions (J, wide, 1) and the letters (J, wide, 3 or 4) to be read there."""
        device = self.codes.device
        block = torch.arange(grid.first, grid.first + grid.blocks, device=device)
        where = block[:, None, None] * grid.step + offset
        where = where + torch.arange(wide, device=device)[:, None]
        if every:
            return where, torch.arange(4, device=device).expand(grid.blocks, wide, 4)
        here = self.codes[where.clamp(max=grid.length - 1)]
        return where, (here + torch.arange(1, 4, device=device)) % 4

    def _changed(self, grid: change.Grid, where: Tensor, alts: Tensor, offset: int) -> Tensor:
        """Return the readings of ``alts``, in their shape."""
        letters = self.codes[where[..., 0].clamp(max=grid.length - 1)]
        grid = self.network.stem.coarser(grid, self.seen[0])
        part = self._stem(grid, letters, alts, offset)
        rest = self.seen[1:]
        part, grid = change.apply(self.network.layers, part, self.seen[0].out, rest, grid)
        part = change.as_delta(part, self.last, grid)
        weights = _windows(self.position, self.last.margin, part, grid)
        sums = torch.stack([_weighted(part.data, one) for one in weights], 2)  # (J, n, maps, C)
        y = self.network.head(sums.view(alts.numel(), -1) + self.features)
        return y[:, self.track].double().view(alts.shape)

    def _stem(self, grid: change.Grid, letters: Tensor, alts: Tensor, offset: int) -> change.Part:
        """Return the first convolution's outputs: the reference's, one letter's taps exchanged."""
        stem = self.network.stem
        blocks, wide, choices = alts.shape
        lo, hi, at = stem.room(offset, offset + wide)
        before = self.seen[0].out.windows(lo, hi, grid)
        data = before.expand(hi - lo, blocks, wide * choices, -1).contiguous()
        for i in range(wide):
            mutants = slice(i * choices, (i + 1) * choices)
            exchanged = self.taps[:, alts[:, i]] - self.taps[:, letters[:, i], None]
            begin = at + i
            data[begin : begin + stem.span + 1 : stem.dilation, :, mutants] += exchanged
        return change.Part(data, lo, False)


def _weighted(data: Tensor, weights: Tensor) -> Tensor:
    """Return (J, n, C): the sum over the window of data (W, J, n, C) by weights (W, J, 1, C)."""
    total = data[0] * weights[0]
    for here, weight in zip(data[1:], weights[1:], strict=True):
        total.addcmul_(here, weight)
    return total


def _windows(position: Tensor, margin: int, part: change.Part, grid: change.Grid) -> Tensor:
    """Return (maps, W, J, 1, C): a view of the position weights under each block's window."""
    maps, padded, channels = position.shape
    shape = (maps, part.hi - part.lo, grid.blocks, 1, channels)
    strides = (padded * channels, channels, grid.step * channels, channels, 1)
    begin = margin + grid.first * grid.step + part.lo
    return position.as_strided(shape, strides, begin * channels)
