"""Mean gradients along straight paths between windows, through the plans of a model's networks.

Between a baseline and a sequence the outputs of a network's first convolution lie on a straight
line too. So that convolution is computed for the two ends alone, every node of the path begins
behind it, and one pass back through it serves the weighed sum of all nodes. Norms are folded into
convolutions as in mutagenesis, and few enough rows are read at once for them to stay in the
processor's cache. The gradient is that of the same function, but where maxima change their places
between two nodes: there it is the mean around the node (``switches``).

Owns the reading of paths. Which nodes a path has, and how good their mean is, is ``pairs``'s.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gexp_core.explain.convolution import Conv
from gexp_core.explain.cost import UNDERSTOOD
from gexp_core.explain.edges import formed
from gexp_core.explain.layer import Layer, one_of
from gexp_core.explain.placement import Doubles
from gexp_core.explain.plans import Plan, plans
from gexp_core.explain.switches import Rows, along
from gexp_core.models.base import Scalar, chosen
from gexp_core.types import Floats

#: Nodes of paths that go through a network at once, as far as whole paths go into them: enough to
#: feed the convolutions. In long windows fewer, of so many bases: bounds memory.
ROWS, BASES = 64, 32_768

#: Pairs of windows whose first activations are held at once; bounds memory.
PAIRS = 8


@dataclass(frozen=True, slots=True, eq=False)
class _Network:
    """Hold one network of a plan: its own layers, which of them read letters, and its rows."""

    plan: Plan
    m: int
    layers: tuple[Layer, ...]
    first: tuple[int, ...]
    rows: Rows

    def begin(self, letters: Tensor) -> list[Tensor]:
        """Return what the first layers give, (1, R, length, C), for letters (R, 4, L)."""
        x = letters.transpose(1, 2).contiguous()[None]
        return [self.layers[i].see(x) for i in self.first]

    def end(self, begun: list[Tensor]) -> Tensor:
        """Return the reading (R, B, T) from what the first layers gave."""
        nodes = self.plan.nodes
        values = dict(zip(self.first, begun, strict=True))
        for i, (node, layer) in enumerate(zip(nodes, self.layers, strict=True)):
            if i not in values:
                values[i] = layer.see(*(values[before] for before in node.inputs))
        given = {}
        for edge in self.plan.edges:
            x = values[edge.node][0]  # (R, length, C)
            if edge.weights is not None:
                x = torch.stack([(x * one).sum(1) for one in edge.weights[self.m]], 1)
            given[edge.call] = formed(edge, x)
        X = begun[0].new_zeros(()).expand(begun[0].shape[1], 4, self.plan.length)
        return self.plan.rests[self.m](given, X)


class Paths:
    """Take mean gradients of one explained number along paths."""

    def __init__(self, scalar: Scalar, networks: tuple[_Network, ...]) -> None:
        self.scalar = scalar
        self.networks = networks
        model = scalar.model
        self.strands = 2 if model.card.reads_both(scalar.both_strands) else 1

    def means(self, X: Floats, B: Floats, nodes: Doubles, weights: Doubles) -> Floats:
        """Return (P, 4, L): the weighed sum of gradients at ``nodes`` between B and X, (P, 4, L).

        Node 0 is the baseline, node 1 the sequence. Nodes are evenly apart and in order, each in
        the middle of its stretch of path.

        Raises
        ------
        Differs
            A network took another way than when its plan was made.
        """
        device = self.scalar.model.device
        made = []
        with torch.enable_grad():
            for at in range(0, len(X), PAIRS):
                x, b = (torch.from_numpy(part[at : at + PAIRS]).to(device) for part in (X, B))
                made.append(self._mean(x, b, nodes, weights).float().cpu().numpy())
        return np.concatenate(made)

    def _mean(self, x: Tensor, b: Tensor, nodes: Doubles, weights: Doubles) -> Tensor:
        """Return (P, 4, L) for a few pairs."""
        t, w = (torch.from_numpy(part).to(x) for part in (nodes, weights))
        w = w / (self.strands * len(self.networks))
        turned = self.scalar.model.turned
        if self.strands == 2:
            x, b = (torch.cat([end, turned(end)]) for end in (x, b))
        total = torch.zeros_like(x)
        for network in self.networks:
            total += self._through(network, x, b, t, w)
        if self.strands == 1:
            return total
        forward, other = total.chunk(2)
        return forward + turned(other)

    def _through(self, network: _Network, x: Tensor, b: Tensor, t: Tensor, w: Tensor) -> Tensor:
        """Return (R, 4, L): the weighed sums of one network's gradients between b and x.

        With both strands the second half of the rows is turned.
        """
        letters = x.clone().requires_grad_()
        begun = network.begin(letters)  # (1, R, length, C) each
        with torch.no_grad():
            ends = [(a[0], z[0]) for a, z in zip(network.begin(b), begun, strict=True)]
            sums = [torch.zeros_like(end) for end, _ in ends]  # (R, length, C)
        most = max(1, min(ROWS, BASES // x.shape[2]))
        runs, paths = -(-len(t) // most), max(1, most // len(t))
        for r in range(0, len(x), paths):
            here = slice(r, min(r + paths, len(x)))
            network.rows.paths = here.stop - r
            for at, weights in zip(t.tensor_split(runs), w.tensor_split(runs), strict=True):
                rows = [
                    torch.lerp(first[here, None], last.detach()[here, None], at.view(1, -1, 1, 1))
                    for first, last in ends
                ]  # (paths, nodes, length, C) each
                leaves = [row.flatten(0, 1)[None].requires_grad_() for row in rows]
                ahead = len(at) * max(0, len(x) // self.strands - r)  # rows that are not turned
                y = self._number(network.end(leaves), ahead).view(-1, len(at))
                told = (y * weights).sum()
                for total, g in zip(sums, torch.autograd.grad(told, leaves), strict=True):
                    total[here] += g.view(rows[0].shape[:2] + g.shape[2:]).sum(1)
        # the first layers are linear: one gradient through them is that of every node
        (gradient,) = torch.autograd.grad(begun, letters, [total[None] for total in sums])
        return gradient

    def _number(self, y: Tensor, ahead: int) -> Tensor:
        """Return (R,): the explained number of readings (R, B, T); those after ``ahead`` turned."""
        straight, other = chosen(y[:ahead], self.scalar.target), y[ahead:]
        if not len(other):
            return straight
        other = other.flip(1)[..., self.scalar.model.strand_swap()]
        return torch.cat([straight, chosen(other, self.scalar.target)])


def paths(scalar: Scalar) -> Paths | None:
    """Return the reader of a model's paths, or None where a network is not understood.

    Long windows have none: their plans take longer to make than is saved.
    """
    if scalar.model.card.input_length > UNDERSTOOD:
        return None
    network = scalar.network
    known = plans(network, list(network.members), scalar.model.card.input_length)
    if known is None:
        return None
    made = []
    for plan in known:
        first = tuple(i for i, node in enumerate(plan.nodes) if -1 in node.inputs)
        if not all(isinstance(plan.nodes[i].layer, Conv) for i in first):
            return None
        for m in range(len(plan.networks)):
            rows = Rows()
            layers = tuple(along(one_of(node.layer, m), rows) for node in plan.nodes)
            made.append(_Network(plan, m, layers, first, rows))
    return Paths(scalar, tuple(made))
