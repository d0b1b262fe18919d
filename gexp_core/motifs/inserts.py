"""Whole constructs among the sequences that motifs are looked for in.

Motifs are looked for in what varied in the assay: the constant flanks of a construct are alike in
all and say nothing of it. Owns how found places are laid back on the constructs.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from gexp_core.explain.baselines import insert_of
from gexp_core.models.card import ModelCard
from gexp_core.motifs.nouns import MotifSet, Seqlet, Site
from gexp_core.types import SequenceSet

_Place = TypeVar("_Place", Seqlet, Site)


def inserts(sequences: SequenceSet, card: ModelCard) -> tuple[SequenceSet, tuple[int, ...]]:
    """Return each sequence between the assay's flanks, if it has them, and where that begins."""
    parts = [insert_of(text, card) for text in sequences.sequences]
    texts = (text[a:b] for text, (a, b) in zip(sequences.sequences, parts, strict=True))
    return SequenceSet(sequences.names, tuple(texts)), tuple(begin for begin, _ in parts)


def laid_back(found: MotifSet, sequences: SequenceSet, begins: Sequence[int]) -> MotifSet:
    """Return motifs of the inserts of ``sequences`` with their places on the sequences."""

    def moved(place: _Place) -> _Place:
        by = begins[place.sequence]
        return replace(place, start=place.start + by, end=place.end + by)

    motifs = tuple(replace(one, sites=tuple(map(moved, one.sites))) for one in found.motifs)
    at_work = found.at_work
    if at_work is not None:
        by = np.array([[0, begin] for begin in begins], np.int64)
        known = (replace(one, places=one.places + by[one.places[:, 0]]) for one in at_work.motifs)
        at_work = replace(at_work, motifs=tuple(known))
    return replace(
        found,
        sequences=sequences.sequences,
        motifs=motifs,
        seqlets=tuple(map(moved, found.seqlets)),
        at_work=at_work,
        provenance=replace(found.provenance, input_digest=sequences.digest),
    )
