import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gexp_core.explain import layers as change


def changed(layers, X, mutants, lo, grid):
    """Carry mutants' input differences through layers; return (W, J, n, C) and its grid."""
    before = change.Reference(X, 64)
    seen = change.see(layers, before)
    part = change.Part(mutants.permute(2, 0, 1, 3).contiguous(), lo, True)
    part, grid = change.apply(layers, part, before, seen, grid)
    return change.as_delta(part, seen[-1].out, grid), grid


def network(weights, convs):
    """Return a torch function: conv, affine, pool 3, relu, residual (conv, gelu), conv."""
    first, inner, last = convs
    scale, shift = weights

    def forward(x):  # (N, C, W)
        x = F.conv1d(x, first, padding=2)
        x = x * scale[:, None] + shift[:, None]
        x = F.relu(F.max_pool1d(x, 3))
        x = x + F.gelu(F.conv1d(x, inner, padding=4, dilation=2))
        return F.conv1d(x, last, padding=0)

    return forward


@pytest.mark.parametrize("length", [30, 31, 32, 47])
def test_any_chain_equals_the_whole_computation(length):
    generator = torch.Generator().manual_seed(length)

    def draw(*shape):
        return torch.randn(*shape, generator=generator)

    convs = draw(6, 3, 5), draw(6, 6, 5), draw(4, 6, 2)
    scale, shift = draw(6), draw(6)
    forward = network((scale, shift), convs)

    def conv(weight, dilation, padding):
        zeros = torch.zeros(weight.shape[0])
        return change.Conv(weight[:, :, None], zeros, dilation, padding)

    layers = (
        conv(convs[0], 1, 2),
        change.Affine(scale, shift),
        change.Pool(3),
        change.Pointwise(nn.ReLU().forward),
        change.Residual((conv(convs[1], 2, 4), change.Pointwise(nn.GELU().forward))),
        conv(convs[2], 1, 0),
    )
    X = draw(length, 3)
    blocks = -(-length // 6)
    # a change of three positions of every block of six, from the second position of the block
    delta = draw(blocks, 2, 3, 3)
    grid = change.Grid(0, blocks, 6, length)
    part, grid = changed(layers, X, delta.clone(), 1, grid)
    y_ref = forward(X.T[None])[0].T
    assert grid.length == len(y_ref)
    for j in range(blocks):
        for n in range(2):
            mutant = X.clone()
            for i in range(3):
                if 6 * j + 1 + i < length:
                    mutant[6 * j + 1 + i] += delta[j, n, i]
            wanted = forward(mutant.T[None])[0].T - y_ref
            got = torch.zeros_like(wanted)
            for w in range(len(part.data)):
                at = part.lo + j * grid.step + w
                if 0 <= at < len(got):
                    got[at] = part.data[w, j, n]
            assert (got - wanted).abs().max() < 1e-4


def test_taps_are_what_one_letter_adds():
    weight = torch.randn(3, 4, 1, 5)
    conv = change.Conv(weight, torch.zeros(3), 2, 4)
    X = torch.zeros(21, 4)
    X[10, 2] = 1
    y = F.conv2d(X.T[None, :, None], weight, padding=(0, 4), dilation=(1, 2))[0, :, 0].T
    begin, end, at = conv.room(10, 11)
    assert (begin, end, at) == (6, 15, 0)
    torch.testing.assert_close(conv.taps[:, 2], y[begin:end:2])
