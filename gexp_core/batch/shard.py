"""One shard: its letters judged, computed, and written as one file that is whole or not there.

Owns the columns of the table. Every record of the input has at least one row: one that cannot be
read, or is left out, keeps its place with empty numbers, and ``note`` says why. Runs in a worker
process.
"""

import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gexp_core import pipeline
from gexp_core.batch.records import Shard
from gexp_core.batch.settings import BatchSettings
from gexp_core.errors import GexpError
from gexp_core.inputs import letters, names
from gexp_core.inputs.fasta import Record
from gexp_core.inputs.limits import CLI_LIMITS
from gexp_core.models import registry
from gexp_core.types import Progress, SequenceSet

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

#: Key of the JSON that a part carries: which shard it is and of which run.
META = b"gexp"

_FLOAT, _TEXT, _WHOLE = "float", "string", "int64"
#: work -> columns after ``record`` and ``sequence`` and before ``note``.
COLUMNS: dict[str, dict[str, str]] = {
    "predict": {
        "start": _WHOLE,
        "end": _WHOLE,
        "track": _TEXT,
        "prediction": _FLOAT,
        "spread": _FLOAT,
    },
    "attribute": {
        "position": _WHOLE,
        "base": _TEXT,
        **dict.fromkeys(("score", "A", "C", "G", "T"), _FLOAT),
    },
    "mutagenesis": {
        "position": _WHOLE,
        **dict.fromkeys(("ref", "alt", "track"), _TEXT),
        "effect": _FLOAT,
    },
}


def schema(work: str) -> "pa.Schema":
    """Return the columns of the table of ``work``.

    record : 1-based place of the record in the file, which names it where names repeat
    sequence : first word of its header
    note : why it could not be read or computed; null for all that were
    """
    import pyarrow as pa

    kinds = {_FLOAT: pa.float32(), _TEXT: pa.string(), _WHOLE: pa.int64()}
    columns = {"record": _WHOLE, "sequence": _TEXT, **COLUMNS[work], "note": _TEXT}
    return pa.schema([(name, kinds[kind]) for name, kind in columns.items()])


def compute(
    shard: Shard, settings: BatchSettings, part: str, *, progress: Progress | None = None
) -> dict[str, Any]:
    """Compute one shard and write it to ``part``, whole or not at all.

    Parameters
    ----------
    shard : Shard
    settings : BatchSettings
    part : str
        Path of the Parquet file; its folder exists.
    progress : callable, optional
        Called with what the work reports.

    Returns
    -------
    dict
        What the part says of itself: index, first, records, refused, changes, digest, settings.

    Raises
    ------
    GexpError
        A record cannot be computed, or the disk cannot be written.
    """
    import pyarrow as pa

    kept, called, refused, changes = _read(shard)
    about = {
        "index": shard.index,
        "first": shard.first,
        "records": len(shard.entries),
        "refused": len(refused),
        "changes": changes,
        "digest": shard.digest,
        "settings": settings.digest,
    }
    columns = schema(settings.work)
    tables = []
    if kept:
        sequences = SequenceSet(tuple(map(str, kept)), tuple(kept.values()))
        frame = _table(sequences, settings, progress)
        record = frame["sequence"].astype("int64")
        frame.insert(0, "record", record)
        frame["sequence"] = record.map(called)
        frame["note"] = None
        tables.append(pa.Table.from_pandas(frame, columns, preserve_index=False))
    if refused:
        empty: dict[str, list[Any]] = {name: [None] * len(refused) for name in columns.names}
        empty["record"] = list(refused)
        empty["sequence"] = [called[number] for number in refused]
        empty["note"] = list(refused.values())
        tables.append(pa.table(empty, schema=columns))
    made = pa.concat_tables(tables)
    if refused and kept:
        # record is the only key, and rows of one record are in order: a stable order is enough
        order = made["record"].to_numpy().argsort(kind="stable")
        made = made.take(pa.array(order))
    _write(made.replace_schema_metadata({META: json.dumps(about, sort_keys=True)}), Path(part))
    return about


