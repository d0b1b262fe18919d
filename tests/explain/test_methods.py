import threading
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import DeepLift
from torch import nn

from gexp_core.encoding import one_hot
from gexp_core.errors import InputError
from gexp_core.explain import ABOUT, METHODS, AttributionSettings, attribute, evaluations
from gexp_core.explain.baselines import baselines
from gexp_core.explain.deeplift import prepared
from gexp_core.explain.scans import _shared, _spans
from gexp_core.models.base import Scalar
from gexp_core.types import SequenceSet, Target
from tests.explain.helpers import same, state, watch
from tests.toy_models import (
    conv_model,
    ensemble_model,
    linear_model,
    linear_weights,
    motif_model,
    profile_model,
    random_sequence,
    random_set,
    toy_card,
    wrap,
)

ONE = SequenceSet(("s",), (random_sequence(60, 5),))
WITH_LETTERS = [method for method in METHODS if ABOUT[method].letters]
WITH_GRADIENTS = [method for method in METHODS if ABOUT[method].gradient]


def closed_form(method, text, b, W):
    """Return scores (4, L) of the linear model sum(W x), written down."""
    x = one_hot(text)
    if method == "saliency":
        return np.abs(W)
    if method in ("gradient-x-input", "smoothgrad"):
        return x * W
    if method == "mutagenesis":
        return x * ((x * W).sum(0) - (W.sum(0) - (x * W).sum(0)) / 3)
    if method == "occlusion":
        lost = ((x - b) * W).sum(0)
        total, count = np.zeros(60), np.zeros(60)
        for start in (*range(0, 52, 2), 52):
            total[start : start + 8] += lost[start : start + 8].sum() / 8
            count[start : start + 8] += 1
        return x * total / count
    return (x - b) * W


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("baseline", ["shuffle", "uniform"])
def test_linear_model_has_the_closed_form(method, baseline):
    text = ONE.sequences[0][:20] + "N" + ONE.sequences[0][21:]
    settings = AttributionSettings(method, baseline, both_strands=False, samples=3)
    made = attribute(linear_model(), SequenceSet(("s",), (text,)), settings=settings, seed=7)
    b = baselines(text, baseline, n=10, seed=7).mean(0)
    wanted = closed_form(method, text, b, linear_weights().numpy())
    np.testing.assert_allclose(made.attr[0], wanted, atol=3e-6)
    if ABOUT[method].complete:
        assert abs(made.delta[0]) < 1e-5


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("baseline", ["zeros", "shuffle"])
def test_planted_bases_come_first(method, baseline):
    text = random_sequence(26, 1) + "TGACTCA" + random_sequence(27, 2)
    settings = AttributionSettings(method, baseline, size=3, step=1)
    made = attribute(motif_model(), SequenceSet(("s",), (text,)), settings=settings)
    assert set(np.argsort(made.per_base(0))[-7:]) == set(range(26, 33))


@pytest.mark.parametrize("method", METHODS)
def test_seeds_reproduce_and_matter_where_something_is_drawn(method):
    settings = AttributionSettings(method, "zeros", samples=4)
    model = conv_model(insert=(8, 50))
    sequences = random_set((42, 60))
    first, again, alone, other = (
        attribute(model, some, settings=settings, seed=seed, batch_size=size).attr[0]
        for some, seed, size in (
            (sequences, 1, 64),
            (sequences, 1, 64),
            (sequences.select(("s0",)), 1, 7),
            (sequences, 2, 64),
        )
    )
    assert np.array_equal(first, again)
    np.testing.assert_allclose(alone, first, atol=1e-6)
    assert np.array_equal(first, other) != ABOUT[method].chance


@pytest.mark.parametrize("method", WITH_GRADIENTS)
def test_off_simplex_correction_centres_what_letters_get(method):
    uniform = AttributionSettings(
        method, "uniform", samples=2, off_simplex=True, hypothetical=True, both_strands=False
    )
    made = attribute(linear_model(), ONE, settings=uniform)
    W = linear_weights().numpy()
    centred = W - W.mean(0)
    wanted = np.abs(centred) if method == "saliency" else centred
    np.testing.assert_allclose(made.hypothetical[0], wanted, atol=3e-6)
    plain = attribute(linear_model(), ONE, settings=replace(uniform, off_simplex=False))
    if ABOUT[method].complete:  # the two differ by what is not on the simplex, so sums stay
        np.testing.assert_allclose(made.per_base(0), plain.per_base(0), atol=3e-6)
    assert not np.allclose(made.attr[0], plain.attr[0], atol=1e-3)


