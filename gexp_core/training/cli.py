"""``python -m gexp_core train``: members trained side by side, then the model folder is written."""

import argparse
import multiprocessing
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gexp_core.errors import InputError, ModelError
from gexp_core.models.registry import BUNDLED
from gexp_core.training.recipe import Recipe
from gexp_core.training.recipes import RECIPES, recipe
from gexp_core.training.tracks import recipe as tracks

if TYPE_CHECKING:
    from gexp_core.training.data import Table

Process = multiprocessing.context.SpawnProcess


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``train``."""
    parser.add_argument(
        "name",
        help=f"a bundled model ({', '.join(sorted({*RECIPES, *tracks.RECIPES}))}), or any name "
        "with --table",
    )
    parser.add_argument("--data", type=Path, help="folder of the bundled model's data set")
    parser.add_argument(
        "--teacher",
        type=Path,
        help="folder of the published model that human-mpra, retina-rnn, human-tracks and "
        "human-tracks-omics learn from (.h5 and .json)",
    )
    parser.add_argument(
        "--elements",
        type=Path,
        help="folder of human_lentimpra: its train elements are set into the texts that the "
        "teacher of human-tracks and human-tracks-omics reads",
    )
    parser.add_argument(
        "--table",
        type=Path,
        help="your own table: a column 'sequence', optionally 'group', 'split' and 'weight'; every "
        "other column is taken as measured values",
    )
    parser.add_argument("--units", default="as in the table", help="unit of your value columns")
    parser.add_argument("--assay", default="not stated", help="what your values measure")
    parser.add_argument(
        "--out",
        type=Path,
        help="model folder, called as the model (default: assets/models/NAME, or models/NAME)",
    )
    parser.add_argument("--runs", type=Path, help="checkpoints (default: runs/NAME)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument(
        "--members",
        type=_count,
        help="networks of the recipe that are trained (default: all); with --students, those that "
        "teach (default: 3)",
    )
    parser.add_argument(
        "--students",
        type=_count,
        metavar="N",
        help="with --table: first train the --members networks and a 6-mer ridge as teachers, then "
        "N student networks on your rows and on 24,000 made-up sequences labelled with the "
        "teachers' mean prediction; only the students are kept in the model",
    )
    parser.add_argument(
        "--jobs", type=_count, default=2, help="members trained side by side (default: 2)"
    )
    parser.add_argument(
        "--epochs",
        type=_count,
        help="fewer or more epochs than the recipe's (human-tracks: times 300 steps; "
        "human-tracks-omics: times 100; published towers that teach keep their own number)",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the first member")
    parser.add_argument(
        "--sketch",
        action="store_true",
        help="train nothing: write trained_on.safetensors, by which the input check knows "
        "sequences that a model was trained on, into an existing model folder",
    )
    parser.add_argument(
        "--classical",
        action="store_true",
        help="train nothing: write classical.safetensors, the 6-mer ridge and GC content fitted on "
        "the train rows, into an existing model folder",
    )
    parser.add_argument(
        "--no-test", action="store_true", help="leave the test rows unread (while choosing)"
    )


def _count(text: str) -> int:
    """Return a whole number of at least 1, for argparse."""
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return int(text)


def _plan(args: argparse.Namespace) -> tuple[Recipe, "Table", Path]:
    """Return the recipe, the rows and the default output folder that the options ask for."""
    if args.table is not None:
        from gexp_core.training.own import own_recipe
        from gexp_core.training.own_table import read_table

        reserved = {*RECIPES, *tracks.RECIPES}
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", args.name) or args.name in reserved:
            raise ModelError(
                f"{args.name!r} cannot name your model; use letters, digits, . _ -, and no bundled "
                "model's name"
            )
        table = read_table(args.table)
        own = own_recipe(
            args.name,
            table,
            units=args.units,
            assay=args.assay,
            members=args.members or 3,
            students=args.students or 0,
        )
        return own, table, Path("models") / args.name
    plan = recipe(args.name)
    if args.data is None:
        raise InputError(f"training {args.name} wants the folder of its data set: --data DIR")
    return plan, plan.read(args.data), BUNDLED / args.name


def _say(text: str) -> None:
    """Print a whole line; one that the next writes over on a terminal alone."""
    if text.endswith("\n"):
        print(text, end="", file=sys.stderr, flush=True)
    elif sys.stderr.isatty():
        print(text, end="\r", file=sys.stderr, flush=True)


def _train_member(args: argparse.Namespace, folder: Path, member: int, threads: int) -> None:
    import torch

    from gexp_core.training import taught
    from gexp_core.training.member_runs import train_member

    torch.set_num_threads(threads)
    plan, table, _ = _plan(args)

    def report(text: str) -> None:
        _say(f"{folder.name} {text}")

    runs = folder.parent
    how: dict[str, Any] = {"seed": args.seed + member, "epochs": args.epochs}
    how |= {"device": args.device, "report": report}
    for run in plan.runs(member):
        if run.taught:
            path = taught.lessons_file(runs, args.seed, both_strands=run.both_strands)
            how["taught" if run.both_strands else "taught_as_given"] = taught.read(path)
    try:
        train_member(plan, table, runs, member, **how)
    except ModelError as error:  # told by this process, which has no other way to say it
        sys.exit(f"{folder.name}: {error}")


def _train_all(args: argparse.Namespace, members: dict[int, Path], jobs: int) -> None:
    """Train these members, ``jobs`` at a time, the cores shared between them."""
    jobs = max(1, min(jobs, len(members)))
    threads = max(1, (os.cpu_count() or 1) // jobs)
    context = multiprocessing.get_context("spawn")
    waiting = list(members.items())
    running: list[Process] = []
    failed = False
    while waiting or running:
        while waiting and len(running) < jobs:
            member, folder = waiting.pop(0)
            work = (args, folder, member, threads)
            process = context.Process(target=_train_member, args=work)
            process.start()
            running.append(process)
        running[0].join(timeout=1)
        for process in [p for p in running if not p.is_alive()]:
            running.remove(process)
            failed |= process.exitcode != 0
    if failed:
        raise ModelError(
            "a member's training stopped early; what it said stands above, and the same command "
            "goes on from its last whole epoch"
        )


def _sketch(table: "Table", out: Path) -> int:
    """Write the sketch of the rows of a model that is there."""
    from gexp_core.training.sketch import write_sketch

    made = write_sketch(table, out)
    print(
        f"{out}: {len(made.words):,} words, one kept of {made.window}, from {made.rows:,} rows",
        file=sys.stderr,
    )
    return 0


def _classical(table: "Table", out: Path) -> int:
    """Write the linear predictors of a model that is there."""
    from gexp_core.training.linear import write_linear

    for (predictor, track), r in write_linear(table, out).items():
        print(f"{out}: {predictor} reaches r {r:.4f} on {track}, as its card says", file=sys.stderr)
    return 0


def _command(args: argparse.Namespace) -> str:
    """Return the command for the card: what decides the networks, and no path of this machine."""
    words = ["python -m gexp_core train", args.name]
    if args.table is not None:
        words.append("--table TABLE")
    if args.teacher is not None:
        words.append("--teacher DIR")
    for option in ("students", "members", "epochs", "seed"):
        if value := getattr(args, option):
            words.append(f"--{option} {value}")
    return " ".join(words)


def main(args: argparse.Namespace) -> int:
    """Train every member, then write the model folder; returns the exit code."""
    if args.students and args.table is None:
        raise InputError("--students is for a table of your own; a bundled model's recipe says its")
    if args.name in tracks.RECIPES and args.table is None:
        from gexp_core.training.tracks.run import main as train_tracks

        return train_tracks(args)
    from gexp_core.training.assemble import assemble
    from gexp_core.training.member_runs import member_folder
    from gexp_core.training.teachers import teach, teachers_of
    from gexp_core.training.tracks.teacher import read_untitled

    plan, table, default = _plan(args)  # a wrong folder is told before anything runs
    if args.elements is not None:
        raise InputError(f"{plan.name} reads no elements beside its data; leave --elements out")
    if args.teacher is not None and (plan.tuned is None or args.sketch or args.classical):
        raise InputError(f"{plan.name} learns from no published model here; leave --teacher out")
    runs = args.runs or Path("runs") / args.name
    out = args.out or default
    if args.sketch:
        return _sketch(table, out)
    if args.classical:
        return _classical(table, out)
    if out.resolve().name != plan.name:
        raise InputError(
            f"--out {out} is a folder of another name than the model's; end it with /{plan.name}"
        )
    members = plan.count if args.table is not None else args.members or plan.count
    if plan.others and members > plan.count:
        raise InputError(
            f"{plan.name} is of {plan.count} networks of different forms, {members} are asked for; "
            "ask for fewer"
        )
    plan.kept(members)  # what is asked for wrongly, or is missing, is told before hours are spent
    published = None if args.teacher is None else read_untitled(args.teacher)
    strands = {run.both_strands for k in range(members) for run in plan.runs(k) if run.taught}
    named = {True: plan.teachers, False: plan.given_teachers}
    teachers_of(
        (name for one in sorted(strands, reverse=True) for name in named[one]), table, published
    )
    began = time.monotonic()
    folders = {member: member_folder(runs, member) for member in range(members)}
    how: dict[str, Any] = {"seed": args.seed, "device": args.device, "report": _say}
    how["published"] = published
    if False in strands:
        teach(plan, table, runs, both_strands=False, **how)
    firsts = {member: plan.form(member).fit for member in folders}
    late = {
        k: folder for k, folder in folders.items() if firsts[k].taught and firsts[k].both_strands
    }
    _train_all(args, {k: folder for k, folder in folders.items() if k not in late}, args.jobs)
    if True in strands:
        teach(plan, table, runs, **how)
        _train_all(args, late, args.jobs)
    assemble(
        plan,
        table,
        runs,
        out,
        members=members,
        test=not args.no_test,
        command=_command(args),
        report=_say,
    )
    print(f"{out} written after {time.monotonic() - began:.0f} s", file=sys.stderr)
    if args.table is not None:
        print(f"GEXP_MODELS={out.parent} offers it in the app and here", file=sys.stderr)
    return 0
