"""The nouns of first-layer filters; nothing that computes."""

from dataclasses import dataclass

from gexp_core.motifs.nouns import Motif
from gexp_core.types import Floats, Provenance


@dataclass(frozen=True, slots=True, eq=False)
class Filter:
    """Hold one filter.

    Attributes
    ----------
    channel : which it is, 0-based
    motif : the letters of the stretches that excite it most; None where fewer than 5 do. The
        contribution of a site is the filter's response there, without unit, and the cwm the
        filter's weights at those letters
    share : share of the texts looked through with a stretch that excites it, 0 to 1
    silenced : (T,) prediction with its weights set to 0 minus prediction as it is, mean over
        sequences, in the card's units; negative where the filter raises the prediction
    size : (T,) mean of the absolute change: how much the filter matters, whichever way
    """

    channel: int
    motif: Motif | None
    share: float
    silenced: Floats
    size: Floats


@dataclass(frozen=True, slots=True, eq=False)
class FilterSet:
    """Hold the filters of one network, the one that matters most first.

    Attributes
    ----------
    model, tracks, units : of the card
    member : which network of the ensemble, 0-based
    filters : with their names; sites are places in the texts that were looked through
    texts : how many texts were looked through
    read : how many sequences were read without each filter
    database : what the names are from
    """

    model: str
    tracks: tuple[str, ...]
    units: str
    member: int
    filters: tuple[Filter, ...]
    texts: int
    read: int
    database: str
    provenance: Provenance

    @property
    def motifs(self) -> tuple[Motif, ...]:
        """Return the motifs of those filters that have one."""
        return tuple(one.motif for one in self.filters if one.motif is not None)
