"""``python -m gexp_core train`` of a model of tracks: train it, then write its folder."""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gexp_core.errors import InputError
from gexp_core.models.registry import BUNDLED
from gexp_core.training.tracks.recipe import SignalRecipe, recipe
from gexp_core.training.tracks.texts import Codes, apart
from gexp_core.training.tracks.windows import Windows, human_tracks

if TYPE_CHECKING:
    from gexp_core.training.tracks.teacher import Teacher


def main(args: argparse.Namespace) -> int:
    """Train what the options ask for; returns the exit code."""
    plan = recipe(args.name)
    if args.members not in (None, 1):
        raise InputError(f"{plan.name} is one network; leave --members out")
    if args.classical:
        raise InputError(
            "linear predictors of single sequences come with models of one number per sequence; "
            f"{plan.name} predicts tracks, leave --classical out"
        )
    if args.sketch and args.data is not None:
        from gexp_core.training.tracks.assemble import write_sketch

        made = write_sketch(human_tracks(args.data), args.out or BUNDLED / plan.name)
        print(f"{len(made.words):,} words, one kept of {made.window}", file=sys.stderr)
        return 0
    if args.data is None or args.teacher is None:
        raise InputError(
            f"training {plan.name} wants the folder of its data set (--data DIR) and that of a "
            "published model to learn from (--teacher DIR); docs/training.md says where from"
        )
    from gexp_core.training.tracks.teacher import read_teacher

    windows = human_tracks(args.data)
    teacher = read_teacher(args.teacher, args.data / "targets.tsv")
    elements = None if args.elements is None else _elements(args.elements, windows)
    run = args.runs or Path("runs") / plan.name
    out = args.out or BUNDLED / plan.name
    began = time.monotonic()
    if isinstance(plan, SignalRecipe):
        _with_signal(args, plan, windows, teacher, elements, run, out)
        print(f"{out} written after {time.monotonic() - began:.0f} s", file=sys.stderr)
        return 0
    from gexp_core.training.tracks.assemble import assemble
    from gexp_core.training.tracks.distil import distil

    settings = replace(plan.fit, seed=args.seed)
    if args.epochs is not None:
        settings = settings.of_length(args.epochs * settings.noted_every)
    distil(
        plan.config,
        teacher,
        windows,
        elements,
        run,
        settings=settings,
        device=args.device,
        report=_report,
    )
    assemble(plan, windows, teacher, run, out, test=not args.no_test, report=_report)
    print(f"{out} written after {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0


def _with_signal(
    args: argparse.Namespace,
    plan: SignalRecipe,
    windows: Windows,
    teacher: "Teacher",
    elements: Codes | None,
    run: Path,
    out: Path,
) -> None:
    """Make a model that reads signal, beginning with a bundled one that reads sequence."""
    from gexp_core.models.adapters.targets import read_signals
    from gexp_core.training.tracks.signal_model import make

    settings = replace(plan.fit, seed=args.seed)
    if args.epochs is not None:
        settings = replace(settings, steps=args.epochs * settings.noted_every)
    make(
        replace(plan, fit=settings),
        windows,
        read_signals(args.data / "targets.tsv", plan.signal),
        teacher,
        elements,
        run,
        out,
        test=not args.no_test,
        device=args.device,
        report=_report,
    )


def _report(text: str) -> None:
    """Write what a run says; what is written over again only where a terminal shows it."""
    if text.endswith("\n") or sys.stderr.isatty():
        print(text, end="" if text.endswith("\n") else "\r", file=sys.stderr, flush=True)


def _elements(folder: Path, windows: Windows) -> Codes:
    """Return the train elements of human_lentimpra that do not lie in a held-out window."""
    from gexp_core.training.data import human_lentimpra

    table = human_lentimpra(folder)
    found = table.codes[table.rows("train")][:, slice(*table.insert)]
    return apart(found, windows.codes[windows.split != "train"])
