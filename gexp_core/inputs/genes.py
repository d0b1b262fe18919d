"""Genes of an annotation: a symbol or an id to transcripts, their starts and their promoters.

Owns the nouns Transcript and Genes and what a promoter is. The formats (GTF, GFF3, refGene) are
read in ``annotation``. A transcription start site (TSS) is the 0-based position of the first
transcribed base: the start of a plus-strand transcript, the last base of a minus-strand one.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from gexp_core.errors import GexpError, InputError
from gexp_core.inputs.genome import Genome
from gexp_core.inputs.intervals import NamedInterval
from gexp_core.inputs.limits import APP_LIMITS, CLI_LIMITS, Limits, check_held
from gexp_core.inputs.names import MAX_NAME, printable
from gexp_core.inputs.nearest import near_ids
from gexp_core.types import Change, Interval, Rejection

#: The environment variable in which a server names annotations of its genomes, by genome name.
SERVER_GENES = "GEXP_GENES"

_SHOWN = 5
_ONE, _KEY = 300, 400  # bytes of a transcript, and of a name by which some are found


@dataclass(frozen=True, slots=True)
class Transcript:
    """Describe one transcript of a gene.

    Attributes
    ----------
    id : the transcript's id
    gene : the gene's symbol, or its id where the file has no symbol
    gene_id : the gene's id, or its symbol where the file has no other
    chrom, start, end : 0-based half-open, from the first to the last transcribed base
    strand : '+' or '-'
    kind : what the file calls it ('protein_coding', 'mRNA'), or ''
    """

    id: str
    gene: str
    gene_id: str
    chrom: str
    start: int
    end: int
    strand: str
    kind: str = ""

    @property
    def tss(self) -> int:
        """Return the 0-based position of the first transcribed base."""
        return self.start if self.strand == "+" else self.end - 1


@dataclass(frozen=True, slots=True)
class Start:
    """Hold one transcription start site and the transcripts that begin there."""

    transcripts: tuple[Transcript, ...]

    @property
    def first(self) -> Transcript:
        """Return the transcript that the file names first."""
        return self.transcripts[0]

    @property
    def tss(self) -> int:
        """Return the 0-based position of the first transcribed base."""
        return self.first.tss


class Genes:
    """Find transcripts by gene symbol, gene id or transcript id.

    Attributes
    ----------
    transcripts : tuple of Transcript, in the order of the file
    changes, rejected : what was folded and left out while the file was read
    nbytes : about how much memory they take
    """

    def __init__(
        self,
        transcripts: Iterable[Transcript],
        changes: Sequence[Change] = (),
        rejected: Sequence[Rejection] = (),
        limits: Limits = CLI_LIMITS,
    ) -> None:
        self.transcripts = tuple(transcripts)
        self.changes, self.rejected = tuple(changes), tuple(rejected)
        if not self.transcripts:
            raise InputError("the annotation holds no transcript; give GTF, GFF3 or refGene")
        self._by_key: dict[str, dict[str, list[Transcript]]] = {}
        self.nbytes = 0
        for one in self.transcripts:
            names = dict.fromkeys((one.gene, one.gene_id, one.id, *_unversioned(one)))
            self.nbytes += _ONE + sum(map(len, names)) + len(one.chrom) + len(one.kind)
            for name in names:
                found = self._by_key.setdefault(name.casefold(), {}).setdefault(name, [])
                self.nbytes += 8 if found else _KEY + 2 * len(name)
                found.append(one)
            check_held(self.nbytes, "the annotation", limits)

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Return every gene's symbol (or id), in alphabetical order."""
        return tuple(sorted({one.gene for one in self.transcripts}, key=str.casefold))

    def find(self, name: str, *, near: bool = True) -> tuple[Transcript, ...]:
        """Return the transcripts of a gene symbol, gene id or transcript id, whatever its case.

        Exact case wins where two names differ only in case; an id may lack its version.

        Raises
        ------
        InputError
            There is no such name; the sentence offers the nearest, unless ``near`` is False.
        """
        asked = name.strip()
        found = self._by_key.get(asked.casefold(), {})
        if asked in found:
            return tuple(found[asked])
        if found:
            together = dict.fromkeys(one for group in found.values() for one in group)
            return tuple(together)
        if not asked:
            raise InputError("no gene was given; type a symbol like CRX, or an id of the file")
        known = ", ".join(self._near(asked)) if near else ""
        remedy = f"did you mean {known}?" if known else "check its spelling and the file"
        raise InputError(
            f"there is no gene or transcript {asked[:60]!r} among the {len(self.symbols):,} genes "
            f"of the annotation; {remedy}"
        )

    def _near(self, asked: str) -> list[str]:
        near = near_ids(asked[:60].casefold(), self._by_key, _SHOWN)
        return [next(iter(self._by_key[key])) for key in near]

    def starts(self, name: str, *, near: bool = True) -> tuple[Start, ...]:
        """Return the different transcription start sites of a gene, in transcript direction.

        Otherwise as ``find``.
        A gene that lies on two contigs (as in the pseudoautosomal regions) has starts on both.
        """
        grouped: dict[tuple[str, str, int], list[Transcript]] = {}
        for one in self.find(name, near=near):
            grouped.setdefault((one.chrom, one.strand, one.tss), []).append(one)

        def place(key: tuple[str, str, int]) -> tuple[str, str, int]:
            chrom, strand, tss = key
            return chrom, strand, tss if strand == "+" else -tss

        return tuple(Start(tuple(grouped[key])) for key in sorted(grouped, key=place))


