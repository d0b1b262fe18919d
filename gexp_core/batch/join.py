"""Parts to one table: Parquet or TSV, row for row in the order of the input, in bounded memory.

Owns the file that a person gets, and what it says of itself: a Parquet file in its metadata, a TSV
in a JSON beside it. It appears under its name only when it is whole.
"""

import contextlib
import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gexp_core.batch.shard import META, schema
from gexp_core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ENDINGS = (".parquet", ".tsv")
_ROWS = 20_000  # rows of one row group: what the join holds at once, whatever the file's size


def ending(out: Path) -> str:
    """Return the kind of table that a name asks for, or raise InputError."""
    if out.suffix not in ENDINGS:
        raise InputError(
            f"{str(out)!r} does not end with {' or '.join(ENDINGS)}, so it does not say which kind "
            "of table to write; give such a name"
        )
    return out.suffix


def about_of(out: Path) -> Path | None:
    """Return where it stands what a table was made from; None for Parquet, which holds it."""
    return None if out.suffix == ".parquet" else out.with_name(f"{out.name}.json")


def join(parts: Iterable[Path], out: Path, work: str, told: Mapping[str, object]) -> int:
    """Write all parts as one table and return its rows.

    Parameters
    ----------
    parts : paths of the parts, in order
    out : path that ends with .parquet or .tsv
    work : what was computed
    told : what the table was made from (model, weights, settings, input)
    """
    write = _parquet if ending(out) == ".parquet" else _tsv
    about = about_of(out)
    with _whole(out) as beside:
        rows = write(parts, beside, work, told)
        if about is not None:  # it is there before the table is
            with _whole(about) as note:
                note.write_text(json.dumps(told, sort_keys=True, indent=1) + "\n", encoding="utf-8")
    return rows


@contextlib.contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """Give the path of a file beside ``out`` that takes its name once it is written."""
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)


def _groups(parts: Iterable[Path]) -> Iterator["pa.Table"]:
    """Yield the rows of all parts in order, about _ROWS at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    held: list[pa.Table] = []
    rows = 0
    for part in parts:
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(_ROWS):
                held.append(pa.Table.from_batches([batch]).replace_schema_metadata(None))
                rows += batch.num_rows
                if rows >= _ROWS:
                    yield pa.concat_tables(held).combine_chunks()
                    held, rows = [], 0
    if held:
        yield pa.concat_tables(held).combine_chunks()


def _parquet(parts: Iterable[Path], to: Path, work: str, told: Mapping[str, object]) -> int:
    import pyarrow.parquet as pq

    rows = 0
    columns = schema(work).with_metadata({META: json.dumps(told, sort_keys=True)})
    with pq.ParquetWriter(to, columns, compression="zstd") as writer:
        for group in _groups(parts):
            writer.write_table(group.replace_schema_metadata(columns.metadata))
            rows += group.num_rows
    return rows


def _tsv(parts: Iterable[Path], to: Path, work: str, told: Mapping[str, object]) -> int:
    from gexp_core.export.text import tsv

    rows = 0
    with to.open("wb") as file:
        for group in _groups(parts):
            # whole numbers with gaps stay whole
            frame = group.to_pandas(integer_object_nulls=True)
            data = tsv(frame)
            file.write(data if not rows else data[data.index(b"\n") + 1 :])
            rows += group.num_rows
    return rows


def first_rows(table: Path, rows: int) -> "pd.DataFrame":
    """Return the first rows of a table that :func:`join` wrote; the rest is not read."""
    import pandas as pd

    if table.suffix == ".tsv":
        return pd.read_csv(
            table,
            sep="\t",
            nrows=rows,
            keep_default_na=False,
            na_values=[""],
            quoting=csv.QUOTE_NONE,  # no cell is quoted, and a name may hold quotation marks
        )
    import pyarrow.parquet as pq

    with pq.ParquetFile(table) as file:
        batch = next(file.iter_batches(rows), None)
        found = file.schema_arrow.empty_table() if batch is None else batch
        made: pd.DataFrame = found.to_pandas(integer_object_nulls=True)
    return made
