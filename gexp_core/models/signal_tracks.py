"""A network of tracks that reads measured signal beside the sequence, in the bins it predicts.

A :class:`BaskervilleNetwork` reads the sequence, down to what it knows of each bin. Small heads
join that with the signal over the same bins, convolved with growing gaps, and say by how much each
track differs from what the sequence alone tells. The heads' readings are averaged; before training
they are the sequence's own.

References
----------
Linder et al., Borzoi, Nat Genet 57:949 (2025), for the trunk; Yu & Koltun, dilated convolutions,
ICLR 2016; He et al., residual learning, CVPR 2016; measured accessibility beside sequence: Nair et
al., ChromDragoNN, Bioinformatics 35:i108 (2019), Schreiber et al., Avocado, Genome Biol 21:81
(2020).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gexp_core.errors import ModelError
from gexp_core.models.adapters.baskerville import BaskervilleConfig, BaskervilleNetwork


@dataclass(frozen=True, slots=True)
class SignalTracksConfig:
    """Set the sizes of a SignalTracksNetwork.

    Attributes
    ----------
    trunk : sizes of the network of the sequence, as ``BaskervilleConfig`` has them
    kept : numbers of the trunk's tracks that are predicted
    signals : measured tracks that are read
    heads : small networks whose readings are averaged
    width, kernel : channels and bins of a head's convolutions
    gaps : bins between neighbouring places of each convolution of the signal
    dropout, track_dropout, feature_noise : while training only; of channels, of whole measured
        tracks, and standard deviations added to what the trunk knows
    """

    trunk: Mapping[str, Any]
    kept: tuple[int, ...]
    signals: int = 10
    heads: int = 1
    width: int = 32
    kernel: int = 5
    gaps: tuple[int, ...] = (1, 2, 4, 8, 16)
    dropout: float = 0.2
    track_dropout: float = 0.1
    feature_noise: float = 0.0


class Gapped(nn.Module):
    """Add an activated convolution with gaps to its input."""

    def __init__(self, width: int, kernel: int, gap: int, dropout: float) -> None:
        super().__init__()
        self.conv = nn.Conv1d(width, width, kernel, padding=gap * (kernel // 2), dilation=gap)
        self.activation = nn.GELU("tanh")
        self.dropout = nn.Dropout1d(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus the block, (N, W, B)."""
        y: Tensor = x + self.dropout(self.activation(self.conv(x)))
        return y


class SignalHead(nn.Module):
    """Say by how much bins differ from what the sequence tells, (N, B, T), before the softplus."""

    def __init__(self, config: SignalTracksConfig, features: int) -> None:
        super().__init__()
        width = config.width
        self.noise = config.feature_noise
        self.track_dropout = nn.Dropout1d(config.track_dropout)
        self.first = nn.Conv1d(config.signals, width, config.kernel, padding=config.kernel // 2)
        self.around = nn.Sequential(
            *(Gapped(width, config.kernel, gap, config.dropout) for gap in config.gaps)
        )
        self.of_sequence = nn.Conv1d(features, width, 1)
        self.joined = nn.Conv1d(2 * width, 2 * width, 1)
        self.activation = nn.GELU("tanh")
        self.dropout = nn.Dropout1d(config.dropout)
        self.last = nn.Conv1d(2 * width, len(config.kept), 1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def forward(self, known: Tensor, signal: Tensor) -> Tensor:
        """Return (N, T, B) of what the trunk knows, (N, D, B), and of logarithms (N, S, B)."""
        if self.training and self.noise:
            known = known + self.noise * torch.randn_like(known)
        s = self.around(self.activation(self.first(self.track_dropout(signal))))
        x = torch.cat([s, self.of_sequence(known)], 1)  # (N, 2W, B)
        x = self.dropout(self.activation(self.joined(self.activation(x))))
        y: Tensor = self.last(x)
        return y


class SignalTracksNetwork(nn.Module):
    """Map (N, 4, L) and a signal (N, S, B) to (N, B, T)."""

    def __init__(self, config: SignalTracksConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = BaskervilleNetwork(BaskervilleConfig(**config.trunk))
        self.bases_per_token = self.trunk.bases_per_token
        width = self.trunk.config.widths[-1]
        self.heads = nn.ModuleList(SignalHead(config, width) for _ in range(config.heads))
        self.positive = nn.Softplus()
        self.register_buffer("mean", torch.zeros(width, 1))
        self.register_buffer("sd", torch.ones(width, 1))
        self.kept = list(config.kept)

    @property
    def reach(self) -> tuple[int, int]:
        """Return how many bases before and after its own a token also sees, through the tower."""
        return self.trunk.reach

    def attended(self, X: Tensor, signal: Tensor | None = None) -> tuple[Tensor, list[Tensor]]:
        """Return the reading (N, B, T) and the map that each block used, (N, H, Q, Q) each."""
        if signal is None:
            raise ModelError(
                f"this network reads {self.config.signals} measured tracks beside the sequence and "
                "got the sequence alone; bind the window's signal to the model first: "
                "model.bind(signal)"
            )
        x, maps = self.trunk.binned(X)
        return self.said(x, signal), maps

    def said(self, x: Tensor, signal: Tensor) -> Tensor:
        """Return the reading (N, B, T) of the trunk's bins x (N, D, B) and the signal (N, S, B)."""
        known = self.trunk.activation(x)
        alone = self.trunk.head(known.transpose(1, 2))[..., self.kept]  # (N, B, T)
        known, levels = (known - self.mean) / self.sd, signal.log1p()
        made = [self.positive(alone + one(known, levels).transpose(1, 2)) for one in self.heads]
        return torch.stack(made).mean(0)

    def forward(self, X: Tensor, signal: Tensor | None = None) -> Tensor:
        """Return (N, B, T), never below 0."""
        return self.attended(X, signal)[0]
