"""Heads that join what a trained network of tracks knows with measured signal, fitted on windows.

The trunk stays as it is: what it knows of every bin is read once for each window and strand, and
the heads learn from that. A run lives in a folder as the others do: ``best.safetensors`` (of the
heads) and ``record.json``. It takes minutes, so it begins anew after a kill.
"""

import json
import math
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from gexp_core import __version__
from gexp_core.models.signal_tracks import SignalTracksNetwork
from gexp_core.training.augment import one_hot
from gexp_core.training.loop import save_weights
from gexp_core.training.tracks.figures import pooled
from gexp_core.training.tracks.losses import distance, poisson_multinomial
from gexp_core.training.tracks.texts import turned
from gexp_core.training.tracks.windows import Windows
from gexp_core.types import Floats, Ints

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SignalSettings:
    """Set one run; everything here is written into its record.

    A step reads one train window on either strand, its signal times a random number for each track
    (``scaled`` is the standard deviation of its logarithm) and one for all. ``squared`` weighs the
    squared error of values and roots against the Poisson-multinomial loss.
    """

    epochs: int = 30
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warmup: float = 0.1
    average_decay: float = 0.99
    clip_gradient: float = 1.0
    scaled: float = 0.3
    squared: float = 0.5
    noted_every: int = 2
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Hold what the heads learn from, for W windows read on two strands.

    Attributes
    ----------
    known : (W, 2, D, B) float16, what the trunk knows of each bin, on the strand as given and on
        the other
    signal : (W, S, B) float32, on the strand as given
    y : (W, B, T) float32, likewise
    pairs : (T,) the track that reads the same thing on the other strand
    groups : name of an assay -> its tracks
    """

    known: Tensor
    signal: Tensor
    y: Tensor
    pairs: Tensor
    groups: dict[str, Ints]

    def read(self, row: int, strand: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return what is known (1, D, B), the signal (1, S, B) and the truth (1, B, T)."""
        known, signal, y = self.known[row, strand].float(), self.signal[row], self.y[row]
        if strand:
            signal, y = signal.flip(1), y.flip(0)[:, self.pairs]
        return known[None], signal[None], y[None]


def lessons(network: SignalTracksNetwork, windows: Windows, measured: Floats) -> Lessons:
    """Let the trunk read every window on both strands.

    Parameters
    ----------
    network : whose trunk reads
    windows : with the tracks that are predicted
    measured : (N, B, S), the signal beside each window
    """
    network.eval()
    known = []
    with torch.inference_mode():
        for row in windows.codes:
            both = np.stack([row, turned(row)])
            X = one_hot(torch.from_numpy(both))
            known.append(torch.cat([network.trunk.binned(x[None])[0] for x in X]).half())
    return Lessons(
        known=torch.stack(known),
        signal=torch.from_numpy(np.ascontiguousarray(measured.swapaxes(1, 2))),
        y=torch.from_numpy(windows.y),
        pairs=torch.tensor(windows.targets.pairs),
        groups=windows.groups,
    )


def standardise(network: SignalTracksNetwork, given: Lessons, rows: Ints) -> None:
    """Set the mean and spread by which what the trunk knows is brought to one scale."""
    known = network.trunk.activation(given.known[rows, 0].float())  # (N, D, B)
    mean = known.mean((0, 2))[:, None]
    sd = known.std((0, 2))[:, None] + 1e-3
    network.get_buffer("mean").copy_(mean)
    network.get_buffer("sd").copy_(sd)


def read_lessons(network: nn.Module, given: Lessons, rows: Ints, *, silent: bool = False) -> Floats:
    """Return (len(rows), B, T), both strands averaged; ``silent`` puts zeros for the signal."""
    network.eval()
    made = []
    with torch.inference_mode():
        for row in rows.tolist():
            parts = []
            for strand in (0, 1):
                known, signal, _ = given.read(row, strand)
                y = network.said(known, signal * (not silent))[0]  # type: ignore[operator]
                parts.append(y.flip(0)[:, given.pairs] if strand else y)
            made.append(((parts[0] + parts[1]) / 2).numpy())
    return np.stack(made)


