"""What follows a tower with attention, read for few tokens and few bins: exact, and little work."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from gexp_core.explain.incremental import incremental
from gexp_core.explain.plans import compile_plan
from gexp_core.explain.shares import counted
from gexp_core.explain.windows import Window
from gexp_core.models.adapters.baskerville import BaskervilleConfig, BaskervilleNetwork
from gexp_core.models.base import Scalar
from gexp_core.types import Target
from tests.explain.test_plans import agree, both, randomised
from tests.toy_models import random_sequence, toy_card, wrap

SIZES = {"input_length": 256, "tracks": 2, "stem_width": 6, "widths": (6, 8, 8), "heads": 2}
SIZES |= {"stem_kernel": 7, "key_size": 4, "position_features": 4, "crop": 4}
TEXT = random_sequence(256, 5, "ACGTN")


def tower(*, members=1, sharp=1.0, **sizes):
    """Networks with attention ``sharp`` times as decided as torch would begin with."""
    config = BaskervilleConfig(**SIZES | sizes)
    networks = []
    for seed in range(members):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = randomised(BaskervilleNetwork(config), seed)
        for block in network.blocks:
            block.attention.query.weight.data *= sharp
        networks.append(network)
    card = toy_card(
        256, tracks=("plus", "minus"), strand_pairs=(1, 0), bins=config.bins,
        bin_size=config.bin_size, members=members,
    )  # fmt: skip
    return wrap(networks, card)


@pytest.mark.parametrize("rows", [None, (1, 5), (0, 1), (55, 56)])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_mutants_equal_explicit_ones(layers, rows):
    bins = tower(layers=layers).card.bins
    assert bins == 56
    effect = agree(tower(layers=layers), TEXT, start=90, end=131, target=Target(1, rows))
    assert np.abs(effect).max() > 1e-3


@pytest.mark.parametrize("window", [(0, 9), (250, 256)])
def test_at_the_ends(window):
    start, end = window
    effect = agree(tower(), TEXT, start=start, end=end, target=Target(0, (0, 56)))
    assert np.abs(effect).max() > 1e-4


def test_more_members_steps_up_and_wider_kernels():
    model = tower(members=2, rises=3, crop=8, rise_kernel=5)
    effect = agree(model, TEXT, start=100, end=120, target=Target(1, (40, 43)))
    assert np.abs(effect).max() > 1e-3


@pytest.mark.parametrize(("sharp", "nats"), [(30.0, 20.0), (300.0, 200.0)])
def test_a_token_that_takes_all_attention_may_change(sharp, nats):
    # what the others have in its place is e^-nats of the sum, and all of it where it goes
    model = tower(sharp=sharp)
    read = incremental(Scalar(model, Target(1, (20, 30))))
    X = torch.eye(5)[["ACGTN".index(letter) for letter in TEXT], :4].T
    with torch.inference_mode():
        (behind,) = Window(read.plans[0], X[None]).behind
    two = behind.scores.topk(2).values  # of every token, its most and second most
    assert float((two[..., 0] - two[..., 1]).amax()) > nats
    agree(model, TEXT, start=60, end=200, target=Target(1, (20, 30)))


def test_without_a_tail_the_rest_is_read_whole(monkeypatch):
    target = Target(0, (10, 12))
    made, _, y, _ = both(tower(), TEXT, start=90, end=99, target=target)
    monkeypatch.setattr("gexp_core.explain.plans.tail_of", lambda *_: None)
    model = tower()
    assert incremental(Scalar(model, target)).plans[0].tails == ()
    whole, *_ = both(model, TEXT, start=90, end=99, target=target)
    assert np.abs(made - whole).max() < 1e-5 * max(1, abs(y))  # sums in other orders


@pytest.mark.parametrize("rows", [(500, 504), None])
def test_operations_are_those_that_are_counted(rows):
    config = BaskervilleConfig(
        input_length=32_768, tracks=5, stem_width=8, widths=(8, 8, 8, 8, 8, 32), crop=0
    )
    network = BaskervilleNetwork(config).eval()
    card = toy_card(32_768, tracks=tuple("abcde"), bins=config.bins, bin_size=config.bin_size)
    sizes = {name: getattr(config, name) for name in config.__slots__}
    card = replace(card, architecture="baskerville", config=sizes)
    X = torch.zeros(1, 4, 32_768)
    X[:, 0] = 1
    with torch.inference_mode():
        plan = compile_plan([network], 32_768)
        window = Window(plan, X, rows)
        with FlopCounterMode(display=False) as counter:
            n = sum(made.alts.numel() for made in window.read([(16_000, 16_016)], every=False))
    assert n == 48
    known = counted(card, rows)
    # convolutions of the tower are counted with the tail; a projection of distances is left out
    assert known.behind + known.mutant == pytest.approx(counter.get_total_flops() / n, rel=0.15)
    assert known.share < (0.1 if rows else 0.5)
