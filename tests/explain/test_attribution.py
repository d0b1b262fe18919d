from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from gexp_core.encoding import one_hot
from gexp_core.errors import CancelledError, InputError, ModelError
from gexp_core.explain import ABOUT, BASELINES, AttributionSettings, attribute, attribution
from gexp_core.explain.baselines import baselines, dinucleotide_shuffles
from gexp_core.explain.paths import ROWS, paths
from gexp_core.models.base import Scalar
from gexp_core.predict import frames, predict
from gexp_core.types import SequenceSet, Target
from tests.explain.helpers import same, state, stop_after, watch
from tests.toy_models import (
    conv_model,
    ensemble_model,
    linear_model,
    linear_weights,
    motif_model,
    profile_model,
    random_sequence,
    random_set,
)

ZEROS = AttributionSettings(baseline="zeros")


def turned_weights(W, insert):
    """Return the weights that a linear model has on both strands, averaged."""
    begin, end = insert
    other = W.clone()
    other[:, begin:end] = W[:, begin:end].flip(0, 1)
    return ((W + other) / 2).numpy()


@pytest.mark.parametrize("baseline", BASELINES)
def test_linear_model_has_the_closed_form_everywhere(baseline):
    # exact, shorter (flanked), and longer (two windows) than the 42 bp that vary, some with N
    insert = (8, 50)
    model = linear_model(insert=insert)
    W = turned_weights(linear_weights(), insert)
    sequences = random_set((42, 20, 55), seed=3, alphabet="ACGTN")
    made = attribute(model, sequences, settings=AttributionSettings(baseline=baseline), seed=7)
    for i, text in enumerate(sequences.sequences):
        b = baselines(text, baseline, n=10, seed=7).mean(0)
        gradient = np.zeros((4, len(text)))
        if len(text) == 55:
            for start in (0, 13):
                gradient[:, start : start + 42] += W[:, 8:50] / 2
        else:
            offset = {42: 8, 20: 19}[len(text)]
            gradient = W[:, offset : offset + len(text)]
        np.testing.assert_allclose(made.attr[i], (one_hot(text) - b) * gradient, atol=2e-6)
    np.testing.assert_allclose(made.y, predict(model, sequences).means()[:, 0], atol=2e-6)
    assert np.abs(made.delta).max() < 1e-5


def midpoint(steps):
    """Return nodes and weights of the midpoint rule."""
    return (np.arange(steps) + 0.5) / steps, np.full(steps, 1 / steps)


