"""What a map of all single-base changes costs by length, and its picture; run by ``mutants``."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when torch is first imported

import numpy as np
from matplotlib.figure import Figure

from benchmarks.core import most_memory, sequences
from gexp_core.explain import mutagenesis
from gexp_core.figures.palette import ACCENT, INK, MARK
from gexp_core.figures.saving import render
from gexp_core.models.base import Ensemble, Model
from gexp_core.models.card import ModelCard
from gexp_core.models.conv import ConvConfig, ConvNetwork
from gexp_core.models.registry import load

LENGTHS = (200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)


@dataclass(frozen=True, slots=True)
class Cost:
    """Hold one length (bp), CPU seconds of its map, and the peak memory so far, MB."""

    length: int
    seconds: float
    memory: float


def cpu(call: Callable[[], object]) -> float:
    """Return the CPU seconds that a call takes on this thread."""
    began = time.thread_time()
    call()
    return time.thread_time() - began


def measured(lengths: tuple[int, ...]) -> list[Cost]:
    """Return the cost at each length, of a network of the bundled form with random weights."""
    card = load("retina-cnn", device="cpu").card
    found = []
    for length in lengths:
        model = longer(card, length)
        chosen = sequences(1, length, 4)
        mutagenesis(model, chosen, window=(0, 20))  # the plan is made once
        seconds = float(np.median([cpu(partial(mutagenesis, model, chosen)) for _ in range(3)]))
        found.append(Cost(length, seconds, most_memory()))
    return found


def lengths_table(found: list[Cost]) -> str:
    """Return the costs as a markdown table."""
    lines = ["| bp | CPU s a map | ms a base | peak memory, MB |", "|---:|---:|---:|---:|"]
    lines += [
        f"| {one.length:,} | {one.seconds:.2f} | {1e3 * one.seconds / one.length:.2f} | "
        f"{one.memory:.0f} |"
        for one in found
    ]
    return "\n".join(lines) + "\n"


def picture(found: list[Cost]) -> bytes:
    """Draw seconds and memory by length, beside a line of constant seconds a base, as SVG."""
    lengths = [one.length for one in found]
    figure = Figure(figsize=(7.2, 3.0), facecolor="white", layout="constrained")
    time_, memory = figure.subplots(1, 2)
    rate = found[-1].seconds / found[-1].length
    time_.plot(lengths, [rate * length for length in lengths], color=INK, lw=0.8, ls="--")
    time_.plot(lengths, [one.seconds for one in found], "o-", color=ACCENT, ms=4)
    time_.set(xscale="log", yscale="log", xlabel="bases", ylabel="CPU seconds a map")
    time_.set_title("Time; dashed: in proportion to length", loc="left", fontsize=9)
    memory.plot(lengths, [one.memory for one in found], "o-", color=MARK, ms=4)
    memory.set(xscale="log", xlabel="bases", ylabel="MB", ylim=(0, None))
    memory.set_title("Peak memory of the process", loc="left", fontsize=9)
    for axes in (time_, memory):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    return render(figure, "svg")


def longer(card: ModelCard, length: int) -> Model:
    """Return one network of a card's form with random weights for ``length`` bp, all varying."""
    background = "".join(np.random.default_rng(length).choice(list("ACGT"), length))
    sizes = dict(card.config) | {"input_length": length}
    ensemble = Ensemble([ConvNetwork(ConvConfig(**sizes))])  # type: ignore[arg-type]
    ensemble.eval().requires_grad_(False)
    made = replace(
        card,
        input_length=length,
        insert=(0, length),
        background=background,
        members=1,
        others=(),
    )
    return Model(made, ensemble)
