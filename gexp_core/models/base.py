"""A loaded model: its card, its network, and the one way to read it on both strands.

Networks are ``forward(X: (N, 4, L)) -> (N, B, T)``. A loaded network is in eval mode, its
parameters take no gradient, and no call here changes it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from gexp_core.errors import ModelError
from gexp_core.models.card import ModelCard
from gexp_core.types import Floats, Target


class Ensemble(nn.Module):
    """Average networks of one architecture."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, X: Tensor) -> Tensor:
        """Return the mean over members, (N, B, T)."""
        return self.each(X).mean(0)

    def each(self, X: Tensor, *signal: Tensor) -> Tensor:
        """Return every member's reading, (M, N, B, T), beside a signal where one is read."""
        return torch.stack([member(X, *signal) for member in self.members])


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Join a card with its loaded network (an Ensemble of one or more members)."""

    card: ModelCard
    network: Ensemble

    @property
    def device(self) -> torch.device:
        """Return where the network lives."""
        return next(self.network.parameters()).device

    def strand_swap(self) -> list[int]:
        """Return, for each track, the track that reads the same thing on the other strand."""
        return strand_swap(self.card)

    def readings(
        self, X: Tensor, *, both_strands: bool = True, signal: Tensor | None = None
    ) -> Tensor:
        """Return every member's reading of every strand.

        Parameters
        ----------
        X : (N, 4, L) tensor on the model's device
        both_strands : read the reverse complement of the insert too, between the same flanks,
            with bins and strand-paired tracks put back; ignored, as the card says, by models of
            assays in which orientation matters
        signal : (N, signals, B) tensor, what was measured on the bins of each window; turned with
            the window for the other strand

        Returns
        -------
        (M, S, N, B, T) tensor; S is 2 when both strands were read, else 1

        Raises
        ------
        ModelError
            X has another shape than the model reads, or the signal has, or there is none.
        """
        if X.shape[1:] != (4, self.card.input_length):
            raise ModelError(
                f"{self.card.name} reads (N, 4, {self.card.input_length}), got {tuple(X.shape)}"
            )
        check_signal(self.card, None if signal is None else tuple(signal.shape), len(X))
        beside = () if signal is None else (signal,)
        forward = self.network.each(X, *beside)  # (M, N, B, T)
        if not self.card.reads_both(both_strands):
            return forward[:, None]
        other = (one.flip(2) for one in beside)
        reverse = self.network.each(self.turned(X), *other).flip(2)[..., self.strand_swap()]
        return torch.stack([forward, reverse], 1)

    def bind(self, signal: Floats, *, both_strands: bool = True) -> "Model":
        """Return this model with the signal of one window held fixed: a model of sequence alone.

        What explains a model of sequence explains it: changes of letters, with the signal as it
        was measured. Its number is the mean of both strands already, so its card asks for one; its
        name ends in the first digits of the signal's sha256.

        Parameters
        ----------
        signal : (signals, B)
            In the order and units of ``card.signals``, on the window's strand as it is read.
        both_strands : bool
            Average the window with its reverse complement, as ``readings`` does.

        Raises
        ------
        ModelError
            The model reads no signal, or the signal has another shape or values that are none.
        """
        values = np.ascontiguousarray(signal, np.float32)
        check_signal(self.card, (1, *values.shape), 1)
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise ModelError(
                f"the signal for {self.card.name} has values below 0 or that are no numbers; "
                "coverage is at least 0"
            )
        kept = torch.from_numpy(values)[None].to(self.device)
        strands = 2 if self.card.reads_both(both_strands) else 1
        made = [
            (_BoundAttention if hasattr(member, "attended") else _Bound)(
                member, kept, self.card, strands
            )
            for member in self.network.members
        ]
        known_by = hashlib.sha256(values.tobytes() + bytes([strands])).hexdigest()[:12]
        name = f"{self.card.name}@{known_by}"
        card = replace(self.card, name=name, signals=(), both_strands=False)
        return Model(card, Ensemble(made).eval())

    def turned(self, X: Tensor) -> Tensor:
        """Return X (N, 4, L) with its insert reverse-complemented and its flanks as they were."""
        return turned(X, self.card.insert)


def strand_swap(card: ModelCard) -> list[int]:
    """Return, for each track, the track that reads the same thing on the other strand."""
    return [card.mate(track) for track in range(len(card.tracks))]


def turned(X: Tensor, insert: tuple[int, int]) -> Tensor:
    """Return X (N, 4, L) with its insert reverse-complemented and its flanks as they were."""
    begin, end = insert
    if end - begin == X.shape[2]:
        return X.flip(1, 2)
    middle = X[:, :, begin:end].flip(1, 2)
    return torch.cat([X[:, :, :begin], middle, X[:, :, end:]], 2)


def check_signal(card: ModelCard, shape: tuple[int, ...] | None, n: int) -> None:
    """Raise ModelError, saying what is wanted, where a model and the signal given do not fit.

    ``shape`` is the signal's, None where none was given, for ``n`` windows.
    """
    wanted = (n, len(card.signals), card.bins)
    if not card.signals:
        if shape is not None:
            raise ModelError(
                f"{card.name} reads sequence alone and was given a signal; leave the signal out"
            )
    elif shape is None:
        raise ModelError(
            f"{card.name} reads {len(card.signals)} measured tracks beside the sequence, and only "
            "the sequence was given; give the signal too (--signal FILE of the commands predict, "
            "attribute and mutagenesis, model.bind(signal) in Python), or choose a model of "
            "sequence alone"
        )
    elif shape != wanted:
        raise ModelError(
            f"{card.name} reads a signal of {wanted[1]} tracks x {wanted[2]:,} bins for each of "
            f"{n} windows, got {' x '.join(map(str, shape))}"
        )


class _Bound(nn.Module):
    """Read windows beside one signal, (N, 4, L) to (N, B, T), the mean of the strands read."""

    def __init__(self, network: nn.Module, signal: Tensor, card: ModelCard, strands: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("signal", signal)
        self.insert = card.insert
        self.swap = strand_swap(card)
        self.strands = strands

    def beside(self, n: int) -> Tensor:
        """Return the signal once for each of ``n`` windows, (n, S, B)."""
        return self.get_buffer("signal").expand(n, -1, -1)

    def averaged(self, y: Tensor, X: Tensor) -> Tensor:
        """Return the reading y (N, B, T) of windows, averaged with that of their other strand."""
        if self.strands == 1:
            return y
        other: Tensor = self.network(turned(X, self.insert), self.beside(len(X)).flip(2))
        return (y + other.flip(1)[..., self.swap]) / 2

    def forward(self, X: Tensor) -> Tensor:
        """Return (N, B, T)."""
        return self.averaged(self.network(X, self.beside(len(X))), X)


class _BoundAttention(_Bound):
    """Tell the maps of the strand as given, too."""

    @property
    def bases_per_token(self) -> int:
        """Return how many bases a token stands for."""
        return int(self.network.bases_per_token)  # type: ignore[arg-type]

    @property
    def reach(self) -> tuple[int, int]:
        """Return how many bases before and after its own a token also sees."""
        before, after = self.network.reach  # type: ignore[misc]
        return before, after

    def attended(self, X: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the reading (N, B, T) and the maps of the strand as given, (N, H, Q, Q) each."""
        y, maps = self.network.attended(X, self.beside(len(X)))  # type: ignore[operator]
        return self.averaged(y, X), maps


