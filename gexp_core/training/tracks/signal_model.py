"""A model that reads signal beside the sequence, from its data to its folder.

Joins a bundled model of sequence with heads fitted by ``signals``, fits the same without the
signal for comparison, and writes weights, card, record, curve and sketch.
"""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from gexp_core.inputs.composition import training_figures
from gexp_core.models import registry
from gexp_core.models.adapters.adopt import squashed
from gexp_core.models.adapters.targets import read_signals
from gexp_core.models.base import Ensemble, Model
from gexp_core.models.card import ModelCard, SignalTrack
from gexp_core.models.signal_tracks import SignalTracksConfig, SignalTracksNetwork
from gexp_core.training.augment import one_hot
from gexp_core.training.tracks.assemble import draw_curve, write_sketch
from gexp_core.training.tracks.figures import held_out
from gexp_core.training.tracks.recipe import SignalRecipe
from gexp_core.training.tracks.ridge import signal_ridge
from gexp_core.training.tracks.signals import Report, fit_heads, lessons
from gexp_core.training.tracks.windows import Windows, human_tracks
from gexp_core.types import Floats, Ints

#: What a gain of the card is called -> which predictor it is over, by its place in the card.
GAIN, SIGNAL_GAIN, REFIT_GAIN = "gain", "signal_gain", "refit_gain"


def parts(windows: Windows, signal: str) -> tuple[Windows, Floats]:
    """Return the windows with the tracks that are predicted, and the signal (N, B, S) beside."""
    beside = windows.groups[signal]
    rest = np.setdiff1d(np.arange(windows.y.shape[2]), beside)
    return windows.of_tracks(rest), np.ascontiguousarray(windows.y[..., beside])


def begun(plan: SignalRecipe, windows: Windows, signals: int) -> SignalTracksNetwork:
    """Return a network whose trunk is the bundled model of sequence; its heads add nothing yet."""
    trunk = registry.load(plan.trunk, device="cpu")
    names = [track.name for track in trunk.card.tracks]
    config = SignalTracksConfig(
        trunk=dict(trunk.card.config),
        kept=tuple(names.index(track.name) for track in windows.targets.tracks),
        signals=signals,
        **plan.config,
    )
    network = SignalTracksNetwork(config)
    network.trunk.load_state_dict(trunk.network.members[0].state_dict())
    return network


def read_model(model: Model, windows: Windows, rows: Ints, measured: Floats | None) -> Floats:
    """Return (len(rows), B, T) as the app would read them, both strands averaged."""
    made = []
    with torch.inference_mode():
        for row in rows.tolist():
            X = one_hot(torch.from_numpy(windows.codes[row])[None])
            signal = None
            if measured is not None:
                signal = torch.from_numpy(np.ascontiguousarray(measured[row].T))[None]
            made.append(model.readings(X, signal=signal).mean((0, 1))[0].numpy())
    return np.stack(made)


def make(
    plan: SignalRecipe,
    data: Path,
    run: Path,
    out: Path,
    *,
    test: bool = True,
    report: Report | None = None,
) -> ModelCard:
    """Fit the heads with and without the signal, and write the model's folder.

    ``test`` reads the test windows, once, for the card's held-out figures; leave it off while
    choosing.
    """
    say = report or (lambda text: None)
    every = human_tracks(data)
    windows, measured = parts(every, plan.signal)
    torch.manual_seed(plan.fit.seed)
    network = begun(plan, windows, measured.shape[2])
    say(f"{plan.trunk} reads {len(windows.codes)} windows on both strands\n")
    given = lessons(network, windows, measured)
    record = fit_heads(network, given, windows, run, settings=plan.fit, report=report)
    raw = save({f"members.0.{k}": v.contiguous() for k, v in network.state_dict().items()})
    card = _card(plan, windows, read_signals(data / "targets.tsv", plan.signal), network)
    card = replace(card, sha256=hashlib.sha256(raw).hexdigest(), training=_training(record, card))
    if test:
        say(f"the same without {plan.signal}\n")
        torch.manual_seed(plan.fit.seed)
        other = begun(plan, windows, measured.shape[2])
        fit_heads(
            other, given, windows, run / "alone", settings=plan.fit, silent=True, report=report
        )
        say("reading the test windows\n")
        card = _scored(plan, card, windows, measured, network, other)
    out.mkdir(parents=True, exist_ok=True)
    (out / "weights.safetensors").write_bytes(raw)
    (out / "card.json").write_text(card.to_json(), encoding="utf-8")
    write_sketch(windows, out)
    (out / "record.json").write_text(json.dumps([record], indent=1, sort_keys=True) + "\n")
    draw_curve(record, out / "curves.svg")
    return card


