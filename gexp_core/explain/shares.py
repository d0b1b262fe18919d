"""What one mutant costs beside one forward pass, from the sizes of an architecture alone.

Owns the counting: multiplications and additions of convolutions, matrix products and recurrent
steps; norms, activations and maxima are left out. Loads no torch. ``plans`` counts the same on
loaded networks, and a test compares the two.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gexp_core.models.card import ModelCard

#: Bases whose mutants share a window: wider wastes work inside it, narrower starts more calls.
WIDTH = 4

#: Tokens that the mutants of neighbouring bases change, of a tower as the bundled one's.
_TOKENS = 4


@dataclass(frozen=True, slots=True)
class Step:
    """Hold a convolution of ``before`` to ``after`` channels, then a maximum over ``pool``.

    ``beside`` operations are done with each of its places, elsewhere in the network.
    """

    before: int
    after: int
    kernel: int
    dilation: int = 1
    pool: int = 1
    beside: float = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """Hold operations of one network.

    Attributes
    ----------
    whole : of one forward pass
    rest : of what follows the layers that carry small changes
    mutant : of one mutant in those layers
    behind : of one mutant in the rest, where a tail reads it (``tail``); else it is run whole
    """

    whole: float
    rest: float
    mutant: float
    behind: float | None = None

    @property
    def share(self) -> float:
        """Return what one mutant takes, as a share of a forward pass."""
        rest = self.rest if self.behind is None else self.behind
        return min(1.0, (self.mutant + rest) / self.whole)


def counted(
    card: ModelCard, rows: tuple[int, int] | None = None, member: int = 0
) -> Counted | None:
    """Return the operations of one member of a model, ``rows`` of whose bins are explained.

    None where the architecture is not known here, or the card leaves sizes to their defaults.
    """
    known = _KNOWN.get(card.architecture)
    bins = rows[1] - rows[0] if rows else card.bins
    try:
        return known(card.sizes(member), card.input_length, bins) if known else None
    except KeyError:
        return None


def share(card: ModelCard, rows: tuple[int, int] | None = None) -> float:
    """Return what one mutant takes, as a share of a forward pass; 1 where that is not known."""
    made = [counted(card, rows, member) for member in range(card.members)]
    known = [one for one in made if one is not None]
    whole = sum(one.whole for one in known)
    return sum(one.share * one.whole for one in known) / whole if whole else 1.0


def _steps(steps: list[Step], length: int, each_token: float = 0) -> tuple[float, float, int]:
    """Return operations on the whole length and for one mutant, and the length that is left.

    ``each_token`` operations on each place of what is left are counted too.
    """
    space = math.prod(step.pool for step in steps)
    wide = min(WIDTH, space)
    whole = mutant = 0.0
    for offset in range(0, space, wide):
        lo, hi = offset, offset + wide
        for i, step in enumerate(steps):
            each = 2.0 * step.before * step.after * step.kernel
            # letters are exchanged by adding a row of a table
            reached = hi - lo + (step.kernel - 1) * step.dilation
            touched = (hi - lo) * each if i else reached * step.after
            mutant += touched * wide / space
            around = step.kernel // 2 * step.dilation
            mutant += (hi - lo + 2 * around) * step.beside * wide / space
            lo, hi = (lo - around) // step.pool, -(-(hi + around) // step.pool)
        mutant += (hi - lo) * each_token * wide / space
    for step in steps:
        whole += length * (2.0 * step.before * step.after * step.kernel + step.beside)
        length //= step.pool
    return whole + each_token * length, mutant, length


def _reductions(config: Mapping[str, Any]) -> list[Step]:
    """Return the convolutions that halve the length, as the reporter networks begin."""
    widths = list(config["widths"])
    kernels = [config["stem_kernel"], *[config["kernel"]] * (len(widths) - 1)]
    sizes = zip([4, *widths[:-1]], widths, kernels, strict=True)
    return [Step(before, after, kernel, pool=2) for before, after, kernel in sizes]


def _head(features: int, config: Mapping[str, Any]) -> float:
    hidden, tracks = int(config["hidden"]), int(config["tracks"])
    return 2.0 * hidden * (features + tracks)


def _conv(config: Mapping[str, Any], length: int, bins: int) -> Counted:
    steps: list[Step] = []
    for reduce, repeats in zip(_reductions(config), config["repeats"], strict=True):
        width = reduce.after
        steps.append(reduce)
        steps += [Step(width, width, config["kernel"], 2**i) for i in range(repeats)]
    whole, mutant, left = _steps(steps, length)
    features = config["maps"] * config["widths"][-1]
    rest = _head(features, config)
    return Counted(whole + rest + 2.0 * features * (left // 2), rest, mutant)


def _attention(config: Mapping[str, Any], length: int, bins: int) -> Counted:
    width = config["widths"][-1]
    steps = _reductions(config)
    steps += [Step(width, width, config["kernel"], 2**i) for i in range(config["repeats"])]
    first = 6.0 * width * width  # of a token: query, key and value, before tokens meet
    whole, mutant, tokens = _steps(steps, length, first)
    block = tokens * (first + 2.0 * width * width * (1 + 2 * config["expansion"]))
    block += 4.0 * tokens * tokens * width
    rest = config["layers"] * block - first * tokens
    rest += 4.0 * width * tokens + _head(2 * width, config)
    return Counted(whole + rest, rest, mutant)


def _recurrent(config: Mapping[str, Any], length: int, bins: int) -> Counted:
    layers = _reductions(config)
    whole, mutant, steps = _steps(layers, length)
    states = config["states"]
    reading, keeping = 16.0 * states * config["widths"][-1], 16.0 * states * states
    head = _head(4 * states, config)
    rest = (reading + keeping + 8.0 * states) * steps + head
    # either direction begins at the change: together as many steps as there are, and the changed
    reached = _reached(layers)
    behind = reading * reached + (keeping + 8.0 * states) * (steps + reached) / 2 + head
    return Counted(whole + rest, rest, mutant, min(behind, rest))


def _reached(steps: list[Step]) -> float:
    """Return how many places behind the steps one block of changed letters reaches."""
    space = math.prod(step.pool for step in steps)
    wide = min(WIDTH, space)
    total = 0
    for offset in range(0, space, wide):
        lo, hi = offset, offset + wide
        for step in steps:
            around = step.kernel // 2 * step.dilation
            lo, hi = (lo - around) // step.pool, -(-(hi + around) // step.pool)
        total += hi - lo
    return total * wide / space


def _baskerville(config: Mapping[str, Any], length: int, bins: int) -> Counted:
    widths = [config["stem_width"], *config["widths"]]
    kernels = [config["stem_kernel"], *[config["kernel"]] * (len(widths) - 1)]
    sizes = zip([4, *widths[:-1]], widths, kernels, strict=True)
    width, keys = widths[-1], config["heads"] * config["key_size"]
    first = 2.0 * width * (2 * keys + width)
    joined = len(widths) - config["rises"]  # the last steps of the tower are joined on the way up
    steps = [
        Step(*size, pool=2, beside=2.0 * size[1] * width if i >= joined else 0)
        for i, size in enumerate(sizes)
    ]
    whole, mutant, tokens = _steps(steps, length, first)
    alone = 2.0 * width * width * (1 + 2 * config["expansion"])  # of a token that has read
    reading = 2.0 * tokens * (3 * keys + width)  # of a token: by place, by content, and values
    block = tokens * (first + alone + reading)
    up, places = 0.0, float(tokens)
    for _ in range(config["rises"]):
        up += 2.0 * places * width * width
        places *= 2
        up += 2.0 * places * width * (config["rise_kernel"] + width)
    head = 2.0 * width * config["tracks"]
    rest = config["layers"] * block - first * tokens + up
    rest += head * (places - 2 * config["crop"])

    under = min(tokens, 2 + bins // 2 ** config["rises"])  # tokens beneath the explained bins
    wide = min(tokens, _TOKENS)
    behind = tokens * (alone + 2.0 * wide * (keys + width)) + wide * reading
    if config["layers"] > 1:
        behind += (config["layers"] - 2) * block
        behind += tokens * (first - 2.0 * width * keys)
        behind += under * (2.0 * width * keys + alone + reading)
    behind += up * under / tokens + head * bins
    return Counted(whole + rest, rest, mutant, behind)


_KNOWN: dict[str, Callable[[Mapping[str, Any], int, int], Counted]] = {
    "conv": _conv,
    "attention": _attention,
    "recurrent": _recurrent,
    "baskerville": _baskerville,
}
