"""The command ``batch``: a file of any size, shard by shard, resumed where it stopped.

Owns also the options with which ``predict``, ``attribute`` and ``mutagenesis`` do the same.
"""

import argparse
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from gexp_core import pipeline
from gexp_core.cli import files
from gexp_core.cli.explaining import run_settings
from gexp_core.cli.terminal import meter, note
from gexp_core.errors import CancelledError, InputError
from gexp_core.explain.settings import BASELINES, METHODS
from gexp_core.inputs.limits import many
from gexp_core.models import registry

WORKS = ("predict", "attribute", "mutagenesis")

_DEFAULTS = {"workers": max(1, (os.cpu_count() or 2) - 1), "shard": 1_000, "engine": "local"}
_EXPLAINED = {"method": METHODS[0], "baseline": BASELINES[0], "seed": 0}

#: Options of the other commands that a batch knows too.
_SHARED = {"command", "call", "input", "model", "out", "track", "address", *_DEFAULTS, *_EXPLAINED}
_SHARED |= {"stride", "single_strand", "batch_size", "device"}
_SHARED |= {"own", "shuffles", "samples", "size", "step", "off_simplex"}

SUMMARY = "compute a file of any size, shard by shard, and go on after an interruption"
TEXT = (
    "Memory does not grow with the file. OUT ends with .parquet or .tsv. Columns: record (1-based "
    "place in the file) sequence, those of the work (predict: start end track prediction spread; "
    "attribute: position base score A C G T; mutagenesis: position ref alt track effect) and note, "
    "which says why a record could not be read. What made it (model, sha256 of the weights and of "
    "the input, settings, versions) stands in the metadata of a Parquet file, and of a TSV in "
    "OUT.json. While it runs, what is done lies in OUT.parts; "
    "stopped or killed, the same command goes on from there and writes the same bytes as an "
    "undisturbed run, with any number of workers."
)
EXAMPLE = "batch --model retina-cnn library.fa.gz --out library.parquet --workers 8"


def add_arguments(made: argparse.ArgumentParser, whole: Callable[[int], Any]) -> None:
    """Add the options that only this command has."""
    made.add_argument(
        "input",
        metavar="IN.fa",
        help="FASTA or a table (name, sequence), plain or gzip; a file, not a pipe",
    )
    made.add_argument("--model", required=True, metavar="M", help="a name that `models` lists")
    made.add_argument("--out", required=True, metavar="OUT", help="table: .parquet or .tsv")
    made.add_argument("--work", choices=WORKS, default=WORKS[0], help="(default: %(default)s)")
    made.add_argument(
        "--track", metavar="NAME", help="this track (default: all; explained: the first)"
    )
    _scaling(made, whole)
    made.set_defaults(**_DEFAULTS)


def _scaling(made: Any, whole: Callable[[int], Any]) -> None:
    """Add the options that say where shards are computed; without defaults."""
    made.add_argument(
        "--workers",
        type=whole(1),
        metavar="N",
        help="processes, one thread each (default: all processors but one)",
    )
    made.add_argument("--shard", type=whole(1), metavar="N", help="records at once (default: 1000)")
    made.add_argument(
        "--engine",
        choices=("local", "ray"),
        help="processes here, or a Ray cluster (requirements-ray.txt) (default: local)",
    )
    made.add_argument(
        "--address", metavar="HOST:PORT", help="with --engine ray: the cluster (default: start one)"
    )


def scale(parsers: Mapping[str, argparse.ArgumentParser], whole: Callable[[int], Any]) -> None:
    """Let the commands that a batch can stand for take its options, and do as it does then."""
    for work in WORKS:
        made = parsers[work]
        group = made.add_argument_group(
            "large files",
            "With one of these, or an OUT that ends with .parquet, the file is computed as "
            f"`batch --work {work}` does: in memory that does not grow with it, into Parquet or "
            "TSV, and resumed by the same command after an interruption.",
        )
        _scaling(group, whole)
        made.set_defaults(call=partial(_either, made, made.get_default("call")))


