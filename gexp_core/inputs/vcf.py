"""VCF and lists of typed variants to variants: one funnel, line by line, within stated bounds.

Owns what a line of a file may be. Every line that is left out has its sentence, every line read
otherwise than it stands is counted. Of a VCF only CHROM POS ID REF ALT are used; genotypes, INFO
and the rest are not looked at.
"""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import fasta
from gexp_core.inputs.alleles import MAX_ALLELE, Variant
from gexp_core.inputs.limits import (
    APP_LIMITS,
    LONGEST_LINE,
    MAX_DIGITS,
    Limits,
    check_lines,
    is_number,
    many,
)
from gexp_core.inputs.names import MAX_NAME, printable
from gexp_core.inputs.refcheck import other_build
from gexp_core.inputs.typed import parse_variant
from gexp_core.inputs.unpack import to_text
from gexp_core.inputs.vcf_columns import about_start, letters, third
from gexp_core.types import Change, Rejection

if TYPE_CHECKING:
    from gexp_core.inputs.genome import Genome

_COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT")
_CONTIG = re.compile(r"##contig=<(.*)>\s*")
_MOST_CONTIGS = 10_000  # contigs of a header that are kept; the chromosomes come first
_NEAR = 100  # refused lines, until which a contig that is not there is compared with those there
_MOST_REJECTED = 1_000  # rejections listed one by one; a file of refused lines stays small
#: Alternatives of one line that are read; the most varied repeats of large cohorts have hundreds.
MAX_ALTS = 1_000
_FIRST_COLUMNS = 8  # those that are looked at, and INFO; the rest of a line stays in one piece
_NOTHING = "no variant was given; paste lines of a VCF or variants like chr8-140300616-T-G"


class VariantsRead(NamedTuple):
    """Hold what was read: good variants, every change made, every line left out.

    ``contigs`` are names and lengths as a VCF's header states them, of the first 10,000.
    """

    variants: tuple[Variant, ...]
    changes: tuple[Change, ...]
    rejections: tuple[Rejection, ...]
    contigs: tuple[tuple[str, int], ...] = ()


def read_vcf(
    data: bytes,
    *,
    filename: str = "",
    genome: "Genome | None" = None,
    limits: Limits = APP_LIMITS,
) -> VariantsRead:
    """Read a VCF, plain or gzip (bgzip too), told by its first bytes.

    Parameters
    ----------
    data : bytes
    filename : str
        Used only in words.
    genome : Genome, optional
        Compared with the contig lengths that the header states.
    limits : Limits
        ``max_records`` bounds the variants.

    Returns
    -------
    VariantsRead
        Lines with several alternatives give one variant each, in their order; alleles in upper
        case, neither checked nor normalised. A line with more than MAX_ALTS of them is left out.

    Raises
    ------
    InputError
        Not text, damaged, its header names other columns, or without one good variant.
    LimitError
        More bytes or variants than ``limits`` allow, or far more lines that cannot be used.
    """
    return _read(data, filename, genome, limits, typed=False)


def read_variants(
    data: bytes,
    *,
    filename: str = "",
    genome: "Genome | None" = None,
    limits: Limits = APP_LIMITS,
) -> VariantsRead:
    """Read a VCF, VCF lines without a header, or one typed variant per line; otherwise as read_vcf.

    Parameters
    ----------
    data : bytes
    filename : str
        Used only in words.
    genome : Genome, optional
        Completes typed HGVS deletions and insertions, and is compared with a header's contigs.
    limits : Limits
    """
    return _read(data, filename, genome, limits, typed=True)


