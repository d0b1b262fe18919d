"""Single-base changes: speed, operations, and cost by length: ``python -m benchmarks.mutants``."""

import argparse
import os
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when torch is first imported

import numpy as np
import torch

from benchmarks.core import _Flat, most_memory, sequences, tensor
from benchmarks.timing import compare, table
from gexp_core.explain import mutagenesis
from gexp_core.explain.plans import plans
from gexp_core.explain.shares import WIDTH, counted
from gexp_core.models.base import Ensemble, Model, Scalar
from gexp_core.models.card import ModelCard
from gexp_core.models.conv import ConvConfig, ConvNetwork
from gexp_core.models.registry import load
from gexp_core.types import SequenceSet, Target

WHAT = ("speed", "many", "convolution", "long", "operations", "lengths")

LENGTHS = (200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)


def matrix_peak() -> float:
    """Return the fastest rate of a float32 matrix product here, operations per CPU second."""
    a, b = torch.randn(512, 512), torch.randn(512, 512)
    best = min(_cpu(lambda: torch.mm(a, b)) for _ in range(30))
    return 2 * 512**3 / best


def _cpu(call: Callable[[], object]) -> float:
    began = time.thread_time()
    call()
    return time.thread_time() - began


def explicit(scalar: Scalar, chosen: SequenceSet, size: int) -> list[np.ndarray]:
    """Return the effects (4, L) of every explicit mutant, ``size`` to a batch."""
    made = []
    with torch.inference_mode():
        for x in tensor(chosen):
            length = x.shape[1]
            every = x.repeat(4 * length, 1, 1)
            row = torch.arange(4 * length)
            every[row, :, row % length] = 0
            every[row, row // length, row % length] = 1
            kept = every[(x == 0).flatten()]
            y = torch.cat([scalar(part) for part in torch.split(kept, size)])
            effect = torch.zeros(4, length)
            effect[x == 0] = y - scalar(x[None])
            made.append(effect.numpy())
    return made


def bench_speed(model: Model, rounds: int, n: int = 1) -> str:
    """One map, or ``n`` maps, beside explicit mutants and ``tangermeme``."""
    from tangermeme.saturation_mutagenesis import saturation_mutagenesis

    length = model.card.input_length
    chosen = sequences(n, length, 2)
    scalar, X = Scalar(model, Target()), tensor(chosen)
    flat = _Flat(scalar).eval()
    made: list[tuple[np.ndarray, ...]] = []
    most: list[float] = []

    def ours() -> None:
        made.append(mutagenesis(model, chosen).effect)

    def plain(size: int) -> Callable[[], None]:
        def call() -> None:
            pairs = zip(explicit(scalar, chosen, size), made[0], strict=True)
            most.append(max(float(np.abs(a - b).max()) for a, b in pairs))

        return call

    def theirs(size: int) -> Callable[[], object]:
        return lambda: saturation_mutagenesis(
            flat, X, raw_outputs=True, device="cpu", batch_size=size
        )

    sizes = {size: _cpu(theirs(size)) for size in (16, 32, 64, 128)}
    best = min(sizes, key=lambda size: sizes[size])
    ours()
    ways: dict[str, tuple[Callable[[], object], int]] = {"mutagenesis": (ours, n)}
    if n == 1:
        ways["one mutant at a time"] = (plain(1), 1)
    ways["batches of 32"] = (plain(32), n)
    ways[f"tangermeme, batches of {best} (its best here)"] = (theirs(best), n)
    title = f"{n} sequence{'s' if n > 1 else ''} of {length:,} bp, both strands"
    taken = compare(ways, rounds=rounds)
    note = f"Largest difference from explicit mutants {max(most):.1e}.\n"
    return table(title, "map", taken) + "\n" + note


def bench_long(model: Model, rounds: int, bases: int) -> str:
    """Read changes of ``bases`` amid a long window, beside a sample of explicit mutants."""
    from tangermeme.saturation_mutagenesis import saturation_mutagenesis

    card = model.card
    chosen = sequences(1, card.input_length, 5)
    middle = card.bin_over(card.input_length // 2)
    target = Target(0, (middle - 2, middle + 2))
    scalar, X = Scalar(model, target), tensor(chosen)
    flat = _Flat(scalar).eval()
    start = (card.input_length - bases) // 2
    some = range(start, start + bases, bases // 4)  # explicit mutants take too long for all
    made: list[np.ndarray] = []
    most: list[float] = []

    def ours() -> None:
        window = (start, start + bases)
        made.append(mutagenesis(model, chosen, target=target, window=window).effect[0])

    def plain(size: int) -> Callable[[], None]:
        def call() -> None:
            mutants, at = [], []
            for place in some:
                for letter in range(4):
                    x = X[0].clone()
                    x[:, place] = 0
                    x[letter, place] = 1
                    if X[0, letter, place] == 0:
                        mutants.append(x)
                        at.append((letter, place - start))
            with torch.inference_mode():
                parts = torch.split(torch.stack(mutants), size)
                y = torch.cat([scalar(part) for part in parts]) - scalar(X)
            most.append(max(abs(float(v) - made[0][where]) for v, where in zip(y, at, strict=True)))

        return call

    def theirs() -> object:
        return saturation_mutagenesis(
            flat, X, start=start, end=start + 3, raw_outputs=True, device="cpu", batch_size=4
        )

    ours()
    taken = compare(
        {
            "mutagenesis": (ours, 3 * bases),
            "one mutant at a time": (plain(1), 3 * len(some)),
            "batches of 12": (plain(12), 3 * len(some)),
            "tangermeme, three places": (theirs, 9),
        },
        rounds=rounds,
        most=300,
    )
    note = f"Largest difference from explicit mutants {max(most):.1e}.\n"
    title = f"{bases} bp amid {card.input_length:,} bp, four bins, both strands"
    return table(title, "mutant", taken) + "\n" + note


def bench_operations(model: Model, rounds: int) -> str:
    """Operations of a mutant: needed, done, and their rate as a share of the matrix peak."""
    members = list(model.network.members)
    known = plans(model.network, members, model.card.input_length)
    made = counted(model.card)
    if known is None or made is None:
        return f"{model.card.name} has no plan.\n"
    one = known[0]
    needed, done = one.flops(1) + made.rest, one.flops(WIDTH) + made.rest
    chosen = sequences(1, model.card.input_length, 3)
    readings = 3 * model.card.input_length * len(members) * (2 if model.card.both_strands else 1)
    mutagenesis(model, chosen)
    seconds = float(np.median([_cpu(lambda: mutagenesis(model, chosen)) for _ in range(rounds)]))
    peak = matrix_peak()
    rate = readings * done / seconds
    return (
        "| model | forward pass | of a mutant: needed | done | share of a pass | "
        "matrix peak | reached |\n|---|---:|---:|---:|---:|---:|---:|\n"
        f"| {model.card.name} | {made.whole / 1e6:.2f} MFLOP | {needed / 1e6:.2f} | "
        f"{done / 1e6:.2f} | {done / made.whole:.3f} | {peak / 1e9:.0f} GFLOP/s | "
        f"{rate / 1e9:.0f} GFLOP/s, {rate / peak:.0%} |\n"
    )


def bench_lengths(lengths: tuple[int, ...]) -> str:
    """Seconds and memory by length, of a network of the bundled form with random weights."""
    card = load("retina-cnn", device="cpu").card
    lines = [
        "| bp | CPU s a map | ms a base | peak memory, MB |",
        "|---:|---:|---:|---:|",
    ]
    for length in lengths:
        model = _longer(card, length)
        chosen = sequences(1, length, 4)
        mutagenesis(model, chosen, window=(0, 20))  # the plan is made once
        seconds = _cpu(partial(mutagenesis, model, chosen))
        each = 1e3 * seconds / length
        lines.append(f"| {length:,} | {seconds:.2f} | {each:.2f} | {most_memory():.0f} |")
    return "\n".join(lines) + "\n"


def _longer(card: ModelCard, length: int) -> Model:
    """Return one network of a card's form with random weights for ``length`` bp, all varying."""
    background = "".join(np.random.default_rng(length).choice(list("ACGT"), length))
    sizes = dict(card.config) | {"input_length": length}
    ensemble = Ensemble([ConvNetwork(ConvConfig(**sizes))])  # type: ignore[arg-type]
    ensemble.eval().requires_grad_(False)
    longer = replace(
        card,
        input_length=length,
        insert=(0, length),
        background=background,
        members=1,
        others=(),
    )
    return Model(longer, ensemble)


def main() -> None:
    """Print every table to standard output."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("--model", nargs="+", default=["retina-cnn"])
    parser.add_argument("--quick", action="store_true", help="few and short: does it run at all?")
    parser.add_argument("--only", choices=WHAT)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    rounds = 1 if chosen.quick else 5
    load_here = os.getloadavg()[0]
    print(
        f"{platform.processor() or platform.machine()}, one thread, torch {torch.__version__}, "
        f"float32, load average {load_here:.1f} on {os.cpu_count()} processors.\n"
    )
    models = [load(name, device="cpu") for name in chosen.model]
    if chosen.only in (None, "speed"):
        for model in models:
            print(f"## {model.card.name}, {model.card.members} members\n")
            print(bench_speed(model, rounds), flush=True)
    if chosen.only in (None, "many"):
        print(bench_speed(models[0], min(rounds, 2), 10 if chosen.quick else 100), flush=True)
    if chosen.only in (None, "convolution"):
        model = _longer(load("retina-cnn", device="cpu").card, 500 if chosen.quick else 2000)
        print("One network of the form of retina-cnn, random weights.\n")
        print(bench_speed(model, min(rounds, 3)), flush=True)
    if chosen.only in (None, "long"):
        bases = 8 if chosen.quick else 500
        print(bench_long(load("human-tracks", device="cpu"), min(rounds, 3), bases), flush=True)
    if chosen.only in (None, "operations"):
        for model in models:
            print(bench_operations(model, rounds), flush=True)
    if chosen.only in (None, "lengths"):
        print(bench_lengths(LENGTHS[:3] if chosen.quick else LENGTHS), flush=True)


if __name__ == "__main__":
    main()
