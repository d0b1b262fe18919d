"""What tokens are called, and the numbers that stand below a matrix or its arcs; draws nothing."""

from typing import NamedTuple

from gexp_core.explain.attention_map import AttentionMap, effect_sizes, received
from gexp_core.figures.palette import ACCENT, MARK
from gexp_core.types import Floats, Mutagenesis


class TokenProfile(NamedTuple):
    """Hold a number per token, values (Q,), nan where there is none, and how it is drawn."""

    title: str
    unit: str
    values: Floats
    colour: str


def token_profiles(
    made: AttentionMap, row: int, matrix: Floats, mutagenesis: Mutagenesis | None
) -> list[TokenProfile]:
    """Return what tokens receive in a matrix, and the size of the effects where they are known."""
    found = [TokenProfile("received", "multiples of an even share", received(matrix), ACCENT)]
    if mutagenesis is not None:
        at = mutagenesis.names.index(made.names[made.row_sequence[row]])
        sizes = effect_sizes(made, row, mutagenesis, at)
        found.append(TokenProfile("|effect|", made.units, sizes, MARK))
    return found


def places(made: AttentionMap, row: int) -> list[str]:
    """Return the bases of each token in words, 1-based; beyond the sequence lies background."""
    inside = made.inside(row)
    return [
        f"{first + 1:,}{'-' if first >= 0 else ' to '}{last:,}"
        + ("" if inside[token] else " (background)")
        for token, (first, last) in enumerate(zip(*made.bases(row), strict=True))
    ]
