"""The runs of one network of a model: the first, and the second that some recipes have."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from gexp_core.errors import ModelError
from gexp_core.models.base import Ensemble
from gexp_core.models.registry import build
from gexp_core.training.data import Table
from gexp_core.training.loop import Report, fit
from gexp_core.training.recipe import Recipe
from gexp_core.training.taught import Lessons

BEST = "best.safetensors"

#: What a second run adds to the seed, so that it draws its rows in another order.
_OTHER_SEED = 100


def member_folder(runs: Path, member: int) -> Path:
    """Return where the first run of one ensemble member is kept."""
    return runs / f"member-{member}"


def last_folder(recipe: Recipe, runs: Path, member: int) -> Path:
    """Return where the run is kept that the member's weights are taken from."""
    first = member_folder(runs, member)
    return first / "second" if len(recipe.runs(member)) > 1 else first


def train_member(
    recipe: Recipe,
    table: Table,
    runs: Path,
    member: int,
    *,
    seed: int,
    epochs: int | None = None,
    device: str = "cpu",
    taught: Lessons | None = None,
    taught_as_given: Lessons | None = None,
    report: Report | None = None,
) -> None:
    """Train one network of a recipe, counted from 0, in both runs where there are two.

    Parameters
    ----------
    recipe, table, runs, member
        What is trained, on what, where, and which of its networks.
    seed : int
        Of the first run.
    epochs : int, optional
        Of each run, where not the recipe's.
    device : str
        What is computed on.
    taught, taught_as_given : Lessons, optional
        What the teachers say, for runs that are taught and read both strands, or elements as given.
    report : callable, optional
        Told what is being done.
    """
    torch.manual_seed(seed)
    network = build(recipe.architecture, recipe.form(member).config)
    folders = (member_folder(runs, member), last_folder(recipe, runs, member))
    began_with = ""
    for at, (run, folder) in enumerate(zip(recipe.runs(member), folders, strict=False)):
        if at:
            network.load_state_dict(load_file(folders[0] / BEST))
            began_with = hashlib.sha256((folders[0] / BEST).read_bytes()).hexdigest()
        lessons = taught if run.both_strands else taught_as_given
        fit(
            network,
            table,
            folder,
            settings=replace(run, seed=seed + at * _OTHER_SEED, epochs=epochs or run.epochs),
            device=device,
            taught=lessons if run.taught else None,
            began_with=began_with,
            report=report,
        )


def ensemble_of(
    recipe: Recipe, runs: Path, members: Iterable[int], *, first: bool = False
) -> Ensemble:
    """Return these networks of a recipe, counted from 0, as their runs left them, frozen.

    ``first`` takes them as the first run left them, also where there is a second.
    """
    networks = []
    for member in members:
        folder = member_folder(runs, member) if first else last_folder(recipe, runs, member)
        if not (folder / BEST).is_file():
            raise ModelError(f"member {member} of {recipe.name} has no weights yet; train it first")
        network = build(recipe.architecture, recipe.form(member).config)
        network.load_state_dict(load_file(folder / BEST))
        networks.append(network)
    ensemble = Ensemble(networks)
    ensemble.eval().requires_grad_(False)
    return ensemble


def record_of(recipe: Recipe, runs: Path, member: int) -> dict[str, Any]:
    """Return the record of a network's last run; that of its first is under ``first`` in it."""
    record = _read(last_folder(recipe, runs, member))
    if len(recipe.runs(member)) > 1:
        record["first"] = _read(member_folder(runs, member))
    return record


def runs_of(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records of a network's runs, the first of them first."""
    return [*([record["first"]] if "first" in record else []), record]


def _read(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "record.json").read_text())
    return found
