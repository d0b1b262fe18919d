"""The windows of variants as sequences, for the other pages.

Owns their names and what is said of where they are from.
"""

from collections.abc import Sequence
from dataclasses import replace

from gexp_core.errors import InputError
from gexp_core.explain.variant_windows import allele_windows
from gexp_core.inputs import Genome
from gexp_core.inputs.variants import Variant, check
from gexp_core.models.card import ModelCard
from gexp_core.types import Origin, SequenceSet

_SIDES = {"+": "_plus", "-": "_minus", "both": ""}  # where one strand is read, names say which
_TURNED = "read on the minus strand (reverse complement)"


def names(variant: Variant, strand: str) -> tuple[str, str]:
    """Return the names of both windows, without blanks: of a FASTA header a name is one word.

    ``strand``: what is read of the genome, '+', '-' or 'both'.
    """
    name = "_".join(str(variant).split()) + _SIDES[strand]
    return f"{name}_reference", f"{name}_alternative"


def of_other_strand(sequences: SequenceSet, variant: Variant, strand: str) -> bool:
    """Return whether sequences hold a variant's windows of the strand that was not read."""
    others = {"+": ("-",), "-": ("+", "both"), "both": ()}[strand]
    return any(names(variant, one)[0] in sequences.names for one in others)


def window_set(
    variants: Sequence[Variant], genome: Genome, card: ModelCard, strand: str, *, most: int
) -> SequenceSet | None:
    """Return both windows of the first ``most`` variants that have them; None if none has.

    Letters are as the model reads them: with the strand '-' the reverse complement.
    """
    letters: dict[str, tuple[str, Origin]] = {}
    width = card.insert[1] - card.insert[0]
    side = "-" if strand == "-" else "+"  # of the letters
    turned = (_TURNED,) if side == "-" else ()
    for variant in variants:
        if len(letters) >= 2 * most:
            break
        if not check(variant, genome).ok:
            continue
        try:
            pair = allele_windows(variant, genome, width)
        except InputError:
            continue
        source = f"{genome.name}, around {variant}"
        edit = f"{variant} written into the genome's letters"
        (ref, alt), (one, other) = pair.read_on(side), names(variant, strand)
        letters[one] = ref, Origin(source, replace(pair.interval, strand=side), turned)
        letters[other] = alt, Origin(source, None, (edit, *turned))
    if not letters:
        return None
    texts, origins = zip(*letters.values(), strict=True)
    return SequenceSet(tuple(letters), texts, origins)
