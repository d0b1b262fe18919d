"""What the rest of a network reads of mutants where the understood layers end.

Owns the ways from a window's difference to whole activations, or to a weighed sum over them, and
how their axes lie for the calls that follow.
"""

import torch
from torch import Tensor

from gexp_core.explain.changes import Grid, Part, Reference, as_delta, windows
from gexp_core.explain.tracing import Edge
from gexp_core.explain.understood import NC1L, NCL


def changed(
    part: Part, at: Reference, grid: Grid, weights: Tensor | None, sums: Tensor | None
) -> Tensor:
    """Return what an edge is of every mutant: whole activations, or where it is a sum, the sum.

    Parameters
    ----------
    part, at, grid : the mutants' windows, the reference, and where the windows lie
    weights : (M, maps, margins and length, C), by which the sum weighs places
    sums : (M, S, maps, C), that of the reference

    Returns
    -------
    Tensor
        (M, S * J * n, length, C) or (M, S * J * n, maps, C).
    """
    part = as_delta(part, at, grid)
    if weights is None or sums is None:
        return _whole(part, at, grid)
    S = part.data.shape[2]
    made = []
    for p in range(weights.shape[1]):
        one = weights[:, p : p + 1].expand(-1, S, -1, -1).contiguous()
        under = windows(one, at.margin, part.lo, part.hi, grid)
        made.append(_weighted(part.data, under) + sums[:, :, p][:, :, None, None])
    return torch.stack(made, -2).flatten(1, 3)  # (M, S * J * n, maps, C)


def _weighted(data: Tensor, weights: Tensor) -> Tensor:
    """Return (M, S, J, n, C): the sum over the window of data by weights."""
    total = data[:, 0] * weights[:, 0]
    for w in range(1, data.shape[1]):
        total.addcmul_(data[:, w], weights[:, w])
    return total


def _whole(part: Part, at: Reference, grid: Grid) -> Tensor:
    """Return (M, S * J * n, length, C): the reference with each mutant's window exchanged."""
    M, W, S, J, n, C = part.data.shape
    places = at.padded.shape[2]
    whole = at.padded[:, :, None, None].expand(M, S, J, n, places, C).contiguous()
    row = places * C
    texts = J * n * row
    if S > 1:
        texts += (grid.firsts[1] - grid.firsts[0]) * grid.step * C
    begin = (at.margin + grid.firsts[0] * grid.step + part.lo) * C
    strides = (S * J * n * row, C, texts, n * row + grid.step * C, row, 1)
    whole.as_strided((M, W, S, J, n, C), strides, begin).add_(part.data)
    kept = whole.view(M, S * J * n, places, C)
    return kept[:, :, at.margin : at.margin + at.length]


def formed(edge: Edge, x: Tensor) -> Tensor:
    """Return what the rest of a network reads, from (R, length, C) or sums (R, maps, C)."""
    if edge.weights is not None:
        return x.reshape(len(x), *edge.shape)
    if edge.form == NCL:
        return x.transpose(1, 2)
    return x.transpose(1, 2).unsqueeze(2) if edge.form == NC1L else x