def gauss(steps):
    """Return nodes and weights of Gauss's rule of two nodes, in each of equal parts of 0 to 1."""
    middles = (np.arange(steps // 2) + 0.5) / (steps // 2)
    aside = 1 / (steps // 2) / 2 / np.sqrt(3)
    return np.concatenate([middles - aside, middles + aside]), np.full(steps, 1 / steps)


def corrected(steps):
    """Return the midpoint rule with its outermost weights changed by 2, -3 and 1 parts of 24."""
    nodes, weights = midpoint(steps)
    for k, part in enumerate((2, -3, 1)):
        weights[[k, -1 - k]] += part / 24 / steps
    return nodes, weights


def shared_maximum(pool, x):
    """Return the maxima of pairs of neighbours (nodes, C, 1, W): one node after another.

    A node stands for the stretch around it; over it the difference of two neighbours goes straight,
    and each has the gradient for the share of the stretch in which it is the larger one.
    """
    assert pool.kernel_size == (1, 2)
    pairs = x[..., : x.shape[-1] // 2 * 2].unflatten(-1, (-1, 2))
    d = (pairs[..., 1] - pairs[..., 0]).detach().double()
    made = []
    for k, one in enumerate(pairs):
        before, after = max(k - 1, 0), min(k + 1, len(d) - 1)
        rise = (d[after] - d[before]) / max(1, after - before)
        low, high = d[k] - rise / 2, d[k] + rise / 2
        share = (high.clamp(min=0) - low.clamp(min=0)) / (high - low)
        share = torch.where(high == low, (d[k].sign() + 1) / 2, share).float()
        routed = one[..., 0] * (1 - share) + one[..., 1] * share
        made.append(one.amax(-1).detach() + routed - routed.detach())
    return torch.stack(made)


def integrate_in_runs(model, text, B, rule, rows):
    """Integrate by hand with shared maxima, at most ``rows`` nodes at once."""
    runs = [np.array_split(part, -(-len(part) // rows)) for part in rule]
    return sum(integrate(model, text, B, run) for run in zip(*runs, strict=True))


def integrate(model, text, B, rule, track=0):
    """Integrate gradients by hand: strands, members, windows and baselines one by one."""
    nodes, weights = (torch.tensor(part, dtype=torch.float32) for part in rule)
    steps = len(nodes)
    sequences = SequenceSet(("s",), (text,))
    how = frames(sequences, model.card)[0]
    left, right = (torch.from_numpy(part) for part in how.flanks())
    x = torch.from_numpy(one_hot(text))
    swap = model.strand_swap()
    total = torch.zeros_like(x, dtype=torch.float64)
    for b in torch.from_numpy(B):
        z = (b + nodes[:, None, None] * (x - b)).requires_grad_()
        f = 0
        for start in how.starts:
            insert = z[:, :, start : start + how.width]
            window = torch.cat([left.expand(steps, -1, -1), insert, right.expand(steps, -1, -1)], 2)
            begin, end = model.card.insert
            inside = window[:, :, begin:end].flip(1, 2)
            other = torch.cat([window[:, :, :begin], inside, window[:, :, end:]], 2)
            for network in model.network.members:
                f = (
                    f
                    + network(window)[:, :, track].mean(1)
                    + network(other)[:, :, swap[track]].mean(1)
                )
        f = f / (2 * len(model.network.members) * len(how.starts))
        (gradient,) = torch.autograd.grad(f.sum(), z)
        total += ((x - b) * (weights[:, None, None] * gradient).sum(0)).double()
    return (total / len(B)).numpy()


MODELS = [
    (conv_model(), 60),
    (ensemble_model(insert=(8, 50)), 30),
    (conv_model(insert=(8, 50), seed=2), 70),
    (profile_model(), 75),
]


@pytest.mark.parametrize(("model", "length"), MODELS)
@pytest.mark.parametrize("baseline", ["zeros", "shuffle"])
@pytest.mark.parametrize("understood", [True, False])
def test_agrees_with_an_independent_implementation(
    model, length, baseline, understood, monkeypatch
):
    text = random_sequence(length, 5)
    settings = AttributionSettings(baseline=baseline, n_baselines=2, tolerance=1e-7, max_steps=64)
    if not understood:
        monkeypatch.setattr(attribution, "paths", lambda scalar: None)
    made = attribute(model, SequenceSet(("s",), (text,)), settings=settings)
    B = baselines(text, baseline, n=2)
    if understood and paths(Scalar(model, Target())) is not None:
        monkeypatch.setattr(torch.nn.MaxPool2d, "forward", shared_maximum)
        wanted = integrate_in_runs(model, text, B, corrected(64), ROWS)
    else:  # captum reads the path
        wanted = integrate(model, text, B, gauss(64))
    assert np.abs(wanted).max() > 0.01
    assert np.abs(made.attr[0] - wanted).max() < 1e-5


@pytest.mark.parametrize(("model", "length"), MODELS)
def test_agrees_with_the_integral(model, length):
    text = random_sequence(length, 5)
    settings = AttributionSettings(baseline="zeros", tolerance=1e-7, max_steps=512)
    made = attribute(model, SequenceSet(("s",), (text,)), settings=settings)
    wanted = integrate(model, text, baselines(text, "zeros"), midpoint(2000))
    # a maximum makes gradients jump along the way, and the midpoint rule misses half a step of it
    error = 1e-5 if model.card.name == "toy-profile" else 2e-4
    assert np.abs(made.attr[0] - wanted).max() < error


@pytest.mark.parametrize("baseline", BASELINES)
def test_scores_add_up_to_a_hundredth(baseline):
    model = ensemble_model(seed=3)
    sequences = random_set((60, 25, 90), seed=1)
    settings = AttributionSettings(baseline=baseline, n_baselines=4)
    made = attribute(model, sequences, settings=settings)
    assert made.completeness_error().max() < 0.01
    summed = np.array([attr.sum(dtype=float) for attr in made.attr])
    np.testing.assert_allclose(made.delta, summed - (made.y - made.y_baseline), atol=1e-6)


def test_an_error_that_stays_is_reported():
    sequences = random_set((60, 60, 60))
    settings = AttributionSettings(baseline="zeros", max_steps=1)
    made = attribute(conv_model(), sequences, settings=settings)
    assert made.completeness_error().max() > 0.01


def test_ends_are_what_predict_says():
    model = ensemble_model(insert=(8, 50))
    sequences = random_set((60, 42, 30, 100), seed=4)
    settings = AttributionSettings(n_baselines=3)
    made = attribute(model, sequences, settings=settings, seed=11)
    np.testing.assert_allclose(made.y, predict(model, sequences).means()[:, 0], atol=1e-6)
    for i, text in enumerate(sequences.sequences):
        shuffles = dinucleotide_shuffles(text, 3, seed=11)
        there = predict(model, SequenceSet(("a", "b", "c"), shuffles)).means()[:, 0]
        np.testing.assert_allclose(made.y_baseline[i], there.mean(), atol=1e-6)


def test_target_chooses_track_and_rows():
    model = profile_model()
    sequences = random_set((60, 45))
    y = predict(model, sequences)
    made = attribute(model, sequences, settings=ZEROS, target=Target(1, (2, 5)))
    wanted = [y.y[y.rows(i)][2:5, 1].mean() for i in range(2)]
    np.testing.assert_allclose(made.y, wanted, atol=1e-6)
    assert np.abs(made.completeness_error()).max() < 0.01
    tiled = random_set((150,))
    rows = predict(linear_model(), tiled).y[1:3, 0].mean()
    made = attribute(linear_model(), tiled, settings=ZEROS, target=Target(0, (1, 3)))
    np.testing.assert_allclose(made.y, rows, atol=1e-6)
    assert not made.attr[0][:, :30].any()
    with pytest.raises(ModelError, match="there is no track number 2"):
        attribute(model, sequences, target=Target(2))
    with pytest.raises(ModelError, match="gives 6 for sequence 's0'"):
        attribute(model, sequences, target=Target(0, (4, 7)))


def test_does_not_depend_on_order_batch_or_company():
    model = conv_model(insert=(8, 50))
    sequences = random_set((60, 30, 100), seed=6)
    few = AttributionSettings(n_baselines=2, max_steps=32)
    whole = attribute(model, sequences, settings=few, seed=3)
    alone = attribute(model, sequences.select(("s2", "s0")), settings=few, seed=3, batch_size=37)
    for name, i in (("s2", 0), ("s0", 1)):
        there = whole.names.index(name)
        np.testing.assert_allclose(alone.attr[i], whole.attr[there], atol=1e-6)
    again = attribute(model, sequences, settings=few, seed=3)
    assert all(np.array_equal(a, b) for a, b in zip(whole.attr, again.attr, strict=True))
    other = attribute(model, sequences, settings=few, seed=4)
    assert not np.allclose(other.attr[0], whole.attr[0], atol=1e-4)


def test_motif_bases_come_first():
    text = random_sequence(26, 1) + "TGACTCA" + random_sequence(27, 2)
    made = attribute(motif_model(), SequenceSet(("s",), (text,)), settings=ZEROS)
    top = np.argsort(made.per_base(0))[-7:]
    assert set(top) == set(range(26, 33))


def test_one_strand():
    model = linear_model()
    sequences = random_set((60,))
    made = attribute(model, sequences, settings=replace(ZEROS, both_strands=False))
    wanted = one_hot(sequences.sequences[0]) * linear_weights().numpy()
    np.testing.assert_allclose(made.attr[0], wanted, atol=1e-6)


@pytest.mark.parametrize("calls", [None, 1, 4])
def test_model_comes_back_unchanged(calls):
    model = ensemble_model()
    before = state(model)
    sequences = random_set((60, 90))  # three windows
    settings = AttributionSettings(n_baselines=4)
    if calls is None:
        told = []
        attribute(model, sequences, settings=settings, batch_size=32, progress=watch(told))
        assert told[-1] == (12, 12)
        assert all(a <= b for (a, _), (b, _) in pairwise(told))
    else:
        with pytest.raises(CancelledError):
            stop = stop_after(calls)
            attribute(model, sequences, settings=settings, batch_size=32, progress=stop)
    assert same(before, state(model))
    assert torch.is_grad_enabled()


def test_settings_are_checked():
    with pytest.raises(InputError, match="baseline 'noise' is not one of shuffle, zeros"):
        AttributionSettings(baseline="noise")
    with pytest.raises(InputError, match="method 'guess' is not one of"):
        AttributionSettings(method="guess")
    for wrong in ({"n_baselines": 0}, {"tolerance": 0.0}, {"max_steps": 0}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            AttributionSettings(**wrong)


def test_provenance_says_how():
    made = attribute(linear_model(), random_set((60,)), settings=ZEROS, seed=5)
    settings = made.provenance.settings
    assert (settings["baseline"], settings["max_steps"], made.provenance.seed) == ("zeros", 256, 5)
    assert made.provenance.to_json() == made.provenance.to_json()


def construct(card, insert):
    """Return an insert between the assay's constant flanks."""
    begin, end = card.insert
    return card.background[:begin] + insert + card.background[end:]


@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize("method", [name for name, about in ABOUT.items() if about.baseline])
def test_an_insert_has_the_same_scores_alone_and_with_its_flanks(method, baseline):
    model = ensemble_model(insert=(7, 50))
    insert = random_sequence(43, 5)
    settings = AttributionSettings(method, baseline, n_baselines=3, samples=4)
    alone, whole = (
        attribute(model, SequenceSet(("s",), (text,)), settings=settings, seed=2)
        for text in (insert, construct(model.card, insert))
    )
    assert whole.y[0] == pytest.approx(alone.y[0], abs=1e-6)
    assert whole.y_baseline[0] == pytest.approx(alone.y_baseline[0], abs=1e-6)
    np.testing.assert_allclose(whole.attr[0][:, 7:50], alone.attr[0], atol=1e-6)
    assert not whole.attr[0][:, :7].any() and not whole.attr[0][:, 50:].any()


def test_ones_own_baseline_may_have_other_flanks():
    model = linear_model(insert=(8, 50), both_strands=False)
    text, own = construct(model.card, random_sequence(42, 5)), random_sequence(60, 6)
    settings = AttributionSettings(baseline="own", own=own)
    made = attribute(model, SequenceSet(("s",), (text,)), settings=settings)
    wanted = (one_hot(text) - one_hot(own)) * linear_weights().numpy()
    np.testing.assert_allclose(made.attr[0], wanted, atol=1e-6)


def test_a_method_without_a_baseline_scores_the_flanks_too():
    model = linear_model(insert=(8, 50), both_strands=False)
    text = construct(model.card, random_sequence(42, 5))
    made = attribute(
        model, SequenceSet(("s",), (text,)), settings=AttributionSettings("gradient-x-input")
    )
    np.testing.assert_allclose(made.attr[0], one_hot(text) * linear_weights().numpy(), atol=1e-6)