@pytest.mark.parametrize("method", [m for m in METHODS if ABOUT[m].complete])
@pytest.mark.parametrize("baseline", ["uniform", "gc", "shuffle", "own"])
def test_off_simplex_correction_leaves_sums_where_one_of_the_two_is_n(method, baseline):
    text = ONE.sequences[0][:20] + "N" * 10 + ONE.sequences[0][30:]
    own = "NNN" + random_sequence(57, 8) if baseline == "own" else ""
    settings = AttributionSettings(
        method, baseline, own=own, samples=2, off_simplex=True, both_strands=False
    )
    model = linear_model()
    made, plain = (
        attribute(model, SequenceSet(("s",), (text,)), settings=one)
        for one in (settings, replace(settings, off_simplex=False))
    )
    assert settings.complete and made.completeness_error()[0] < 1e-5
    np.testing.assert_allclose(made.per_base(0), plain.per_base(0), atol=3e-6)
    assert not np.allclose(made.attr[0], plain.attr[0], atol=1e-3)


@pytest.mark.parametrize("method", WITH_LETTERS)
def test_a_hypothetical_score_is_what_the_letter_would_get(method):
    settings = AttributionSettings(method, "uniform", hypothetical=True, both_strands=False)
    text = ONE.sequences[0]
    made = attribute(linear_model(), ONE, settings=settings)
    flipped = text[:9] + ("A" if text[9] != "A" else "C") + text[10:]
    other = attribute(linear_model(), SequenceSet(("s",), (flipped,)), settings=settings)
    if method == "saliency":
        np.testing.assert_array_equal(made.hypothetical[0], made.attr[0])
    else:  # on a linear model a score depends on its own position alone
        there = made.hypothetical[0]["ACGT".index(flipped[9]), 9]
        np.testing.assert_allclose(there, other.per_base(0)[9], atol=3e-6)
        here = (one_hot(text) * made.hypothetical[0]).sum(0)
        np.testing.assert_allclose(here, made.per_base(0), atol=3e-6)
    plain = replace(settings, hypothetical=False)
    assert attribute(linear_model(), ONE, settings=plain).hypothetical == ()


@pytest.mark.parametrize("method", [m for m in METHODS if ABOUT[m].complete])
def test_complete_methods_add_up(method):
    sequences = random_set((60, 25, 90), seed=1)
    settings = AttributionSettings(method, n_baselines=4, samples=128)
    made = attribute(ensemble_model(seed=3), sequences, settings=settings)
    # expected gradients miss by chance
    most = 0.03 if ABOUT[method].chance else 0.01
    assert made.completeness_error().max() < most


def test_deeplift_adds_up_to_rounding_on_every_baseline():
    model = ensemble_model(insert=(8, 50))
    for baseline in ("zeros", "uniform", "shuffle"):
        settings = AttributionSettings("deeplift-shap", baseline)
        made = attribute(model, random_set((42, 60), alphabet="ACGTN"), settings=settings)
        assert np.abs(made.delta).max() < 1e-5


def test_deeplift_says_so_where_a_part_has_no_rule():
    settings = AttributionSettings("deeplift-shap", "zeros")
    assert attribute(profile_model(), ONE, settings=settings).completeness_error()[0] > 0.01


@pytest.mark.parametrize(
    ("pool", "known"),
    [
        (nn.MaxPool1d(2), True),
        (nn.MaxPool1d(3, 2), True),
        (nn.MaxPool2d((1, 2)), True),
        (nn.MaxPool2d(2), False),
        (nn.MaxPool2d((1, 2), stride=2), False),
        (nn.MaxPool1d(3, 1, padding=1), False),
        (nn.MaxPool1d(2, dilation=2), False),
        (nn.MaxPool1d(2, ceil_mode=True), False),
    ],
)
def test_maxima_along_the_sequence_have_a_rule(pool, known):
    copy, _ = prepared(wrap([nn.Sequential(pool)], toy_card(60)))
    left = [one for one in copy.network.modules() if isinstance(one, type(pool))]
    assert (not left) == known


