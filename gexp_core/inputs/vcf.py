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
from gexp_core.inputs.alleles import Variant, short
from gexp_core.inputs.limits import APP_LIMITS, Limits
from gexp_core.inputs.names import MAX_NAME, printable
from gexp_core.inputs.refcheck import other_build
from gexp_core.inputs.typed import parse_variant
from gexp_core.inputs.unpack import to_text
from gexp_core.types import Change, Rejection

if TYPE_CHECKING:
    from gexp_core.inputs.genome import Genome

_COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT")
_CONTIG = re.compile(r"##contig=<(.*)>\s*")
_MOST_CONTIGS = 10_000  # contigs of a header that are kept; the chromosomes come first
_MOST_REJECTED = 1_000  # rejections listed one by one; a file of refused lines stays small
_DIGITS = 12  # of a position or a length; no contig has more
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
        case, neither checked nor normalised.

    Raises
    ------
    InputError
        Not text, damaged, its header names other columns, or without one good variant.
    LimitError
        More bytes or variants than ``limits`` allow.
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
    more: int = 0
    contigs: dict[str, int] = field(default_factory=dict)
    headed: bool = False

    def reject(self, line: int, text: str) -> None:
        if len(self.rejections) < _MOST_REJECTED:
            self.rejections.append(Rejection(f"line {line:,}", f"line {line:,}: {text}"))
        else:
            self.more += 1

    def count(self, kind: str, n: int = 1) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + n

    def header(self, line: str) -> None:
        if line.startswith("##"):
            if len(self.contigs) < _MOST_CONTIGS and (found := _CONTIG.fullmatch(line)):
                said = dict(part.split("=", 1) for part in found[1].split(",") if "=" in part)
                length = said.get("length", "")
                if length.isdecimal() and len(length) <= _DIGITS and "ID" in said:
                    self.contigs[said["ID"]] = int(length)
        elif line.upper().startswith("#CHROM"):
            self.headed = True
            names = tuple(line.split("\t") if "\t" in line else line.split())
            if tuple(name.upper() for name in names[:5]) != _COLUMNS:
                named = printable(" ".join(names[:5]))[:MAX_NAME]
                raise InputError(
                    f"the header names the columns {named!r}, a VCF begins with "
                    f"{' '.join(_COLUMNS)!r}; put the columns in that order{_from(names)}"
                )

    def record(self, number: int, line: str) -> None:
        tabs = "\t" in line
        columns = [part.strip() for part in line.split("\t")] if tabs else line.split()
        try:
            if len(columns) >= 5 and columns[1].isdecimal():
                self.count("spaces", not tabs)
                self.vcf(number, columns)
            elif self.typed:
                self.add(parse_variant(line, self.genome))
            else:
                self.reject(
                    number,
                    f"{printable(line)[:40]!r} has {len(columns)} columns or no whole number in "
                    "the second; a VCF line has CHROM POS ID REF ALT, separated by tabs",
                )
        except LimitError:
            raise
        except InputError as error:
            self.reject(number, str(error))

    def vcf(self, number: int, columns: list[str]) -> None:
        chrom, position, name, ref, alts, *rest = columns
        chrom, name = printable(chrom)[:MAX_NAME], printable(name)[:MAX_NAME]
        where = f"{chrom}:{position}"
        if len(position) > _DIGITS:
            raise InputError(f"{where[:40]}...: no position is that large")
        if not self.headed:
            kind, name = _third(where, int(position), name, ref)
            self.count(kind)
        if len(rest) >= 2 and rest[1] not in ("PASS", ".", ""):
            self.count("filtered")
        if ref.upper() != ref or alts.upper() != alts:
            self.count("lower case")
        several = alts.split(",")
        self.count("multi-allelic", len(several) > 1)
        for alt in several:
            try:
                _letters(where, "ALT", alt.upper())  # its sentence says more than that of a REF N
                _letters(where, "REF", ref.upper())
                if ref.upper() == alt.upper():
                    raise InputError(f"{where}: ALT is REF, so nothing changes")
                self.add(
                    Variant(
                        chrom, int(position), ref.upper(), alt.upper(), "" if name == "." else name
                    )
                )
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


