"""What a step of a network that reads signal learns from: a text or a window, and its signal.

Of a made-up text nothing was measured: what the teacher says of the tracks that are measured stands
for the signal, and what it says of the others is learned. As the teacher and the measurement
differ, a signal is changed by how they differ on a train window, at another place, more or less
strongly: the network learns from its texts what it can rely on, and from the measured windows what
a true signal tells.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gexp_core.models.signal_tracks import SignalTracksNetwork
from gexp_core.training.tracks.known import Known
from gexp_core.training.tracks.losses import distance, poisson_multinomial
from gexp_core.training.tracks.windows import Windows
from gexp_core.types import Floats, Ints


@dataclass(frozen=True, slots=True)
class SignalSettings:
    """Set a run; everything here is written into its record.

    ``measured`` is the share of the steps that read one measured train window; all others read
    ``batch`` of the made-up texts. Of those texts' signals, a share of ``middle`` is known on the
    middle of the window alone, as a measured one is, and a share of ``hidden`` not at all; how much
    they are changed is drawn between 0 and ``noise`` times what was found on a train window.
    ``rate`` is the highest learning rate of what reads the signal, ``trunk_rate`` that of what was
    trained before, whose dropouts work if ``dropout`` says so.
    """

    texts: int = 900
    steps: int = 1000
    batch: int = 4
    rate: float = 1e-3
    trunk_rate: float = 3e-4
    dropout: bool = False
    weight_decay: float = 0.01
    warmup: float = 0.1
    average_decay: float = 0.99
    clip_gradient: float = 1.0
    measured: float = 0.1
    noise: float = 1.0
    middle: float = 0.5
    hidden: float = 0.05
    noted_every: int = 100
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class SignalLessons:
    """Give what each step learns from; a step's number alone decides what it reads.

    Attributes
    ----------
    windows : with all tracks
    beside, kept : numbers of the tracks that are measured, and of those that are predicted
    rows : numbers of the windows that are known: the train ones, then the valid ones
    places : of ``rows``, two rows each, one of either strand
    texts : what is known of the made-up texts
    differ : (train windows, B, S), logarithm of measured over taught
    scale, root_scale : (kept,) standard deviations of the teacher's values and their square roots
    """

    windows: Windows
    beside: Ints
    kept: Ints
    rows: Ints
    places: Known
    texts: Known
    differ: Floats
    scale: Tensor
    root_scale: Tensor
    settings: SignalSettings
    device: str

    def loss(self, network: SignalTracksNetwork, step: int) -> Tensor:
        """Return the loss of one step."""
        generator = np.random.default_rng([self.settings.seed, step])
        if generator.random() < self.settings.measured:
            at = int(generator.integers((self.windows.split[self.rows] == "train").sum()))
            strand = int(generator.integers(2))
            y = torch.from_numpy(self.measured(at, strand)[None]).to(self.device)
            return poisson_multinomial(self.read(network, at, strand), y[..., self.kept])
        return self._taught(network, generator)

    def measured(self, at: int, strand: int) -> Floats:
        """Return (B, all tracks), what was measured of a window, as read on either strand."""
        y = self.windows.y[self.rows[at]]
        turned = y[::-1][:, list(self.windows.targets.pairs)]
        return np.ascontiguousarray(turned if strand else y)

    def read(
        self, network: SignalTracksNetwork, at: int, strand: int, *, hidden: bool = False
    ) -> Tensor:
        """Return (1, B, kept) of a measured window and its signal, as read on either strand."""
        tokens, beside = self.places.tower([2 * at + strand], self.device)
        signal = self.measured(at, strand)[None, :, self.beside].swapaxes(1, 2)
        held = torch.from_numpy(np.ascontiguousarray(signal)).to(self.device)
        known = torch.full_like(held[:, 0], not hidden, dtype=torch.bool)
        y, _ = network.joined(tokens, beside, network.shown(held, known))
        bins = held.shape[2]
        crop = (y.shape[1] - bins) // 2
        return y[:, crop : crop + bins]

    def _taught(self, network: SignalTracksNetwork, generator: np.random.Generator) -> Tensor:
        """Return the distance to what the teacher says of some texts."""
        rows = generator.integers(len(self.texts), size=self.settings.batch).tolist()
        tokens, beside = self.texts.tower(rows, self.device)
        said = np.stack([self.texts.taught[row] for row in rows]).astype(np.float32).clip(min=0)
        bins, inner = said.shape[1], self.windows.y.shape[1]
        known = np.ones((len(rows), bins), bool)
        signal = np.empty((len(rows), len(self.beside), bins), np.float32)
        for i in range(len(rows)):
            signal[i] = self._changed(said[i][:, self.beside], network, generator).T
            if generator.random() < self.settings.middle:
                known[i, : (bins - inner) // 2] = known[i, (bins + inner) // 2 :] = False
            if generator.random() < self.settings.hidden:
                known[i] = False
        shown = network.shown(
            torch.from_numpy(signal).to(self.device), torch.from_numpy(known).to(self.device)
        )
        y, _ = network.joined(tokens, beside, shown)
        wanted = torch.from_numpy(said[..., self.kept]).to(self.device)
        return distance(y, wanted, self.scale, self.root_scale)

    def _changed(
        self, signal: Floats, network: SignalTracksNetwork, generator: np.random.Generator
    ) -> Floats:
        """Return (bins, S) changed as measurement differs from teacher at another place."""
        parts: list[Floats] = []
        while sum(len(part) for part in parts) < len(signal):
            found = self.differ[generator.integers(len(self.differ))]
            found = np.roll(found, int(generator.integers(len(found))), 0)
            parts.append(found[:: int(generator.choice([1, -1]))])
        by = float(generator.random()) * self.settings.noise
        floor = network.config.floor
        other = (signal + floor) * np.exp(by * np.concatenate(parts)[: len(signal)]) - floor
        return np.asarray(other.clip(min=0), np.float32)


def lessons(
    windows: Windows,
    beside: Ints,
    rows: Ints,
    places: Known,
    texts: Known,
    *,
    floor: float,
    settings: SignalSettings,
    device: str = "cpu",
) -> SignalLessons:
    """Return the lessons, with what they need to know of the teacher on the train windows."""
    kept = np.setdiff1d(np.arange(windows.y.shape[2]), beside)
    train = np.flatnonzero(windows.split[rows] == "train")
    inner = windows.y.shape[1]
    outer = (places.taught.shape[1] - inner) // 2
    said = np.stack([places.taught[2 * at][outer : outer + inner] for at in train])
    said = said.astype(np.float32).clip(min=0)  # (train, B, all tracks)
    y = windows.y[rows[train]][..., beside]
    own = said[..., kept].reshape(-1, len(kept)).astype(np.float64)
    return SignalLessons(
        windows=windows,
        beside=beside,
        kept=kept,
        rows=rows,
        places=places,
        texts=texts,
        differ=np.log(y + floor) - np.log(said[..., beside] + floor),
        scale=torch.from_numpy(own.std(0)).float().to(device),
        root_scale=torch.from_numpy(np.sqrt(own).std(0)).float().to(device),
        settings=settings,
        device=device,
    )
