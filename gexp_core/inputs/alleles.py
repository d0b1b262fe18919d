"""One change of a genome: its place, its two alleles, and the one way to write it down.

Owns ``Variant`` and its normal form. Reads no file and judges no reference; see ``refcheck``.
Positions of variants are 1-based, as in VCF, and say so; everything else is 0-based half-open.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from gexp_core.encoding import BASES
from gexp_core.errors import InputError

if TYPE_CHECKING:
    from gexp_core.inputs.genome import Genome

#: Letters of one allele that are read; longer ones are no small variants.
MAX_ALLELE = 10_000
#: Bases that an indel is moved to the left; a longer exact repeat is no place for a window.
MAX_MOVED = 10_000
#: Bases before an indel that are read first when it is moved to the left; then four times as many.
READ_FIRST = 256
#: Bases before an indel that are read at most, whatever repeat it lies in.
READ_MOST = READ_FIRST * (1 + 4 + 16) + MAX_MOVED
_SHOWN = 20


class RepeatError(InputError):
    """A variant whose normal form lies too far away to be looked for."""


def short(allele: str) -> str:
    """Return an allele for a sentence: in full, or its first letters and its length."""
    if len(allele) <= _SHOWN:
        return allele
    return f"{allele[: _SHOWN // 2]}...({len(allele):,} bases)"


@dataclass(frozen=True, slots=True)
class Variant:
    """Name one change as VCF does: ``ref`` at ``pos`` of ``chrom`` becomes ``alt``.

    Attributes
    ----------
    chrom : as it was given, not yet a name of a genome
    pos : 1-based position of the first letter of ``ref``
    ref, alt : different, non-empty, upper-case A C G T
    id : what the file calls it, or ''
    """

    chrom: str
    pos: int
    ref: str
    alt: str
    id: str = ""

    def __post_init__(self) -> None:
        if not self.chrom:
            raise InputError(f"the variant at position {self.pos} has no chromosome; name one")
        if self.pos < 1:
            raise InputError(
                f"{self}: positions of variants are 1-based, {self.pos} lies before the first base"
            )
        for what, allele in (("REF", self.ref), ("ALT", self.alt)):
            if not allele:
                raise InputError(
                    f"{self}: {what} is empty; write the base before the change into both alleles, "
                    "as VCF does"
                )
            if len(allele) > MAX_ALLELE:
                raise InputError(
                    f"{self}: {what} has {len(allele):,} letters, at most {MAX_ALLELE:,} are read; "
                    "structural variants are not small variants"
                )
            if wrong := allele.strip(BASES):
                raise InputError(
                    f"{self}: {what} has {wrong[0]!r}; allowed are the upper-case letters A C G T"
                )
        if self.ref == self.alt:
            raise InputError(f"{self}: REF and ALT are the same, so nothing changes")

    def __str__(self) -> str:
        return f"{self.chrom}:{self.pos} {short(self.ref)}>{short(self.alt)}"

    @property
    def start(self) -> int:
        """Return the 0-based position of the first letter of ``ref``."""
        return self.pos - 1

    @property
    def end(self) -> int:
        """Return one past the 0-based position of the last letter of ``ref``."""
        return self.start + len(self.ref)

    @property
    def kind(self) -> str:
        """Return 'SNV', 'MNV', 'insertion', 'deletion' or 'delins', without shared bases."""
        changed = core(self)
        if not changed.ref or not changed.alt:
            return "deletion" if changed.ref else "insertion"
        if len(changed.ref) != len(changed.alt):
            return "delins"
        return "SNV" if len(changed.ref) == 1 else "MNV"


class Core(NamedTuple):
    """What really changes: the 0-based place, and both alleles without shared bases."""

    start: int
    ref: str
    alt: str


def core(variant: Variant) -> Core:
    """Return the change without the bases that its alleles share, first at the right end.

    Of a normalised variant this is the leftmost of all equal descriptions; one of the two alleles
    is empty for an insertion or deletion.
    """
    ref, alt, start = variant.ref, variant.alt, variant.start
    shortest = min(len(ref), len(alt))
    right = 0
    while right < shortest and ref[-1 - right] == alt[-1 - right]:
        right += 1
    ref, alt = ref[: len(ref) - right], alt[: len(alt) - right]
    left = 0
    while left < min(len(ref), len(alt)) and ref[left] == alt[left]:
        left += 1
    return Core(start + left, ref[left:], alt[left:])


def normalise(variant: Variant, genome: "Genome") -> Variant:
    """Return the variant as ``bcftools norm`` writes it: left-aligned, without needless bases.

    Parameters
    ----------
    variant : Variant
        Its ``ref`` must be what the genome has there; see ``refcheck.check``.
    genome : Genome

    Returns
    -------
    Variant
        The same change at the smallest position, each allele with as few letters as possible and
        at least one. Where an indel reaches the first base of a contig there is no base before
        it, and the base after it is kept instead, as VCF says; so too behind a base that is N.

    Raises
    ------
    InputError
        The genome has no such contig or place, or other letters there.
    RepeatError
        The same change can be written more than MAX_MOVED bases further left.

    References
    ----------
    Tan, Abecasis and Kang, Unified representation of genetic variants, Bioinformatics 31:2202
    (2015); the start of a contig as in bcftools vcfnorm.c (Danecek et al., GigaScience
    10:giab008, 2021).
    """
    chrom = genome.resolve(variant.chrom)
    there = genome.fetch(chrom, variant.start, variant.end)
    if there != variant.ref:
        raise InputError(
            f"{variant}: the genome has {short(there)} there, so the variant cannot be normalised; "
            "put REF right first"
        )
    ref, alt, start = variant.ref, variant.alt, variant.start
    shared = _shared_end(ref[1:], alt[1:])
    ref, alt = ref[: len(ref) - shared], alt[: len(alt) - shared]
    if start and ref[-1] == alt[-1]:  # an indel, and one allele has a single letter
        start, change, kept = _leftmost(variant, genome, chrom, start, max(ref, alt, key=len))
        ref, alt = (change, kept) if len(ref) > 1 else (kept, change)
    left = 0
    while left < min(len(ref), len(alt)) - 1 and ref[left] == alt[left]:
        left += 1
    return replace(variant, pos=start + left + 1, ref=ref[left:], alt=alt[left:])


def _leftmost(
    variant: Variant, genome: "Genome", chrom: str, start: int, longer: str
) -> tuple[int, str, str]:
    """Return where an indel lies when it is moved as far to the left as it goes.

    Parameters
    ----------
    variant : Variant
        As it was given, for the sentence.
    genome : Genome
    chrom : str
    start : int
        Where the alleles begin, at least 1; one of them is the last letter of the other.
    longer : str
        The longer allele.

    Returns
    -------
    (int, str, str)
        The new start and both alleles there, the longer one first. The shorter one is the base
        before the change, or behind it where the one before is not known (N).
    """
    moving = longer[:-1]  # the letters that come or go, between ``start`` and what follows
    moved, block = 0, READ_FIRST
    while start > 1:
        # Moved by one, the letters are turned by one: their last must be the base before them. So
        # the moves are the letters, from the right end, in which the row agrees with itself one
        # length of the change away. The contig's first base is kept in front.
        here = genome.fetch(chrom, max(1, start - block), start)
        row = here + moving
        same = _shared_end(here, row[len(moving) :])
        start, moved = start - same, moved + same
        moving = row[len(here) - same :][: len(moving)]
        if moved > MAX_MOVED:
            raise RepeatError(
                f"{variant}: it lies in an exact repeat of more than {MAX_MOVED:,} bases, in which "
                "its place cannot be told; leave this variant out"
            )
        if same < len(here):
            break
        block = min(4 * block, MAX_MOVED)
    before = genome.fetch(chrom, start - 1, start)
    if before in BASES:
        return start - 1, before + moving, before
    behind = moving[0] if moved else longer[-1]
    return start, moving + behind, behind


def _shared_end(one: str, other: str) -> int:
    """Return how many letters two texts share at their right ends."""
    most = min(len(one), len(other))
    if most and one[-most:] == other[-most:]:
        return most
    pairs = zip(reversed(one), reversed(other), strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), most)