def _scored(
    plan: SignalRecipe,
    card: ModelCard,
    windows: Windows,
    measured: Floats,
    network: SignalTracksNetwork,
    alone: SignalTracksNetwork,
) -> ModelCard:
    """Return the card with the figures of the test windows."""
    rows = windows.rows("test")
    ridge, about = signal_ridge(windows, rows, measured, plan.signal)
    trunk = registry.load(plan.trunk, device="cpu")
    said = read_model(trunk, windows, rows, None)[..., network.kept]
    simple, refitted = f"{plan.signal} ridge", f"the same without {plan.signal}"
    figures = held_out(
        {
            card.name: read_model(Model(card, Ensemble([network])), windows, rows, measured),
            simple: ridge,
            plan.trunk: said,
            refitted: read_model(
                Model(card, Ensemble([alone])), windows, rows, np.zeros_like(measured)
            ),
        },
        windows.y[rows],
        [track.name for track in card.tracks],
        windows.groups,
        against={GAIN: simple, SIGNAL_GAIN: plan.trunk, REFIT_GAIN: refitted},
    )
    predictors = {
        simple: about,
        plan.trunk: f"the bundled model of sequence alone (weights sha256 {trunk.card.sha256[:12]})"
        ", whose network reads the sequence here",
        refitted: "the same heads fitted in the same way with zeros for the signal: what further "
        "fitting does by itself",
    }
    return replace(card, held_out=figures, predictors=predictors)


def _card(
    plan: SignalRecipe,
    windows: Windows,
    signals: tuple[SignalTrack, ...],
    network: SignalTracksNetwork,
) -> ModelCard:
    words, trunk = plan.words, registry.card(plan.trunk)
    return ModelCard(
        name=plan.name,
        title=words.title,
        species=words.species,
        assay=words.assay,
        meaning=words.meaning,
        units=words.units,
        zero=words.zero,
        input_length=trunk.input_length,
        insert=trunk.insert,
        background=trunk.background,
        tracks=windows.targets.tracks,
        architecture="signal-tracks",
        config=asdict(network.config),
        family=words.family,
        members=1,
        n_parameters=sum(p.numel() for p in network.parameters()),
        sha256="",
        licence=words.licence,
        citation=words.citation,
        training={
            "data_sha256": windows.digest,
            "trunk": {"model": trunk.name, "sha256": trunk.sha256},
            "rows": {split: len(windows.rows(split)) for split in ("train", "valid", "test")},
            "command": f"python -m gexp_core train {plan.name}",
            "squashed": squashed(windows.targets),
        },
        limits=words.limits,
        bins=trunk.bins,
        bin_size=trunk.bin_size,
        composition=training_figures(windows.codes[windows.rows("train")]),
        signals=signals,
    )


def _training(record: dict[str, Any], card: ModelCard) -> dict[str, Any]:
    """Return what the card says of the run, beside what it says already."""
    best = max(record["curve"], key=lambda row: row["valid_r"])
    return {
        **card.training,
        "seconds": round(record["curve"][-1]["seconds"]),
        "valid_r": {name: round(value, 4) for name, value in best["valid"].items()},
        "versions": record["versions"],
        "torch_threads": record["machine"]["threads"],
    }
