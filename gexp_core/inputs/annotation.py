"""GTF, GFF3 and refGene (genePred) to transcripts; every line left out gets a sentence.

Owns the formats. GTF and GFF3 are 1-based inclusive, genePred is 0-based half-open.
"""

import re
from collections.abc import Iterable, Iterator, Sized
from dataclasses import replace
from itertools import chain
from urllib.parse import unquote

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs import fasta
from gexp_core.inputs.genes import Genes, Transcript
from gexp_core.inputs.limits import (
    Limits,
    check_held,
    check_line,
    check_lines,
    check_refused,
    is_number,
    many,
)
from gexp_core.inputs.names import MAX_NAME, printable
from gexp_core.inputs.unpack import to_text
from gexp_core.types import Change, Rejection

# A search begins where a word does and nothing gives back ('++', '*+'), so that each letter of a
# line is looked at a few times at most, whatever stands there.
_GTF = re.compile(r'(?<!\w)(\w++)\s++(?:"([^"]*+)"|([^";\s]++))\s*+(?:;|$)')
_GFF = re.compile(r"(?<![^=;\s])([^=;\s]++)=([^;]*+)")
_WANTED = (
    "give GTF, GFF3 (9 columns separated by tabs) or refGene.txt (genePred) of the genome's "
    "annotation"
)
_PARTS = {"exon", "cds", "start_codon", "stop_codon", "five_prime_utr", "three_prime_utr", "utr"}
_GENES = {"gene", "pseudogene", "ncrna_gene", "protein_coding_gene"}
_MOST_SHOWN = 20
_COLUMNS = 16  # of genePred with a bin, whose 13th is the symbol; the rest stays in one piece
#: Transcripts of one annotation that are read; human ones have half a million and grow.
MAX_TRANSCRIPTS = 2_000_000
#: Transcripts that one line of GFF3 may be a part of.
MAX_PARENTS = 100
_TRANSCRIPT, _NAMED = 600, 200  # bytes of a transcript while a file is read, and of an ID's owner


class _Parts:
    """Collect what a file says of each transcript, line by line."""

    def __init__(self, what: str, limits: Limits) -> None:
        self.what, self.limits = what, limits
        self.held = 0  # bytes, about
        self.whole: dict[str, Transcript] = {}
        self.pieces: dict[str, Transcript] = {}
        self.genes: dict[str, tuple[str, str]] = {}  # GFF3 ID of a gene -> its symbol and id
        self.parents: dict[str, str] = {}  # GFF3 ID of a transcript -> that of what it belongs to
        self.refused: list[Rejection] = []
        self.left = 0

    def refuse(self, number: int, text: str) -> None:
        self.left += 1
        check_refused(self.left, self.what, self.limits, "give its lines of transcripts alone")
        if len(self.refused) < _MOST_SHOWN:
            self.refused.append(Rejection(f"line {number:,}", f"line {number:,}: {text}"))

    def add(self, made: Transcript, *, whole: bool) -> None:
        """Keep a transcript, or a part of one that makes it as long as its parts reach."""
        into = self.whole if whole else self.pieces
        key = f"{made.chrom}\t{made.id}"
        if not whole and key in self.whole:
            return  # a line of its own says where it lies
        old = into.get(key)
        if old is not None and whole:
            key += f"\t{made.start}"  # refGene places one transcript several times
        elif old is not None:
            made = _wider(old, made)
        new = 0 if key in into else _TRANSCRIPT + len(key) + len(made.gene) + len(made.gene_id)
        into[key] = made
        self.check(into, "transcripts", new)

    def check(self, held: Sized, what: str, new: int) -> None:
        """Raise LimitError when more is held than may be; ``new`` bytes just came in."""
        if len(held) > MAX_TRANSCRIPTS:
            raise LimitError(
                f"the annotation has more than {MAX_TRANSCRIPTS:,} {what}, the most that are read "
                "here; give that of the chromosomes that are needed"
            )
        self.held += new
        check_held(self.held, self.what, self.limits)


def _wider(one: Transcript, other: Transcript) -> Transcript:
    return replace(one, start=min(one.start, other.start), end=max(one.end, other.end))


