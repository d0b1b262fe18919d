"""A published network of genome tracks as a teacher of a reporter assay: its tower, tuned.

Its convolutions have read open chromatin and transcription along a genome, far more than a
reporter library holds. What they find in an element goes into one linear layer, and both go on
learning from what the assay measured (transfer learning, as in Avsec et al., Nat Methods 18:1196,
2021). No network made so is kept: students learn what they say of made-up sequences (see
``taught``).
"""

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from gexp_core.errors import ModelError
from gexp_core.models.adapters.baskerville import BaskervilleNetwork
from gexp_core.models.base import Ensemble
from gexp_core.training.data import Table
from gexp_core.training.loop import Report, fit, start_at
from gexp_core.training.member_runs import BEST
from gexp_core.training.offsets import Offsets
from gexp_core.training.settings import FitSettings
from gexp_core.training.tracks.teacher import Teacher

#: Networks that are tuned, each from its own seed; they teach together.
TUNED = 2

_FIRST = 2  # steps of the tower that are not read: words of a few letters, which 6-mers say too
_DROPOUT = 0.5


class TowerFeatures(nn.Module):
    """Say what the later steps of a tower find in a short sequence, wherever it stands.

    (N, 4, L) to (N, F): largest and mean activation of every channel. Zeros are put on both sides,
    to whole tokens. It is a copy that can go on learning; its batch norms read with the mean and
    variance of the genome, in training too.

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
        self.bases_per_token = network.bases_per_token
        self.stem = copy.deepcopy(network.stem)
        self.tower = copy.deepcopy(network.tower)
        self.pool = nn.MaxPool1d(2)
        for step in self.tower:
            step.norm = _as_measured(step.norm)  # type: ignore[arg-type]
        self.requires_grad_(True)

    def forward(self, X: Tensor) -> Tensor:
        """Return (N, F)."""
        more = -X.shape[2] % self.bases_per_token
        x = nn.functional.pad(X, (more // 2, more - more // 2))
        x = self.pool(self.stem(x))
        found = []
        for at, step in enumerate(self.tower):
            x = step(x)  # (N, C, L / 2 ** (at + 1))
            if at >= _FIRST:
                found += [x.amax(2), x.mean(2)]
            x = self.pool(x)
        return torch.cat(found, 1)


class TunedTower(nn.Module):
    """Map (N, 4, L) to (N, 1, T) by one linear layer on a published tower."""

    def __init__(self, network: BaskervilleNetwork, tracks: int) -> None:
        super().__init__()
        self.features = TowerFeatures(network)
        found = 2 * sum(network.config.widths[_FIRST:])
        linear = nn.Linear(found, tracks)
        nn.init.zeros_(linear.weight)
        self.head = nn.Sequential(nn.BatchNorm1d(found), nn.Dropout(_DROPOUT), linear)

    def forward(self, X: Tensor) -> Tensor:
        """Return (N, 1, T)."""
        y: Tensor = self.head(self.features(X))[:, None]
        return y


def _as_measured(norm: nn.BatchNorm1d) -> nn.Conv1d:
    """Return a weight and a shift of each channel: what a batch norm does in prediction."""
    state = {name: value.detach() for name, value in norm.state_dict().items()}
    weight = state["weight"] / (state["running_var"] + norm.eps).sqrt()
    made = nn.Conv1d(len(weight), len(weight), 1, groups=len(weight))
    with torch.no_grad():
        made.weight.copy_(weight[:, None, None])
        made.bias.copy_(state["bias"] - state["running_mean"] * weight)  # type: ignore[union-attr]
    return made


def tower_folder(runs: Path, one: int) -> Path:
    """Return where the run of one tuned tower is kept, counted from 0."""
    return runs / f"tower-{one}"


def tune(
    teacher: Teacher,
    table: Table,
    runs: Path,
    settings: FitSettings,
    *,
    seed: int,
    device: str,
    report: Report,
) -> Ensemble:
    """Return the towers tuned on a table's train rows, frozen: (N, 4, L) to (N, 1, T).

    Runs that are in ``runs`` are gone on with; each keeps what was best on the valid rows. The
    weights of norms decay as kernels do.
    """
    networks = []
    for one in range(TUNED):
        torch.manual_seed(seed + one)
        network = TunedTower(teacher.network, len(table.tracks)).to(device)
        start_at(network, Offsets(table, device).mean)
        folder = tower_folder(runs, one)
        fit(
            network,
            table,
            folder,
            settings=replace(settings, seed=seed + one),
            device=device,
            began_with=teacher.digest,
            report=lambda text, of=folder.name: report(f"{of} {text}"),  # type: ignore[misc]
        )
        network.load_state_dict(load_file(folder / BEST))
        networks.append(network)
    made = Ensemble(networks)
    made.eval().requires_grad_(False)
    return made


def tower_records(runs: Path) -> list[dict[str, Any]]:
    """Return the records of the runs of the tuned towers."""
    paths = (tower_folder(runs, one) / "record.json" for one in range(TUNED))
    return [json.loads(path.read_text()) for path in paths]
