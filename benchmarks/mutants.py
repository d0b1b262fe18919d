"""Single-base changes: speed, operations, and cost by length: ``python -m benchmarks.mutants``."""

import argparse
import os
import platform
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when torch is first imported

import numpy as np
import torch

from benchmarks.core import _Flat, sequences, tensor
from benchmarks.lengths import LENGTHS, cpu, lengths_table, longer, measured, picture
from benchmarks.timing import compare, table
from gexp_core.explain import mutagenesis
from gexp_core.explain.plans import plans
from gexp_core.explain.shares import WIDTH, counted
from gexp_core.models.base import Model, Scalar
from gexp_core.models.registry import load
from gexp_core.types import SequenceSet, Target

WHAT = ("speed", "many", "convolution", "long", "operations", "lengths")


def matrix_peak() -> float:
    """Return the fastest rate of a float32 matrix product here, operations per CPU second."""
    a, b = torch.randn(512, 512), torch.randn(512, 512)
    best = min(cpu(lambda: torch.mm(a, b)) for _ in range(30))
    return 2 * 512**3 / best


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

    sizes = {size: cpu(theirs(size)) for size in (16, 32, 64, 128)}
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


def operations(model: Model) -> tuple[float, float, float] | None:
    """Return operations of all members and strands: a forward pass, a mutant needed, and done.

    What follows the layers that carry small changes is counted as it is run: behind a tail less
    than in a forward pass, else as much. None where that is not known.
    """
    card = model.card
    members = list(model.network.members)
    known = plans(model.network, members, card.input_length)
    if known is None:
        return None
    whole = needed = done = 0.0
    for k, member in enumerate(members):
        made = counted(card, member=k)
        plan = next((one for one in known if any(n is member for n in one.networks)), None)
        if made is None or plan is None:
            return None
        rest = made.behind if plan.tails and made.behind is not None else made.rest
        whole += made.whole
        needed += plan.flops(1) + rest
        done += plan.flops(WIDTH) + rest
    strands = 2 if card.both_strands else 1
    return strands * whole, strands * needed, strands * done


def bench_operations(model: Model, rounds: int) -> str:
    """Operations of a mutant: needed, done, and their rate as a share of the matrix peak."""
    made = operations(model)
    if made is None:
        return f"{model.card.name} has no plan.\n"
    whole, needed, done = made
    chosen = sequences(1, model.card.input_length, 3)
    mutants = 3 * model.card.input_length
    mutagenesis(model, chosen)
    seconds = float(np.median([cpu(lambda: mutagenesis(model, chosen)) for _ in range(rounds)]))
    peak = matrix_peak()
    rate = mutants * done / seconds
    return (
        f"| {model.card.name} | {model.card.members} | {whole / 1e6:.1f} | {needed / 1e6:.2f} | "
        f"{done / 1e6:.2f} | {done / whole:.3f} | {peak / 1e9:.0f} GFLOP/s | "
        f"{rate / 1e9:.0f} GFLOP/s, {rate / peak:.0%} |"
    )


#: Above the rows of :func:`bench_operations`.
OPERATIONS = (
    "| model | members | forward pass, MFLOP | of a mutant: needed | done | share of a pass | "
    "matrix peak | reached |\n|---|---:|---:|---:|---:|---:|---:|---:|"
)


def main() -> None:
    """Print every table to standard output."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("--model", nargs="+", default=["retina-cnn"])
    parser.add_argument("--quick", action="store_true", help="few and short: does it run at all?")
    parser.add_argument("--only", choices=WHAT)
    parser.add_argument("--svg", type=Path, help="where to draw seconds and memory by length")
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
        model = longer(load("retina-cnn", device="cpu").card, 500 if chosen.quick else 2000)
        print("One network of the form of retina-cnn, random weights.\n")
        print(bench_speed(model, min(rounds, 3)), flush=True)
    if chosen.only in (None, "long"):
        bases = 8 if chosen.quick else 500
        print(bench_long(load("human-tracks", device="cpu"), min(rounds, 3), bases), flush=True)
    if chosen.only in (None, "operations"):
        print("Of all members and both strands.\n\n" + OPERATIONS)
        for model in models:
            print(bench_operations(model, rounds), flush=True)
        print()
    if chosen.only in (None, "lengths"):
        found = measured(LENGTHS[:3] if chosen.quick else LENGTHS)
        print(lengths_table(found), flush=True)
        if chosen.svg is not None:
            chosen.svg.write_bytes(picture(found))


if __name__ == "__main__":
    main()
