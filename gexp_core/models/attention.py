"""A convolutional stem with self-attention over it, for reporter assays.

Two convolutions bring the sequence to one token per 4 bases, residual convolutions let neighbours
mix, and every token then reads every other.
Attention is computed by one path, :class:`Attention`, which returns the map that it used:
``forward`` throws the maps away, ``attended`` keeps them.

References
----------
Vaswani et al., attention, NeurIPS 2017; Avsec et al., Enformer, Nat Methods 18:1196 (2021);
Shaw et al., relative positions, NAACL 2018; Xiong et al., normalisation first, ICML 2020.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gexp_core.models.conv import Residual, head, place_weights, reductions


@dataclass(frozen=True, slots=True)
class AttentionConfig:
    """Set the sizes of an AttentionNetwork.

    ``widths`` are the channels of the stem's convolutions, each of which halves the length; the
    last is the width of a token. ``repeats`` residual convolutions follow. ``positions`` is how far
    apart two tokens are told apart.
    """

    input_length: int = 164
    tracks: int = 1
    widths: tuple[int, ...] = (160, 64)
    stem_kernel: int = 11
    kernel: int = 5
    repeats: int = 1
    layers: int = 2
    heads: int = 4
    positions: int = 32
    expansion: int = 2
    hidden: int = 128
    dropout: float = 0.3
    block_dropout: float = 0.1


class Attention(nn.Module):
    """Let every token read every other, told by what they hold and how far apart they are."""

    def __init__(self, width: int, heads: int, positions: int) -> None:
        super().__init__()
        self.heads = heads
        self.positions = positions
        self.scale = (width // heads) ** -0.5
        self.project = nn.Linear(width, 3 * width)
        self.distance = nn.Parameter(torch.zeros(heads, 2 * positions + 1))
        self.merge = nn.Linear(width, width)

    def bias(self, tokens: int) -> Tensor:
        """Return (H, Q, Q): what each distance between two of ``tokens`` tokens adds."""
        place = torch.arange(tokens, device=self.distance.device)
        apart = (place[None] - place[:, None]).clamp(-self.positions, self.positions)
        added: Tensor = self.distance[:, apart + self.positions]
        return added

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the tokens x (N, Q, D) took up, (N, Q, D), and the map used, (N, H, Q, Q).

        Row q of a map is how token q shares its attention among all tokens; it sums to 1.
        """
        n, q, d = x.shape
        query, key, value = self.project(x).view(n, q, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(2, 3) * self.scale + self.bias(q)
        weights = scores.softmax(3)  # (N, H, Q, Q)
        taken = (weights @ value).transpose(1, 2).reshape(n, q, d)
        return self.merge(taken), weights


class Block(nn.Module):
    """Add attention, then a two-layer network of each token alone."""

    def __init__(self, config: AttentionConfig) -> None:
        super().__init__()
        width = config.widths[-1]
        self.first = nn.LayerNorm(width)
        self.attention = Attention(width, config.heads, config.positions)
        self.second = nn.LayerNorm(width)
        self.each = nn.Sequential(
            nn.Linear(width, config.expansion * width),
            nn.GELU(),
            nn.Linear(config.expansion * width, width),
        )
        self.dropout = nn.Dropout1d(config.block_dropout)  # of a channel in all tokens: quick

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the tokens (N, Q, D) and the attention map used, (N, H, Q, Q)."""
        taken, weights = self.attention(self.first(x))
        x = x + self._drop(taken)
        return x + self._drop(self.each(self.second(x))), weights

    def _drop(self, x: Tensor) -> Tensor:
        y: Tensor = self.dropout(x.transpose(1, 2)).transpose(1, 2)
        return y


class AttentionNetwork(nn.Module):
    """Map (N, 4, L) to (N, 1, T) through tokens of 2 ** len(widths) bases."""

    def __init__(self, config: AttentionConfig) -> None:
        super().__init__()
        self.config = config
        widths = tuple(config.widths)
        self.stem = nn.Sequential(
            *reductions(widths, config.stem_kernel, config.kernel),
            *(
                Residual(widths[-1], config.kernel, 2**i, config.block_dropout)
                for i in range(config.repeats)
            ),
        )
        self.bases_per_token = 2 ** len(widths)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        tokens = config.input_length // self.bases_per_token
        self.position = place_weights(2, widths[-1], tokens)
        self.head = head(2 * widths[-1], config.hidden, config.tracks, config.dropout)
        self.stem.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def reach(self) -> tuple[int, int]:
        """Return how many bases before and after its own a token also sees, through the stem."""
        reach, jump = 0, 1  # jump: bases from one place of a layer's input to the next
        for layer in range(len(self.config.widths)):
            kernel = self.config.kernel if layer else self.config.stem_kernel
            reach += kernel // 2 * jump
            jump *= 2  # the maximum of two neighbours
        for layer in range(self.config.repeats):
            reach += 2**layer * (self.config.kernel // 2) * jump
        return reach, reach

    def attended(self, X: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the reading (N, 1, T) and the map that each block used, (N, H, Q, Q) each."""
        x = X[:, :, None].contiguous(memory_format=torch.channels_last)  # (N, 4, 1, L)
        x = self.stem(x)[:, :, 0].transpose(1, 2)  # (N, Q, D)
        maps = []
        for block in self.blocks:
            x, weights = block(x)
            maps.append(weights)
        x = torch.einsum("nqd,mdq->nmd", x, self.position).flatten(1)  # (N, 2 * D)
        return self.head(x)[:, None], maps

    def forward(self, X: Tensor) -> Tensor:
        """Return (N, 1, T)."""
        return self.attended(X)[0]
