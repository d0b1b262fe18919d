"""What is peculiar to a group of training rows (a locus) and no business of the network's.

Many rows are mutants of few loci. A network that has to explain the level of every locus from its
letters learns to recognise loci; a random effect per group takes up the part that it can't explain
otherwise (a mixed model, here by turns: network, then effects). It is dropped after training.

References
----------
Laird & Ware, random-effects models, Biometrics 38:963 (1982); Robinson, best linear unbiased
prediction, Stat Sci 6:15 (1991).
"""

import torch
from torch import Tensor

#: Left-over beyond this is counted as this, so that one wild row does not make a level.
_MOST = 4.0


class Levels:
    """Hold one level per group and track, measured anew after every epoch.

    ``shrink`` is the variance within groups over the variance between them, in rows: the level of
    a group is the sum of what was left unexplained over (rows + shrink). 0 keeps every level at 0.
    """

    def __init__(self, group: Tensor, tracks: int, shrink: float) -> None:
        self.group = group
        self.shrink = shrink
        groups = int(group.max()) + 1
        self.value = torch.zeros(groups, tracks)
        self._left = torch.zeros(groups, tracks)
        self._rows = torch.zeros(groups, tracks)

    def of(self, rows: Tensor) -> Tensor:
        """Return the level of each row's group, (N, T)."""
        return self.value[self.group[rows]]

    def note(self, rows: Tensor, left: Tensor, mask: Tensor) -> None:
        """Count what the network leaves unexplained of rows, (N, T), weighted by ``mask``."""
        if self.shrink > 0:
            group = self.group[rows]
            self._left.index_add_(0, group, left.detach().cpu().clamp(-_MOST, _MOST) * mask)
            self._rows.index_add_(0, group, mask)

    def settle(self) -> None:
        """Take the levels from what was noted since the last time."""
        if self.shrink > 0:
            self.value = self._left / (self._rows + self.shrink)
            self._left.zero_()
            self._rows.zero_()

    def state_dict(self) -> dict[str, Tensor]:
        """Return what a checkpoint keeps (levels are settled when it is written)."""
        return {"value": self.value}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on from a checkpoint."""
        self.value = state["value"]
