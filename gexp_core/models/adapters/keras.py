"""Weights from a Keras HDF5 file, read as numbers and as nothing else.

Owns what may be in such a file: arrays of floats under ``model_weights`` (or at the top, where
only weights were saved) and a description of the layers as JSON text. Nothing of a file is run:
no pickle, no Lambda layer, no link to another file, no filter that would be loaded from a library.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gexp_core.errors import ModelError
from gexp_core.types import Floats

MOST_BYTES = 2 * 2**30  # of a file
MOST_NUMBERS = 2**29  # of all its weights together
MOST_WEIGHTS = 20_000  # arrays
MOST_TEXT = 16 * 2**20  # characters of the description
_DEPTH = 6  # groups within groups, of a layer
_BUILT_IN = frozenset({1, 2, 3})  # deflate, shuffle, checksum: part of HDF5 itself


@dataclass(frozen=True, slots=True)
class Layer:
    """Say what a file says of one layer: its class, its name and its settings."""

    kind: str
    name: str
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class KerasFile:
    """Hold what was read.

    Attributes
    ----------
    weights : layer -> weight ('kernel', 'q_layer/kernel') -> float32 array as Keras shapes it
    layers : the layers as the file describes them; () where it holds weights alone
    """

    weights: Mapping[str, Mapping[str, Floats]]
    layers: tuple[Layer, ...]


def read_keras(path: Path) -> KerasFile:
    """Read a Keras HDF5 file (``model.save("x.h5")`` or ``save_weights("x.h5")``).

    Raises
    ------
    ModelError
        The file is missing, is not HDF5, is too large, or holds something else than floats.
    """
    import h5py

    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise ModelError(f"{path.name} has {size:,} bytes; at most {MOST_BYTES:,} are read")
        if not h5py.is_hdf5(path):
            raise ModelError(
                f"{path.name} is not an HDF5 file; give the .h5 file of a Keras model (a .keras "
                "file is another format: save the model as .h5)"
            )
        with h5py.File(path, "r") as file:
            layers = _described(path.name, file)
            held = _own(path.name, file, "model_weights") if "model_weights" in file else file
            weights = _weights(path.name, held)
    except (
        OSError,
        RuntimeError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise ModelError(f"{path.name} cannot be read as a Keras HDF5 file: {error}") from error
    if not weights:
        raise ModelError(f"{path.name} holds no weights; give the .h5 file of a trained model")
    return KerasFile(weights, layers)


def _described(name: str, file: Any) -> tuple[Layer, ...]:
    """Return the layers that the file says it has."""
    if "model_config" not in file.attrs:
        return ()
    if file.attrs.get_id("model_config").get_storage_size() > MOST_TEXT:
        raise ModelError(f"the description in {name} is longer than {MOST_TEXT:,} characters")
    text = file.attrs["model_config"]
    raw = text.decode("utf-8") if isinstance(text, bytes) else str(text)
    if len(raw) > MOST_TEXT:
        raise ModelError(f"the description in {name} is longer than {MOST_TEXT:,} characters")
    found = json.loads(raw)["config"]
    entries = found["layers"] if isinstance(found, dict) else found
    layers = tuple(
        Layer(
            str(entry["class_name"]),
            str(entry["config"].get("name", "")),
            {**entry["config"], **_called_with(entry)},
        )
        for entry in entries
    )
    if any(layer.kind == "Lambda" for layer in layers):
        raise ModelError(
            f"{name} has a Lambda layer, which is code; code from a file is never run, so the "
            "model cannot be loaded"
        )
    return layers


def _called_with(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that an operation was called with, which Keras keeps with its inputs."""
    nodes = entry.get("inbound_nodes") or [[]]
    last = nodes[0][-1] if isinstance(nodes[0], list) and nodes[0] else None
    return dict(last) if isinstance(last, dict) else {}


def _own(name: str, group: Any, key: str) -> Any:
    """Return a member of a group that lies in this file."""
    import h5py

    if not isinstance(group.get(key, getlink=True), h5py.HardLink):
        raise ModelError(f"{name} links to another place at {key!r}; only plain files are read")
    return group[key]


def _weights(name: str, top: Any) -> dict[str, dict[str, Floats]]:
    """Return layer -> weight -> array."""
    import h5py

    found: dict[str, dict[str, Floats]] = {}
    count = numbers = 0
    for layer in top:
        group = _own(name, top, layer)
        if not isinstance(group, h5py.Group):
            raise ModelError(f"{name} has an array {layer!r} where layers are expected")
        for path, dataset in _arrays(name, group):
            count += 1
            numbers += math.prod(dataset.shape)
            if count > MOST_WEIGHTS or numbers > MOST_NUMBERS:
                raise ModelError(
                    f"{name} holds more than {MOST_NUMBERS:,} numbers or {MOST_WEIGHTS:,} arrays, "
                    "the most that are read"
                )
            key = path.removeprefix(f"{layer}/").removesuffix(":0")
            found.setdefault(layer, {})[key] = _numbers(f"{layer}/{key}", name, dataset)
    return found


def _arrays(name: str, group: Any, within: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield path and dataset of every array below ``group``."""
    import h5py

    if depth > _DEPTH:
        raise ModelError(f"{name} nests groups more than {_DEPTH} deep; that is no Keras file")
    for key in group:
        member = _own(name, group, key)
        if isinstance(member, h5py.Dataset):
            yield within + key, member
        else:
            yield from _arrays(name, member, f"{within}{key}/", depth + 1)


def _numbers(what: str, name: str, dataset: Any) -> Floats:
    """Return a dataset as float32."""
    if dataset.dtype.kind != "f" or dataset.dtype.itemsize > 8:
        raise ModelError(f"{what} in {name} holds {dataset.dtype}; weights are floats")
    if dataset.external or dataset.is_virtual:
        raise ModelError(f"{what} in {name} lies in another file; give one file that holds all")
    made = dataset.id.get_create_plist()
    filters = {made.get_filter(i)[0] for i in range(made.get_nfilters())}
    if filters - _BUILT_IN:
        raise ModelError(
            f"{what} in {name} is compressed with filter {min(filters - _BUILT_IN)}, which HDF5 "
            "does not have itself; save it with gzip or without compression"
        )
    with np.errstate(over="ignore"):  # what is too large for float32 is told below
        values: Floats = np.asarray(dataset[()], np.float32)
    if not np.isfinite(values).all():
        raise ModelError(f"{what} in {name} holds a value that is not a finite number")
    return values
