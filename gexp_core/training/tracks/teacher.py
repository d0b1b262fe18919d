"""The published network that a student is shown: read from one's own copy, never bundled."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load
from torch import Tensor

from gexp_core.errors import InputError, ModelError
from gexp_core.models.adapters.adopt import adopt, load_state
from gexp_core.models.adapters.baskerville import BaskervilleConfig, BaskervilleNetwork
from gexp_core.models.adapters.keras import read_keras
from gexp_core.models.adapters.parameters import read_parameters
from gexp_core.models.adapters.translate import outputs, state_of


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
    file, parameters = _files(folder)
    made = adopt(file, parameters, targets, name="teacher")
    config = dict(made.card.config)
    state = load(made.weights)
    whole = {key.removeprefix("members.0."): state[key] for key in state}
    teacher = _teacher(BaskervilleConfig(**{**config, "crop": 0}), whole, file)
    if teacher.network.config.bin_size * made.card.bins > made.card.input_length:
        raise ModelError(f"{file.name} gives more bins than its window has")
    return teacher


def read_untitled(folder: Path) -> Teacher:
    """Read the one model in a folder without the table that says what its outputs are.

    What it finds on the way to them can be used.

    Raises
    ------
    InputError, ModelError
        As :func:`read_teacher`.
    """
    file, parameters = _files(folder)
    held = read_keras(file)
    try:
        config = read_parameters(parameters, tracks=outputs(held))
    except ModelError as error:
        raise ModelError(f"{parameters.name} does not describe {file.name}: {error}") from error
    return _teacher(config, load_state(config, state_of(held, config)), file)


def _files(folder: Path) -> tuple[Path, Path]:
    """Return the weights and the parameters in a folder that holds one of either."""
    found = [sorted(folder.glob(kind)) for kind in ("*.h5", "*.json")]
    if any(len(paths) != 1 for paths in found):
        raise InputError(
            f"{folder} holds {len(found[0])} .h5 and {len(found[1])} .json files; give the folder "
            "of one published model with --teacher"
        )
    (file,), (parameters,) = found
    return file, parameters


def _teacher(config: BaskervilleConfig, state: dict[str, Tensor], file: Path) -> Teacher:
    network = BaskervilleNetwork(config)
    network.load_state_dict(state)
    network.eval().requires_grad_(False)
    return Teacher(network, file.name, hashlib.sha256(file.read_bytes()).hexdigest())
