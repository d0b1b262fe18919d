"""One run: a student shown what its teacher says and knows of generated text, and measurements.

Seeded, resumable after a kill, the averaged weights kept that do best on the valid windows. A run
lives in a folder as those of ``training.loop`` do: ``checkpoint.pt``, ``best.safetensors``,
``record.json``, and what the last cycle began with (``begun.safetensors``) and each ended with
(``end-STEP.safetensors``).
"""

import json
import math
import platform
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from gexp_core import __version__
from gexp_core.models.adapters.baskerville import BaskervilleConfig, BaskervilleNetwork
from gexp_core.training.loop import groups, save_weights
from gexp_core.training.scoring import recalibrate
from gexp_core.training.tracks.figures import pooled
from gexp_core.training.tracks.hints import Hints, inside
from gexp_core.training.tracks.lessons import (
    MOTIF_DATABASE,
    Lessons,
    hot,
    lessons_of,
    middle,
)
from gexp_core.training.tracks.losses import distance, inverse_softplus
from gexp_core.training.tracks.settings import Cycle, DistilSettings
from gexp_core.training.tracks.teacher import Teacher
from gexp_core.training.tracks.texts import Codes, digest, turned
from gexp_core.training.tracks.windows import Windows
from gexp_core.types import Floats

Report = Callable[[str], None]


def distil(
    config: BaskervilleConfig,
    teacher: Teacher,
    windows: Windows,
    elements: Codes | None,
    folder: Path,
    *,
    settings: DistilSettings,
    device: str = "cpu",
    report: Report | None = None,
) -> dict[str, Any]:
    """Train a network on what ``teacher`` says and on the measured train windows.

    Kept is what does best on valid: averaged weights of a step that is noted, or the mean of those
    that the last two cycles ended with (Wortsman et al., Model soups, ICML 2022).

    Returns
    -------
    dict
        The record that is also written to ``folder / 'record.json'``.

    Raises
    ------
    ModelError
        A cycle wants hints, and the teacher is of another shape than ``config`` (``hints.Hints``).
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed)
    network = BaskervilleNetwork(replace(config, crop=0)).to(device)
    teacher.network.to(device)
    hints = None
    if any(cycle.hints for cycle in settings.cycles):
        hints = Hints(network.config, teacher.network.config).to(device)
    lessons = lessons_of(teacher, windows, elements, settings, device)
    with torch.no_grad():
        network.head.bias.copy_(inverse_softplus(lessons.mean.clamp(min=1e-3)))
    record: dict[str, Any] = {
        "settings": asdict(settings),
        "data_sha256": windows.digest,
        "teacher_sha256": teacher.digest,
        "rows": {split: len(windows.rows(split)) for split in ("train", "valid")},
        "elements": 0 if elements is None else len(elements),
        "elements_sha256": digest([] if elements is None else [elements]),
        "motifs": MOTIF_DATABASE if lessons.motifs else "",
        "motifs_sha256": digest(lessons.motifs),
        "versions": {"gexp": __version__, "torch": torch.__version__, "numpy": np.__version__},
        "machine": {
            "device": device,
            "threads": torch.get_num_threads(),
            "cpu": platform.machine(),
        },
        "curve": [],
    }
    step, parts = _resume(folder, record, network, hints, settings)
    if hints is not None and not step:
        hints.measure(teacher, lessons.train, device)
    first = step
    earlier = record["curve"][-1]["seconds"] if record["curve"] else 0.0
    began, losses = time.monotonic(), []
    ends = set(accumulate(cycle.steps for cycle in settings.cycles))
    shown: tuple[int, Codes, Tensor] | None = None  # which text the teacher read last
    while step < settings.steps:
        start, cycle = settings.cycle(step)
        if step and step == start:
            network.load_state_dict(load_file(folder / "begun.safetensors", device))
            parts = _parts(network, hints, settings, step)
            shown = None
        network.train()
        for module in network.modules():
            if isinstance(module, nn.Dropout):
                module.train(not cycle.hints)
        if step % settings.measured_every == settings.measured_every - 1:
            loss = lessons.measured(network, step)
        elif hints is not None and cycle.hints:
            loss = _hinted(network, hints, lessons, step, cycle)
        else:
            if shown is None or shown[0] != step // 2:
                text = lessons.text(step // 2, varied=cycle.varied)
                shown = (step // 2, text, teacher(hot(text, device)).clone())
            loss = lessons.taught(network, shown[1], shown[2], turn=step % 2 == 1)
        parts.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), settings.clip_gradient)  # not of the hints
        parts.optimiser.step()
        parts.schedule.step()
        parts.average.update_parameters(network)
        losses.append(float(loss.detach()))
        step += 1
        took = time.monotonic() - began
        if report and step % 20 == 0:
            left = took / (step - first) * (settings.steps - step)
            report(f"step {step}/{settings.steps}, loss {losses[-1]:.3f}, {left:.0f} s left")
        if step % settings.noted_every == 0 or step in ends:
            row: dict[str, Any] = {
                "step": step,
                "train_loss": float(np.mean(losses)),
                **_read_valid(parts.average.module, lessons),
                "seconds": round(earlier + took, 1),
            }
            best = max((r["valid_r"] for r in record["curve"]), default=-math.inf)
            record["curve"].append(row)
            if row["valid_r"] > best:
                save_weights(parts.average.module, folder / "best.safetensors")
            if step in ends:
                save_weights(parts.average.module, folder / f"end-{step}.safetensors")
                if step < settings.steps:
                    shutil.copyfile(folder / "best.safetensors", folder / "begun.safetensors")
            _checkpoint(folder, record, parts, step)
            losses = []
            if report:
                each = ", ".join(f"{name} {r:.3f}" for name, r in row["valid"].items())
                report(f"step {step}/{settings.steps}: valid r {each}\n")
    if len(ends) > 1:
        _mean_of_ends(parts.average.module, lessons, folder, record, sorted(ends)[-2:])
        if report:
            report(f"mean of steps {record['mean']['of']}: valid r {record['mean']['valid']}\n")
    (folder / "record.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    return record


def _hinted(
    network: BaskervilleNetwork, hints: Hints, lessons: Lessons, step: int, cycle: Cycle
) -> Tensor:
    """Return the distance to what the teacher says of a text and, weighed, to its inside."""
    X = hot(lessons.text(step, varied=cycle.varied), lessons.device)
    with torch.no_grad():
        taught = inside(lessons.teacher.network, X)
    own = inside(network, X)
    said = distance(own.said, taught.said, lessons.scale, lessons.root_scale)
    apart: Tensor = hints(own, taught)
    return said + cycle.hints * apart


def read_windows(
    network: nn.Module, codes: Codes, pairs: Tensor, bins: int, device: str = "cpu"
) -> Floats:
    """Return (N, bins, T): what an uncut network says of the middle, both strands averaged."""
    network.eval()
    parts = []
    with torch.inference_mode():
        for row in codes:
            y = network(hot(row, device))
            y = (y + network(hot(turned(row), device)).flip(1)[..., pairs]) / 2
            parts.append(middle(y, bins)[0].float().cpu().numpy())
    return np.stack(parts)


def _read_valid(network: nn.Module, lessons: Lessons) -> dict[str, Any]:
    """Measure a network's norms anew on the train windows, and return its r on valid."""
    windows = lessons.windows
    recalibrate(network, torch.from_numpy(lessons.train), device=lessons.device, batch_size=1)
    rows = windows.rows("valid")
    y = windows.y[rows]
    said = read_windows(network, windows.codes[rows], lessons.pairs, y.shape[1], lessons.device)
    found = pooled(said, y, windows.groups)
    return {"valid": found, "valid_r": float(np.mean(list(found.values())))}


