"""A genome to read from: contigs with names and lengths, aliases, letters of any interval.

Owns the noun Genome, how names of contigs are understood and what is said when they are not.
Where letters lie is in ``genome_files`` (indexed FASTA) and ``genome_upload`` (FASTA in memory);
which assembly a genome is, in ``builds``. Coordinates are 0-based half-open; sentences for people
give 1-based positions.
"""

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from gexp_core.encoding import reverse_complement
from gexp_core.errors import GexpError, InputError
from gexp_core.inputs import builds
from gexp_core.inputs.builds import Build
from gexp_core.inputs.letters import IUPAC
from gexp_core.inputs.names import MAX_NAME
from gexp_core.inputs.nearest import Nearest
from gexp_core.types import SequenceSet

#: The environment variable in which a server names its genomes: hg38=/data/hg38.fa:mm10=...
SERVER_GENOMES = "GEXP_GENOMES"

_FOLD = {ord("U"): "T", **{ord(letter): "N" for letter in IUPAC}}
_FOREIGN = re.compile("[^ACGTN]")
_LOWER = "acgtnu" + IUPAC.lower()
_SHOWN = 4
_KEPT = 4_096  # unknown names whose nearest ones are remembered
#: What a sentence about a place beyond its contig says where another build has it.
BUILD_HINT = "the coordinates may be of that build"


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold the letters of one interval and what is lost when they are written in ACGTN.

    Attributes
    ----------
    sequence : upper-case ACGTN, reverse-complemented for the minus strand
    soft_masked : how many of the letters are lower case in the genome (repeats, mostly)
    ambiguous : how many are an IUPAC code in the genome and N here
    """

    sequence: str
    soft_masked: int
    ambiguous: int


class Genome(ABC):
    """Read letters of a genome by contig and interval.

    Parameters
    ----------
    name : str
        What people call it.
    contigs : mapping of str to int
        Contig name to its length in bases, in the order of the file.
    """

    def __init__(self, name: str, contigs: Mapping[str, int]) -> None:
        self.name = name
        self.contigs: Mapping[str, int] = MappingProxyType(dict(contigs))
        self._aliases: dict[str, list[str]] = {}
        self._near: dict[str, str] = {}  # what ``_nearest`` said
        for contig in self.contigs:
            self._aliases.setdefault(builds.chromosome(contig), []).append(contig)

    @abstractmethod
    def _letters(self, contig: str, start: int, end: int) -> str:
        """Return the letters as they stand in the genome, case kept; the interval lies inside."""

    def build(self) -> Build:
        """Return the assembly that the lengths of the contigs prove, with the evidence."""
        return self._build

    @cached_property
    def _build(self) -> Build:
        return builds.which(self.contigs)

    def resolve(self, chrom: str, *, near: bool = True) -> str:
        """Return the genome's own name of a contig that may be written in another style.

        'chr1', '1' and 'NC_000001.11' name the same contig, as do 'chrM' and 'MT'. An accession
        of another assembly or mitochondrion than the genome's is refused.

        Raises
        ------
        InputError
            No contig, or more than one, has that name; the sentence names the nearest if ``near``.
        """
        if (own := self.find(chrom)) is not None:
            return own
        known, build = builds.accession(chrom), self.build().name
        if known and build and build not in known[1]:
            label = " or ".join(Build(one, "").label for one in known[1]) or "another assembly"
            raise InputError(
                f"{chrom!r} is chromosome {known[0]} of {label}, but the genome {self.name!r} is "
                f"{self.build().label}; lift the coordinates over to it first"
            )
        found = self._aliases.get(builds.chromosome(chrom), [])
        if len(found) == 1:
            raise InputError(builds.other_mitochondrion(chrom, found[0], self.contigs[found[0]]))
        if found:
            raise InputError(
                f"{chrom!r} could be {' or '.join(map(repr, found))} of the genome {self.name!r}; "
                "write the one that is meant"
            )
        shown = chrom[:MAX_NAME]
        like = f"; {self._nearest_once(shown)}" if near else ""
        raise InputError(f"the genome {self.name!r} has no contig {shown!r}{like}")

    def find(self, chrom: str) -> str | None:
        """Return what ``resolve`` does, or None, at once, where that would refuse."""
        if chrom in self.contigs:
            return chrom
        known, build = builds.accession(chrom), self.build().name
        if known and build and build not in known[1]:
            return None
        found = self._aliases.get(builds.chromosome(chrom), [])
        one = found[0] if len(found) == 1 else None
        return None if one and builds.other_mitochondrion(chrom, one, self.contigs[one]) else one

    def _nearest_once(self, chrom: str) -> str:
        """Return ``_nearest`` of a name; many lines of a file name the same few contigs."""
        said = self._near.get(chrom)
        if said is None:
            if len(self._near) >= _KEPT:
                self._near.clear()
            self._near[chrom] = said = self._nearest(chrom)
        return said

    @cached_property
    def _like(self) -> Nearest:
        by_key = {key.casefold(): found[0] for key, found in self._aliases.items()}
        return Nearest({name.casefold(): name for name in self.contigs} | by_key)

    def _nearest(self, chrom: str) -> str:
        if near := self._like.find(chrom.casefold(), _SHOWN):
            return f"the nearest names are {', '.join(map(repr, near))}"
        first = ", ".join(map(repr, list(self.contigs)[:_SHOWN]))
        rest = len(self.contigs) - _SHOWN
        return f"it has {first}" + (f" and {rest:,} more" if rest > 0 else "")

    def check(self, chrom: str, start: int, end: int) -> str:
        """Return the genome's own name of ``chrom`` if the interval lies inside that contig.

        Raises
        ------
        InputError
            There is no such contig, or it does not reach that far; where the positions do exist
            in another assembly of the species, the sentence says so.
        """
        contig = self.resolve(chrom)
        length = self.contigs[contig]
        if not 0 <= start < end:
            raise InputError(
                f"{chrom}:{start}-{end} (0-based half-open) is empty or negative; start must be at "
                "least 0 and smaller than end"
            )
        if end <= length:
            return contig
        other = builds.other_build(self.build().name, contig, end)
        remedy = f"give positions from 1 to {length:,}"
        if other:
            remedy = (
                f"this position exists in {other}, so {BUILD_HINT}: lift them over, or choose that "
                "genome"
            )
        label = f" ({self.build().label})" if self.build().name else ""
        raise InputError(
            f"{chrom}:{start + 1:,}-{end:,} (1-based) reaches beyond the end of {contig}, which "
            f"has {length:,} bases in the genome {self.name!r}{label}; {remedy}"
        )

    def read(self, chrom: str, start: int, end: int, strand: str = "+") -> Piece:
        """Return the letters of an interval and what was folded in them.

        Parameters
        ----------
        chrom : str
            Any style that ``resolve`` understands.
        start, end : int
            0-based half-open on the plus strand.
        strand : str
            '+', or '-' for the reverse complement.

        Raises
        ------
        InputError
            The interval does not lie in the genome, or the genome holds something else than
            nucleotides there.
        """
        if strand not in ("+", "-"):
            raise InputError(f"strand {strand!r} is not '+' or '-'")
        contig = self.check(chrom, start, end)
        given = self._letters(contig, start, end)
        masked = 0 if given.isupper() else sum(given.count(letter) for letter in _LOWER)
        upper = given.upper()
        sequence = upper.translate(_FOLD)
        if wrong := _FOREIGN.search(sequence):
            raise InputError(
                f"the genome {self.name!r} has {upper[wrong.start()]!r} at "
                f"{contig}:{start + wrong.start() + 1:,} (1-based), which is no nucleotide; check "
                "that its file is a FASTA of DNA"
            )
        ambiguous = sequence.count("N") - upper.count("N")
        if strand == "-":
            sequence = reverse_complement(sequence)
        return Piece(sequence, masked, ambiguous)

    def fetch(self, chrom: str, start: int, end: int, strand: str = "+") -> str:
        """Return the letters of an interval, upper-case ACGTN; see ``read``."""
        return self.read(chrom, start, end, strand).sequence


class MemoryGenome(Genome):
    """Hold a small genome in memory.

    Parameters
    ----------
    sequences : mapping of str to str
        Contig name to its letters, lower case where soft-masked.
    """

    def __init__(self, name: str, sequences: Mapping[str, str]) -> None:
        super().__init__(name, {contig: len(text) for contig, text in sequences.items()})
        self._sequences = dict(sequences)

    @property
    def nbytes(self) -> int:
        """Return how many bytes the letters take."""
        return sum(map(len, self._sequences.values()))

    def __reduce__(self) -> tuple[object, ...]:
        """Send name and letters where the genome is sent to another process."""
        return MemoryGenome, (self.name, self._sequences)

    def _letters(self, contig: str, start: int, end: int) -> str:
        return self._sequences[contig][start:end]


def memory_genome(sequences: SequenceSet, name: str) -> Genome:
    """Return sequences that were read as a genome; their soft masking was folded away."""
    return MemoryGenome(name, dict(zip(sequences.names, sequences.sequences, strict=True)))


def open_genome(path: str | Path, name: str = "") -> Genome:
    """Open a FASTA file, plain or bgzip, through its index.

    Parameters
    ----------
    path : str or Path
        On the server or the command line; never what a visitor typed.
    name : str
        What people call the genome; the file's name without its ending by default.

    Returns
    -------
    Genome
        Reads letters from the disk as they are asked for, from any thread. It can be sent to
        another process, which opens the file anew.

    Raises
    ------
    InputError
        The file cannot be used, or its index is older than it or belongs to another; the sentence
        says what to do.
    """
    from gexp_core.inputs.genome_files import FileGenome  # pyfaidx, only where it is used

    return FileGenome(Path(path), name)


def server_genomes() -> Mapping[str, Path]:
    """Return the genomes that the server names in GEXP_GENOMES, 'hg38=/data/hg38.fa:mm10=...'.

    Raises
    ------
    GexpError
        An entry is not of the form name=path; the sentence holds no path.
    """
    found: dict[str, Path] = {}
    for number, entry in enumerate(os.environ.get(SERVER_GENOMES, "").split(os.pathsep), 1):
        if not entry.strip():
            continue
        name, equals, path = entry.strip().partition("=")
        if not (equals and name.strip() and path.strip()):
            raise GexpError(
                f"entry {number} of {SERVER_GENOMES} is not of the form name=path; the keeper of "
                "this server can put it right"
            )
        found[name.strip()] = Path(path.strip())
    return MappingProxyType(found)
