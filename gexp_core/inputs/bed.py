"""BED files and pasted lines of regions, to named intervals; every line left out gets a sentence.

Owns the columns of BED and the names that regions get. Checks nothing against a genome.
"""

import re
from collections.abc import Iterable, Iterator

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs.fasta import lines, tidy
from gexp_core.inputs.intervals import SIGNS, NamedInterval, format_region, parse_line
from gexp_core.inputs.limits import (
    APP_LIMITS,
    Limits,
    check_bytes,
    check_line,
    check_lines,
    check_refused,
)
from gexp_core.inputs.names import MAX_NAME, printable
from gexp_core.inputs.unpack import to_text
from gexp_core.types import Change, Interval, Rejection

#: Kind of change made to a list of regions -> its one treatment.
REGION_KINDS = {
    "encoding": "files that are not UTF-8 are read as Latin-1",
    "header": "header, track, browser and comment lines are left out",
    "strand": "regions without a strand are read on the plus strand",
    "strand column": "a lone + or - as the last of four or five columns is the strand",
    "columns": "BED columns after the sixth (thick part, colour, blocks) are not used",
    "name repeated": "regions whose name was used before get the suffix _2, _3 ...",
    "bed line": "pasted lines with blanks or tabs between positions are read as BED, 0-based",
    "build named": "the genome build that a track line names is reported",
}

_COMMENTS = re.compile(r"(?:#.*\n|\s*\n)+")
_SKIPPED = re.compile(r"track\b|browser\b|#")
_NOT_BED = (
    (re.compile(r"##fileformat=VCF|#CHROM\t"), "a VCF file (variants)"),
    (
        re.compile(r"##gff|#!genome|(?:[^\t\n]+\t){3}\d+\t\d+\t[^\t\n]*\t[-+.]\t"),
        "GFF or GTF (annotation)",
    ),
    (re.compile(r">"), "FASTA (sequences)"),
    (re.compile(r"@(?:HD|SQ|RG|PG)\t"), "a SAM file (aligned reads)"),
)
_TITLE = re.compile(r"(?:chrom|tx)?_?(?:start|begin|from)", re.IGNORECASE)
_DATABASE = re.compile(r"\bdb=\"?(\w+)")
_NUMBER = re.compile(r"-?[0-9]+")
_COLUMNS = re.compile(r"\S+[ \t]+-?[0-9]+[ \t]+-?[0-9]+(?:[ \t].*)?")

_MOST = 12  # columns
_LISTED = 1_000  # lines left out that get a sentence of their own

Read = tuple[tuple[NamedInterval, ...], tuple[Change, ...], tuple[Rejection, ...]]


def read_bed(data: bytes, *, filename: str = "", limits: Limits = APP_LIMITS) -> Read:
    """Read a BED file of 3 to 12 columns, plain or gzip.

    Parameters
    ----------
    data : bytes
    filename : str
        Used only in words.
    limits : Limits
        Bounds bytes, and as ``max_records`` the number of regions.

    Returns
    -------
    (intervals, changes, rejections)
        The good lines in the order given, every change, every line left out with its sentence.

    Raises
    ------
    InputError
        No line is good; the sentence is that of the first one.
    LimitError
        More bytes or regions than ``limits`` allow, or far more lines that cannot be used.
    """
    shown = printable(filename)[-MAX_NAME:]
    what = repr(shown) if shown else "the file"
    text, changes = to_text(data, what, limits)
    text = tidy(text)
    head = text.lstrip()[:4_096]
    first = _COMMENTS.sub("", head)  # a GTF may begin with comments of any kind
    for pattern, kind in _NOT_BED:
        if pattern.match(head) or pattern.match(first):
            raise InputError(
                f"{what} looks like {kind}, not BED; give BED (chromosome, start, end, separated "
                "by tabs)"
            )
    return _Reader(what, limits, typed=False).read(text, changes)


def parse_regions(text: str, *, limits: Limits = APP_LIMITS) -> Read:
    """Read pasted lines: typed regions (1-based), each with a name behind it if wanted, or BED.

    A line with blanks or tabs between its positions is BED, 0-based half-open, as in genome
    browsers; this is reported. Otherwise as ``read_bed``.
    """
    check_bytes(len(text), "pasted text", limits)
    return _Reader("pasted text", limits, typed=True).read(tidy(text), ())


