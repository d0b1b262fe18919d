"""Networks as plans: layers that carry small changes, and the rest that is run as it is.

Owns which networks can be read incrementally, the folding of norms into copies of weights, and
what a plan costs. A plan is used only after it gave what its networks give, on letters drawn at
random. Weights of a network are copied where they are folded and never written to.
"""

import math
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from gexp_core.explain.convolution import Conv
from gexp_core.explain.layer import Layer, Span, join
from gexp_core.explain.layers import Affine, Pool
from gexp_core.explain.recording import Rest, record
from gexp_core.explain.tail import Tail, tail_of
from gexp_core.explain.tracing import Edge, Node, Tree, trace
from gexp_core.explain.understood import NotLocal
from gexp_core.explain.walk import Walk, walk_of
from gexp_core.predict import MOST_BASES


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Hold networks of one form.

    Attributes
    ----------
    networks : M of them
    nodes : their layers as one, each after those it reads
    scales : of each node, how many letters one of its places stands for
    edges : what the rest of a network starts from
    rests : of each network, what is run as it is
    space : letters between the blocks whose windows have the same shape
    length : L
    tails : of each network, how the rest is read for a small change; empty where that is not known
    """

    networks: tuple[nn.Module, ...]
    nodes: tuple[Node, ...]
    scales: tuple[int, ...]
    edges: tuple[Edge, ...]
    rests: tuple[Rest, ...]
    space: int
    length: int
    tails: tuple[Tail | Walk, ...] = ()

    def spans(self, lo: int, hi: int) -> list[Span]:
        """Return, of each node, the window that a change of letters ``lo`` to ``hi`` reaches."""
        spans: list[Span] = []
        for node in self.nodes:
            before = [spans[i] if i >= 0 else (lo, hi) for i in node.inputs]
            spans.append(node.layer.span(*before))
        return spans

    def margins(self, wide: int) -> list[int]:
        """Return, of each node, how many places beyond an end a window can touch."""
        most = [0] * len(self.nodes)
        for offset in range(0, self.space, wide):
            for i, (lo, hi) in enumerate(self.spans(offset, offset + wide)):
                most[i] = max(most[i], -lo, hi)
        ahead = [3 * self.space // scale for scale in self.scales]
        pools = [self._group(i) for i in range(len(self.nodes))]
        return [m + a + p for m, a, p in zip(most, ahead, pools, strict=True)]

    def _group(self, i: int) -> int:
        """Return what pools and joins that read node ``i`` may add to its windows."""
        readers = [node for node in self.nodes if i in node.inputs]
        return max((2 * self._reach(node) for node in readers), default=0)

    def _reach(self, node: Node) -> int:
        layer = node.layer
        return layer.size if isinstance(layer, Pool) else 0

    def flops(self, wide: int) -> float:
        """Return the operations of one mutant of one network in the layers of the plan."""
        total = 0.0
        offsets = range(0, self.space, wide)
        for offset in offsets:
            spans = self.spans(offset, offset + wide)
            for node, span in zip(self.nodes, spans, strict=True):
                if node.inputs[0] >= 0:
                    lo, hi = spans[node.inputs[0]]
                    total += node.layer.flops(hi - lo) / len(offsets)
                elif isinstance(node.layer, Conv):  # a table is read, and added to the reference
                    total += (span[1] - span[0]) * node.layer.taps.shape[3] / len(offsets)
        return total

    def flops_whole(self, lengths: Sequence[int]) -> int:
        """Return the operations of one forward pass in the layers of the plan.

        ``lengths`` are those of every node's whole activations.
        """
        total = 0
        for node in self.nodes:
            before = node.inputs[0]
            total += node.layer.flops(self.length if before < 0 else lengths[before])
        return total


def compile_plan(networks: Sequence[nn.Module], length: int) -> Plan | None:
    """Return networks of one form as one plan, or None where there is none."""
    if any(network.training for network in networks):
        return None
    device = next(networks[0].parameters()).device
    X = torch.zeros(2 if length <= MOST_BASES // 8 else 1, 4, length, device=device)
    X[:, 0] = 1
    trees, rests, records = [], [], []
    for network in networks:
        calls, _ = record(network, X)
        try:
            tree = trace(calls, X)
        except NotLocal:
            return None
        if not tree.edges or not tree.nodes:
            return None
        trees.append(tree)
        rests.append(Rest(network, calls, tree.local))
        records.append(calls)
    joined = _joined(trees)
    if joined is None:
        return None
    nodes, edges = _folded(joined.nodes, joined.edges)
    scales: list[int] = []
    for node in nodes:
        before = max((scales[i] if i >= 0 else 1) for i in node.inputs)
        scales.append(before * node.layer.factor)
    tails = [
        tail_of(network, calls, edges) or walk_of(network, edges)
        for network, calls in zip(networks, records, strict=True)
    ]
    known = tuple(tail for tail in tails if tail is not None)
    return Plan(
        tuple(networks), tuple(nodes), tuple(scales), tuple(edges), tuple(rests),
        math.lcm(*scales), length, known if len(known) == len(tails) else (),
    )  # fmt: skip


def _joined(trees: list[Tree]) -> Tree | None:
    """Return the trees of networks of one form as one, else None."""
    first = trees[0]
    nodes, edges = [], []
    for same in zip(*(tree.nodes for tree in trees), strict=False):
        layer = join([node.layer for node in same])
        if layer is None or len({(node.inputs, node.call) for node in same}) > 1:
            return None
        nodes.append(replace(same[0], layer=layer))
    for alike in zip(*(tree.edges for tree in trees), strict=False):
        if len({(edge.node, edge.call, edge.form, edge.shape) for edge in alike}) > 1:
            return None
        weights = [edge.weights for edge in alike if edge.weights is not None]
        edges.append(replace(alike[0], weights=torch.cat(weights) if weights else None))
    counts = {(len(tree.nodes), len(tree.edges), tuple(sorted(tree.local))) for tree in trees}
    return Tree(nodes, edges, first.local) if len(counts) == 1 else None


def _folded(nodes: list[Node], edges: list[Edge]) -> tuple[list[Node], list[Edge]]:
    """Return equal nodes, with norms folded into convolutions and what is not needed left out.

    Across a maximum only the size of a scale can be folded; the pool gets its sign.
    """
    needed = {edge.node for edge in edges}
    for i in reversed(range(len(nodes))):
        if i in needed:
            needed.update(nodes[i].inputs)
    readers: dict[int, list[int]] = {i: [] for i in range(-1, len(nodes))}
    for i in sorted(needed - {-1}):
        for before in nodes[i].inputs:
            readers[before].append(i)
    alone = {
        i for i, by in readers.items() if len(by) == 1 and i not in {edge.node for edge in edges}
    }
    layers: list[Layer] = [node.layer for node in nodes]
    stands_for: dict[int, int] = {}
    for i, node in enumerate(nodes):
        if i not in needed or not isinstance(layers[i], Affine):
            continue
        if _fold(layers, nodes, i, node.inputs[0], alone):
            stands_for[i] = node.inputs[0]
    for i, by in readers.items():
        conv = layers[i] if i >= 0 else None
        pools = [layers[k] for k in by]
        if isinstance(conv, Conv) and pools and all(isinstance(pool, Pool) for pool in pools):
            layers[i] = replace(conv, align=pools[0].factor, tables={})
    out: list[Node] = []
    new: dict[int, int] = {-1: -1}
    for i, node in enumerate(nodes):
        if i in stands_for:
            new[i] = new[stands_for[i]]
        elif i in needed:
            new[i] = len(out)
            inputs = tuple(new[before] for before in node.inputs)
            out.append(Node(layers[i], inputs, node.call))
    return out, [replace(edge, node=new[edge.node]) for edge in edges]


def _fold(layers: list[Layer], nodes: list[Node], i: int, before: int, alone: set[int]) -> bool:
    """Fold the affine ``i`` into the convolution or pool ``before`` it; say whether it went."""
    affine, last = layers[i], layers[before] if before in alone and before >= 0 else None
    if not isinstance(affine, Affine):
        return False
    if isinstance(last, Conv):
        layers[before] = last.scaled(affine.scale, affine.shift)
        return True
    if isinstance(last, Pool) and not last.mean and last.sign is None:
        source = nodes[before].inputs[0]
        conv = layers[source] if source in alone and source >= 0 else None
        if isinstance(conv, Conv):
            sign = torch.where(affine.scale < 0, -1.0, 1.0).to(affine.scale)
            layers[source] = conv.scaled(affine.scale.abs(), affine.shift * sign)
            if bool((sign < 0).any()):
                layers[before] = replace(last, sign=sign)
            return True
    return False


_PLANS: weakref.WeakKeyDictionary[nn.Module, tuple[Any, tuple[Plan, ...] | None]] = (
    weakref.WeakKeyDictionary()
)


def plans(
    ensemble: nn.Module, members: Sequence[nn.Module], length: int
) -> tuple[Plan, ...] | None:
    """Return the plans of an ensemble's members, kept as long as it lives unchanged.

    Members of one form share a plan, others have one each; None where one has none.
    """
    tensors = [*ensemble.parameters(), *ensemble.buffers()]
    state = (
        length,
        ensemble.training,
        tuple((t.data_ptr(), 0 if t.is_inference() else t._version) for t in tensors),
    )
    known = _PLANS.get(ensemble)
    if known is None or known[0] != state:
        # a gradient may be taken through a plan later, and none through inference's tensors
        with torch.inference_mode(False), torch.no_grad():
            known = (state, _made(members, length))
        _PLANS[ensemble] = known
    return known[1]


def _made(members: Sequence[nn.Module], length: int) -> tuple[Plan, ...] | None:
    from gexp_core.explain.windows import holds

    alike: dict[Any, list[nn.Module]] = {}
    for member in members:
        shapes = tuple((name, tensor.shape) for name, tensor in member.named_parameters())
        alike.setdefault((type(member), shapes), []).append(member)
    made: list[Plan | None] = []
    for group in alike.values():
        together = compile_plan(group, length)
        if together is None and len(group) > 1:
            made += [compile_plan([member], length) for member in group]
        else:
            made.append(together)
    known = []
    for plan in made:
        if plan is None:
            return None
        ways = (plan, replace(plan, tails=())) if plan.tails else (plan,)
        good = next((way for way in ways if holds(way)), None)
        if good is None:
            return None
        known.append(good)
    return tuple(known)
