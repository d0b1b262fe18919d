"""One function per command: check what was asked, read, call the pipeline, write."""

import argparse
import json
import math
import sys
from typing import TYPE_CHECKING, Any

from gexp_core import pipeline
from gexp_core.cli import explaining, files, listing, place, signal, tabled
from gexp_core.cli.familiar import report_training
from gexp_core.cli.terminal import meter, note, report, report_reading
from gexp_core.inputs.limits import many
from gexp_core.models import registry
from gexp_core.types import Attribution, InputCheck

if TYPE_CHECKING:
    import pandas as pd

    from gexp_core.explain import AttributionSettings


def models(args: argparse.Namespace) -> int:
    """Print the models there are."""
    cards = registry.cards()
    if args.json:
        _print(listing.as_json(cards))
    elif args.markdown:
        _print(listing.as_markdown(cards))
    else:
        _print(listing.as_text(cards))
    return 0


def predict(args: argparse.Namespace) -> int:
    """Write one row per window and track."""
    tabled.check(args)
    check = _begin(args)
    with meter("predict") as progress:
        made = signal.predicted(args, check.sequences, _reading(args, progress))
    from gexp_core.export.tables import prediction_table

    table = prediction_table(made, registry.card(args.model))
    if args.track is not None:
        table = table[table["track"] == args.track]
    _write_table(table, args)
    tabled.tell(args, made.provenance)
    return 0


def attribute(args: argparse.Namespace) -> int:
    """Write the contributions of every base as arrays."""
    files.check_outputs(None, args.out, args.health)
    settings = explaining.run_settings(args)
    check = _begin(args)
    reading = _reading(args, None)
    with meter("attribute") as progress:
        made = pipeline.attribute_named(
            args.model,
            check.sequences,
            settings=settings.attribution(),
            target=place.target(args, check.sequences),
            seed=args.seed,
            batch_size=reading["batch_size"],
            device=reading["device"],
            progress=progress,
        )
    _report_completeness(made, settings.attribution())
    from gexp_core.export.arrays import attribution_npz

    files.write_file(args.out, attribution_npz(made))
    if args.health is not None:
        from gexp_core.cli import health

        health.write(args, check, made)
    return 0


def mutagenesis(args: argparse.Namespace) -> int:
    """Write one row per single-base change."""
    from gexp_core.cli import stretches

    stretches.check_options(args)
    check = _begin(args)
    stretches.check_size(args, check)
    with meter("mutagenesis") as progress:
        made = pipeline.mutagenesis_named(
            args.model,
            check.sequences,
            target=place.target(args, check.sequences),
            window=args.part,
            **_reading(args, progress),
        )
    from gexp_core.export.tables import mutagenesis_table

    _write_table(mutagenesis_table(made, registry.card(args.model)), args)
    tabled.tell(args, made.provenance)
    for path, data in stretches.files_of(args, check):
        files.write_file(path, data)
    return 0


def attention(args: argparse.Namespace) -> int:
    """Write the attention maps that a model used."""
    from gexp_core.cli.attention import run

    return run(args, _begin, _reading)


def regions(args: argparse.Namespace) -> int:
    """Write the letters of regions of a genome."""
    from gexp_core.cli.regions import run

    out, data = run(args)
    if out in (None, "-"):
        _print(data)
    else:
        files.write_file(str(out), data)
    return 0


def variants(args: argparse.Namespace) -> int:
    """Write one row per variant and track."""
    from gexp_core.cli.variants import run

    return run(args, _write_table)


def motifs(args: argparse.Namespace) -> int:
    """Write the motifs that a model reads."""
    from gexp_core.cli.motifs import run

    return run(args)


def design(args: argparse.Namespace) -> int:
    """Write sequences that were changed towards a goal."""
    from gexp_core.cli.design import run

    return run(args, _begin, _reading)


def evaluate(args: argparse.Namespace) -> int:
    """Write how well predicted effects agree with measured ones."""
    from gexp_core.cli.evaluate import run

    return run(args, _write_table)


def run(args: argparse.Namespace) -> int:
    """Write everything about the input into one folder."""
    settings = explaining.run_settings(args)
    check = _begin(args, folder=True)
    with meter("run", counts=False) as progress:
        made = pipeline.run(
            args.model, check, settings=settings, device=args.device, progress=progress
        )
    _report_completeness(made.attribution, settings.attribution())
    with meter("figures") as progress:
        contents = pipeline.results_files(made, pictured=args.figures, progress=progress)
    files.write_files(args.out, contents)
    note(f"{many(len(contents), 'file')} written to {args.out}")
    return 0


def batch(args: argparse.Namespace) -> int:
    """Write one table about a file of any size."""
    from gexp_core.cli.batch import run

    return run(args)


def adopt(args: argparse.Namespace) -> int:
    """Make a published model one's own."""
    from gexp_core.cli.adopt import run

    return run(args)


def train(args: argparse.Namespace) -> int:
    """Train a model from measured values."""
    from gexp_core.training.cli import main

    return main(args)


def _begin(args: argparse.Namespace, *, folder: bool = False) -> InputCheck:
    """Check what can be checked before anything is computed, then read the input."""
    pipeline.target_of(args.model, args.track)
    if args.out not in (None, "-") or folder:
        (files.check_files if folder else files.check_file)(args.out)
    from gexp_core import inputs

    check = inputs.read_path(args.input)
    pipeline.load(args.model, device=args.device)  # kept by the registry
    report(check)
    report_reading(registry.card(args.model), check.sequences, args.stride)
    report_training(registry.card(args.model), check.sequences)
    signal.bind(args, check.sequences)
    return check


def _reading(args: argparse.Namespace, progress: Any) -> dict[str, Any]:
    """Return the options that every reading of a model shares."""
    return {
        "stride": args.stride,
        "both_strands": not args.single_strand,
        "batch_size": args.batch_size,
        "device": args.device,
        "progress": progress,
    }


def _report_completeness(made: Attribution, settings: "AttributionSettings") -> None:
    """Say when scores do not add up to what they explain, where the method promises it."""
    if not settings.complete:
        note(f"the scores of {settings.method} are not expected to add up; delta is no error")
        return
    tolerance = settings.tolerance
    error = made.completeness_error()
    missed = int((error > tolerance).sum())
    if missed:
        worst = int(error.argmax())
        note(
            f"{missed} of {many(len(error), 'attribution')} {'misses' if missed == 1 else 'miss'} "
            "completeness by more than "
            f"{100 * tolerance:g} %, the worst {made.names[worst]!r} with "
            f"{100 * error[worst]:.3g} %; see delta in the output"
        )


def _write_table(table: "pd.DataFrame", args: argparse.Namespace) -> None:
    if args.json:
        data = records(table)
    else:
        from gexp_core.export.text import tsv

        data = tsv(table)
    if args.out in (None, "-"):
        _print(data)
    else:
        files.write_file(args.out, data)


def records(table: "pd.DataFrame") -> bytes:
    """Return the table as JSON records, numbers at the six digits of the TSV, nan as null."""

    def plain(value: Any) -> Any:
        if hasattr(value, "item"):
            value = value.item()
        if isinstance(value, float):
            return float(f"{value:.6g}") if math.isfinite(value) else None
        return value

    columns = {name: [plain(v) for v in table[name]] for name in table.columns}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"[\n{lines}\n]\n".encode() if rows else b"[]\n"


def _print(data: bytes | str) -> None:
    """Write to standard output, as UTF-8 whatever the terminal's locale."""
    raw = data.encode() if isinstance(data, str) else data
    sys.stdout.buffer.write(raw)
    sys.stdout.buffer.flush()
