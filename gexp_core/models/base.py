"""A loaded model: its card, its network, and the one way to read it on both strands.

Networks are ``forward(X: (N, 4, L)) -> (N, B, T)``. A loaded network is in eval mode, its
parameters take no gradient, and no call here changes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gexp_core.errors import ModelError
from gexp_core.models.card import ModelCard
from gexp_core.types import Target


class Ensemble(nn.Module):
    """Average networks of one architecture."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, X: Tensor) -> Tensor:
        """Return the mean over members, (N, B, T)."""
        return self.each(X).mean(0)

    def each(self, X: Tensor) -> Tensor:
        """Return every member's reading, (M, N, B, T)."""
        return torch.stack([member(X) for member in self.members])


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
        return [
            i if track.strand_pair is None else track.strand_pair
            for i, track in enumerate(self.card.tracks)
        ]

    def readings(self, X: Tensor, *, both_strands: bool = True) -> Tensor:
        """Return every member's reading of every strand.

        Parameters
        ----------
        X : (N, 4, L) tensor on the model's device
        both_strands : read the reverse complement of the insert too, between the same flanks,
            with bins and strand-paired tracks put back; ignored, as the card says, by models of
            assays in which orientation matters

        Returns
        -------
        (M, S, N, B, T) tensor; S is 2 when both strands were read, else 1
        """
        if X.shape[1:] != (4, self.card.input_length):
            raise ModelError(
                f"{self.card.name} reads (N, 4, {self.card.input_length}), got {tuple(X.shape)}"
            )
        forward = self.network.each(X)  # (M, N, B, T)
        if not (both_strands and self.card.both_strands):
            return forward[:, None]
        reverse = self.network.each(self.turned(X)).flip(2)[..., self.strand_swap()]
        return torch.stack([forward, reverse], 1)

    def turned(self, X: Tensor) -> Tensor:
        """Return X (N, 4, L) with its insert reverse-complemented and its flanks as they were."""
        begin, end = self.card.insert
        if end - begin == self.card.input_length:
            return X.flip(1, 2)
        insert = X[:, :, begin:end].flip(1, 2)
        return torch.cat([X[:, :, :begin], insert, X[:, :, end:]], 2)


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
        self.network = model.network
        self.model = model
        self.target = target
        self.both_strands = both_strands

    def forward(self, X: Tensor) -> Tensor:
        """Return (N,)."""
        y = self.model.readings(X, both_strands=self.both_strands).mean((0, 1))  # (N, B, T)
        return chosen(y, self.target)