def _either(
    made: argparse.ArgumentParser, plain: Callable[[argparse.Namespace], int], args: Any
) -> int:
    """Run a command as it is, or as a batch where its options ask for that."""
    asked = vars(args)
    ending = Path(args.out or "").suffix.lower()
    large = ending == ".parquet" or (ending == ".tsv" and args.command == "attribute")
    if not large and all(asked[name] is None for name in ("workers", "shard", "engine", "address")):
        return plain(args)
    if args.out in (None, "-"):
        raise InputError(
            "a large file is computed into a table on disk; give --out a name that ends with "
            ".parquet or .tsv"
        )
    # of the three works only attribute has a method, a baseline and a seed
    known = _SHARED if args.command == "attribute" else _SHARED - set(_EXPLAINED)
    for name, value in asked.items():
        if name not in known and value != made.get_default(name):
            raise InputError(
                f"--{name.replace('_', '-')} is not for large files; leave it out, or leave out "
                f"--workers, --shard, --engine and --address, and end --out otherwise than {ending}"
            )
    given = {name: value for name, value in asked.items() if value is not None}
    rest = {"track": None, "device": None, "stride": None, "address": None}
    return run(argparse.Namespace(**rest | _EXPLAINED | _DEFAULTS | given, work=args.command))


def run(args: argparse.Namespace) -> int:
    """Check what was asked, run, and say what was done."""
    from gexp_core.batch import BatchSettings, about_of
    from gexp_core.batch import run as run_batch

    files.check_file(args.out)
    if about := about_of(Path(args.out)):
        files.check_file(str(about))
    for name, default in _EXPLAINED.items():
        if args.work != "attribute" and getattr(args, name) != default:
            raise InputError(
                f"--{name} is not an option of the work {args.work}; leave it out, or give "
                "--work attribute"
            )
    if args.input == "-" or not Path(args.input).is_file():
        raise InputError(
            f"{args.input!r} is no file; a batch reads its input again after an interruption, so "
            "give the path of a FASTA file"
        )
    settings = BatchSettings(
        model=args.model,
        work=args.work,
        run=run_settings(args),
        records=args.shard,
        device=args.device,
    )
    if args.device is not None and args.engine != "ray":  # there, other machines have it
        pipeline.load(args.model, device=args.device)
    units = registry.card(args.model).units
    engine = _engine(args)
    try:
        with meter(args.work, counts=False) as progress:
            report = run_batch(
                args.input,
                args.out,
                settings,
                engine=engine,
                owner="batch",
                at_once=2 * args.workers,
                progress=progress,
            )
    except (KeyboardInterrupt, CancelledError):
        note(f"stopped; what is done is kept in {args.out}.parts, the same command goes on")
        return 130
    finally:
        engine.stop()
    if report.kept:
        were = "was" if report.kept == 1 else "were"
        note(f"{report.kept:,} of {many(report.shards, 'shard')} {were} there from before")
    if report.table:
        note(report.table)
    for kind, (records, letters) in report.changes.items():
        note(f"changed: {kind}, {letters:,} in {many(records, 'record')}")
    if report.refused:
        note(f"left out: {many(report.refused, 'record')}; the column note says why")
    note(
        f"{many(report.rows, 'row')} about {many(report.records, 'record')} written to {args.out}, "
        f"numbers in {units}" + (f"; what made it stands in {about}" if about else "")
    )
    return 0


def _engine(args: argparse.Namespace) -> Any:
    """Return the engine that was asked for, without the bounds that a server has."""
    from gexp_core.jobs import Bounds, Engine

    room = 4 * args.workers + 4
    bounds = Bounds(
        workers=args.workers, waiting=room, held=room, share=args.workers, seconds=0, memory=0
    )
    if args.engine == "ray":
        from gexp_core.jobs.cluster import RayEngine

        if args.device not in (None, "cpu", "cuda"):
            raise InputError(
                f"--device {args.device} is not for a cluster, which gives each shard a GPU of its "
                "own; give cuda or cpu"
            )
        return RayEngine(bounds, address=args.address, gpus=int(args.device == "cuda"))
    if args.address is not None:
        raise InputError("--address is of a Ray cluster; give --engine ray with it")
    return Engine(bounds)
