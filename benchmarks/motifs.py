"""Time each step from sequences to named motifs: ``python -m benchmarks.motifs --sequences 100``.

Beside it, in the same run and on the same sequences, tangermeme's own route: its DeepLIFT/SHAP, its
seqlets, TF-MoDISco and memelite's TOMTOM, each called directly. Kernels are compiled, or loaded,
before anything is timed. Seconds are of the clock and of the processor (on a machine with other
work the second is the one to read); memory is what the process holds at most during the step.
"""

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when torch is first imported

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.core import most_memory
from gexp_core.encoding import one_hot
from gexp_core.explain.attribution import attribute
from gexp_core.models.base import Ensemble, Model
from gexp_core.models.registry import load
from gexp_core.motifs.at_work import known_at_work
from gexp_core.motifs.compiled import kernels, warm_up
from gexp_core.motifs.database import for_card, motifs_of
from gexp_core.motifs.discovery import DiscoverySettings, discover
from gexp_core.motifs.finding import SCORES, controls
from gexp_core.motifs.meme import Known
from gexp_core.motifs.naming import name
from gexp_core.motifs.nouns import MotifSet
from gexp_core.motifs.seqlets import called, gathered
from gexp_core.types import Attribution, SequenceSet

T = TypeVar("T")

#: What is planted, two a sequence: words that the retina models read strongly, so that there are
#: patterns to make (RORB, NEUROD1, MEF2, and CRX, which is read weakly).
WORDS = ("AATTAGGTCA", "ACCATCTGTC", "GCTAAAAATAGC", "CTAATCCC")


def forget_peak() -> None:
    """Let the peak of memory begin anew; where the system has no such thing it stays the run's."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        sys.stderr.write("The peak cannot be reset here: memory is the most so far.\n")


def step(label: str, call: Callable[..., T], *given: Any, **options: Any) -> T:
    """Run one step and write its line of the table."""
    forget_peak()
    began, worked = time.perf_counter(), time.process_time()
    made = call(*given, **options)
    seconds, processor = time.perf_counter() - began, time.process_time() - worked
    sys.stdout.write(f"| {label} | {seconds:.1f} | {processor:.1f} | {most_memory():.0f} |\n")
    sys.stdout.flush()
    return made


def random_sequences(n: int, length: int, words: tuple[str, ...], seed: int = 0) -> SequenceSet:
    """Return n random sequences with two of ``words``, one in either half."""
    rng = np.random.default_rng(seed)
    texts = []
    for i in range(n):
        text = "".join(rng.choice(list("ACGT"), length))
        for half in (0, 1):
            word = words[(i + half) % len(words)]
            low = half * length // 2
            at = int(rng.integers(low + 2, low + length // 2 - len(word) - 2))
            text = text[:at] + word + text[at + len(word) :]
        texts.append(text)
    return SequenceSet(tuple(f"s{i}" for i in range(n)), tuple(texts))


def least_of(n: int) -> int:
    """Return the sites that a motif needs: the usual 20, fewer where so few sequences only try."""
    return min(20, max(5, n // 4))


def ours(
    model: Model, given: SequenceSet, known: tuple[Known, ...], runs: int
) -> tuple[MotifSet, Attribution]:
    """Return the motifs of gexp's route and the scores they were made of, every step timed."""
    scored = step("gexp: scores", attribute, model, given, settings=SCORES)
    shuffles = controls(given, model.card)
    beside = step(
        f"gexp: scores of {len(shuffles)} controls", attribute, model, shuffles, settings=SCORES
    )
    settings = DiscoverySettings(least_sites=least_of(len(given)), runs=runs)
    again = "(again in the next step)"
    step(f"gexp: stretches that stand out {again}", called, scored, beside)
    step(f"gexp: stretches, weak ones included {again}", gathered, scored, beside)
    found = step(
        "gexp: stretches, patterns, sites, chance",
        discover,
        scored,
        control=beside,
        settings=settings,
    )
    named = step("gexp: names", name, found, known, database="JASPAR")
    step("gexp: known motifs at work", known_at_work, scored, beside, known)
    return named, scored


class _Mean(nn.Module):
    """Give an ensemble's mean reading, forward strand, the column that tangermeme wants."""

    def __init__(self, network: Ensemble) -> None:
        super().__init__()
        self.network = network

    def forward(self, X: Tensor) -> Tensor:
        """Return (N, 1)."""
        y: Tensor = self.network.each(X).mean((0, 2))[:, :1]
        return y


