"""Whether a variant's REF is what the genome has, and what to do when it is not.

Owns the check of one variant, its remedies, and what many mismatches together mean. A remedy is
offered, never taken: whoever asks chooses.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError
from gexp_core.inputs.alleles import Variant, short
from gexp_core.inputs.names import MAX_NAME, printable
from gexp_core.types import Change

if TYPE_CHECKING:
    from gexp_core.inputs.genome import Genome

#: Labels of the remedies, in the order in which they are offered.
SWAP, STRAND, AFTER, BEFORE = REMEDIES = (
    "swap REF and ALT",
    "other strand",
    "one position later",
    "one position earlier",
)
#: Kind of the change that says that a header is of another build than the genome.
OTHER_BUILD = "other build"

_MANY = 4  # mismatches from which on their pattern says something
_SHARE = 0.8  # share of the mismatches that one remedy must mend to be named as the cause


@dataclass(frozen=True, slots=True)
class RefMatch:
    """Say whether REF is what the genome has.

    Attributes
    ----------
    ok : bool
    sentence : what was found, in words
    remedies : (label, variant) pairs whose REF is what the genome has; labels are REMEDIES
    found : whether the genome has the place at all, so that ``ok`` speaks of letters
    """

    ok: bool
    sentence: str
    remedies: tuple[tuple[str, Variant], ...] = ()
    found: bool = True

    def remedy(self, label: str) -> Variant | None:
        """Return the variant that the remedy called ``label`` gives, or None."""
        return dict(self.remedies).get(label)


def check(variant: Variant, genome: "Genome") -> RefMatch:
    """Compare a variant's REF with the genome.

    Returns
    -------
    RefMatch
        ``ok`` where the letters agree. Elsewhere the remedies that would make them agree: REF and
        ALT swapped, both read from the other strand, the position shifted by one (0-based
        coordinates taken for 1-based, or the reverse).
    """
    try:
        chrom = genome.check(variant.chrom, variant.start, variant.end)
    except InputError as error:
        return RefMatch(False, f"{variant}: {error}", found=False)
    there = genome.fetch(chrom, variant.start, variant.end)
    if there == variant.ref:
        return RefMatch(True, f"{variant}: REF is what {chrom} has there")
    remedies = _remedies(variant, genome, chrom)
    if "N" in there:
        advice = "the base is not known in this genome; choose another genome or variant"
    elif remedies:
        advice = f"it would match with: {', or '.join(label for label, _ in remedies)}"
    else:
        advice = "neither strand nor a shift by one explains it; is it from another genome build?"
    said = f"REF says {short(variant.ref)}, {_called(genome)} has {short(there)} there"
    return RefMatch(False, f"{variant}: {said}; {advice}", remedies)


def _called(genome: "Genome") -> str:
    return repr(genome.name) if genome.name else "the genome"


def _remedies(variant: Variant, genome: "Genome", chrom: str) -> tuple[tuple[str, Variant], ...]:
    turned = replace(
        variant, ref=reverse_complement(variant.ref), alt=reverse_complement(variant.alt)
    )
    tries = {
        SWAP: replace(variant, ref=variant.alt, alt=variant.ref),
        STRAND: turned,
        AFTER: replace(variant, pos=variant.pos + 1),
    }
    if variant.pos > 1:
        tries[BEFORE] = replace(variant, pos=variant.pos - 1)
    return tuple((label, tried) for label, tried in tries.items() if _fits(tried, genome, chrom))


def _fits(variant: Variant, genome: "Genome", chrom: str) -> bool:
    return (
        variant.end <= genome.contigs[chrom]
        and genome.fetch(chrom, variant.start, variant.end) == variant.ref
    )


def diagnose(checks: Sequence[RefMatch], genome: "Genome") -> str:
    """Return what mismatches of many variants have in common, in one sentence; '' if nothing.

    A base matches by chance once in four, so a single mismatch says little about its cause. When
    one remedy mends at least 80 % of four or more mismatches, it is named; when none does, and
    most variants do not match, another genome build is. Variants whose place the genome does not
    have are no mismatches; see ``absent``.
    """
    there = [checked for checked in checks if checked.found]
    wrong = [checked for checked in there if not checked.ok]
    if len(wrong) < _MANY:
        return ""
    mended = Counter(label for checked in wrong for label, _ in checked.remedies)
    best = max(REMEDIES, key=lambda label: mended[label])
    what = f"{len(wrong):,} of {len(there):,} variants do not match {_called(genome)}"
    if mended[best] >= _SHARE * len(wrong):
        cause = {
            SWAP: "REF and ALT seem to be swapped throughout",
            STRAND: "the alleles seem to be written on the other strand",
            AFTER: "the positions seem to be 0-based, VCF is 1-based",
            BEFORE: "the positions seem to be counted from 2, VCF is 1-based",
        }[best]
        return f"{what}, and '{best}' mends {mended[best]:,} of them: {cause}"
    if len(wrong) > 0.4 * len(there):
        known = genome.build().name
        here = f" ({known})" if known else ""
        return (
            f"{what}, and no single remedy mends them: the variants are probably from another "
            f"build than this genome{here}; lift them over, or choose the genome they belong to"
        )
    return ""


def absent(checks: Sequence[RefMatch], genome: "Genome") -> str:
    """Return how many variants lie where the genome has no place, and why the first; '' if none."""
    nowhere = [checked for checked in checks if not checked.found]
    if not nowhere:
        return ""
    return (
        f"{len(nowhere):,} of {len(checks):,} variants have no place in {_called(genome)}; the "
        f"first is {nowhere[0].sentence}"
    )


def other_build(said: Iterable[tuple[str, int]], genome: "Genome") -> tuple[Change, ...]:
    """Return one change if the contig lengths that a header states are not the genome's, else none.

    Contigs that the genome does not have are not compared.
    """
    for name, length in said:
        here = genome.find(name)
        if here is not None and genome.contigs[here] != length:
            text = (
                f"the VCF's header says that {printable(name)[:MAX_NAME]} has {length:,} bases, "
                f"the genome has {genome.contigs[here]:,}: they are different builds; choose the "
                "genome the variants belong to, or lift them over"
            )
            return (Change("", OTHER_BUILD, 1, text),)
    return ()
