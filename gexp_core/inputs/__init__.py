"""What people give, to a SequenceSet: read, tidied, counted, within stated bounds.

Owns reading of FASTA and bare sequence, the input check, the limits and the example files, and
genomes with their regions, genes and variants. Knows nothing of models and pages.

Each thing that is not an upper-case A C G T has one treatment, and each is counted as a
:class:`~gexp_core.types.Change` whose ``kind`` is a key of :data:`KINDS`. Whatever is not listed
there is refused with the record, the position and the remedy, and the other records are kept.

Line ends (LF, CR LF, CR), wrapping, blank lines and a byte-order mark carry no meaning and are
not counted. A text in which no line begins with '>' is one bare sequence, unless it is a table of
two columns, name and sequence (``columns`` says how it is told). The name of a record is
the first word of its header; the rest is kept in its Origin. A sequence of N alone, or with more
ambiguity codes than bases, is refused. Nothing is cropped, padded or joined between records.
"""

from gexp_core.inputs.examples import Example, examples, read_example
from gexp_core.inputs.genome import Genome, memory_genome, open_genome, server_genomes
from gexp_core.inputs.limits import APP_LIMITS, CLI_LIMITS, Limits, limits_sentence
from gexp_core.inputs.names import MAX_NAME
from gexp_core.inputs.read import read_bytes, read_path, read_text
from gexp_core.inputs.regions import (
    NamedInterval,
    centred,
    extract,
    format_bed,
    format_region,
    parse_region,
    parse_regions,
    read_bed,
)

#: Kind of change -> its one treatment; ``Change.count`` counts what the treatment names first.
KINDS = {
    "lower case": "letters in lower case are folded to upper case (soft masking is not kept)",
    "U to T": "U (RNA) is read as T",
    "IUPAC to N": "ambiguity codes R Y S W K M B D H V are read as N",
    "N": "N is kept; the model sees no base there",
    "gap": "gap characters - . * are removed and the rest joined",
    "white space": "white space inside a line is removed, visible or not",
    "numbering": "digits that number lines or blocks are removed; one between letters is refused",
    "table": "rows of two columns, with tabs, commas or semicolons between, are records: name, "
    "sequence; a header that names sequences is left out, blanks in names are written as _",
    "comment": "lines that begin with ';' are left out",
    "name filled": "records without a name are called sequence_1, sequence_2 ... by their place",
    "name repeated": "records whose name was used before get the suffix _2, _3 ...",
    "name shortened": f"characters of a name beyond the first {MAX_NAME} are cut off",
    "name cleaned": "characters of a name that cannot be printed are removed",
    "identical": "records with the bases of an earlier one are reported and kept",
    "encoding": "files that are not UTF-8 are read as Latin-1",
}

__all__ = [
    "APP_LIMITS",
    "CLI_LIMITS",
    "KINDS",
    "Example",
    "Genome",
    "Limits",
    "NamedInterval",
    "centred",
    "examples",
    "extract",
    "format_bed",
    "format_region",
    "limits_sentence",
    "memory_genome",
    "open_genome",
    "parse_region",
    "parse_regions",
    "read_bed",
    "read_bytes",
    "read_example",
    "read_path",
    "read_text",
    "server_genomes",
]
