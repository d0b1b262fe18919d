"""A compact residual convolutional network for reporter assays.

Convolution-pool stem, residual convolutions at falling resolution, and a head that weighs every
position per channel (an enhancer's effect depends on its distance from the promoter). Activations
are kept as (N, C, 1, W) in channels-last memory, which the CPU convolves 1.6 times faster than
(N, C, W).

References
----------
de Almeida et al., DeepSTARR, Nat Genet 54:613 (2022); Penzar et al., LegNet, Bioinformatics
39:btad457 (2023); He et al., residual learning, CVPR 2016.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class ConvConfig:
    """Set the sizes of a ConvNetwork.

    ``widths[0]`` is the stem's channels; each further width is one stage, which halves the length.
    ``repeats`` residual convolutions follow in each stage. ``maps`` positional weightings per
    channel feed ``hidden`` units.
    """

    input_length: int = 164
    tracks: int = 1
    stem_kernel: int = 15
    widths: tuple[int, ...] = (128, 160)
    kernel: int = 5
    repeats: tuple[int, ...] = (1, 2)
    maps: int = 2
    hidden: int = 128
    dropout: float = 0.3
    block_dropout: float = 0.1


class Residual(nn.Module):
    """Add a normalised, activated, dilated convolution to its input."""

    def __init__(self, channels: int, kernel: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            channels,
            channels,
            (1, kernel),
            padding=(0, dilation * (kernel // 2)),
            dilation=(1, dilation),
            bias=False,
        )
        self.norm = nn.BatchNorm2d(channels)
        self.activation = nn.GELU()
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus the block, (N, C, 1, W)."""
        y: Tensor = x + self.dropout(self.activation(self.norm(self.conv(x))))
        return y


class Reduce(nn.Module):
    """Convolve to new channels, halve the length by maximum, normalise and activate."""

    def __init__(self, channels: int, width: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, width, (1, kernel), padding=(0, kernel // 2), bias=False)
        self.pool = nn.MaxPool2d((1, 2))
        self.norm = nn.BatchNorm2d(width)
        self.activation = nn.GELU()

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, width, 1, W // 2)."""
        y: Tensor = self.activation(self.norm(self.pool(self.conv(x))))
        return y


def reductions(widths: tuple[int, ...], stem_kernel: int, kernel: int) -> list[Reduce]:
    """Return one Reduce for each of ``widths``, from one-hot letters on; the first is wider."""
    kernels = (stem_kernel,) + (kernel,) * (len(widths) - 1)
    before = (4, *widths[:-1])
    return [Reduce(*sizes) for sizes in zip(before, widths, kernels, strict=True)]


def place_weights(maps: int, channels: int, length: int) -> nn.Parameter:
    """Return (maps, channels, length) weights of every place, near to those of a plain mean."""
    return nn.Parameter((torch.randn(maps, channels, length) * 0.1 + 1) / length)


def head(features: int, hidden: int, tracks: int, dropout: float) -> nn.Sequential:
    """Return the layers from (N, features) to (N, tracks)."""
    return nn.Sequential(
        nn.Dropout(dropout),
        nn.Linear(features, hidden),
        nn.BatchNorm1d(hidden),
        nn.GELU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, tracks),
    )


class ConvNetwork(nn.Module):
    """Map (N, 4, L) to (N, 1, T)."""

    def __init__(self, config: ConvConfig) -> None:
        super().__init__()
        self.config = config
        widths = tuple(config.widths)
        layers: list[nn.Module] = []
        channels, length = 4, config.input_length
        kernels = (config.stem_kernel,) + (config.kernel,) * (len(widths) - 1)
        for width, kernel, repeats in zip(widths, kernels, config.repeats, strict=True):
            layers.append(Reduce(channels, width, kernel))
            layers += [
                Residual(width, config.kernel, 2**i, config.block_dropout) for i in range(repeats)
            ]
            channels, length = width, length // 2
        layers.append(nn.MaxPool2d((1, 2)))
        length //= 2
        self.trunk = nn.Sequential(*layers)
        self.position = place_weights(config.maps, channels, length)
        self.head = head(config.maps * channels, config.hidden, config.tracks, config.dropout)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, X: Tensor) -> Tensor:
        """Return (N, 1, T)."""
        x = X[:, :, None].contiguous(memory_format=torch.channels_last)  # (N, 4, 1, L)
        x = self.trunk(x)[:, :, 0]  # (N, C, W)
        x = torch.einsum("ncw,mcw->nmc", x, self.position).flatten(1)  # (N, maps * C)
        y: Tensor = self.head(x)[:, None]  # (N, 1, T)
        return y
