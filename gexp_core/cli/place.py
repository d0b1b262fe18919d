"""Options that choose what is explained: of which tracks and bins, and the bases changed."""

import argparse
from dataclasses import replace

from gexp_core import pipeline
from gexp_core.encoding import frame
from gexp_core.errors import InputError
from gexp_core.inputs.limits import is_number
from gexp_core.models import registry
from gexp_core.types import SequenceSet, Target


def add_arguments(made: argparse.ArgumentParser, *, changed: bool) -> None:
    """Add the tracks and ``--explain``, and ``--part`` where bases are changed."""
    add_tracks(made)
    made.add_argument(
        "--explain",
        type=part,
        metavar="START-END",
        help="of a model of many bins: explain the mean over the bins on these bases, counted from "
        "1 (default: all bins)",
    )
    if changed:
        made.add_argument(
            "--part",
            type=part,
            metavar="START-END",
            help="change these bases only, counted from 1, of every sequence (default: all)",
        )


def add_tracks(made: argparse.ArgumentParser) -> None:
    """Add ``--track``, what is explained, and ``--minus``, the track whose number is taken off."""
    made.add_argument("--track", metavar="NAME", help="track to explain (default: the first)")
    made.add_argument(
        "--minus",
        metavar="NAME",
        help="explain how specific the track is: its number minus that of the track NAME",
    )


def part(text: str) -> tuple[int, int]:
    """Return 0-based half-open bases from first and last, counted from 1."""
    first, dash, last = text.replace(",", "").partition("-")
    if not (dash and is_number(first) and is_number(last) and 1 <= int(first) <= int(last)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not FIRST-LAST, two bases counted from 1, such as 70-95"
        )
    return int(first) - 1, int(last)


def target(args: argparse.Namespace, sequences: SequenceSet) -> Target:
    """Return the tracks and the bins that the options choose.

    Raises
    ------
    InputError
        The model has one number per window, the bases have no bins, or lie over other bins in
        another sequence.
    """
    whole = pipeline.target_of(args.model, args.track, args.minus)
    if args.explain is None:
        return whole
    card, (start, end) = registry.card(args.model), args.explain
    if card.bins == 1:
        raise InputError(
            f"--explain chooses among bins, and {card.name} gives one number per window; leave it "
            "out"
        )
    found = set()
    for name, text in zip(sequences.names, sequences.sequences, strict=True):
        how = frame(text, background=card.background, insert=card.insert)
        first = how.offset - card.margin
        last = first + end
        on_bins = 0 <= first + start and last <= card.bins * card.bin_size
        if len(how.starts) > 1 or end > len(text) or not on_bins:
            raise InputError(
                f"bases {start + 1}-{end} of sequence {name!r} do not all lie on it and on bins of "
                f"one window; {card.name} gives bins for the middle "
                f"{card.bins * card.bin_size:,} of {card.input_length:,} bp"
            )
        found.add(((first + start) // card.bin_size, -(-last // card.bin_size)))
    if len(found) > 1:
        raise InputError(
            "--explain lies over other bins in sequences of another length; give sequences of one "
            "length, or one at a time"
        )
    return replace(whole, rows=found.pop())
