"""One window's references, and the readings of its mutants through a plan.

Owns the order in which blocks are read, and what joins the layers of a plan with the rest of its
networks. Which windows, strands and letters are asked for is ``incremental``'s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gexp_core.explain.changes import (
    Grid,
    Letters,
    Part,
    Reference,
    as_delta,
)
from gexp_core.explain.convolution import Conv
from gexp_core.explain.edges import changed, formed
from gexp_core.explain.plans import Plan
from gexp_core.explain.recording import Differs
from gexp_core.explain.shares import WIDTH
from gexp_core.explain.tail import Behind, Change
from gexp_core.predict import MOST_BASES

#: Mutants of all networks and texts carried through the layers at once: enough to feed the
#: convolutions, few enough for the activations to stay in the processor's cache.
ROWS = 768

#: Numbers of whole activations that the rest of a network reads at once.
HELD = 4_000_000

#: Sums over places that are kept before the rest of a network reads them.
KEPT = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Hold readings (M, S, J, n, B, T) of mutants.

    Attributes
    ----------
    y : as above
    where : (S, J, W) place of each letter that was changed, on its text; beyond an end too
    alts : (S, J, W, a) what came there; n = W * a
    """

    y: Tensor
    where: Tensor
    alts: Tensor


class Window:
    """Texts X (S, 4, L) of one plan: their reference activations, and what changes make.

    ``rows``, of a single text through a plan with tails, are the bins that readings hold,
    0-based half-open; None is all.
    """

    def __init__(self, plan: Plan, X: Tensor, rows: tuple[int, int] | None = None) -> None:
        self.plan = plan
        self.rows = rows if plan.tails and len(X) == 1 else None
        self.codes = torch.where(X.amax(1) > 0, X.argmax(1), 4)  # (S, L)
        self.wide = min(WIDTH, plan.space)
        M, S = len(plan.networks), len(X)
        letters = X.transpose(1, 2).expand(M, *X.transpose(1, 2).shape)
        self.letters = Reference(letters, 3 * plan.space)
        self.seen: list[Reference] = []
        margins = plan.margins(self.wide)
        for node, margin in zip(plan.nodes, margins, strict=True):
            before = [self._at(i).x for i in node.inputs]
            self.seen.append(Reference(node.layer.see(*before), margin))
        self.sums: list[Tensor | None] = []
        self.weights: list[Tensor | None] = []
        given: list[Tensor] = []
        for edge in plan.edges:
            at = self.seen[edge.node]
            if edge.weights is None:
                self.sums.append(None)
                self.weights.append(None)
                given.append(at.x)  # (M, S, length, C)
            else:
                sums = torch.einsum("mslc,mplc->mspc", at.x, edge.weights)
                self.sums.append(sums)
                self.weights.append(Reference(edge.weights, at.margin).padded)
                given.append(sums)
        self.y = self._rest(given).view(M, S, *self._shape)  # (M, S, B, T)
        self.behind: list[Behind] = []
        if plan.tails and S == 1:
            read = self.rows or (0, self._bins)
            self.y = self.y[:, :, slice(*read)]
            self.behind = [
                tail.seen([one[m, 0] for one in given], read) for m, tail in enumerate(plan.tails)
            ]

    def _at(self, i: int) -> Reference:
        return self.letters if i < 0 else self.seen[i]

    @property
    def _shape(self) -> tuple[int, int]:
        return self._bins, self._tracks

    def _rest(self, given: Sequence[Tensor]) -> Tensor:
        """Return (M, R, B, T) from what each edge needs, (M, R, ...)."""
        R = given[0].shape[1]
        X = given[0].new_zeros(()).expand(R, 4, self.plan.length)
        made = []
        for m, rest in enumerate(self.plan.rests):
            values = {
                edge.call: formed(edge, one[m])
                for edge, one in zip(self.plan.edges, given, strict=True)
            }
            made.append(rest(values, X))
        y = torch.stack(made)
        self._bins, self._tracks = int(y.shape[2]), int(y.shape[3])
        return y

    def read(self, ranges: Sequence[tuple[int, int]], every: bool) -> Iterator[Readings]:
        """Yield readings of the mutants of places ``ranges[s]`` of each text s, equally many.

        ``every`` reads all four letters everywhere, as is needed at N; else the three others.
        """
        kept: list[tuple[list[Tensor], Tensor, Tensor]] = []
        rows = 0
        for grid, offset, wide in self._blocks(ranges, 4 if every else 3):
            where, letters = self._mutants(grid, offset, wide, every)
            parts, grids = self._changed(grid, letters)
            if self.behind:
                yield Readings(self._read_behind(parts, grids), where, letters.alts)
                continue
            given = []
            for edge, weights, sums in zip(self.plan.edges, self.weights, self.sums, strict=True):
                i = edge.node
                given.append(changed(parts[i], self.seen[i], grids[i], weights, sums))
            kept.append((given, where, letters.alts))
            rows += letters.alts.numel()
            if rows >= KEPT or any(edge.weights is None for edge in self.plan.edges):
                yield from self._finished(kept)
                kept, rows = [], 0
        yield from self._finished(kept)

    def _finished(self, kept: list[tuple[list[Tensor], Tensor, Tensor]]) -> Iterator[Readings]:
        if not kept:
            return
        together = [torch.cat(parts, 1) for parts in zip(*(one[0] for one in kept), strict=True)]
        y = self._rest(together)  # (M, R, B, T)
        at = 0
        for _, where, alts in kept:
            R = alts.numel()
            shape = (len(y), *alts.shape[:2], -1, *y.shape[2:])
            yield Readings(y[:, at : at + R].reshape(shape), where, alts)
            at += R

    def _blocks(
        self, ranges: Sequence[tuple[int, int]], choices: int
    ) -> Iterator[tuple[Grid, int, int]]:
        """Yield grids of letters, where their changes begin in a block, and how many bases."""
        space, S = self.plan.space, len(ranges)
        numbers = sum(
            (self.seen[e.node].length + 2 * self.seen[e.node].margin) * self.seen[e.node].channels
            for e in self.plan.edges
            if e.weights is None
        )
        held = self.behind[0].at_once if self.behind else HELD // max(numbers, 1)
        most = min(ROWS // len(self.plan.networks), held)
        for offset in range(0, space, self.wide):
            wide = min(self.wide, space - offset)
            at_once = max(1, most // (S * wide * choices))
            firsts = [-(-(start - offset - wide + 1) // space) for start, _ in ranges]
            lasts = [-(-(end - offset) // space) for _, end in ranges]
            blocks = max(b - a for a, b in zip(firsts, lasts, strict=True))
            for done in range(0, blocks, at_once):
                here = tuple(max(first, 0) + done for first in firsts)
                count = min(at_once, blocks - done)
                yield Grid(here, count, space, self.plan.length), offset, wide

    def _mutants(self, grid: Grid, offset: int, wide: int, every: bool) -> tuple[Tensor, Letters]:
        """Return places (S, J, W) and the letters to be read there."""
        device = self.codes.device
        first = torch.tensor(grid.firsts, device=device)[:, None, None]
        block = first + torch.arange(grid.blocks, device=device)[:, None]
        where = block * grid.step + offset + torch.arange(wide, device=device)
        inside = where.clamp(max=grid.length - 1)
        codes = self.codes.gather(1, inside.flatten(1)).view(where.shape)
        if every:
            alts = torch.arange(4, device=device).expand(*codes.shape, 4)
        else:
            alts = (codes[..., None] + torch.arange(1, 4, device=device)) % 4
        return where, Letters(codes, alts.contiguous(), offset, len(self.plan.networks))

    def _changed(self, grid: Grid, letters: Letters) -> tuple[dict[int, Part], list[Grid]]:
        """Return what mutants are at the nodes that edges are made of, and every node's grid."""
        nodes = self.plan.nodes
        last = {i: k for k, node in enumerate(nodes) for i in node.inputs}
        last |= {edge.node: len(nodes) for edge in self.plan.edges}
        parts: dict[int, Part] = {}
        grids = [self._grid(grid, i) for i in range(len(nodes))]
        for k, node in enumerate(nodes):
            if node.inputs == (-1,) and isinstance(node.layer, Conv) and node.layer.groups == 1:
                parts[k] = node.layer.exchanged(letters)
                continue
            if -1 in node.inputs and -1 not in parts:
                parts[-1] = letters.part()
            source = node.inputs[0]
            before = [self._at(i) for i in node.inputs]
            on = grids[source] if source >= 0 else grid
            given = [parts[i] for i in node.inputs]
            parts[k] = node.layer.apply(given, before, self.seen[k], on)
            for i in node.inputs:
                if last[i] == k:
                    parts.pop(i, None)
        return parts, grids

    def _read_behind(self, parts: dict[int, Part], grids: list[Grid]) -> Tensor:
        """Return readings (M, 1, J, n, B, T) of one text, block by block."""
        at = {
            e: as_delta(parts[edge.node], self.seen[edge.node], grids[edge.node])
            for e, edge in enumerate(self.plan.edges)
        }
        made = []
        for m, behind in enumerate(self.behind):
            blocks = []
            for j in range(grids[0].blocks):
                changes = {}
                for e, edge in enumerate(self.plan.edges):
                    grid = grids[edge.node]
                    lo = (grid.firsts[0] + j) * grid.step + at[e].lo
                    first = max(0, -lo)
                    last = max(first, grid.length - lo)
                    data = at[e].data[m, first:last, 0, j].transpose(0, 1)  # (n, W, C)
                    changes[e] = Change(lo + first, data)
                blocks.append(changes)
            made.append(behind.read(blocks))
        return torch.stack(made)[:, None]

    def _grid(self, grid: Grid, i: int) -> Grid:
        step = grid.step // self.plan.scales[i]
        return replace(grid, step=step, length=self.seen[i].length)


def holds(plan: Plan) -> bool:
    """Return whether a plan gives what its networks give, on letters drawn at random."""
    device = next(plan.networks[0].parameters()).device
    generator = torch.Generator().manual_seed(plan.length)
    codes = torch.randint(4, (plan.length,), generator=generator)
    X = torch.eye(4)[codes].T[None].contiguous().to(device)
    places = sorted({0, plan.length // 2, plan.length - 1})
    try:
        window = Window(plan, X)
        found, wanted = [window.y[:, 0]], [X[0]]
        for place in places:
            for made in window.read([(place, place + 1)], every=False):
                at = (made.where[..., None] == place).expand(made.alts.shape).flatten()
                for r in at.nonzero().flatten().tolist():
                    mutant = X[0].clone()
                    mutant[:, place] = torch.eye(4, device=device)[made.alts.flatten()[r]]
                    found.append(made.y.flatten(1, 3)[:, r])
                    wanted.append(mutant)
    except Differs:
        return False
    ours = torch.stack(found, 1)  # (M, mutants, B, T)
    at_once = max(1, MOST_BASES // plan.length)
    explicit = torch.split(torch.stack(wanted), at_once)
    theirs = torch.stack(
        [torch.cat([network(some) for some in explicit]) for network in plan.networks]
    )
    # what mutagenesis promises; float32 sums in another order stay well within it
    return bool((ours - theirs).abs().max() <= 1e-5 * max(1.0, float(theirs.abs().max())))
