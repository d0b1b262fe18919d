"""What sequences have to do with the training data of the model, in a note each.

Says what the page Sequences warns of, in the same measures: composition beyond the training rows,
and letters that are among them. Nothing is said of a model that came without these figures.
"""

from itertools import accumulate
from typing import TYPE_CHECKING

from gexp_core.cli.terminal import note
from gexp_core.errors import InputError, ModelError
from gexp_core.inputs.limits import APP_LIMITS
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.types import SequenceSet

if TYPE_CHECKING:
    from gexp_core.inputs.overlap import Sketch


def report_training(card: ModelCard, sequences: SequenceSet) -> None:
    """Say how many sequences are unlike the training data, and how many are among them.

    Of many or long sequences the first are compared, as many as a page of the app reads.
    """
    known = _sketch(card)
    if known is None and not card.composition:
        return
    fit = _fit(sequences)
    if not fit:
        note(
            "training data: nothing was compared with it, as the first sequence has more than "
            f"{APP_LIMITS.max_bases_total:,} bases"
        )
        return
    some, which = sequences, f"{fit:,} sequence{'s' if fit > 1 else ''}"
    if fit < len(sequences):
        some = SequenceSet(sequences.names[:fit], sequences.sequences[:fit])
        which = f"the first {fit:,} of {len(sequences):,} sequences, which were compared,"
    if outside := _outside(card, some):
        note(
            f"training data: {outside:,} of {which} {'is' if outside == 1 else 'are'} unlike every "
            f"training sequence of {card.name} in GC, dinucleotides or repetition; no held-out "
            "figure of its card holds there"
        )
    if overlapping := _overlapping(known, some):
        note(
            f"training data: {overlapping:,} of {which} "
            f"{'overlaps' if overlapping == 1 else 'overlap'} with sequences that {card.name} was "
            "trained on; its held-out figures are too good there"
        )


def _fit(sequences: SequenceSet) -> int:
    """Return how many sequences, from the first, are within the bounds of the app."""
    bases = accumulate(map(len, sequences.sequences[: APP_LIMITS.max_records]))
    return sum(total <= APP_LIMITS.max_bases_total for total in bases)


def _outside(card: ModelCard, sequences: SequenceSet) -> int:
    """Return how many sequences lie outside the training data by composition; 0 if not known.

    Figures that are not whole are a note, and stop nothing.
    """
    if not card.composition:
        return 0
    from gexp_core.inputs.composition import compare

    begin, end = card.insert
    try:
        made = compare(sequences, card.composition, end - begin)
    except InputError as error:
        note(f"training data: {error}")
        return 0
    return sum(made.verdict(i) == "outside" for i in range(len(sequences)))


def _sketch(card: ModelCard) -> "Sketch | None":
    """Return the sketch of the data that the model was trained on; None if there is none."""
    from gexp_core.inputs.overlap import read_sketch

    folder = registry.folders().get(card.name)
    try:
        known = read_sketch(folder) if folder is not None else None
    except ModelError as error:
        note(f"training data: {error}")
        return None
    if known is None or known.data_sha256 != card.training.get("data_sha256"):
        return None
    return known


def _overlapping(known: "Sketch | None", sequences: SequenceSet) -> int:
    """Return how many sequences overlap with training sequences; 0 if not known."""
    if known is None:
        return 0
    from gexp_core.inputs.overlap import shared

    return sum(one.found for one in shared(sequences, known))
