"""Sequences with three known motifs at known places, and a model in closed form that reads them."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.motifs.database import motifs_of
from gexp_core.types import SequenceSet
from tests.toy_models import toy_card, wrap

LENGTH = 100
#: Crx, NRL and CTCF, of three unlike families.
IDS = ("MA0467.3", "MA0842.3", "MA0139.2")
DATABASE = "jaspar-vertebrates"

#: Share of the best possible score from which a plant is strong; the model half answers at 0.75.
STRONG = 0.8


@cache
def known():
    """Return id -> known motif."""
    return {one.id: one for one in motifs_of(DATABASE)}


def weights(ppm):
    """Return log2 odds (4, W) of a motif, bounded below."""
    return np.log2(np.clip(ppm, 0.01, 1) / 0.25)


class Reader(nn.Module):
    """y = sum over motifs, strands and places of sigmoid(log odds - 0.75 of the best log odds)."""

    def __init__(self, ppms, sign: float = 1.0) -> None:
        super().__init__()
        odds = [torch.from_numpy(weights(ppm))[None].float() for ppm in ppms]
        self.kernels = nn.ParameterList([nn.Parameter(kernel) for kernel in odds])
        self.best = [float(kernel.amax(1).sum()) for kernel in odds]
        self.gates = nn.ModuleList([nn.Sigmoid() for _ in odds])
        self.sign = sign

    def forward(self, X: Tensor) -> Tensor:
        y = torch.zeros(len(X))
        for kernel, best, gate in zip(self.kernels, self.best, self.gates, strict=True):
            for strand in (kernel, kernel.flip(1, 2)):
                y = y + gate(nn.functional.conv1d(X, strand) - 0.75 * best).sum((1, 2))
        return self.sign * y[:, None, None]


def model(ids=IDS, sign: float = 1.0):
    """Return the reader of these motifs; one reading has both strands in it."""
    reader = Reader([known()[id].ppm for id in ids], sign)
    return wrap([reader], toy_card(LENGTH, both_strands=False, name="toy-reader"))


@dataclass(frozen=True)
class Plant:
    """Say where a motif was written, and whether its letters score well."""

    sequence: int
    start: int
    end: int
    strand: str
    id: str
    strong: bool


def planted(n: int = 120, seed: int = 1, ids=IDS) -> tuple[SequenceSet, list[Plant]]:
    """Return n sequences with two plants each: half the best letters, half drawn from the ppm."""
    rng = np.random.default_rng(seed)
    texts, plants = [], []
    for i in range(n):
        letters = list("".join(rng.choice(list("ACGT"), LENGTH)))
        for half, j in enumerate((i % len(ids), (i + 1) % len(ids))):
            ppm = known()[ids[j]].ppm
            width = ppm.shape[1]
            start = int(rng.integers(2 + 50 * half, 48 + 50 * half - width))
            drawn = "".join("ACGT"[k] for k in ppm.argmax(0))
            if rng.random() < 0.5:
                columns = ppm.T.astype(float)
                drawn = "".join("ACGT"[rng.choice(4, p=c / c.sum())] for c in columns)
            odds = weights(ppm)
            strong = float((one_hot(drawn) * odds).sum()) > STRONG * float(odds.max(0).sum())
            strand = "+-"[int(rng.integers(2))]
            if strand == "-":
                drawn = reverse_complement(drawn)
            letters[start : start + width] = drawn
            plants.append(Plant(i, start, start + width, strand, ids[j], strong))
        texts.append("".join(letters))
    return SequenceSet(tuple(f"s{i}" for i in range(n)), tuple(texts)), plants


def shuffled(sequences: SequenceSet, seed: int = 0) -> SequenceSet:
    """Return the letters of every sequence in another order."""
    rng = np.random.default_rng(seed)
    texts = tuple("".join(rng.permutation(list(text))) for text in sequences.sequences)
    return SequenceSet(sequences.names, texts)
