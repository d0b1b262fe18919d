"""The parameter file of calico/baskerville, as the sizes of a network.

Owns which settings are understood. A setting that would change the network and is not understood
is refused, never passed over.
"""

import itertools
import json
import math
import operator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gexp_core.errors import ModelError
from gexp_core.models.adapters.baskerville import BaskervilleConfig

MOST_BYTES = 2**20  # of the file
MOST_BASES = 2**21  # of a window
_MOST = 2**14  # of any other size
_EXPANSION = 64  # times the channels that a transformer block has inside
_TRAINING = frozenset({"l2_scale", "l1_scale", "mha_l2_scale", "kernel_initializer"})
_TRAINING |= {"mha_initializer", "padding"}

#: What the model as a whole may set, beside its heads.
_WHOLE = {"seq_length", "augment_rc", "augment_shift", "activation", "norm_type", "bn_momentum"}
_WHOLE |= {"trunk", "strand_pair", "verbose"} | _TRAINING

#: What each kind of block may set: key -> the only value that is understood, or None for any.
_BLOCKS: dict[str, dict[str, Any]] = {
    "conv_dna": {
        "filters": None,
        "kernel_size": None,
        "norm_type": (None,),
        "activation": ("linear",),
        "pool_size": (2,),
    },
    "res_tower": {
        "filters_init": None,
        "filters_end": None,
        "divisible_by": None,
        "kernel_size": None,
        "num_convs": (1,),
        "pool_size": (2,),
        "dropout": (0,),
        "repeat": None,
    },
    "transformer_tower": {
        "key_size": None,
        "heads": None,
        "num_position_features": None,
        "dense_expansion": None,
        "dropout": None,
        "attention_dropout": None,
        "position_dropout": None,
        "repeat": None,
    },
    "unet_conv": {"kernel_size": None, "upsample_conv": (True,), "dropout": (0,)},
    "Cropping1D": {"cropping": None},
    "final": {"units": None, "activation": ("softplus",)},
}


def read_parameters(path: Path, *, tracks: int) -> BaskervilleConfig:
    """Return the network that a parameter file describes, with its head of ``tracks`` outputs.

    Raises
    ------
    ModelError
        The file cannot be read, has no such head, or asks for a network of another kind.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ModelError(f"{path.name} has more than {MOST_BYTES:,} bytes; it is no parameters")
        model = json.loads(path.read_text(encoding="utf-8"))["model"]
        return _config(path.name, model, tracks)
    except KeyError as error:
        raise ModelError(f"{path.name} does not set {error}; give the model's own file") from error
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path.name} cannot be read as model parameters: {error}") from error


def _config(name: str, model: Mapping[str, Any], tracks: int) -> BaskervilleConfig:
    heads = {key: value for key, value in model.items() if key.startswith("head")}
    _known(name, "the model", set(model) - set(heads), _WHOLE)
    _is(name, "the model", "activation", model.get("activation"), ("gelu",))
    _is(name, "the model", "norm_type", model.get("norm_type"), ("batch", "batch-sync"))
    trunk = list(model["trunk"])
    kinds = [str(block["name"]) for block in trunk]
    rises = kinds.count("unet_conv")
    if kinds != [
        "conv_dna",
        "res_tower",
        "transformer_tower",
        *["unet_conv"] * rises,
        "Cropping1D",
    ]:
        raise ModelError(
            f"{name} stacks {', '.join(kinds)}; understood is conv_dna, res_tower, "
            "transformer_tower, any number of unet_conv, Cropping1D"
        )
    for block in trunk:
        _block(name, block)
    stem, tower, blocks, *climbs, crop = trunk
    if len({climb["kernel_size"] for climb in climbs}) > 1:
        raise ModelError(f"{name} has unet_conv of several kernel sizes; one is understood")
    _head(name, heads, tracks)
    config = BaskervilleConfig(
        input_length=_size(name, "seq_length", model["seq_length"], MOST_BASES),
        tracks=tracks,
        stem_width=_size(name, "filters", stem["filters"]),
        stem_kernel=_kernel(name, stem["kernel_size"]),
        widths=_widths(name, tower),
        kernel=_kernel(name, tower.get("kernel_size", 1)),
        layers=_size(name, "repeat", blocks.get("repeat", 2)),
        heads=_size(name, "heads", blocks.get("heads", 1)),
        key_size=_size(name, "key_size", blocks["key_size"]),
        position_features=_size(name, "num_position_features", blocks["num_position_features"]),
        expansion=_expansion(name, blocks.get("dense_expansion", 2.0)),
        rises=rises,
        rise_kernel=_kernel(name, climbs[0]["kernel_size"]) if climbs else 1,
        crop=_size(name, "cropping", crop["cropping"]),
        momentum=_share(name, "bn_momentum", model.get("bn_momentum", 0.99)),
        dropout=_share(name, "dropout", blocks.get("dropout", 0.25)),
        attention_dropout=_share(name, "attention_dropout", blocks.get("attention_dropout", 0.05)),
        position_dropout=_share(name, "position_dropout", blocks.get("position_dropout", 0.01)),
    )
    _fits(name, config)
    return config


def _block(name: str, block: Mapping[str, Any]) -> None:
    """Refuse settings of a block that are not understood."""
    kind = str(block["name"])
    known = _BLOCKS[kind]
    _known(name, kind, set(block), {"name", *known} | _TRAINING)
    for key, wanted in known.items():
        if wanted is not None and key in block:
            _is(name, kind, key, block[key], wanted)
    if kind == "conv_dna" and "norm_type" not in block:  # the model's would hold
        raise ModelError(f"{name} normalises in conv_dna; understood is norm_type null there")
    if kind in ("conv_dna", "unet_conv", "res_tower"):
        missing = {"conv_dna": "pool_size", "unet_conv": "upsample_conv", "res_tower": "num_convs"}
        if missing[kind] not in block:
            raise KeyError(f"{missing[kind]} of {kind}")


def _head(name: str, heads: Mapping[str, Any], tracks: int) -> None:
    """Raise ModelError unless one head has as many outputs as there are targets."""
    for head in heads.values():
        if isinstance(head, list):
            raise ModelError(f"{name} has a head of several blocks; understood is one, 'final'")
    fitting = [head for head in heads.values() if head.get("units") == tracks]
    if not fitting:
        known = ", ".join(f"{key} {head.get('units')}" for key, head in heads.items()) or "none"
        raise ModelError(
            f"there are {tracks} targets, but the heads of {name} have: {known} outputs; give the "
            "targets that belong to the model"
        )
    for head in fitting:
        _is(name, "a head", "name", head.get("name"), ("final",))
        _is(name, "a head", "activation", head.get("activation"), ("softplus",))
        _block(name, head)


def _widths(name: str, tower: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the channels of the tower: a geometric series, rounded as baskerville rounds it."""
    first = _size(name, "filters_init", tower["filters_init"])
    last = _size(name, "filters_end", tower["filters_end"])
    repeat = _size(name, "repeat", tower.get("repeat", 1), 20)
    by = _size(name, "divisible_by", tower.get("divisible_by", 1))
    growth = math.exp(math.log(last / first) / max(1, repeat - 1))
    exact = itertools.accumulate([growth] * (repeat - 1), operator.mul, initial=float(first))
    widths = tuple(round(width / by) * by for width in exact)  # halves to even, as numpy's
    if min(widths) < 1:
        raise ModelError(f"{name} has {first} filters divisible by {by}, which leaves none")
    return widths


