"""A model that reads signal beside the sequence, from its data to its folder.

Begins with a bundled model of sequence, trains what ``signal_fit`` trains, and writes weights,
card, record, curve and sketch.
"""

import hashlib
import json
import platform
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

from gexp_core import __version__
from gexp_core.errors import ModelError
from gexp_core.models import registry
from gexp_core.models.card import ModelCard, SignalTrack
from gexp_core.models.signal_tracks import SignalTracksConfig, SignalTracksNetwork
from gexp_core.training.tracks.assemble import curve, weights_of, write_model
from gexp_core.training.tracks.known import learn
from gexp_core.training.tracks.recipe import SignalRecipe
from gexp_core.training.tracks.signal_card import card_of, scored
from gexp_core.training.tracks.signal_fit import alone, fit, score
from gexp_core.training.tracks.signals import lessons
from gexp_core.training.tracks.teacher import Teacher
from gexp_core.training.tracks.texts import Codes, digest, made, turned
from gexp_core.training.tracks.windows import Windows
from gexp_core.types import Floats, Ints

Report = Callable[[str], None]

_OTHER_TEXTS = 77  # added to the seed, so that no text is one that the trunk learned from


def parts(windows: Windows, signal: str) -> tuple[Windows, Floats]:
    """Return the windows with the tracks that are predicted, and the signal (N, B, S) beside."""
    beside = windows.groups[signal]
    rest = np.setdiff1d(np.arange(windows.y.shape[2]), beside)
    return windows.of_tracks(rest), np.ascontiguousarray(windows.y[..., beside])


def begun(plan: SignalRecipe, every: Windows, train: Ints) -> SignalTracksNetwork:
    """Return a network whose trunk is the bundled model of sequence, and to which a signal is none.

    ``every`` has all tracks; what is common in the signal is learned from its windows ``train``.
    """
    trunk = registry.load(plan.trunk, device="cpu")
    names = [track.name for track in trunk.card.tracks]
    if names != [track.name for track in every.targets.tracks]:
        raise ModelError(f"{plan.trunk} does not predict the tracks of this data set")
    beside = every.groups[plan.signal]
    kept = np.setdiff1d(np.arange(len(names)), beside)
    network = SignalTracksNetwork(
        SignalTracksConfig(
            trunk=dict(trunk.card.config),
            kept=tuple(kept.tolist()),
            signals=len(beside),
            **plan.config,
        )
    )
    network.trunk.load_state_dict(trunk.network.members[0].state_dict())
    levels = np.log(every.y[train][..., beside].astype(np.float64) + network.config.floor)
    network.level.copy_(torch.from_numpy(levels.mean((0, 1))))
    network.spread.copy_(torch.from_numpy(levels.std((0, 1))))
    return network


def make(
    plan: SignalRecipe,
    every: Windows,
    signals: tuple[SignalTrack, ...],
    teacher: Teacher,
    elements: Codes | None,
    run: Path,
    out: Path,
    *,
    test: bool = True,
    device: str = "cpu",
    report: Report | None = None,
) -> ModelCard:
    """Train a network and write the model's folder.

    Parameters
    ----------
    plan : SignalRecipe
    every : Windows
        With all tracks, those of the signal among them.
    signals : tuple of SignalTrack
        How the tracks of the signal were squashed.
    teacher, elements
        As in ``distil``.
    run : Path
        What is known of texts (about 2 GB for 900 of 131,072 bp), checkpoint, best weights.
    out : Path
        The model's folder.
    test : bool
        Read the test windows, once, for the card's held-out figures; leave it off while choosing.
    """
    say, settings = report or (lambda text: None), plan.fit
    windows, measured = parts(every, plan.signal)
    torch.manual_seed(settings.seed)  # what reads the signal begins at random
    network = begun(plan, every, every.rows("train")).to(device)
    record = _record(plan, every, network, teacher, elements, device)
    length = every.codes.shape[1]
    train = every.codes[every.rows("train")]
    rows = np.concatenate([every.rows("train"), every.rows("valid")])

    def text(number: int) -> Codes:
        generator = np.random.default_rng([_OTHER_TEXTS + settings.seed, number])
        return made(train, elements, length, generator)

    def window(number: int) -> Codes:
        codes = every.codes[rows[number // 2]]
        return turned(codes) if number % 2 else codes

    teacher.network.to(device)
    key = " ".join(str(record[name]) for name in record if name.endswith("sha256"))
    network.eval()
    places, texts = (
        learn(
            network.trunk,
            teacher,
            read,
            count,
            run / name,
            key=f"{key} {settings.seed}",
            device=device,
            report=report,
        )
        for name, read, count in (
            ("windows", window, 2 * len(rows)),
            ("texts", text, settings.texts),
        )
    )
    teacher.network.to("cpu")
    given = lessons(
        every,
        every.groups[plan.signal],
        rows,
        places,
        texts,
        floor=network.config.floor,
        settings=settings,
        device=device,
    )
    record = fit(network, given, run, record, report=report)
    best = max(record["curve"], key=score)
    told = tuple(int(track) for name in alone(best) for track in windows.groups[name])
    network = SignalTracksNetwork(replace(network.config, alone=told))
    network.load_state_dict(load_file(run / "best.safetensors"))
    network.eval().requires_grad_(False)
    raw = weights_of(network)
    card = card_of(plan, windows, signals, network, record)
    card = replace(card, sha256=hashlib.sha256(raw).hexdigest())
    if test:
        say("reading the test windows\n")
        card = scored(plan, card, windows, measured, network)
    write_model(out, card, raw, windows, record)
    curve(record, out / "curves.svg")
    return card


def _record(
    plan: SignalRecipe,
    every: Windows,
    network: SignalTracksNetwork,
    teacher: Teacher,
    elements: Codes | None,
    device: str,
) -> dict[str, Any]:
    """Return what is known of a run before it begins."""
    tracks = [(track.name, track.group, track.strand_pair) for track in every.targets.tracks]
    rows = json.dumps([every.split.tolist(), tracks, plan.signal])
    return {
        "settings": asdict(plan.fit),
        "config": json.loads(json.dumps(asdict(network.config))),
        "data_sha256": every.digest,
        "rows_sha256": hashlib.sha256(rows.encode()).hexdigest(),
        "trunk_sha256": registry.card(plan.trunk).sha256,
        "teacher_sha256": teacher.digest,
        "elements": 0 if elements is None else len(elements),
        "elements_sha256": digest([] if elements is None else [elements]),
        "rows": {split: len(every.rows(split)) for split in ("train", "valid")},
        "versions": {"gexp": __version__, "torch": torch.__version__, "numpy": np.__version__},
        "machine": {
            "device": device,
            "threads": torch.get_num_threads(),
            "cpu": platform.machine(),
        },
    }
