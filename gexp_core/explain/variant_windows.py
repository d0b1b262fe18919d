"""The two windows of a variant: the genome's letters around it, with either allele.

Owns where a window lies and which flank an insertion pushes out or a deletion draws in. Reads no
model; loads no torch.

With W letters in a window, and the change without shared bases at [s, s + r) of the contig (r
letters become a):

- the reference window is the W letters from s - (W - max(r, a, 1)) // 2, so that the longer allele
  stands in its middle; moved by ``shift``; moved, never shortened, where a contig ends;
- the alternative window begins at the same base. Everything left of the change stays where it is
  in the window; on the right an insertion pushes the last bases out and a deletion draws in the
  bases that follow in the genome;
- only where the contig ends too soon for that, the alternative window ends at the same base
  instead, the left flank gives or takes the bases, and a note says so;
- on the minus strand the same two windows are read, each as its reverse complement.
"""

from dataclasses import dataclass

from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError
from gexp_core.inputs.genome import Genome
from gexp_core.inputs.variants import Variant, core, normalise
from gexp_core.models.card import ModelCard
from gexp_core.types import Interval

#: What is read of windows -> in words.
WORDS = {"+": "the plus strand", "-": "the minus strand", "both": "both strands"}

_LEFT = "the contig ends too soon, so the left flank gives or takes bases in place of the right one"


@dataclass(frozen=True, slots=True)
class AlleleWindows:
    """Hold what a model reads for the two alleles of one variant.

    Attributes
    ----------
    variant : normalised
    interval : the reference window on the genome, 0-based half-open, plus strand
    ref, alt : W letters each, of the plus strand
    at : 0-based position of the change in the reference window
    ref_length, alt_length : letters there that belong to either allele, without shared bases
    note : one sentence where the change is not in the middle or the left flank gave way, else ''
    unknown : letters of a window that are N; the more of either allele
    """

    variant: Variant
    interval: Interval
    ref: str
    alt: str
    at: int
    ref_length: int
    alt_length: int
    note: str = ""
    unknown: int = 0

    def read_on(self, strand: str) -> tuple[str, str]:
        """Return both windows as a model reads them on a strand, W letters each, 5' to 3'."""
        if strand == "-":
            return reverse_complement(self.ref), reverse_complement(self.alt)
        return self.ref, self.alt

    @property
    def unknown_note(self) -> str:
        """Return one sentence on letters that are N, '' where none is."""
        if not self.unknown:
            return ""
        return (
            f"{self.unknown:,} of {len(self.ref):,} bases of the window are N; the model sees no "
            "base there"
        )

    @property
    def remarks(self) -> str:
        """Return all that is to be known of these two windows, '' where nothing is."""
        return "; ".join(filter(None, (self.note, self.unknown_note)))


def strand_read(card: ModelCard, both_strands: bool, strand: str) -> str:
    """Return what is read of windows on a genome: '+', '-', or 'both'.

    Parameters
    ----------
    card : ModelCard
    both_strands : bool
        Whether both are asked for.
    strand : str
        '+' or '-', read where the model reads one.

    Raises
    ------
    InputError
        The strand is neither, or '-' was chosen where both are read.
    """
    if strand not in ("+", "-"):
        raise InputError(f"strand {strand!r} is not '+' or '-'")
    if not card.reads_both(both_strands):
        return strand
    if strand == "-":
        raise InputError(
            f"the minus strand was chosen, but {card.name} reads both strands and averages them; "
            "leave the strand out, or ask for a single strand (--single-strand on the command line)"
        )
    return "both"


def allele_windows(
    variant: Variant, genome: Genome, width: int, *, shift: int = 0
) -> AlleleWindows:
    """Return the reference and alternative window of a variant.

    Parameters
    ----------
    variant : Variant
        Its ``ref`` is what the genome has there. It is normalised first, so that equal variants
        have equal windows however they are written.
    genome : Genome
    width : int
        W, letters of a window.
    shift : int
        Bases by which the window is moved to the right.

    Raises
    ------
    InputError
        The contig is shorter than a window, or the change does not fit into one.
    """
    chrom = genome.resolve(variant.chrom)
    length = genome.contigs[chrom]
    normal = normalise(variant, genome)
    start, ref, alt = core(normal)
    span = max(len(ref), len(alt), 1)
    if length < width:
        raise InputError(
            f"{variant}: {chrom} has {length:,} bases, fewer than the {width:,} the model reads; "
            "give a genome with the flanks"
        )
    if span > width:
        raise InputError(
            f"{variant}: {span:,} bases change, more than the {width:,} the model reads at once, "
            "so no window holds both alleles"
        )
    wanted = start - (width - span) // 2 + shift
    first = min(max(0, wanted), length - width)
    at = start - first
    note = ""
    if first != wanted:
        note = (
            f"the window was moved by {abs(first - wanted):,} bases, because {chrom} "
            f"{'begins' if first > wanted else 'ends'} there"
        )
    here = genome.fetch(chrom, first, first + width)
    after = start + len(ref)
    need = width - at - len(alt)  # letters right of the alternative allele
    ends = after + need > length or (need < 0 and first < wanted)
    if ends:
        right = here[at + len(ref) :]
        need = width - len(alt) - len(right)  # letters left of the alternative allele
        if need > start:
            raise InputError(
                f"{variant}: without the deleted bases {chrom} has fewer than the {width:,} the "
                "model reads; give a genome with the flanks"
            )
        note += f"{'; ' if note else ''}{_LEFT}"
    if need < 0 or at < 0 or at + len(ref) > width:
        why = f"with a shift of {shift} bases" if first == wanted else note
        raise InputError(f"{variant}: {why}, the change leaves the window of {width:,} bases")
    if ends:
        other = _fetch(genome, chrom, start - need, start) + alt + right
    else:
        other = here[:at] + alt + _fetch(genome, chrom, after, after + need)
    unknown = max(here.count("N"), other.count("N"))
    place = Interval(chrom, first, first + width)
    return AlleleWindows(normal, place, here, other, at, len(ref), len(alt), note, unknown)


def _fetch(genome: Genome, chrom: str, start: int, end: int) -> str:
    return genome.fetch(chrom, start, end) if start < end else ""