def _mean_of_ends(
    network: nn.Module, lessons: Lessons, folder: Path, record: dict[str, Any], ends: list[int]
) -> None:
    """Score the mean of what cycles ended with, and keep it where it is the best."""
    kept = [load_file(folder / f"end-{step}.safetensors", lessons.device) for step in ends]
    for name, value in network.state_dict().items():
        value.copy_(torch.stack([one[name].double() for one in kept]).mean(0))
    record["mean"] = {"of": ends, **_read_valid(network, lessons)}
    if record["mean"]["valid_r"] > max(row["valid_r"] for row in record["curve"]):
        save_weights(network, folder / "best.safetensors")


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Hold what a cycle trains and trains with."""

    network: BaskervilleNetwork
    hints: Hints | None
    average: AveragedModel
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.OneCycleLR

    def named(self) -> dict[str, Any]:
        """Return those that have a state, by name."""
        parts = {name: getattr(self, name) for name in self.__slots__}
        return {name: part for name, part in parts.items() if part is not None}


def _parts(
    network: BaskervilleNetwork, hints: Hints | None, settings: DistilSettings, step: int
) -> _Parts:
    """Return what the cycle of a step begins with."""
    _, cycle = settings.cycle(step)
    learned = groups(network, settings.weight_decay)
    if hints is not None and cycle.hints:
        learned.append({"params": list(hints.parameters()), "weight_decay": 0.0})
    optimiser = torch.optim.AdamW(learned, lr=cycle.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        cycle.rate,
        total_steps=cycle.steps,
        pct_start=settings.warmup,
        cycle_momentum=False,
    )
    average = AveragedModel(
        network, multi_avg_fn=get_ema_multi_avg_fn(settings.average_decay), use_buffers=False
    )
    return _Parts(network, hints, average, optimiser, schedule)


def _checkpoint(folder: Path, record: dict[str, Any], parts: _Parts, step: int) -> None:
    """Write everything needed to go on, whole or not at all."""
    kept = {name: part.state_dict() for name, part in parts.named().items()}
    kept |= {"step": step, "record": json.dumps(record), "generator": torch.get_rng_state()}
    path = folder / "checkpoint.part"
    torch.save(kept, path)
    path.replace(folder / "checkpoint.pt")


def _resume(
    folder: Path,
    record: dict[str, Any],
    network: BaskervilleNetwork,
    hints: Hints | None,
    settings: DistilSettings,
) -> tuple[int, _Parts]:
    """Return the step to go on from and what is trained: of a checkpoint, where one fits.

    It fits where settings, data, teacher, elements and motifs are the same.
    """
    path = folder / "checkpoint.pt"
    if not path.is_file():
        return 0, _parts(network, hints, settings, 0)
    kept = torch.load(path, map_location="cpu", weights_only=True)
    before, now = json.loads(kept["record"]), json.loads(json.dumps(record))
    same = ("settings", "data_sha256", "teacher_sha256", "elements_sha256", "motifs_sha256")
    if any(before.get(key) != now[key] for key in same):
        return 0, _parts(network, hints, settings, 0)
    step = int(kept["step"])
    parts = _parts(network, hints, settings, step - 1)  # a checkpoint closes its step's cycle
    for name, part in parts.named().items():
        part.load_state_dict(kept[name])
    torch.set_rng_state(kept["generator"])
    record["curve"] = before["curve"]
    return step, parts
