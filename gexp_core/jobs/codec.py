"""Results as bytes and back: arrays as safetensors, the rest as JSON, and nothing that runs.

Owns which types may lie on disk: a closed list of the package's frozen dataclasses, by name, so
that none is loaded before one is met. What is read back is made by each type's own constructor,
which checks it. Knows nothing of files.
"""

import dataclasses
import functools
import importlib
import json
from typing import Any

import numpy as np
from safetensors.numpy import save

#: The dataclasses that results are made of, as ``package.module:Class``.
KINDS = frozenset(
    """
    gexp_core.types:Interval gexp_core.types:Origin gexp_core.types:SequenceSet
    gexp_core.types:Change gexp_core.types:Rejection gexp_core.types:InputCheck
    gexp_core.types:Target gexp_core.types:Provenance gexp_core.types:Prediction
    gexp_core.types:Attribution gexp_core.types:Mutagenesis
    gexp_core.models.card:ModelCard gexp_core.models.card_entries:Track
    gexp_core.models.card_entries:SignalTrack gexp_core.models.card_entries:Metric
    gexp_core.models.card_entries:SpreadBin gexp_core.models.card_entries:Ceiling
    gexp_core.models.card_entries:EffectFit
    gexp_core.inputs.alleles:Variant gexp_core.inputs.refcheck:RefMatch
    gexp_core.explain.effects:VariantEffects gexp_core.explain.effects:EffectBackground
    gexp_core.explain.attention_map:AttentionMap gexp_core.explain.edited:Edits
    gexp_core.explain.verdicts:Health gexp_core.explain.verdicts:Check
    gexp_core.evaluate.compare:Comparison
    gexp_core.explain.pair_effects:PairEffects
    gexp_core.edits.results:Epistasis gexp_core.edits.results:Design
    gexp_core.edits.results:Designed gexp_core.edits.goals:DesignSettings
    gexp_core.motifs.nouns:MotifSet gexp_core.motifs.nouns:Motif gexp_core.motifs.nouns:Seqlet
    gexp_core.motifs.nouns:Site gexp_core.motifs.nouns:Match gexp_core.motifs.nouns:Calling
    gexp_core.motifs.filter_nouns:FilterSet gexp_core.motifs.filter_nouns:Filter
    gexp_core.motifs.credited:AtWork gexp_core.motifs.credited:Credited
    gexp_core.motifs.credited:Relative
    gexp_core.motifs.hits:Place gexp_core.motifs.scanning:Hit
    gexp_core.motifs.alleles:MotifChange
    gexp_core.motifs.bench_curves:Experiment gexp_core.motifs.bench_curves:Curve
    gexp_core.motifs.taken_out:TakenOut gexp_core.motifs.taken_out:Place
    gexp_core.pipeline:Results gexp_core.pipeline:RunSettings
    """.split()
)

#: Of arrays and of numbers that numpy made.
DTYPES = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()
)

#: How safetensors names them.
_SPELT = {
    "BOOL": "bool",
    **{f"I{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"F{bits}": f"float{bits}" for bits in (16, 32, 64)},
}

_TEXT = "json"
_TUPLE, _LIST, _MAPPING, _KIND, _ARRAY, _NUMBER, _BYTES = "tlmkanb"


class Unknown(TypeError):
    """Say that a value holds something of a type that is not on the list."""


def encode(value: Any) -> bytes:
    """Return the bytes of a result.

    Parameters
    ----------
    value : None, bool, int, float, str, bytes, numpy array or number of DTYPES, tuple, list, dict,
        a dataclass of KINDS, or any of them within one another

    Raises
    ------
    Unknown
        It holds something else.
    """
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    text = json.dumps(_plain(value, arrays), separators=(",", ":"))
    return bytes(save({_TEXT: np.frombuffer(text.encode(), np.uint8), **arrays}))


def decode(data: bytes | memoryview) -> Any:
    """Return the result that ``encode`` made the bytes of; whatever it raises, they are damaged."""
    arrays = _views(memoryview(data))
    return _made(json.loads(arrays[_TEXT].tobytes()), arrays)


def _views(data: memoryview) -> "dict[str, np.ndarray[Any, Any]]":
    """Return the arrays of a safetensors file as they lie in its bytes.

    The library's own reader copies every array once more, which large results have no room for.
    """
    begin = 8 + int.from_bytes(data[:8], "little")
    made = {}
    for name, told in json.loads(bytes(data[8:begin])).items():
        first, last = told["data_offsets"]
        flat = np.frombuffer(data[begin + first : begin + last], _SPELT[told["dtype"]])
        made[name] = flat.reshape(told["shape"])
    return made


def _plain(value: Any, arrays: dict[str, np.ndarray[Any, Any]]) -> Any:
    """Return a value as JSON holds it: a list that begins with what it stands for."""
    kind: type = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind in (tuple, list):
        return [_TUPLE if kind is tuple else _LIST, *(_plain(one, arrays) for one in value)]
    if kind is dict:
        pairs = ([_plain(key, arrays), _plain(one, arrays)] for key, one in value.items())
        return [_MAPPING, *pairs]
    if kind is bytes:
        return [_BYTES, _held(np.frombuffer(value, np.uint8), arrays)]
    if kind is np.ndarray:
        return [_ARRAY, _held(value, arrays)]
    if isinstance(value, np.generic):
        return [_NUMBER, _held(np.asarray(value), arrays)]
    name = f"{kind.__module__}:{kind.__qualname__}"
    if name not in KINDS:
        raise Unknown(f"a result holds a {name}, which is not on the list of what lies on disk")
    return [_KIND, name, *(_plain(getattr(value, one), arrays) for one in _fields(kind))]


def _held(array: "np.ndarray[Any, Any]", arrays: "dict[str, np.ndarray[Any, Any]]") -> str:
    if array.dtype.name not in DTYPES or not array.dtype.isnative:
        raise Unknown(f"a result holds an array of {array.dtype}, which does not lie on disk")
    name = str(len(arrays))
    # safetensors writes the memory of an array as it lies there, whatever its strides
    arrays[name] = array if array.flags.c_contiguous else array.copy(order="C")
    return name


def _made(told: Any, arrays: "dict[str, np.ndarray[Any, Any]]") -> Any:
    """Return the value that JSON stands for."""
    if not isinstance(told, list):
        return told
    kind, *rest = told
    if kind == _KIND:
        made = _class(rest[0])
        values = [_made(one, arrays) for one in rest[1:]]
        return made(**dict(zip(_fields(made), values, strict=True)))
    if kind == _TUPLE:
        return tuple(_made(one, arrays) for one in rest)
    if kind == _LIST:
        return [_made(one, arrays) for one in rest]
    if kind == _MAPPING:
        return {_made(key, arrays): _made(one, arrays) for key, one in rest}
    if kind == _ARRAY:
        return arrays[rest[0]].copy()  # of its own: what is read into is not to be written
    if kind == _NUMBER:
        return arrays[rest[0]][()]
    if kind == _BYTES:
        return arrays[rest[0]].tobytes()
    raise ValueError(f"{kind!r} stands for nothing")


@functools.cache
def _fields(kind: type) -> tuple[str, ...]:
    """Return the fields that a dataclass is made with; it makes the others itself."""
    return tuple(one.name for one in dataclasses.fields(kind) if one.init)


@functools.cache
def _class(name: str) -> type:
    if name not in KINDS:
        raise ValueError(f"{name!r} is not on the list of what lies on disk")
    module, _, kind = name.partition(":")
    made: type = getattr(importlib.import_module(module), kind)
    return made
