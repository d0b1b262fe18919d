"""The results of scoring variants and random changes, and the place of one among the other.

Owns the nouns; ``explain.variants`` and ``explain.effect_background`` make them. Loads no torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gexp_core.errors import ModelError
from gexp_core.inputs.variants import RefMatch, Variant
from gexp_core.models.card import ModelCard
from gexp_core.types import Floats, Provenance

#: Changes drawn, each in a window of its own; fewer where windows are long.
DRAWN = 1_000
_FEWEST = 100
_LETTERS = 2_000_000  # of all windows together, unless that would be fewer than _FEWEST windows


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
    def strand(self) -> str:
        """Return which strand of the genome was read: '+', '-', or 'both'."""
        return str(self.provenance.settings["strand"])

    @property
    def effect(self) -> Floats:
        """Return (V, T) y_alt - y_ref: above 0 the alternative raises the number."""
        return np.asarray(self.y_alt - self.y_ref, np.float32)

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Return (V,) whether each variant was scored."""
        return ~np.isnan(self.y_ref[:, 0])


@dataclass(frozen=True, slots=True, eq=False)
class EffectBackground:
    """Hold the effects of random changes.

    Attributes
    ----------
    effects : (n, T) float32, alternative minus reference, in the card's units
    tracks : tuple of T str
    n, seed : how many changes were drawn, and with which seed
    """

    effects: Floats
    tracks: tuple[str, ...]
    n: int
    seed: int

    def by_track(self) -> Mapping[str, Floats]:
        """Return track name -> (n,) effects."""
        return {track: self.effects[:, t] for t, track in enumerate(self.tracks)}

    @property
    def words(self) -> str:
        """Return in a sentence what percentiles are among."""
        return (
            f"{self.n:,} random single-base changes, each in the middle of a window of random "
            f"letters, read by the same model in the same way (seed {self.seed})"
        )


def count(card: ModelCard) -> int:
    """Return how many changes are drawn for a model: DRAWN, fewer where its windows are long."""
    return max(_FEWEST, min(DRAWN, _LETTERS // card.input_length))


def ranked(made: VariantEffects, background: EffectBackground) -> VariantEffects:
    """Return scored variants with the percentile of each effect among the background's."""
    said: dict[str, Any] = {"kind": "random changes", "n": background.n, "seed": background.seed}
    provenance = replace(made.provenance, settings={**made.provenance.settings, "background": said})
    rank = percentiles(made.effect, made.tracks, background.by_track())
    return replace(made, percentile=rank, provenance=provenance)


def percentiles(
    effect: Floats, tracks: tuple[str, ...], background: Mapping[str, ArrayLike]
) -> Floats:
    """Return (V, T): the share, 0-100, of the background's effects below each; ties count half.

    Parameters
    ----------
    effect : (V, T) float32
    tracks : tuple of T str
    background : track name -> effects; nan among them is left out

    Returns
    -------
    (V, T) float32
        nan where the effect is, and on tracks without a background.
    """
    out = np.full(effect.shape, np.nan, np.float32)
    for t, track in enumerate(tracks):
        known = np.sort(np.asarray(background.get(track, ()), np.float64))
        known = known[~np.isnan(known)]
        if len(known):
            below = np.searchsorted(known, effect[:, t], "left")
            upto = np.searchsorted(known, effect[:, t], "right")
            out[:, t] = 50 * (below + upto) / len(known)
    out[np.isnan(effect)] = np.nan
    return out
