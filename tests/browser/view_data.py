"""Made-up rows for the sequence view, the same in the app that draws them and in its tests."""

from dataclasses import dataclass

import numpy as np

from gexp_core.types import Floats, Ints


@dataclass(frozen=True)
class Example:
    sequence: str
    scores: Floats  # (4, L)
    effect: Floats  # (4, L)
    starts: Ints
    ends: Ints
    value: Floats
    sites: Ints  # starts of 8-bp marks


def example(length: int, seed: int = 0, *, dense: bool = False) -> Example:
    """Return a few short bumps of signal in noise, as attributions of a regulatory element look."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, length)
    signal = rng.normal(0, 0.02, length)
    sites = np.sort(rng.integers(0, max(1, length - 12), max(2, length // 60)))
    for site in sites:
        signal[site : site + 8] += rng.choice([1, -0.6]) * np.hanning(10)[1:-1] * 0.5
    scores = np.zeros((4, length), np.float32)
    if dense:
        scores += rng.normal(0, 0.1, (4, length)).astype(np.float32)
    scores[codes, np.arange(length)] += signal
    effect = (-1.6 * signal[None] + rng.normal(0, 0.04, (4, length))).astype(np.float32)
    effect[codes, np.arange(length)] = 0
    width, stride = (164, 82) if length > 400 else (20, 20)
    starts = np.arange(0, max(1, length - width + 1), stride)
    smooth = np.convolve(signal, np.ones(50) / 6, "same")
    return Example(
        "".join("ACGT"[code] for code in codes),
        scores,
        effect,
        starts,
        np.minimum(starts + width, length),
        (1.2 + smooth[np.minimum(starts + width // 2, length - 1)]).astype(np.float32),
        sites,
    )
