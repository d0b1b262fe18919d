"""The attention and the recurrent network against second implementations of their layers."""

import pytest
import torch
from torch import nn

from gexp_core.encoding import one_hot
from gexp_core.models import registry
from gexp_core.models.attention import Attention
from tests.toy_models import (
    attention_config,
    attention_model,
    attention_network,
    random_sequence,
    recurrent_model,
)

#: float32 sums in another order differ by this much where values are about 1
ROUNDING = {"atol": 2e-6, "rtol": 1e-5}

MODELS = {"attention": attention_model, "recurrent": recurrent_model}


def windows(count, length=60, seed=0):
    texts = [random_sequence(length, seed + i) for i in range(count)]
    return torch.stack([torch.from_numpy(one_hot(text)) for text in texts])


def layer(width=12, heads=3, positions=4, seed=1):
    """An attention layer that clips distances, on tokens farther apart than it can tell."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = Attention(width, heads, positions)
        nn.init.normal_(made.distance)
        return made.eval(), torch.randn(5, 11, width)


def test_attention_agrees_with_torchs_own():
    made, x = layer()
    query, key, value = made.project(x).chunk(3, -1)
    split = [part.unflatten(-1, (3, 4)).transpose(1, 2) for part in (query, key, value)]
    bias = torch.empty(3, 11, 11)
    for q in range(11):
        for k in range(11):
            bias[:, q, k] = made.distance[:, max(-4, min(4, k - q)) + 4]
    wanted = nn.functional.scaled_dot_product_attention(*split, attn_mask=bias)
    taken, maps = made(x)
    torch.testing.assert_close(taken, made.merge(wanted.transpose(1, 2).flatten(2)), **ROUNDING)
    torch.testing.assert_close(maps @ split[2], wanted, **ROUNDING)


def test_attention_agrees_with_torchs_layer_without_distances():
    made, x = layer()
    nn.init.zeros_(made.distance)
    other = nn.MultiheadAttention(12, 3, batch_first=True).eval()
    other.in_proj_weight, other.in_proj_bias = made.project.weight, made.project.bias
    other.out_proj = made.merge
    with torch.no_grad():
        wanted, wanted_maps = other(x, x, x, average_attn_weights=False)
        taken, maps = made(x)
    torch.testing.assert_close(taken, wanted, **ROUNDING)
    torch.testing.assert_close(maps, wanted_maps, **ROUNDING)


def test_maps_are_shares_and_forward_is_the_same_path():
    network = attention_network(attention_config(62), seed=3).eval()
    X = windows(3, 62)
    y, maps = network.attended(X)
    assert [one.shape for one in maps] == [(3, 3, 15, 15)] * 2
    for one in maps:
        assert float(one.detach().min()) >= 0
        torch.testing.assert_close(one.sum(3), torch.ones(3, 3, 15), atol=1e-6, rtol=0)
        assert float(one.detach().max()) > 0.3  # far from even, which would be 1 / 15
    assert torch.equal(network(X), y)


def test_the_map_that_is_told_is_the_one_that_is_used():
    made, x = layer()
    _, maps = made(x)
    value = made.project(x).chunk(3, -1)[2].unflatten(-1, (3, 4)).transpose(1, 2)
    taken = made.merge((maps @ value).transpose(1, 2).flatten(2))
    torch.testing.assert_close(made(x)[0], taken, atol=0, rtol=0)


@pytest.mark.parametrize("repeats", [0, 1])
def test_a_token_sees_what_its_reach_says_and_no_more(repeats):
    config = attention_config(60, widths=(6, 6, 6), heads=2, repeats=repeats)
    network = attention_network(config).eval()
    reach = 2 + 2 + 4 + repeats * 8
    assert (network.bases_per_token, network.reach) == (8, (reach, reach))
    X = windows(1).requires_grad_()
    x = network.stem(X[:, :, None])[:, :, 0]  # (1, D, Q)
    seen = []
    for token in range(x.shape[2]):
        (slope,) = torch.autograd.grad(x[0, :, token].sum(), X, retain_graph=True)
        seen.append(slope[0].abs().sum(0).nonzero().flatten())
    before, after = network.reach
    for token, bases in enumerate(seen):
        assert bases.min() >= 8 * token - before
        assert bases.max() < 8 * (token + 1) + after
    # a maximum passes one of two on, so one token rarely shows its whole reach; all together do
    edges = [8 * token - int(bases.min()) for token, bases in enumerate(seen) if token > 1]
    assert max(edges) > before - 4


def test_the_recurrent_layer_agrees_with_an_explicit_loop():
    network = recurrent_model(members=1).network.members[0]
    x = torch.randn(4, 15, 12, generator=torch.Generator().manual_seed(5))
    made = network.memory(x)[0]
    for ending, order, part in (
        ("", range(15), slice(0, 6)),
        ("_reverse", reversed(range(15)), slice(6, 12)),
    ):
        cell = nn.LSTMCell(12, 6)
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            setattr(cell, kind, getattr(network.memory, f"{kind}_l0{ending}"))
        state = (torch.zeros(4, 6), torch.zeros(4, 6))
        for step in order:
            state = cell(x[:, step], state)
            torch.testing.assert_close(made[:, step, part], state[0], **ROUNDING)


def test_the_recurrent_network_reads_both_ways_from_the_stem_to_the_head():
    network = recurrent_model(members=1).network.members[0]
    X = windows(2)
    x = network.stem(X[:, :, None])[:, :, 0].transpose(1, 2)
    x = network.memory(x)[0]
    sums = [(x * network.position[m].T).sum(1) for m in range(2)]
    torch.testing.assert_close(network(X), network.head(torch.cat(sums, 1))[:, None], **ROUNDING)


@pytest.mark.parametrize("kind", MODELS)
def test_a_prediction_does_not_depend_on_its_batch(kind):
    network = MODELS[kind]().network
    X = windows(7)
    with torch.inference_mode():
        together = network.each(X)
        alone = torch.cat([network.each(one[None]) for one in X], 1)
        order = torch.tensor([4, 2, 6, 0, 1, 3, 5])
        torch.testing.assert_close(network.each(X[order]), together[:, order], **ROUNDING)
    assert together.shape == (2, 7, 1, 1)
    torch.testing.assert_close(alone, together, **ROUNDING)
    assert float(together.std(1).min()) > 0.01  # it does depend on the letters


@pytest.mark.parametrize("kind", MODELS)
def test_gradients_reach_every_parameter_and_every_base(kind):
    network = MODELS[kind](members=1).network.members[0].train().requires_grad_()
    X = windows(8).requires_grad_()
    network(X).square().sum().backward()
    still = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    # convolutions are normalised after them, so nothing else is excused
    assert still == []
    assert (X.grad.abs().sum((0, 1)) > 0).all()


@pytest.mark.parametrize("kind", MODELS)
def test_the_registry_builds_it_from_a_cards_json(kind):
    config = {"input_length": 60, "widths": [8, 12], "hidden": 8}
    config |= {"heads": 3} if kind == "attention" else {"states": 6}
    network = registry.build(kind, config).eval()
    with torch.inference_mode():
        assert network(windows(2)).shape == (2, 1, 1)
    assert (kind in registry.ATTENTIVE) == hasattr(network, "attended")
