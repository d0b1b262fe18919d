"""What a mutant is said to cost, from sizes alone, beside what is counted on loaded networks."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gexp_core.explain.plans import compile_plan
from gexp_core.explain.shares import WIDTH, counted, share
from gexp_core.explain.windows import Window
from gexp_core.models import registry
from gexp_core.models.adapters.baskerville import BaskervilleConfig, BaskervilleNetwork
from tests.toy_models import toy_card


def fields(config):
    return {name: getattr(config, name) for name in config.__slots__}


def measured(network, length):
    """Operations of a forward pass, as torch counts them, and of a mutant, as the plan does."""
    X = torch.zeros(1, 4, length)
    with torch.inference_mode():
        with FlopCounterMode(display=False) as counter:
            network(X)
        plan = compile_plan([network], length)
        window = Window(plan, X)
    whole = counter.get_total_flops()
    for module in network.modules():
        if isinstance(module, nn.LSTM):  # which torch does not count: each weight once a step
            weights = sum(p.numel() for p in module.parameters() if p.ndim == 2)
            whole += 2 * weights * network.position.shape[-1]
    return whole, plan.flops(WIDTH), window, plan


@pytest.mark.parametrize("name", registry.offered())
def test_bundled_models(name):
    card = registry.card(name)
    member = card.members - 1
    network = registry.build(card.architecture, card.sizes(member)).eval()
    whole, mutant, window, plan = measured(network, card.input_length)
    made = counted(card, member=member)
    # attention's sums over places and biases are a per mille of the rest
    assert made.whole == pytest.approx(whole, rel=0.02)
    assert made.mutant == pytest.approx(mutant, rel=0.02)
    lengths = [reference.length for reference in window.seen]
    assert made.whole - made.rest == pytest.approx(plan.flops_whole(lengths), rel=0.03)
    assert 0.03 < share(card) < 0.6


def test_a_tower_with_attention():
    config = BaskervilleConfig(input_length=2048, tracks=3, crop=8)
    card = replace(toy_card(2048), architecture="baskerville", config=fields(config))
    whole, mutant, _, _ = measured(BaskervilleNetwork(config).eval(), 2048)
    made = counted(card)
    # torch does not count the distances' projection, and counts products that broadcast
    assert made.whole == pytest.approx(whole, rel=0.05)
    assert made.mutant == pytest.approx(mutant, rel=0.02)


def test_what_is_not_known_costs_a_forward_pass():
    assert counted(toy_card(60)) is None
    assert share(toy_card(60)) == 1.0
