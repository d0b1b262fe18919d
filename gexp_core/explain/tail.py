"""What follows the tower of a BaskervilleNetwork, for mutants that change a few tokens.

Every token reads every other, so behind the first block all of them differ. But how the unchanged
ones share their attention among each other does not: of the sums that a softmax is made of, those
over unchanged tokens are made once for all mutants of a block, and the terms of the changed tokens
are added to them. And behind the last block only the tokens beneath the explained bins are read.
Both are exact: nothing is subtracted that was added before.

Owns which results of a tower these are (:func:`tail_of`), the scores of a reference, and the
reading of mutants from them. How a change travels through the tower is ``windows``'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from gexp_core.explain.recording import Call
from gexp_core.explain.tracing import Edge
from gexp_core.explain.understood import NCL, NLC
from gexp_core.models.adapters.baskerville import BaskervilleNetwork, Block, Rise


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Hold what mutants differ by at one edge: ``data`` (n, W, C) is added from ``lo`` on."""

    lo: int
    data: Tensor

    def put(self, x: Tensor, first: int = 0) -> Tensor:
        """Return (n, R, C): rows x (R, C), which are those from ``first`` on, with the change."""
        made = x.expand(len(self.data), *x.shape).clone()
        lo, hi = max(self.lo, first), min(self.lo + self.data.shape[1], first + len(x))
        if lo < hi:
            made[:, lo - first : hi - first] += self.data[:, lo - self.lo : hi - self.lo]
        return made


class Behind(Protocol):
    """Read mutants of one text from what they change of its rest's inputs."""

    at_once: int  #: mutants between two reports

    def read(self, blocks: Sequence[Mapping[int, Change]]) -> Tensor:
        """Return (J, n, b, T): the bins of n mutants of each of J blocks.

        A block gives the change at each edge.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """Hold what follows a network's tower, and name the edges between them.

    Attributes
    ----------
    network, blocks, rises : whose tail it is, and what it is made of
    tokens, query, key, value : places of the edges that the first block begins with
    beside : places of the edges that each step up is joined with
    """

    network: BaskervilleNetwork
    blocks: tuple[Block, ...]
    rises: tuple[Rise, ...]
    tokens: int
    query: int
    key: int
    value: int
    beside: tuple[int, ...]

    def seen(self, given: Sequence[Tensor], rows: tuple[int, int]) -> "Seen":
        """Return the reader of one text's mutants; see :class:`Seen`."""
        return Seen(self, given, rows)


def tail_of(network: nn.Module, calls: Sequence[Call], edges: Sequence[Edge]) -> Tail | None:
    """Return the tail behind ``edges``, or None where the network is of another form."""
    if not isinstance(network, BaskervilleNetwork) or not len(network.blocks):
        return None
    blocks = tuple(cast(Block, block) for block in network.blocks)
    rises = tuple(cast(Rise, rise) for rise in network.rises)
    attention = blocks[0].attention
    layers = (attention.query, attention.key, attention.value)
    weights = [layer.weight for layer in layers] + [rise.beside_dense.weight for rise in rises]
    found: list[int] = []
    for weight in weights:
        by = [e for e, edge in enumerate(edges) if _reads(calls[edge.call], weight)]
        if len(by) != 1 or edges[by[0]].form not in (NCL, NLC):
            return None
        found += by
    rest = set(range(len(edges))) - set(found)
    if len(rest) != 1 or len(set(found)) < len(found) or any(e.weights is not None for e in edges):
        return None
    query, key, value, *beside = found
    return Tail(network, blocks, rises, rest.pop(), query, key, value, tuple(beside))


def _reads(call: Call, weight: Tensor) -> bool:
    return any(tensor is weight for tensor in call.tensors())


