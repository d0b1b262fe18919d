"""From the layers of a Keras file to the parameters of a network, by the order they were made in.

Keras numbers the layers of a kind as they are made ('conv1d', 'conv1d_1', ...); baskerville makes
them in one order. Owns that order, the shapes, and the check against what the file says of itself.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gexp_core.errors import ModelError
from gexp_core.models.adapters.baskerville import BaskervilleConfig
from gexp_core.models.adapters.keras import KerasFile
from gexp_core.types import Floats

#: The parameters of a network, by name.
State = dict[str, NDArray[Any]]

_KIND = re.compile(r"(.*?)(?:_(\d+))?")
_BATCH_NORMS = ("batch_normalization", "sync_batch_normalization")
_ATTENTION = {
    "query.weight": "q_layer/kernel",
    "key.weight": "k_layer/kernel",
    "value.weight": "v_layer/kernel",
    "distance.weight": "r_k_layer/kernel",
    "merge.weight": "embedding_layer/kernel",
    "merge.bias": "embedding_layer/bias",
    "content_bias": "r_w_bias",
    "distance_bias": "r_r_bias",
}


def by_kind(names: Iterable[str]) -> dict[str, list[str]]:
    """Return kind -> the names of its layers in the order they were made."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        match = _KIND.fullmatch(name)
        kind, number = match.groups() if match else (name, None)
        kind = _BATCH_NORMS[0] if kind in _BATCH_NORMS else kind
        found.setdefault(kind, []).append((int(number or 0), name))
    return {kind: [name for _, name in sorted(held)] for kind, held in found.items()}


class _Layers:
    """Hand out layers kind by kind, in order, and know what was never asked for."""

    def __init__(self, weights: Mapping[str, Mapping[str, Floats]]) -> None:
        self.weights = weights
        self.left = by_kind(weights)

    def next(self, kind: str) -> Mapping[str, Floats]:
        if not self.left.get(kind):
            raise ModelError(
                f"the weight file has too few layers of the kind {kind!r} for its parameter file; "
                "give the two files of one model"
            )
        return self.weights[self.left[kind].pop(0)]

    def finish(self) -> None:
        if rest := [name for names in self.left.values() for name in names]:
            raise ModelError(
                f"the weight file has layers that its parameter file does not ask for: "
                f"{', '.join(rest[:5])}; give the two files of one model"
            )


def state_of(file: KerasFile, config: BaskervilleConfig) -> State:
    """Return the parameters of a BaskervilleNetwork, by name, as it shapes them.

    Raises
    ------
    ModelError
        A layer is missing, is left over, or the file describes another network.
    """
    agree(file, config)
    layers = _Layers(file.weights)
    state: State = {}
    state |= _conv("stem", layers.next("conv1d"))
    for i in range(len(config.widths)):
        state |= _batch_norm(f"tower.{i}.norm", layers.next("batch_normalization"))
        state |= _conv(f"tower.{i}.conv", layers.next("conv1d"))
    for i in range(config.layers):
        state |= _layer_norm(f"blocks.{i}.first", layers.next("layer_normalization"))
        attention = layers.next("multihead_attention")
        state |= _attention(f"blocks.{i}.attention", attention)
        state |= _layer_norm(f"blocks.{i}.second", layers.next("layer_normalization"))
        state |= _dense(f"blocks.{i}.widen", layers.next("dense"))
        state |= _dense(f"blocks.{i}.narrow", layers.next("dense"))
    for i in range(config.rises):
        state |= _batch_norm(f"rises.{i}.norm", layers.next("batch_normalization"))
        state |= _batch_norm(f"rises.{i}.beside_norm", layers.next("batch_normalization"))
        state |= _dense(f"rises.{i}.dense", layers.next("dense"), places=True)
        state |= _dense(f"rises.{i}.beside_dense", layers.next("dense"), places=True)
        state |= _separable(f"rises.{i}", layers.next("separable_conv1d"))
    state |= _dense("head", layers.next("dense"))
    layers.finish()
    return state


def outputs(file: KerasFile) -> int:
    """Return how many numbers the file's last dense layer, its head, gives of a bin.

    Raises
    ------
    ModelError
        There is no dense layer.
    """
    names = by_kind(file.weights).get("dense")
    if not names:
        raise ModelError("the weight file has no dense layer; give that of a whole trained model")
    return len(_take(file.weights[names[-1]], "bias", 1))