def theirs(
    model: Model,
    given: SequenceSet,
    known: tuple[Known, ...],
    runs: int,
    scored: Attribution | None = None,
) -> list[np.ndarray]:
    """Return the ppms (4, W) of tangermeme's route, every step timed; its scores, or ``scored``."""
    from tangermeme.seqlet import recursive_seqlets

    hot = np.stack([one_hot(text) for text in given.sequences])
    if scored is None:
        flat = _Mean(model.network).eval()
        whole = step("tangermeme: deep_lift_shap, both strands", _deep_lift, flat, hot)
    else:
        sys.stdout.write("| tangermeme: deep_lift_shap not run, gexp's scores taken | | | |\n")
        whole = np.stack(scored.hypothetical)
    with kernels():
        step("tangermeme: recursive_seqlets", recursive_seqlets, (whole * hot).sum(1))
        patterns = step(f"modisco-lite: TFMoDISco, {runs} runs", _modisco, hot, whole, runs)
        if patterns:
            step("memelite: tomtom on its patterns", _tomtom, patterns, known)
    return patterns


def _deep_lift(flat: nn.Module, hot: np.ndarray) -> np.ndarray:
    """Return hypothetical scores (N, 4, L), as many shuffles as gexp's, the mean of the strands."""
    from tangermeme.deep_lift_shap import deep_lift_shap

    X = torch.from_numpy(hot)
    n = SCORES.n_baselines
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence, for parts that it has no rule for
        forward, reverse = (
            deep_lift_shap(flat, x, n_shuffles=n, hypothetical=True, device="cpu", random_state=0)
            for x in (X, X.flip(1, 2))
        )
    return np.asarray((forward + reverse.flip(1, 2)).detach() / 2)


def _modisco(hot: np.ndarray, hypothetical: np.ndarray, runs: int) -> list[np.ndarray]:
    from modiscolite.tfmodisco import TFMoDISco

    try:
        both = TFMoDISco(
            one_hot=np.ascontiguousarray(hot.transpose(0, 2, 1), np.float32),
            hypothetical_contribs=np.ascontiguousarray(hypothetical.transpose(0, 2, 1), np.float32),
            n_leiden_runs=runs,
            min_metacluster_size=min(100, len(hot)),
            final_min_cluster_size=least_of(len(hot)),
        )
    except Exception as problem:  # it has no words of its own for too few seqlets
        sys.stderr.write(f"TF-MoDISco by itself stopped: {type(problem).__name__}: {problem}\n")
        return []
    made = [np.asarray(p.sequence, np.float64).T for side in both for p in side or ()]
    return [ppm / ppm.sum(0) for ppm in made]


def _tomtom(patterns: list[np.ndarray], known: tuple[Known, ...]) -> object:
    from memelite import tomtom

    targets = [np.ascontiguousarray(one.ppm, np.float64) for one in known]
    return tomtom([np.ascontiguousarray(one) for one in patterns], targets, n_jobs=1)


def main() -> None:
    """Print a table for every size."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.motifs", description=__doc__)
    options.add_argument("--model", default="retina-cnn")
    options.add_argument("--sequences", type=int, nargs="+", default=[100, 1000, 5000])
    options.add_argument(
        "--scored", type=int, default=1000, help="sequences up to which tangermeme scores too"
    )
    options.add_argument("--runs", type=int, default=10, help="of TF-MoDISco's clustering, in both")
    asked = options.parse_args()
    torch.set_num_threads(1)
    model = load(asked.model, device="cpu")
    known = motifs_of(for_card(model.card))
    length = model.card.insert[1] - model.card.insert[0]
    sys.stdout.write(f"Warm-up: {warm_up():.1f} s. Load average: {os.getloadavg()[0]:.1f}.\n")
    for n in asked.sequences:
        given = random_sequences(n, length, WORDS)
        sys.stdout.write(f"\n### {n:,} sequences of {length} bp, {asked.model}\n\n")
        sys.stdout.write("| step | s | processor s | MB at most |\n|---|---:|---:|---:|\n")
        found, scored = ours(model, given, known, asked.runs)
        patterns = theirs(model, given, known, asked.runs, scored if n > asked.scored else None)
        rejected = sum(calling.rejected for calling in found.calling)
        names = [motif.matches[0].name if motif.matches else "-" for motif in found.motifs]
        sys.stdout.write(
            f"\ngexp: {sum(c.gathered for c in found.calling):,} stretches, {rejected} patterns "
            f"rejected as chance, {len(found.motifs)} motifs ({', '.join(names) or 'none'}); "
            f"TF-MoDISco by itself: {len(patterns)} patterns.\n"
        )


if __name__ == "__main__":
    main()
