"""The command ``design``: change sequences base by base towards a goal, and write them to order.

Owns its options and files. The search is ``edits.design``'s, as on the page Workbench; the checks
of oligos are ``edits.oligos``'s, the files ``export.candidates``'s.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gexp_core import pipeline
from gexp_core.cli import files
from gexp_core.cli.terminal import meter, note
from gexp_core.edits.goals import MOST_BEAM, MOST_STEPS, DesignSettings, free_bases
from gexp_core.edits.oligos import OligoSettings, oligos, site_of
from gexp_core.edits.sites import ENZYMES
from gexp_core.edits.stretches import read_stretches
from gexp_core.errors import InputError
from gexp_core.inputs.limits import many
from gexp_core.types import InputCheck, SequenceSet

if TYPE_CHECKING:
    from gexp_core.edits.results import Design
    from gexp_core.export.candidates import Candidate

SUMMARY = "change sequences base by base towards a goal"
TEXT = (
    "Every step reads all single-base changes and keeps the best; the search ends where no allowed "
    "change helps. The ending of --out chooses the file: .tsv a table of the designs with their "
    "oligos and checks, .fa FASTA (whole oligos where adapters are given), .gb GenBank. The "
    "sequence as given is the first row of each. A design is what the model believes: measure it."
)
EXAMPLE = (
    "design --model retina-cnn in.fa --goal up --steps 5 --beam 4 --protect 1-20 --out designs.tsv"
)

_GOALS = {"up": "higher", "down": "lower"}
_ENDINGS = (".tsv", ".fa", ".fasta", ".gb", ".gbk")


def add_command(
    command: Callable[..., argparse.ArgumentParser],
    kinds: Any,
    whole: Callable[[int], Any],
    reading: Callable[[Any], None],
) -> None:
    """Add the command: ``command`` makes its parser, ``reading`` adds what all readings share."""
    made = command(kinds, "design", SUMMARY, TEXT, EXAMPLE)
    made.add_argument(
        "input",
        metavar="IN.fa",
        help="FASTA, bare sequence or a table (name, sequence), plain or gzip; - is standard input",
    )
    made.add_argument("--model", required=True, metavar="M", help="a name that `models` lists")
    made.add_argument("--out", required=True, metavar="OUT", help="OUT.tsv, OUT.fa or OUT.gb")
    made.add_argument(
        "--goal", required=True, metavar="GOAL", help="up, down, or the number to come close to"
    )
    made.add_argument("--track", metavar="NAME", help="track that is driven (default: the first)")
    made.add_argument(
        "--steps", type=whole(1), default=5, metavar="N",
        help=f"most changes, up to {MOST_STEPS} (default: 5)",
    )  # fmt: skip
    made.add_argument(
        "--beam", type=whole(1), default=1, metavar="N",
        help=f"sequences carried on at each step, up to {MOST_BEAM}; 1 is greedy (default: 1)",
    )  # fmt: skip
    made.add_argument(
        "--keep", type=whole(1), default=1, metavar="N",
        help="designs written of each sequence, the best first (default: 1)",
    )  # fmt: skip
    made.add_argument(
        "--protect", default="", metavar="FROM-TO,...",
        help="positions that are never changed, 1-based, as 1-20,45",
    )  # fmt: skip
    made.add_argument(
        "--hold", type=float, default=0.0, metavar="WEIGHT",
        help="how much a unit of change in any other track counts against a unit of gain "
        "(default: 0)",
    )  # fmt: skip
    names = ", ".join(ENZYMES)
    made.add_argument(
        "--avoid", nargs="+", default=[], metavar="SITE",
        help=f"bring in no site of these enzymes, nor these sites (IUPAC): {names}",
    )  # fmt: skip
    made.add_argument(
        "--longest-run", type=whole(1), default=8, metavar="N",
        help="longest run of one letter that an oligo may have (default: 8)",
    )  # fmt: skip
    for side, where in (("left", "before"), ("right", "behind")):
        made.add_argument(
            f"--{side}", default="", metavar="LETTERS",
            help=f"adapter {where} the insert of an oligo, 5' to 3'",
        )  # fmt: skip
    made.add_argument(
        "--cut-by", nargs="+", default=[], metavar="SITE",
        help="enzymes or sites that an oligo must not have; those in an adapter alone are not told",
    )  # fmt: skip
    made.add_argument(
        "--gc", type=float, nargs=2, default=[25.0, 75.0], metavar=("FROM", "TO"),
        help="share of G and C in the insert, percent (default: 25 75)",
    )  # fmt: skip
    made.add_argument(
        "--longest", type=whole(1), default=300, metavar="BP",
        help="most bases of an oligo (default: 300)",
    )  # fmt: skip
    reading(made)


def run(
    args: argparse.Namespace,
    begin: Callable[[argparse.Namespace], InputCheck],
    reading: Callable[[argparse.Namespace, Any], dict[str, Any]],
) -> int:
    """Design every sequence of the input and write the file."""
    ending = Path(args.out).suffix.lower()
    if ending not in _ENDINGS:
        raise InputError(
            f"--out {args.out!r} does not say which file to write; let it end in .tsv, .fa or .gb"
        )
    order = _order(args)
    goal, value = read_goal(args.goal)
    chosen = DesignSettings(
        goal=goal,
        value=value,
        steps=args.steps,
        beam=args.beam,
        hold=args.hold,
        avoid=tuple(site_of(one) for one in args.avoid),
    )
    check = begin(args)
    from gexp_core.edits.design import design_named

    target = pipeline.target_of(args.model, args.track)
    plans = _plans(chosen, args.protect, check.sequences)
    found: list[Candidate] = []
    several = len(plans) > 1
    for one, settings in plans:
        (name,) = one.names
        with meter(f"design {name}" if several else "design", counts=False) as progress:
            made = design_named(
                args.model, one, settings=settings, target=target, **reading(args, progress)
            )
        _tell(made, args)
        found += _candidates(made, args.keep)
    files.write_file(args.out, _file(found, ending, order))
    return 0


def _plans(
    chosen: DesignSettings, protect: str, sequences: SequenceSet
) -> list[tuple[SequenceSet, DesignSettings]]:
    """Return each sequence with its settings, before the first is designed.

    Raises
    ------
    InputError
        Protected bases are not in a sequence, which is named, or leave nothing to change.
    """
    made = []
    for name, text in zip(sequences.names, sequences.sequences, strict=True):
        try:
            settings = replace(chosen, protected=read_stretches(protect, len(text)))
            free_bases(len(text), settings)
        except InputError as error:
            raise InputError(f"--protect does not fit sequence {name!r}: {error}") from None
        made.append((SequenceSet((name,), (text,)), settings))
    return made


def read_goal(text: str) -> tuple[str, float]:
    """Return the goal and its value from 'up', 'down' or a number.

    Raises
    ------
    InputError
        It is none of these.
    """
    plain = text.strip().lower()
    plain = _GOALS.get(plain, plain)
    if plain in _GOALS.values():
        return plain, 0.0
    try:
        return "target", float(plain)
    except ValueError:
        raise InputError(
            f"--goal {text!r} is neither up, down nor a number; say where the prediction should go"
        ) from None


def _order(args: argparse.Namespace) -> OligoSettings:
    low, high = args.gc
    return OligoSettings(
        left=args.left.upper(),
        right=args.right.upper(),
        enzymes=tuple(args.cut_by),
        run=args.longest_run,
        gc=(low / 100, high / 100),
        longest=args.longest,
    )


def _tell(made: "Design", args: argparse.Namespace) -> None:
    at = made.tracks.index(args.track) if args.track in made.tracks else 0
    changes = len(made.path) - 1
    if not changes:
        note(f"{made.name!r}: no allowed change brings it closer to the goal")
        return
    note(
        f"{made.name!r}: {many(changes, 'change')}, from {made.start.y[at]:.4g} to "
        f"{made.best.y[at]:.4g} {made.units}"
    )


def _candidates(made: "Design", keep: int) -> "list[Candidate]":
    """Return the sequence as given, then its best designs."""
    from gexp_core.edits.notation import describe
    from gexp_core.edits.state import Edit, unedited
    from gexp_core.export.candidates import Candidate

    original = made.start.sequence
    state = unedited(original)
    designs = made.beam[:keep] if len(made.path) > 1 else ()
    rows = [(made.name, made.start)]
    rows += [
        (f"{made.name} design {number}" if len(designs) > 1 else f"{made.name} design", one)
        for number, one in enumerate(designs, 1)
    ]
    return [
        Candidate(
            name,
            one.sequence,
            original,
            describe(state.apply(Edit(0, len(original), one.sequence, "design"))),
            dict(zip(made.tracks, one.y, strict=True)),
            made.units,
        )
        for name, one in rows
    ]


def _file(rows: "list[Candidate]", ending: str, order: OligoSettings) -> bytes:
    from gexp_core.export.candidates import candidate_table, fasta, genbank
    from gexp_core.export.text import tsv

    made = oligos([row.name for row in rows], [row.sequence for row in rows], order)
    bad = [one for one in made if one.problems]
    for one in bad[:5]:
        note(f"oligo {one.name!r}: {'; '.join(one.problems)}")
    if len(bad) > 5:
        note(f"{len(bad) - 5} more oligos have problems; see the table")
    if ending == ".tsv":
        return tsv(candidate_table(rows, made))
    if ending in (".gb", ".gbk"):
        return genbank(rows, oligos=made, settings=order)
    return fasta(rows, made if order.left or order.right else ())
