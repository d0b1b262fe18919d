"""Letters taken out of a genome, and the places they are from, as FASTA and BED.

Owns what their headers and lines say of the place: 1-based in FASTA headers, for people; 0-based
half-open in BED.
"""

from gexp_core.export.text import fasta, line
from gexp_core.inputs import format_bed
from gexp_core.types import SequenceSet


def region_fasta(sequences: SequenceSet) -> bytes:
    """Return sequences as FASTA whose headers say where each is from, 1-based with both ends.

    The name is the first word, so that reading the file again gives the same names.
    """
    parts = fasta(sequences).decode().split("\n>")
    made = []
    for part, origin in zip(parts, sequences.origins, strict=True):
        name, _, letters = part.partition("\n")
        made.append(f"{name} {line(origin.source)}\n{letters}")
    return "\n>".join(made).encode()


def region_bed(sequences: SequenceSet) -> bytes:
    """Return the intervals that letters are from as BED of six columns.

    What has no interval has no line. Blanks in a name, which BED has no room for, become ``_``.
    """
    rows = [
        format_bed(origin.interval, "_".join(line(name).split()) or ".")
        for name, origin in zip(sequences.names, sequences.origins, strict=True)
        if origin.interval is not None
    ]
    return "".join(f"{row}\n" for row in rows).encode("utf-8", "replace")
