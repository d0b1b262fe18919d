"""How much a measured signal may change what the sequence tells: a few powers, chosen on valid.

The network of the sequence has learned from the train windows, some of them by heart, so on them
there is less for a signal to mend than elsewhere. The powers are therefore chosen on the valid
windows: of all on a grid those whose gain over the sequence alone is surest, that is, the lower end
of whose paired interval is highest.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gexp_core.models.signal_tracks import SignalTracksNetwork
from gexp_core.training.augment import one_hot
from gexp_core.training.tracks.figures import DRAWS, correlation, sums
from gexp_core.training.tracks.texts import turned
from gexp_core.training.tracks.windows import Windows
from gexp_core.types import Floats, Ints


@dataclass(frozen=True, slots=True)
class SignalSettings:
    """Set the grid; everything here is written into the record.

    ``powers`` holds, for each span of the network, those that are tried.
    """

    powers: tuple[tuple[float, ...], ...] = (
        (0.0, 0.1, 0.2, 0.3, 0.5),
        (0.0, 0.5, 1.0, 1.5, 2.0),
    )
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Tried:
    """Report one point of the grid: mean r over an assay's tracks, and its gain, on valid."""

    assay: str
    powers: tuple[float, ...]
    r: float
    gain: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Hold what the powers work on, for W windows read on two strands.

    Attributes
    ----------
    alone : (2, W, B, T), what the sequence tells, as read on either strand, turned back
    ratios : (2, W, B, Z), logarithms of measured over expected signal, likewise
    """

    alone: Tensor
    ratios: Tensor

    def read(self, tracks: Ints, powers: Sequence[float]) -> Floats:
        """Return (W, B, len(tracks)) with powers of the ratios, both strands averaged."""
        factor = (self.ratios @ torch.tensor(powers, dtype=torch.float32)).exp()
        y = (self.alone[..., torch.from_numpy(tracks)] * factor[..., None]).mean(0)
        return np.asarray(y.numpy(), np.float32)


def compare(
    network: SignalTracksNetwork, windows: Windows, rows: Ints, measured: Floats
) -> Compared:
    """Let the trunk read windows on both strands, and hold the signal against what it expects.

    Parameters
    ----------
    network : whose trunk reads
    windows : with the tracks that are predicted
    rows : which windows
    measured : (N, B, S), the signal beside every window
    """
    network.eval()
    pairs = list(windows.targets.pairs)
    made: list[list[tuple[Tensor, Tensor]]] = [[], []]
    with torch.inference_mode():
        for row in rows.tolist():
            signal = torch.from_numpy(np.ascontiguousarray(measured[row].T))[None]
            codes = windows.codes[row]
            for strand, text in enumerate((codes, turned(codes))):
                X = one_hot(torch.from_numpy(np.ascontiguousarray(text))[None])
                beside = signal.flip(2) if strand else signal
                alone, ratios = network.compared(network.trunk(X), beside)
                if strand:
                    alone, ratios = alone.flip(1)[..., pairs], ratios.flip(1)
                made[strand].append((alone[0], ratios[0]))
    alone, ratios = (
        torch.stack([torch.stack([one[part] for one in strand]) for strand in made])
        for part in (0, 1)
    )
    return Compared(alone, ratios)


def choose(
    given: Compared, y: Floats, groups: dict[str, Ints], settings: SignalSettings
) -> tuple[Tried, ...]:
    """Return every point of the grid, for each assay, the chosen one first.

    Parameters
    ----------
    given : of the windows that are chosen on
    y : (W, B, T), their measured tracks
    groups : name of an assay -> its tracks
    settings : SignalSettings
    """
    count = len(y)
    drawn = np.random.default_rng(settings.seed).multinomial(
        count, np.full(count, 1 / count), DRAWS
    )
    found: list[Tried] = []
    nothing = (0.0,) * len(settings.powers)
    for assay, tracks in groups.items():
        truth = y[..., tracks]
        before = sums(given.read(tracks, nothing), truth)
        r_before = correlation(before.sum(0)).mean()
        again_before = correlation(np.einsum("dn,ntk->dtk", drawn, before)).mean(1)
        made = []
        for powers in itertools.product(*settings.powers):
            each = sums(given.read(tracks, powers), truth)
            r = float(correlation(each.sum(0)).mean())
            again = correlation(np.einsum("dn,ntk->dtk", drawn, each)).mean(1) - again_before
            low, high = (round(float(q), 4) for q in np.nanquantile(again, [0.025, 0.975]))
            gain = round(r - float(r_before), 4)
            made.append(Tried(assay, powers, round(r, 4), gain, low, high))
        found += sorted(made, key=lambda one: (-one.low, -one.gain, one.powers))
    return tuple(found)


def settle(
    network: SignalTracksNetwork, tried: Sequence[Tried], assays: Sequence[str]
) -> tuple[Tried, ...]:
    """Give a network the powers that were chosen; return them, one of each assay."""
    chosen = tuple(next(one for one in tried if one.assay == assay) for assay in assays)
    with torch.no_grad():
        network.powers.copy_(torch.tensor([one.powers for one in chosen]))
    network.eval().requires_grad_(False)
    return chosen
