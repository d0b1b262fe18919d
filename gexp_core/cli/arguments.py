"""What each command takes, with a worked example each; nothing here computes."""

import argparse
import textwrap
from typing import Any

from gexp_core import __version__
from gexp_core.cli import (
    adopt,
    attention,
    batch,
    commands,
    design,
    evaluate,
    explaining,
    health,
    motifs,
    place,
    regions,
    signal,
    stretches,
    tabled,
    variants,
)
from gexp_core.cli.parsing import Parser, whole
from gexp_core.explain.settings import BASELINES, METHODS

PROGRAM = "python -m gexp_core"


def parser(*, train: bool = False) -> Parser:
    """Return the parser of every command; ``train`` adds its options, which load training.

    (Everything else that is heavy is loaded when a command runs.)
    """
    top = Parser(
        prog=PROGRAM,
        description="Predict regulatory activity of DNA and explain it.",
        epilog="Each command has its own --help with an example. Exit codes: 0 done, 2 input or "
        "options that cannot be used (one sentence says why), 130 stopped with Ctrl-C.",
    )
    top.add_argument("--version", action="version", version=f"gexp {__version__}")
    kinds = top.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    _models(kinds)
    _predict(kinds)
    _attribute(kinds)
    _mutagenesis(kinds)
    _attention(kinds)
    _regions(kinds)
    _variants(kinds)
    _motifs(kinds)
    design.add_command(_command, kinds, whole, _reading)
    _run(kinds)
    _batch(kinds)
    batch.scale(kinds.choices, whole)
    signal.add_to(kinds.choices)
    _evaluate(kinds)
    _adopt(kinds)
    _train(kinds, options=train)
    return top


