"""How often integrated gradients add up: ``python -m benchmarks.completeness --data TABLE``."""

import argparse
import csv
import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when torch is first imported

import numpy as np

from gexp_core.errors import InputError
from gexp_core.explain import ABOUT, AttributionSettings, attribute
from gexp_core.models.base import Model
from gexp_core.models.registry import load
from gexp_core.types import SequenceSet

#: Most completeness error that counts as held, as a share of the explained difference.
HELD = 0.01

#: The least share of sequences that must hold it.
WANTED = 0.95


def read_rows(path: Path, split: str, n: int, insert: tuple[int, int], seed: int) -> SequenceSet:
    """Return ``n`` different sequences of a table's split, drawn with a seed; no label is read.

    Parameters
    ----------
    path : Path
        Tab-separated, gzip or not, with columns ``split`` and ``sequence``.
    split : str
    n : int
    insert : (int, int)
        The part of the model's window that varies: sequences that are longer are cut to it.
    seed : int

    Raises
    ------
    InputError
        The table has no such columns, or too few sequences.
    """
    opener: Callable[..., IO[str]] = gzip.open if path.suffix == ".gz" else open  # type: ignore[assignment]
    begin, end = insert
    with opener(path, "rt", encoding="utf-8") as handle:
        table = csv.DictReader(handle, delimiter="\t")
        if not {"split", "sequence"} <= set(table.fieldnames or ()):
            raise InputError(f"{path} has no columns 'split' and 'sequence'; give one that has")
        found = {row["sequence"].upper() for row in table if row["split"] == split}
    texts = sorted(text[begin:end] if len(text) > end - begin else text for text in found)
    texts = [text for text in texts if not set(text) - set("ACGTN")]
    if len(texts) < n:
        raise InputError(f"{path} has {len(texts)} sequences of split {split!r}, wanted {n}")
    drawn = np.random.default_rng(seed).permutation(len(texts))[:n]
    return SequenceSet(tuple(f"s{i}" for i in range(n)), tuple(texts[i] for i in drawn))


def errors(model: Model, sequences: SequenceSet, settings: AttributionSettings) -> np.ndarray:
    """Return (N,): the completeness error of every sequence, as a share of what is explained."""
    return np.asarray(attribute(model, sequences, settings=settings).completeness_error())


def report(name: str, method: str, found: np.ndarray) -> str:
    """Return a row of a markdown table: model, method, n, share held, median, 95 %, largest."""
    held = float((found <= HELD).mean())
    median, high = np.quantile(found, [0.5, 0.95])
    numbers = f"{held:.1%} | " + " | ".join(f"{100 * x:.2g}%" for x in (median, high, found.max()))
    return f"| {name} | {method} | {len(found)} | {numbers} |"


def main() -> int:
    """Print the table; return 1 where fewer sequences than wanted hold the error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.completeness", description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="table: columns split, sequence")
    parser.add_argument("--model", default="retina-cnn")
    parser.add_argument("--split", default="test")
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--baseline", default=AttributionSettings().baseline)
    complete = [name for name, about in ABOUT.items() if about.complete]
    parser.add_argument("--method", choices=complete, default=complete[0])
    chosen = parser.parse_args()
    model = load(chosen.model, device="cpu")
    rows = read_rows(chosen.data, chosen.split, chosen.n, model.card.insert, chosen.seed)
    found = errors(model, rows, AttributionSettings(chosen.method, chosen.baseline))
    print("| model | method | n | error at most 1 % | median | 95th percentile | largest |")
    print("|---|---|---:|---:|---:|---:|---:|")
    print(report(chosen.model, chosen.method, found))
    return int((found <= HELD).mean() < WANTED)


if __name__ == "__main__":
    raise SystemExit(main())
