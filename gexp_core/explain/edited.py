"""What losing, gaining or replacing bases did, and how it is read: the nouns of ``stretches``.

Loads no torch, so that a page can hold them.
"""

from dataclasses import dataclass

from gexp_core.errors import ModelError
from gexp_core.types import Floats, Ints, Provenance, Target


@dataclass(frozen=True, slots=True, eq=False)
class Edits:
    """Hold the effects of edits of one kind on each sequence.

    Attributes
    ----------
    names, sequences : tuples of N str
    kind : 'deletion', 'insertion' or 'stretch'
    start, end : tuples of N (E,) int64, 0-based half-open, the bases that an edit takes away;
        start = end for an insertion, which stands before that base
    letters : tuples of N tuples of E str, what an insertion puts there; '' for the others
    effect : tuple of N (E,) float32 = y_alt - y_ref, the mean over shuffles where there are any;
        nan for a stretch of which nothing can be replaced
    spread : tuple of N (E,) float32, standard deviation over shuffles, 0 where nothing is drawn,
        nan where effect is
    y_ref : (N,) float32
    """

    names: tuple[str, ...]
    sequences: tuple[str, ...]
    kind: str
    start: tuple[Ints, ...]
    end: tuple[Ints, ...]
    letters: tuple[tuple[str, ...], ...]
    effect: tuple[Floats, ...]
    spread: tuple[Floats, ...]
    y_ref: Floats
    target: Target
    units: str
    provenance: Provenance

    def __post_init__(self) -> None:
        for i, name in enumerate(self.names):
            parts = (self.start, self.end, self.letters, self.effect, self.spread)
            if len({len(part[i]) for part in parts}) != 1:
                raise ModelError(f"the edits of {name!r} do not belong together: lengths differ")


@dataclass(frozen=True, slots=True)
class Reading:
    """Choose what is read, and where; see ``single_base.mutagenesis`` for each.

    Attributes
    ----------
    window : the part that is edited, 0-based half-open on every sequence; None is all of it
    """

    target: Target | None = None
    window: tuple[int, int] | None = None
    both_strands: bool = True
    stride: int | None = None
    batch_size: int = 64
