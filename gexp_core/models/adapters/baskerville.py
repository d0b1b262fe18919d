"""The network of calico/baskerville: convolutions, self-attention and a U-net over long windows.

A tower of convolutions halves the length at every step, down to tokens of 128 bases; the tokens
attend to each other; two steps up, each joined with the tower at that length, give bins of 32
bases, and the outermost are cut off. Attention is computed by one path, :class:`RelativeAttention`,
which returns the map that it used: ``forward`` throws the maps away, ``attended`` keeps them.

Everything is as ``baskerville`` computes it with Keras: batch and layer norms add 0.001 to the
variance, GELU is the tanh approximation, a maximum is taken of two neighbours, sequences are
padded with zeros, and position features are masks of growing width, plain and signed.

References
----------
Linder et al., Borzoi, Nat Genet 57:949 (2025); Avsec et al., Enformer, Nat Methods 18:1196 (2021);
Dai et al., Transformer-XL (relative positions), ACL 2019; github.com/calico/baskerville.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class BaskervilleConfig:
    """Set the sizes of a BaskervilleNetwork.

    Attributes
    ----------
    input_length, tracks : bases of a window, outputs of a bin
    stem_width, stem_kernel : of the first convolution, on letters
    widths, kernel : of the tower's convolutions; each halves the length, and so does the stem
    layers, heads, key_size, position_features, expansion : of the transformer blocks
    rises, rise_kernel : steps up, each of which doubles the length
    crop : bins cut off at both ends
    epsilon, momentum : of the norms; momentum is Keras', the share of the old mean that is kept
    dropout, attention_dropout, position_dropout : while training only
    """

    input_length: int = 131_072
    tracks: int = 74
    stem_width: int = 64
    stem_kernel: int = 7
    widths: tuple[int, ...] = (80, 88, 96, 104, 120, 128)
    kernel: int = 5
    layers: int = 2
    heads: int = 2
    key_size: int = 32
    position_features: int = 32
    expansion: float = 2.0
    rises: int = 2
    rise_kernel: int = 3
    crop: int = 1024
    epsilon: float = 1e-3
    momentum: float = 0.9
    dropout: float = 0.2
    attention_dropout: float = 0.05
    position_dropout: float = 0.01

    @property
    def bases_per_token(self) -> int:
        """Return how many bases a token of the attention stands for."""
        return int(2 ** (1 + len(self.widths)))

    @property
    def bin_size(self) -> int:
        """Return how many bases a bin of the output stands for."""
        return int(self.bases_per_token // 2**self.rises)

    @property
    def bins(self) -> int:
        """Return how many bins a window gives."""
        return self.input_length // self.bin_size - 2 * self.crop


def _norm(config: BaskervilleConfig, width: int) -> nn.BatchNorm1d:
    return nn.BatchNorm1d(width, eps=config.epsilon, momentum=1 - config.momentum)


def position_features(tokens: int, count: int) -> Tensor:
    """Return (2 * tokens - 1, count): what distances 1 - tokens to tokens - 1 look like.

    The first half of the columns says whether a distance is within each of growing widths, the
    second half the same with the distance's sign.
    """
    distance = torch.arange(1 - tokens, tokens, dtype=torch.float32)
    basis = count // 2
    rate = torch.tensor(tokens + 1.0, dtype=torch.float64).log().div(basis).exp().float()
    width = rate ** torch.arange(1, basis + 1, dtype=torch.float32) - 1
    within = (width > distance.abs()[:, None]).float()
    return torch.cat([within, distance.sign()[:, None] * within], 1)


class RelativeAttention(nn.Module):
    """Let every token read every other, told by what they hold and how far apart they are."""

    def __init__(self, config: BaskervilleConfig) -> None:
        super().__init__()
        width, keys = config.widths[-1], config.heads * config.key_size
        self.heads = config.heads
        self.features = config.position_features
        self.scale = config.key_size**-0.5
        self.query = nn.Linear(width, keys, bias=False)
        self.key = nn.Linear(width, keys, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.distance = nn.Linear(config.position_features, keys, bias=False)
        self.content_bias = nn.Parameter(torch.zeros(config.heads, 1, config.key_size))
        self.distance_bias = nn.Parameter(torch.zeros(config.heads, 1, config.key_size))
        self.merge = nn.Linear(width, width)
        self.dropout = nn.Dropout(config.attention_dropout)
        self.position_dropout = nn.Dropout(config.position_dropout)

    def by_head(self, x: Tensor) -> Tensor:
        """Return x (..., Q, H * K) by head, (..., H, Q, K)."""
        return x.view(*x.shape[:-1], self.heads, -1).transpose(-3, -2)

    def by_distance(self, query: Tensor, first: int = 0, tokens: int | None = None) -> Tensor:
        """Return (N, H, R, Q): what the distance between two tokens adds to their score.

        ``query`` (N, H, R, K) is that of the R tokens from ``first`` on, of ``tokens`` Q in all;
        by default those are all.
        """
        n, heads, rows, _ = query.shape
        q = rows if tokens is None else tokens
        features = position_features(q, self.features).to(query)
        known = self.by_head(self.distance(self.position_dropout(features)))  # (H, 2Q - 1, K)
        scores = (query + self.distance_bias) @ known.mT  # (N, H, R, 2Q - 1), by distance
        place = torch.arange(q, device=query.device)
        reader = place[first : first + rows]
        column = place[None] - reader[:, None] + q - 1  # (R, Q): reader's row, read token's column
        return scores.gather(3, column.expand(n, heads, rows, q))

    def read(
        self, query: Tensor, key: Tensor, value: Tensor, first: int = 0
    ) -> tuple[Tensor, Tensor]:
        """Return what tokens take up, (N, R, D), and the map used, (N, H, R, Q).

        ``query`` (N, H, R, K) is that of the R tokens from ``first`` on; ``key`` (N, H, Q, K) and
        ``value`` (N, H, Q, D / H) are those of all.
        """
        distant = self.by_distance(query, first, key.shape[2])
        scores = (query + self.content_bias) @ key.mT + distant
        weights = self.dropout(scores.softmax(3))  # (N, H, R, Q)
        taken = (weights @ value).transpose(1, 2).flatten(2)
        return self.merge(taken), weights

    def forward(self, x: Tensor, rows: tuple[int, int] | None = None) -> tuple[Tensor, Tensor]:
        """Return what the tokens x (N, Q, D) took up, (N, Q, D), and the map used, (N, H, Q, Q).

        Row q of a map is how token q shares its attention among all tokens; it sums to 1. With
        ``rows`` only those tokens read, and only they are returned.
        """
        readers = x if rows is None else x[:, rows[0] : rows[1]]
        query = self.by_head(self.query(readers)) * self.scale
        key, value = self.by_head(self.key(x)), self.by_head(self.value(x))
        return self.read(query, key, value, rows[0] if rows else 0)


class Block(nn.Module):
    """Add attention, then a two-layer network of each token alone."""

    def __init__(self, config: BaskervilleConfig) -> None:
        super().__init__()
        width = config.widths[-1]
        wide = int(config.expansion * width)
        self.first = nn.LayerNorm(width, eps=config.epsilon)
        self.attention = RelativeAttention(config)
        self.second = nn.LayerNorm(width, eps=config.epsilon)
        self.widen = nn.Linear(width, wide)
        self.activation = nn.ReLU()
        self.narrow = nn.Linear(wide, width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, rows: tuple[int, int] | None = None) -> tuple[Tensor, Tensor]:
        """Return the tokens (N, Q, D) and the attention map used, (N, H, Q, Q), or ``rows``."""
        taken, weights = self.attention(self.first(x), rows)
        if rows is not None:
            x = x[:, rows[0] : rows[1]]
        return self.alone(x + self.dropout(taken)), weights

    def alone(self, x: Tensor) -> Tensor:
        """Return tokens (N, Q, D) of tokens x that have read: what each makes of itself."""
        y = self.activation(self.dropout(self.widen(self.second(x))))
        made: Tensor = x + self.dropout(self.narrow(y))
        return made


class Step(nn.Module):
    """Normalise, activate, convolve: one step of the tower, before its length is halved."""

    def __init__(self, config: BaskervilleConfig, before: int, width: int) -> None:
        super().__init__()
        self.norm = _norm(config, before)
        self.activation = nn.GELU("tanh")
        self.conv = nn.Conv1d(before, width, config.kernel, padding=config.kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, width, L) of x (N, before, L)."""
        y: Tensor = self.conv(self.activation(self.norm(x)))
        return y


