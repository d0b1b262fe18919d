"""The project's own small genome, with genes, regions and variants: letters of no organism."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples" / "genome"

GENOME, GENES, REGIONS, VARIANTS = "meadow.fa", "meadow.gtf", "meadow.bed", "meadow.vcf"

#: A gene of it with two transcription starts.
GENE = "DAISY"

LESSON = (
    "A made-up genome of 20,000 letters with four genes: regions on both strands, one near the end "
    "of its contig, one of a single base and one longer than a window."
)

VARIANTS_LESSON = (
    "Five variants of a made-up genome of 20,000 letters: one base of a CRX site changed and one "
    "beside it, a site deleted, a site torn apart by three bases, and one whose REF and ALT are "
    "swapped. Read the check: it says which one does not fit, and how to put it right."
)


def example_bytes(name: str) -> bytes:
    """Return one of the four files."""
    return (FOLDER / name).read_bytes()
