"""What follows the stem of a RecurrentNetwork, for mutants that change a few of its steps.

A memory that walks along a sequence has not met a change before it gets there. So each direction
begins at the change with the states of the unchanged text: on average half of the walk is left of
either. What letters give to the memory is added up for the changed steps alone; the sums that the
head reads begin with those of the unchanged steps. Nothing is subtracted, so this is exact.

Owns the walks of a reference and of its mutants. How a change travels through the stem is
``windows``'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gexp_core.explain.tail import Change
from gexp_core.explain.tracing import Edge
from gexp_core.models.recurrent import RecurrentNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """Name the network whose memory walks."""

    network: RecurrentNetwork

    def seen(self, given: Sequence[Tensor], rows: tuple[int, int]) -> "Walked":
        """Return the reader of one text's mutants from what its memory reads, one (Q, D)."""
        return Walked(self.network, given[0])


def walk_of(network: nn.Module, edges: Sequence[Edge]) -> Walk | None:
    """Return the walk behind the only edge, or None where the network is of another form."""
    if type(network) is not RecurrentNetwork or len(edges) != 1 or edges[0].weights is not None:
        return None
    return Walk(network)


class Walked:
    """Hold both directions' walk along one text, and read mutants of it.

    Parameters
    ----------
    network : RecurrentNetwork
    x : (Q, D)
        What the memory reads of the unchanged text.
    """

    at_once = 512

    def __init__(self, network: RecurrentNetwork, x: Tensor) -> None:
        self.head = network.head
        states = network.config.states
        before, after = network.position[:, :states], network.position[:, states:]
        self.steps = len(x)
        memory = network.memory
        weights = [getattr(memory, f"{name}_l0") for name in _WEIGHTS]
        back = [getattr(memory, f"{name}_l0_reverse") for name in _WEIGHTS]
        self.directions = (
            _Direction(weights, x, before),
            _Direction(back, x.flip(0), after.flip(2)),
        )

    def read(self, blocks: Sequence[Mapping[int, Change]]) -> Tensor:
        """Return (J, n, 1, T): readings of n mutants of each of J blocks, from left to right."""
        changes = [block[0] for block in blocks]
        there = [(change.lo, change.data) for change in changes]
        back = [
            (max(0, self.steps - change.lo - change.data.shape[1]), change.data.flip(1))
            for change in reversed(changes)
        ]
        J, n = len(changes), len(changes[0].data)
        forward, backward = (
            way.walk(given) for way, given in zip(self.directions, (there, back), strict=True)
        )  # (J * n, maps, states)
        sums = [forward.view(J, n, *forward.shape[1:]), backward.view(J, n, *backward.shape[1:])]
        features = torch.cat([sums[0], sums[1].flip(0)], 3).flatten(2)  # (J, n, maps * 2 * states)
        y: Tensor = self.head(features.flatten(0, 1))  # (J * n, T)
        return y.view(J, n, 1, -1)


_WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class _Direction:
    """Walk in one direction; places are counted along it.

    ``weights`` are those of torch's LSTM, of the gates input, forget, cell, output; ``position``
    (maps, states, Q) is what the states of each step are weighed by.
    """

    def __init__(self, weights: Sequence[Tensor], x: Tensor, position: Tensor) -> None:
        reading, keeping, *biases = weights
        self.reading, self.keeping = reading.T.contiguous(), keeping.T.contiguous()
        self.given = torch.addmm(biases[0] + biases[1], x, self.reading)  # (Q, 4 * states)
        self.position = position.permute(2, 0, 1).contiguous()  # (Q, maps, states)
        maps, states = position.shape[:2]
        h, c = x.new_zeros(1, states), x.new_zeros(1, states)
        sums = x.new_zeros(1, maps, states)
        self.begun: list[tuple[Tensor, Tensor, Tensor]] = []  # before each step
        for t in range(len(x)):
            self.begun.append((h.clone(), c.clone(), sums.clone()))
            self._step(t, h, c, sums)

    def _step(
        self, t: int, h: Tensor, c: Tensor, sums: Tensor, added: Sequence[tuple[slice, Tensor]] = ()
    ) -> None:
        """Take step ``t`` in place: states h and c (R, states), sums (R, maps, states).

        ``added`` are rows, and what is added to their gates.
        """
        gates = torch.addmm(self.given[t], h, self.keeping)
        for rows, more in added:
            gates[rows] += more
        states = h.shape[1]
        into, keep, new, out = gates.chunk(4, 1)
        gates[:, : 2 * states].sigmoid_()
        c.mul_(keep).addcmul_(into, new.tanh_())
        torch.mul(out.sigmoid_(), c.tanh(), out=h)
        sums.addcmul_(h[:, None], self.position[t])

    def walk(self, changes: Sequence[tuple[int, Tensor]]) -> Tensor:
        """Return (J * n, maps, states): the sums of mutants.

        ``changes`` are of blocks, each beginning no earlier than the one before: where, and what
        is added, (n, W, D).
        """
        n = len(changes[0][1])
        added = [data @ self.reading for _, data in changes]  # (n, W, 4 * states)
        R = n * len(changes)
        h, c, sums = (part.repeat(R, *(1,) * (part.ndim - 1)) for part in self.begun[0])
        active = 0
        for t in range(changes[0][0], len(self.given)):
            while active < len(changes) and changes[active][0] <= t:
                rows = slice(active * n, (active + 1) * n)
                for state, begun in zip((h, c, sums), self.begun[t], strict=True):
                    state[rows] = begun
                active += 1
            here = [
                (slice(j * n, (j + 1) * n), added[j][:, t - changes[j][0]])
                for j in range(active)
                if changes[j][0] <= t < changes[j][0] + added[j].shape[1]
            ]
            k = active * n
            self._step(t, h[:k], c[:k], sums[:k], here)
        return sums