def read(data: bytes, *, filename: str, limits: Limits) -> Genes:
    """Read an annotation; see ``genes.read_genes``."""
    shown = printable(filename)[-MAX_NAME:]
    what = repr(shown) if shown else "the file"
    text, changes = to_text(data, what, limits)
    text = fasta.tidy(text)
    check_lines(text, what, limits)
    lines = _lines(text, what)
    first = next(lines, None)
    if first is None:
        raise InputError(f"{what} holds no gene; {_WANTED}")
    lines = chain([first], lines)
    form = _form(first[1])
    if not form:
        raise InputError(f"{what} is not an annotation that is known here; {_WANTED}")
    parts = _Parts(what, limits)
    if form == "genePred":
        _gene_pred(lines, parts)
    else:
        _features(lines, parts, gff3=form == "GFF3")
    found = list(_joined(parts))
    if not found:
        why = f": {parts.refused[0].text}" if parts.refused else ""
        raise InputError(f"{what} ({form}) holds no transcript{why}; {_WANTED}")
    if more := parts.left - len(parts.refused):
        parts.refused.append(Rejection("more", f"{more:,} more lines were left out"))
    genes = len({one.gene for one in found})
    note = f"{form}: {many(len(found), 'transcript')} of {many(genes, 'gene')}"
    told = (*changes, Change("", "annotation", len(found), note))
    return Genes(found, told, parts.refused, limits)


