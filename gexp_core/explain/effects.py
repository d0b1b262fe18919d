"""The result of scoring variants. Owns the noun; ``explain.variants`` makes it. Loads no torch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gexp_core.errors import ModelError
from gexp_core.inputs.variants import RefMatch, Variant
from gexp_core.types import Floats, Provenance


@dataclass(frozen=True, slots=True, eq=False)
class VariantEffects:
    """Hold what a model says of V variants on T tracks.

    Attributes
    ----------
    variants : tuple of V Variant, as they were given
    tracks : tuple of T str
    y_ref, y_alt : (V, T) float32, the reading of either allele's window; nan where not scored
    percentile : (V, T) float32, 0-100, share of the background effects below this effect (equal
        ones count half); nan where not scored or where there is no background
    matches : tuple of V RefMatch
    notes : tuple of V str, why a variant was not scored, or a remark on its window, or ''
    """

    variants: tuple[Variant, ...]
    tracks: tuple[str, ...]
    y_ref: Floats
    y_alt: Floats
    percentile: Floats
    matches: tuple[RefMatch, ...]
    notes: tuple[str, ...]
    units: str
    provenance: Provenance

    def __post_init__(self) -> None:
        shape = (len(self.variants), len(self.tracks))
        for name in ("y_ref", "y_alt", "percentile"):
            if getattr(self, name).shape != shape:
                raise ModelError(f"{name} has shape {getattr(self, name).shape}, wanted {shape}")

    @property
    def effect(self) -> Floats:
        """Return (V, T) y_alt - y_ref: above 0 the alternative raises the number."""
        return np.asarray(self.y_alt - self.y_ref, np.float32)

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Return (V,) whether each variant was scored."""
        return ~np.isnan(self.y_ref[:, 0])
