"""``python -m gexp_core train``: members trained side by side, then the model folder is written."""

import argparse
import multiprocessing
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from gexp_core.errors import GexpError
from gexp_core.models.registry import BUNDLED
from gexp_core.training.recipes import RECIPES, recipe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``train``."""
    parser.add_argument("name", choices=sorted(RECIPES), help="the model to train")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--out", type=Path, help="model folder (default: assets/models/NAME)")
    parser.add_argument("--runs", type=Path, help="checkpoints (default: runs/NAME)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument("--members", type=int, help="ensemble members (default: the recipe's)")
    parser.add_argument(
        "--jobs", type=int, default=2, help="members trained side by side (default: 2)"
    )
    parser.add_argument("--epochs", type=int, help="fewer or more epochs than the recipe's")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first member")
    parser.add_argument(
        "--no-test", action="store_true", help="leave the test rows unread (while choosing)"
    )


def _train_member(
    name: str, data: Path, folder: Path, seed: int, epochs: int | None, device: str, threads: int
) -> None:
    import torch

    from gexp_core.models.registry import build
    from gexp_core.training.loop import fit

    torch.set_num_threads(threads)
    plan = recipe(name)
    settings = replace(plan.fit, seed=seed, epochs=epochs or plan.fit.epochs)
    torch.manual_seed(seed)
    network = build(plan.architecture, plan.config)
    terminal = sys.stderr.isatty()

    def report(text: str) -> None:
        if text.endswith("\n") or terminal:
            end = "" if text.endswith("\n") else "\r"
            print(f"{folder.name} {text}", end=end, file=sys.stderr, flush=True)

    fit(network, plan.read(data), folder, settings=settings, device=device, report=report)


def main(args: argparse.Namespace) -> int:
    """Train every member, then write the model folder; returns the exit code."""
    from gexp_core.training.assemble import assemble, member_folder

    plan = recipe(args.name)
    runs = args.runs or Path("runs") / args.name
    out = args.out or BUNDLED / args.name
    members = args.members or plan.members
    table = plan.read(args.data)  # a wrong folder is told before anything runs
    began = time.monotonic()
    jobs = max(1, min(args.jobs, members))
    threads = max(1, (os.cpu_count() or 1) // jobs)
    context = multiprocessing.get_context("spawn")
    waiting = list(range(members))
    running: list[multiprocessing.context.SpawnProcess] = []
    failed = False
    while waiting or running:
        while waiting and len(running) < jobs:
            member = waiting.pop(0)
            process = context.Process(
                target=_train_member,
                args=(
                    args.name,
                    args.data,
                    member_folder(runs, member),
                    args.seed + member,
                    args.epochs,
                    args.device,
                    threads,
                ),
            )
            process.start()
            running.append(process)
        running[0].join(timeout=1)
        for process in [p for p in running if not p.is_alive()]:
            running.remove(process)
            failed |= process.exitcode != 0
    if failed:
        raise GexpError("a member's training stopped early; run the same command to go on from it")
    assemble(
        plan,
        table,
        runs,
        out,
        members=members,
        test=not args.no_test,
        report=lambda text: print(text, end="", file=sys.stderr, flush=True),
    )
    print(f"{out} written after {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0
