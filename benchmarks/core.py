"""Measure each piece of work beside the plain way: ``python -m benchmarks.core``."""

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when torch is first imported

import captum
import numpy as np
import torch
from captum.attr import IntegratedGradients
from torch import Tensor, nn

from benchmarks.timing import compare, table
from gexp_core.encoding import BASES, one_hot
from gexp_core.explain import AttributionSettings, attribute, mutagenesis
from gexp_core.explain.baselines import baselines
from gexp_core.models.base import Model, Scalar
from gexp_core.models.registry import load
from gexp_core.predict import predict
from gexp_core.types import SequenceSet, Target

BATCH = 64


def sequences(n: int, length: int, seed: int = 0) -> SequenceSet:
    generator = np.random.default_rng(seed)
    texts = tuple("".join(row) for row in generator.choice(list(BASES), (n, length)))
    return SequenceSet(tuple(f"s{i}" for i in range(n)), texts)


def tensor(chosen: SequenceSet) -> Tensor:
    return torch.from_numpy(np.stack([one_hot(text) for text in chosen.sequences]))


def bench_predict(model: Model, n: int, rounds: int) -> str:
    chosen = sequences(n, model.card.input_length)
    X = tensor(chosen)

    def one_by_one() -> None:
        with torch.inference_mode():
            for x in X:
                model.readings(x[None])

    ways = compare(
        {"predict": (lambda: predict(model, chosen), n), "one at a time": (one_by_one, n)},
        rounds=rounds,
    )
    return table(f"Predict, {n} sequences, both strands", "sequence", ways)


