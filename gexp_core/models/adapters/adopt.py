"""Make a model folder of this package from the files of a published model.

Owns the card's words about a model that was trained elsewhere: what is known of it and what is
not. Writes nothing; the bytes are the caller's to put into a folder.
"""

import hashlib
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gexp_core.errors import ModelError
from gexp_core.models.adapters import keras, translate
from gexp_core.models.adapters.baskerville import BaskervilleConfig
from gexp_core.models.adapters.parameters import read_parameters
from gexp_core.models.adapters.targets import Targets, read_targets
from gexp_core.models.card import ModelCard

if TYPE_CHECKING:
    from torch import Tensor

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CITATION = (
    "Linder et al., Predicting RNA-seq coverage from DNA sequence as a unifying model of gene "
    "regulation, Nat Genet 57:949 (2025); software: github.com/calico/baskerville (Apache-2.0)"
)


@dataclass(frozen=True, slots=True, eq=False)
class Adopted:
    """Hold the two files of a model folder."""

    card: ModelCard
    weights: bytes


def adopt(
    file: Path,
    parameters: Path,
    targets: Path,
    *,
    name: str,
    species: str = "human",
    licence: str = "Apache-2.0",
) -> Adopted:
    """Read a model of calico/baskerville and return it as a model of this package.

    Parameters
    ----------
    file : Path
        The weights, as Keras HDF5.
    parameters : Path
        The JSON file that the model was trained with.
    targets : Path
        The table of its outputs; the head with as many outputs is taken.
    name : str
        What the model is to be called: letters, digits, dots, dashes and underscores.
    species, licence : str
        Of the data and of the files, for the card.

    Raises
    ------
    ModelError
        A file cannot be read, the three do not belong together, or the name cannot be used.
    """
    if not _NAME.fullmatch(name):
        raise ModelError(
            f"{name[:70]!r} cannot be a model's name; use letters, digits, dots, dashes and "
            "underscores, 64 at most"
        )
    known = read_targets(targets)
    config = read_parameters(parameters, tracks=len(known.tracks))
    held = keras.read_keras(file)
    pairs = translate.strand_pairs(held)
    if pairs is not None and pairs != known.pairs:
        raise ModelError(
            f"{targets.name} pairs strands otherwise than {file.name} does; give the targets that "
            "the model was trained on, in their order"
        )
    state = load_state(config, translate.state_of(held, config))

    from safetensors.torch import save

    raw = save({f"members.0.{key}": value.contiguous() for key, value in state.items()})
    kept = ("running_mean", "running_var", "num_batches_tracked")  # of the norms: not trained
    numbers = sum(value.numel() for key, value in state.items() if not key.endswith(kept))
    sources = {"weights": file, "parameters": parameters, "targets": targets}
    card = ModelCard(
        **_words(config, known),
        name=name,
        species=species,
        licence=licence,
        n_parameters=numbers,
        sha256=hashlib.sha256(raw).hexdigest(),
        training={
            "adopted_from": {kind: _digest(path) for kind, path in sources.items()},
            "squashed": squashed(known),
        },
    )
    return Adopted(card, raw)


def load_state(config: BaskervilleConfig, state: translate.State) -> "dict[str, Tensor]":
    """Return the state as a network of this size takes it; ModelError where a shape differs."""
    import torch

    from gexp_core.models.adapters.baskerville import BaskervilleNetwork

    with torch.device("meta"):
        wanted = BaskervilleNetwork(config).state_dict()
    if lost := sorted(set(wanted) ^ set(state)):
        raise ModelError(f"the weight file and its parameter file differ in {', '.join(lost[:5])}")
    for key, value in wanted.items():
        if tuple(value.shape) != state[key].shape:
            raise ModelError(
                f"{key} has shape {state[key].shape} in the weight file, but "
                f"{tuple(value.shape)} by its parameter file; give the two files of one model"
            )
    return {key: torch.from_numpy(np.array(state[key])) for key in wanted}


def _words(config: BaskervilleConfig, known: Targets) -> dict[str, Any]:
    """Return the fields of the card that sizes and targets settle."""
    groups = ", ".join(known.groups) or "Coverage"
    size, length = config.bin_size, config.input_length
    return {
        "title": f"Published model of {groups} coverage (baskerville)",
        "assay": f"{groups} along the genome, {len(known.tracks)} tracks",
        "meaning": (
            f"predicted reads over a bin of {size} bp, squashed as for training (the card says how "
            f"for each track); the {config.bins:,} bins of a window lie on its central "
            f"{config.bins * size:,} bp. It is not a count, and not comparable between assays"
        ),
        "units": f"squashed coverage per {size} bp",
        "zero": "no reads",
        "input_length": length,
        "insert": (0, length),
        "background": "N" * length,
        "tracks": known.tracks,
        "architecture": "baskerville",
        "config": asdict(config),
        "family": "CNN + Transformer + U-net",
        "members": 1,
        "citation": _CITATION,
        "limits": (
            "It was not trained here: its training windows are not documented, so any window, also "
            "one that is held out for testing elsewhere, may have been seen in training.",
            "It comes without held-out figures, and without measured values to place a number "
            "among.",
            f"It reads {length:,} bp. A shorter sequence is placed in N, which is no letter; the "
            "model hardly knows such windows.",
            "Models of this family are known to underestimate distal enhancers, and to be poor at "
            "telling persons apart.",
        ),
        "bins": config.bins,
        "bin_size": size,
    }


def squashed(known: Targets) -> dict[str, list[str]]:
    """Return how coverage became a target, in words -> the tracks of which that is true."""
    found: dict[str, list[str]] = {}
    for track, words in zip(known.tracks, known.squashed, strict=True):
        found.setdefault(words, []).append(track.name)
    return found


def _digest(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror or error}") from error
    return {"file": path.name, "sha256": digest}
