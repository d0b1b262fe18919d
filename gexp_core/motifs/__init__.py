"""Motifs: the words a model reads, found in its scores, named, placed and tested.

The nouns, settings and files of known motifs are light; what computes loads on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gexp_core.motifs.credited import AtWork, Credited
from gexp_core.motifs.meme import Known, read_meme
from gexp_core.motifs.nouns import Calling, Match, Motif, MotifSet, Seqlet, Site

if TYPE_CHECKING:
    from gexp_core.motifs.at_work import known_at_work
    from gexp_core.motifs.discovery import DiscoverySettings, discover
    from gexp_core.motifs.finding import find_motifs
    from gexp_core.motifs.naming import name
    from gexp_core.motifs.scanning import scan

__all__ = [
    "AtWork",
    "Calling",
    "Credited",
    "DiscoverySettings",
    "Known",
    "Match",
    "Motif",
    "MotifSet",
    "Seqlet",
    "Site",
    "discover",
    "find_motifs",
    "known_at_work",
    "name",
    "read_meme",
    "scan",
]

_LAZY = {
    "DiscoverySettings": "discovery",
    "discover": "discovery",
    "find_motifs": "finding",
    "known_at_work": "at_work",
    "name": "naming",
    "scan": "scanning",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