def integral(scalar: Scalar, x: Tensor, b: Tensor) -> np.ndarray:
    """Return (4, L): integrated gradients by captum's midpoint rule of 500 nodes, 100 a path."""
    steps = max(100, 500 // len(x))
    attr = IntegratedGradients(scalar).attribute(
        x, b, n_steps=steps, method="riemann_middle", internal_batch_size=BATCH
    )
    return np.asarray(attr.mean(0))


def away(attr: np.ndarray, true: np.ndarray) -> float:
    """Return the mean size of the error of a score, as a share of the mean size of a score."""
    return float(np.abs(attr - true).sum() / np.abs(true).sum())


def bench_attribute(model: Model, n: int, baseline: str, rounds: int) -> str:
    chosen = sequences(n, model.card.input_length, 1)
    settings = AttributionSettings(baseline=baseline)
    scalar = Scalar(model, Target())
    pairs = [
        (torch.from_numpy(np.repeat(one_hot(text)[None], len(B), 0)), torch.from_numpy(B))
        for text in chosen.sequences
        for B in [baselines(text, baseline, n=settings.n_baselines)]
    ]
    with torch.no_grad():
        changes = [float((scalar(x) - scalar(b)).mean()) for x, b in pairs]
    truth = [integral(scalar, x, b) for x, b in pairs]
    errors: list[float] = []
    off: list[float] = []

    def default() -> None:
        errors.clear()
        off.clear()
        for (x, b), change, true in zip(pairs, changes, truth, strict=True):
            attr = IntegratedGradients(scalar).attribute(x, b)
            errors.append(abs(float(attr.sum((1, 2)).mean()) - change) / abs(change))
            off.append(away(attr.mean(0).numpy(), true))

    ways = compare(
        {
            "attribute": (lambda: attribute(model, chosen, settings=settings), n),
            "captum's default call": (default, n),
        },
        rounds=rounds,
    )
    made = attribute(model, chosen, settings=settings)
    ours = made.completeness_error()
    aside = [away(*both) for both in zip(made.attr, truth, strict=True)]
    text = "completeness error, median {:.2%}, largest {:.2%}; from the integral {:.2%}, {:.2%}"
    theirs = (np.median(errors), max(errors), np.median(off), max(off))
    notes = {
        "attribute": text.format(np.median(ours), ours.max(), np.median(aside), max(aside)),
        "captum's default call": text.format(*theirs),
    }
    title = f"Integrated gradients, {n} sequences, baseline {baseline}, both strands"
    return table(title, "attribution", ways, notes)


class _Flat(nn.Module):
    """Give a scalar reading the column that tangermeme wants."""

    def __init__(self, scalar: Scalar) -> None:
        super().__init__()
        self.scalar = scalar

    def forward(self, X: Tensor) -> Tensor:
        """Return (N, 1)."""
        y: Tensor = self.scalar(X)[:, None]
        return y


def bench_mutagenesis(model: Model, n: int, rounds: int) -> str:
    from tangermeme.saturation_mutagenesis import saturation_mutagenesis

    length = model.card.input_length
    chosen = sequences(n, length, 2)
    X = tensor(chosen)
    scalar = Scalar(model, Target())
    flat = _Flat(scalar).eval()
    made: dict[str, np.ndarray] = {}

    def mutants(x: Tensor) -> Tensor:
        every = x.repeat(4 * length, 1, 1)
        row = torch.arange(4 * length)
        every[row, :, row % length] = 0
        every[row, row // length, row % length] = 1
        return every[(x == 0).flatten()]

    def plain(size: int, name: str) -> None:
        out = []
        with torch.inference_mode():
            for x in X:
                y = torch.cat([scalar(part) for part in torch.split(mutants(x), size)])
                effect = torch.zeros(4, length)
                effect[x == 0] = y - scalar(x[None])
                out.append(effect.numpy())
        made[name] = np.stack(out)

    def ours() -> None:
        made["mutagenesis"] = np.stack(mutagenesis(model, chosen).effect)

    def theirs() -> None:
        result = saturation_mutagenesis(flat, X, raw_outputs=True, device="cpu")
        y = result.y_hat[..., 0] - result.y0[..., 0].reshape(-1, 1, 1)
        made["tangermeme, its default"] = y.numpy()

    ways = compare(
        {
            "mutagenesis": (ours, n),
            "one mutant at a time": (lambda: plain(1, "one mutant at a time"), n),
            "batches of 32": (lambda: plain(32, "batches of 32"), n),
            "all in one batch": (lambda: plain(3 * length, "all in one batch"), n),
            "tangermeme, its default": (theirs, n),
        },
        rounds=rounds,
    )
    notes = {
        name: f"largest difference from ours {np.abs(effect - made['mutagenesis']).max():.1e}"
        for name, effect in made.items()
        if name != "mutagenesis"
    }
    return table(f"Mutagenesis, {n} sequences of {length} bp, both strands", "map", ways, notes)


def most_memory() -> float:
    """Return the peak resident memory of this process, MB.

    Not ru_maxrss, which a child process starts with from its parent.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def peak(name: str, n: int) -> None:
    """Print the peak memory of this process in MB before and after predicting ``n`` sequences."""
    model = load(name, device="cpu")
    chosen = sequences(n, model.card.input_length)
    predict(model, chosen.select(chosen.names[:BATCH]))
    before = most_memory()
    predict(model, chosen)
    print(f"{before:.0f} {most_memory():.0f}")


def bench_memory(name: str, n: int) -> str:
    command = [sys.executable, "-m", "benchmarks.core", "--model", name, "--peak", str(n)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return (
        f"### Memory\n\nPeak resident memory of a process that predicts {n} sequences: {out[1]} MB "
        f"({out[0]} MB after its first {BATCH}).\n"
    )


def main() -> None:
    """Print every table to standard output."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.core", description=__doc__)
    parser.add_argument("--model", default="retina-cnn")
    parser.add_argument("--quick", action="store_true", help="small and few: does it run at all?")
    parser.add_argument("--threads", type=int, default=1, help="torch threads (default 1)")
    parser.add_argument("--only", choices=("predict", "attribute", "mutagenesis", "memory"))
    parser.add_argument("--peak", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    if chosen.peak:
        peak(chosen.model, chosen.peak)
        return
    model = load(chosen.model, device="cpu")
    rounds = 1 if chosen.quick else 7
    print(f"## {model.card.name}, {model.card.members} members, float32\n")
    print(
        f"{platform.processor() or platform.machine()}, {chosen.threads} thread(s), "
        f"torch {torch.__version__}, captum {captum.__version__}; medians, ways taking turns.\n"
    )
    few, some = (1, 1) if chosen.quick else (5, 10)
    parts = {
        "predict": [lambda: bench_predict(model, 64 if chosen.quick else 512, rounds)],
        "attribute": [
            lambda: bench_attribute(model, some, "zeros", rounds),
            lambda: bench_attribute(model, few, "shuffle", min(rounds, 3)),
        ],
        "mutagenesis": [
            lambda: bench_mutagenesis(model, 1, rounds),
            lambda: bench_mutagenesis(model, few, min(rounds, 3)),
        ],
        "memory": [lambda: bench_memory(chosen.model, 500 if chosen.quick else 10_000)],
    }
    for name, made in parts.items():
        if chosen.only in (None, name):
            for part in made:
                print(part(), flush=True)


if __name__ == "__main__":
    main()
