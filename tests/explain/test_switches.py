"""Maxima along a path: shares of a stretch, and gradients that know of them."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gexp_core.explain.layers import Pool
from gexp_core.explain.pairs import nodes
from gexp_core.explain.switches import Along, Rows, along, shares


def test_of_a_straight_line_the_share_is_exact():
    n, fine = 7, 1000
    slopes, crossings = torch.randn(50), torch.rand(50)
    at = torch.from_numpy(nodes(n)[0]).float()[:, None]
    points = (torch.arange(n * fine) + 0.5)[:, None] / (n * fine)
    wanted = (slopes * (points - crossings) > 0).float().view(n, fine, -1).mean(1)
    made = shares((slopes * (at - crossings))[None])[0]
    assert torch.abs(made - wanted).max() < 1.5 / fine  # of the fine points
    assert ((made > 0) & (made < 1)).any(0).all()


def test_what_does_not_change_goes_to_one_and_equals_share():
    made = shares(torch.tensor([[0.0, 1e-9, -1e-9, 3.0]]).repeat(2, 4, 1))
    assert made.tolist() == [[[0.5, 1, 0, 1]] * 4] * 2
    assert shares(torch.tensor([[[0.0, 2.0, -2.0]]])).tolist() == [[[0.5, 1, 0]]]


@pytest.mark.parametrize("size", [2, 3])
def test_maxima_of_straight_lines_are_integrated_at_few_nodes(size):
    generator = torch.Generator().manual_seed(size)
    first, last = torch.randn(2, 4 * size, 6, generator=generator)
    weight = torch.randn(4, 6, generator=generator)

    def mean(n, layer):
        at, weights = (torch.from_numpy(part).float() for part in nodes(n))
        rows = torch.lerp(first, last, at[:, None, None])[None].requires_grad_()
        y = layer.see(rows)
        wanted = F.max_pool1d(rows[0].transpose(1, 2), size).transpose(1, 2)
        assert torch.equal(y[0], wanted)
        (g,) = torch.autograd.grad(((y * weight).sum((2, 3)) * weights).sum(), rows)
        return g[0].sum(0)

    truth = mean(20_000, Pool(size))
    few = torch.abs(mean(10, along(Pool(size), Rows())) - truth).sum()
    points = torch.abs(mean(10, Pool(size)) - truth).sum()
    # of two neighbours the share is exact; of three only where no two switches share a stretch.
    # The outer weights, which are for smooth functions, leave something of a switch there
    assert few < {2: 0.15, 3: 0.3}[size] * points


def test_only_maxima_are_changed():
    assert isinstance(along(Pool(2), Rows()), Along)
    assert along(Pool(2, sign=torch.ones(1, 3)), Rows()).sign is not None
    for layer in (Pool(2, mean=True), Pool(1), Along(2)):
        assert type(along(layer, Rows())) is type(layer)
    assert np.isclose(nodes(9)[1].sum(), 1)
