"""Tiny hand-built networks wrapped as Model, with answers that can be written down.

Every factory returns a fresh model in eval mode whose parameters take no gradient, as the
registry does. Nothing here reads a file.
"""

from dataclasses import asdict, replace

import numpy as np
import torch
from torch import Tensor, nn

from gexp_core.encoding import one_hot
from gexp_core.models.adapters.baskerville import BaskervilleConfig
from gexp_core.models.attention import AttentionConfig, AttentionNetwork
from gexp_core.models.base import Ensemble, Model
from gexp_core.models.card import ModelCard, SignalTrack, Track
from gexp_core.models.conv import ConvConfig, ConvNetwork
from gexp_core.models.recurrent import RecurrentConfig, RecurrentNetwork
from gexp_core.models.signal_tracks import SignalTracksConfig, SignalTracksNetwork
from gexp_core.types import SequenceSet

LENGTH = 60
MOTIF = "TGACTCA"


def random_sequence(length: int, seed: int = 0, alphabet: str = "ACGT") -> str:
    """Return letters drawn evenly from ``alphabet``."""
    return "".join(np.random.default_rng(seed).choice(list(alphabet), length))


def random_set(lengths: tuple[int, ...], seed: int = 0, alphabet: str = "ACGT") -> SequenceSet:
    """Return sequences s0, s1, ... of the given lengths."""
    texts = tuple(random_sequence(n, seed * 1000 + i, alphabet) for i, n in enumerate(lengths))
    return SequenceSet(tuple(f"s{i}" for i in range(len(lengths))), texts)


def toy_card(
    length: int = LENGTH,
    *,
    tracks: tuple[str, ...] = ("activity",),
    strand_pairs: tuple[int | None, ...] | None = None,
    bins: int = 1,
    bin_size: int = 0,
    insert: tuple[int, int] | None = None,
    background: str | None = None,
    members: int = 1,
    both_strands: bool = True,
    name: str = "toy",
) -> ModelCard:
    """Return a card for a toy; the whole window varies and random letters fill it by default."""
    pairs = strand_pairs or (None,) * len(tracks)
    return ModelCard(
        name=name,
        title=f"Toy model {name}",
        species="none",
        assay="none",
        meaning="A number made by hand for tests; it is not a measurement.",
        units="toy units",
        zero="nothing",
        input_length=length,
        insert=insert or (0, length),
        background=background or random_sequence(length, 99),
        tracks=tuple(
            Track(track, f"toy track {track}", "toy", pair)
            for track, pair in zip(tracks, pairs, strict=True)
        ),
        architecture="toy",
        config={},
        family="toy",
        members=members,
        n_parameters=0,
        sha256="0" * 64,
        licence="MIT",
        citation="none",
        training={},
        limits=("It is a toy.",),
        both_strands=both_strands,
        bins=bins,
        bin_size=bin_size or length // bins,
        percentiles={track: tuple(np.linspace(-2, 2, 101).tolist()) for track in tracks},
    )


def wrap(networks: list[nn.Module], card: ModelCard) -> Model:
    """Return the networks as one frozen ensemble with its card."""
    ensemble = Ensemble(networks)
    ensemble.eval().requires_grad_(False)
    return Model(card, ensemble)


class LinearSum(nn.Module):
    """y = sum(weights * X) + bias, so that every attribution has a closed form."""

    def __init__(self, weights: Tensor, bias: float = 0.5) -> None:
        super().__init__()
        self.weights = nn.Parameter(weights)
        self.bias = nn.Parameter(torch.tensor(bias))

    def forward(self, X: Tensor) -> Tensor:
        return ((X * self.weights).sum((1, 2)) + self.bias)[:, None, None]


class MotifMax(nn.Module):
    """y = the best match score of one motif: letters that agree, over the whole window."""

    def __init__(self, motif: str) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.from_numpy(one_hot(motif))[None])

    def forward(self, X: Tensor) -> Tensor:
        return nn.functional.conv1d(X, self.kernel).amax(2)[:, None]


