"""The command ``regions``: from BED, a typed region or a gene to the letters of a genome."""

import argparse
import itertools
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from gexp_core.cli import files
from gexp_core.cli.terminal import note
from gexp_core.errors import InputError
from gexp_core.inputs import (
    CLI_LIMITS,
    Genome,
    NamedInterval,
    extract,
    format_region,
    open_genome,
    parse_region,
    parse_regions,
    read_bed,
)
from gexp_core.inputs.limits import check_bytes, many
from gexp_core.inputs.unpack import to_text
from gexp_core.types import InputCheck

_SHOWN = 5
_SIDES = (1_000, 100)  # bases upstream and downstream of a start where no window is given

SUMMARY = "take the letters of regions or promoters out of a genome"
TEXT = (
    "Typed regions are 1-based with both ends included, BED is 0-based half-open. With --length "
    "every region is centred in a window of that many bases with its real flanks; near the end of "
    "a contig the window is shifted, not shortened. A region on the minus strand is "
    "reverse-complemented. With --genes the input is the symbol or id of a gene, and each of its "
    "transcription starts gives one region in the direction of its transcript. What was done is "
    "told on standard error, and for each region in the file of --report."
)
EXAMPLE = "regions --genome mm10.fa peaks.bed --length 164 --out peaks.fa"


def add_arguments(made: argparse.ArgumentParser) -> None:
    """Add the options that only this command has."""
    made.add_argument(
        "input",
        metavar="IN",
        nargs="+",
        help="a BED file, plain or gzip, or regions like 'chr1:1,001-1,164:-'; - is standard "
        "input with either on each line (with --genes: a gene symbol or id)",
    )
    made.add_argument(
        "--genome", required=True, metavar="G.fa", help="FASTA of the genome, plain or bgzip"
    )
    made.add_argument(
        "--genes",
        metavar="A.gtf",
        help="GTF, GFF3 or refGene, plain or gzip: IN names genes of it",
    )
    made.add_argument("--out", metavar="OUT.fa", help="FASTA to write (default: standard output)")
    made.add_argument("--bed", metavar="OUT.bed", help="write the intervals that were read as BED")
    made.add_argument(
        "--report", metavar="OUT.tsv", help="write what was done to each region as a table"
    )


def run(args: argparse.Namespace) -> tuple[str | None, bytes]:
    """Read, extract and report; return where the FASTA goes and its bytes."""
    _check(args)
    genome = open_genome(args.genome)
    build = genome.build()
    note(f"genome: {genome.name}, {build.label}; {build.evidence}")
    intervals = _promoters(args, genome) if args.genes else _regions(args.input)
    made = extract(genome, intervals, args.length, limits=CLI_LIMITS)
    _told("left out", [left.text for left in made.rejected])
    _summarise(made)
    from gexp_core.export.regions import region_bed, region_fasta

    if args.bed is not None:
        files.write_file(args.bed, region_bed(made.sequences))
    if args.report is not None:
        from gexp_core.export.tables import input_table
        from gexp_core.export.text import tsv

        files.write_file(args.report, tsv(input_table(made)))
    return args.out, region_fasta(made.sequences)


def _check(args: argparse.Namespace) -> None:
    """Refuse options that do not go together, and places that cannot be written."""
    if args.genes is None and (args.upstream is not None or args.downstream is not None):
        raise InputError(
            "--upstream and --downstream are of the starts of genes; give --genes too, or --length "
            "for the flanks of regions"
        )
    if "-" in (args.bed, args.report):
        raise InputError("standard output is for the FASTA; give --bed and --report a file")
    files.check_outputs(args.out, args.bed, args.report)


def _told(label: str, texts: Sequence[str]) -> None:
    for text in texts[:_SHOWN]:
        note(f"{label}: {text}")
    if len(texts) > _SHOWN:
        note(f"{label}: {len(texts) - _SHOWN:,} more")


def _summarise(made: InputCheck) -> None:
    """Say how many regions were read and, for each kind of change, to how many it was made."""
    bases = sum(map(len, made.sequences.sequences))
    note(f"{many(len(made.sequences), 'region')} read, {many(bases, 'base')}")
    kinds: dict[str, list[str]] = {}
    for change in made.changes:
        kinds.setdefault(change.kind, []).append(change.text)
    for kind, texts in kinds.items():
        several = f"{len(texts):,} regions, the first is " if len(texts) > 1 else ""
        note(f"{kind}: {several}{texts[0]}")


def _regions(given: list[str]) -> tuple[NamedInterval, ...]:
    """Return the regions of every argument; each is a file, standard input or one region."""
    found: list[NamedInterval] = []
    for one in given:
        if one == "-":
            text, _ = to_text(_bytes(one), "standard input", CLI_LIMITS)
            read = parse_regions(text, limits=CLI_LIMITS)
        elif os.path.exists(one):
            data = _bytes(one)
            read = read_bed(data, filename=os.path.basename(one), limits=CLI_LIMITS)
        else:
            try:
                interval = parse_region(one)
            except InputError as error:
                raise InputError(f"{error}; nor is there a file of that name") from None
            name = format_region(interval).replace(",", "")
            found.append(NamedInterval(name, interval))
            continue
        intervals, changes, rejections = read
        _told("left out", [left.text for left in rejections])
        for change in changes:
            note(f"changed: {change.text}")
        found += intervals
    return _unique(found)


def _bytes(path: str) -> bytes:
    """Return what a file or standard input holds, within the bounds of the command line."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read(CLI_LIMITS.max_bytes + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(CLI_LIMITS.max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"{path!r} cannot be read: {reason}; give the path of a file") from None
    check_bytes(len(data), repr(path), CLI_LIMITS)
    return data


def _unique(found: list[NamedInterval]) -> tuple[NamedInterval, ...]:
    """Return the regions of several inputs, each with a name of its own."""
    taken = {one.name for one in found}
    seen: set[str] = set()
    named, renamed = [], []
    for one in found:
        name = one.name
        if name in seen:
            name = next(new for n in itertools.count(2) if (new := f"{one.name}_{n}") not in taken)
            taken.add(name)
            renamed.append(f"{one.name!r} was used before; this one is {name!r}")
        seen.add(name)
        named.append(replace(one, name=name))
    _told("renamed", renamed)
    return tuple(named)


def _promoters(args: argparse.Namespace, genome: Genome) -> tuple[NamedInterval, ...]:
    """Return a region for each transcription start of the genes that were named."""
    from gexp_core.inputs.genes import promoters, read_genes

    data = _bytes(args.genes)
    genes = read_genes(data, filename=os.path.basename(args.genes), limits=CLI_LIMITS)
    note(f"genes: {genes.changes[-1].text}")
    sides = _SIDES if args.length is None else (args.length - args.length // 4, args.length // 4)
    up = sides[0] if args.upstream is None else args.upstream
    down = sides[1] if args.downstream is None else args.downstream
    found: list[NamedInterval] = []
    for name in args.input:
        found += promoters(genes.starts(name), up, down, genome)
    named = _unique(found)
    _told("start", [f"{one.name}: {one.notes[0]}" for one in named])
    return named
