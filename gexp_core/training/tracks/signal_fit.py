"""One run of a network that reads signal: seeded, resumable after a kill, the best on valid kept.

A run lives in a folder as those of ``training.loop`` do: ``checkpoint.pt``, ``best.safetensors``.
What reads letters stays as it is; attention, the steps up, the head and all that reads the signal
learn. Norms keep the means they have. Scored and kept are running averages of the weights.
"""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from gexp_core.models.signal_tracks import SignalTracksNetwork
from gexp_core.training.loop import groups, save_weights
from gexp_core.training.tracks.figures import pooled
from gexp_core.training.tracks.signals import SignalLessons
from gexp_core.types import Floats

Report = Callable[[str], None]

#: Parts of a record that must be the same for a run to be gone on with.
SAME = (
    "settings",
    "config",
    "data_sha256",
    "rows_sha256",
    "trunk_sha256",
    "teacher_sha256",
    "elements_sha256",
)


def fit(
    network: SignalTracksNetwork,
    lessons: SignalLessons,
    folder: Path,
    record: dict[str, Any],
    *,
    report: Report | None = None,
) -> dict[str, Any]:
    """Train a network whose trunk is trained already; its best weights go into ``folder``.

    Returns
    -------
    dict
        ``record`` with the curve.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = lessons.settings
    network.trunk.stem.requires_grad_(False)
    network.trunk.tower.requires_grad_(False)
    begun = groups(network.trunk, settings.weight_decay)
    others = [part for part in network.children() if part is not network.trunk]
    new = groups(nn.ModuleList(others), settings.weight_decay)
    optimiser = torch.optim.AdamW([*begun, *new], lr=settings.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        [settings.trunk_rate] * len(begun) + [settings.rate] * len(new),
        total_steps=settings.steps,
        pct_start=settings.warmup,
        cycle_momentum=False,
    )
    average = AveragedModel(
        network, multi_avg_fn=get_ema_multi_avg_fn(settings.average_decay), use_buffers=False
    )
    averaged = cast(SignalTracksNetwork, average.module)
    parts = {
        "network": network,
        "average": average,
        "optimiser": optimiser,
        "schedule": schedule,
    }
    record = {**record, "curve": []}
    step = _resume(folder, record, parts)
    if not step:
        (folder / "best.safetensors").unlink(missing_ok=True)
    learning = [one for one in network.parameters() if one.requires_grad]
    first, began, losses = step, time.monotonic(), []
    earlier = record["curve"][-1]["seconds"] if record["curve"] else 0.0
    while step < settings.steps:
        torch.manual_seed(1_000_003 * settings.seed + step)  # of dropout
        network.train()
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.eval()
            if isinstance(module, nn.Dropout):
                module.train(settings.dropout)
        loss = lessons.loss(network, step)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learning, settings.clip_gradient)
        optimiser.step()
        schedule.step()
        average.update_parameters(network)
        losses.append(float(loss.detach()))
        step += 1
        took = time.monotonic() - began
        if report and step % 20 == 0:
            left = took / (step - first) * (settings.steps - step)
            report(f"step {step}/{settings.steps}, loss {losses[-1]:.3f}, {left:.0f} s left")
        if step % settings.noted_every == 0 or step == settings.steps:
            row: dict[str, Any] = {
                "step": step,
                "train_loss": float(np.mean(losses)),
                "valid": valid(averaged, lessons),
                "valid_hidden": valid(averaged, lessons, hidden=True),
                "seconds": round(earlier + took, 1),
            }
            best = max((score(one) for one in record["curve"]), default=-math.inf)
            record["curve"].append(row)
            if score(row) > best:
                save_weights(averaged, folder / "best.safetensors")
            _checkpoint(folder, record, parts, step)
            losses = []
            if report:
                each = ", ".join(
                    f"{name} {r:.3f} (hidden {row['valid_hidden'][name]:.3f})"
                    for name, r in row["valid"].items()
                )
                report(f"step {step}/{settings.steps}: valid r {each}\n")
    return record


def valid(
    network: SignalTracksNetwork, lessons: SignalLessons, *, hidden: bool = False
) -> dict[str, float]:
    """Return r over the bins of the valid windows for each assay, both strands averaged.

    With ``hidden`` the network reads the sequence and is told that nothing was measured.
    """
    windows = lessons.windows.of_tracks(lessons.kept)
    chosen = np.flatnonzero(windows.split[lessons.rows] == "valid")
    said = np.stack([_both(network, lessons, int(at), hidden) for at in chosen])
    return pooled(said, windows.y[lessons.rows[chosen]], windows.groups)


def _both(network: SignalTracksNetwork, lessons: SignalLessons, at: int, hidden: bool) -> Floats:
    """Return (B, kept) of a window, both strands averaged."""
    network.eval()
    pairs = list(lessons.windows.of_tracks(lessons.kept).targets.pairs)
    with torch.inference_mode():
        forward, other = (
            lessons.read(network, at, strand, hidden=hidden)[0].cpu() for strand in (0, 1)
        )
    return np.asarray((forward + other.flip(0)[:, pairs]).numpy() / 2, np.float32)


def score(row: dict[str, Any]) -> float:
    """Return the mean r of the assays, each read with the signal or without, whichever is more."""
    return float(np.mean([max(r, row["valid_hidden"][name]) for name, r in row["valid"].items()]))


def alone(row: dict[str, Any]) -> tuple[str, ...]:
    """Return the assays that are better read without the signal, in a row of the curve."""
    return tuple(name for name, r in row["valid"].items() if r < row["valid_hidden"][name])


def _checkpoint(folder: Path, record: dict[str, Any], parts: dict[str, Any], step: int) -> None:
    """Write everything needed to go on, whole or not at all."""
    kept = {name: part.state_dict() for name, part in parts.items()}
    path = folder / "checkpoint.part"
    torch.save(kept | {"step": step, "record": json.dumps(record)}, path)
    path.replace(folder / "checkpoint.pt")


def _resume(folder: Path, record: dict[str, Any], parts: dict[str, Any]) -> int:
    """Return the step to go on from, with what is trained as it was; 0 where nothing fits."""
    path = folder / "checkpoint.pt"
    if not path.is_file():
        return 0
    kept = torch.load(path, map_location="cpu", weights_only=True)
    before, now = json.loads(kept["record"]), json.loads(json.dumps(record))
    if any(before.get(key) != now[key] for key in SAME):
        return 0
    for name, part in parts.items():
        part.load_state_dict(kept[name])
    record["curve"] = before["curve"]
    return int(kept["step"])
