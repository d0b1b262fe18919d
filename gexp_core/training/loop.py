"""One training run: seeded, resumable after a kill, stopped early on the valid rows.

A run lives in a folder: ``checkpoint.pt`` (everything needed to go on), ``best.safetensors`` (the
averaged weights that did best on valid) and ``record.json`` (settings, curves, versions).
"""

import json
import math
import platform
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from gexp_core import __version__
from gexp_core.errors import ModelError
from gexp_core.training.augment import indel, mutate, one_hot, reverse_complement, shift
from gexp_core.training.data import Table
from gexp_core.training.levels import Levels
from gexp_core.training.offsets import Offsets
from gexp_core.training.scoring import read_codes, recalibrate, valid_score
from gexp_core.training.settings import FitSettings
from gexp_core.training.taught import Lessons, Turns

Report = Callable[[str], None]

#: Train rows that the averaged network's batch norms are measured on.
_CALIBRATION_ROWS = 4096


def start_at(network: nn.Module, mean: Tensor) -> None:
    """Let the last linear layer begin at the mean of each track instead of 0."""
    last = [layer for layer in network.modules() if isinstance(layer, nn.Linear)][-1]
    if last.bias is not None and last.bias.shape == mean.shape:
        with torch.no_grad():
            last.bias.copy_(mean)


def groups(network: nn.Module, decay: float, *others: nn.Parameter) -> list[dict[str, Any]]:
    """Return the groups of an optimiser: matrices and kernels decay, the rest and others do not."""
    kernels = [p for p in network.parameters() if p.ndim > 1]
    rest = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": kernels, "weight_decay": decay},
        {"params": [*rest, *others], "weight_decay": 0.0},
    ]


