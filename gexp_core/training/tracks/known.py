"""What is known of texts before a network that also reads signal learns from them, kept on disk.

The part of the network that reads letters stays as it is and costs most, and so does the teacher.
Both read every text once; what they say lies in the run's folder and is gone on with after a kill.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gexp_core.models.adapters.baskerville import BaskervilleNetwork
from gexp_core.training.tracks.lessons import hot
from gexp_core.training.tracks.teacher import Teacher
from gexp_core.training.tracks.texts import Codes

Halves = NDArray[np.float16]
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Hold what is known of N texts.

    Attributes
    ----------
    towered : tokens (N, D, Q), then what the steps up are joined with, (N, C, 2Q), (N, C, 4Q), ...
    taught : (N, all bins, T), what the teacher says of all bins of the window
    """

    towered: tuple[Halves, ...]
    taught: Halves

    def __len__(self) -> int:
        return len(self.taught)

    def tower(self, rows: Sequence[int], device: str = "cpu") -> tuple[Tensor, list[Tensor]]:
        """Return tokens and what the steps up are joined with of some texts, as float32."""
        tokens, *beside = (
            torch.from_numpy(np.stack([one[row] for row in rows])).to(device).float()
            for one in self.towered
        )
        return tokens, beside


def learn(
    trunk: BaskervilleNetwork,
    teacher: Teacher,
    text: Callable[[int], Codes],
    count: int,
    folder: Path,
    *,
    key: str,
    device: str = "cpu",
    report: Report | None = None,
) -> Known:
    """Let the trunk and the teacher read ``count`` texts; read again what the folder holds already.

    Parameters
    ----------
    trunk, teacher
        Who read; both know the whole window.
    text
        Number -> the text of that number.
    count
        How many.
    folder
        Where it is kept, one ``.npy`` for each part.
    key
        What it depends on; what was kept under another is made anew.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / "state.json"
    held = json.loads(state.read_text()) if state.is_file() else {}
    done = held.get("done", 0) if held.get("key") == key and held.get("count") == count else 0
    paths = [folder / f"{number}.npy" for number in range(len(trunk.rises) + 2)]
    if not done:
        state.unlink(missing_ok=True)  # nothing that follows may pass for what was kept before
    kept = [np.load(path, mmap_mode="r+") for path in paths] if done else []
    for row in range(done, count):
        parts = _read(trunk, teacher, text(row), device)
        if not kept:
            kept = [
                np.lib.format.open_memmap(path, "w+", np.float16, (count, *part.shape))
                for path, part in zip(paths, parts, strict=True)
            ]
        for whole, part in zip(kept, parts, strict=True):
            whole[row] = part
        if row % 20 == 19 or row + 1 == count:
            for whole in kept:
                whole.flush()
            part_of_it = state.with_suffix(".part")
            part_of_it.write_text(json.dumps({"key": key, "count": count, "done": row + 1}))
            part_of_it.replace(state)
            if report:
                report(f"{folder.name}: {row + 1}/{count} texts read")
    *towered, taught = (np.load(path, mmap_mode="r") for path in paths)
    return Known(tuple(towered), taught)


@torch.inference_mode()
def _read(trunk: BaskervilleNetwork, teacher: Teacher, text: Codes, device: str) -> list[Halves]:
    """Return what the trunk's tower and the teacher say of one text, in halves."""
    X = hot(text, device)
    tokens, beside = trunk.towered(X)
    parts = [tokens, *beside, teacher(X)]
    return [part[0].half().cpu().numpy() for part in parts]
