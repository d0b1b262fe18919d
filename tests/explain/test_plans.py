"""Any tree of layers is read incrementally, and exactly; what is not such a tree is left alone."""

import threading

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gexp_core.encoding import one_hot
from gexp_core.explain.incremental import incremental
from gexp_core.explain.plans import compile_plan
from gexp_core.explain.single_base import Plain
from gexp_core.models.base import Scalar
from gexp_core.types import Target
from tests.toy_models import conv_model, random_sequence, toy_card, wrap


class Residual(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)


class Gate(nn.Module):
    """A product of two branches, and a join of channels."""

    def __init__(self, channels):
        super().__init__()
        self.one = nn.Conv1d(channels, channels, 3, padding=1)
        self.other = nn.Conv1d(channels, channels, 1)

    def forward(self, x):
        return torch.cat([self.one(x) * torch.sigmoid(self.other(x)), 0.5 * x], 1)


class Tree(nn.Module):
    """A random tree of layers, and one of several kinds of rest."""

    def __init__(self, seed, length):
        super().__init__()
        draw = np.random.default_rng(seed)
        channels, layers = 4, []
        for _ in range(int(draw.integers(2, 5))):
            width, kernel = int(draw.choice([4, 6, 8])), int(draw.integers(1, 8))
            dilation, stride = int(draw.integers(1, 3)), int(draw.choice([1, 1, 1, 2]))
            layers.append(
                nn.Conv1d(
                    channels,
                    width,
                    kernel,
                    stride=stride,
                    dilation=dilation,
                    padding=int(draw.integers(kernel // 2, kernel + 1)) * dilation,
                    groups=int(draw.choice([1, 2])) if channels % 2 == 0 and layers else 1,
                    bias=bool(draw.integers(2)),
                )
            )
            channels = width
            kinds = [
                lambda c: nn.BatchNorm1d(c),
                lambda c: nn.MaxPool1d(2),
                lambda c: nn.AvgPool1d(3),
                lambda c: Residual(
                    nn.Sequential(nn.Conv1d(c, c, 3, padding=1), nn.BatchNorm1d(c), nn.SiLU())
                ),
                lambda c: Gate(c),
            ]
            for kind in draw.permutation(len(kinds))[:2]:
                layers.append(kinds[kind](channels))
                channels *= 2 if isinstance(layers[-1], Gate) else 1
            layers.append([nn.ReLU(), nn.GELU(), nn.ELU(), nn.Tanh()][draw.integers(4)])
            left = self._left(layers, length)
            if left < 12:
                break
        self.trunk = nn.Sequential(*layers)
        self.kind = ("mean", "flat", "places", "tokens", "best")[seed % 5]
        self.position = nn.Parameter(torch.randn(2, channels, left) * 0.3)
        features = {"flat": channels * left, "places": 2 * channels}.get(self.kind, channels)
        self.norm = nn.LayerNorm(channels)
        self.key = nn.Linear(channels, channels)
        self.head = nn.Sequential(nn.Linear(features, 5), nn.ReLU(), nn.Linear(5, 1))

    @staticmethod
    def _left(layers, length):
        with torch.no_grad():
            return nn.Sequential(*layers).eval()(torch.zeros(1, 4, length)).shape[2]

    def forward(self, X):
        x = self.trunk(X)
        if self.kind == "mean":
            x = x.mean(2)
        elif self.kind == "flat":
            x = x.flatten(1)
        elif self.kind == "best":
            x = x.amax(-1)
        elif self.kind == "places":
            x = torch.einsum("ncw,mcw->nmc", x, self.position).flatten(1)
        else:
            x = x.transpose(1, 2)
            key = self.key(self.norm(x))
            x = (x + (key @ key.transpose(1, 2)).softmax(2) @ x).mean(1)
        return self.head(x)[:, None]


def randomised(network, seed):
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.running_mean.normal_(0, 0.3, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            with torch.no_grad():
                module.weight.normal_(0, 1, generator=generator)  # negative gains too
                module.bias.normal_(0, 0.3, generator=generator)
        elif isinstance(module, nn.Conv1d | nn.Linear):  # as torch starts it, mutants hardly differ
            nn.init.kaiming_normal_(module.weight, generator=generator)
    return network


def both(model, text, start=0, end=None, target=None):
    """Readings of every letter by the plan and by explicit mutants."""
    scalar = Scalar(model, target or Target())
    read = incremental(scalar)
    assert read is not None
    X = torch.from_numpy(one_hot(text))
    end = end or len(text)
    with torch.inference_mode():
        made, here = read(X, start, end, lambda done: None)
        wanted, there = Plain(scalar, 64)(X, start, end, lambda done: None)
    changes = one_hot(text)[:, start:end] == 0
    return made[changes] - here, wanted[changes] - there, here, there


def agree(model, text, **options):
    made, wanted, here, there = both(model, text, **options)
    bound = 1e-5 * max(1, abs(there))  # float32 holds seven digits of y, not of its changes
    assert abs(here - there) < bound
    assert np.abs(made - wanted).max() < bound
    return wanted


@pytest.mark.parametrize("seed", range(20))
def test_random_trees_of_layers_equal_explicit_mutants(seed):
    length = 60 + 7 * (seed % 4)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        members = [randomised(Tree(seed, length), seed + k) for k in range(1 + seed % 2)]
    model = wrap(members, toy_card(length, members=len(members), insert=(3, length - 4)))
    effect = agree(model, random_sequence(length, seed, "ACGTN"))
    assert np.abs(effect).max() > 1e-3


def test_members_of_two_forms_have_a_plan_each():
    a, b = (conv_model(seed=k).network.members[0] for k in (0, 1))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        other = Tree(2, 60)
    model = wrap([a, other, b], toy_card(60, members=3))
    read = incremental(Scalar(model, Target()))
    assert [len(plan.networks) for plan in read.plans] == [2, 1]
    agree(model, random_sequence(60, 1))


class InPlace(nn.Module):
    """Writes over what a view of it is read from later: order matters, and no layer says so."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 4, 3, padding=1)

    def forward(self, X):
        x = self.conv(X)
        turned = x.transpose(1, 2)
        F.relu(x, inplace=True)
        return (x.sum((1, 2)) + (turned**2).sum((1, 2)))[:, None, None]


class Alternating(nn.Module):
    """Goes another way where there are many windows."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 4, 3, padding=1)

    def forward(self, X):
        x = self.conv(X)
        x = x.relu() if len(X) > 2 else x.tanh()
        return x.amax(2).sum(1)[:, None, None]


@pytest.mark.parametrize("kind", [InPlace, Alternating])
def test_what_a_plan_would_get_wrong_is_read_plainly(kind):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = wrap([kind()], toy_card(30))
    assert incremental(Scalar(model, Target())) is None


def test_networks_in_training_have_no_plan():
    network = conv_model().network.members[0]
    assert compile_plan([network], 60) is not None
    assert compile_plan([network.train()], 60) is None


def test_tracing_disturbs_no_other_thread():
    model = conv_model(members=1)
    network = model.network.members[0]
    X = torch.from_numpy(np.stack([one_hot(random_sequence(60, i)) for i in range(8)]))
    with torch.inference_mode():
        wanted = network(X)
    stop, wrong, read = threading.Event(), [], [0]

    def other():
        while not stop.is_set():
            with torch.inference_mode():
                if not torch.equal(network(X), wanted):
                    wrong.append(read[0])
            read[0] += 1

    thread = threading.Thread(target=other)
    thread.start()
    try:
        while read[0] < 20:
            assert compile_plan([network], 60) is not None
    finally:
        stop.set()
        thread.join()
    assert not wrong