def fit(
    network: nn.Module,
    table: Table,
    folder: Path,
    *,
    settings: FitSettings,
    device: str = "cpu",
    taught: Lessons | None = None,
    began_with: str = "",
    report: Report | None = None,
) -> dict[str, Any]:
    """Train ``network`` on the train rows and keep the averaged weights best on valid.

    The loss is Huber on y - offset[batch], weighted by row; missing tracks are left out. Targets
    below ``table.clip`` are raised to it. To it comes twice the Huber loss on ``taught`` sequences.
    A run that finds its checkpoint goes on from it; one that begins anew first takes away what an
    earlier one left in its folder. ``began_with`` names the weights of a network that was trained
    before, by their sha256; any other starts at the mean of each track.

    Returns
    -------
    dict
        The record that is also written to ``folder / 'record.json'``.

    Raises
    ------
    ModelError
        The loss is no finite number, or the made-up sequences are not as many as the settings say.
    """
    if settings.taught != (0 if taught is None else len(taught.codes)):
        raise ModelError(f"settings say {settings.taught} made-up sequences, others were given")
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed)
    generator = torch.Generator().manual_seed(settings.seed)
    codes = torch.from_numpy(table.codes)
    y = torch.from_numpy(np.maximum(table.y, table.clip))
    known = torch.isfinite(y)
    y = torch.nan_to_num(y)
    weight, batch = torch.tensor(table.weight), torch.tensor(table.batch)
    train, valid = table.rows("train"), table.rows("valid")
    if settings.reported_only:
        train = train[table.subsets["all"][train]]
    steps = settings.epochs * (len(train) // settings.batch_size)
    network.to(device)
    offsets = Offsets(table, device)
    if not began_with:
        start_at(network, offsets.mean)
    optimiser = torch.optim.AdamW(
        groups(network, settings.weight_decay, offsets.offset), lr=settings.learning_rate
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, total_steps=steps, pct_start=settings.warmup
    )
    smooth = get_ema_multi_avg_fn(settings.average_decay)
    average = AveragedModel(network, multi_avg_fn=smooth, use_buffers=False)
    record: dict[str, Any] = {
        "settings": asdict(settings),
        "data_sha256": table.digest,
        "rows": {"train": len(train), "valid": len(valid)},
        "versions": {"gexp": __version__, "torch": torch.__version__, "numpy": np.__version__},
        "machine": {
            "device": device,
            "threads": torch.get_num_threads(),
            "cpu": platform.machine(),
        },
        "curve": [],
    }
    if began_with:
        record["began_with"] = began_with
    if taught is not None:
        record["taught"] = taught.source | {"sha256": taught.digest}
    levels = Levels(torch.tensor(table.group), len(table.tracks), settings.group_shrink)
    state = {
        "network": network,
        "average": average,
        "optimiser": optimiser,
        "schedule": schedule,
        "levels": levels,
    }
    turns = table.insert if settings.both_strands else None
    first = _resume(folder, record, state, offsets, generator)
    if not first:  # what an earlier table or earlier settings left must not pass for this run's
        for name in ("best.safetensors", "checkpoint.pt"):
            (folder / name).unlink(missing_ok=True)
    for epoch in range(first, settings.epochs):
        if _waited(record) >= settings.patience:
            break
        began = time.monotonic()
        network.train()
        order = torch.from_numpy(train)[torch.randperm(len(train), generator=generator)]
        loss_sum, count = 0.0, len(train) // settings.batch_size
        many = settings.batch_size * settings.taught_times
        lessons = None if taught is None else Turns(taught, many, generator)
        for step in range(count):
            rows = order[step * settings.batch_size : (step + 1) * settings.batch_size]
            part = codes[rows]
            inner = part[:, slice(*table.insert)]
            turned = settings.turned((epoch * count + step) / steps)
            if turned:
                drawn = torch.rand(len(rows), generator=generator)
                inner = reverse_complement(inner, drawn < turned)
            inner = shift(inner, settings.most_shift, generator)
            inner = indel(inner, settings.most_indel, generator)
            part[:, slice(*table.insert)] = mutate(inner, settings.most_mutation, generator)
            extra = None if lessons is None else lessons.batch(step, turns)
            whole = part if extra is None else torch.cat([part, extra[0]])
            predicted, answered = torch.tensor_split(  # (N, T) and what is left
                network(one_hot(whole).to(device)).mean(1), [len(rows)]
            )
            wanted = y[rows].to(device) - offsets.offset[batch[rows]]
            mask = known[rows] * weight[rows, None]
            if epoch > 0:  # in the first, the network has yet to learn what it can explain
                levels.note(rows, wanted - predicted, mask)
            goal = wanted - levels.of(rows).to(device)
            huber = nn.functional.huber_loss
            error = huber(predicted, goal, reduction="none", delta=settings.huber)
            loss = (error * mask.to(device)).sum() / known[rows].sum().clamp(min=1)
            if extra is not None:
                loss = loss + 2 * huber(answered, extra[1].to(device), delta=settings.huber)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), settings.clip_gradient)
            optimiser.step()
            schedule.step()
            average.update_parameters(network)
            loss_sum += loss.item()
            if report and step % 20 == 0:
                left = (time.monotonic() - began) / (step + 1) * (count - step - 1)
                report(
                    f"epoch {epoch + 1}/{settings.epochs} step {step}/{count}, {left:.0f} s left"
                )
        levels.settle()
        sample = order[:_CALIBRATION_ROWS]
        recalibrate(average.module, codes[sample], device=device)
        predicted_valid = read_codes(
            average.module,
            codes[valid],
            insert=table.insert,
            both_strands=settings.both_strands,
            device=device,
        )
        if not (math.isfinite(loss_sum) and np.isfinite(predicted_valid).all()):
            raise ModelError(
                f"the loss of epoch {epoch + 1} is no finite number; look for values or weights "
                "that lie far from the others"
            )
        row = {
            "epoch": epoch,
            "train_loss": loss_sum / count,
            "valid_r": valid_score(table, valid, predicted_valid),
            "seconds": round(time.monotonic() - began, 1),
        }
        best = max((r["valid_r"] for r in record["curve"]), default=-math.inf)
        record["curve"].append(row)
        if row["valid_r"] > best:
            save_weights(average.module, folder / "best.safetensors")
        if report:
            report(
                f"epoch {epoch + 1}/{settings.epochs}: train loss {row['train_loss']:.4f}, "
                f"valid r {row['valid_r']:.4f}, {row['seconds']:.0f} s\n"
            )
        _checkpoint(folder, record, state, offsets, generator)
    (folder / "record.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    return record


def _waited(record: dict[str, Any]) -> int:
    """Return how many epochs have passed since the best on valid."""
    curve = [row["valid_r"] for row in record["curve"]]
    return len(curve) - 1 - int(np.argmax(curve)) if curve else 0


def save_weights(network: nn.Module, path: Path) -> None:
    """Write a network's weights, whole or not at all."""
    part = path.with_suffix(".part")
    save_file({k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}, part)
    part.replace(path)


def _checkpoint(
    folder: Path,
    record: dict[str, Any],
    state: dict[str, Any],
    offsets: Offsets,
    generator: torch.Generator,
) -> None:
    """Write everything needed to go on, whole or not at all."""
    kept = {name: part.state_dict() for name, part in state.items()}
    kept |= {
        "offset": offsets.offset.detach(),
        "generator": generator.get_state(),
        "global_generator": torch.get_rng_state(),
        "record": json.dumps(record),
    }
    part = folder / "checkpoint.part"
    torch.save(kept, part)
    part.replace(folder / "checkpoint.pt")


def _resume(
    folder: Path,
    record: dict[str, Any],
    state: dict[str, Any],
    offsets: Offsets,
    generator: torch.Generator,
) -> int:
    """Load a checkpoint of the same settings and data; return the epoch to go on from."""
    path = folder / "checkpoint.pt"
    if not path.is_file():
        return 0
    kept = torch.load(path, map_location="cpu", weights_only=True)
    before = json.loads(kept["record"])
    same = ("settings", "data_sha256", "taught", "began_with")
    before["settings"] = asdict(FitSettings()) | before["settings"]  # of before a setting was made
    if any(before.get(key) != record.get(key) for key in same):
        return 0
    for name, part in state.items():
        part.load_state_dict(kept[name])
    with torch.no_grad():
        offsets.offset.copy_(kept["offset"])
    generator.set_state(kept["generator"])
    torch.set_rng_state(kept["global_generator"])
    record["curve"] = before["curve"]
    return len(record["curve"])
