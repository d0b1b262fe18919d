"""The published network that a student is shown: read from one's own copy, never bundled."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load
from torch import Tensor

from gexp_core.errors import InputError, ModelError
from gexp_core.models.adapters.adopt import adopt
from gexp_core.models.adapters.baskerville import BaskervilleConfig, BaskervilleNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Teacher:
    """Hold the network, uncut, and what says which file it is of."""

    network: BaskervilleNetwork
    file: str
    digest: str

    def __call__(self, X: Tensor) -> Tensor:
        """Return (N, B, T) of X (N, 4, L): all bins of the window, none cut off."""
        with torch.inference_mode():
            y: Tensor = self.network(X)
        return y


def read_teacher(folder: Path, targets: Path) -> Teacher:
    """Read the one model of calico/baskerville in a folder (``*.h5`` and ``*.json``).

    Raises
    ------
    InputError, ModelError
        The folder does not hold exactly one of either, or the files cannot be read.
    """
    found = [sorted(folder.glob(kind)) for kind in ("*.h5", "*.json")]
    if any(len(paths) != 1 for paths in found):
        raise InputError(
            f"{folder} holds {len(found[0])} .h5 and {len(found[1])} .json files; give the folder "
            "of one published model with --teacher"
        )
    (file,), (parameters,) = found
    made = adopt(file, parameters, targets, name="teacher")
    config = dict(made.card.config)
    network = BaskervilleNetwork(BaskervilleConfig(**{**config, "crop": 0}))
    state = load(made.weights)
    network.load_state_dict({key.removeprefix("members.0."): state[key] for key in state})
    network.eval().requires_grad_(False)
    if network.config.bin_size * made.card.bins > made.card.input_length:
        raise ModelError(f"{file.name} gives more bins than its window has")
    return Teacher(network, file.name, hashlib.sha256(file.read_bytes()).hexdigest())
