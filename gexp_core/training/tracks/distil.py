"""One run: a student shown what its teacher says of generated text, and what was measured.

Seeded, resumable after a kill, the averaged weights kept that do best on the valid windows. A run
lives in a folder as those of ``training.loop`` do: ``checkpoint.pt``, ``best.safetensors``,
``record.json``.
"""

import hashlib
import json
import math
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from gexp_core import __version__
from gexp_core.models.adapters.baskerville import BaskervilleConfig, BaskervilleNetwork
from gexp_core.training.augment import one_hot
from gexp_core.training.loop import save_weights
from gexp_core.training.scoring import recalibrate
from gexp_core.training.tracks.figures import pooled
from gexp_core.training.tracks.losses import distance, inverse_softplus, poisson_multinomial
from gexp_core.training.tracks.teacher import Teacher
from gexp_core.training.tracks.texts import Codes, made, turned
from gexp_core.training.tracks.windows import Windows
from gexp_core.types import Floats

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DistilSettings:
    """Set one run; everything here is written into its record.

    ``measured_every`` th step reads a train window and its measured tracks, all others a text that
    the teacher has read. A text serves two steps, once on either strand; where one of the two is a
    measured one, once. ``noted_every`` steps the
    averaged weights are scored on valid and a checkpoint is written.
    """

    steps: int = 2700
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.01
    warmup: float = 0.05
    average_decay: float = 0.998
    clip_gradient: float = 1.0
    measured_every: int = 8
    most_shift: int = 3
    noted_every: int = 300
    calibration_texts: int = 12
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Lessons:
    """Give what each step learns from; a step's number alone decides what it reads.

    ``scale``, ``root_scale`` and ``mean`` (T,) are of the teacher's values on the train windows.
    """

    teacher: Teacher
    windows: Windows
    elements: Codes | None
    settings: DistilSettings
    device: str
    train: Codes
    pairs: Tensor
    scale: Tensor
    root_scale: Tensor
    mean: Tensor

    def text(self, *number: int) -> Codes:
        """Return the generated text of a number."""
        generator = np.random.default_rng([self.settings.seed, *number])
        return made(self.train, self.elements, self.windows.codes.shape[1], generator)

    def taught(self, network: nn.Module, text: Codes, said: Tensor, *, turn: bool) -> Tensor:
        """Return the distance to what the teacher said, of the text or of its other strand."""
        if turn:
            text, said = turned(text), said.flip(1)[..., self.pairs]
        return distance(network(_hot(text, self.device)), said, self.scale, self.root_scale)

    def measured(self, network: nn.Module, step: int) -> Tensor:
        """Return the loss on a measured train window, shifted by a few bases, on either strand."""
        generator = np.random.default_rng([self.settings.seed, step // 2, step % 2])
        most = self.settings.most_shift
        row = int(generator.choice(self.windows.rows("train")))
        text = np.roll(self.windows.codes[row], int(generator.integers(-most, most + 1)))
        y = torch.from_numpy(self.windows.y[row])[None].to(self.device)
        if generator.random() < 0.5:
            text, y = turned(text), y.flip(1)[..., self.pairs]
        return poisson_multinomial(_middle(network(_hot(text, self.device)), y.shape[1]), y)


def _lessons(
    teacher: Teacher,
    windows: Windows,
    elements: Codes | None,
    settings: DistilSettings,
    device: str,
) -> _Lessons:
    """Let the teacher read the train windows, for what its values vary by."""
    train = windows.codes[windows.rows("train")]
    total = torch.zeros(3, len(windows.targets.tracks), dtype=torch.float64)
    count = 0
    for row in train:
        y = teacher(_hot(row, device))[0].double().cpu()
        total += torch.stack([y.sum(0), y.square().sum(0), y.sqrt().sum(0)])
        count += len(y)
    mean, square, root = total / count
    return _Lessons(
        teacher=teacher,
        windows=windows,
        elements=elements,
        settings=settings,
        device=device,
        train=train,
        pairs=torch.tensor(windows.targets.pairs),
        scale=(square - mean.square()).sqrt().float().to(device),
        root_scale=(mean - root.square()).sqrt().float().to(device),
        mean=mean.float().to(device),
    )


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

    Returns
    -------
    dict
        The record that is also written to ``folder / 'record.json'``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed)
    network = BaskervilleNetwork(replace(config, crop=0)).to(device)
    teacher.network.to(device)
    lessons = _lessons(teacher, windows, elements, settings, device)
    with torch.no_grad():
        network.head.bias.copy_(inverse_softplus(lessons.mean.clamp(min=1e-3)))
    kernels = [p for p in network.parameters() if p.ndim > 1]
    rest = [p for p in network.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [
            {"params": kernels, "weight_decay": settings.weight_decay},
            {"params": rest, "weight_decay": 0.0},
        ],
        lr=settings.learning_rate,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        settings.learning_rate,
        total_steps=settings.steps,
        pct_start=settings.warmup,
        cycle_momentum=False,
    )
    average = AveragedModel(
        network, multi_avg_fn=get_ema_multi_avg_fn(settings.average_decay), use_buffers=False
    )
    record: dict[str, Any] = {
        "settings": asdict(settings),
        "data_sha256": windows.digest,
        "teacher_sha256": teacher.digest,
        "rows": {split: len(windows.rows(split)) for split in ("train", "valid")},
        "elements": 0 if elements is None else len(elements),
        "elements_sha256": ""
        if elements is None
        else hashlib.sha256(elements.tobytes()).hexdigest(),
        "versions": {"gexp": __version__, "torch": torch.__version__, "numpy": np.__version__},
        "machine": {
            "device": device,
            "threads": torch.get_num_threads(),
            "cpu": platform.machine(),
        },
        "curve": [],
    }
    parts = {"network": network, "average": average, "optimiser": optimiser, "schedule": schedule}
    step = first = _resume(folder, record, parts)
    earlier = record["curve"][-1]["seconds"] if record["curve"] else 0.0
    began, losses = time.monotonic(), []
    shown: tuple[int, Codes, Tensor] | None = None  # which text the teacher read last
    while step < settings.steps:
        network.train()
        if step % settings.measured_every == settings.measured_every - 1:
            loss = lessons.measured(network, step)
        else:
            if shown is None or shown[0] != step // 2:
                text = lessons.text(step // 2)
                shown = (step // 2, text, teacher(_hot(text, device)).clone())
            loss = lessons.taught(network, shown[1], shown[2], turn=step % 2 == 1)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), settings.clip_gradient)
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
            found = _read_valid(average.module, lessons)
            row: dict[str, Any] = {
                "step": step,
                "train_loss": float(np.mean(losses)),
                "valid": found,
                "valid_r": float(np.mean(list(found.values()))),
                "seconds": round(earlier + took, 1),
            }
            best = max((r["valid_r"] for r in record["curve"]), default=-math.inf)
            record["curve"].append(row)
            if row["valid_r"] > best:
                save_weights(average.module, folder / "best.safetensors")
            _checkpoint(folder, record, parts, step)
            losses = []
            if report:
                each = ", ".join(f"{name} {r:.3f}" for name, r in found.items())
                report(f"step {step}/{settings.steps}: valid r {each}\n")
    (folder / "record.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    return record


def _hot(text: Codes, device: str) -> Tensor:
    return one_hot(torch.from_numpy(np.ascontiguousarray(text))[None]).to(device)


def _middle(y: Tensor, bins: int) -> Tensor:
    """Return the bins (N, bins, T) on the middle of an uncut reading."""
    crop = (y.shape[1] - bins) // 2
    return y[:, crop : crop + bins]


def read_windows(
    network: nn.Module, codes: Codes, pairs: Tensor, bins: int, device: str = "cpu"
) -> Floats:
    """Return (N, bins, T): what an uncut network says of the middle, both strands averaged."""
    network.eval()
    parts = []
    with torch.inference_mode():
        for row in codes:
            y = network(_hot(row, device))
            y = (y + network(_hot(turned(row), device)).flip(1)[..., pairs]) / 2
            parts.append(_middle(y, bins)[0].float().cpu().numpy())
    return np.stack(parts)


def _read_valid(network: nn.Module, lessons: _Lessons) -> dict[str, float]:
    """Measure the averaged network's norms anew, and return what it reaches on valid."""
    windows, settings = lessons.windows, lessons.settings
    texts = [lessons.text(0, 0, 1 + i) for i in range(settings.calibration_texts)]
    recalibrate(network, torch.from_numpy(np.stack(texts)), device=lessons.device, batch_size=1)
    rows = windows.rows("valid")
    y = windows.y[rows]
    said = read_windows(network, windows.codes[rows], lessons.pairs, y.shape[1], lessons.device)
    return pooled(said, y, windows.groups)


def _checkpoint(folder: Path, record: dict[str, Any], parts: dict[str, Any], step: int) -> None:
    """Write everything needed to go on, whole or not at all."""
    kept = {name: part.state_dict() for name, part in parts.items()}
    kept |= {"step": step, "record": json.dumps(record), "generator": torch.get_rng_state()}
    path = folder / "checkpoint.part"
    torch.save(kept, path)
    path.replace(folder / "checkpoint.pt")


def _resume(folder: Path, record: dict[str, Any], parts: dict[str, Any]) -> int:
    """Load a checkpoint of the same settings, data and teacher; return the step to go on from."""
    path = folder / "checkpoint.pt"
    if not path.is_file():
        return 0
    kept = torch.load(path, weights_only=True)
    before = json.loads(kept["record"])
    same = ("settings", "data_sha256", "teacher_sha256", "elements_sha256")
    if any(before.get(key) != record[key] for key in same):
        return 0
    for name, part in parts.items():
        part.load_state_dict(kept[name])
    torch.set_rng_state(kept["generator"])
    record["curve"] = before["curve"]
    return int(kept["step"])
