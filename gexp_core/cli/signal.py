"""``--signal``: what was measured beside the sequences, for a model that reads it.

Owns the option and where it goes: a prediction reads each window beside its own signal; whatever
explains one window reads a model that is bound to that window's, by a name of its own.
"""

import argparse
from collections.abc import Mapping
from typing import Any

from gexp_core import pipeline
from gexp_core.errors import InputError
from gexp_core.inputs.signals import Signals, read_signals
from gexp_core.models import registry
from gexp_core.types import Prediction, SequenceSet

#: Commands that take a signal.
TAKEN = ("predict", "attribute", "mutagenesis", "attention")


def add_to(commands: Mapping[str, argparse.ArgumentParser]) -> None:
    """Add ``--signal`` to the commands that take it."""
    for name in TAKEN:
        commands[name].add_argument(
            "--signal",
            metavar="FILE.tsv",
            help="for a model that reads measured tracks beside the sequence: a table with the "
            "columns sequence, bin and one for each track, or track and file (bigWig, bedGraph)",
        )


def check(args: argparse.Namespace) -> None:
    """Refuse a model without the signal that it reads, or the other way round, in any command.

    Raises
    ------
    InputError
        The sentence says which, and which commands take a signal.
    """
    if not hasattr(args, "model"):
        return
    card, given = registry.card(args.model), getattr(args, "signal", None)
    if given is None and card.signals:
        here = args.command in TAKEN
        raise InputError(
            f"{card.name} reads {len(card.signals)} measured tracks beside the sequence, and none "
            f"is given; {'give their table with --signal' if here else _elsewhere()}"
        )
    if given is not None and not card.signals:
        raise InputError(f"{card.name} reads sequence alone; leave --signal out")


def _elsewhere() -> str:
    return f"{', '.join(TAKEN[:-1])} and {TAKEN[-1]} take them; choose another model for this"


def bind(args: argparse.Namespace, sequences: SequenceSet) -> None:
    """Put the model that is bound to the one window's signal in the place of the one asked for.

    Predictions need no such model: :func:`predicted`.

    Raises
    ------
    InputError
        There is more than one sequence, or the signal cannot be read.
    """
    if getattr(args, "signal", None) is None or args.command == "predict":
        return
    if len(sequences) > 1:
        raise InputError(
            f"there are {len(sequences)} sequences; beside a signal {args.command} takes one at a "
            "time"
        )
    signals = _read(args, sequences)
    model = pipeline.load(args.model, device=args.device)
    args.model = registry.keep(
        model.bind(signals.values[0], both_strands=not getattr(args, "single_strand", False))
    )


def predicted(
    args: argparse.Namespace, sequences: SequenceSet, reading: Mapping[str, Any]
) -> Prediction:
    """Return the prediction of every sequence, beside its own signal where one is given."""
    if args.signal is None:
        return pipeline.predict_named(args.model, sequences, **reading)
    signals = _read(args, sequences)
    from gexp_core.predict import predict

    options = {name: value for name, value in reading.items() if name != "device"}
    model = pipeline.load(args.model, device=args.device)
    return predict(model, sequences, signals=signals, **options)


def _read(args: argparse.Namespace, sequences: SequenceSet) -> Signals:
    return read_signals(args.signal, registry.card(args.model), sequences)
