"""The command ``motifs``: its options, and from sequences to a folder of motifs."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from gexp_core import pipeline
from gexp_core.cli import files
from gexp_core.cli.familiar import report_training
from gexp_core.cli.terminal import meter, note, report, report_reading
from gexp_core.errors import InputError, LimitError
from gexp_core.explain.methods import ABOUT
from gexp_core.inputs.limits import many
from gexp_core.models import registry
from gexp_core.motifs.database import databases, for_card, motifs_of, title

if TYPE_CHECKING:
    from gexp_core.explain import AttributionSettings
    from gexp_core.models.base import Model
    from gexp_core.motifs.meme import Known
    from gexp_core.motifs.nouns import MotifSet
    from gexp_core.types import SequenceSet

SUMMARY = "find the motifs that a model reads, name them and place them"
TEXT = (
    "Writes a report (HTML), the motifs (MEME, TRANSFAC, TF-MoDISco's HDF5, logos), their names "
    "and their sites (CSV) into one folder, and which known motifs are credited where they fit. A "
    "motif is a pattern of alike stretches of the scores "
    "with at least --least sites, and clearly more than shuffled sequences have. Names are "
    "by TOMTOM, with q below 0.1. The first run on a machine compiles for some minutes."
)
EXAMPLE = "motifs --model retina-cnn in.fa --out motifs"

#: Methods that give every letter a score, and so can show what a motif would rather have.
METHODS = tuple(key for key, one in ABOUT.items() if one.letters and one.signed)


def add_arguments(made: argparse.ArgumentParser) -> None:
    """Add the options that only this command has."""
    made.add_argument("--track", metavar="NAME", help="track to explain (default: the first)")
    made.add_argument(
        "--method", choices=METHODS, default="deeplift-shap", help="(default: %(default)s)"
    )
    made.add_argument(
        "--database",
        choices=databases(),
        help="known motifs to name by (default: those closest to the model's species)",
    )
    made.add_argument(
        "--meme", metavar="FILE", help="known motifs of your own, MEME format, at least 25"
    )
    made.add_argument(
        "--keep-strands",
        action="store_true",
        help="a motif and its reverse complement are two, known motifs too",
    )
    made.add_argument(
        "--chance",
        type=float,
        default=0.5,
        metavar="SHARE",
        help="largest share of a motif's sites that is expected by chance, measured on shuffled "
        "sequences (default: 0.5)",
    )
    made.add_argument(
        "--fdr",
        type=float,
        default=0.1,
        metavar="SHARE",
        help="the same of the stretches that are listed one by one (default: 0.1)",
    )
    made.add_argument(
        "--scan", action="store_true", help="also write where known motifs fit the letters (FIMO)"
    )
    made.add_argument(
        "--no-known",
        action="store_true",
        help="do not ask which known motifs the model credits (known_at_work.tsv)",
    )
    made.add_argument(
        "--filters",
        action="store_true",
        help="also write the filters of the first layer with the strongest responses as motifs, "
        "and how much each matters",
    )


def run(args: argparse.Namespace) -> int:
    """Check what was asked, read, find, report and write."""
    target = pipeline.target_of(args.model, args.track)
    files.check_files(args.out)
    known, database = _known(args)
    from gexp_core.motifs.discovery import DiscoverySettings

    settings = DiscoverySettings(
        least_sites=args.least,
        chance=args.chance,
        fdr=args.fdr,
        merge_strands=not args.keep_strands,
    )
    from gexp_core import inputs

    check = inputs.read_path(args.input)
    model = pipeline.load(args.model, device=args.device)
    report(check)
    report_reading(model.card, check.sequences, args.stride)
    report_training(model.card, check.sequences)
    from gexp_core.export.archive import bundle
    from gexp_core.motifs.finding import find_motifs

    with meter("motifs", counts=False) as progress:
        found = find_motifs(
            model,
            check.sequences,
            settings=settings,
            scores=_scores(args),
            target=target,
            seed=args.seed,
            known=known,
            database=database,
            at_work=not args.no_known,
            batch_size=args.batch_size,
            progress=progress,
        )
    _told(found)
    contents = _contents(found, args, known)
    if args.filters:
        contents |= _filters(model, check.sequences, args, known, database)
    contents[files.ZIP] = bundle(contents)
    files.write_files(args.out, contents)
    note(f"{many(len(contents), 'file')} written to {args.out}")
    return 0


def _scores(args: argparse.Namespace) -> "AttributionSettings":
    from gexp_core.explain import AttributionSettings
    from gexp_core.motifs.finding import SCORES

    return AttributionSettings(
        method=args.method,
        n_baselines=SCORES.n_baselines,
        tolerance=0.05,
        hypothetical=True,
        both_strands=not args.single_strand,
        stride=args.stride,
    )


def _known(args: argparse.Namespace) -> "tuple[tuple[Known, ...], str]":
    """Return what motifs are named by, and what that is called."""
    if args.meme is not None and args.database is not None:
        raise InputError("--meme and --database both say what motifs are named by; give one")
    if args.meme is None:
        database = args.database or for_card(registry.card(args.model))
        return motifs_of(database), title(database)
    from gexp_core.motifs.meme import read_meme
    from gexp_core.motifs.naming import enough

    try:
        data = Path(args.meme).read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"the motifs {args.meme!r} cannot be read: {reason}") from None
    known = read_meme(data, args.meme)
    enough(known)
    return known, Path(args.meme).name


def _told(found: "MotifSet") -> None:
    """Say what was found, how much of it by chance, and what there was too little of."""
    from gexp_core.export.motif_report import counted
    from gexp_core.export.motifs_at_work import said

    for calling in found.calling:
        if calling.called:
            note(counted(calling))
    for text in found.notes:
        note(text)
    for motif in found.motifs:
        best = motif.matches[0] if motif.matches else None
        like = f"like {best.name} {best.id}, q = {best.q:.2g}" if best else "like nothing known"
        note(
            f"{motif.name}: {motif.consensus}, {many(len(motif.sites), 'site')}"
            + ("" if math.isnan(motif.expected) else f" ({motif.expected:.3g} by chance)")
            + f", contribution {motif.contribution:+.3g}, {like}"
        )
    if found.at_work is not None:
        for text in (*found.at_work.notes, *map(said, found.at_work.motifs)):
            note(text)


def _contents(
    found: "MotifSet", args: argparse.Namespace, known: "tuple[Known, ...]"
) -> dict[str, bytes]:
    """Return every file, path -> bytes."""
    from gexp_core.export import motif_report, motifs, motifs_at_work
    from gexp_core.export.archive import safe_names
    from gexp_core.export.text import tsv
    from gexp_core.figures.motifs import motif_figure
    from gexp_core.figures.saving import render

    contents = {
        "motifs.html": motif_report.report(found, registry.card(args.model), known),
        "motifs.meme": motifs.meme(found),
        "motifs.transfac": motifs.transfac(found),
        "motifs.h5": motifs.hdf5(found),
        "motifs.tsv": tsv(motifs.motif_table(found)),
        "motif_names.tsv": tsv(motifs.match_table(found)),
        "motif_sites.csv": motifs.comma(motifs.site_table(found)),
        "seqlets.tsv": tsv(motifs.seqlet_table(found)),
        "provenance.json": found.provenance.to_json().encode(),
    }
    if found.at_work is not None:
        contents["known_at_work.tsv"] = tsv(motifs_at_work.family_table(found.at_work, found.units))
        contents["known_at_work_places.csv"] = motifs.comma(motifs_at_work.place_table(found))
    stems = safe_names([motif.name for motif in found.motifs])
    for motif, stem in zip(found.motifs, stems, strict=True):
        figure = motif_figure(motif, found.units)
        for form in ("svg", "pdf", "png"):
            contents[f"logos/{stem}.{form}"] = render(figure, form)
    if args.scan:
        from gexp_core.motifs.scanning import MOST_HITS, scan
        from gexp_core.types import SequenceSet

        try:
            hits = scan(SequenceSet(found.names, found.sequences), known)
            contents["known_hits.tsv"] = tsv(motifs.hit_table(hits, found.names))
        except LimitError:
            note(
                f"known_hits.tsv is left out: known motifs fit the letters at more than "
                f"{MOST_HITS:,} places; give fewer sequences, or fewer motifs with --meme"
            )
    return contents


def _filters(
    model: "Model",
    sequences: "SequenceSet",
    args: argparse.Namespace,
    known: "tuple[Known, ...]",
    database: str,
) -> dict[str, bytes]:
    """Return the files of the first layer's filters, of every network of the model."""
    from gexp_core.export import motifs
    from gexp_core.export.text import tsv
    from gexp_core.motifs.first_layer import MOST_FILTERS, read_filters

    contents = {}
    for member in range(model.card.members):
        with meter(f"filters of network {member + 1}", counts=False) as progress:
            made = read_filters(
                model,
                sequences,
                known,
                member=member,
                database=database,
                seed=args.seed,
                progress=progress,
            )
        note(
            f"filters of network {member + 1}: {len(made.filters)} are written, at most the "
            f"{MOST_FILTERS} with the strongest responses"
        )
        contents[f"filters/network_{member + 1}.tsv"] = tsv(motifs.filter_table(made))
        contents[f"filters/network_{member + 1}.meme"] = motifs.meme(made)
        contents[f"filters/network_{member + 1}.json"] = made.provenance.to_json().encode()
    return contents
