import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gexp_core.explain import changes as change
from gexp_core.explain.convolution import Conv
from gexp_core.explain.layer import join
from gexp_core.explain.layers import Affine, Pointwise, Pool, Sum

M, S = 2, 2


def chain(draw):
    """Layers of two networks, what each reads, and the same as torch functions."""
    first, inner, last = draw(M, 6, 3, 5), draw(M, 6, 6, 5), draw(M, 4, 6, 2)
    scale, shift = draw(M, 6), draw(M, 6)

    def conv(weight, dilation, padding):
        taps = weight.permute(0, 3, 2, 1).contiguous()
        zeros = torch.zeros(M, weight.shape[1])
        return Conv(taps, zeros, left=padding, right=padding, dilation=dilation)

    layers = [
        (conv(first, 1, 2), (-1,)),
        (Affine(scale, shift), (0,)),
        (Pool(3), (1,)),
        (Pointwise(nn.ReLU().forward), (2,)),
        (conv(inner, 2, 4), (3,)),
        (Pointwise(nn.GELU().forward), (4,)),
        (Sum(), (3, 5)),
        (conv(last, 1, 0), (6,)),
    ]

    def forward(m, x):  # (N, C, W)
        x = F.conv1d(x, first[m], padding=2)
        x = x * scale[m][:, None] + shift[m][:, None]
        x = F.relu(F.max_pool1d(x, 3))
        x = x + F.gelu(F.conv1d(x, inner[m], padding=4, dilation=2))
        return F.conv1d(x, last[m], padding=0)

    return layers, forward


@pytest.mark.parametrize("length", [30, 31, 32, 47])
def test_any_chain_equals_the_whole_computation(length):
    generator = torch.Generator().manual_seed(length)

    def draw(*shape):
        return torch.randn(*shape, generator=generator)

    layers, forward = chain(draw)
    texts = draw(S, length, 3)
    # changes of three places of every block of six, from the block's second place; the blocks of
    # the two texts begin one block apart, and some lie beyond the end
    firsts, blocks, n = (0, 1), -(-length // 6), 2
    delta = draw(3, S, blocks, n, 3)
    grids = [change.Grid(firsts, blocks, 6, length)]
    letters = change.Reference(texts.expand(M, S, length, 3), 64)
    part = change.Part(delta.expand(M, *delta.shape).clone(), 1, True)
    seen, parts = {-1: letters}, {-1: part}
    at = {-1: grids[0]}
    for i, (layer, inputs) in enumerate(layers):
        before = [seen[k] for k in inputs]
        seen[i] = change.Reference(layer.see(*(one.x for one in before)), 64)
        given = [parts[k] for k in inputs]
        parts[i] = layer.apply(given, before, seen[i], at[inputs[0]])
        step = at[inputs[0]].step // layer.factor
        at[i] = change.Grid(firsts, blocks, step, seen[i].length)
    last = len(layers) - 1
    part = change.as_delta(parts[last], seen[last], at[last])
    for m in range(M):
        for s in range(S):
            y_ref = forward(m, texts[s].T[None])[0].T
            assert at[last].length == len(y_ref)
            for j in range(blocks):
                begin = 6 * (firsts[s] + j) + 1
                for k in range(n):
                    mutant = texts[s].clone()
                    for i in range(3):
                        if begin + i < length:
                            mutant[begin + i] += delta[i, s, j, k]
                    wanted = forward(m, mutant.T[None])[0].T - y_ref
                    got = torch.zeros_like(wanted)
                    for w in range(part.data.shape[1]):
                        place = part.lo + (firsts[s] + j) * at[last].step + w
                        if 0 <= place < len(got):
                            got[place] = part.data[m, w, s, j, k]
                    # float32 sums of about a hundred products of numbers near 1
                    assert (got - wanted).abs().max() < 1e-4


@pytest.mark.parametrize("stride", [1, 2])
def test_exchanged_letters_are_read_from_a_table(stride):
    weight = torch.randn(1, 3, 4, 5)
    taps = weight.permute(0, 3, 2, 1).contiguous()
    conv = Conv(taps, torch.zeros(1, 3), left=4, right=4, dilation=2, stride=stride)
    codes = torch.tensor([[[2, 4]]])  # G and N
    alts = torch.tensor([[[[0, 1, 3], [0, 1, 2]]]])
    letters = change.Letters(codes, alts, 10, 1)
    part = conv.exchanged(letters)
    here = F.one_hot(torch.tensor([2, 4]), 5)[:, :4].float()
    for k in range(6):
        place, alt = divmod(k, 3)
        difference = torch.zeros(40, 4)
        difference[10 + place] = F.one_hot(alts[0, 0, place, alt], 4).float() - here[place]
        whole = F.conv1d(difference.T[None], weight[0], padding=4, dilation=2, stride=stride)[0].T
        got = torch.zeros_like(whole)
        got[part.lo : part.hi] = part.data[0, :, 0, 0, k]
        torch.testing.assert_close(got, whole)


def test_layers_that_are_not_alike_are_not_joined():
    taps = torch.randn(1, 3, 4, 5)
    a, b = Conv(taps, torch.zeros(1, 5)), Conv(taps, torch.zeros(1, 5))
    both = join([a, b])
    assert both.taps.shape == (2, 3, 4, 5)
    assert join([a, Pool(2)]) is None
    assert join([Pool(2), Pool(3)]) is None
    assert join([a, Conv(taps, torch.zeros(1, 5), dilation=2)]) is None
    assert join([a, Conv(torch.randn(1, 5, 4, 5), torch.zeros(1, 5))]) is None
