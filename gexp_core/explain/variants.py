"""What a variant does to a prediction: both alleles read in the same real context, and compared.

Owns the scoring of many variants. Where their windows lie is in ``variant_windows``.
"""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import ArrayLike

from gexp_core.errors import InputError
from gexp_core.explain.effects import VariantEffects, percentiles
from gexp_core.explain.variant_windows import AlleleWindows, allele_windows, strand_read
from gexp_core.inputs.genome import Genome
from gexp_core.inputs.variants import RefMatch, Variant, check
from gexp_core.models import registry
from gexp_core.models.base import Model
from gexp_core.models.card import ModelCard
from gexp_core.predict import predict
from gexp_core.types import Floats, Progress, Provenance, SequenceSet

# Bounds of what is held at once: letters of windows, and numbers read from them.
_LETTERS = 1_000_000
_NUMBERS = 4_000_000

Readings = dict[str, Floats]  # letters of a window -> (T,)


def score_variants(
    model: Model,
    genome: Genome,
    variants: Sequence[Variant],
    *,
    both_strands: bool = True,
    strand: str = "+",
    shifts: Sequence[int] = (0,),
    background: Mapping[str, ArrayLike] | None = None,
    batch_size: int = 64,
    progress: Progress | None = None,
) -> VariantEffects:
    """Predict both alleles of every variant in the genome's own context.

    Parameters
    ----------
    model : Model
    genome : Genome
    variants : sequence of V Variant
        Not necessarily normalised; a variant gets the same numbers however it is written.
    both_strands : bool
        Average the reading of a window and of its reverse complement, where the model reads both.
    strand : str
        Of the genome, '+' or '-': on which the windows lie where one is read. Places and alleles
        are those of the plus strand either way.
    shifts : sequence of int
        Average over windows moved by these numbers of bases to the right, say (-8, 0, 8).
    background : track name -> effects, optional
        What percentiles are among. Without it they are nan; ``effect_background`` draws one.
    batch_size : int
        Windows per forward pass; results do not depend on it beyond float32 rounding.
    progress : callable, optional
        Called with (variants done, variants in all); it may raise to stop.

    Returns
    -------
    VariantEffects
        A window holds as many letters as varied in the assay, the change in its middle; see
        ``variant_windows``. A reading is the mean over strands, members, shifts and the window's
        bins. A variant whose REF is not the genome's, or which fits no window, is kept with nan
        and a note.

    Raises
    ------
    InputError
        No variant or no shift was given, or '-' for a model that reads both strands.
    """
    if not variants or not shifts:
        raise InputError("no variant or no shift was given; give at least one of each")
    card = model.card
    read_on = strand_read(card, both_strands, strand)
    total, done = len(variants), 0
    matches: list[RefMatch] = []
    notes: list[str] = []
    y = np.full((2, total, len(card.tracks)), np.nan, np.float32)  # reference, alternative
    readings: Readings = {}
    rest = iter(variants)
    while part := list(islice(rest, _at_once(card, len(shifts)))):
        plan = [_windows(variant, genome, card, shifts) for variant in part]
        matches += [match for match, _, _ in plan]
        notes += [note for _, note, _ in plan]
        # of each variant, for each shift, the letters of the reference and the alternative
        texts = [[pair.read_on(strand) for pair in pairs] for _, _, pairs in plan]
        wanted = [text for pairs in texts for pair in pairs for text in pair]

        def tick(read: int, of: int, done: int = done, n: int = len(part)) -> None:
            if progress:
                progress(done + n * read // of, total)

        # What the last part read is kept, so that neighbours share windows across the border.
        readings = _read(model, wanted, readings, both_strands, batch_size, tick)
        for i, pairs in enumerate(texts, done):
            if pairs:
                y[:, i] = np.mean([[readings[ref], readings[alt]] for ref, alt in pairs], 0)
        done += len(part)
        if progress:
            progress(done, total)
    tracks = tuple(track.name for track in card.tracks)
    settings = {
        "work": "variants",
        "both_strands": card.reads_both(both_strands),
        "strand": read_on,
        "shifts": list(shifts),
        "genome": genome.name,
        "build": genome.build().name,
        "background": {} if background is None else {k: np.size(v) for k, v in background.items()},
    }
    return VariantEffects(
        variants=tuple(variants),
        tracks=tracks,
        y_ref=y[0],
        y_alt=y[1],
        percentile=percentiles(y[1] - y[0], tracks, background or {}),
        matches=tuple(matches),
        notes=tuple(notes),
        units=card.units,
        provenance=Provenance(digest(variants), card.name, card.sha256, settings),
    )


def score_named(
    model: str,
    genome: Genome,
    variants: Sequence[Variant],
    *,
    both_strands: bool = True,
    strand: str = "+",
    shifts: Sequence[int] = (0,),
    progress: Progress | None = None,
) -> VariantEffects:
    """Score with the model called ``model``; otherwise as ``score_variants``."""
    return score_variants(
        registry.load(model),
        genome,
        variants,
        both_strands=both_strands,
        strand=strand,
        shifts=shifts,
        progress=progress,
    )


def digest(variants: Sequence[Variant]) -> str:
    """Return the sha256 over places and alleles, hexadecimal."""
    hashed = hashlib.sha256()
    for one in variants:
        hashed.update(f"{one.chrom}\t{one.pos}\t{one.ref}\t{one.alt}\n".encode())
    return hashed.hexdigest()


def _at_once(card: ModelCard, shifts: int) -> int:
    """Return how many variants are read together, so that memory stays bounded."""
    each = 2 * shifts
    numbers = card.bins * len(card.tracks)
    return max(1, min(_LETTERS // (each * card.input_length), _NUMBERS // (each * numbers)))


def _windows(
    variant: Variant, genome: Genome, card: ModelCard, shifts: Sequence[int]
) -> tuple[RefMatch, str, list[AlleleWindows]]:
    """Return the check of a variant, what is to be noted, and its windows; none if not scored."""
    match = check(variant, genome)
    if not match.ok:
        return match, match.sentence, []
    width = card.insert[1] - card.insert[0]
    try:
        made = [allele_windows(variant, genome, width, shift=shift) for shift in shifts]
    except InputError as error:
        return match, str(error), []
    moved = next((pair.note for pair in made if pair.note), "")
    middle = made[shifts.index(0) if 0 in shifts else 0]  # the window that pages show
    return match, "; ".join(filter(None, (moved, middle.unknown_note))), made


def _read(
    model: Model,
    wanted: Sequence[str],
    known: Readings,
    both_strands: bool,
    batch_size: int,
    tick: Progress,
) -> Readings:
    """Return the reading of every wanted window; each is read once, those in ``known`` not at all.

    A window that is as long as the model's whole input is laid into it by ``predict``, as any
    sequence is.
    """
    new = [text for text in dict.fromkeys(wanted) if text not in known]
    found = {text: known[text] for text in wanted if text in known}
    if new:
        names = tuple(str(i) for i in range(len(new)))
        made = predict(
            model,
            SequenceSet(names, tuple(new)),
            both_strands=both_strands,
            batch_size=batch_size,
            progress=tick,
        )
        found.update(zip(new, made.means(), strict=True))
    return found