def _unversioned(one: Transcript) -> tuple[str, ...]:
    """Return the ids without their version: ENST00000221996.12 -> ENST00000221996."""
    return tuple(
        stem
        for stem, dot, version in (name.rpartition(".") for name in (one.id, one.gene_id))
        if dot and version.isdigit() and len(stem) > 3
    )


def promoter(
    transcript: Transcript, upstream: int, downstream: int, genome: Genome | None = None
) -> Interval:
    """Return the interval around a transcription start, in transcript direction.

    Parameters
    ----------
    transcript : Transcript
    upstream : int
        Bases before the first transcribed base.
    downstream : int
        Bases from it on; the first transcribed base is the first of them.
    genome : Genome, optional
        The contig gets its name, and its end bounds the interval.

    Returns
    -------
    Interval
        ``upstream + downstream`` bases on the transcript's strand, so that the first base read is
        the most upstream. Where that passes the end of the contig it is shifted, not shortened.

    Raises
    ------
    InputError
        No base is asked for, or the transcript does not lie in the genome.
    """
    size = upstream + downstream
    if upstream < 0 or downstream < 0 or size == 0:
        raise InputError(
            f"{upstream:,} bases upstream and {downstream:,} downstream make no interval; give "
            "numbers from 0 of which one is larger"
        )
    tss, strand, chrom = transcript.tss, transcript.strand, transcript.chrom
    start = tss - upstream if strand == "+" else tss - downstream + 1
    if genome is not None:
        chrom = genome.check(chrom, transcript.start, transcript.end)
        room = genome.contigs[chrom]
        if size > room:
            raise InputError(
                f"{chrom} has {room:,} bases, fewer than the {size:,} asked for around the start "
                f"of {transcript.id}; ask for fewer"
            )
        start = min(start, room - size)
    start = max(start, 0)
    return Interval(chrom, start, start + size, strand)


def promoters(
    starts: Sequence[Start], upstream: int, downstream: int, genome: Genome | None = None
) -> tuple[NamedInterval, ...]:
    """Return the promoter of every start, named after gene and transcript, its notes in words."""
    names: dict[str, NamedInterval] = {}
    following: dict[str, int] = {}
    for one in starts:
        first = one.first
        interval = promoter(first, upstream, downstream, genome)
        name = _word(first.gene if len(starts) == 1 else f"{first.gene}_{first.id}")
        stem = name
        while name in names:  # refGene places one transcript several times
            following[stem] = number = following.get(stem, 1) + 1
            name = f"{stem}_{number}"
        names[name] = NamedInterval(name, interval, (note(one, interval, upstream, downstream),))
    return tuple(names.values())


def _word(text: str) -> str:
    """Return text that is one word of bounded length, as names of sequences are."""
    return "_".join(printable(text).split())[:MAX_NAME]


def note(start: Start, interval: Interval, upstream: int, downstream: int) -> str:
    """Return in one sentence which start an interval is around, and where in it the start lies."""
    first = start.first
    side = "minus" if first.strand == "-" else "plus"
    more = len(start.transcripts) - 1
    others = f" and {more} other{'s' * (more > 1)}" if more else ""
    offset = (
        first.tss - interval.start if first.strand == "+" else interval.end - 1 - first.tss
    )  # bases of the interval before the first transcribed one, in transcript direction
    text = (
        f"{upstream:,} bp upstream and {downstream:,} bp downstream of the start of {first.id}"
        f"{others} ({first.gene}), whose first base is "
        f"{first.chrom}:{first.tss + 1:,} on the {side} strand"
    )
    if offset != upstream:
        text += (
            f"; shifted, because the contig ends there: {offset:,} bp upstream and "
            f"{interval.end - interval.start - offset:,} bp downstream"
        )
    return text


def read_genes(data: bytes, *, filename: str = "", limits: Limits = APP_LIMITS) -> Genes:
    """Read an annotation, GTF, GFF3 or refGene (genePred), plain or gzip; told by its lines.

    Raises
    ------
    InputError
        None of these, or without a transcript.
    LimitError
        More bytes than ``limits`` allow, in the file or in memory, more than
        ``annotation.MAX_TRANSCRIPTS`` transcripts, or far more lines that cannot be used.
    """
    from gexp_core.inputs.annotation import read  # it makes Transcripts, so it imports this module

    return read(data, filename=filename, limits=limits)


def server_genes() -> Mapping[str, Path]:
    """Return the annotations that the server names in GEXP_GENES, 'hg38=/data/hg38.gtf.gz:...'.

    Raises
    ------
    GexpError
        An entry is not of the form name=path; the sentence holds no path.
    """
    found: dict[str, Path] = {}
    for number, entry in enumerate(os.environ.get(SERVER_GENES, "").split(os.pathsep), 1):
        name, equals, path = (part.strip() for part in entry.strip().partition("="))
        if entry.strip() and not (equals and name and path):
            raise GexpError(
                f"entry {number} of {SERVER_GENES} is not of the form name=path; the keeper of "
                "this server can put it right"
            )
        if name:
            found[name] = Path(path)
    return MappingProxyType(found)