def build_named(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return the genome builds that track lines name, as they write them."""
    return tuple(one.text.split("'")[1] for one in changes if one.kind == "build named")


class _Reader:
    """Read the lines of one text, counting what was done."""

    def __init__(self, what: str, limits: Limits, *, typed: bool) -> None:
        self.what, self.limits, self.typed = what, limits, typed
        self.counts: dict[str, int] = {}
        self.databases: dict[str, None] = {}

    def read(self, text: str, changes: tuple[Change, ...]) -> Read:
        kept: list[tuple[str, Interval]] = []
        refused: list[Rejection] = []
        left = 0
        check_lines(text, self.what, self.limits)
        for number, line in self._lines(text):
            if len(kept) == self.limits.max_records:
                raise LimitError(
                    f"{self.what} has more than {self.limits.max_records:,} regions, the most "
                    "that is read here; split it"
                )
            try:
                kept.append(self._one(line))
            except InputError as error:
                if not kept and not refused and not self.typed and _is_header(line):
                    self._count("header")
                    continue
                left += 1
                check_refused(left, self.what, self.limits, "give its lines of regions alone")
                if left <= _LISTED:
                    refused.append(Rejection(f"line {number:,}", f"line {number:,}: {error}"))
        if not kept:
            nothing = f"{self.what} holds no region; give lines like chr1:1,001-1,164, or BED"
            raise InputError(refused[0].text if refused else nothing)
        if more := left - len(refused):
            refused.append(Rejection("more", f"{more:,} more lines were left out"))
        return self._named(kept), (*changes, *self._changes()), tuple(refused)

    def _lines(self, text: str) -> Iterator[tuple[int, str]]:
        for number, raw in enumerate(lines(text), 1):
            check_line(len(raw), number, self.what)
            line = raw.strip()
            if not line:
                continue
            if _SKIPPED.match(line):
                self._count("header")
                if found := _DATABASE.search(line):
                    self.databases[found[1]] = None
                continue
            yield number, line

    def _count(self, kind: str) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def _one(self, line: str) -> tuple[str, Interval]:
        if not self.typed:
            return self._bed(line)
        if _COLUMNS.fullmatch(line):
            self._count("bed line")
            return self._bed(line)
        return parse_line(line)

    def _bed(self, line: str) -> tuple[str, Interval]:
        columns = [column.strip() for column in line.split("\t" if "\t" in line else None, _MOST)]
        if len(columns) < 3:
            raise InputError(
                f"{line[:40]!r} has {len(columns)} column{'s' * (len(columns) > 1)}, but BED has "
                "at least 3 (chromosome, start, end), separated by tabs"
            )
        if len(columns) > _MOST:
            many = f"{line.count(chr(9)) + 1:,}" if "\t" in line else f"more than {_MOST}"
            raise InputError(f"it has {many} columns, but BED has at most {_MOST}")
        chrom, first, last, *rest = columns
        if len(chrom) > MAX_NAME:
            raise InputError(
                f"the chromosome {chrom[:40] + '...'!r} has a name of {len(chrom):,} characters, "
                f"at most {MAX_NAME} are read; give the name that the genome has"
            )
        for label, value in (("start", first), ("end", last)):
            if not _NUMBER.fullmatch(value) or len(value) > 15:
                raise InputError(
                    f"the {label} {value[:24]!r} is not a whole number; write digits only, as 1000"
                )
        start, end = int(first), int(last)
        if start < 0:
            raise InputError(f"the start {start:,} is negative, but BED counts from 0")
        if start >= end:
            swap = f"; swap them if {end:,}-{start:,} is meant" if start > end else ""
            raise InputError(
                f"the start {start:,} is not smaller than the end {end:,}, so the region is empty "
                f"(BED is 0-based half-open: one base has end = start + 1){swap}"
            )
        strand = rest[2].replace(SIGNS[-1], "-") if len(rest) > 2 else "."
        if len(rest) in (1, 2) and rest[-1] in SIGNS:
            strand = "+" if rest.pop() == "+" else "-"
            self._count("strand column")
        if strand not in ("+", "-", "."):
            raise InputError(f"the strand {strand[:12]!r} (column 6) is not + or - or .")
        if strand == ".":
            self._count("strand")
            strand = "+"
        if len(columns) > 6:
            self._count("columns")
        interval = Interval(chrom, start, end, strand)
        given = "_".join(printable(rest[0]).split())[:MAX_NAME] if rest else ""
        return (given if given not in ("", ".") else ""), interval

    def _named(self, kept: list[tuple[str, Interval]]) -> tuple[NamedInterval, ...]:
        """Give each region its name, or its place where it has none, once only."""
        stems = [name or format_region(interval).replace(",", "") for name, interval in kept]
        taken, used = set(stems), set[str]()
        following: dict[str, int] = {}
        named = []
        for stem, (_, interval) in zip(stems, kept, strict=True):
            name, number = stem, following.get(stem, 2)
            if stem in used:
                while (name := f"{stem}_{number}") in taken:
                    number += 1
                following[stem] = number + 1
                taken.add(name)
                self._count("name repeated")
            used.add(name)
            named.append(NamedInterval(name, interval))
        return tuple(named)

    def _changes(self) -> Iterator[Change]:
        words = {
            "header": "header, track or comment line{s} left out",
            "bed line": "pasted line{s} read as BED (0-based half-open)",
            "strand": "region{s} without a strand read on the plus strand",
            "strand column": "line{s} of 4 or 5 columns whose last is + or -: it is the strand",
            "columns": "line{s} with more than 6 columns: the rest was not used",
            "name repeated": "region{s} renamed with a suffix, because the name was used before",
        }
        for kind, text in words.items():
            if n := self.counts.get(kind, 0):
                yield Change("", kind, n, f"{n:,} {text.format(s='' if n == 1 else 's')}")
        for database in self.databases:
            yield Change("", "build named", 1, f"its track line names the genome {database!r}")


def _is_header(line: str) -> bool:
    """Return whether a first line looks like column names: words where numbers should be."""
    columns = line.split("\t" if "\t" in line else None, 3)
    numbers = any(char.isdigit() for char in "".join(columns[1:3]))
    return len(columns) >= 3 and (not numbers or bool(_TITLE.match(columns[1])))
