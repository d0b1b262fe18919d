"""A published network of genome tracks as a teacher of a reporter assay: a ridge on its tower.

Its convolutions have read open chromatin and transcription along a genome, far more than a
reporter library holds. Owns what is read of them, and the ridge that says from it what the assay
would measure (a linear probe, as of Enformer's layers in Avsec et al., Nat Methods 18:1196, 2021).
Neither is kept: students learn what the ridge says of made-up sequences (see ``taught``).
"""

import numpy as np
import torch
from torch import Tensor, nn

from gexp_core.errors import ModelError
from gexp_core.models.adapters.baskerville import BaskervilleNetwork
from gexp_core.training.classical import STANDARDISED_ALPHAS, fit_linear
from gexp_core.training.data import Table
from gexp_core.training.scoring import read_codes
from gexp_core.training.tracks.teacher import Teacher

_FIRST = 2  # steps of the tower that are not read: words of a few letters, which 6-mers say too


class TowerFeatures(nn.Module):
    """Say what the later steps of a tower find in a short sequence, wherever it stands.

    (N, 4, L) to (N, 1, F): largest and mean activation of every channel. Zeros are put on both
    sides, to whole tokens.

    Raises
    ------
    ModelError
        The tower has no later steps.
    """

    def __init__(self, network: BaskervilleNetwork) -> None:
        super().__init__()
        if len(network.tower) <= _FIRST:
            raise ModelError(
                f"the published model's tower has {len(network.tower)} steps; to learn from one, "
                f"more than {_FIRST} are wanted: give a deeper model with --teacher"
            )
        self.network = network

    def forward(self, X: Tensor) -> Tensor:
        """Return (N, 1, F)."""
        more = -X.shape[2] % self.network.bases_per_token
        x = nn.functional.pad(X, (more // 2, more - more // 2))
        x = self.network.pool(self.network.stem(x))
        found = []
        for at, step in enumerate(self.network.tower):
            x = step(x)  # (N, C, L / 2 ** (at + 1))
            if at >= _FIRST:
                found += [x.amax(2), x.mean(2)]
            x = self.network.pool(x)
        return torch.cat(found, 1)[:, None]


def tower_ridge(teacher: Teacher, table: Table, *, device: str = "cpu") -> nn.Module:
    """Return the ridge fitted on a table's train rows: (N, 4, L) to (N, 1, T), one strand read.

    Features are the means of both strands of the insert, standardised; for each track the penalty
    is chosen on the valid rows.
    """
    features = TowerFeatures(teacher.network).eval().to(device)
    split = {part: table.rows(part) for part in ("train", "valid")}
    found = {
        part: read_codes(
            features,
            torch.from_numpy(table.codes[rows]),
            insert=table.insert,
            both_strands=True,
            device=device,
        )
        for part, rows in split.items()
    }
    mean, sd = found["train"].mean(0), found["train"].std(0)
    sd[sd == 0] = 1
    scaled = {part: (values - mean) / sd for part, values in found.items()}
    fitted = [
        fit_linear(table, split, track, scaled, STANDARDISED_ALPHAS)[0]
        for track in range(len(table.tracks))
    ]
    weight = np.stack([one.coefficients / sd for one in fitted])  # (T, F)
    level = np.array([one.intercept for one in fitted]) - weight @ mean
    linear = nn.Linear(weight.shape[1], len(fitted))
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(weight))
        linear.bias.copy_(torch.from_numpy(level))
    return nn.Sequential(features, linear).eval().requires_grad_(False).to(device)
