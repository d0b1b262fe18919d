"""Attention maps: those forward used, in the right coordinates, and the numbers made of them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gexp_core import predict as predicting
from gexp_core.encoding import frame, one_hot, reverse_complement
from gexp_core.errors import CancelledError, InputError, LimitError, ModelError
from gexp_core.explain import attention, mutagenesis
from gexp_core.explain import attention_map as numbers
from gexp_core.explain.attention import attended
from gexp_core.models.attention import Attention
from gexp_core.predict import predict
from gexp_core.types import SequenceSet, Target
from tests.explain.helpers import same, state, stop_after, watch
from tests.toy_models import attention_model, conv_model, random_sequence, random_set

ONE = SequenceSet(("s",), (random_sequence(60, 5),))


def one(text):
    return SequenceSet(("s",), (text,))


@pytest.mark.parametrize("insert", [(0, 60), (8, 52)])
def test_rows_are_shares_and_shapes_are_told(insert):
    made = attended(attention_model(insert=insert), random_set((insert[1] - insert[0], 30, 95)))
    rows = len(made.row_sequence)
    assert made.weights.shape == (rows, 2, 2, 2, 3, 15, 15)
    assert made.weights.dtype == made.relevance.dtype == np.float32
    np.testing.assert_allclose(made.weights.sum(-1), 1, atol=1e-6)
    assert made.weights.min() >= 0 and made.aligned
    assert (made.networks, made.strands, made.layers, made.heads) == (2, 2, 2, 3)
    assert made.rows(2).start == 2 and made.rows(2).stop == rows


class Replayed(torch.nn.Module):
    """Attend by maps that are given, whatever the tokens hold."""

    def __init__(self, inner, weights):
        super().__init__()
        self.inner, self.weights = inner, weights

    def forward(self, x):
        n, q, d = x.shape
        value = self.inner.project(x).view(n, q, 3, self.inner.heads, -1)[:, :, 2].transpose(1, 2)
        taken = (self.weights @ value).transpose(1, 2).reshape(n, q, d)
        return self.inner.merge(taken), self.weights


def replay(model, made, strand, wrong=False):
    """Return the readings (M,) of the first window by the maps in ``made``."""
    text = made.sequences[0]
    X = torch.from_numpy(one_hot(text))[None]
    X = model.turned(X) if strand else X
    out = []
    for m, member in enumerate(model.network.members):
        kept = [block.attention for block in member.blocks]
        try:
            for layer, block in enumerate(member.blocks):
                weights = made.weights[0, m, strand, layer].copy()
                weights = weights[:, ::-1, ::-1].copy() if strand else weights
                weights = weights.transpose(0, 2, 1).copy() if wrong else weights
                block.attention = Replayed(kept[layer], torch.from_numpy(weights)[None])
            with torch.inference_mode():
                out.append(float(member(X)))
        finally:
            for block, inner in zip(member.blocks, kept, strict=True):
                block.attention = inner
    return np.array(out)


def test_they_are_the_maps_that_forward_used():
    # the maps are put back into the network in place of its own: it must read the same
    model = attention_model()
    made = attended(model, ONE)
    X = torch.from_numpy(one_hot(ONE.sequences[0]))[None]
    with torch.inference_mode():
        truth = model.readings(X)[:, :, 0, 0, 0].numpy()  # (M, S)
    for strand in range(2):
        np.testing.assert_allclose(replay(model, made, strand), truth[:, strand], atol=2e-6)
        assert np.abs(replay(model, made, strand, wrong=True) - truth[:, strand]).min() > 1e-3
    assert all(isinstance(b.attention, Attention) for b in model.network.members[0].blocks)


def test_the_other_strand_lies_in_the_coordinates_of_the_given_one():
    model = attention_model(insert=(8, 52))
    text = random_sequence(44, 2)
    here = attended(model, one(text))
    there = attended(model, one(reverse_complement(text)))
    # reading the turned sequence as given is reading this one turned; tokens 2 to 12 are the insert
    order = np.array([0, 1, *range(12, 1, -1), 13, 14])
    for values, others in (
        (here.weights, there.weights),
        (here.relevance, there.relevance),
    ):
        turned = others[:, :, 0][..., order, :][..., order]
        np.testing.assert_allclose(values[:, :, 1], turned, atol=1e-6)
        assert np.abs(values[:, :, 0] - values[:, :, 1]).max() > 0.01
    assert here.aligned


def brute_force(turned, length, insert, size):
    """Lay maps (Q, Q) of the other strand on the given tokens, base by base."""
    tokens = length // size
    where = list(range(length))
    where[insert[0] : insert[1]] = where[insert[0] : insert[1]][::-1]
    out = np.zeros((tokens, tokens))
    for q in range(tokens):
        rows = [where[b] // size for b in range(size * q, size * (q + 1))]
        rows = [row for row in rows if row < tokens]
        mean = np.mean([turned[row] for row in rows], 0)
        for t in range(tokens):
            holds = [b for b in range(size * tokens) if where[b] // size == t]
            for base in holds:
                out[q, base // size] += mean[t] / len(holds)
    return out


@pytest.mark.parametrize(("length", "insert"), [(62, (0, 62)), (60, (5, 47)), (61, (3, 60))])
def test_tokens_that_do_not_lie_on_each_other_are_laid_over_base_by_base(length, insert):
    model = attention_model(length, insert=insert, members=1)
    text = random_sequence(insert[1] - insert[0], 3)
    made = attended(model, one(text))
    assert not made.aligned
    np.testing.assert_allclose(made.weights.sum(-1), 1, atol=1e-6)
    plan = frame(text, background=model.card.background, insert=insert)
    X = torch.from_numpy(plan.windows(one_hot(text)[None]))
    maps = model.network.members[0].attended(model.turned(X))[1]
    for layer, raw in enumerate(maps):
        for head in range(3):
            wanted = brute_force(raw[0, head].detach().numpy(), length, insert, 4)
            np.testing.assert_allclose(made.weights[0, 0, 1, layer, head], wanted, atol=1e-6)


def test_one_strand_where_one_is_read():
    oriented = attention_model(both_strands=False)
    both, single = attended(oriented, ONE), attended(attention_model(), ONE, both_strands=False)
    assert both.strands == single.strands == 1
    assert np.array_equal(both.weights, single.weights)


def test_windows_of_a_long_and_a_short_sequence_keep_their_places():
    model = attention_model(insert=(8, 52))
    long, short = random_sequence(100, 1), random_sequence(20, 2)
    made = attended(model, SequenceSet(("long", "short"), (long, short)), batch_size=2)
    assert made.start.tolist() == [0, 22, 44, 56, 0]
    assert made.end.tolist() == [44, 66, 88, 100, 20]
    for row in range(4):  # each window alone is the same
        alone = attended(model, one(long[made.start[row] : made.end[row]]))
        np.testing.assert_allclose(alone.weights[0], made.weights[row], atol=1e-6)
        first, last = made.bases(row)
        assert first[2] == made.start[row] and last[12] == made.end[row]
        assert np.flatnonzero(made.inside(row)).tolist() == list(range(2, 13))
    first, _ = made.bases(4)
    assert made.offset[4] == 20 and first[5] == 0  # 12 bases of background before it, and flank
    assert np.flatnonzero(made.inside(4)).tolist() == [5, 6, 7, 8, 9]
    part = attended(model, one(long), target=Target(rows=(1, 3)))
    assert np.array_equal(part.start, made.start[1:3])
    assert made.window.tolist() == [0, 1, 2, 3, 0] and part.window.tolist() == [1, 2]
    assert part.only(1).window.tolist() == [2]
    np.testing.assert_allclose(part.weights, made.weights[1:3], atol=1e-6)


def test_relevance_is_attention_that_raises_the_reading():
    # the gradient by a map is the change of the reading by a small change of the map
    model = attention_model(members=1)
    made = attended(model, ONE)
    weights = made.weights[0, 0, 0].astype(np.float64)
    member = model.network.members[0].double()
    X = torch.from_numpy(one_hot(ONE.sequences[0])).double()[None]
    inner = [block.attention for block in member.blocks]

    def read(maps):
        for layer, block in enumerate(member.blocks):
            block.attention = Replayed(inner[layer], torch.from_numpy(maps[layer])[None])
        with torch.inference_mode():
            return float(member(X))

    rng = np.random.default_rng(0)
    y, maps = member.attended(X.clone().requires_grad_())
    exact = torch.autograd.grad(y.sum(), maps)
    for _ in range(8):  # of the last layer, after which no map changes with it
        h, q, k = (int(rng.integers(n)) for n in weights.shape[1:])
        moved = weights.copy()
        moved[1, h, q, k] += 1e-4
        slope = (read(moved) - read(weights)) / 1e-4
        assert slope == pytest.approx(float(exact[1][0, h, q, k]), rel=2e-3, abs=2e-5)
    slopes = np.stack([one[0].numpy() for one in exact])
    through = np.eye(15)
    for layer in range(2):
        step = np.mean(
            [np.clip(slopes[layer, h] * weights[layer, h], 0, None) for h in range(3)], 0
        )
        through = through + step @ through
    np.testing.assert_allclose(made.relevance[0, 0, 0], through - np.eye(15), atol=1e-5)


def test_relevance_follows_the_track_and_its_mate_on_the_other_strand():
    model = attention_model(tracks=2, members=1, strand_pairs=(1, 0))
    first, second = (attended(model, ONE, target=Target(track)) for track in (0, 1))
    assert np.array_equal(first.weights, second.weights)
    assert np.abs(first.relevance - second.relevance).max() > 1e-3
    there = attended(model, one(reverse_complement(ONE.sequences[0])), target=Target(1))
    turned = there.relevance[0, 0, 0][::-1, ::-1]
    np.testing.assert_allclose(first.relevance[0, 0, 1], turned, atol=1e-6)


def test_choices_and_means():
    made = attended(attention_model(), ONE)
    w = made.weights[0]
    np.testing.assert_array_equal(made.map(0, network=1, strand=0, layer=1, head=2), w[1, 0, 1, 2])
    np.testing.assert_allclose(made.map(0), w.mean((0, 1, 2, 3)), atol=1e-7)
    np.testing.assert_allclose(made.map(0, layer=1), w[:, :, 1].mean((0, 1, 2)), atol=1e-7)
    np.testing.assert_allclose(made.weighted(0, network=0), made.relevance[0, 0].mean(0), atol=1e-7)
    with pytest.raises(InputError, match="no head number 4; there are 3"):
        made.map(0, head=3)
    with pytest.raises(InputError, match="no network number 0"):
        made.rollout(0, network=-1)


def test_rollout_is_the_share_of_all_paths():
    # brute force over every path through the layers: stay or move, half each
    rng = np.random.default_rng(1)
    maps = rng.dirichlet(np.ones(4), (3, 4))
    wanted = np.zeros((4, 4))
    for start in range(4):
        paths = {(start,): 1.0}
        for layer in (2, 1, 0):  # from the last layer's token down to the input
            paths = {
                (*path, k): share * (0.5 * maps[layer, path[-1], k] + 0.5 * (path[-1] == k))
                for path, share in paths.items()
                for k in range(4)
            }
        for path, share in paths.items():
            wanted[start, path[-1]] += share
    np.testing.assert_allclose(numbers.rollout(maps), wanted, atol=1e-12)
    np.testing.assert_allclose(numbers.rollout(np.stack([np.eye(4)] * 5)), np.eye(4))
    made = attended(attention_model(), ONE)
    np.testing.assert_allclose(made.rollout(0).sum(1), 1, atol=1e-6)
    by_hand = [numbers.rollout(made.weights[0, m, s].mean(1)) for m in (0, 1) for s in (0, 1)]
    np.testing.assert_allclose(made.rollout(0), np.mean(by_hand, 0), atol=1e-6)


def test_numbers_of_maps_that_can_be_written_down():
    even, own = np.full((8, 8), 1 / 8), np.eye(8)
    shift = np.roll(np.eye(8), 1, axis=1)  # each reads its right neighbour, the last the first
    assert numbers.entropy(even) == pytest.approx(3) and numbers.entropy(own) == 0
    assert numbers.distance(own, 4) == 0
    assert numbers.distance(shift, 4) == pytest.approx(4 * (7 * 1 + 7) / 8)
    apart = np.mean([[abs(a - b) for a in range(8)] for b in range(8)])
    assert numbers.distance(even, 4) == pytest.approx(4 * apart)
    assert numbers.own_share(np.stack([own, even])).tolist() == [1, 1 / 8]
    np.testing.assert_allclose(numbers.received(even), 1)
    all_to_one = np.zeros((8, 8))
    all_to_one[:, 3] = 1
    assert numbers.received(all_to_one).tolist() == [0, 0, 0, 8, 0, 0, 0, 0]
    assert numbers.received(np.zeros((8, 8))).tolist() == [0] * 8


def test_agreement_with_mutagenesis_is_over_tokens():
    model = attention_model(insert=(8, 52))
    long = random_sequence(70, 4)
    made, changes = attended(model, one(long)), mutagenesis(model, one(long), window=(3, 60))
    sizes = numbers.effect_sizes(made, 0, changes, 0)
    assert np.flatnonzero(np.isfinite(sizes)).tolist() == list(range(2, 13))
    effect = np.abs(changes.effect[0])
    assert sizes[2] == pytest.approx(effect[:, 0].sum() / 3)  # base 3 alone was changed
    assert sizes[5] == pytest.approx(effect[:, 9:13].sum() / 12)
    profile = np.where(np.isfinite(sizes), 2 * sizes + 1, 7)
    assert numbers.agreement(profile, sizes) == pytest.approx(1)
    assert numbers.agreement(-profile, sizes) == pytest.approx(-1)
    assert np.isnan(numbers.agreement(np.ones(15), sizes))
    noise = np.float32(1) + np.spacing(np.float32(1)) * (np.arange(15) % 2)
    assert np.isnan(numbers.agreement(noise, sizes))  # what rounding leaves of a flat one
    assert numbers.agreement(1e-8 * profile, 1e-8 * sizes) == pytest.approx(1)  # in a small unit
    assert np.isnan(numbers.agreement(profile[:6], sizes[:6]))  # four tokens are too few
    with pytest.raises(InputError, match="another sequence"):
        numbers.effect_sizes(made, 0, mutagenesis(model, ONE), 0)


def test_at_unknown_bases_the_mean_is_over_four_changes():
    """At N all four letters are changes; three of a known base are."""
    model = attention_model(insert=(8, 52))
    text = random_sequence(44, 4)
    text = text[:13] + "NN" + text[15:20] + "NNNN" + text[24:]
    made, changes = attended(model, one(text)), mutagenesis(model, one(text))
    sizes = numbers.effect_sizes(made, 0, changes, 0)
    effect = np.abs(changes.effect[0])
    first, last = made.bases(0)
    for token in np.flatnonzero(np.isfinite(sizes)).tolist():
        held = range(max(0, first[token]), min(44, last[token]))
        each = [effect[:, k].sum() / (4 if text[k] == "N" else 3) for k in held]
        assert sizes[token] == pytest.approx(np.mean(each), rel=1e-5)
    assert effect[:, 20:24].any()


def test_a_model_without_attention_is_told_and_names_those_with(monkeypatch):
    with pytest.raises(ModelError, match="toy-conv has no attention to look at; no model here has"):
        monkeypatch.setattr(attention.registry, "attentive", lambda: ())
        attended(conv_model(), ONE)
    monkeypatch.setattr(attention.registry, "attentive", lambda: ("a", "b"))
    with pytest.raises(ModelError, match="choose one that has: a, b"):
        attended(conv_model(), ONE)
    with pytest.raises(ModelError, match="no track number 3"):
        attended(attention_model(), ONE, target=Target(3))


def test_too_many_maps_are_refused_before_any_is_made(monkeypatch):
    each = 2 * 2 * 2 * 3 * 15 * 15
    told = []
    monkeypatch.setattr(attention, "MOST", 3 * each)
    attended(attention_model(), random_set((90, 60)))
    with pytest.raises(LimitError, match=f"would hold {4 * each:,} numbers"):
        attended(attention_model(), random_set((90, 60, 60)), progress=watch(told))
    assert not told


def test_the_model_comes_back_unchanged_progress_ends_and_it_can_be_stopped():
    model, told = attention_model(), []
    before = state(model)
    sequences = random_set((60, 150, 40))
    whole = attended(model, sequences, batch_size=3, progress=watch(told))
    assert told[-1] == (6, 6)
    with pytest.raises(CancelledError):
        attended(model, sequences, batch_size=1, progress=stop_after(2))
    assert same(before, state(model)) and torch.is_grad_enabled()
    again = attended(model, sequences)
    np.testing.assert_allclose(again.weights, whole.weights, atol=1e-6)
    assert predict(model, sequences).y.shape == (6, 1)


def test_long_windows_are_read_few_at_once(monkeypatch):
    model, told = attention_model(), []
    monkeypatch.setattr(predicting, "MOST_BASES", 2 * 60 + 1)
    sequences = random_set((210,))
    few = attended(model, sequences, progress=watch(told))
    assert told == [(2, 6), (4, 6), (6, 6)]
    monkeypatch.undo()
    np.testing.assert_allclose(few.weights, attended(model, sequences).weights, atol=1e-6)


def test_shapes_that_do_not_belong_together_are_refused():
    made = attended(attention_model(), ONE)
    with pytest.raises(ModelError, match="attention maps have shape"):
        replace(made, weights=made.weights[0])
    with pytest.raises(ModelError, match="relevance has shape"):
        replace(made, relevance=made.relevance[..., :3])
