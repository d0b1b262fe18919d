"""The command ``adopt``: a published model's own files, made a model of one's own folder."""

import argparse
import os
from pathlib import Path

from gexp_core.cli import files
from gexp_core.cli.terminal import note
from gexp_core.errors import GexpError
from gexp_core.inputs.limits import many
from gexp_core.models import registry

SUMMARY = "make a published model of calico/baskerville usable here, from your copy of its files"
TEXT = (
    "Writes weights.safetensors and card.json to OUT, whose last part is the model's name. With "
    "the folder above it in GEXP_MODELS the model is offered everywhere. Nothing of the files is "
    "run: weights are read as numbers, and what is not understood is refused."
)
EXAMPLE = "adopt model.h5 --params params.json --targets targets.tsv --out models/NAME"


def add_arguments(made: argparse.ArgumentParser) -> None:
    """Add the options that only this command has."""
    made.add_argument("file", metavar="FILE.h5", help="the weights, as Keras HDF5")
    made.add_argument(
        "--params", required=True, metavar="P.json", help="the parameters it was trained with"
    )
    made.add_argument(
        "--targets",
        required=True,
        metavar="T.tsv",
        help="the table of its outputs: identifier description strand_pair scale sum_stat "
        "clip_soft clip",
    )
    made.add_argument("--out", required=True, metavar="DIR", help="folder to write: models/NAME")
    made.add_argument(
        "--species", default="human", metavar="S", help="for the card (default: human)"
    )
    made.add_argument(
        "--licence",
        default="Apache-2.0",
        metavar="L",
        help="of the files, for the card (default: Apache-2.0)",
    )


def run(args: argparse.Namespace) -> int:
    """Read the three files, check that they belong together, and write the model folder."""
    out = Path(args.out)
    _check(out)
    from gexp_core.models.adapters.adopt import adopt

    made = adopt(
        Path(args.file),
        Path(args.params),
        Path(args.targets),
        name=out.name,
        species=args.species,
        licence=args.licence,
    )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GexpError(f"cannot make {args.out!r}: {error.strerror or error}") from error
    files.write_file(out / "weights.safetensors", made.weights)
    files.write_file(out / "card.json", made.card.to_json().encode())
    note(
        f"{out.name}: {many(len(made.card.tracks), 'track')}, "
        f"{made.card.n_parameters:,} parameters, written to {args.out}; "
        f"start with GEXP_MODELS={out.parent} to use it"
    )
    return 0


def _check(out: Path) -> None:
    """Raise GexpError where the folder cannot become a model's."""
    if (registry.BUNDLED / out.name / "card.json").is_file():
        raise GexpError(f"there is a bundled model called {out.name!r}; give --out another name")
    if out.is_dir() and any(out.iterdir()) and not (out / "card.json").is_file():
        raise GexpError(
            f"the folder {str(out)!r} holds files that are no model; give --out a new or empty "
            "folder"
        )
    if out.exists() and not out.is_dir():
        raise GexpError(f"{str(out)!r} is a file; give --out a folder")
    above = next(parent for parent in (out, *out.absolute().parents) if parent.exists())
    if not os.access(above, os.W_OK | os.X_OK):
        raise GexpError(f"cannot write {str(out)!r}: the folder {str(above)!r} is not writable")