@pytest.mark.parametrize("make", [ensemble_model, motif_model], ids=["rules", "a part without"])
def test_sequences_that_deeplift_reads_together_do_not_mix(make):
    model = make(insert=(8, 50))
    sequences = random_set((42, 60, 30, 42, 90))
    settings = AttributionSettings("deeplift-shap", "shuffle", 3, hypothetical=True)
    made = attribute(model, sequences, settings=settings, batch_size=16)
    for i, name in enumerate(sequences.names):
        alone = attribute(model, sequences.select((name,)), settings=settings, batch_size=2)
        np.testing.assert_allclose(alone.hypothetical[0], made.hypothetical[i], atol=2e-6)
        assert alone.y[0] == pytest.approx(made.y[i], abs=1e-6)
        assert alone.y_baseline[0] == pytest.approx(made.y_baseline[i], abs=1e-6)


def test_a_unit_without_a_rule_keeps_its_derivative_at_the_sequence():
    model, text = motif_model(), random_sequence(60, 3)
    settings = AttributionSettings("deeplift-shap", "shuffle", 4, both_strands=False)
    made = attribute(model, SequenceSet(("s",), (text,)), settings=settings, seed=1)
    x = torch.from_numpy(one_hot(text))[None].requires_grad_()
    (slope,) = torch.autograd.grad(Scalar(model, Target(), both_strands=False)(x).sum(), x)
    B = baselines(text, "shuffle", n=4, seed=1)
    wanted = ((one_hot(text) - B) * slope[0].numpy()).mean(0)
    np.testing.assert_allclose(made.attr[0], wanted, atol=1e-6)


class Known(nn.Module):
    """Parts that captum has DeepLIFT rules for as well."""

    def __init__(self, *pool):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(4, 6, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool1d(*pool) if pool else nn.Identity(),
            nn.Conv1d(6, 3, 3),
            nn.Tanh(),
            nn.MaxPool1d(2) if pool else nn.Identity(),
            nn.Flatten(),
            nn.LazyLinear(1),
        )

    def forward(self, X):
        return self.layers(X)[:, :, None]


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks")
@pytest.mark.filterwarnings("ignore:Input Tensor . did not already require")
@pytest.mark.parametrize("pool", [(), (2,), (3, 2)])
def test_deeplift_agrees_with_captum(pool):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        network = Known(*pool)
        network(torch.zeros(1, 4, 60))
    text = ONE.sequences[0]
    settings = AttributionSettings("deeplift-shap", "shuffle", 3, both_strands=False)
    made = attribute(wrap([network], toy_card(60)), ONE, settings=settings, seed=2)
    assert abs(made.delta[0]) < 1e-5
    if pool:
        return  # captum divides the change of a maximum otherwise; here it must add up, no more
    B = torch.from_numpy(baselines(text, "shuffle", n=3, seed=2))
    X = torch.from_numpy(one_hot(text)).expand(3, -1, -1)
    flat = nn.Sequential(network.layers)
    wanted = DeepLift(flat).attribute(X, B, target=0).mean(0)
    assert np.abs(made.attr[0] - wanted.detach().numpy()).max() < 1e-5


def disturbed(model, explain, rounds):
    """How often another thread reads something else while ``explain`` is called again and again."""
    X = torch.from_numpy(np.stack([one_hot(random_sequence(60, n)) for n in range(8)]))
    scalar = Scalar(model, Target())
    with torch.inference_mode():
        wanted = scalar(X)
    gradient = torch.autograd.grad(scalar(z := X.clone().requires_grad_()).sum(), z)[0]
    stop, wrong, read = threading.Event(), [], [0]

    def other():
        while not stop.is_set():
            z = X.clone().requires_grad_()
            try:
                y = scalar(z)
                (found,) = torch.autograd.grad(y.sum(), z)
                good = torch.equal(y.detach(), wanted) and torch.equal(found, gradient)
            except (AttributeError, AssertionError, KeyError, RuntimeError):
                good = False  # a hook that meets what it was not made for
            if not good:
                wrong.append(read[0])
            read[0] += 1

    thread = threading.Thread(target=other)
    thread.start()
    try:
        explain()
        while read[0] < rounds and not wrong:
            explain()
    finally:
        stop.set()
        thread.join()
    return len(wrong)


