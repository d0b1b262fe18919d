"""Who teaches students: bundled models, the 6-mer ridge, published towers, and own networks."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn

from gexp_core.errors import InputError
from gexp_core.evaluate.classical import RIDGE, LinearPredictors
from gexp_core.models import registry
from gexp_core.training import taught
from gexp_core.training.data import Table
from gexp_core.training.linear import linear_of
from gexp_core.training.loop import Report
from gexp_core.training.member_runs import BEST, ensemble_of, member_folder
from gexp_core.training.recipe import Recipe
from gexp_core.training.tower import TUNED, TowerFeatures, tower_folder, tune
from gexp_core.training.tracks.teacher import Teacher
from gexp_core.training.words import TOWER


class RidgeNetwork(nn.Module):
    """Answer as the 6-mer ridge: (N, 4, L) to (N, 1, T)."""

    def __init__(self, known: LinearPredictors) -> None:
        super().__init__()
        self._known = known

    def forward(self, X: Tensor) -> Tensor:
        """Return (N, 1, T); a base that is no letter counts in no word."""
        codes = torch.where(X.any(1), X.argmax(1), 4)
        said = self._known.read(codes.cpu().numpy())[RIDGE]
        return torch.from_numpy(said)[:, None].to(X.device)


def teachers_of(
    names: Iterable[str], table: Table, published: Teacher | None = None
) -> dict[str, str]:
    """Return these teachers, which need not be trained first, each with what it was made from.

    That is the sha256 of a bundled model's weights, of the ``published`` file whose tower teaches,
    and of the data that the 6-mer ridge is fitted on.

    Raises
    ------
    InputError
        A published model teaches, and none was given.
    ModelError
        A model that teaches is not there, or the published one has too short a tower.
    """
    made = {}
    for name in names:
        if name == TOWER:
            if published is None:
                raise InputError(
                    "this model also learns from a published one: give the folder of that (.h5 and "
                    ".json) with --teacher DIR; docs/training.md says where from"
                )
            TowerFeatures(published.network)  # one that cannot teach is refused
            made[name] = published.digest
        else:
            made[name] = table.digest if name == RIDGE else registry.card(name).sha256
    return made


def teach(
    plan: Recipe,
    table: Table,
    runs: Path,
    *,
    seed: int,
    device: str,
    report: Report,
    both_strands: bool = True,
    published: Teacher | None = None,
) -> None:
    """Write what the teachers say, for the networks that are taught; nothing if it is there.

    Parameters
    ----------
    plan : Recipe
        One of its runs is taught; if that reads both strands, its ``members`` have been trained.
    table : Table
        What the sequences are made of, and the ridge is fitted on.
    runs : Path
        The folder of the members' runs.
    seed : int
        Of the sequences.
    device : str
        What the teachers compute on.
    report : callable
        Told what is being done.
    both_strands : bool
        For runs that read both strands; else for those that read elements as they are given, which
        the plan's own networks do not teach.
    published : Teacher, optional
        The published network, where its tower is one of the teachers.
    """
    path = taught.lessons_file(runs, seed, both_strands=both_strands)
    fit = plan.taught(both_strands=both_strands)
    names = plan.teachers if both_strands else plan.given_teachers
    made_of = teachers_of(names, table, published)
    own = range(plan.members if both_strands else 0)
    trained = [member_folder(runs, member) for member in own]
    teachers: dict[str, nn.Module] = {}
    if TOWER in names and published is not None and plan.tuned is not None:  # else refused above
        teachers[TOWER] = tune(
            published, table, runs, plan.tuned, seed=seed, device=device, report=report
        )
        trained += [tower_folder(runs, one) for one in range(TUNED)]
    if trained:
        weights = b"".join((folder / BEST).read_bytes() for folder in trained)
        made_of[plan.name] = hashlib.sha256(weights).hexdigest()
    source = taught.made_from(table, made_of, fit.taught, both_strands=both_strands, seed=seed)
    if path.is_file():
        if taught.read(path).source == source:
            return
        report("the teachers are others than before: networks that they taught begin anew\n")
    report("asking the teachers, which takes minutes\n")
    for name in names:
        if name == RIDGE:
            teachers[name] = RidgeNetwork(linear_of(table))
        elif name != TOWER:
            teachers[name] = registry.load(name, device=device).network
    if own:
        teachers[plan.name] = ensemble_of(plan, runs, own, first=True)
    taught.write(taught.lessons(table, teachers, source, device=device), path)
