"""Mean gradients along paths, read through plans, equal those of explicit points."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gexp_core.encoding import one_hot
from gexp_core.explain import AttributionSettings, attribute, attribution
from gexp_core.explain.baselines import baselines
from gexp_core.explain.pairs import nodes
from gexp_core.explain.paths import PAIRS, ROWS, Paths, paths
from gexp_core.explain.recording import Differs
from gexp_core.models.base import Scalar
from gexp_core.models.conv import ConvConfig
from gexp_core.types import Target
from tests.explain.helpers import same, state
from tests.explain.test_plans import Tree, randomised
from tests.toy_models import (
    attention_model,
    conv_model,
    linear_model,
    motif_model,
    random_sequence,
    random_set,
    recurrent_model,
    toy_card,
    wrap,
)

TWO = ConvConfig(input_length=60, tracks=3, stem_kernel=7, widths=(8, 12), kernel=3, hidden=8)


def tree_model(seed):
    length = 60 + 7 * (seed % 4)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        members = [randomised(Tree(seed, length), seed + k) for k in range(1 + seed % 2)]
    return wrap(members, toy_card(length, members=len(members), insert=(3, length - 4)))


def explicit(scalar, X, B, at, weights):
    """Gradients of the model itself at every point of every path, one path after another."""
    made = []
    for x, b in zip(torch.from_numpy(X), torch.from_numpy(B), strict=True):
        t = torch.tensor(at, dtype=torch.float32)[:, None, None]
        z = (b + t * (x - b)).requires_grad_()
        (g,) = torch.autograd.grad(scalar(z).sum(), z)
        made.append((torch.tensor(weights, dtype=torch.float32)[:, None, None] * g).sum(0))
    return torch.stack(made).numpy()


def agree(model, target=None, *, pairs=3, steps=5, both_strands=True):
    """Compare with explicit points, maxima having the gradient of their point alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gexp_core.explain.paths.along", lambda layer, rows: layer)
        compare(model, target or Target(), pairs, steps, both_strands)


def compare(model, target, pairs, steps, both_strands):
    scalar = Scalar(model, target, both_strands=both_strands)
    read = paths(scalar)
    assert read is not None
    length = model.card.input_length
    text = random_sequence(length, 3, "ACGTN")
    B = baselines(text, "shuffle", n=pairs)
    B[0] = 0  # no letters: every place of the stem is alike
    X = np.repeat(one_hot(text)[None], pairs, 0)
    wanted = explicit(scalar, X, B, *nodes(steps))
    made = read.means(X, B, *nodes(steps))
    assert np.abs(wanted).max() > 1e-3
    # float32 sums of the same numbers in another order
    assert np.abs(made - wanted).max() < 2e-6 * max(1, float(np.abs(wanted).max()))


KINDS = {
    "plain": conv_model(),
    "flanks": conv_model(insert=(8, 50), members=2),
    "one strand": conv_model(both_strands=False),
    "attention": attention_model(),
    "recurrent": recurrent_model(),
    "motif": motif_model(),
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_equals_gradients_at_explicit_points(kind):
    agree(KINDS[kind])


@pytest.mark.parametrize("seed", range(20))
def test_random_trees_of_layers(seed):
    agree(tree_model(seed))


@pytest.mark.parametrize("sizes", [(1, 1), (1, 2 * ROWS + 3), (2 * PAIRS + 1, 3)])
def test_any_number_of_pairs_and_nodes(sizes):
    pairs, steps = sizes
    agree(conv_model(members=2), pairs=pairs, steps=steps)


@pytest.mark.parametrize("kind", ["plain", "flanks", "attention", "recurrent"])
def test_is_nearer_to_the_integral_than_as_many_points_alone(kind):
    scalar = Scalar(KINDS[kind], Target())
    text = random_sequence(60, 3)
    B = baselines(text, "shuffle", n=3)
    X = np.repeat(one_hot(text)[None], 3, 0)
    truth = explicit(scalar, X, B, (np.arange(1000) + 0.5) / 1000, np.full(1000, 1e-3))
    error = {}
    for steps in (12, 24):
        shared = paths(scalar).means(X, B, *nodes(steps))
        alone = explicit(scalar, X, B, *nodes(steps))
        error[steps] = [np.abs(made - truth).sum() for made in (shared, alone)]
    assert error[12][0] < 0.7 * error[12][1]
    assert error[24][0] < 0.5 * error[24][1]


@pytest.mark.parametrize("target", [Target(1), Target(2, minus=0)])
def test_tracks(target):
    agree(conv_model(config=TWO), target)
    agree(conv_model(config=TWO), target, both_strands=False)


def test_what_is_not_understood_or_long_is_left_to_captum(monkeypatch):
    assert paths(Scalar(linear_model(), Target())) is None
    assert paths(Scalar(conv_model(), Target())) is not None
    monkeypatch.setattr("gexp_core.explain.paths.UNDERSTOOD", 59)
    assert paths(Scalar(conv_model(), Target())) is None


def test_captum_takes_over_where_a_network_goes_another_way(monkeypatch):
    model, sequences = conv_model(members=2), random_set((60, 40))
    settings = AttributionSettings(n_baselines=3)
    before = state(model)
    made = attribute(model, sequences, settings=settings)
    assert same(before, state(model))

    def other(*_):
        raise Differs

    monkeypatch.setattr(Paths, "means", other)
    wanted = attribute(model, sequences, settings=settings)
    # two rules, each within 1 % of the whole
    for one, theirs in zip(made.attr, wanted.attr, strict=True):
        assert 0 < np.abs(one - theirs).max() < 0.01 * np.abs(theirs).sum()


def test_captum_reads_no_more_windows_at_once_than_asked_for(monkeypatch):
    model, sequences = conv_model(), random_set((60, 50))
    settings = AttributionSettings(n_baselines=2, max_steps=16)
    monkeypatch.setattr(attribution, "paths", lambda scalar: None)
    wanted = attribute(model, sequences, settings=settings)
    read = []
    whole = type(model).readings

    def counted(self, X, **how):
        read.append(len(X))
        return whole(self, X, **how)

    monkeypatch.setattr(type(model), "readings", counted)
    for rows in (1, 3):
        read.clear()
        made = attribute(model, sequences, settings=settings, batch_size=rows)
        assert read and max(read) <= rows
        for one, theirs in zip(made.attr, wanted.attr, strict=True):
            np.testing.assert_allclose(one, theirs, atol=2e-6)


def test_gradients_are_taken_where_the_caller_takes_none():
    settings = AttributionSettings(baseline="zeros")
    model, sequences = conv_model(), random_set((60,))
    wanted = attribute(model, sequences, settings=settings).attr[0]
    with torch.no_grad():
        np.testing.assert_array_equal(
            attribute(conv_model(), sequences, settings=settings).attr[0], wanted
        )


def test_the_difference_of_two_tracks_is_credited_as_their_difference():
    model, sequences = conv_model(config=TWO, members=2), random_set((60, 50, 90), alphabet="ACGTN")
    # as many nodes for each: scores are linear in the number they explain
    settings = AttributionSettings(n_baselines=2, max_steps=20)
    first, second, both = (
        attribute(model, sequences, settings=settings, target=target)
        for target in (Target(2), Target(0), Target(2, minus=0))
    )
    for a, b, difference in zip(first.attr, second.attr, both.attr, strict=True):
        np.testing.assert_allclose(difference, a - b, atol=3e-6)
    np.testing.assert_allclose(both.y, first.y - second.y, atol=1e-6)
    assert both.provenance.settings["target"]["minus"] == 0
    assert replace(both.target, minus=None) == first.target
