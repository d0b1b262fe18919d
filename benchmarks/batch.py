"""Measure the command ``batch`` as a person runs it: ``python -m benchmarks.batch``.

Throughput of one and of two workers on the same file, the peak memory of the parent at two sizes of
file, and a run that is killed (-9) when half is done and started again: the same bytes.
"""

import argparse
import hashlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_LOOK = 0.2  # seconds between looks at a running command


@dataclass(frozen=True, slots=True)
class Ran:
    """Hold what one run of the command took: seconds, and the parent's peak memory in MB."""

    seconds: float
    peak: float
    noted: str


def library(path: Path, count: int, length: int, seed: int = 0) -> None:
    """Write ``count`` random sequences, a thousand at a time."""
    rng = np.random.default_rng(seed)
    with path.open("wb") as file:
        for first in range(0, count, 1_000):
            n = min(1_000, count - first)
            rows = rng.choice(np.frombuffer(b"ACGT", np.uint8), (n, length))
            file.writelines(
                b">s%d\n%s\n" % (first + i, row.tobytes()) for i, row in enumerate(rows)
            )


def peak_of(pid: int) -> float:
    """Return the peak resident memory of a process so far, MB; 0 where it is gone."""
    try:
        told = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", told)
    return int(found[1]) / 1024 if found else 0.0


def command(
    given: Path, out: Path, *, stop: Callable[[], bool] = lambda: False, **options: Any
) -> Ran:
    """Run ``batch`` to its end, or kill it with -9 once ``stop`` is true."""
    words = [sys.executable, "-m", "gexp_core", "batch", str(given), "--out", str(out)]
    for name, value in options.items():
        words += [f"--{name}", str(value)]
    began, peak = time.perf_counter(), 0.0
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    with (
        tempfile.TemporaryFile() as noted,
        subprocess.Popen(words, stderr=noted, stdout=subprocess.DEVNULL, env=env) as run,
    ):
        while run.poll() is None:
            peak = max(peak, peak_of(run.pid))
            if stop():
                run.send_signal(signal.SIGKILL)
            time.sleep(_LOOK)
        seconds = time.perf_counter() - began
        noted.seek(0)
        said = noted.read().decode(errors="replace")
    if run.returncode not in (0, -signal.SIGKILL):
        raise SystemExit(f"the command failed:\n{said}")
    return Ran(seconds, peak, said)


def digest(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def throughput(given: Path, folder: Path, count: int, rounds: int, **options: Any) -> float:
    """Print the throughput of one and two workers, taking turns; return the peak of two, MB."""
    print("| workers | round | seconds | sequences per second | peak of the parent, MB |")
    print("|---:|---:|---:|---:|---:|", flush=True)
    took: dict[int, list[float]] = {1: [], 2: []}
    peak = 0.0
    for turn in range(rounds):
        for workers in took:
            out = folder / f"workers{workers}.parquet"
            ran = command(given, out, workers=workers, **options)
            took[workers].append(ran.seconds)
            peak = max(peak, ran.peak) if workers == 2 else peak
            rate = count / ran.seconds
            print(f"| {workers} | {turn + 1} | {ran.seconds:.1f} | {rate:.1f} | {ran.peak:.0f} |")
            sys.stdout.flush()
    ratio = float(np.median([one / two for one, two in zip(took[1], took[2], strict=True)]))
    same = digest(folder / "workers1.parquet") == digest(folder / "workers2.parquet")
    print(f"\nTwo workers: {ratio:.2f} x one. Their tables are {'' if same else 'NOT '}the same.\n")
    return peak


def killed(given: Path, folder: Path, shards: int, **options: Any) -> None:
    """Print what became of a run that was killed when half of its shards were done."""
    out = folder / "killed.parquet"
    parts = folder / "killed.parquet.parts"

    def half() -> bool:
        return parts.is_dir() and len(list(parts.glob("part-*"))) >= shards / 2

    first = command(given, out, stop=half, **options)
    there = len(list(parts.glob("part-*.parquet")))
    second = command(given, out, **options)
    kept = re.search(r"[\d,]+ of [\d,]+ shards were there from before", second.noted)
    same = digest(out) == digest(folder / "workers2.parquet")
    print(
        f"Killed after {first.seconds:.0f} s with {there} of {shards} parts on disk; run again: "
        f"{second.seconds:.0f} s, {kept[0] if kept else 'nothing was kept'}. The table is "
        f"{'' if same else 'NOT '}that of an undisturbed run, byte for byte."
    )


def main() -> None:
    """Print what was measured as markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch", description=__doc__)
    parser.add_argument("--model", default="retina-cnn")
    parser.add_argument("--sequences", type=int, default=100_000)
    parser.add_argument("--length", type=int, default=164)
    parser.add_argument("--shard", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="few sequences: does it run at all?")
    asked = parser.parse_args()
    count, shard = (400, 20) if asked.quick else (asked.sequences, asked.shard)
    options = {"model": asked.model, "shard": shard}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large, small = folder / "large.fa", folder / "small.fa"
        library(large, count, asked.length)
        library(small, max(1, count // 10), asked.length)
        print(f"## batch, {asked.model}, {count:,} sequences of {asked.length} bp\n")
        peak = throughput(large, folder, count, asked.rounds, **options)
        less = command(small, folder / "small.parquet", workers=2, **options).peak
        print(
            f"Peak memory of the parent: {less:.0f} MB for {count // 10:,} sequences, {peak:.0f} "
            f"MB for {count:,}: {peak / less:.2f} x.\n",
            flush=True,
        )
        killed(large, folder, -(-count // shard), workers=2, **options)


if __name__ == "__main__":
    main()