def _command(kinds: Any, name: str, summary: str, text: str, example: str) -> Parser:
    made: Parser = kinds.add_parser(
        name,
        help=summary,
        description=textwrap.fill(f"{summary[0].upper()}{summary[1:]}. {text}", 80),
        epilog=f"example:\n  {PROGRAM} {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(call=getattr(commands, name))
    return made


def _models(kinds: Any) -> None:
    made = _command(kinds, "models", "list the models there are", "", "models --json")
    form = made.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON records")
    form.add_argument("--markdown", action="store_true", help="print the table as Markdown")


def _input(made: Parser, *, out: str, required: bool, metavar: str = "OUT") -> None:
    made.add_argument(
        "input",
        metavar="IN.fa",
        help="FASTA, bare sequence or a table (name, sequence), plain or gzip; - is standard input",
    )
    made.add_argument("--model", required=True, metavar="M", help="a name that `models` lists")
    made.add_argument("--out", required=required, metavar=metavar, help=out)


def _reading(made: Parser) -> None:
    made.add_argument(
        "--stride",
        type=whole(1),
        metavar="BP",
        help="bases between windows of a sequence longer than the model's (default: half a window)",
    )
    _batches(made)


def _batches(made: Parser) -> None:
    made.add_argument(
        "--single-strand",
        action="store_true",
        help="read the given strand only (default: mean of it and its reverse complement, "
        "where the model reads both)",
    )
    made.add_argument(
        "--batch-size", type=whole(1), default=64, metavar="N", help="windows at once (default: 64)"
    )
    made.add_argument(
        "--device", metavar="NAME", help="cpu or cuda (default: a GPU where there is one)"
    )


def _explaining(made: Parser) -> None:
    made.add_argument(
        "--method", choices=METHODS, default=METHODS[0], help="(default: %(default)s)"
    )
    made.add_argument(
        "--baseline",
        choices=BASELINES,
        default=BASELINES[0],
        help="what the sequence is compared with: dinucleotide shuffles, no letters, 0.25 of each "
        "letter, or letters at its own GC content (default: %(default)s)",
    )
    made.add_argument(
        "--seed", type=whole(0), default=0, metavar="N", help="of all random draws (default: 0)"
    )


def _predict(kinds: Any) -> None:
    made = _command(
        kinds,
        "predict",
        "predict every sequence",
        "Columns: sequence start end track prediction spread (start and end 0-based half-open on "
        "the input sequence; spread is the standard deviation over strands and ensemble members).",
        "predict --model retina-cnn in.fa --out out.tsv",
    )
    _input(made, out="table to write (default: standard output)", required=False)
    tabled.add_arguments(made)
    made.add_argument("--track", metavar="NAME", help="this track only (default: all)")
    _reading(made)


def _attribute(kinds: Any) -> None:
    made = _command(
        kinds,
        "attribute",
        "say which bases made the prediction",
        "Arrays: attr (N, 4, L), or attr_0, attr_1, ... when lengths differ; delta, y, y_baseline "
        "and names (N); provenance (1), JSON text.",
        "attribute --model retina-cnn in.fa --baseline shuffle --seed 1 --out out.npz",
    )
    _input(made, out="npz file to write", required=True, metavar="OUT.npz")
    place.add_arguments(made, changed=False)
    _explaining(made)
    explaining.add_arguments(made, whole(1))
    health.add_argument(made)
    _reading(made)


def _mutagenesis(kinds: Any) -> None:
    made = _command(
        kinds,
        "mutagenesis",
        "say what every single-base change would do",
        "Columns: sequence position ref alt track effect (position 1-based; effect is the "
        "prediction with the change minus the prediction without).",
        "mutagenesis --model retina-cnn in.fa --out out.tsv",
    )
    _input(made, out="table to write (default: standard output)", required=False)
    tabled.add_arguments(made)
    place.add_arguments(made, changed=True)
    stretches.add_arguments(made, whole)
    _reading(made)


def _attention(kinds: Any) -> None:
    made = _command(kinds, "attention", attention.SUMMARY, attention.TEXT, attention.EXAMPLE)
    _input(made, out="npz file to write", required=True, metavar="OUT.npz")
    attention.add_arguments(made)
    _reading(made)


def _regions(kinds: Any) -> None:
    made = _command(kinds, "regions", regions.SUMMARY, regions.TEXT, regions.EXAMPLE)
    regions.add_arguments(made)
    made.add_argument(
        "--length", type=whole(1), metavar="BP", help="bases of the window (default: the region)"
    )
    for name, share, bases in (("upstream", "3/4", "1,000"), ("downstream", "1/4", "100")):
        made.add_argument(
            f"--{name}",
            type=whole(0),
            metavar="BP",
            help=f"with --genes: bases {name} of a start (default: {share} of --length, else "
            f"{bases})",
        )


def _variants(kinds: Any) -> None:
    made = _command(kinds, "variants", variants.SUMMARY, variants.TEXT, variants.EXAMPLE)
    variants.add_arguments(made)
    _batches(made)


def _motifs(kinds: Any) -> None:
    made = _command(kinds, "motifs", motifs.SUMMARY, motifs.TEXT, motifs.EXAMPLE)
    _input(made, out="folder to write, new or of an earlier run", required=True, metavar="DIR")
    motifs.add_arguments(made)
    made.add_argument(
        "--least",
        type=whole(5),
        default=20,
        metavar="N",
        help="sites that a motif needs (default: 20)",
    )
    made.add_argument(
        "--seed", type=whole(0), default=0, metavar="N", help="of all random draws (default: 0)"
    )
    _reading(made)


def _run(kinds: Any) -> None:
    made = _command(
        kinds,
        "run",
        "predict, attribute and mutate; write every table, figure and a zip",
        "",
        "run --model retina-cnn in.fa --out results",
    )
    _input(made, out="folder to write, new or of an earlier run", required=True, metavar="DIR")
    place.add_tracks(made)
    made.add_argument(
        "--figures",
        type=whole(0),
        default=5,
        metavar="N",
        help="sequences that are drawn, from the first (default: 5)",
    )
    _explaining(made)
    _reading(made)


def _batch(kinds: Any) -> None:
    made = _command(kinds, "batch", batch.SUMMARY, batch.TEXT, batch.EXAMPLE)
    batch.add_arguments(made, whole)
    _explaining(made)
    _reading(made)


def _evaluate(kinds: Any) -> None:
    made = _command(kinds, "evaluate", evaluate.SUMMARY, evaluate.TEXT, evaluate.EXAMPLE)
    evaluate.add_arguments(made)
    _reading(made)


def _adopt(kinds: Any) -> None:
    made = _command(kinds, "adopt", adopt.SUMMARY, adopt.TEXT, adopt.EXAMPLE)
    adopt.add_arguments(made)


def _train(kinds: Any, *, options: bool) -> None:
    made = _command(
        kinds,
        "train",
        "train a bundled model, or one of your own, from measured values",
        "",
        "train retina-cnn --data path/to/retina_mpra",
    )
    if options:
        from gexp_core.training.cli import add_arguments

        add_arguments(made)