def _lines(text: str, what: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that say something, with their 1-based numbers."""
    for number, line in enumerate(fasta.lines(text), 1):
        if line.strip() and not line.startswith(("#", "track ", "browser ")):
            check_line(len(line), number, what)
            yield number, line


def _form(line: str) -> str:
    """Return which format a line has, or ''."""
    columns = line.split("\t", _COLUMNS)
    if len(columns) in (8, 9) and all(is_number(one.strip()) for one in columns[3:5]):
        last = columns[8].lstrip() if len(columns) == 9 else ""
        return "GFF3" if _GFF.match(last) else "GTF"
    return "genePred" if _gene_pred_at(columns) is not None else ""


def _gene_pred_at(columns: list[str]) -> int | None:
    """Return in which column a genePred line begins: 1 where it has a bin, as refGene.txt does."""
    for at in (1, 0):
        place = columns[at : at + 10]
        if len(place) == 10 and place[2] in ("+", "-"):
            if all(is_number(place[i]) for i in (3, 4, 7)):
                return at
    return None


def _joined(parts: _Parts) -> Iterator[Transcript]:
    """Yield whole transcripts, then those of which the file has parts only."""
    lone = [
        part
        for key, part in parts.pieces.items()
        if key not in parts.whole and part.gene_id not in parts.parents
    ]
    for made in (*parts.whole.values(), *lone):
        # In GFF3 the gene is another line, which may come later; a miRNA may belong to an RNA.
        owner, steps = made.gene_id, 0
        while owner in parts.parents and steps < 4:
            owner, steps = parts.parents[owner], steps + 1
        symbol, gene_id = parts.genes.get(owner, (made.gene, made.gene_id))
        yield replace(made, gene=symbol, gene_id=gene_id)


def _gene_pred(lines: Iterable[tuple[int, str]], parts: _Parts) -> None:
    for number, line in lines:
        columns = [column.strip() for column in line.split("\t", _COLUMNS)]
        at = _gene_pred_at(columns)
        if at is None:
            parts.refuse(number, "it is not a line of genePred like the first one")
            continue
        name, chrom, strand, start, end = columns[at : at + 5]
        if int(start) >= int(end):
            parts.refuse(
                number, f"transcript {name[:60]!r} has its start {start} not before its end"
            )
            continue
        symbol = columns[at + 11] if len(columns) > at + 11 else ""
        made = Transcript(
            name, symbol or name, symbol or name, chrom, int(start), int(end), strand, ""
        )
        parts.add(made, whole=True)


def _features(lines: Iterable[tuple[int, str]], parts: _Parts, *, gff3: bool) -> None:
    """Read GTF or GFF3, which share their first eight columns."""
    for number, line in lines:
        if line.startswith(">"):
            break  # GFF3 may end in the sequences themselves
        columns = line.split("\t", 9)
        if len(columns) not in (8, 9):
            n = "more than 9 columns" if len(columns) > 9 else many(len(columns), "column")
            parts.refuse(number, f"it has {n}, but 9 belong to it")
            continue
        chrom, _, feature, first, last, _, strand = (column.strip() for column in columns[:7])
        folded = feature.lower()
        about = columns[8] if len(columns) == 9 else ""
        given = _attributes(about, gff3=gff3)
        if folded in _GENES:
            if gff3 and given.get("ID"):
                parts.genes[given["ID"]] = names = _gene_names(given)
                parts.check(parts.genes, "genes", _NAMED + len(given["ID"]) + sum(map(len, names)))
            continue
        whole = folded not in _PARTS
        if whole and not _is_transcript(given, folded, gff3=gff3):
            continue
        if folded in _PARTS and folded != "exon":
            continue
        if not (is_number(first) and is_number(last) and 1 <= int(first) <= int(last)):
            parts.refuse(number, f"{feature} {first[:20]}-{last[:20]} is no interval from 1 on")
            continue
        if strand not in ("+", "-"):
            parts.refuse(number, f"{feature} has the strand {strand[:8]!r}, so no start is known")
            continue
        if gff3 and given.get("Parent", "").count(",") >= MAX_PARENTS:
            parts.refuse(number, f"{feature} is part of more than {MAX_PARENTS} transcripts")
            continue
        if gff3 and whole:
            parts.parents[given["ID"]] = owner = given["Parent"].partition(",")[0]
            parts.check(parts.parents, "transcripts", _NAMED + len(given["ID"]) + len(owner))
        for name, gene, gene_id in _owners(given, gff3=gff3, whole=whole):
            kind = given.get("transcript_type") or given.get("transcript_biotype") or ""
            kind = kind or given.get("gene_biotype") or given.get("gene_type") or ""
            kind = kind or (feature if whole and gff3 else "")
            made = Transcript(name, gene, gene_id, chrom, int(first) - 1, int(last), strand, kind)
            parts.add(made, whole=whole)


def _attributes(text: str, *, gff3: bool) -> dict[str, str]:
    if gff3:
        return {key: unquote(value.strip()) for key, value in _GFF.findall(text)}
    found: dict[str, str] = {}
    for key, quoted, bare in _GTF.findall(text):
        found.setdefault(key, quoted or bare)
    return found


def _is_transcript(given: dict[str, str], feature: str, *, gff3: bool) -> bool:
    if not gff3:
        return feature == "transcript" and bool(given.get("transcript_id"))
    named = feature.endswith(("rna", "transcript")) or feature in ("pseudogenic_transcript",)
    return bool(named and given.get("ID") and given.get("Parent"))


def _gene_names(given: dict[str, str]) -> tuple[str, str]:
    """Return symbol and id of a GFF3 gene."""
    gene_id = given.get("gene_id") or given["ID"].removeprefix("gene:").removeprefix("gene-")
    symbol = given.get("gene_name") or given.get("gene") or given.get("Name") or gene_id
    return symbol, gene_id


def _owners(given: dict[str, str], *, gff3: bool, whole: bool) -> Iterator[tuple[str, str, str]]:
    """Yield (transcript id, gene symbol, gene id) that a line belongs to."""
    if not gff3:
        name = given.get("transcript_id", "")
        gene_id = given.get("gene_id") or name
        symbol = given.get("gene_name") or given.get("gene") or gene_id
        if name:
            yield name, symbol, gene_id
        return
    symbol = given.get("gene_name") or given.get("gene") or ""
    for parent in given.get("Parent", "").split(","):
        if whole:
            yield given.get("transcript_id") or _bare(given["ID"]), symbol or _bare(parent), parent
            return
        if parent:
            yield _bare(parent), symbol or _bare(parent), parent


def _bare(identity: str) -> str:
    """Return a GFF3 ID without the prefix that says what it is."""
    for prefix in ("transcript:", "rna-", "gene:", "gene-"):
        identity = identity.removeprefix(prefix)
    return identity
