"""A network of tracks that reads measured signal beside the sequence, in the bins it predicts.

A :class:`BaskervilleNetwork` reads the sequence. It also predicts the tracks that were measured, so
that measurement and expectation can be held against each other: where more was measured than the
sequence lets expect, over a few bins or over the whole window, the other tracks are raised, by a
power of that ratio which each assay has for each span. With powers of 0 the sequence speaks alone.

References
----------
Linder et al., Borzoi, Nat Genet 57:949 (2025), for the trunk; measured accessibility beside
sequence: Nair et al., ChromDragoNN, Bioinformatics 35:i108 (2019).
"""

from collections.abc import Mapping
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
    beside : numbers of those that are measured, in the order of the signal
    assays : of each kept track, the number of its assay
    spans : bins around a bin over which measured and expected signal are averaged; 0 is all
    floor : added to both before they are divided, so that little over nothing says little
    """

    trunk: Mapping[str, Any]
    kept: tuple[int, ...]
    beside: tuple[int, ...]
    assays: tuple[int, ...]
    spans: tuple[int, ...] = (9, 0)
    floor: float = 0.02


class SignalTracksNetwork(nn.Module):
    """Map (N, 4, L) and a signal (N, S, B) to (N, B, T)."""

    def __init__(self, config: SignalTracksConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = BaskervilleNetwork(BaskervilleConfig(**config.trunk))
        self.bases_per_token = self.trunk.bases_per_token
        self.powers = nn.Parameter(torch.zeros(max(config.assays) + 1, len(config.spans)))

    @property
    def reach(self) -> tuple[int, int]:
        """Return how many bases before and after its own a token also sees, through the tower."""
        return self.trunk.reach

    def attended(self, X: Tensor, signal: Tensor | None = None) -> tuple[Tensor, list[Tensor]]:
        """Return the reading (N, B, T) and the map that each block used, (N, H, Q, Q) each."""
        if signal is None:
            raise ModelError(
                f"this network reads {len(self.config.beside)} measured tracks beside the sequence "
                "and got the sequence alone; bind the window's signal to the model first: "
                "model.bind(signal)"
            )
        y, maps = self.trunk.attended(X)  # (N, B, all tracks of the trunk)
        return self.raised(*self.compared(y, signal)), maps

    def compared(self, y: Tensor, signal: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the sequence tells (N, B, T), and measured over expected signal (N, B, Z).

        The latter as natural logarithms, one for each of the Z spans, of means over signals.

        Parameters
        ----------
        y : (N, B, T) what the trunk says of all its tracks
        signal : (N, S, B)
        """
        measured, expected = signal.mean(1), y[..., list(self.config.beside)].mean(2)  # (N, B)
        ratios = [
            (self._around(measured, span) / self._around(expected, span)).log()
            for span in self.config.spans
        ]
        return y[..., list(self.config.kept)], torch.stack(ratios, 2)

    def raised(self, alone: Tensor, ratios: Tensor) -> Tensor:
        """Return the reading (N, B, T): the sequence's own times powers of the ratios."""
        each = self.powers[list(self.config.assays)]  # (T, Z)
        return alone * (ratios @ each.T).exp()

    def _around(self, x: Tensor, span: int) -> Tensor:
        """Return the mean of x (N, B) around each bin, plus the floor."""
        if span == 0:
            return x.mean(1, keepdim=True).expand_as(x) + self.config.floor
        around = F.avg_pool1d(x[:, None], span, 1, span // 2, count_include_pad=False)
        return around[:, 0] + self.config.floor

    def forward(self, X: Tensor, signal: Tensor | None = None) -> Tensor:
        """Return (N, B, T), never below 0."""
        return self.attended(X, signal)[0]
