"""All single-base changes of a window at a fraction of the work, equal to explicit mutants.

Owns which networks can be read this way, the folding of their batch norms into copies of their
weights, and the order in which mutants are read. Any other network gets None, and its mutants are
read one batch after another by ``single_base``.
"""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gexp_core.explain import layers as change
from gexp_core.explain.placement import Doubles
from gexp_core.models.base import Scalar
from gexp_core.models.conv import ConvNetwork, Reduce
from gexp_core.models.conv import Residual as ResidualModule

#: Mutants carried through the layers at once: enough to feed the convolutions, few enough for the
#: activations to stay in the processor's cache.
ROWS = 96

#: Bases whose mutants share a window: wider wastes work inside it, narrower starts more calls.
WIDTH = 4


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
            return [layer for child in module for layer in _layers(child)]
        case Reduce():
            order = (module.conv, module.pool, module.norm, module.activation)
            return [layer for child in order for layer in _layers(child)]
        case ResidualModule():
            order = (module.conv, module.norm, module.activation)
            inner = [layer for child in order for layer in _layers(child)]
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
        if isinstance(layer, change.Affine) and out:
            if isinstance(out[-1], change.Conv):
                out[-1] = _scaled(out[-1], layer.scale, layer.shift)
                continue
            if len(out) > 1 and isinstance(out[-1], change.Pool) and isinstance(out[-2], change.Conv):
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
    return change.Conv(weight, conv.bias * scale + shift, conv.dilation, conv.padding)


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


_PLANS: weakref.WeakKeyDictionary[nn.Module, tuple[Any, Plan | None]] = (
    weakref.WeakKeyDictionary()
)


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


class Incremental:
    """Read all single-base changes of a window through plans, members and strands averaged."""

    def __init__(self, scalar: Scalar, plans: list[Plan]) -> None:
        self.plans = plans
        track = scalar.target.track
        self.strands = [(False, track)]
        if scalar.both_strands:
            self.strands.append((True, scalar.model.strand_swap()[track]))

    def __call__(
        self, X: Tensor, start: int, end: int, tick: Callable[[int], None]
    ) -> tuple[Doubles, float]:
        """Return the reading (4, end - start) of each letter there, and of X (4, L) itself."""
        y = np.zeros((4, end - start))
        y_here = 0.0
        share = 1 / (len(self.plans) * len(self.strands))
        length = X.shape[1]
        owed = _Owed(tick, share)
        for reverse, track in self.strands:
            strand = X.flip(0, 1) if reverse else X
            span = (length - end, length - start) if reverse else (start, end)
            for network in self.plans:
                read, here = _read(network, strand, span, track, owed)
                y += share * (read[::-1, ::-1] if reverse else read)
                y_here += share * here
        return y, y_here


class _Owed:
    """Tell of mutants done in whole numbers, counting each strand and member as a share."""

    def __init__(self, tick: Callable[[int], None], share: float) -> None:
        self.tick = tick
        self.share = share
        self.rest = 0.0

    def __call__(self, mutants: int) -> None:
        self.rest += mutants * self.share
        whole = int(self.rest + 1e-6)
        self.rest -= whole
        self.tick(whole)


def incremental(scalar: Scalar) -> Incremental | None:
    """Return the reader of a model whose every network is understood, else None."""
    plans = [plan(member) for member in scalar.network.members]
    known = [made for made in plans if made is not None]
    return Incremental(scalar, known) if len(known) == len(plans) else None


def _read(
    network: Plan, X: Tensor, span: tuple[int, int], track: int, tick: Callable[[int], None]
) -> tuple[Doubles, float]:
    """Return the readings (4, W) of all letters in ``span`` of X (4, L), and of X itself."""
    length = X.shape[1]
    width = min(WIDTH, network.pooled)
    before = change.Reference(X.T.contiguous(), 3 * network.pooled)
    seen = change.see((network.stem, *network.layers), before)
    last = seen[-1].out
    position = F.pad(network.position, (0, 0, last.margin, last.margin))
    features = torch.einsum("wc,mwc->mc", last.x, network.position).flatten()
    y_here = float(network.head(features[None])[0, track])
    y = np.full((4, span[1] - span[0]), y_here)
    codes = torch.where(X.amax(0) > 0, X.argmax(0), 4)  # (L,)
    taps = F.pad(network.stem.taps(), (0, 0, 0, 0, 0, 1))  # (5, span + 1, C), zeros for N
    has_n = bool((codes[span[0] : span[1]] == 4).any())
    choices = 4 if has_n else 3
    at_once = max(1, ROWS // (width * choices))
    for offset in range(0, network.pooled, width):
        wide = min(width, network.pooled - offset)
        begin = max(0, -(-(span[0] - offset - wide + 1) // network.pooled))
        finish = -(-(span[1] - offset) // network.pooled)
        for first in range(begin, finish, at_once):
            blocks = min(at_once, finish - first)
            grid = change.Grid(first, blocks, network.pooled, length)
            where = (
                torch.arange(first, first + blocks, device=X.device)[:, None] * network.pooled
                + offset
                + torch.arange(wide, device=X.device)
            )  # (J, wide)
            letters = codes[where.clamp(max=length - 1)]
            letter = torch.arange(choices, device=X.device)
            alts = letter.expand(*where.shape, 4) if has_n else (letters[..., None] + 1 + letter) % 4
            part = _stem(network.stem, taps, letters, alts, offset)
            grid = network.stem.coarser(grid, seen[0])
            part, grid = change.apply(network.layers, part, seen[0].out, seen[1:], grid)
            part = change.as_delta(part, last, grid)
            read = _head(network, part, grid, features, position, last.margin, track)
            inside = ((where >= span[0]) & (where < span[1]))[..., None].expand(alts.shape)
            column = (where - span[0])[..., None].expand(alts.shape)[inside].cpu().numpy()
            y[alts[inside].cpu().numpy(), column] = read.view(alts.shape)[inside].cpu().numpy()
            tick(int(inside.sum()) - (int(inside[..., 0].sum()) if has_n else 0))
    return y, y_here


def _stem(
    stem: change.Conv, taps: Tensor, letters: Tensor, alts: Tensor, offset: int
) -> change.Part:
    """Return the first convolution's differences: one letter's taps less another's."""
    blocks, wide, choices = alts.shape
    reach = taps.shape[1]
    data = taps.new_zeros(blocks, wide, choices, wide + reach - 1, taps.shape[2])
    for i in range(wide):
        data[:, i, :, i : i + reach] = taps[alts[:, i]] - taps[letters[:, i]][:, None]
    flat = data.view(blocks, wide * choices, wide + reach - 1, -1)
    return change.Part(flat, offset + stem.padding - stem.span, True)


def _head(
    network: Plan,
    part: change.Part,
    grid: change.Grid,
    features: Tensor,
    position: Tensor,
    margin: int,
    track: int,
) -> Tensor:
    """Return (J * n,) readings: the reference's position-weighted sums plus the differences'."""
    blocks, n, width, channels = part.data.shape
    maps, padded, _ = position.shape
    begin = margin + grid.first * grid.step + part.lo
    shape = (maps, blocks, 1, width, channels)
    strides = (padded * channels, grid.step * channels, channels, channels, 1)
    weights = position.as_strided(shape, strides, begin * channels)
    sums = torch.stack([(part.data * one).sum(2) for one in weights], 2)  # (J, n, maps, C)
    y: Tensor = network.head(sums.view(blocks * n, -1) + features)
    return y[:, track].double()
