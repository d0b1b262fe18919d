"""The command ``variants``: its options, and from a VCF and a genome to the table of effects."""

import argparse
import csv
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gexp_core import pipeline
from gexp_core.cli import tabled
from gexp_core.cli.terminal import meter, note
from gexp_core.errors import InputError, LimitError
from gexp_core.explain.variant_windows import WORDS, strand_read
from gexp_core.inputs.limits import many
from gexp_core.models import registry

if TYPE_CHECKING:
    from gexp_core.explain.effects import VariantEffects
    from gexp_core.inputs.genome import Genome
    from gexp_core.models.card import ModelCard
    from gexp_core.motifs.alleles import Changes
    from gexp_core.types import Floats

_SHOWN = 10
_P = 1e-4  # of a motif's site; the scan's own threshold, which is loaded with it

SUMMARY = "score the variants of a VCF in a genome's context"
TEXT = (
    "Columns: chrom pos id ref alt track strand_read y_ref y_alt effect percentile ref_match note "
    "(pos 1-based as given; strand_read is the strand of the genome on which the model read the "
    "windows, +, - or both: places and alleles are those of the plus strand always; y_ref and "
    "y_alt are readings of the window with either allele, the mean over all its bins where the "
    "model has several, effect = y_alt - y_ref; percentile of the effect among "
    "those of random single-base changes read by the same model, or of --background; ref_match is "
    "yes, no, or absent where the genome has no such place; note says why one was not scored, "
    "or what is odd of its window; with --motifs also motifs_gained and motifs_lost, each as "
    "name|id|strand|p with ; between them). A variant that cannot be scored keeps its row, with "
    "empty numbers; why is told on standard error too. Lines without alleles in letters (<DEL>, *, "
    "breakends) have no row and are told there alone."
)
EXAMPLE = "variants --model retina-cnn --genome mm10.fa in.vcf --out out.tsv"


def shifts(text: str) -> tuple[int, ...]:
    """Read whole numbers separated by commas, for argparse."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of whole numbers like -8,0,8"
        ) from None


def add_arguments(made: argparse.ArgumentParser) -> None:
    """Add the options that only this command has."""
    made.add_argument(
        "input",
        metavar="IN.vcf",
        help="VCF, plain or gzip, or one variant like chr8-140300616-T-G a line; - is standard "
        "input",
    )
    made.add_argument("--model", required=True, metavar="M", help="a name that `models` lists")
    made.add_argument(
        "--genome", required=True, metavar="G.fa", help="FASTA of the genome, plain or bgzip"
    )
    made.add_argument("--out", metavar="OUT", help="table to write (default: standard output)")
    tabled.add_arguments(made)
    made.add_argument(
        "--shifts",
        type=shifts,
        default=(0,),
        metavar="BP,BP",
        help="average over windows moved by these bases, as --shifts=-8,0,8 (default: 0)",
    )
    made.add_argument(
        "--strand",
        choices=("+", "-"),
        default="+",
        help="strand of the genome on which windows are read by a model that reads one strand, or "
        "with --single-strand; models that read both have no choice (default: +)",
    )
    made.add_argument(
        "--background",
        metavar="TABLE",
        help="an earlier table of this command, whose effects percentiles are among, or 'none' "
        "for no percentiles (default: random changes, made once for each model and kept)",
    )
    made.add_argument(
        "--motifs",
        action="store_true",
        help="say which known motifs (JASPAR, of the model's species) each variant makes and "
        f"breaks: p at most {_P:g}, and a score of at least 0 bits, with one allele and not with "
        "the other",
    )


def run(args: argparse.Namespace, write: Callable[["Any", argparse.Namespace], None]) -> int:
    """Check what was asked, read, score, report and write with ``write(table, args)``."""
    card = registry.card(args.model)
    strand = strand_read(card, not args.single_strand, args.strand)
    tabled.check(args)
    from gexp_core.inputs.genome import open_genome
    from gexp_core.inputs.variants import read_variants_path

    table = args.background not in (None, "none")
    background = read_background(args.background, strand) if table else None
    genome = open_genome(args.genome)
    build = genome.build()
    note(f"genome: {genome.name}, {build.label}; {build.evidence}")
    other = {"+": " (--strand - reads the minus strand)"}.get(strand, "")
    note(f"strand: windows are read on {WORDS[strand]} of the genome{other}")
    read = read_variants_path(args.input, genome=genome)
    _told("left out", [rejection.text for rejection in read.rejections])
    _told("changed", [change.text for change in read.changes])
    if args.motifs:
        _check_many(len(read.variants))
    model = pipeline.load(args.model, device=args.device)
    from gexp_core.explain.variants import score_variants
    from gexp_core.export.variants import variant_table

    with meter("variants") as progress:
        made = score_variants(
            model,
            genome,
            read.variants,
            both_strands=not args.single_strand,
            strand=args.strand,
            shifts=args.shifts,
            background=background,
            batch_size=args.batch_size,
            progress=progress,
        )
    report(made, genome)
    if args.background is None:
        made = _ranked(made, args)
    elif background is None:
        note("percentile is empty: --background none")
    elif missing := [track.name for track in card.tracks if track.name not in background]:
        note(f"percentile is empty for tracks that --background lacks: {', '.join(missing)}")
    write(variant_table(made, _changes(made, genome, card) if args.motifs else None), args)
    tabled.tell(args, made.provenance)
    return 0


def _check_many(variants: int) -> None:
    """Raise LimitError, before any is scored, where --motifs would refuse so many variants."""
    from gexp_core.motifs.alleles import MOST

    if variants > MOST:
        raise LimitError(
            f"{variants:,} variants were given, and --motifs compares {MOST:,} at most; give fewer "
            "at a time, or leave --motifs out"
        )


def _ranked(made: "VariantEffects", args: argparse.Namespace) -> "VariantEffects":
    """Return the scores with their percentiles among the model's own random changes."""
    from gexp_core.explain.effect_background import background_named
    from gexp_core.explain.effects import ranked

    with meter("background") as progress:
        background = background_named(
            args.model,
            both_strands=not args.single_strand,
            strand=args.strand,
            shifts=args.shifts,
            batch_size=args.batch_size,
            device=args.device,
            progress=progress,
        )
    note(f"percentile: among {background.words}")
    return ranked(made, background)


