"""Regions and variants of a random genome, in seconds and memory: ``python -m benchmarks.genome``.

Each way runs in a process of its own, one after the other, so that its peak memory is its own; the
ways take turns over the rounds. What they give is compared. ``--n 10000`` is the full measurement,
``--n 200`` shows that everything runs.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when torch is first imported

import numpy as np

from benchmarks.core import most_memory
from benchmarks.variants import make_genome, make_variants
from gexp_core.encoding import one_hot
from gexp_core.inputs.extract import extract
from gexp_core.inputs.genome import open_genome
from gexp_core.inputs.intervals import NamedInterval
from gexp_core.inputs.limits import CLI_LIMITS
from gexp_core.types import Interval

WIDTH = 164  # bases of a region's window; variants take the model's


def regions(n: int, letters: str) -> list[Interval]:
    rng = np.random.default_rng(2)
    starts = np.sort(rng.integers(1_000, len(letters) - 2_000, n))
    sizes = rng.integers(50, 600, n)
    return [Interval("chr1", int(a), int(a + b)) for a, b in zip(starts, sizes, strict=True)]


def ours_regions(path: Path, letters: str, n: int, model: str) -> np.ndarray:
    given = [NamedInterval(f"r{i}", one) for i, one in enumerate(regions(n, letters))]
    made = extract(open_genome(path), given, WIDTH, limits=CLI_LIMITS)
    return np.stack([one_hot(text) for text in made.sequences.sequences])


def loop_regions(path: Path, letters: str, n: int, model: str) -> np.ndarray:
    import pyfaidx

    fasta = pyfaidx.Fasta(str(path), as_raw=True, sequence_always_upper=True)
    out = []
    for one in regions(n, letters):
        start = (one.start + one.end) // 2 - WIDTH // 2
        out.append(one_hot(fasta["chr1"][start : start + WIDTH]))
    return np.stack(out)


def tangermeme_regions(path: Path, letters: str, n: int, model: str) -> np.ndarray:
    import pandas as pd
    from tangermeme.io import extract_loci

    rows = [(one.chrom, one.start, one.end) for one in regions(n, letters)]
    loci = pd.DataFrame(rows, columns=["chrom", "start", "end"])
    made = extract_loci(loci, str(path), in_window=WIDTH, n_jobs=1)
    return np.asarray(made, np.float32)


def ours_variants(path: Path, letters: str, n: int, model: str) -> np.ndarray:
    from gexp_core.explain.variants import score_variants
    from gexp_core.models.registry import load

    variants = make_variants(letters, n, indels=False)
    return score_variants(load(model, device="cpu"), open_genome(path), variants).effect[:, 0]


def loop_variants(path: Path, letters: str, n: int, model: str) -> np.ndarray:
    import pyfaidx
    import torch

    from gexp_core.models.base import Scalar
    from gexp_core.models.registry import load
    from gexp_core.types import Target

    scalar = Scalar(load(model, device="cpu"), Target()).eval()
    width = scalar.model.card.input_length
    fasta = pyfaidx.Fasta(str(path), as_raw=True, sequence_always_upper=True)
    out = []
    with torch.inference_mode():
        for one in make_variants(letters, n, indels=False):
            first = one.start - (width - 1) // 2
            ref = fasta["chr1"][first : first + width]
            at = one.start - first
            alt = ref[:at] + one.alt + ref[at + 1 :]
            y = scalar(torch.from_numpy(np.stack([one_hot(ref), one_hot(alt)])))
            out.append(float(y[1] - y[0]))
    return np.array(out, np.float32)


def tangermeme_variants(path: Path, letters: str, n: int, model: str) -> np.ndarray:
    import pyfaidx
    import torch
    from tangermeme.variant_effect import substitution_effect

    from gexp_core.models.base import Scalar
    from gexp_core.models.registry import load
    from gexp_core.types import Target

    class Flat(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scalar = Scalar(load(model, device="cpu"), Target()).eval()

        def forward(self, X: torch.Tensor) -> torch.Tensor:
            return self.scalar(X)[:, None]

    flat = Flat().eval()
    width = flat.scalar.model.card.input_length
    middle = (width - 1) // 2
    fasta = pyfaidx.Fasta(str(path), as_raw=True, sequence_always_upper=True)
    variants = make_variants(letters, n, indels=False)
    texts = [fasta["chr1"][v.start - middle : v.start - middle + width] for v in variants]
    X = torch.from_numpy(np.stack([one_hot(text) for text in texts]))
    rows = torch.tensor([[i, middle, "ACGT".index(v.alt)] for i, v in enumerate(variants)])
    y, y_alt = substitution_effect(flat, X, rows, batch_size=64, device="cpu", dtype=torch.float32)
    return np.asarray((y_alt - y)[:, 0], np.float32)


Way = Callable[[Path, str, int, str], np.ndarray]
WAYS: dict[str, dict[str, Way]] = {
    "regions": {
        "gexp extract": ours_regions,
        "pyfaidx, a plain loop": loop_regions,
        "tangermeme extract_loci": tangermeme_regions,
    },
    "variants": {
        "gexp score_variants": ours_variants,
        "pyfaidx, one variant at a time": loop_variants,
        "tangermeme substitution_effect": tangermeme_variants,
    },
}


def child(task: str, way: str, folder: Path, n: int, model: str) -> None:
    """Run one way after a first call on few, and write its seconds, peak memory and numbers."""
    path = folder / "genome.fa"
    text = path.read_text(encoding="utf-8").partition("\n")[2].replace("\n", "")
    call = WAYS[task][way]
    call(path, text, 8, model)  # what loads and compiles once
    before = most_memory()
    began = time.perf_counter()
    made = call(path, text, n, model)
    seconds = time.perf_counter() - began
    np.save(folder / f"{task}_{way}.npy", made)
    sys.stdout.write(json.dumps([seconds, before, most_memory()]))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--n", type=int, default=10_000, help="variants and regions of one run")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--model", default="retina-cnn")
    options.add_argument("--child", nargs=3, metavar=("TASK", "WAY", "FOLDER"))
    asked = options.parse_args()
    if asked.child:
        task, way, folder = asked.child
        child(task, way, Path(folder), asked.n, asked.model)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, _ = make_genome(folder)
        open_genome(path)  # writes the index, once for all ways
        for task, ways in WAYS.items():
            taken: dict[str, list[list[float]]] = {way: [] for way in ways}
            for _ in range(asked.rounds):
                for way in ways:
                    command = [sys.executable, "-m", "benchmarks.genome", "--n", str(asked.n)]
                    command += ["--model", asked.model, "--child", task, way, name]
                    out = subprocess.run(command, check=True, capture_output=True, text=True)
                    taken[way].append(json.loads(out.stdout.splitlines()[-1]))
            sys.stdout.write(report(task, taken, folder, asked.n))
            sys.stdout.flush()


def report(task: str, taken: dict[str, list[list[float]]], folder: Path, n: int) -> str:
    """Return a markdown table; ratios are of seconds, paired by round."""
    first = next(iter(taken))
    ours = np.load(folder / f"{task}_{first}.npy")
    lines = [
        f"### {n:,} {task}",
        "",
        "| way | s | ours is faster by | peak MB | before | largest difference from ours |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for way, rows in taken.items():
        seconds = statistics.median(row[0] for row in rows)
        pairs = [row[0] / mine[0] for row, mine in zip(rows, taken[first], strict=True)]
        ratio = "" if way == first else f"{statistics.median(pairs):.2f} x"
        gap = float(np.abs(np.load(folder / f"{task}_{way}.npy") - ours).max())
        lines.append(
            f"| {way} | {seconds:.2f} | {ratio} | {max(row[2] for row in rows):.0f} | "
            f"{max(row[1] for row in rows):.0f} | {'' if way == first else f'{gap:.1e}'} |"
        )
    return "\n".join(lines) + "\n\n"


if __name__ == "__main__":
    main()
