"""A network of tracks that reads measured signal beside the sequence, in the bins it predicts.

A :class:`BaskervilleNetwork` reads the sequence. What was measured is read by convolutions over the
bins, near and far, and joins it twice: before the tokens attend to each other, so that a place with
signal can be attended to, and in the bins that the prediction is read from. Bins of which nothing
was measured (those outside the middle of the window, or all, where the signal is hidden) are told
apart from bins without signal.

References
----------
Linder et al., Borzoi, Nat Genet 57:949 (2025), for the trunk; measured accessibility beside
sequence: Nair et al., ChromDragoNN, Bioinformatics 35:i108 (2019).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

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
    width, kernel : of the convolutions over the bins of the signal
    gaps : how far apart the bins are that each but the first of them reads
    floor : added to a signal before its logarithm is taken, so that little over nothing says little
    alone : places among ``kept`` of the tracks that the sequence alone tells, as if the signal were
        hidden
    """

    trunk: Mapping[str, Any]
    kept: tuple[int, ...]
    signals: int
    width: int = 64
    kernel: int = 5
    gaps: tuple[int, ...] = (1, 4, 16)
    floor: float = 0.02
    alone: tuple[int, ...] = ()


class SignalTracksNetwork(nn.Module):
    """Map (N, 4, L) and a signal (N, S, B) to (N, B, T).

    ``level`` and ``spread`` (S,) are the mean and standard deviation of the signals' logarithms.
    """

    level: Tensor
    spread: Tensor

    def __init__(self, config: SignalTracksConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = BaskervilleNetwork(BaskervilleConfig(**config.trunk))
        self.bases_per_token = self.trunk.bases_per_token
        width, kernel, joined = config.width, config.kernel, self.trunk.config.widths[-1]
        self.first = nn.Conv1d(config.signals + 1, width, kernel, padding=kernel // 2)
        self.around = nn.ModuleList(
            nn.Conv1d(width, width, kernel, padding=kernel // 2 * gap, dilation=gap)
            for gap in config.gaps
        )
        self.to_tokens = nn.Conv1d(width, joined, 1)
        self.to_bins = nn.Conv1d(width, joined, 1)
        for layer in (self.to_tokens, self.to_bins):  # at first the sequence speaks alone
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        self.register_buffer("level", torch.zeros(config.signals))
        self.register_buffer("spread", torch.ones(config.signals))

    @property
    def reach(self) -> tuple[int, int]:
        """Return how many bases before and after its own a token also sees, through the tower."""
        return self.trunk.reach

    def attended(self, X: Tensor, signal: Tensor | None = None) -> tuple[Tensor, list[Tensor]]:
        """Return the reading (N, B, T) and the map that each block used, (N, H, Q, Q) each.

        The maps are of the reading with the signal, also where tracks are told without it.
        """
        if signal is None:
            raise ModelError(
                f"this network reads {self.config.signals} measured tracks beside the sequence "
                "and got the sequence alone; bind the window's signal to the model first: "
                "model.bind(signal)"
            )
        towered, shown = self.trunk.towered(X), self.shown(signal)
        y, maps = self.joined(*towered, shown)
        if alone := list(self.config.alone):
            hidden, _ = self.joined(*towered, torch.zeros_like(shown))
            y = y.index_copy(2, torch.tensor(alone, device=y.device), hidden[..., alone])
        crop = self.trunk.config.crop
        return y[:, crop : y.shape[1] - crop], maps

    def shown(self, signal: Tensor, known: Tensor | None = None) -> Tensor:
        """Return what is read of a signal, (N, S + 1, all bins): its logarithms, and what is known.

        Parameters
        ----------
        signal : (N, S, B) of the bins that are predicted, or of all bins of the window
        known : (N, B) bool, the bins in which it was measured; by default all that it has
        """
        if known is None:
            known = torch.ones_like(signal[:, 0], dtype=torch.bool)
        mask = known[:, None].to(signal)
        z = ((signal + self.config.floor).log() - self.level[:, None]) / self.spread[:, None]
        short = self.trunk.config.input_length // self.trunk.config.bin_size - signal.shape[2]
        return F.pad(torch.cat([z * mask, mask], 1), (short // 2, short - short // 2))

    def joined(
        self, tokens: Tensor, beside: Sequence[Tensor], shown: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        """Return the reading of all bins (N, B + 2 crop, T), and the maps used.

        Parameters
        ----------
        tokens, beside : as the trunk's ``towered`` gives them
        shown : as the method of this name gives it
        """
        x = F.gelu(self.first(shown))
        for layer in self.around:
            x = x + F.gelu(layer(x))
        each = x.shape[2] // tokens.shape[2]  # bins of a token
        bins, maps = self.trunk.joined(tokens + self.to_tokens(F.avg_pool1d(x, each)), beside)
        y = self.trunk.said(bins + self.to_bins(x))
        return y[..., list(self.config.kept)], maps

    def forward(self, X: Tensor, signal: Tensor | None = None) -> Tensor:
        """Return (N, B, T), never below 0."""
        return self.attended(X, signal)[0]
