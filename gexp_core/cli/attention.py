"""The command ``attention``: its options, and the maps, tables and picture it writes."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gexp_core import pipeline
from gexp_core.cli import files
from gexp_core.cli.terminal import meter, note
from gexp_core.errors import GexpError
from gexp_core.explain.attention_arcs import USUAL
from gexp_core.models import registry
from gexp_core.types import InputCheck

if TYPE_CHECKING:
    from gexp_core.explain.attention_map import AttentionMap
    from gexp_core.types import Mutagenesis

SUMMARY = "write what a model with attention attended to"
TEXT = (
    "Arrays: weights (windows, networks, strands, layers, heads, tokens, tokens), the maps that "
    "the forward pass used, rows summing to 1, both strands in the coordinates of the input; "
    "rollout, gradient_rollout, token_start, start, end, row_sequence, names, bases_per_token, "
    "reach, aligned; provenance, JSON text. Attention is not importance: --tokens sets it beside "
    "the effects of changes."
)
EXAMPLE = "attention --model retina-transformer in.fa --out maps.npz --tokens tokens.tsv"

_FORMS = ("svg", "pdf", "png")


def add_arguments(made: argparse.ArgumentParser) -> None:
    """Add the options that only this command has."""
    made.add_argument(
        "--track",
        metavar="NAME",
        help="track whose gradient weighs the rollout and whose changes are compared "
        "(default: the first)",
    )
    made.add_argument(
        "--tokens",
        metavar="OUT.tsv",
        help="also write what each token receives, beside the size of the effects of changing its "
        "bases, which takes a mutagenesis",
    )
    made.add_argument(
        "--heads",
        metavar="OUT.tsv",
        help="also write entropy, distance and own share of every head",
    )
    made.add_argument(
        "--arcs",
        metavar="OUT.tsv",
        help=f"also write the {USUAL} strongest connections of the mean map of each window, "
        "between tokens that see no base in common (positions 1-based)",
    )
    made.add_argument(
        "--figure",
        metavar="OUT.svg",
        help="also draw the mean map of the first window (svg, pdf or png, by the name's ending)",
    )


def run(
    args: argparse.Namespace,
    begin: Callable[[argparse.Namespace], InputCheck],
    reading: Callable[[argparse.Namespace, Any], dict[str, Any]],
) -> int:
    """Take the maps and write what was asked for."""
    registry.need_attention(args.model)
    files.check_outputs(None, args.out, args.tokens, args.heads, args.arcs, args.figure)
    if args.figure is not None and args.figure.rpartition(".")[2].lower() not in _FORMS:
        raise GexpError(
            f"cannot draw into {args.figure!r}; give --figure a name that ends in "
            f"{', '.join(_FORMS)}"
        )
    check = begin(args)
    from gexp_core.explain.attention import attended_named

    target = pipeline.target_of(args.model, args.track)
    with meter("attention") as progress:
        made = attended_named(args.model, check.sequences, target=target, **reading(args, progress))
    changes = None
    if args.tokens is not None or args.figure is not None:
        with meter("mutagenesis") as progress:
            changes = pipeline.mutagenesis_named(
                args.model, check.sequences, target=target, **reading(args, progress)
            )
    _write(args, made, changes)
    return 0


def _write(args: argparse.Namespace, made: "AttentionMap", changes: "Mutagenesis | None") -> None:
    from gexp_core.export.attention import attention_npz, heads_table, tokens_table, usual_arcs
    from gexp_core.export.text import tsv

    if not made.aligned:
        note(
            "the tokens of the two strands do not lie on each other; maps of the reverse "
            "complement are laid over by the bases that tokens share"
        )
    files.write_file(args.out, attention_npz(made))
    if args.tokens is not None and changes is not None:
        files.write_file(args.tokens, tsv(tokens_table(made, changes)))
        note(_compared(made, changes))
    if args.heads is not None:
        files.write_file(args.heads, tsv(heads_table(made)))
    if args.arcs is not None:
        files.write_file(args.arcs, tsv(usual_arcs(made)))
    if args.figure is not None:
        from gexp_core.figures.attention import attention_figure
        from gexp_core.figures.saving import render

        form = args.figure.rpartition(".")[2].lower()
        files.write_file(args.figure, render(attention_figure(made, mutagenesis=changes), form))


def _compared(made: "AttentionMap", changes: "Mutagenesis") -> str:
    """Return how attention received agrees with the effects of changes, over all windows."""
    import numpy as np

    from gexp_core.explain.attention_map import agreement, effect_sizes, received

    found = []
    for row, i in enumerate(made.row_sequence.tolist()):
        sizes = effect_sizes(made, row, changes, changes.names.index(made.names[i]))
        found.append(agreement(received(made.map(row)), sizes))
    known = np.array(found)[np.isfinite(found)]
    if not len(known):
        return "attention is not importance: too few tokens to compare it with mutagenesis"
    of = f"median over {len(known)} windows" if len(known) > 1 else "one window"
    return (
        "attention is not importance: Pearson r of what tokens receive with the size of the "
        f"effects of changing them is {np.median(known):.2f} ({of})"
    )