@pytest.mark.parametrize("method", METHODS)
def test_no_method_disturbs_what_another_thread_reads(method):
    model = ensemble_model()
    before = state(model)
    settings = AttributionSettings(method, n_baselines=2, samples=4)
    assert not disturbed(model, lambda: attribute(model, ONE, settings=settings), 5)
    assert same(before, state(model))
    assert prepared(model)[0].network is not model.network


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks")
@pytest.mark.filterwarnings("ignore:Input Tensor . did not already require")
def test_a_method_that_hooks_the_model_would_be_caught():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        network = Known()
        network(torch.zeros(1, 4, 60))
    model = wrap([network], toy_card(60))
    X = torch.from_numpy(one_hot(ONE.sequences[0])).expand(16, -1, -1)

    def hooking():  # is disturbed itself too
        with suppress(AttributeError, AssertionError, KeyError, RuntimeError):
            DeepLift(nn.Sequential(network.layers)).attribute(X, torch.zeros_like(X), target=0)

    assert disturbed(model, hooking, 10_000)


@pytest.mark.parametrize("method", METHODS)
def test_model_comes_back_unchanged_and_progress_ends(method):
    model, told = ensemble_model(), []
    before = state(model)
    settings = AttributionSettings(method, n_baselines=2, samples=3)
    attribute(model, random_set((60, 90)), settings=settings, progress=watch(told))
    assert told[-1][0] == told[-1][1] > 0
    assert same(before, state(model))


def test_scans_of_tiles_are_the_mean_of_windows():
    # brute force: every window of the sequence read with every occluded text
    model = conv_model()
    (text,) = random_set((90,), seed=2).sequences
    settings = AttributionSettings("occlusion", "zeros", size=10, step=7)
    made = attribute(model, SequenceSet(("s",), (text,)), settings=settings)
    spans = _spans(90, 10, 7)
    assert spans[-1] == (80, 90)

    def y(letters):
        from gexp_core.predict import predict

        return float(predict(model, SequenceSet(("s",), (letters,))).means()[0, 0])

    loss = np.array([y(text) - y(text[:s] + "N" * (e - s) + text[e:]) for s, e in spans])
    np.testing.assert_allclose(made.per_base(0), _shared(90, spans, loss), atol=1e-6)


def test_ones_own_baseline():
    own = random_sequence(60, 8)
    settings = AttributionSettings(baseline="own", own=own, both_strands=False)
    made = attribute(linear_model(), ONE, settings=settings)
    wanted = (one_hot(ONE.sequences[0]) - one_hot(own)) * linear_weights().numpy()
    np.testing.assert_allclose(made.attr[0], wanted, atol=1e-6)
    assert made.baseline == "own"
    with pytest.raises(InputError, match="the baseline has 60 bases and the sequence has 61"):
        attribute(linear_model(), random_set((61,)), settings=settings)


def test_choices_that_do_not_go_together():
    for wrong, said in (
        ({"baseline": "own"}, "its letters go together"),
        ({"own": "ACGT"}, "its letters go together"),
        ({"method": "occlusion", "hypothetical": True}, "gives no score to letters"),
        ({"method": "mutagenesis", "off_simplex": True}, "takes no gradients"),
        ({"size": 4, "step": 5}, "give a step from 1 to the size"),
        ({"samples": 0}, "samples"),
        ({"noise": 0.0}, "noise"),
    ):
        with pytest.raises(InputError, match=said):
            AttributionSettings(**wrong)
    assert not AttributionSettings(baseline="zeros", off_simplex=True).complete


@pytest.mark.parametrize("method", METHODS)
def test_cost_is_known_beforehand(method):
    card = toy_card(60)
    settings = AttributionSettings(method)
    one = evaluations(card, ONE, work="attribute", settings=settings)
    two = evaluations(card, random_set((60, 60)), work="attribute", settings=settings)
    assert 0 < one < two <= 2 * one
