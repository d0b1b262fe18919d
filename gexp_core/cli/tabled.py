"""Options of the commands that write a result as one table: its form, and what made it."""

import argparse

from gexp_core.cli import files
from gexp_core.types import Provenance


def add_arguments(made: argparse.ArgumentParser) -> None:
    """Add the options."""
    made.add_argument("--json", action="store_true", help="write JSON records instead of TSV")
    made.add_argument(
        "--provenance",
        metavar="OUT.json",
        help="also write what made the table: digest of the input, model, sha256 of its weights, "
        "settings, seed, version",
    )


def check(args: argparse.Namespace) -> None:
    """Raise GexpError unless the table and what made it can be written, each into its file."""
    files.check_outputs(args.out, args.provenance)


def tell(args: argparse.Namespace, provenance: Provenance) -> None:
    """Write what made the table, where that was asked for."""
    if args.provenance is not None:
        files.write_file(args.provenance, provenance.to_json().encode())
