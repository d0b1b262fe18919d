"""Which of the many matrices of an AttentionMap is looked at, and what it is called.

Owns the words; the numbers are ``attention_map``'s.
"""

from dataclasses import dataclass

from gexp_core.errors import InputError
from gexp_core.explain.attention_map import STRANDS, AttentionMap
from gexp_core.types import Floats

#: kind -> (name for people, what an entry is)
KINDS = {
    "map": (
        "Attention",
        "the share of its attention that a token gives to another; each row sums to 1",
    ),
    "rollout": (
        "Rollout",
        "how much of a token's input reaches another after all layers, half of it by attention "
        "and half past it in each; each row sums to 1",
    ),
    "gradient": (
        "Gradient-weighted rollout",
        "attention that raises this prediction, followed through the layers; what lowers it is "
        "left out",
    ),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Choose one matrix, or the mean over whatever is left open (None); numbers are 0-based.

    Attributes
    ----------
    kind : one of KINDS; layer and head are of 'map' alone, as a rollout goes through all of them
    """

    kind: str = "map"
    network: int | None = None
    strand: int | None = None
    layer: int | None = None
    head: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"kind {self.kind!r} is not one of {', '.join(KINDS)}")
        if self.kind != "map" and (self.layer, self.head) != (None, None):
            raise InputError(
                f"{KINDS[self.kind][0]} goes through all layers and heads; leave layer and head out"
            )

    def matrix(self, made: AttentionMap, row: int) -> Floats:
        """Return (Q, Q): what was chosen of window ``row``."""
        if self.kind == "rollout":
            return made.rollout(row, network=self.network, strand=self.strand)
        if self.kind == "gradient":
            return made.weighted(row, network=self.network, strand=self.strand)
        return made.map(
            row, network=self.network, strand=self.strand, layer=self.layer, head=self.head
        )

    def words(self, made: AttentionMap) -> str:
        """Return what the matrix is, averages named as such."""
        single, averaged = [], []
        counts = (
            ("layer", self.layer, made.layers),
            ("head", self.head, made.heads),
            ("network", self.network, made.networks),
            ("strand", self.strand, made.strands),
        )
        for name, at, count in counts:
            if self.kind != "map" and name in ("layer", "head"):
                continue
            if at is not None:
                single.append(STRANDS[at] if name == "strand" else f"{name} {at + 1}")
            elif count > 1:
                averaged.append(f"{count} {name}s")
        over = f"mean over {_listed(averaged)}" if averaged else ""
        return ", ".join(part for part in (KINDS[self.kind][0], *single, over) if part)

    def unit(self, made: AttentionMap) -> str:
        """Return what an entry is counted in, in a few words for a scale of colours."""
        if self.kind == "gradient":
            return f"gradient-weighted, {made.units}"
        return "share of attention" if self.kind == "map" else "share of input"

    def entry(self, made: AttentionMap) -> str:
        """Return what an entry is, in words that follow 'is'."""
        return KINDS[self.kind][1] + (f"; in {made.units}" if self.kind == "gradient" else "")

    def caution(self, made: AttentionMap) -> str:
        """Return one sentence where the average mixes what does not belong together, else ''."""
        if self.head is not None and self.network is None and made.networks > 1:
            return (
                f"Head {self.head + 1} of one network is not head {self.head + 1} of another: "
                "choose one network to see a head."
            )
        return ""


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
