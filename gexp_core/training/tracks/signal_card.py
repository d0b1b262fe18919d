"""The card of a model that reads signal beside the sequence, and its held-out figures."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch

from gexp_core.inputs.composition import training_figures
from gexp_core.models import registry
from gexp_core.models.adapters.adopt import squashed
from gexp_core.models.base import Ensemble, Model
from gexp_core.models.card import ModelCard, SignalTrack
from gexp_core.models.signal_tracks import SignalTracksNetwork
from gexp_core.training.augment import one_hot
from gexp_core.training.tracks.figures import held_out
from gexp_core.training.tracks.lessons import hot
from gexp_core.training.tracks.recipe import SignalRecipe
from gexp_core.training.tracks.ridge import signal_ridge
from gexp_core.training.tracks.signal_fit import alone, score
from gexp_core.training.tracks.texts import turned
from gexp_core.training.tracks.windows import Windows
from gexp_core.types import Floats, Ints

#: What the gains of the card are called: over the ridge on the signal, over the model of sequence
#: that the network began with, over itself with the signal hidden.
GAIN, SIGNAL_GAIN, HIDDEN_GAIN = "gain", "signal_gain", "hidden_gain"

#: What the network itself is called on the card where it is told that nothing was measured.
HIDDEN = "the same, signal hidden"


def card_of(
    plan: SignalRecipe,
    windows: Windows,
    signals: tuple[SignalTrack, ...],
    network: SignalTracksNetwork,
    record: dict[str, Any],
) -> ModelCard:
    """Return the card of a trained network, still without the figures of the test windows."""
    trunk, best = registry.card(plan.trunk), max(record["curve"], key=score)
    return ModelCard(
        name=plan.name,
        **plan.words.entries(),
        input_length=trunk.input_length,
        insert=trunk.insert,
        background=trunk.background,
        tracks=windows.targets.tracks,
        architecture="signal-tracks",
        config=asdict(network.config),
        members=1,
        n_parameters=sum(p.numel() for p in network.parameters()),
        sha256="",
        training={
            "data_sha256": windows.digest,
            "trunk": {"model": trunk.name, "sha256": trunk.sha256},
            "rows": {split: len(windows.rows(split)) for split in ("train", "valid", "test")},
            "teacher": {"sha256": record["teacher_sha256"]},
            "command": f"python -m gexp_core train {plan.name} --teacher DIR"
            + (" --elements DIR" if record["elements"] else ""),
            "elements": record["elements"],
            "seconds": round(record["curve"][-1]["seconds"]),
            "valid_r": {
                name: max(r, best["valid_hidden"][name]) for name, r in best["valid"].items()
            },
            "without_signal": list(alone(best)),
            "versions": record["versions"],
            "torch_threads": record["machine"]["threads"],
            "squashed": squashed(windows.targets),
        },
        bins=trunk.bins,
        bin_size=trunk.bin_size,
        composition=training_figures(windows.codes[windows.rows("train")]),
        signals=signals,
    )


def scored(
    plan: SignalRecipe,
    card: ModelCard,
    windows: Windows,
    measured: Floats,
    network: SignalTracksNetwork,
) -> ModelCard:
    """Return the card with the figures of the test windows."""
    rows = windows.rows("test")
    ridge, about = signal_ridge(windows, rows, measured, plan.signal)
    trunk = registry.load(plan.trunk, device="cpu")
    kept = list(network.config.kept)
    simple = f"{plan.signal} ridge"
    figures = held_out(
        {
            card.name: read_model(Model(card, Ensemble([network])), windows, rows, measured),
            simple: ridge,
            plan.trunk: read_model(trunk, windows, rows, None)[..., kept],
            HIDDEN: hidden(network, windows, rows, network.config.signals),
        },
        windows.y[rows],
        [track.name for track in card.tracks],
        windows.groups,
        against={GAIN: simple, SIGNAL_GAIN: plan.trunk, HIDDEN_GAIN: HIDDEN},
    )
    predictors = {
        simple: about,
        plan.trunk: f"the bundled model of sequence alone (weights sha256 {trunk.card.sha256[:12]})"
        "; the network began with it",
        HIDDEN: "the network itself, told that nothing was measured, as it was in one of twenty of "
        "the texts that it learned from",
    }
    return replace(card, held_out=figures, predictors=predictors)


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


def hidden(network: SignalTracksNetwork, windows: Windows, rows: Ints, signals: int) -> Floats:
    """Return (len(rows), B, T) where the network is told that nothing was measured."""
    pairs = list(windows.targets.pairs)
    crop, bins = network.trunk.config.crop, windows.y.shape[1]
    nothing = torch.zeros(1, signals, bins)
    shown = network.shown(nothing, torch.zeros(1, bins, dtype=torch.bool))
    made = []
    with torch.inference_mode():
        for row in rows.tolist():
            codes = windows.codes[row]
            both = [
                network.joined(*network.trunk.towered(hot(text, "cpu")), shown)[0]
                for text in (codes, turned(codes))
            ]
            y = (both[0] + both[1].flip(1)[..., pairs]) / 2
            made.append(y[0, crop : crop + bins].numpy())
    return np.stack(made)
