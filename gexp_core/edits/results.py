"""What asking about edits gives: interactions of changes, and designs.

Owns the two nouns with their invariants. Loads no torch, so that a page can read a result that a
worker made.
"""

from dataclasses import dataclass

from gexp_core.edits.goals import DesignSettings
from gexp_core.errors import ModelError
from gexp_core.types import Floats, Provenance, Target


@dataclass(frozen=True, slots=True, eq=False)
class Epistasis:
    """Hold how every single-base change and one chosen change work together.

    Attributes
    ----------
    name : of the sequence
    sequence, changed : L letters each, without and with the chosen change
    interaction : (4, L) float32 = y(both) - y(chosen alone) - y(single alone) + y(neither), in
        the model's units: what the two do together beyond the sum of what each does alone. 0 at
        the base that is there; nan where the chosen change itself lies
    y_ref, y_changed : the number of the sequence, without and with the chosen change
    """

    name: str
    sequence: str
    changed: str
    interaction: Floats
    y_ref: float
    y_changed: float
    target: Target
    units: str
    provenance: Provenance

    def __post_init__(self) -> None:
        if self.interaction.shape != (4, len(self.sequence)):
            raise ModelError(
                f"interactions have shape {self.interaction.shape}, wanted "
                f"(4, {len(self.sequence)})"
            )


@dataclass(frozen=True, slots=True)
class Designed:
    """Hold one designed sequence.

    Attributes
    ----------
    sequence : letters
    edits : (0-based position, new base) in the order they were made
    y : the number of every track
    score : what was maximised
    """

    sequence: str
    edits: tuple[tuple[int, str], ...]
    y: tuple[float, ...]
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Hold what a search found.

    Attributes
    ----------
    start : the sequence as given, with no edit
    path : the best sequence after 0, 1, 2, ... changes; each scores higher than the one before
    beam : the sequences carried at the last step, best first
    """

    name: str
    path: tuple[Designed, ...]
    beam: tuple[Designed, ...]
    tracks: tuple[str, ...]
    target: Target
    units: str
    settings: DesignSettings
    provenance: Provenance

    @property
    def start(self) -> Designed:
        """Return the sequence as it was given."""
        return self.path[0]

    @property
    def best(self) -> Designed:
        """Return the best sequence found."""
        return self.path[-1]
