"""From finished runs to a model folder: one weight file, the card, the record, the curves."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from gexp_core.errors import ModelError
from gexp_core.evaluate.classical import RIDGE
from gexp_core.inputs.composition import training_figures
from gexp_core.models.base import Ensemble, Model
from gexp_core.models.card import ModelCard
from gexp_core.predict import predict
from gexp_core.training.ceilings import CEILINGS
from gexp_core.training.data import Table
from gexp_core.training.linear import write_linear
from gexp_core.training.loop import Report
from gexp_core.training.member_runs import ensemble_of, record_of, runs_of
from gexp_core.training.pictures import PICTURES, drawn
from gexp_core.training.recipe import Recipe
from gexp_core.training.report import examine, valid_figure
from gexp_core.training.sketch import write_sketch
from gexp_core.training.tower import tower_records
from gexp_core.training.words import TOWER, student_limit
from gexp_core.types import SequenceSet


def neutral_background(model: Model, gc: float, *, seed: int = 0, tries: int = 200) -> str:
    """Return the random text whose prediction is nearest to the median of ``tries`` of them.

    Short sequences are placed in it, so it should say as little as possible to the model. The
    assay's constant flanks stay at its ends.
    """
    card = model.card
    rng = np.random.default_rng(seed)
    begin, end = card.insert
    share = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
    texts = tuple(
        card.background[:begin]
        + "".join(rng.choice(list("ACGT"), end - begin, p=share))
        + card.background[end:]
        for _ in range(tries)
    )
    names = tuple(str(i) for i in range(tries))
    values = predict(model, SequenceSet(names, texts)).means().mean(1)
    return texts[int(np.argmin(np.abs(values - np.median(values))))]


def assemble(
    recipe: Recipe,
    table: Table,
    runs: Path,
    out: Path,
    *,
    members: int | None = None,
    test: bool = True,
    command: str = "",
    report: Report | None = None,
) -> ModelCard:
    """Write ``weights.safetensors``, ``card.json``, ``record.json`` and ``curves.svg`` to ``out``.

    The record is of all that were trained, those that only teach included.
    Beside them the sketch of the training rows, and the linear predictors fitted on them.
    ``members`` is how many networks were trained, where fewer than the recipe's.
    ``test`` reads the test rows, once, for the card's held-out figures, and writes
    ``scatter.svg`` and, for an ensemble, ``calibration.svg``; leave it off while choosing.
    ``command`` is what the card says the model was made by, the plain one of its name by default.
    """
    say = report or (lambda text: None)
    trained = recipe.count if members is None else members
    kept = recipe.kept(trained)
    ensemble = ensemble_of(recipe, runs, kept)
    raw = save({k: v.detach().contiguous() for k, v in ensemble.state_dict().items()})
    sizes = [recipe.form(member).config for member in kept]
    records = [record_of(recipe, runs, member) for member in range(trained)]
    tuned = tower_records(runs) if TOWER in _asked(records) else []
    for record in (*records[: kept.start], *tuned):
        record["only_teaches"] = True
    card = _card(recipe, table, ensemble, raw, [*records, *tuned], sizes)
    if command:
        card = replace(card, training={**card.training, "command": command})
    model = Model(card, ensemble)
    codes = table.codes[table.rows("train")]
    gc = float(np.isin(codes, (1, 2)).mean())
    card = replace(
        card,
        background=neutral_background(model, gc),
        composition=training_figures(codes[:, slice(*table.insert)]),
    )
    model = Model(card, ensemble)
    say("reading the valid rows\n")
    training = {**card.training, "valid_r": round(valid_figure(model, table), 4)}
    card = replace(card, training=training)
    say(f"valid r {training['valid_r']}\n")
    pictures: dict[str, bytes] = {}
    if test:
        found = examine(card, model, table, unit=recipe.group_unit, say=say)
        card = found.card
        pictures = drawn(found)
    out.mkdir(parents=True, exist_ok=True)
    (out / "weights.safetensors").write_bytes(raw)
    (out / "card.json").write_text(card.to_json(), encoding="utf-8")
    try:
        write_sketch(table, out)
    except ModelError as error:  # a table too large to be sketched is no reason to lose a model
        say(f"no sketch of the training rows: {error}\n")
    say("fitting the linear predictors that come with the model\n")
    try:
        write_linear(table, out)
    except ModelError as error:
        say(f"no linear predictors: {error}\n")
    (out / "record.json").write_text(
        json.dumps([*records, *tuned], indent=1, sort_keys=True) + "\n"
    )
    _curves(records[kept.start :], card, out / "curves.svg")
    for name in PICTURES:  # a picture of an earlier model must not stay beside this one's card
        if name in pictures:
            (out / name).write_bytes(pictures[name])
        else:
            (out / name).unlink(missing_ok=True)
    return card


def _card(
    recipe: Recipe,
    table: Table,
    ensemble: Ensemble,
    raw: bytes,
    records: list[dict],  # type: ignore[type-arg]
    sizes: list[dict[str, Any]],
) -> ModelCard:
    words = recipe.words
    ran = [run for record in records for run in runs_of(record)]
    students = sum(any("taught" in run for run in runs_of(record)) for record in records)
    asked = _asked(records)
    if students:
        named = [name for name in (*recipe.teachers, *recipe.given_teachers) if name in asked]
        every = students == len(sizes)
        limit = student_limit(tuple(dict.fromkeys(named)), every=every, own=recipe.members > 0)
        words = replace(words, limits=(*words.limits, limit))
    length = table.codes.shape[1]
    begin, end = table.insert
    window = table.text(0)
    return ModelCard(
        name=recipe.name,
        **words.entries(),
        input_length=length,
        insert=(begin, end),
        background=window[:begin] + "N" * (end - begin) + window[end:],
        tracks=words.tracks,
        architecture=recipe.architecture,
        config=recipe.config,
        members=len(ensemble.members),
        n_parameters=sum(p.numel() for p in ensemble.parameters()) // len(ensemble.members),
        sha256=hashlib.sha256(raw).hexdigest(),
        training={
            "data_sha256": table.digest,
            "rows": _rows(table, records),
            "command": f"python -m gexp_core train {recipe.name}",
            **({"students": students} if students else {}),
            **_teachers(recipe, asked),
            "seconds": round(sum(row["seconds"] for run in ran for row in run["curve"])),
            "versions": records[0]["versions"],
            "torch_threads": torch.get_num_threads(),
        },
        both_strands=recipe.last.both_strands,
        bin_size=length,
        ceilings=CEILINGS.get(recipe.name, ()),
        others=_others(recipe.config, sizes),
    )


def _rows(table: Table, records: list[dict[str, Any]]) -> dict[str, int]:
    """Return the rows of each split; 'train' are those that the networks learned from.

    'unread' are the other train rows, of batches that are reported apart; left out where none are.
    """
    rows = {split: len(table.rows(split)) for split in ("train", "valid", "test")}
    read = max(record["rows"]["train"] for record in records)
    unread = rows["train"] - read
    return rows | {"train": read} | ({"unread": unread} if unread else {})


def _teachers(recipe: Recipe, asked: dict[str, str]) -> dict[str, Any]:
    """Return the entries of a card that name the models which taught; none without them.

    'teachers' are bundled ones (of one that taught both runs, the weights of the second are named),
    'teacher' is the file of a published one.
    """
    models = {name: made for name, made in asked.items() if name not in (RIDGE, TOWER, recipe.name)}
    entries: dict[str, Any] = {"teachers": models} if models else {}
    return entries | ({"teacher": {"sha256": asked[TOWER]}} if TOWER in asked else {})


def _asked(records: list[dict[str, Any]]) -> dict[str, str]:
    """Return who taught these networks in any run, by name, and what each was made from."""
    asked: dict[str, str] = {}
    for run in (run for record in records for run in runs_of(record)):
        asked |= run.get("taught", {}).get("teachers", {})
    return asked


def _others(config: dict[str, Any], sizes: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return in what the last networks differ from ``config``, from the first on that does."""
    made = [{k: v for k, v in one.items() if config.get(k) != v} for one in sizes]
    first = next((at for at, one in enumerate(made) if one), len(made))
    return tuple(made[first:])


def _curves(records: list[dict], card: ModelCard, path: Path) -> None:  # type: ignore[type-arg]
    """Draw valid r and train loss over the epochs of all runs, one line per member."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.8), layout="constrained")
    loss, score = figure.subplots(1, 2)
    for member, record in enumerate(records):
        curve = [row for run in runs_of(record) for row in run["curve"]]
        epochs = range(1, len(curve) + 1)
        loss.plot(epochs, [row["train_loss"] for row in curve], marker=".")
        score.plot(
            epochs,
            [row["valid_r"] for row in curve],
            marker=".",
            label=f"member {member + 1}",
        )
    score.axhline(card.training["valid_r"], color="0.4", linestyle="--", label="ensemble")
    loss.set(xlabel="epoch", ylabel="training loss")
    score.set(xlabel="epoch", ylabel="Pearson r on valid")
    score.legend(frameon=False, fontsize=8)
    with mpl.rc_context({"svg.hashsalt": "gexp"}):
        figure.savefig(path, format="svg", metadata={"Date": None})