def _take(layer: Mapping[str, Floats], key: str, rank: int) -> Floats:
    if key not in layer or layer[key].ndim != rank:
        has = ", ".join(f"{name} {value.shape}" for name, value in layer.items()) or "nothing"
        raise ModelError(f"a layer should hold {key} with {rank} axes; it holds {has}")
    return layer[key]


def _laid(values: Floats, *order: int) -> Floats:
    return np.ascontiguousarray(values.transpose(order))


def _conv(name: str, layer: Mapping[str, Floats]) -> State:
    kernel = _take(layer, "kernel", 3)  # (K, C, D)
    return {f"{name}.weight": _laid(kernel, 2, 1, 0), f"{name}.bias": _take(layer, "bias", 1)}


def _dense(name: str, layer: Mapping[str, Floats], *, places: bool = False) -> State:
    kernel = _laid(_take(layer, "kernel", 2), 1, 0)  # (D, C)
    weight = kernel[:, :, None] if places else kernel
    return {f"{name}.weight": weight, f"{name}.bias": _take(layer, "bias", 1)}


def _batch_norm(name: str, layer: Mapping[str, Floats]) -> State:
    return {
        **_layer_norm(name, layer),
        f"{name}.running_mean": _take(layer, "moving_mean", 1),
        f"{name}.running_var": _take(layer, "moving_variance", 1),
        f"{name}.num_batches_tracked": np.zeros((), np.int64),
    }


def _layer_norm(name: str, layer: Mapping[str, Floats]) -> State:
    return {f"{name}.weight": _take(layer, "gamma", 1), f"{name}.bias": _take(layer, "beta", 1)}


def _attention(name: str, layer: Mapping[str, Floats]) -> State:
    state: State = {}
    for ours, theirs in _ATTENTION.items():
        rank = 1 if ours.endswith("merge.bias") else 2 if ours.endswith("weight") else 4
        values = _take(layer, theirs, rank)
        state[f"{name}.{ours}"] = (
            values if rank == 1 else values[0] if rank == 4 else _laid(values, 1, 0)
        )
    if extra := set(layer) - set(_ATTENTION.values()):
        raise ModelError(f"an attention layer holds {', '.join(sorted(extra))}, not understood")
    return state


def _separable(name: str, layer: Mapping[str, Floats]) -> State:
    depthwise = _take(layer, "depthwise_kernel", 3)  # (K, C, 1)
    pointwise = _take(layer, "pointwise_kernel", 3)  # (1, C, D)
    return {
        f"{name}.depthwise.weight": _laid(depthwise, 1, 2, 0),
        f"{name}.pointwise.weight": _laid(pointwise, 2, 1, 0),
        f"{name}.pointwise.bias": _take(layer, "bias", 1),
    }


def agree(file: KerasFile, config: BaskervilleConfig) -> None:
    """Raise ModelError where the file says of itself what the network does not do."""
    for layer in file.layers:
        said = layer.config
        if layer.kind.endswith("Normalization"):
            _same(layer.name, "epsilon", said.get("epsilon"), config.epsilon)
        if layer.kind.endswith("BatchNormalization"):
            _same(layer.name, "momentum", said.get("momentum"), config.momentum)
        if said.get("function") == "nn.gelu" and said.get("approximate") is not True:
            raise ModelError(f"{layer.name} is the exact GELU; understood is the approximate one")
        if layer.kind in ("Conv1D", "SeparableConv1D") and said.get("padding") != "same":
            raise ModelError(f"{layer.name} pads {said.get('padding')!r}; understood is 'same'")


def strand_pairs(file: KerasFile) -> tuple[int, ...] | None:
    """Return, as the file says it, the track to swap each track with; None if it does not say."""
    for layer in file.layers:
        pairs = layer.config.get("strand_pair")
        if layer.kind == "SwitchReverse" and pairs:
            if not isinstance(pairs, list) or not all(type(pair) is int for pair in pairs):
                raise ModelError(
                    f"{layer.name[:60]} has strand_pair {str(pairs)[:60]}; it is a list of whole "
                    "numbers, one for each track; give the file of the trained model"
                )
            return tuple(pairs)
    return None


def _same(layer: str, key: str, said: object, wanted: float) -> None:
    near = 1e-6 * wanted
    if not isinstance(said, int | float) or not wanted - near <= said <= wanted + near:
        raise ModelError(
            f"{layer[:60]} has {key} {str(said)[:60]}; its parameter file means {wanted}"
        )
