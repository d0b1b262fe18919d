"""Explanations of attention and recurrent networks: each definition holds as for any other."""

import numpy as np
import pytest
import torch
from torch import nn

from gexp_core.encoding import BASES, one_hot
from gexp_core.explain import ABOUT, METHODS, AttributionSettings, attribute, mutagenesis
from gexp_core.explain.baselines import baselines
from gexp_core.explain.deeplift import prepared
from gexp_core.explain.health import health
from gexp_core.explain.incremental import incremental
from gexp_core.explain.rules import LayerNormRule, LSTMRule, Pairing, ruled
from gexp_core.models.attention import Attention
from gexp_core.models.base import Scalar
from gexp_core.predict import predict
from gexp_core.types import SequenceSet, Target
from tests.explain.helpers import same, state
from tests.toy_models import (
    attention_model,
    random_sequence,
    random_set,
    recurrent_model,
)

MODELS = {"attention": attention_model, "recurrent": recurrent_model}
TEXT = random_sequence(60, 5)
ONE = SequenceSet(("s",), (TEXT,))

pytestmark = pytest.mark.parametrize("kind", ["attention", "recurrent"])


def y(model, *texts):
    names = tuple(f"s{i}" for i in range(len(texts)))
    return predict(model, SequenceSet(names, texts)).y[:, 0].astype(float)


@pytest.mark.parametrize("method", [m for m in METHODS if ABOUT[m].complete])
def test_complete_methods_add_up(kind, method):
    model = MODELS[kind](members=1)
    settings = AttributionSettings(method, n_baselines=2, samples=64, max_steps=4096)
    made = attribute(model, random_set((40,), seed=1), settings=settings)
    # deeplift follows exact rules; the path methods miss by their tolerance, or by chance
    most = {"deeplift-shap": 1e-4, "expected-gradients": 0.1}.get(method, 0.01)
    assert made.completeness_error().max() < most


@pytest.mark.parametrize("method", [m for m in METHODS if not ABOUT[m].complete])
def test_other_methods_are_what_they_say(kind, method):
    model = MODELS[kind]()
    settings = AttributionSettings(method, "zeros", samples=50, noise=0.01)
    made = attribute(model, ONE, settings=settings)
    x = torch.from_numpy(one_hot(TEXT))[None].requires_grad_()
    (slope,) = torch.autograd.grad(Scalar(model, Target())(x).sum(), x)
    g = slope[0].numpy()
    if method == "saliency":
        np.testing.assert_allclose(made.attr[0], np.abs(g), atol=1e-6)
    elif method == "gradient-x-input":
        np.testing.assert_allclose(made.attr[0], one_hot(TEXT) * g, atol=1e-6)
    elif method == "smoothgrad":  # little noise: near the slope itself
        assert np.corrcoef(made.per_base(0), (one_hot(TEXT) * g).sum(0))[0, 1] > 0.98
    elif method == "occlusion":
        (first,) = y(model, "N" * 8 + TEXT[8:])
        (whole,) = y(model, TEXT)
        assert made.per_base(0)[0] == pytest.approx((whole - first) / 8, abs=1e-6)
    else:
        others = [TEXT[:9] + b + TEXT[10:] for b in BASES if b != TEXT[9]]
        lost = y(model, TEXT)[0] - y(model, *others).mean()
        assert made.per_base(0)[9] == pytest.approx(lost, abs=1e-5)


def test_mutagenesis_is_exact_and_reads_the_stem_incrementally(kind):
    model = MODELS[kind](insert=(8, 52))
    text = TEXT[:20] + "N" + TEXT[21:44]
    made = mutagenesis(model, SequenceSet(("s",), (text,)))
    assert incremental(Scalar(model, Target())) is not None
    (whole,) = y(model, text)
    for at in (0, 7, 20, 43):
        mutants = y(model, *(text[:at] + base + text[at + 1 :] for base in BASES))
        np.testing.assert_allclose(made.effect[0][:, at], mutants - whole, atol=2e-6)


def test_integrated_gradients_agree_with_a_fine_midpoint_sum(kind):
    model = MODELS[kind](members=1)
    settings = AttributionSettings(baseline="uniform", tolerance=1e-6, max_steps=2048)
    made = attribute(model, ONE, settings=settings)
    x, b = one_hot(TEXT), baselines(TEXT, "uniform")[0]
    t = (np.arange(2000, dtype=np.float32) + 0.5) / 2000
    scalar, total = Scalar(model, Target()), np.zeros((4, 60))
    for part in t.reshape(-1, 200):
        points = torch.from_numpy(b + part[:, None, None] * (x - b)).requires_grad_()
        total += torch.autograd.grad(scalar(points).sum(), points)[0].double().sum(0).numpy()
    np.testing.assert_allclose(made.attr[0], (x - b) * total / 2000, atol=1e-4)