def _steps(given: Lessons, rows: Ints, settings: SignalSettings) -> Iterator[tuple[Tensor, ...]]:
    """Yield what each step reads: every train window once in an epoch, on either strand."""
    generator = np.random.default_rng(settings.seed)
    tracks = given.signal.shape[1]
    for _ in range(settings.epochs):
        for row in generator.permutation(rows).tolist():
            known, signal, y = given.read(row, int(generator.integers(2)))
            spread = generator.normal(0, settings.scaled, tracks) + generator.normal(
                0, settings.scaled
            )
            yield known, signal * torch.from_numpy(np.exp(spread)).float()[:, None], y


def fit_heads(
    network: SignalTracksNetwork,
    given: Lessons,
    windows: Windows,
    folder: Path,
    *,
    settings: SignalSettings,
    silent: bool = False,
    report: Report | None = None,
) -> dict[str, Any]:
    """Train the heads of a network; the averaged weights that do best on valid are kept.

    Parameters
    ----------
    network : with its trunk's weights; its heads are trained in place, and end as the best
    given : what they learn from
    windows : whose splits say which windows are learned from
    folder : where the run lives
    silent : put zeros for the signal: the same fit from the sequence alone

    Returns
    -------
    dict
        The record that is also written to ``folder / 'record.json'``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed)
    train, valid = windows.rows("train"), windows.rows("valid")
    standardise(network, given, train)
    network.requires_grad_(False)
    network.heads.requires_grad_(True)
    learned = [p for p in network.heads.parameters()]
    y = given.y[train]
    scale, root_scale = y.std((0, 1)), y.sqrt().std((0, 1))
    optimiser = torch.optim.AdamW(
        [
            {"params": [p for p in learned if p.ndim > 1], "weight_decay": settings.weight_decay},
            {"params": [p for p in learned if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=settings.learning_rate,
    )
    steps = settings.epochs * len(train)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, total_steps=steps, pct_start=settings.warmup
    )
    average = AveragedModel(
        network.heads, multi_avg_fn=get_ema_multi_avg_fn(settings.average_decay)
    )
    own, averaged = network.heads, cast(nn.ModuleList, average.module)
    curve: list[dict[str, Any]] = []
    began, losses, best = time.monotonic(), [], -math.inf
    kept: dict[str, Tensor] = {}
    network.train()
    network.trunk.eval()
    for step, (known, signal, truth) in enumerate(_steps(given, train, settings), 1):
        said = network.said(known, signal * (not silent))
        loss = (1 - settings.squared) * poisson_multinomial(said, truth)
        loss = loss + settings.squared * distance(said, truth, scale, root_scale)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learned, settings.clip_gradient)
        optimiser.step()
        schedule.step()
        average.update_parameters(network.heads)
        losses.append(float(loss.detach()))
        if step % (settings.noted_every * len(train)) and step < steps:
            continue
        network.heads = averaged
        found = pooled(
            read_lessons(network, given, valid, silent=silent), windows.y[valid], given.groups
        )
        network.heads = own
        network.heads.train()
        score = float(np.mean(list(found.values())))
        row = {
            "epoch": step // len(train),
            "step": step,
            "train_loss": float(np.mean(losses)),
            "valid": found,
            "valid_r": score,
            "seconds": round(time.monotonic() - began, 1),
        }
        curve.append(row)
        losses = []
        if score > best:
            best = score
            kept = {k: v.detach().clone() for k, v in averaged.state_dict().items()}
        if report:
            each = ", ".join(f"{name} {r:.3f}" for name, r in found.items())
            report(f"epoch {row['epoch']}/{settings.epochs}: valid r {each}\n")
    network.heads.load_state_dict(kept)
    network.eval().requires_grad_(False)
    save_weights(network, folder / "best.safetensors")
    record: dict[str, Any] = {
        "settings": asdict(settings),
        "signal": not silent,
        "data_sha256": windows.digest,
        "rows": {split: len(windows.rows(split)) for split in ("train", "valid")},
        "versions": {"gexp": __version__, "torch": torch.__version__, "numpy": np.__version__},
        "machine": {"threads": torch.get_num_threads(), "cpu": platform.machine()},
        "curve": curve,
    }
    (folder / "record.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    return record
