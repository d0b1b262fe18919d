"""From a recorded forward pass to a tree of layers that carry small changes.

Owns which calls are understood, and where the understood part of a network ends: its edge. Every
call on letters or on what understood calls gave is either understood or reads the edge.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from gexp_core.explain.layer import Layer
from gexp_core.explain.layers import Join, Product, Sum
from gexp_core.explain.recording import Call
from gexp_core.explain.understood import NC1L, NCL, WITH_NUMBER, NotLocal, layer_of, reshaped

#: What a network may ask of an activation without reading a number of it.
_ASKED = frozenset("dim size stride is_contiguous __len__ ndimension".split())


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Hold one layer, what it reads (places in the tree; -1 is the letters), and its call."""

    layer: Layer
    inputs: tuple[int, ...]
    call: int


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """Say which node an activation is, and how its axes lie."""

    node: int
    form: str


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """Hold one result that the rest of the network starts from.

    Attributes
    ----------
    node : whose activations it is made of
    call : whose result it is
    form : how its axes lie; '' where it is a sum over places
    weights : (M, maps, length, C), what places are weighed by in that sum
    shape : of the sum, without its first axis
    """

    node: int
    call: int
    form: str
    weights: Tensor | None = None
    shape: tuple[int, ...] = ()


@dataclass(slots=True)
class Tree:
    """Hold the understood part of a network."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    local: set[int] = field(default_factory=set)


def trace(calls: list[Call], X: Tensor) -> Tree:
    """Return the understood part of the forward pass ``calls`` of X (N, 4, L)."""
    tree = Tree()
    known: dict[int, Value] = {id(X): Value(-1, NCL)}
    derived = {id(X)}  # of whatever depends on X
    wanted: dict[int, Edge] = {}
    for at, call in enumerate(calls):
        read = [known[id(t)] for t in call.tensors() if id(t) in known]
        if not any(id(t) in derived for t in call.tensors()):
            continue
        if isinstance(call.result, Tensor):
            derived.add(id(call.result))
        elif call.name in _ASKED or call.name == "__get__":
            continue
        elif isinstance(call.result, tuple | list):
            derived.update(id(t) for t in call.result if isinstance(t, Tensor))
        if not read:
            continue
        try:
            _local(tree, at, call, known, derived)
        except NotLocal:
            summed = _summed(at, call, known, derived)
            if summed is not None:
                wanted[at] = summed
                continue
            for value in read:
                made = _made_by(tree, calls, known, value)
                wanted[made.call] = made
    tree.edges = list(wanted.values())
    tree.local |= {edge.call for edge in tree.edges if edge.form == ""}
    return tree


def _made_by(tree: Tree, calls: list[Call], known: dict[int, Value], value: Value) -> Edge:
    """Return the edge of a value that is read whole: the last call whose result it is."""
    for at in sorted(tree.local, reverse=True):
        if known.get(id(calls[at].result)) is value:
            return Edge(value.node, at, value.form)
    raise NotLocal


def _local(tree: Tree, at: int, call: Call, known: dict[int, Value], derived: set[int]) -> None:
    """Add the call to the tree, or raise NotLocal."""
    if not isinstance(call.result, Tensor):
        raise NotLocal
    first = call.args[0] if call.args else None
    name = call.name
    if name in ("cat", "concat", "concatenate"):
        values = _joined(call, known)
        _add(tree, at, call, known, Join(), values, values[0].form)
        return
    if not isinstance(first, Tensor) or id(first) not in known:
        first = _commuted(call, known)
    value = known[id(first)]
    others = [t for t in call.tensors() if t is not first and id(t) in derived]
    if others or (name in WITH_NUMBER and sum(t is first for t in call.tensors()) > 1):
        _add(tree, at, call, known, *_two(call, known))
        return
    form = reshaped(call, value.form, first)
    if form:
        known[id(call.result)] = Value(value.node, form)
        tree.local.add(at)
        return
    _add(tree, at, call, known, layer_of(call, value.form, first), (value,), value.form)


def _add(
    tree: Tree,
    at: int,
    call: Call,
    known: dict[int, Value],
    layer: Layer,
    values: tuple[Value, ...],
    form: str,
) -> None:
    tree.nodes.append(Node(layer, tuple(value.node for value in values), at))
    tree.local.add(at)
    known[id(call.result)] = Value(len(tree.nodes) - 1, form)


def _commuted(call: Call, known: dict[int, Value]) -> Tensor:
    """Return the known one of two that are added or multiplied, where it stands second."""
    second = call.args[1] if len(call.args) > 1 else None
    plain = call.name in ("add", "mul", "__radd__", "__rmul__") and not call.options
    number = bool(call.args) and isinstance(call.args[0], int | float)
    if plain and number and isinstance(second, Tensor) and id(second) in known:
        return second
    raise NotLocal


def _joined(call: Call, known: dict[int, Value]) -> tuple[Value, ...]:
    parts = call.args[0]
    axis = call.args[1] if len(call.args) > 1 else call.options.get("dim", 0)
    values = tuple(known[id(part)] for part in parts if id(part) in known)
    if len(values) != len(parts) or len({value.form for value in values}) != 1:
        raise NotLocal
    if axis % parts[0].ndim != values[0].form.index("c"):
        raise NotLocal
    return values


def _two(call: Call, known: dict[int, Value]) -> tuple[Layer, tuple[Value, ...], str]:
    """Return the sum or product of two values."""
    plain = len(call.args) == 2 and not call.options
    if not plain or any(not isinstance(t, Tensor) or id(t) not in known for t in call.args):
        raise NotLocal
    a, b = (known[id(t)] for t in call.args)
    if a.form != b.form or call.args[0].shape != call.args[1].shape:
        raise NotLocal
    kinds: dict[str, type[Layer]] = {"add": Sum, "__iadd__": Sum, "add_": Sum, "mul": Product}
    if call.name not in kinds:
        raise NotLocal
    return kinds[call.name](), (a, b), a.form


def _summed(at: int, call: Call, known: dict[int, Value], derived: set[int]) -> Edge | None:
    """Return the edge where a value is only summed over places by fixed weights, else None."""
    if not isinstance(call.result, Tensor):
        return None
    if call.name == "einsum":
        return _einsum(at, call, known, derived)
    first = call.args[0] if call.args else None
    if call.name not in ("mean", "sum") or not isinstance(first, Tensor) or id(first) not in known:
        return None
    value = known[id(first)]
    axis = call.args[1] if len(call.args) > 1 else call.options.get("dim")
    axes = {axis} if isinstance(axis, int) else set(axis or ())
    places = value.form.index("l")
    allowed = {places, 2} if value.form == NC1L else {places}
    if {one % first.ndim for one in axes} not in ({places}, allowed) or value.node < 0:
        return None
    length, channels = first.shape[places], first.shape[value.form.index("c")]
    each = 1 / length if call.name == "mean" else 1.0
    weights = first.new_full((1, 1, length, channels), each)
    return Edge(value.node, at, "", weights, tuple(call.result.shape[1:]))


def _einsum(at: int, call: Call, known: dict[int, Value], derived: set[int]) -> Edge | None:
    """Return the edge of a sum over places, weighed for each channel, such as 'ncw,mcw->nmc'."""
    if len(call.args) != 3 or "->" not in str(call.args[0]):
        return None
    terms, out = call.args[0].replace(" ", "").split("->")
    x, w = terms.split(",")
    first, second = call.args[1:]
    if id(first) not in known or id(second) in derived or known[id(first)].node < 0:
        return None
    value = known[id(first)]
    if value.form == NC1L or len(x) != 3 or len(w) != 3:
        return None
    n, c, place = (x[value.form.index(axis)] for axis in "ncl")
    maps = (set(w) - {c, place}).pop() if len(set(w) - {c, place}) == 1 else ""
    if not maps or maps == n or out != n + maps + c:
        return None
    weights = torch.einsum(f"{w}->{maps}{place}{c}", second)[None]
    return Edge(value.node, at, "", weights.contiguous(), tuple(call.result.shape[1:]))
