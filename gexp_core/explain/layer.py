"""What every layer that carries small changes can do, and layers of several networks as one.

Owns the interface; ``convolution`` and ``layers`` hold the layers. Every tensor of a layer has the
networks it belongs to as its first axis, (M, ...).

References
----------
Nair et al., fastISM, Bioinformatics 38:2397 (2022); Schreiber et al., Yuzu (2021), for computing
only what a change can reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from gexp_core.explain.changes import Grid, Part, Reference

#: A window: first place and the one after the last, from the beginning of a block.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Compute the reference, and then parts of mutants, through one layer."""

    @property
    def factor(self) -> int:
        """Return how many places of the input become one."""
        return 1

    def see(self, *before: Tensor) -> Tensor:
        """Return (M, S, length, C): what the layer gives for the whole reference."""
        raise NotImplementedError

    def span(self, *spans: Span) -> Span:
        """Return the window of the output that windows of the inputs reach."""
        return min(lo for lo, _ in spans), max(hi for _, hi in spans)

    def apply(
        self, parts: Sequence[Part], before: Sequence[Reference], after: Reference, grid: Grid
    ) -> Part:
        """Return what the layer gives for mutants; ``grid`` is that of its inputs."""
        raise NotImplementedError

    def flops(self, places: int) -> int:
        """Return the operations on ``places`` places: of the input, for a convolution."""
        return 0


def join(layers: Sequence[Layer]) -> Layer | None:
    """Return layers of several networks as one, or None where they are not alike."""
    first = layers[0]
    joined: dict[str, Any] = {}
    for one in fields(first):
        values = [getattr(layer, one.name, None) for layer in layers]
        if any(type(layer) is not type(first) for layer in layers):
            return None
        if one.name == "tables":
            joined[one.name] = {}
        elif isinstance(values[0], Tensor):
            tensors = [value for value in values if isinstance(value, Tensor)]
            if len({tensor.shape[1:] for tensor in tensors}) > 1 or len(tensors) < len(values):
                return None
            joined[one.name] = torch.cat(tensors)
        elif any(isinstance(value, Tensor) or value != values[0] for value in values):
            return None
        else:
            joined[one.name] = values[0]
    return type(first)(**joined)


def one_of(layer: Layer, m: int) -> Layer:
    """Return a layer of several networks as that of the ``m``-th alone."""
    own: dict[str, Any] = {"tables": {}} if hasattr(layer, "tables") else {}
    for one in fields(layer):
        value = getattr(layer, one.name)
        if isinstance(value, Tensor):
            own[one.name] = value[m : m + 1]
    return replace(layer, **own)