def chosen(y: Tensor, target: Target) -> Tensor:
    """Return (...), the number that ``target`` chooses of readings y (..., B, T).

    Rows choose among bins; where there is one, they choose among windows, which is not done here.
    """
    rows = slice(*target.rows) if target.rows and y.shape[-2] > 1 else slice(None)
    number = y[..., rows, target.track].mean(-1)
    return number if target.minus is None else number - y[..., rows, target.minus].mean(-1)


class Scalar(nn.Module):
    """Read one number per window: ``forward(X: (N, 4, L)) -> (N,)``.

    The number is exactly the one that is predicted and shown: the mean over members, strands and
    the target's rows of the target's track, less that of a second track where the target names
    one. Everything that is explained is explained through it.
    """

    def __init__(self, model: Model, target: Target, *, both_strands: bool = True) -> None:
        super().__init__()
        for track in (target.track, 0 if target.minus is None else target.minus):
            if not 0 <= track < len(model.card.tracks):
                raise ModelError(
                    f"{model.card.name} has {len(model.card.tracks)} tracks, there is no track "
                    f"number {track}"
                )
        if target.track == target.minus:
            raise ModelError("a track minus itself is 0 everywhere; give two tracks, or one alone")
        check_signal(model.card, None, 1)
        self.network = model.network
        self.model = model
        self.target = target
        self.both_strands = both_strands

    def forward(self, X: Tensor) -> Tensor:
        """Return (N,)."""
        y = self.model.readings(X, both_strands=self.both_strands).mean((0, 1))  # (N, B, T)
        return chosen(y, self.target)
