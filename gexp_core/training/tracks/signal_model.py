"""A model that reads signal beside the sequence, from its data to its folder.

Joins a bundled model of sequence with the powers that ``signals`` chooses, and writes weights,
card, record and sketch.
"""

import hashlib
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gexp_core import __version__
from gexp_core.inputs.composition import training_figures
from gexp_core.models import registry
from gexp_core.models.adapters.adopt import squashed
from gexp_core.models.adapters.targets import read_signals
from gexp_core.models.base import Ensemble, Model
from gexp_core.models.card import ModelCard, SignalTrack
from gexp_core.models.signal_tracks import SignalTracksConfig, SignalTracksNetwork
from gexp_core.training.augment import one_hot
from gexp_core.training.tracks.assemble import weights_of, write_model
from gexp_core.training.tracks.figures import held_out
from gexp_core.training.tracks.recipe import SignalRecipe
from gexp_core.training.tracks.ridge import signal_ridge
from gexp_core.training.tracks.signals import choose, compare, settle
from gexp_core.training.tracks.windows import Windows, human_tracks
from gexp_core.types import Floats, Ints

Report = Callable[[str], None]

#: What the gains of the card are called: over the ridge on the signal, over the sequence alone.
GAIN, SIGNAL_GAIN = "gain", "signal_gain"


def parts(windows: Windows, signal: str) -> tuple[Windows, Floats]:
    """Return the windows with the tracks that are predicted, and the signal (N, B, S) beside."""
    beside = windows.groups[signal]
    rest = np.setdiff1d(np.arange(windows.y.shape[2]), beside)
    return windows.of_tracks(rest), np.ascontiguousarray(windows.y[..., beside])


def begun(plan: SignalRecipe, every: Windows, windows: Windows) -> SignalTracksNetwork:
    """Return a network whose trunk is the bundled model of sequence, with powers of 0.

    ``every`` has all tracks, ``windows`` those that are predicted.
    """
    trunk = registry.load(plan.trunk, device="cpu")
    names = [track.name for track in trunk.card.tracks]
    beside = [every.targets.tracks[number].name for number in every.groups[plan.signal]]
    assays = list(windows.groups)
    config = SignalTracksConfig(
        trunk=dict(trunk.card.config),
        kept=tuple(names.index(track.name) for track in windows.targets.tracks),
        beside=tuple(names.index(name) for name in beside),
        assays=tuple(assays.index(track.group) for track in windows.targets.tracks),
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
    out: Path,
    *,
    test: bool = True,
    report: Report | None = None,
) -> ModelCard:
    """Choose the powers on the valid windows, and write the model's folder.

    ``test`` reads the test windows, once, for the card's held-out figures; leave it off while
    choosing.
    """
    say, began = report or (lambda text: None), time.monotonic()
    every = human_tracks(data)
    windows, measured = parts(every, plan.signal)
    network = begun(plan, every, windows)
    rows = windows.rows("valid")
    say(f"{plan.trunk} reads {len(rows)} valid windows on both strands\n")
    given = compare(network, windows, rows, measured)
    tried = choose(given, windows.y[rows], windows.groups, plan.fit)
    chosen = settle(network, tried, list(windows.groups))
    for one in chosen:
        gain = f"gain {one.gain} ({one.low} to {one.high})"
        say(f"{one.assay}: powers {one.powers}, valid r {one.r}, {gain}\n")
    record: dict[str, Any] = {
        "settings": asdict(plan.fit),
        "data_sha256": windows.digest,
        "rows": {split: len(windows.rows(split)) for split in ("train", "valid")},
        "tried": [asdict(one) for one in tried],
        "chosen": [asdict(one) for one in chosen],
        "seconds": round(time.monotonic() - began),
        "versions": {"gexp": __version__, "torch": torch.__version__, "numpy": np.__version__},
        "machine": {"threads": torch.get_num_threads(), "cpu": platform.machine()},
    }
    raw = weights_of(network)
    card = _card(plan, windows, read_signals(data / "targets.tsv", plan.signal), network)
    card = replace(card, sha256=hashlib.sha256(raw).hexdigest(), training=_training(record, card))
    if test:
        say("reading the test windows\n")
        card = _scored(plan, card, windows, measured, network)
    write_model(out, card, raw, windows, record)
    return card


def _scored(
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
        },
        windows.y[rows],
        [track.name for track in card.tracks],
        windows.groups,
        against={GAIN: simple, SIGNAL_GAIN: plan.trunk},
    )
    predictors = {
        simple: about,
        plan.trunk: f"the bundled model of sequence alone (weights sha256 {trunk.card.sha256[:12]})"
        "; it reads the sequence here, so that the powers of the signal are all that differs",
    }
    return replace(card, held_out=figures, predictors=predictors)


def _card(
    plan: SignalRecipe,
    windows: Windows,
    signals: tuple[SignalTrack, ...],
    network: SignalTracksNetwork,
) -> ModelCard:
    trunk = registry.card(plan.trunk)
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
            "command": f"python -m gexp_core train {plan.name}",
            "squashed": squashed(windows.targets),
        },
        bins=trunk.bins,
        bin_size=trunk.bin_size,
        composition=training_figures(windows.codes[windows.rows("train")]),
        signals=signals,
    )


def _training(record: dict[str, Any], card: ModelCard) -> dict[str, Any]:
    """Return what the card says of the run, beside what it says already."""
    return {
        **card.training,
        "powers": {one["assay"]: one["powers"] for one in record["chosen"]},
        "seconds": record["seconds"],
        "valid_r": {one["assay"]: one["r"] for one in record["chosen"]},
        "versions": record["versions"],
        "torch_threads": record["machine"]["threads"],
    }
