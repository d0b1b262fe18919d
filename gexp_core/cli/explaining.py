"""How sequences are explained: the finer options of ``attribute``, and the settings of a run."""

import argparse
from typing import Any

from gexp_core import pipeline
from gexp_core.errors import InputError
from gexp_core.explain.methods import ABOUT
from gexp_core.explain.settings import OWN, AttributionSettings

_DEFAULT = AttributionSettings()
_NUMBERS = {
    "shuffles": ("n_baselines", "shuffles per sequence, for the baseline shuffle"),
    "samples": ("samples", "random points (expected-gradients) or noisy copies (smoothgrad)"),
    "size": ("size", "bases replaced at once (occlusion)"),
    "step": ("step", "bases between the starts of replaced windows (occlusion)"),
}

#: Methods that have an option; the others would ignore it.
_METHODS = {
    "samples": ("expected-gradients", "smoothgrad"),
    "size": ("occlusion",),
    "step": ("occlusion",),
}


def add_arguments(made: argparse.ArgumentParser, whole: Any) -> None:
    """Add the options; ``whole`` reads a whole number from 1."""
    made.add_argument(
        "--own",
        metavar="LETTERS",
        help="compare with these letters, as many as every sequence has, in place of --baseline",
    )
    for option, (name, text) in _NUMBERS.items():
        default = getattr(_DEFAULT, name)
        made.add_argument(
            f"--{option}", type=whole, metavar="N", help=f"{text} (default: {default})"
        )
    made.add_argument(
        "--hypothetical",
        action="store_true",
        help="also write hypothetical, the score that each letter would get at each position",
    )
    made.add_argument(
        "--off-simplex",
        action="store_true",
        help="subtract the mean over the four letters from every gradient",
    )


def finer(args: argparse.Namespace) -> dict[str, Any]:
    """Return what was asked for as options of AttributionSettings, without what was left out.

    Raises
    ------
    InputError
        An option is not of the chosen method, or not of the chosen baseline.
    """
    for option, methods in _METHODS.items():
        if getattr(args, option, None) is not None and args.method not in methods:
            raise InputError(
                f"--{option} is not an option of {args.method}; leave it out, or give --method "
                f"{' or '.join(methods)}"
            )
    own = getattr(args, "own", None)
    shuffles = getattr(args, "shuffles", None) is not None
    if shuffles and not ABOUT[args.method].baseline:
        raise InputError(
            f"--shuffles is not an option of {args.method}, which compares with no baseline; leave "
            "it out, or give another --method"
        )
    if shuffles and (own or args.baseline != "shuffle"):
        raise InputError(
            f"--shuffles is of the baseline shuffle, and here it is "
            f"{OWN if own else args.baseline}; leave it out, or compare with shuffles"
        )
    asked = {name: getattr(args, option, None) for option, (name, _) in _NUMBERS.items()}
    made: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    made |= {name: True for name in ("hypothetical", "off_simplex") if getattr(args, name, False)}
    return made | ({"own": own.upper(), "baseline": OWN} if own is not None else {})


def run_settings(args: argparse.Namespace) -> pipeline.RunSettings:
    """Return how sequences are read and explained, from the options that commands share."""
    return pipeline.RunSettings(
        track=args.track,
        minus=getattr(args, "minus", None),
        method=args.method,
        baseline=args.baseline,
        seed=args.seed,
        stride=args.stride,
        both_strands=not args.single_strand,
        batch_size=args.batch_size,
        finer=tuple(finer(args).items()),
    )
