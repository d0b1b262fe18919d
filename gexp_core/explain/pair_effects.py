"""The noun of pairs: what every double change in a window does beyond its two single ones.

Owns its invariants; computes nothing and loads no torch.
"""

from dataclasses import dataclass

import numpy as np

from gexp_core.errors import ModelError
from gexp_core.types import Floats, Provenance, Target

#: Bases of a window whose pairs are read: 9 * 60 * 59 / 2 = 15,930 double changes.
MOST = 60


@dataclass(frozen=True, slots=True, eq=False)
class PairEffects:
    """Hold how all pairs of single-base changes in a window work together.

    Attributes
    ----------
    name, sequence : the whole sequence
    window : (start, end), 0-based half-open, W bases
    interaction : (4, W, 4, W) float32, [a, i, b, k] = y(both) - y(a at i) - y(b at k) + y(neither),
        in the model's units: what letter a at base i and letter b at base k do together beyond the
        sum of what each does alone. Symmetric; 0 where a or b is the letter that stands there; nan
        for two letters at one base
    effect : (4, W) float32 = y(single) - y(neither)
    y_ref : the number of the sequence itself
    """

    name: str
    sequence: str
    window: tuple[int, int]
    interaction: Floats
    effect: Floats
    y_ref: float
    target: Target
    units: str
    provenance: Provenance

    def __post_init__(self) -> None:
        width = self.window[1] - self.window[0]
        if self.interaction.shape != (4, width, 4, width) or self.effect.shape != (4, width):
            raise ModelError(
                f"interactions have shape {self.interaction.shape}, wanted (4, {width}, 4, {width})"
            )

    def strength(self) -> Floats:
        """Return (W, W): the largest size of an interaction of two bases; nan on the diagonal."""
        sizes = np.abs(self.interaction).max((0, 2))
        return np.asarray(sizes, np.float32)