class Rise(nn.Module):
    """Double the length and join what the tower knew at that length."""

    def __init__(self, config: BaskervilleConfig, beside: int) -> None:
        super().__init__()
        width, kernel = config.widths[-1], config.rise_kernel
        self.norm = _norm(config, width)
        self.beside_norm = _norm(config, beside)
        self.activation = nn.GELU("tanh")
        self.dense = nn.Conv1d(width, width, 1)
        self.beside_dense = nn.Conv1d(beside, width, 1)
        self.depthwise = nn.Conv1d(
            width, width, kernel, padding=kernel // 2, groups=width, bias=False
        )
        self.pointwise = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor, beside: Tensor) -> Tensor:
        """Return (N, D, 2L) of x (N, D, L) and of the tower's beside (N, C, 2L)."""
        return self.joined(x, self.beside_dense(self.activation(self.beside_norm(beside))))

    def joined(self, x: Tensor, beside: Tensor) -> Tensor:
        """Return (N, D, 2L) of x (N, D, L) and of what the tower knew, made as wide, (N, D, 2L)."""
        x = self.dense(self.activation(self.norm(x))).repeat_interleave(2, 2)
        y: Tensor = self.pointwise(self.depthwise(x + beside))
        return y


class BaskervilleNetwork(nn.Module):
    """Map (N, 4, L) to (N, B, T) through tokens of ``bases_per_token`` bases."""

    def __init__(self, config: BaskervilleConfig) -> None:
        super().__init__()
        self.config = config
        widths = tuple(config.widths)
        self.bases_per_token = config.bases_per_token
        self.stem = nn.Conv1d(
            4, config.stem_width, config.stem_kernel, padding=config.stem_kernel // 2
        )
        self.pool = nn.MaxPool1d(2)
        pairs = zip((config.stem_width, *widths), widths, strict=False)
        self.tower = nn.ModuleList(Step(config, before, width) for before, width in pairs)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.rises = nn.ModuleList(Rise(config, widths[-1 - i]) for i in range(config.rises))
        self.activation = nn.GELU("tanh")
        self.head = nn.Linear(widths[-1], config.tracks)
        self.positive = nn.Softplus()

    @property
    def reach(self) -> tuple[int, int]:
        """Return how many bases before and after its own a token also sees, through the tower."""
        kernels = (self.config.stem_kernel,) + (self.config.kernel,) * len(self.tower)
        around = sum(kernel // 2 * 2**i for i, kernel in enumerate(kernels))
        return around, around

    def attended(self, X: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the reading (N, B, T) and the map that each block used, (N, H, Q, Q) each."""
        x, maps = self.binned(X)
        return self.said(x), maps

    def binned(self, X: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return what each bin is read from, (N, D, B), and the map that each block used."""
        x, maps = self.joined(*self.towered(X))
        return x[..., self.config.crop : x.shape[2] - self.config.crop], maps  # (N, D, B)

    def towered(self, X: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the tokens (N, D, Q) before any attends, and what the steps up are joined with.

        The latter as the tower knew them, (N, C, 2Q) of the first step up, (N, C, 4Q) of the next.
        """
        x = self.pool(self.stem(X))  # (N, C, L / 2)
        known = []
        for step in self.tower:
            x = step(x)
            known.append(x)
            x = self.pool(x)
        return x, known[: -1 - len(self.rises) : -1]

    def joined(self, x: Tensor, beside: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Return all bins (N, D, B + 2 crop) of what ``towered`` gives, and the maps used."""
        x = x.transpose(1, 2)  # (N, Q, D)
        maps = []
        for block in self.blocks:
            x, weights = block(x)
            maps.append(weights)
        x = x.transpose(1, 2)
        for rise, known in zip(self.rises, beside, strict=True):
            x = rise(x, known)  # (N, D, 2Q), (N, D, 4Q), ...
        return x, maps

    def said(self, x: Tensor) -> Tensor:
        """Return the reading (N, B, T) of bins x (N, D, B)."""
        y: Tensor = self.positive(self.head(self.activation(x).transpose(1, 2)))
        return y

    def forward(self, X: Tensor) -> Tensor:
        """Return (N, B, T), never below 0."""
        return self.attended(X)[0]