def _changes(made: "VariantEffects", genome: "Genome", card: "ModelCard") -> "Changes":
    """Return the motifs that each variant makes and breaks."""
    from gexp_core.motifs.alleles import LEAST, changes_named
    from gexp_core.motifs.database import for_card, title
    from gexp_core.motifs.scanning import FITS

    database = for_card(card)
    note(
        f"motifs: {title(database)}; gained or lost where the best site at the change has p at "
        f"most {_P:g} and a score of at least {FITS:g} bits with one allele only, by {LEAST:g} bit "
        "or more"
    )
    with meter("motifs") as progress:
        return changes_named(made.variants, genome, database, p=_P, progress=progress)


def report(made: "VariantEffects", genome: "Genome") -> None:
    """Say what was not scored and why, what mismatches have in common, and what is repeated."""
    from gexp_core.inputs.variants import absent, diagnose, repeated

    scored = made.scored
    pairs = list(zip(made.notes, scored, strict=True))
    _told("not scored", [text for text, done in pairs if not done])
    _told("window", [text for text, done in pairs if done and text])
    for said in (absent(made.matches, genome), diagnose(made.matches, genome)):
        if said:
            note(said)
    if n := len(repeated(made.variants, genome)):
        note(
            f"{n:,} variant{' is' if n == 1 else 's are'} the same change as one before, perhaps "
            "written otherwise: kept, with the same numbers"
        )
    note(f"{int(scored.sum()):,} of {many(len(scored), 'variant')} scored")


def _told(label: str, texts: Sequence[str]) -> None:
    for text in texts[:_SHOWN]:
        note(f"{label}: {text}")
    if len(texts) > _SHOWN:
        note(f"{label}: {len(texts) - _SHOWN:,} more")


def read_background(path: str, strand: str = "") -> "Mapping[str, Floats]":
    """Return track name -> effects of an earlier table of this command.

    Parameters
    ----------
    path : str
    strand : str, optional
        '+', '-' or 'both': what the table must say that was read, where it says so.

    Raises
    ------
    InputError
        The file cannot be read, is no such table, or its effects were read on another strand.
    """
    import pandas as pd

    try:
        table = pd.read_csv(
            sys.stdin.buffer if path == "-" else Path(path),
            sep="\t",
            usecols=lambda name: name in ("track", "effect", "strand_read"),
            dtype={"track": "str", "effect": "float32", "strand_read": "str"},
            quoting=csv.QUOTE_NONE,
        )
        if not {"track", "effect"} <= set(table):
            raise ValueError("it lacks one of these columns")
        table = table.dropna(subset=["track", "effect"])
    except (OSError, ValueError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(
            f"the background {path!r} cannot be read: {' '.join(reason.split())}; give a table "
            "that `variants --out` wrote, with the columns track and effect"
        ) from None
    other = set(table.get("strand_read", ())) - {strand}  # a table of one's own may not say it
    if strand and other:
        was = " and ".join(sorted(WORDS.get(str(one), repr(one)) for one in other))
        raise InputError(
            f"the effects of the background {path!r} were read on {was}, and those of the variants "
            f"are to be read on {WORDS[strand]}; give a table that was read in the same way"
        )
    return {str(track): rows["effect"].to_numpy() for track, rows in table.groupby("track")}