def together(shard: Shard, told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what the part of a shard says of itself whose records were computed each alone."""
    changes: dict[str, list[int]] = {}
    for one in told:
        for kind, (records, counts) in one["changes"].items():
            before = changes.get(kind, [0, 0])
            changes[kind] = [before[0] + records, before[1] + counts]
    return told[0] | {
        "first": shard.first,
        "records": len(shard.entries),
        "refused": sum(one["refused"] for one in told),
        "changes": {kind: changes[kind] for kind in sorted(changes)},
    }


def device(*, progress: Progress | None = None) -> str:
    """Return the torch device on which shards are computed here where none is named."""
    return registry.usual_device()


def _read(
    shard: Shard,
) -> tuple[dict[int, str], dict[int, str], dict[int, str], dict[str, list[int]]]:
    """Return letters, names and refusals by record number, and the changes by kind.

    The changes are [records, letters] of each kind, as in the input check.
    """
    kept: dict[int, str] = {}
    called: dict[int, str] = {}
    refused: dict[int, str] = {}
    records: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for number, entry in enumerate(shard.entries, shard.first):
        word = names.printable(names.words(entry.header)[0])[: names.MAX_NAME]
        called[number] = word or f"sequence_{number}"
        if entry.note:
            refused[number] = f"record {called[number]!r} was left out: {entry.note}"
            continue
        if entry.beyond:
            refused[number] = (
                f"record {called[number]!r} has more than {entry.beyond}, the most that is read in "
                "one record here; cut it into parts"
            )
            continue
        given = Record(number, entry.header, entry.body, 0, entry.line)
        made = letters.clean(given, called[number], CLI_LIMITS)
        if made.refused:
            refused[number] = made.refused
            continue
        kept[number] = made.sequence
        for change in made.changes:
            records[change.kind] += 1
            counts[change.kind] += change.count
    return kept, called, refused, {kind: [records[kind], counts[kind]] for kind in sorted(counts)}


def _table(
    sequences: SequenceSet, settings: BatchSettings, progress: Progress | None
) -> "pd.DataFrame":
    """Return the table of ``settings.work``, sequences called by their record's number."""
    from gexp_core.export import tables

    run, card = settings.run, registry.card(settings.model)
    if settings.work == "predict":
        made = pipeline.predict_named(
            settings.model,
            sequences,
            stride=run.stride,
            both_strands=run.both_strands,
            batch_size=run.batch_size,
            device=settings.device,
            progress=progress,
        )
        frame = tables.prediction_table(made, card)
        return frame if run.track is None else frame[frame["track"] == run.track].copy()
    target = pipeline.target_of(settings.model, run.track, run.minus)
    if settings.work == "attribute":
        credited = pipeline.attribute_named(
            settings.model,
            sequences,
            settings=run.attribution(),
            target=target,
            seed=run.seed,
            batch_size=run.batch_size,
            device=settings.device,
            progress=progress,
        )
        return tables.attributions_table(credited)
    changed = pipeline.mutagenesis_named(
        settings.model,
        sequences,
        target=target,
        both_strands=run.both_strands,
        stride=run.stride,
        batch_size=run.batch_size,
        device=settings.device,
        progress=progress,
    )
    return tables.mutagenesis_table(changed, card)


def _write(made: "pa.Table", part: Path) -> None:
    import pyarrow.parquet as pq

    beside = part.with_name(f".{part.name}.{os.getpid()}")
    try:
        pq.write_table(made, beside, compression="zstd")
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(part)
    except OSError as error:
        raise GexpError(f"cannot write {str(part)!r}: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)


def about(part: Path) -> dict[str, Any] | None:
    """Return what a part says of itself, or None when it is no part of a batch."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.read_schema(part).metadata or {}
        told = json.loads(found.get(META, b"null"))
    except (OSError, ValueError, pa.ArrowException):
        return None
    return told if isinstance(told, dict) else None