def _from(columns: tuple[str, ...]) -> str:
    """Return what POS is where a header names START and END in its place; '' elsewhere."""
    if not any(word in name.upper() for name in columns[1:3] for word in ("START", "END")):
        return ""
    return (
        ", with . for ID: where START counts from 1 (1-based), POS is START; where it counts from "
        "0 (0-based, as in BED), POS is START + 1"
    )


def _third(where: str, position: int, third: str, ref: str) -> tuple[str, str]:
    """Return what a line under no header is counted as, and the ID in its third column.

    Tables that are no VCF often have CHROM START END REF ALT. With an end one past a 1-based one,
    the start counts from 0 as BED's does, and to read it as POS would be off by one.
    """
    last = position + len(ref) - 1
    if third == str(last + 1):
        raise InputError(
            f"{where}: with {third} behind it this looks like START and END counted from 0, as "
            f"in BED; write {position + 1} and the base(s) {short(printable(ref))} as "
            "CHROM POS ID REF ALT, with . for ID"
        )
    return ("end column", "") if third == str(last) else ("no header", third)


def _letters(where: str, what: str, allele: str) -> None:
    """Raise InputError with the reason when an allele (upper case) is not written in letters."""
    shown = repr(short(printable(allele)))
    if allele and not allele.strip("ACGT"):
        return
    if allele in (".", ""):
        reason = (
            "no alternative is given (a site without a variant); leave the line out"
            if what == "ALT"
            else "REF is open"
        )
    elif allele == "*":
        reason = "'*' says that another line deletes this base; score that line instead"
    elif allele.startswith("<"):
        reason = (
            f"the symbolic allele {shown} has no letters; write REF and ALT out in letters, the "
            "base before the change first"
        )
    elif "[" in allele or "]" in allele or allele.startswith(".") or allele.endswith("."):
        reason = (
            f"{shown} is a breakend: it joins two places, and no window holds both; it cannot be "
            "scored"
        )
    elif allele == "-":
        reason = "'-' leaves an allele open; write the base before the change into both alleles"
    else:
        wrong = allele.strip("ACGT")[0]
        reason = f"{what} {shown} has {wrong!r}; alleles are written in A C G T"
    raise InputError(f"{where}: {reason}")


def _read(
    data: bytes, filename: str, genome: "Genome | None", limits: Limits, *, typed: bool
) -> VariantsRead:
    shown = repr(printable(filename)[-MAX_NAME:]) if filename else "the text"
    text, changes = to_text(data, shown, limits)
    reader = _Reader(genome, limits, typed)
    for number, line in enumerate(fasta.tidy(text).split("\n"), 1):
        stripped = line.strip()
        if stripped.startswith("#"):
            reader.header(stripped)
        elif stripped:
            reader.record(number, stripped)
    if not reader.variants:
        raise InputError(reader.rejections[0].text if reader.rejections else _NOTHING)
    if reader.more:
        text = f"{reader.more:,} more lines or alternatives were left out for reasons like these"
        reader.rejections.append(Rejection("further lines", text))
    reader.count("repeated", len(reader.variants) - len(set(reader.variants)))
    changes += tuple(
        Change("", kind, n, _SENTENCES[kind].format(n=f"{n:,}"))
        for kind, n in reader.counts.items()
        if n
    )
    if genome is not None:
        changes += other_build(tuple(reader.contigs.items()), genome)
    return VariantsRead(
        tuple(reader.variants), changes, tuple(reader.rejections), tuple(reader.contigs.items())
    )


_SENTENCES = {
    "spaces": "{n} lines have no tab: their columns were taken apart at blanks",
    "no header": "{n} lines stand under no #CHROM header: read as CHROM POS ID REF ALT",
    "end column": "{n} lines under no #CHROM header have the end of REF in the third column: read "
    "as CHROM START END REF ALT, START counted from 1",
    "lower case": "{n} lines have alleles in lower case: folded to upper case",
    "multi-allelic": "{n} lines have several alternatives: each became a variant of its own",
    "filtered": "{n} lines carry a FILTER other than PASS: kept",
    "repeated": "{n} variants are the same as an earlier one: kept",
}
