"""From a finished run to the folder of a model of tracks: weights, card, record, curve, sketch."""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import nn

from gexp_core.encoding import indices
from gexp_core.errors import ModelError
from gexp_core.explain.baselines import dinucleotide_shuffles
from gexp_core.inputs.composition import training_figures
from gexp_core.inputs.overlap import FILE, Sketch, sketch, to_bytes
from gexp_core.models.adapters.adopt import squashed
from gexp_core.models.adapters.baskerville import BaskervilleConfig, BaskervilleNetwork
from gexp_core.models.card import TEACHER, ModelCard
from gexp_core.training.loop import Report
from gexp_core.training.tracks.distil import read_windows
from gexp_core.training.tracks.figures import held_out, pooled
from gexp_core.training.tracks.recipe import TracksRecipe
from gexp_core.training.tracks.ridge import composition_ridge
from gexp_core.training.tracks.teacher import Teacher
from gexp_core.training.tracks.windows import Windows

RIDGE = "GC and CpG ridge"

#: Shuffles of train windows of which the one that says least is the card's neutral text.
NEUTRAL_TRIES = 8


def assemble(
    recipe: TracksRecipe,
    windows: Windows,
    teacher: Teacher,
    run: Path,
    out: Path,
    *,
    test: bool = True,
    report: Report | None = None,
) -> ModelCard:
    """Write a model folder from a run's best weights.

    ``test`` reads the test windows, once, for the card's held-out figures; leave it off while
    choosing.
    """
    say = report or (lambda text: None)
    path = run / "best.safetensors"
    if not path.is_file():
        raise ModelError(f"{recipe.name} has no weights yet; train it first")
    network = student(recipe.config, path)
    teacher.network.to("cpu")
    record = json.loads((run / "record.json").read_text())
    raw = weights_of(network)
    pairs = torch.tensor(windows.targets.pairs)
    rows = windows.rows("valid")
    bins = windows.y.shape[1]
    say("reading the valid windows\n")
    found = pooled(
        read_windows(network, windows.codes[rows], pairs, bins), windows.y[rows], windows.groups
    )
    say(f"valid r {found}\n")
    card = _card(recipe, windows, teacher, network, raw, record, found)
    if test:
        say("reading the test windows\n")
        rows = windows.rows("test")
        ridge, about = composition_ridge(windows, rows, recipe.config.bin_size)
        taught = read_windows(teacher.network, windows.codes[rows], pairs, bins)
        card = replace(
            card,
            held_out=held_out(
                {
                    card.name: read_windows(network, windows.codes[rows], pairs, bins),
                    RIDGE: ridge,
                    TEACHER: taught,
                },
                windows.y[rows],
                [track.name for track in card.tracks],
                windows.groups,
                against={"gain": RIDGE},
            ),
            predictors={
                RIDGE: about,
                TEACHER: f"the published network that was learned from ({teacher.file}); it may "
                "have been trained on these windows",
            },
        )
    write_model(out, card, raw, windows, record)
    curve(record, out / "curves.svg")
    return card


def weights_of(network: nn.Module) -> bytes:
    """Return the weight file of a model of one network."""
    return bytes(save({f"members.0.{k}": v.contiguous() for k, v in network.state_dict().items()}))


def write_model(
    out: Path, card: ModelCard, raw: bytes, windows: Windows, record: dict[str, Any]
) -> None:
    """Write the folder of a model of one network: weights, card, sketch, record."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "weights.safetensors").write_bytes(raw)
    (out / "card.json").write_text(card.to_json(), encoding="utf-8")
    write_sketch(windows, out)
    (out / "record.json").write_text(json.dumps([record], indent=1, sort_keys=True) + "\n")


def write_sketch(windows: Windows, out: Path) -> Sketch:
    """Write the sketch of the windows that a model was trained or chosen on into its folder."""
    seen = np.concatenate([windows.rows("train"), windows.rows("valid")])
    made = sketch(windows.codes[seen], data_sha256=windows.digest)
    (out / FILE).write_bytes(to_bytes(made))
    return made


def student(config: BaskervilleConfig, weights: Path) -> BaskervilleNetwork:
    """Return a trained network, uncut."""
    network = BaskervilleNetwork(replace(config, crop=0))
    network.load_state_dict(load_file(weights))
    network.eval().requires_grad_(False)
    return network


def neutral(network: BaskervilleNetwork, windows: Windows) -> str:
    """Return the dinucleotide shuffle of a train window of which the network says least."""
    letters = np.frombuffer(b"ACGTN", np.uint8)
    train = windows.codes[windows.rows("train")]
    whole = [row for row in train if (row < 4).all()][:NEUTRAL_TRIES]
    texts = [
        dinucleotide_shuffles(letters[row].tobytes().decode(), 1, seed=i)[0]
        for i, row in enumerate(whole)
    ]
    codes = np.stack([indices(text) for text in texts]).astype(np.uint8)
    pairs = torch.tensor(windows.targets.pairs)
    said = read_windows(network, codes, pairs, windows.y.shape[1])
    return texts[int(said.max(1).mean(1).argmin())]


def _card(
    recipe: TracksRecipe,
    windows: Windows,
    teacher: Teacher,
    network: BaskervilleNetwork,
    raw: bytes,
    record: dict[str, Any],
    valid: dict[str, float],
) -> ModelCard:
    config = recipe.config
    length = windows.codes.shape[1]
    return ModelCard(
        name=recipe.name,
        **recipe.words.entries(),
        input_length=length,
        insert=(0, length),
        background=neutral(network, windows),
        tracks=windows.targets.tracks,
        architecture="baskerville",
        config=asdict(config),
        members=1,
        n_parameters=sum(p.numel() for p in network.parameters()),
        sha256=hashlib.sha256(raw).hexdigest(),
        training={
            "data_sha256": windows.digest,
            "teacher": {"file": teacher.file, "sha256": teacher.digest},
            "rows": {split: len(windows.rows(split)) for split in ("train", "valid", "test")},
            "command": f"python -m gexp_core train {recipe.name} --teacher DIR"
            + (" --elements DIR" if record["elements"] else ""),
            "elements": record["elements"],
            "seconds": round(record["curve"][-1]["seconds"]),
            "valid_r": {name: round(value, 4) for name, value in valid.items()},
            "versions": record["versions"],
            "torch_threads": record["machine"]["threads"],
            "squashed": squashed(windows.targets),
        },
        bins=config.bins,
        bin_size=config.bin_size,
        composition=training_figures(windows.codes[windows.rows("train")]),
    )


def curve(record: dict[str, Any], path: Path) -> None:
    """Draw training loss, and r on valid of each assay, over steps."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.8), layout="constrained")
    loss, score = figure.subplots(1, 2)
    curve = record["curve"]
    steps = [row["step"] for row in curve]
    loss.plot(steps, [row["train_loss"] for row in curve], marker=".")
    for name in curve[0]["valid"]:
        score.plot(steps, [row["valid"][name] for row in curve], marker=".", label=name)
    loss.set(xlabel="step", ylabel="training loss")
    score.set(xlabel="step", ylabel="Pearson r on valid")
    score.legend(frameon=False, fontsize=8)
    with mpl.rc_context({"svg.hashsalt": "gexp"}):
        figure.savefig(path, format="svg", metadata={"Date": None})
