"""Which calls of a network are layers that carry small changes, and what layer each is.

Owns the reading of one call's arguments. A call that is read wrongly here would be found out when
its plan is compared with the network; one that is not read at all is left to the rest.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from gexp_core.explain.convolution import Conv
from gexp_core.explain.layer import Layer
from gexp_core.explain.layers import Affine, LayerNorm, Pointwise, Pool
from gexp_core.explain.recording import Call

#: How an activation's axes lie: channels before places, with an axis of one between, or after.
NCL, NC1L, NLC = "ncl", "nc1l", "nlc"

_POINTWISE = frozenset(
    "gelu relu relu_ relu6 silu elu selu celu mish sigmoid tanh softplus softsign leaky_relu "
    "hardswish hardsigmoid hardtanh logsigmoid exp square abs clamp".split()
)
WITH_NUMBER = frozenset("mul add sub div __mul__ __add__ __sub__ __truediv__ multiply".split())
_NOTHING = frozenset(
    "dropout dropout1d dropout2d feature_dropout alpha_dropout contiguous clone detach".split()
)


class NotLocal(Exception):
    """Say inside this room that a call is not one of those understood."""


def reshaped(call: Call, form: str, x: Tensor) -> str:
    """Return the form of the result where nothing but the form changes, else ''."""
    name, rest = call.name, call.args[1:]
    if name in _NOTHING:
        training = call.options.get("training", False)
        return "" if training else form
    whole = slice(None)
    if name == "__getitem__" and isinstance(rest[0], tuple):
        index = list(rest[0])
        if form == NCL and index in ([whole, whole, None], [whole, whole, None, whole]):
            return NC1L
        if form == NC1L and index in ([whole, whole, 0], [whole, whole, 0, whole]):
            return NCL
    if name == "unsqueeze" and form == NCL and rest in ((2,), (-2,)):
        return NC1L
    if name == "squeeze" and form == NC1L and rest in ((2,), (-2,)):
        return NCL
    turned = {NCL: NLC, NLC: NCL}
    if name in ("transpose", "swapaxes") and form in turned and set(rest) in ({1, 2}, {-1, -2}):
        return turned[form]
    if name == "permute" and form in turned and rest in ((0, 2, 1), ((0, 2, 1),)):
        return turned[form]
    return ""


def layer_of(call: Call, form: str, x: Tensor) -> Layer:
    """Return the layer that a call on one value is, or raise NotLocal."""
    name = call.name
    if name in _POINTWISE:
        options = {k: v for k, v in call.options.items() if k != "inplace"}
        args = call.args[1:]
        if name.startswith("relu") and name != "relu6":
            return Pointwise(torch.relu)
        if any(isinstance(value, Tensor) for value in (*args, *options.values())):
            raise NotLocal
        return Pointwise(call.function, tuple(args), tuple(sorted(options.items())))
    if name in WITH_NUMBER:
        number = call.args[1] if call.args[0] is x else call.args[0]
        if not isinstance(number, int | float) or call.options:
            raise NotLocal
        return Pointwise(call.function, (number,))
    makers: dict[str, Callable[[Call, str, Tensor], Layer]] = {
        "conv1d": _conv,
        "conv2d": _conv,
        "linear": _linear,
        "batch_norm": _batch_norm,
        "layer_norm": _layer_norm,
        "max_pool1d": _pool,
        "max_pool2d": _pool,
        "avg_pool1d": _pool,
        "avg_pool2d": _pool,
    }
    if name not in makers:
        raise NotLocal
    return makers[name](call, form, x)


def _given(call: Call, *names: str, **defaults: Any) -> list[Any]:
    """Return arguments by name, wherever they were given."""
    found = dict(zip(names, call.args, strict=False)) | dict(call.options)
    return [found.get(name, defaults.get(name)) for name in names]


def _along(value: Any, form: str) -> int:
    """Return the number for the places' axis; the other must do nothing (1, or 0 for padding)."""
    if isinstance(value, int):
        return value
    numbers = [int(one) for one in value]
    if form == NC1L and len(numbers) == 2:
        return numbers[1]
    if len(numbers) != 1:
        raise NotLocal
    return numbers[0]


def _conv(call: Call, form: str, x: Tensor) -> Layer:
    _, weight, bias, stride, padding, dilation, groups = _given(
        call, "input", "weight", "bias", "stride", "padding", "dilation", "groups",
        stride=1, padding=0, dilation=1, groups=1,
    )  # fmt: skip
    if form != (NCL if call.name == "conv1d" else NC1L):
        raise NotLocal
    if form == NC1L:
        if weight.shape[2] != 1 or (not isinstance(padding, str) and _first(padding)):
            raise NotLocal
        weight = weight[:, :, 0]
    far = _along(dilation, form) * (weight.shape[2] - 1)
    if isinstance(padding, str):
        around = (far // 2, far - far // 2) if padding == "same" else (0, 0)
    else:
        around = (_along(padding, form),) * 2
    bias = weight.new_zeros(len(weight)) if bias is None else bias
    return Conv(
        weight.permute(2, 1, 0)[None].contiguous(),
        bias[None],
        left=around[0],
        right=around[1],
        dilation=_along(dilation, form),
        stride=_along(stride, form),
        groups=int(groups),
    )


def _first(padding: Any) -> int:
    return int(padding if isinstance(padding, int) else padding[0])


def _linear(call: Call, form: str, x: Tensor) -> Layer:
    _, weight, bias = _given(call, "input", "weight", "bias")
    if form != NLC:
        raise NotLocal
    bias = weight.new_zeros(len(weight)) if bias is None else bias
    return Conv(weight.T[None, None].contiguous(), bias[None])


def _batch_norm(call: Call, form: str, x: Tensor) -> Layer:
    names = "input running_mean running_var weight bias training momentum eps".split()
    _, mean, var, weight, bias, training, _, eps = _given(call, *names, training=False, eps=1e-5)
    if form == NLC or training or mean is None or var is None:
        raise NotLocal
    scale = (var + eps).rsqrt()
    scale = scale if weight is None else scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    return Affine(scale[None], shift[None])


def _layer_norm(call: Call, form: str, x: Tensor) -> Layer:
    names = "input normalized_shape weight bias eps".split()
    _, shape, weight, bias, eps = _given(call, *names, eps=1e-5)
    if form != NLC or tuple(shape) != (x.shape[-1],):
        raise NotLocal
    scale = x.new_ones(x.shape[-1]) if weight is None else weight
    shift = x.new_zeros(x.shape[-1]) if bias is None else bias
    return LayerNorm(scale[None], shift[None], float(eps))


def _pool(call: Call, form: str, x: Tensor) -> Layer:
    _, kernel, stride, padding = _given(call, "input", "kernel_size", "stride", "padding")
    size = _along(kernel, form)
    across = form == NC1L and (isinstance(kernel, int) or kernel[0] != 1)
    step = size if stride in (None, [], ()) else _along(stride, form)
    odd = [call.options.get(name) for name in ("ceil_mode", "return_indices", "divisor_override")]
    dilation = call.options.get("dilation", 1)
    places = 0 if padding is None else max([padding] if isinstance(padding, int) else padding)
    wrong = form != (NCL if call.name.endswith("1d") else NC1L)
    if wrong or across or step != size or places or any(odd) or len(call.args) > 4:
        raise NotLocal
    if dilation not in (1, (1, 1), [1, 1], (1,), [1]):
        raise NotLocal
    return Pool(size, call.name.startswith("avg"))