def test_the_copy_with_rules_predicts_the_same_and_leaves_the_model_alone(kind):
    model = MODELS[kind]()
    before = state(model)
    copy, _ = prepared(model)
    X = torch.from_numpy(np.stack([one_hot(random_sequence(60, i)) for i in range(6)]))
    with torch.inference_mode():
        wanted, found = model.network(X), copy.network(X)
    torch.testing.assert_close(found, wanted, atol=3e-6, rtol=1e-5)
    attribute(model, ONE, settings=AttributionSettings("deeplift-shap", n_baselines=2))
    assert same(before, state(model))


def test_no_unit_is_left_without_a_rule(kind):
    left = [
        type(module).__name__
        for module in prepared(MODELS[kind](members=1))[0].network.modules()
        if isinstance(module, nn.LayerNorm | nn.LSTM | nn.Softmax | nn.GELU | nn.MaxPool2d)
    ]
    assert left == []


def test_multipliers_of_a_small_step_are_the_gradient(kind):
    # between two inputs that hardly differ, every rule becomes the derivative
    model = MODELS[kind](members=1, both_strands=False)
    x = torch.from_numpy(one_hot(TEXT))[None]
    step = 1e-3 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    both = torch.cat([x + step, x]).requires_grad_()
    scalar = Scalar(prepared(model)[0], Target())
    (rule,) = torch.autograd.grad(scalar(both).sum(), both)
    middle = (x + step / 2).requires_grad_()
    (slope,) = torch.autograd.grad(Scalar(model, Target())(middle).sum(), middle)
    scale = float(slope.abs().max())
    # a maximum may still pass on another of two places, so a few differ
    close = ((rule[:1] - slope).abs() < 0.01 * scale).float().mean()
    assert float(close) > 0.95


def test_deeplift_holds_where_gates_and_attention_are_sharp(kind):
    # what two factors got once grew with the distance of sequence and baseline, and cancelled
    model = MODELS[kind](members=1)
    for module in model.network.modules():
        if isinstance(module, Attention):
            module.project.weight.data[: len(module.project.weight) * 2 // 3] *= 6  # q and k
        if isinstance(module, nn.LSTM):
            module.weight_ih_l0.data *= 6
    settings = AttributionSettings("deeplift-shap", n_baselines=5)
    made = attribute(model, ONE, settings=settings)
    effects = mutagenesis(model, ONE).effect[0]
    assert abs(made.delta[0]) < 1e-4 * max(1.0, abs(made.y[0]))
    assert np.abs(made.attr[0]).max() < 10 * np.abs(effects).max()
    few = attribute(model, ONE, settings=settings, batch_size=3)  # two baselines at a time
    np.testing.assert_allclose(few.attr[0], made.attr[0], atol=1e-5 * np.abs(made.attr[0]).max())


def test_health_is_measured_for_it_too(kind):
    model = MODELS[kind](members=1)
    made = attribute(model, ONE, settings=AttributionSettings("gradient-x-input"))
    found = {check.name: check for check in health(model, ONE, 0, made).checks}
    assert np.isfinite(found["mutagenesis"].value) and np.isfinite(found["control"].value)


def test_a_layer_of_another_form_has_no_rule(kind):
    assert (
        ruled(nn.LSTM(4, 3, num_layers=2, batch_first=True, bidirectional=True), Pairing()) is None
    )
    assert ruled(nn.LSTM(4, 3, batch_first=True), Pairing()) is None
    assert ruled(nn.LayerNorm((2, 3)), Pairing()) is None
    x = torch.randn(6, 5, 4, generator=torch.Generator().manual_seed(1))
    norm = nn.LayerNorm(4, elementwise_affine=False)
    made = ruled(norm, Pairing())
    assert isinstance(made, LayerNormRule)
    torch.testing.assert_close(made(x), norm(x), atol=1e-6, rtol=1e-5)
    memory = nn.LSTM(4, 3, batch_first=True, bidirectional=True)
    made = ruled(memory, Pairing())
    assert isinstance(made, LSTMRule)
    torch.testing.assert_close(made(x)[0], memory(x)[0], atol=1e-6, rtol=1e-5)
