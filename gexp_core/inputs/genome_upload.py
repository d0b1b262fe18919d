"""A small genome that a visitor gives as FASTA: parsed in memory, soft masking kept.

Owns what differs from reading sequences: nothing may move a coordinate, and case means something.
"""

import re
from dataclasses import dataclass, replace

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import detect, fasta, letters, names
from gexp_core.inputs.genome import Genome, MemoryGenome
from gexp_core.inputs.limits import APP_LIMITS, Limits
from gexp_core.inputs.unpack import to_text
from gexp_core.types import Change, Rejection

#: What the web page accepts as a genome: as much in all as sequences, but in one contig if wanted.
GENOME_LIMITS = replace(APP_LIMITS, max_bases_record=APP_LIMITS.max_bases_total)

_NOT_LETTERS = re.compile(r"[^A-Za-z]+")
_ENDING = re.compile(r"\.(fa|fasta|fna)(\.gz|\.bgz)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class GenomeCheck:
    """Hold a genome that was given, every change made to it, every contig left out."""

    genome: Genome
    changes: tuple[Change, ...] = ()
    rejected: tuple[Rejection, ...] = ()


def read_genome(data: bytes, *, filename: str = "", limits: Limits = GENOME_LIMITS) -> GenomeCheck:
    """Read a small genome from FASTA, plain or gzip.

    Parameters
    ----------
    data : bytes
    filename : str
        Used only in words, and as the genome's name without its ending.
    limits : Limits

    Raises
    ------
    InputError
        Not FASTA, two contigs of one name, or letters whose removal would move coordinates.
    LimitError
        More bytes, contigs or bases than ``limits`` allow.
    """
    shown = names.printable(filename)[-names.MAX_NAME :]
    what = repr(shown) if shown else "the file"
    text, changes = to_text(data, what, limits)
    text = fasta.tidy(text)
    head = text.lstrip()[: detect.HEAD]
    if not head:
        raise InputError("no sequence was given; give a genome as FASTA")
    if why := detect.text_sentence(head, what):
        raise InputError(why)
    records = fasta.split(text, limits)
    if records[0].header is None:
        if records[0].body.strip():
            raise InputError(
                f"{what} has letters under no header, so they have no contig; begin each contig "
                "with a line '>name'"
            )
        records = records[1:]
    kept: dict[str, str] = {}
    refused: list[Rejection] = []
    found = list(changes)
    total = 0
    for record in records:
        name = names.printable(names.words(record.header)[0])
        if name in kept or not name:
            raise InputError(
                f"{what} has two contigs named {name[: names.MAX_NAME]!r}; give each a name of its "
                "own"
                if name
                else f"record {record.number:,} of {what} has no name; give each contig one"
            )
        if len(name) > names.MAX_NAME:
            text = (
                f"the name of contig {name[:40] + '...'!r} has {len(name):,} characters, at most "
                f"{names.MAX_NAME} are read; give it a shorter one"
            )
            refused.append(Rejection(name[: names.MAX_NAME], text))
            continue
        made = letters.clean(record, name, limits)
        if made.refused:
            refused.append(Rejection(name, made.refused))
            continue
        if any(change.kind == "gap" for change in made.changes):
            raise InputError(
                f"contig {name!r} has gap characters (- . *), and leaving them out would move its "
                "coordinates; write N in their place, or give the genome and not an alignment"
            )
        total += len(made.sequence)
        if total > limits.max_bases_total:
            raise LimitError(
                f"{what} has more than {limits.max_bases_total:,} bases, the most that is read as "
                "a genome here; give the contigs that are needed, or use the command line"
            )
        kept[name] = _NOT_LETTERS.sub("", record.body)
        found += [_kept(change) for change in made.changes]
    if not kept:
        raise InputError(refused[0].text)
    stem = _ENDING.sub("", shown) or "uploaded genome"
    return GenomeCheck(MemoryGenome(stem, kept), tuple(found), tuple(refused))


def _kept(change: Change) -> Change:
    """Return the change as it is for a genome, where lower case is kept as soft masking."""
    if change.kind != "lower case":
        return change
    many = f"{change.count:,} lower-case letter{'s' if change.count > 1 else ''}"
    text = f"{change.record!r}: {many} kept as soft masking"
    return Change(change.record, "soft mask", change.count, text)
