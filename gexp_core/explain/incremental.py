"""All single-base changes of a window at a fraction of the work, equal to explicit mutants.

Owns which texts and places are read: strands, members, and where a change lies on either strand.
A network without a plan gets None, and its mutants are read one batch after another by
``single_base``.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from gexp_core.explain.placement import Doubles
from gexp_core.explain.plans import Plan, plans
from gexp_core.explain.windows import Window
from gexp_core.models.base import Scalar, chosen

#: Bases of a window up to which both strands are read together; longer ones in turn, for memory.
TOGETHER = 4096


class Incremental:
    """Read all single-base changes of a window through plans, members and strands averaged."""

    def __init__(self, scalar: Scalar, known: tuple[Plan, ...]) -> None:
        self.plans = known
        self.scalar = scalar
        self.model = scalar.model
        self.strands = 2 if scalar.model.card.reads_both(scalar.both_strands) else 1

    def __call__(
        self, X: Tensor, start: int, end: int, tick: Callable[[int], None]
    ) -> tuple[Doubles, float]:
        """Return the reading (4, end - start) of each letter there, and of X (4, L) itself."""
        y = np.zeros((4, end - start))
        y_here = 0.0
        texts = [X, self.model.turned(X[None])[0]]
        every = bool((X[:, start:end].amax(0) == 0).any())  # at N, all four letters are changes
        each = 1 / (sum(len(plan.networks) for plan in self.plans) * self.strands)
        owed = _Owed(tick)
        for plan in self.plans:
            for group, readings in self._groups(start, end, together=not plan.tails):
                here = torch.stack([texts[s] for s in group])
                window = Window(plan, here, self._rows(group[0]))
                y_here += each * float(self._numbers(window, window.y, group).sum())
                for pieces in readings:
                    for made in window.read([piece.places for piece in pieces], every):
                        sums = each * self._numbers(window, made.y, group).sum(0)  # (S, J, n)
                        for s, piece in enumerate(pieces):
                            put = piece.put(y, start, sums[s], made.where[s], made.alts[s])
                            owed(3 * put * len(plan.networks) * each)
        return y, y_here

    def _rows(self, text: int) -> tuple[int, int] | None:
        """Return which bins are explained on a text (1 is the turned one), None for all."""
        rows, bins = self.scalar.target.rows, self.model.card.bins
        if rows is None or bins == 1:
            return None
        return (bins - rows[1], bins - rows[0]) if text else rows

    def _numbers(self, window: Window, y: Tensor, group: tuple[int, ...]) -> Tensor:
        """Return (M, S, ...): the explained number of readings (M, S, ..., B, T) of texts."""
        target = self.scalar.target
        if window.rows is not None:  # nothing else was read
            target = replace(target, rows=None)
        made = []
        for s, text in enumerate(group):
            one = y[:, s]
            if text:
                one = one.flip(-2)[..., self.model.strand_swap()]
            made.append(chosen(one.double(), target))
        return torch.stack(made, 1)

    def _groups(
        self, start: int, end: int, *, together: bool
    ) -> list[tuple[tuple[int, ...], list[tuple["_Piece", ...]]]]:
        """Return texts that are read together (1 is the turned one), and where, in turns."""
        forward = _Piece((start, end), 0)
        if self.strands == 1:
            return [((0,), [(forward,)])]
        turned = self._pieces(start, end)
        if together and len(turned) == 1 and self.model.card.input_length <= TOGETHER:
            return [((0, 1), [(forward, turned[0])])]
        return [((0,), [(forward,)]), ((1,), [(piece,) for piece in turned])]

    def _pieces(self, start: int, end: int) -> list["_Piece"]:
        """Return where letters ``start`` to ``end`` lie on the turned text."""
        begin, finish = self.model.card.insert
        pieces = [_Piece((start, min(end, begin)), 0)]
        first, last = max(start, begin), min(end, finish)
        pieces.append(_Piece((begin + finish - last, begin + finish - first), begin + finish))
        pieces.append(_Piece((max(start, finish), end), 0))
        return [piece for piece in pieces if piece.places[0] < piece.places[1]]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Say which places of a text are read, and how they lie on the letters as given.

    ``ends``, where it is not 0, is the sum of a place as given and one past it on the turned text.
    """

    places: tuple[int, int]
    ends: int

    def put(self, y: Doubles, start: int, sums: Tensor, where: Tensor, alts: Tensor) -> int:
        """Add readings (J, n) of ``alts`` (J, W, a) at ``where`` (J, W); return how many places."""
        inside = (where >= self.places[0]) & (where < self.places[1])
        at, letter = where[inside], alts[inside]
        if self.ends:
            at, letter = self.ends - 1 - at, 3 - letter  # A C G T backwards is T G C A
        column = (at - start)[:, None].expand(letter.shape)
        read = sums.view(alts.shape)[inside]
        y[letter.cpu().numpy(), column.cpu().numpy()] += read.cpu().numpy()
        return len(at)


class _Owed:
    """Tell of mutants done in whole numbers, counting each strand and member as a share."""

    def __init__(self, tick: Callable[[int], None]) -> None:
        self.tick = tick
        self.rest = 0.0

    def __call__(self, mutants: float) -> None:
        self.rest += mutants
        whole = int(self.rest + 1e-6)
        self.rest -= whole
        self.tick(whole)


def incremental(scalar: Scalar) -> Incremental | None:
    """Return the reader of a model whose every network is understood, else None."""
    network = scalar.network
    known = plans(network, list(network.members), scalar.model.card.input_length)
    return Incremental(scalar, known) if known is not None else None