def _fits(name: str, config: BaskervilleConfig) -> None:
    """Raise ModelError where sizes do not go together."""
    if config.input_length % config.bases_per_token:
        raise ModelError(
            f"{name} has windows of {config.input_length} bases, not a multiple of "
            f"{config.bases_per_token}, the bases of a token"
        )
    if config.rises > len(config.widths):
        raise ModelError(f"{name} has {config.rises} unet_conv for {len(config.widths)} halvings")
    if config.bins < 1:
        raise ModelError(f"{name} crops {config.crop} bins at both ends, which leaves none")
    if config.widths[-1] % config.heads:
        raise ModelError(
            f"{name} has {config.heads} heads for {config.widths[-1]} channels; give a divisor"
        )
    if config.position_features % 2:
        raise ModelError(f"{name} has an odd number of position features; give an even one")


def _known(name: str, what: str, given: set[str], known: set[str] | frozenset[str]) -> None:
    if unknown := given - known:
        raise ModelError(
            f"{what} in {name} sets {', '.join(sorted(unknown))}, which is not understood; the "
            "network would not be the one that was trained"
        )


def _is(name: str, what: str, key: str, value: Any, wanted: tuple[Any, ...]) -> None:
    if value not in wanted:
        said = " or ".join(json.dumps(one) for one in wanted)
        raise ModelError(
            f"{what} in {name} has {key} {json.dumps(value)[:60]}; understood is {said}"
        )


def _size(name: str, key: str, value: Any, most: int = _MOST) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ModelError(
            f"{name} has {key} {json.dumps(value)[:60]}; give a whole number from 1 to {most:,}"
        )
    return value


def _kernel(name: str, value: Any) -> int:
    size = _size(name, "kernel_size", value, 999)
    if size % 2 == 0:
        raise ModelError(f"{name} has a kernel of {size} places; understood are odd ones")
    return size


def _expansion(name: str, value: Any) -> float:
    if not isinstance(value, int | float) or not 0 < value <= _EXPANSION:
        raise ModelError(
            f"{name} has dense_expansion {json.dumps(value)[:60]}; give a number above 0 and up to "
            f"{_EXPANSION}"
        )
    return float(value)


def _share(name: str, key: str, value: Any) -> float:
    if not isinstance(value, int | float) or not 0 <= value < 1:
        raise ModelError(f"{name} has {key} {json.dumps(value)[:60]}; give a number from 0 below 1")
    return float(value)