class Profile(nn.Module):
    """Read bins of two tracks: smooth, nonlinear, and different on the two strands."""

    def __init__(self, bins: int, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.kernel = nn.Parameter(torch.randn(2, 4, 5, generator=generator))
        self.bins = bins

    def forward(self, X: Tensor) -> Tensor:
        y = torch.tanh(nn.functional.conv1d(X, self.kernel, padding=2))  # (N, T, L)
        return nn.functional.adaptive_avg_pool1d(y, self.bins).transpose(1, 2)  # (N, B, T)


def linear_weights(length: int = LENGTH, seed: int = 0) -> Tensor:
    """Return the (4, length) weights that ``linear_model`` with this seed has."""
    return torch.randn(4, length, generator=torch.Generator().manual_seed(seed))


def linear_model(length: int = LENGTH, seed: int = 0, **card: object) -> Model:
    """Return a model that sums one weight per base."""
    network = LinearSum(linear_weights(length, seed))
    return wrap([network], toy_card(length, name="toy-linear", **card))


def motif_model(length: int = LENGTH, motif: str = MOTIF, **card: object) -> Model:
    """Return a model that reads the best match of ``motif``."""
    return wrap([MotifMax(motif)], toy_card(length, name="toy-motif", **card))


def _randomised(network: nn.Module) -> nn.Module:
    """Return the network with random batch-norm statistics and weights that make y vary."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
        elif isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
    nn.init.normal_(network.position, 0, 0.3)
    return network


def conv_network(config: ConvConfig, seed: int = 0) -> ConvNetwork:
    """Return a ConvNetwork with random weights and batch-norm statistics; y varies by about 1."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _randomised(ConvNetwork(config))


def conv_model(
    length: int = LENGTH,
    *,
    members: int = 1,
    seed: int = 0,
    config: ConvConfig | None = None,
    **card: object,
) -> Model:
    """Return one or more small ConvNetworks with randomised batch-norm statistics."""
    if config is None:
        config = ConvConfig(
            input_length=length, stem_kernel=7, widths=(8, 12), kernel=3, repeats=(1, 2), hidden=8
        )
    networks = [conv_network(config, seed + i) for i in range(members)]
    tracks = tuple(f"track{i}" for i in range(config.tracks))
    if config.tracks > 1:
        card.setdefault("tracks", tracks)
    return wrap(
        networks,
        toy_card(config.input_length, name="toy-conv", members=members, **card),
    )


def ensemble_model(length: int = LENGTH, seed: int = 0, **card: object) -> Model:
    """Return two small ConvNetworks read as one."""
    return conv_model(length, members=2, seed=seed, **card)


def profile_model(length: int = LENGTH, bins: int = 6, seed: int = 0, **card: object) -> Model:
    """Return a profile model whose two tracks are each other's mate on the other strand."""
    made = toy_card(
        length,
        tracks=("plus", "minus"),
        strand_pairs=(1, 0),
        bins=bins,
        name="toy-profile",
        **card,
    )
    return wrap([Profile(bins, seed)], made)


def attention_network(config: AttentionConfig, seed: int = 0) -> AttentionNetwork:
    """Return an AttentionNetwork whose maps are far from even and know how far apart tokens are."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _randomised(AttentionNetwork(config))
        for block in network.blocks:
            nn.init.normal_(block.attention.distance)
    return network


def recurrent_network(config: RecurrentConfig, seed: int = 0) -> RecurrentNetwork:
    """Return a RecurrentNetwork with random weights and batch-norm statistics."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _randomised(RecurrentNetwork(config))


def attention_config(length: int = LENGTH, **sizes: object) -> AttentionConfig:
    """Return the sizes of a small AttentionNetwork: 2 layers of 3 heads on tokens of 4 bases."""
    small = {"widths": (8, 12), "stem_kernel": 5, "kernel": 3, "repeats": 0}
    small |= {"heads": 3, "hidden": 8}
    return AttentionConfig(input_length=length, **(small | sizes))


def attention_model(
    length: int = LENGTH, *, members: int = 2, seed: int = 0, tracks: int = 1, **card: object
) -> Model:
    """Return small AttentionNetworks read as one."""
    config = attention_config(length, tracks=tracks)
    if tracks > 1:
        card.setdefault("tracks", tuple(f"track{i}" for i in range(tracks)))
    made = toy_card(length, name="toy-attention", members=members, **card)
    networks = [attention_network(config, seed + i) for i in range(members)]
    return wrap(networks, replace(made, architecture="attention"))


def recurrent_model(
    length: int = LENGTH, *, members: int = 2, seed: int = 0, **card: object
) -> Model:
    """Return small RecurrentNetworks read as one."""
    config = RecurrentConfig(
        input_length=length, widths=(8, 12), stem_kernel=5, kernel=3, states=6, hidden=8
    )
    made = toy_card(length, name="toy-recurrent", members=members, **card)
    networks = [recurrent_network(config, seed + i) for i in range(members)]
    return wrap(networks, replace(made, architecture="recurrent"))


def signal_model(length: int = 512, *, seed: int = 0, **card: object) -> Model:
    """Return a model of bins of 4 bases that reads two measured tracks beside the sequence.

    Of its trunk's five tracks the last three are predicted, the first two of those each other's
    mate on the other strand. Its bins leave 8 bases out at either end.
    """
    sizes = {"stem_width": 5, "widths": (6, 7, 10), "heads": 2, "key_size": 3}
    trunk = BaskervilleConfig(input_length=length, tracks=5, position_features=8, crop=2, **sizes)
    config = SignalTracksConfig(
        trunk=asdict(trunk), kept=(2, 3, 4), signals=2, width=6, kernel=3, gaps=(1, 5)
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = SignalTracksNetwork(config)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 2)
        nn.init.normal_(network.trunk.head.bias, 0, 1)
        for layer in (network.to_tokens, network.to_bins):
            nn.init.normal_(layer.weight, 0, 0.3)
        network.level.copy_(torch.tensor([0.5, 1.0]))
        network.spread.copy_(torch.tensor([1.2, 0.8]))
    made = toy_card(
        length,
        tracks=("plus", "minus", "both"),
        strand_pairs=(1, 0, None),
        bins=length // 4 - 4,
        bin_size=4,
        name="toy-signal",
        **card,
    )
    signals = tuple(SignalTrack(name, f"measured {name}", 2.0, 32.0, 128.0) for name in "pq")
    card = replace(made, architecture="signal-tracks", config=asdict(config), signals=signals)
    return wrap([network], card)


def toy_signal(model: Model, seed: int = 0) -> np.ndarray:
    """Return (S, B) random values that the model can read beside a window."""
    shape = (len(model.card.signals), model.card.bins)
    return np.random.default_rng(seed).gamma(1, 2, shape).astype(np.float32)
