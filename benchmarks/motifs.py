"""Time each step from sequences to named motifs: ``python -m benchmarks.motifs --sequences 100``.

Beside it, in the same run, the libraries' own route: TF-MoDISco's seqlets and patterns on the same
scores, and TOMTOM on its patterns. Kernels are compiled, or loaded, before anything is timed.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when torch is first imported

import numpy as np

from benchmarks.core import most_memory
from gexp_core.encoding import one_hot
from gexp_core.explain.attribution import attribute
from gexp_core.models.registry import load
from gexp_core.motifs.compiled import kernels, warm_up
from gexp_core.motifs.database import for_card, motifs_of
from gexp_core.motifs.discovery import discover
from gexp_core.motifs.finding import SCORES, controls
from gexp_core.motifs.naming import matches_of, name
from gexp_core.motifs.seqlets import called
from gexp_core.types import SequenceSet

T = TypeVar("T")


def step(label: str, call: Callable[..., T], *given: Any, **options: Any) -> T:
    """Run one step and write its line of the table."""
    began = time.perf_counter()
    made = call(*given, **options)
    seconds = time.perf_counter() - began
    sys.stdout.write(f"| {label} | {seconds:.1f} | {most_memory():.0f} |\n")
    sys.stdout.flush()
    return made


def random_sequences(n: int, length: int, words: list[str], seed: int = 0) -> SequenceSet:
    """Return n random sequences, each with one of ``words`` somewhere in it."""
    rng = np.random.default_rng(seed)
    texts = []
    for i in range(n):
        text = "".join(rng.choice(list("ACGT"), length))
        word = words[i % len(words)]
        at = int(rng.integers(5, length - len(word) - 5))
        texts.append(text[:at] + word + text[at + len(word) :])
    return SequenceSet(tuple(f"s{i}" for i in range(n)), tuple(texts))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", default="retina-cnn")
    options.add_argument("--sequences", type=int, nargs="+", default=[100, 1000, 5000])
    asked = options.parse_args()
    model = load(asked.model, device="cpu")
    known = motifs_of(for_card(model.card))
    length = model.card.insert[1] - model.card.insert[0]
    sys.stdout.write(f"Warm-up: {warm_up():.1f} s.\n")
    for n in asked.sequences:
        sys.stdout.write(f"\n### {n:,} sequences of {length} bp, {asked.model}\n\n")
        sys.stdout.write("| step | s | MB at most so far |\n|---|---:|---:|\n")
        given = random_sequences(n, length, ["CTAATCCC", "TGCTGACTCAGCA", "CACGTGAC"])
        scored = step("scores", attribute, model, given, settings=SCORES)
        shuffles = controls(given)
        beside = step("scores of controls", attribute, model, shuffles, settings=SCORES)
        step("seqlets", called, scored, beside)
        found = step("seqlets, patterns, sites", discover, scored, control=beside)
        step("names", name, found, known, database="JASPAR")
        hot = np.stack([one_hot(text).T for text in given.sequences])
        whole = np.stack([scores.T for scores in scored.hypothetical])
        patterns = step("TF-MoDISco by itself, 10 runs", _modisco, hot, whole)
        if patterns:
            step("TOMTOM on its patterns", matches_of, patterns, known)
        sys.stdout.write(
            f"\nMotifs here: {len(found.motifs)}; patterns of TF-MoDISco by itself: "
            f"{len(patterns)}.\n"
        )


def _modisco(hot: np.ndarray, hypothetical: np.ndarray) -> list[np.ndarray]:
    """Return the ppms (4, W) of TF-MoDISco's own route, defaults but for the runs."""
    from modiscolite.tfmodisco import TFMoDISco

    with kernels():
        both = TFMoDISco(one_hot=hot, hypothetical_contribs=hypothetical, n_leiden_runs=10)
    return [
        np.asarray(p.sequence, np.float32).T / np.asarray(p.sequence).sum(1) for p in
        [p for side in both for p in side or ()]
    ]  # fmt: skip


if __name__ == "__main__":
    main()
