"""Options of ``mutagenesis`` for changes of more than one letter, each into a table of its own.

Owns also what these options may not ask for, told before anything is computed.
"""

import argparse
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from gexp_core import pipeline
from gexp_core.cli import files, place
from gexp_core.cli.terminal import meter
from gexp_core.errors import InputError, LimitError
from gexp_core.models import registry
from gexp_core.types import InputCheck

if TYPE_CHECKING:
    from gexp_core.explain.edited import Reading

_SIZE, _BY = 10, ("shuffle", "n")  # bases of a stretch; how it is replaced, the first by default


def add_arguments(made: argparse.ArgumentParser, whole: Callable[[int], Any]) -> None:
    """Add the options; ``whole(n)`` reads a whole number from n."""
    made.add_argument(
        "--indels",
        metavar="OUT.tsv",
        help="also write what the loss of each base, and each base put in, would do",
    )
    made.add_argument(
        "--stretches",
        metavar="OUT.tsv",
        help="also write what replacing each stretch of bases would do",
    )
    made.add_argument(
        "--stretch", type=whole(1), metavar="BP", help=f"bases of one (default: {_SIZE})"
    )
    made.add_argument(
        "--stretch-by",
        choices=_BY,
        help="replace by five other orders of its own letters (from 20 bases on with the same "
        "dinucleotides), or by N (default: shuffle); one with nothing to replace has no value",
    )
    made.add_argument(
        "--pairs",
        metavar="OUT.tsv",
        help="also write what every two changes in a part of one sequence do together",
    )
    made.add_argument(
        "--pairs-in",
        type=place.part,
        metavar="START-END",
        help="that part: first and last base, counted from 1; at most 60 bases",
    )
    made.add_argument("--seed", type=whole(0), metavar="N", help="of the shuffles (default: 0)")


def check_options(args: argparse.Namespace) -> None:
    """Raise GexpError when options do not belong together, or a table could not be written."""
    files.check_outputs(args.out, args.provenance, args.indels, args.stretches, args.pairs)
    if (args.pairs is None) != (args.pairs_in is None):
        raise InputError("--pairs OUT.tsv and --pairs-in START-END belong together; give both")
    for name in ("stretch", "stretch_by", "seed"):
        if args.stretches is None and getattr(args, name) is not None:
            raise InputError(
                f"--{name.replace('_', '-')} is of the stretches that are replaced; give "
                "--stretches OUT.tsv too, or leave it out"
            )


def check_size(args: argparse.Namespace, check: InputCheck) -> None:
    """Raise LimitError when a table would take more readings than one may."""
    wanted = {"deletion": args.indels, "insertion": args.indels, "stretch": args.stretches}
    if args.indels is None and args.stretches is None:
        return
    from gexp_core.explain.stretches import MOST, readings

    for kind, path in wanted.items():
        most = readings(
            registry.card(args.model),
            check.sequences,
            kind,
            reading=_reading(args, check),
            size=args.stretch or _SIZE,
            by=args.stretch_by or _BY[0],
        )
        if path is not None and most > MOST:
            raise LimitError(
                f"--{'stretches' if kind == 'stretch' else 'indels'} would take {most:,} readings "
                f"of {kind}s, more than {MOST:,}; give fewer or shorter sequences, or change only "
                "a part of them with --part START-END"
            )


def files_of(args: argparse.Namespace, check: InputCheck) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the bytes of each table that was asked for, as soon as it is made."""
    if args.indels is None and args.stretches is None and args.pairs is None:
        return
    import pandas as pd

    from gexp_core.explain.stretches import deletions, insertions, stretches
    from gexp_core.export.stretches import edits_table
    from gexp_core.export.text import tsv

    model, card = pipeline.load(args.model, device=args.device), registry.card(args.model)
    reading = _reading(args, check)
    if args.indels is not None:
        parts = []
        for make in (deletions, insertions):
            with meter(make.__name__) as progress:
                made = make(model, check.sequences, reading=reading, progress=progress)
            parts.append(edits_table(made, card))
        yield args.indels, tsv(pd.concat(parts, ignore_index=True))
    if args.stretches is not None:
        with meter("stretches") as progress:
            made = stretches(
                model,
                check.sequences,
                size=args.stretch or _SIZE,
                by=args.stretch_by or _BY[0],
                seed=args.seed or 0,
                reading=reading,
                progress=progress,
            )
        yield args.stretches, tsv(edits_table(made, card))
    if args.pairs is not None:
        yield args.pairs, tsv(_pairs(args, check))


def _reading(args: argparse.Namespace, check: InputCheck) -> "Reading":
    from gexp_core.explain.edited import Reading

    return Reading(
        place.target(args, check.sequences),
        window=args.part,
        both_strands=not args.single_strand,
        stride=args.stride,
        batch_size=args.batch_size,
    )


def _pairs(args: argparse.Namespace, check: InputCheck) -> Any:
    from gexp_core.explain.pairwise import pairs
    from gexp_core.export.pairwise import pairs_table

    with meter("pairs") as progress:
        made = pairs(
            pipeline.load(args.model, device=args.device),
            check.sequences,
            args.pairs_in,
            target=place.target(args, check.sequences),
            both_strands=not args.single_strand,
            stride=args.stride,
            batch_size=args.batch_size,
            progress=progress,
        )
    return pairs_table(made, registry.card(args.model))