class Seen:
    """Hold the scores of one text's first block, and read mutants of it.

    Parameters
    ----------
    tail : Tail
    given : list of Tensor
        What each edge is of the unchanged text, (length, C).
    rows : (int, int)
        The bins that are read, 0-based half-open.
    """

    at_once = 48

    def __init__(self, tail: Tail, given: Sequence[Tensor], rows: tuple[int, int]) -> None:
        self.tail = tail
        self.given = given
        self.rows = rows
        self.attention = tail.blocks[0].attention
        self.query = self.attention.by_head(given[tail.query]) * self.attention.scale  # (H, Q, K)
        self.key, self.value = (self.attention.by_head(given[e]) for e in (tail.key, tail.value))
        self.asked = self.query + self.attention.content_bias
        distant = self.attention.by_distance(self.query[None])[0]
        self.scores = self.asked @ self.key.mT + distant  # (H, Q, Q)
        self.under = self._tokens_under(rows)

    def _tokens_under(self, rows: tuple[int, int]) -> tuple[int, int]:
        """Return the tokens that the bins ``rows`` are made of.

        A convolution on the way up reads over the ends of what it is given, so a margin is kept
        that no such end reaches through.
        """
        config = self.tail.network.config
        wrong = 0
        for _ in self.tail.rises:
            wrong = 2 * wrong + config.rise_kernel // 2
        scale = 2 ** len(self.tail.rises)
        lo, hi = (row + config.crop for row in rows)
        return max(0, (lo - wrong) // scale), min(self.query.shape[1], -(-(hi + wrong) // scale))

    def read(self, blocks: Sequence[Mapping[int, Change]]) -> Tensor:
        """Return the bins ``rows`` (J, n, b, T) of n mutants of each of J blocks."""
        return torch.stack([self._block(changes) for changes in blocks])

    def _block(self, changes: Mapping[int, Change]) -> Tensor:
        """Return the bins ``rows`` (n, b, T) of n mutants, from the change at each edge.

        The changes of tokens, query, key and value are of the same tokens.
        """
        tail, net, blocks = self.tail, self.tail.network, self.tail.blocks
        x = changes[tail.tokens].put(self.given[tail.tokens]) + self._taken(changes)
        x = blocks[0].alone(x)
        first, last = self.under
        for block in blocks[1:-1]:
            x, _ = block(x)
        x = blocks[-1](x, self.under)[0] if len(blocks) > 1 else x[:, first:last]
        x = x.mT  # (n, D, R)
        scale = 1
        for rise, e in zip(tail.rises, tail.beside, strict=True):
            scale *= 2
            beside = self.given[e][scale * first : scale * last]
            x = rise.joined(x, changes[e].put(beside, scale * first).mT)
        begin = self.rows[0] + net.config.crop - scale * first
        return net.said(x[..., begin : begin + self.rows[1] - self.rows[0]])

    def _taken(self, changes: Mapping[int, Change]) -> Tensor:
        """Return (n, Q, D): what every token takes up in the first block."""
        tail, attention = self.tail, self.attention
        lo = changes[tail.key].lo
        hi = lo + changes[tail.key].data.shape[1]
        here = slice(lo, hi)
        key, value = (
            self.attention.by_head(changes[e].put(self.given[e][here], lo))
            for e in (tail.key, tail.value)
        )  # (n, H, W, K), (n, H, W, V)
        others = self.scores.clone()
        others[:, :, here] = -torch.inf
        known = others.amax(-1, keepdim=True).clamp(min=torch.finfo(others.dtype).min)
        others = (others - known).exp_()  # (H, Q, Q), 0 for changed tokens
        total, sums = others.sum(-1, keepdim=True), others @ self.value
        shift = self.asked @ (key - self.key[:, here]).mT  # (n, H, Q, W)
        scores = self.scores[:, :, here] + shift
        most = torch.maximum(known, scores.amax(-1, keepdim=True))
        less = (known - most).exp()
        terms = (scores - most).exp()
        taken = (sums * less + terms @ value) / (total * less + terms.sum(-1, keepdim=True))
        made: Tensor = attention.merge(taken.transpose(1, 2).flatten(2))  # (n, Q, D)
        query = self.attention.by_head(changes[tail.query].put(self.given[tail.query][here], lo))
        keys, values = (
            self.attention.by_head(changes[e].put(self.given[e])) for e in (tail.key, tail.value)
        )
        made[:, here] = attention.read(query * attention.scale, keys, values, lo)[0]
        return made
