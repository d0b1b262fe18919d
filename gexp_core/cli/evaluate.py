"""The command ``evaluate``: a model's predictions against measurements it never saw."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gexp_core import pipeline
from gexp_core.cli import files
from gexp_core.cli.terminal import meter, note
from gexp_core.errors import InputError
from gexp_core.evaluate.measured import BARCODES
from gexp_core.explain.methods import ABOUT
from gexp_core.inputs.limits import many
from gexp_core.models import registry
from gexp_core.models.card import EffectFit, ModelCard, read_card

if TYPE_CHECKING:
    from gexp_core.evaluate.satmut import Row

SUMMARY = "compare predicted effects with measured ones"
TEXT = (
    "satmut: every single-base substitution of human regulatory elements, saturation mutagenesis. "
    "Columns: element method n pearson spearman left_out (n substitutions with enough barcodes; "
    "left_out have fewer, or another reference letter)."
)
EXAMPLE = "evaluate satmut --data path/to/satmut_mpra --model retina-cnn --out out.tsv"

_METHODS = [
    "mutagenesis",
    *(name for name, about in ABOUT.items() if about.letters and about.signed and about.gradient),
]
_CHOSEN = ["mutagenesis", "gradient-x-input", "deeplift-shap", "integrated-gradients"]


def add_arguments(made: argparse.ArgumentParser) -> None:
    """Add the options that only this command has."""
    made.add_argument("what", choices=("satmut",), help="the measurements")
    made.add_argument("--data", required=True, metavar="DIR", help="their folder")
    made.add_argument("--model", required=True, metavar="M", help="a name that `models` lists")
    made.add_argument("--out", metavar="OUT", help="table to write (default: standard output)")
    made.add_argument("--json", action="store_true", help="write JSON records instead of TSV")
    made.add_argument("--track", metavar="NAME", help="track to compare (default: the first)")
    made.add_argument(
        "--methods",
        nargs="+",
        choices=_METHODS,
        default=_CHOSEN,
        metavar="METHOD",
        help=f"any of {', '.join(_METHODS)} (default: {', '.join(_CHOSEN)})",
    )
    made.add_argument(
        "--element", nargs="+", metavar="NAME", help="these elements only (default: all)"
    )
    made.add_argument(
        "--barcodes", type=int, default=BARCODES, metavar="N", help="fewest (default: 10)"
    )
    made.add_argument(
        "--shuffles", type=int, default=10, metavar="N", help="baselines each (default: 10)"
    )
    made.add_argument(
        "--card", action="store_true", help="also put the figures on the model's card"
    )
    made.add_argument("--seed", type=int, default=0, metavar="N", help="of the shuffles")


def run(args: argparse.Namespace, write: Callable[[Any, argparse.Namespace], None]) -> int:
    """Read the measurements, compare, and write with ``write(table, args)``."""
    target = pipeline.target_of(args.model, args.track)
    if args.out not in (None, "-"):
        files.check_file(args.out)
    if args.card and (args.element or args.barcodes != BARCODES):
        raise InputError(
            "--card is for all elements with the usual barcodes, so that nothing on a card is "
            "chosen; leave --element and --barcodes out"
        )
    if args.card:
        files.check_file(str(registry.folders()[args.model] / "card.json"))
    from gexp_core.evaluate.satmut import as_records, compare, read_elements

    elements = read_elements(args.data, barcodes=args.barcodes)
    known = [element.name for element in elements]
    if lost := [name for name in args.element or () if name not in known]:
        raise InputError(f"there is no element {lost[0]!r}; there are {', '.join(known)}")
    if args.element:
        elements = [element for element in elements if element.name in args.element]
    model = pipeline.load(args.model, device=args.device)
    with meter("evaluate") as progress:
        rows = compare(
            model,
            elements,
            methods=args.methods,
            target=target,
            n_baselines=args.shuffles,
            stride=args.stride,
            both_strands=not args.single_strand,
            seed=args.seed,
            batch_size=args.batch_size,
            progress=progress,
        )
    changes = sum(len(element.measured) for element in elements)
    note(f"{many(len(elements), 'element')}, {many(changes, 'change')} compared")
    import pandas as pd

    write(pd.DataFrame(as_records(rows)), args)
    if args.card:
        _put(rows, model.card, target.track)
    return 0


def _six(value: float) -> float:
    """Return a number with the six significant digits that tables have."""
    return float(f"{value:.6g}")


def _put(rows: "Sequence[Row]", read: ModelCard, track: int) -> None:
    """Write the card of the model ``read`` with ``rows`` in place of this track's effects.

    Effects stand in the order of the card's tracks, those of one track as they were compared.
    """
    path = registry.folders()[read.name] / "card.json"
    card = read_card(path)  # as it is now: another track's figures may have been put on it since
    if card.sha256 != read.sha256:
        raise InputError(
            f"{read.name} has other weights now than those that were compared; nothing was put on "
            "its card, run it again"
        )
    name = card.tracks[track].name
    kept = [fit for fit in card.effects if fit.track != name]
    made = [
        EffectFit(row.element, name, row.method, row.n, _six(row.pearson), _six(row.spearman))
        for row in rows
    ]
    order = {known.name: at for at, known in enumerate(card.tracks)}
    effects = sorted((*kept, *made), key=lambda fit: order.get(fit.track, len(order)))
    text = replace(card, effects=tuple(effects)).to_json()
    files.write_file(path, text.encode())
    note(f"put on the card of {read.name}")