@dataclass(slots=True)
class _Reader:
    """Collect what the lines of one text give."""

    genome: "Genome | None"
    limits: Limits
    typed: bool
    variants: list[Variant] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    refused: int = 0
    unread: int = 0  # of them lines that are no typed variant either
    contigs: dict[str, int] = field(default_factory=dict)
    headed: bool = False

    def reject(self, line: int, text: str) -> None:
        if len(self.rejections) < _MOST_REJECTED:
            self.rejections.append(Rejection(f"line {line:,}", f"line {line:,}: {text}"))
        self.refused += 1
        # blocks of a gVCF are refused too; what is no variant at all takes longest to look at
        bounds = (self.refused, self.limits.max_lines), (self.unread, self.limits.max_refused)
        for n, most in bounds:
            if n > most:
                raise LimitError(
                    f"more than {most:,} lines or alternatives cannot be used, the most that are "
                    "looked at here; give a file of small variants alone"
                )

    def count(self, kind: str, n: int = 1) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + n

    def header(self, line: str) -> None:
        if line.startswith("##"):
            if len(line) > LONGEST_LINE:
                return  # no contig is described at such length
            if len(self.contigs) < _MOST_CONTIGS and (found := _CONTIG.fullmatch(line)):
                said = dict(part.split("=", 1) for part in found[1].split(",") if "=" in part)
                length = said.get("length", "")
                if is_number(length) and "ID" in said:
                    self.contigs[said["ID"]] = int(length)
        elif line[:6].upper() == "#CHROM":
            self.headed = True
            # of a cohort the names of samples follow, which stay in one piece
            names = tuple(line.split("\t" if "\t" in line else None, _FIRST_COLUMNS))
            if tuple(name.upper() for name in names[:5]) != _COLUMNS:
                named = printable(" ".join(names[:5]))[:MAX_NAME]
                raise InputError(
                    f"the header names the columns {named!r}, a VCF begins with "
                    f"{' '.join(_COLUMNS)!r}; put the columns in that order{about_start(names)}"
                )

    def record(self, number: int, line: str) -> None:
        tabs = "\t" in line
        columns = [part.strip() for part in line.split("\t" if tabs else None, _FIRST_COLUMNS)]
        try:
            if len(columns) >= 5 and columns[1].isdecimal():
                self.count("spaces", not tabs)
                self.vcf(number, columns)
            elif self.typed:
                self.line(number, line)
            else:
                more = len(columns) > _FIRST_COLUMNS
                n = f"more than {_FIRST_COLUMNS} columns" if more else many(len(columns), "column")
                self.reject(
                    number,
                    f"{printable(line[:400])[:40]!r} has {n} or no whole number in "
                    "the second; a VCF line has CHROM POS ID REF ALT, separated by tabs",
                )
        except LimitError:
            raise
        except InputError as error:
            self.reject(number, str(error))

    def line(self, number: int, line: str) -> None:
        """Read a typed variant."""
        try:
            made = parse_variant(line, self.genome, near=self.unread < _NEAR)
        except InputError as error:
            self.unread += 1
            self.reject(number, str(error))
        else:
            self.add(made)

    def vcf(self, number: int, columns: list[str]) -> None:
        chrom, position, name, ref, alts, *rest = columns
        chrom, name = printable(chrom)[:MAX_NAME], printable(name)[:MAX_NAME]
        where = f"{chrom}:{position}"
        if len(position) > MAX_DIGITS:
            raise InputError(f"{where[:40]}...: no position is that large")
        if not self.headed:
            kind, name = third(where, int(position), name, ref)
            self.count(kind)
        if len(rest) >= 2 and rest[1] not in ("PASS", ".", ""):
            self.count("filtered")
        if (n := alts.count(",") + 1) > MAX_ALTS:
            raise InputError(
                f"{where}: it has {n:,} alternatives, at most {MAX_ALTS:,} are read in one line; "
                "write each on a line of its own"
            )
        if ref.upper() != ref or alts.upper() != alts:
            self.count("lower case")
        ref, several = ref.upper(), alts.upper().split(",")
        self.count("multi-allelic", n > 1)
        bad = not ref or len(ref) > MAX_ALLELE or bool(ref.strip("ACGT"))
        for alt in several[:1] if bad else several:  # a bad REF refuses the whole line, once
            try:
                letters(where, "ALT", alt)  # its sentence says more than that of a REF N
                if bad:
                    letters(where, "REF", ref)
                elif ref == alt:
                    raise InputError(f"{where}: ALT is REF, so nothing changes")
                self.add(Variant(chrom, int(position), ref, alt, "" if name == "." else name))
            except LimitError:
                raise
            except InputError as error:
                self.reject(number, str(error))

    def add(self, variant: Variant) -> None:
        if len(self.variants) >= self.limits.max_records:
            raise LimitError(
                f"there are more than {self.limits.max_records:,} variants, the most that are read "
                "here; split the file, or use the command line"
            )
        self.variants.append(variant)


def _read(
    data: bytes, filename: str, genome: "Genome | None", limits: Limits, *, typed: bool
) -> VariantsRead:
    shown = repr(printable(filename)[-MAX_NAME:]) if filename else "the text"
    text, changes = to_text(data, shown, limits)
    text = fasta.tidy(text)
    check_lines(text, shown, limits)
    reader = _Reader(genome, limits, typed)
    for number, line in enumerate(fasta.lines(text), 1):
        stripped = line.strip()
        if stripped.startswith("#"):
            reader.header(stripped)
        elif stripped:
            reader.record(number, stripped)
    if not reader.variants:
        raise InputError(reader.rejections[0].text if reader.rejections else _NOTHING)
    if more := reader.refused - len(reader.rejections):
        text = f"{more:,} more lines or alternatives were left out for reasons like these"
        reader.rejections.append(Rejection("further lines", text))
    changes += tuple(
        Change("", kind, n, _SENTENCES[kind].format(n=f"{n:,}", s="" if n == 1 else "s"))
        for kind, n in reader.counts.items()
        if n
    )
    if genome is not None:
        changes += other_build(tuple(reader.contigs.items()), genome)
    return VariantsRead(
        tuple(reader.variants), changes, tuple(reader.rejections), tuple(reader.contigs.items())
    )


_SENTENCES = {
    "spaces": "{n} line{s} without a tab: columns were taken apart at blanks",
    "no header": "{n} line{s} under no #CHROM header: read as CHROM POS ID REF ALT",
    "end column": "{n} line{s} under no #CHROM header with the end of REF in the third column: "
    "read as CHROM START END REF ALT, START counted from 1",
    "lower case": "{n} line{s} with alleles in lower case: folded to upper case",
    "multi-allelic": "{n} line{s} with several alternatives: each became a variant of its own",
    "filtered": "{n} line{s} with a FILTER other than PASS: kept",
}
