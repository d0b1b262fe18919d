"""The option ``--health`` of ``attribute``: how far each attribution can be believed, as JSON."""

import argparse

from gexp_core import pipeline
from gexp_core.cli import files
from gexp_core.cli.terminal import meter, note
from gexp_core.types import Attribution, InputCheck


def add_argument(made: argparse.ArgumentParser) -> None:
    """Add the option."""
    made.add_argument(
        "--health",
        metavar="OUT.json",
        help="also check every attribution (completeness, mutagenesis, seed, baseline, strands, "
        "members, control) and write what was found; takes about ten times as long, hours with "
        "models of 131,072 bp",
    )


def write(args: argparse.Namespace, check: InputCheck, made: Attribution) -> None:
    """Check every attribution and write the findings."""
    from gexp_core.explain.health import health
    from gexp_core.explain.verdicts import BAD, as_json

    model = pipeline.load(args.model, device=args.device)
    found = []
    for i, name in enumerate(made.names):
        with meter(f"health {i + 1}/{len(made.names)}", counts=False) as progress:
            found.append(health(model, check.sequences, i, made, seed=args.seed, progress=progress))
        if found[-1].verdict == BAD:
            note(f"{name!r}: {found[-1].text}")
    files.write_file(args.health, as_json(found))
