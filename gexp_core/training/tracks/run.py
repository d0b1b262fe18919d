"""``python -m gexp_core train human-tracks``: train one student, then write its folder."""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

from gexp_core.errors import InputError
from gexp_core.models.registry import BUNDLED
from gexp_core.training.tracks.recipe import recipe
from gexp_core.training.tracks.texts import Codes, apart
from gexp_core.training.tracks.windows import Windows, human_tracks


def main(args: argparse.Namespace) -> int:
    """Train what the options ask for; returns the exit code."""
    from gexp_core.training.tracks.assemble import assemble, write_sketch
    from gexp_core.training.tracks.distil import distil
    from gexp_core.training.tracks.teacher import read_teacher

    plan = recipe(args.name)
    if args.members not in (None, 1):
        raise InputError(f"{plan.name} is one network; leave --members out")
    if args.classical:
        raise InputError(
            "linear predictors of single sequences come with models of one number per sequence; "
            f"{plan.name} predicts tracks, leave --classical out"
        )
    if args.sketch and args.data is not None:
        made = write_sketch(human_tracks(args.data), args.out or BUNDLED / plan.name)
        print(f"{len(made.words):,} words, one kept of {made.window}", file=sys.stderr)
        return 0
    if args.data is None or args.teacher is None:
        raise InputError(
            f"training {plan.name} wants the folder of its data set (--data DIR) and that of a "
            "published model to learn from (--teacher DIR); docs/training.md says where from"
        )
    windows = human_tracks(args.data)
    teacher = read_teacher(args.teacher, args.data / "targets.tsv")
    elements = None if args.elements is None else _elements(args.elements, windows)
    run = args.runs or Path("runs") / plan.name
    out = args.out or BUNDLED / plan.name
    terminal = sys.stderr.isatty()

    def report(text: str) -> None:
        if text.endswith("\n") or terminal:
            print(text, end="" if text.endswith("\n") else "\r", file=sys.stderr, flush=True)

    began = time.monotonic()
    settings = replace(plan.fit, seed=args.seed)
    if args.epochs is not None:
        settings = replace(settings, steps=args.epochs * settings.noted_every)
    distil(
        plan.config,
        teacher,
        windows,
        elements,
        run,
        settings=settings,
        device=args.device,
        report=report,
    )
    assemble(plan, windows, teacher, run, out, test=not args.no_test, report=report)
    print(f"{out} written after {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0


def _elements(folder: Path, windows: Windows) -> Codes:
    """Return the train elements of human_lentimpra that do not lie in a held-out window."""
    from gexp_core.training.data import human_lentimpra

    table = human_lentimpra(folder)
    found = table.codes[table.rows("train")][:, slice(*table.insert)]
    return apart(found, windows.codes[windows.split != "train"])
