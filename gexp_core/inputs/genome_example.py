"""The project's own small genome, with genes and regions: made-up letters of no organism."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples" / "genome"

GENOME, GENES, REGIONS = "meadow.fa", "meadow.gtf", "meadow.bed"

#: A gene of it with two transcription starts.
GENE = "DAISY"

LESSON = (
    "A made-up genome of 20,000 letters with four genes: regions on both strands, one near the end "
    "of its contig, one of a single base and one longer than a window."
)


def example_bytes(name: str) -> bytes:
    """Return one of the three files."""
    return (FOLDER / name).read_bytes()
