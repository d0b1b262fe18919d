"""Networks as plans: layers that carry changes, with batch norms folded into copies of weights.

Owns which networks can be read incrementally. Weights of a network are copied where they are
folded and never written to.
"""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gexp_core.explain import layers as change
from gexp_core.models.conv import ConvNetwork, Reduce
from gexp_core.models.conv import Residual as ResidualModule


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Hold one network as layers with folded batch norms.

    Attributes
    ----------
    stem : the first convolution, from letters
    layers : what follows it
    position : (maps, W, C), weights of the last activations, summed over positions
    head : (N, maps * C) -> (N, T)
    pooled : product of all pool sizes; blocks are spaced by multiples of it
    """

    stem: change.Conv
    layers: tuple[change.Layer, ...]
    position: Tensor
    head: Callable[[Tensor], Tensor]
    pooled: int


class _Unknown(Exception):
    """Say inside this module that a network is not such a tree of layers."""


def _layers(module: nn.Module) -> list[change.Layer]:
    """Return the layers of a module in eval mode, in the order that forward runs them."""
    match module:
        case nn.Sequential():
            return _chain(*module)
        case Reduce():
            return _chain(module.conv, module.pool, module.norm, module.activation)
        case ResidualModule():
            inner = _chain(module.conv, module.norm, module.activation)
            return [change.Residual(tuple(_folded(inner)))]
        case nn.Conv2d():
            return [_conv(module)]
        case nn.BatchNorm2d(running_mean=Tensor() as mean, running_var=Tensor() as var):
            scale = module.weight / (var + module.eps).sqrt()
            return [change.Affine(scale, module.bias - mean * scale)]
        case nn.MaxPool2d(kernel_size=(1, int(size)), padding=0, dilation=1, ceil_mode=False):
            if module.stride not in ((1, size), None):
                raise _Unknown
            return [change.Pool(size)]
        case nn.GELU() | nn.ReLU() | nn.SiLU() | nn.ELU() | nn.Sigmoid() | nn.Tanh():
            return [change.Pointwise(module.forward)]
        case nn.Dropout() | nn.Dropout2d() | nn.Identity():
            return []
    raise _Unknown


def _chain(*modules: nn.Module) -> list[change.Layer]:
    """Return the layers of modules that run one after another."""
    return [layer for module in modules for layer in _layers(module)]


def _conv(module: nn.Conv2d) -> change.Conv:
    """Return a plain stride-1 convolution along the sequence, or raise."""
    plain = module.stride == (1, 1) and module.groups == 1 and module.padding_mode == "zeros"
    if not plain or module.kernel_size[0] != 1 or isinstance(module.padding, str):
        raise _Unknown
    bias = module.bias if module.bias is not None else module.weight.new_zeros(module.out_channels)
    return change.Conv(module.weight, bias, module.dilation[1], module.padding[1])


def _folded(layers: list[change.Layer]) -> list[change.Layer]:
    """Return equal layers with each affine folded into the convolution before it.

    Across a maximum only its size can be folded; channels of negative scale change sign after it.
    """
    out: list[change.Layer] = []
    for layer in layers:
        if isinstance(layer, change.Pool) and out and isinstance(out[-1], change.Conv):
            last = out[-1]
            last = change.Conv(last.weight, last.bias, last.dilation, last.padding, layer.size)
            out[-1] = last
        if isinstance(layer, change.Affine) and out:
            if isinstance(out[-1], change.Conv):
                out[-1] = _scaled(out[-1], layer.scale, layer.shift)
                continue
            if (
                len(out) > 1
                and isinstance(out[-1], change.Pool)
                and isinstance(out[-2], change.Conv)
            ):
                sign = torch.where(layer.scale < 0, -1.0, 1.0)
                out[-2] = _scaled(out[-2], layer.scale.abs(), layer.shift * sign)
                if bool((sign < 0).any()):
                    out.append(change.Affine(sign, torch.zeros_like(sign)))
                continue
        out.append(layer)
    return out


def _scaled(conv: change.Conv, scale: Tensor, shift: Tensor) -> change.Conv:
    """Return the convolution followed by scale and shift, as one."""
    weight = (conv.weight * scale[:, None, None, None]).contiguous(
        memory_format=torch.channels_last
    )
    return change.Conv(weight, conv.bias * scale + shift, conv.dilation, conv.padding, conv.align)


def _compile(network: nn.Module) -> Plan | None:
    """Return the network as a plan, or None when it is of another kind."""
    if type(network) is not ConvNetwork or network.training:
        return None
    try:
        layers = _folded(_layers(network.trunk))
    except _Unknown:
        return None
    if not isinstance(layers[0], change.Conv):
        return None
    pooled = int(np.prod([layer.size for layer in layers if isinstance(layer, change.Pool)]))
    position = network.position.permute(0, 2, 1).contiguous()
    return Plan(layers[0], tuple(layers[1:]), position, network.head, pooled)


_PLANS: weakref.WeakKeyDictionary[nn.Module, tuple[Any, Plan | None]] = weakref.WeakKeyDictionary()


def plan(network: nn.Module) -> Plan | None:
    """Return the plan of a network, kept as long as the network lives unchanged."""
    tensors = [*network.parameters(), *network.buffers()]
    state = (
        network.training,
        tuple((t.data_ptr(), 0 if t.is_inference() else t._version) for t in tensors),
    )
    known = _PLANS.get(network)
    if known is None or known[0] != state:
        with torch.no_grad():
            known = (state, _compile(network))
        _PLANS[network] = known
    return known[1]
