"""Who teaches the students of a recipe: bundled models, the 6-mer ridge, and its own networks."""

import hashlib
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from gexp_core.evaluate.classical import RIDGE, LinearPredictors, to_bytes
from gexp_core.models import registry
from gexp_core.training import taught
from gexp_core.training.assemble import ensemble_of, member_folder
from gexp_core.training.data import Table
from gexp_core.training.linear import linear_of
from gexp_core.training.recipes import Recipe


class RidgeNetwork(nn.Module):
    """Answer as the 6-mer ridge: (N, 4, L) to (N, 1, T)."""

    def __init__(self, known: LinearPredictors) -> None:
        super().__init__()
        self._known = known
        self.sha256 = hashlib.sha256(to_bytes(known)).hexdigest()

    def forward(self, X: Tensor) -> Tensor:
        """Return (N, 1, T); a base that is no letter counts in no word."""
        codes = torch.where(X.any(1), X.argmax(1), 4)
        said = self._known.read(codes.cpu().numpy())[RIDGE]
        return torch.from_numpy(said)[:, None].to(X.device)


def lessons_file(runs: Path, seed: int) -> Path:
    """Return where what the teachers say lies, beside the runs of those who learn it."""
    return runs / f"lessons-{seed}.safetensors"


def teach(plan: Recipe, table: Table, runs: Path, *, seed: int, device: str) -> None:
    """Write what the teachers say, for the networks that are taught; nothing if it is there.

    Parameters
    ----------
    plan : Recipe
        One of its forms is taught; its ``members`` have been trained.
    table : Table
        What the sequences are made of, and the ridge is fitted on.
    runs : Path
        The folder of the members' runs.
    seed : int
        Of the sequences.
    device : str
        What the teachers compute on.
    """
    path = lessons_file(runs, seed)
    fit = next(form.fit for form in plan.others if form.fit.taught)
    ridge = {RIDGE: RidgeNetwork(linear_of(table))} if RIDGE in plan.teachers else {}
    weights = {
        name: ridge[name].sha256 if name in ridge else registry.card(name).sha256
        for name in plan.teachers
    }
    own = hashlib.sha256()
    for member in range(plan.members):
        own.update((member_folder(runs, member) / "best.safetensors").read_bytes())
    weights[plan.name] = own.hexdigest()
    source = taught.made_from(table, weights, fit.taught, both_strands=fit.both_strands, seed=seed)
    if path.is_file() and taught.read(path).source == source:
        return
    print("asking the teachers, which takes minutes", file=sys.stderr, flush=True)
    teachers = {
        name: ridge[name] if name in ridge else registry.load(name, device=device).network
        for name in plan.teachers
    }
    teachers[plan.name] = ensemble_of(plan, runs, range(plan.members))
    taught.write(taught.lessons(table, teachers, source, device=device), path)
