"""Regions of a genome, in one place: typed, read from BED, centred in a window, taken out.

Owns no code: one region is in ``intervals``, lists of them in ``bed``, their letters in
``extract``.
"""

from gexp_core.inputs.bed import REGION_KINDS, Read, parse_regions, read_bed
from gexp_core.inputs.extract import EXTRACT_KINDS, extract
from gexp_core.inputs.intervals import (
    NamedInterval,
    centred,
    format_bed,
    format_region,
    parse_region,
    shift,
)

__all__ = [
    "EXTRACT_KINDS",
    "REGION_KINDS",
    "NamedInterval",
    "Read",
    "centred",
    "extract",
    "format_bed",
    "format_region",
    "parse_region",
    "parse_regions",
    "read_bed",
    "shift",
]
