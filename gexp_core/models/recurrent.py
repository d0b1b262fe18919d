"""A convolutional stem read by a bidirectional LSTM, for reporter assays.

References
----------
Quang & Xie, DanQ, Nucleic Acids Res 44:e107 (2016); Hochreiter & Schmidhuber, long short-term
memory, Neural Comput 9:1735 (1997).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gexp_core.models.conv import head, place_weights, reductions


@dataclass(frozen=True, slots=True)
class RecurrentConfig:
    """Set the sizes of a RecurrentNetwork.

    ``widths`` are the channels of the stem's convolutions, each of which halves the length;
    ``states`` is the size of the memory that walks along it, in each direction.
    """

    input_length: int = 164
    tracks: int = 1
    widths: tuple[int, ...] = (160, 96)
    stem_kernel: int = 11
    kernel: int = 5
    states: int = 96
    hidden: int = 128
    dropout: float = 0.4


class RecurrentNetwork(nn.Module):
    """Map (N, 4, L) to (N, 1, T)."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        self.config = config
        widths = tuple(config.widths)
        self.stem = nn.Sequential(*reductions(widths, config.stem_kernel, config.kernel))
        steps = config.input_length // 2 ** len(widths)
        self.memory = nn.LSTM(widths[-1], config.states, batch_first=True, bidirectional=True)
        self.position = place_weights(2, 2 * config.states, steps)
        self.head = head(4 * config.states, config.hidden, config.tracks, config.dropout)
        self.stem.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, X: Tensor) -> Tensor:
        """Return (N, 1, T)."""
        x = X[:, :, None].contiguous(memory_format=torch.channels_last)  # (N, 4, 1, L)
        x = self.stem(x)[:, :, 0].transpose(1, 2)  # (N, Q, D)
        x = self._remembered(x)  # (N, Q, 2 * states)
        x = torch.einsum("nqd,mdq->nmd", x, self.position).flatten(1)  # (N, 4 * states)
        y: Tensor = self.head(x)[:, None]  # (N, 1, T)
        return y

    def _remembered(self, x: Tensor) -> Tensor:
        """Return the states (N, Q, 2 * states) along x (N, Q, D).

        cuDNN has no gradient of a recurrent layer that is in eval mode, in which explanations
        need one; torch's own kernels, which are slower, have.
        """
        if x.is_cuda and x.requires_grad and not self.training:
            with torch.backends.cudnn.flags(enabled=False):
                states: Tensor = self.memory(x)[0]
        else:
            states = self.memory(x)[0]
        return states
