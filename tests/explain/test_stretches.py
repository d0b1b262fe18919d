"""Deletions, insertions and replaced stretches against mutants written down letter by letter."""

import tracemalloc

import numpy as np
import pytest
import torch

from gexp_core.encoding import one_hot
from gexp_core.errors import CancelledError, InputError, LimitError
from gexp_core.explain import stretches as made_of
from gexp_core.explain.baselines import other_orders
from gexp_core.explain.edited import Reading
from gexp_core.explain.stretches import deletions, insertions, stretches
from gexp_core.predict import predict
from gexp_core.types import SequenceSet, Target
from tests.explain.helpers import same, state, stop_after, watch
from tests.toy_models import conv_model, linear_model, motif_model, random_sequence, random_set

LONG = random_sequence(90, 1)


def y(model, texts, track=0, **how):
    names = tuple(f"s{i}" for i in range(len(texts)))
    return predict(model, SequenceSet(names, tuple(texts)), **how).means()[:, track].astype(float)


def one(text):
    return SequenceSet(("s",), (text,))


@pytest.mark.parametrize("text", [random_sequence(60, 2), random_sequence(33, 3), LONG])
def test_indels_are_explicit_mutants(text):
    model = conv_model(insert=(8, 52))
    (whole,) = y(model, [text])
    reading = Reading(window=(20, 30))
    lost = deletions(model, one(text), reading=reading)
    mutants = [text[:at] + text[at + 1 :] + "N" for at in range(20, 30)]
    np.testing.assert_allclose(lost.effect[0], y(model, mutants) - whole, atol=2e-6)
    assert lost.start[0].tolist() == list(range(20, 30))
    assert (lost.end[0] == lost.start[0] + 1).all() and not lost.spread[0].any()
    gained = insertions(model, one(text), reading=reading)
    mutants = [(text[:at] + base + text[at:])[:-1] for at in range(20, 30) for base in "ACGT"]
    np.testing.assert_allclose(gained.effect[0], y(model, mutants) - whole, atol=2e-6)
    assert gained.letters[0][:5] == ("A", "C", "G", "T", "A")
    assert gained.y_ref[0] == pytest.approx(whole, abs=1e-6)


def test_losing_any_base_of_a_run_is_the_same_change():
    text = random_sequence(30, 4) + "A" * 6 + random_sequence(24, 5)
    made = deletions(conv_model(), one(text))
    start = text.index("AAAAAA")
    np.testing.assert_allclose(made.effect[0][start : start + 6], made.effect[0][start], atol=1e-6)


@pytest.mark.parametrize("by", ["shuffle", "n"])
def test_stretches_are_explicit_mutants(by):
    model = conv_model()
    text = random_sequence(60, 6)
    how = {"size": 12, "step": 7, "by": by, "n_shuffles": 3, "seed": 4}
    made = stretches(model, one(text), **how, reading=Reading(window=(5, 50)))
    assert made.start[0].tolist() == [5, 12, 19, 26, 33, 38]
    assert made.end[0][-1] == 50
    for k, (start, end) in enumerate(zip(made.start[0], made.end[0], strict=True)):
        new = ["N" * 12]
        if by == "shuffle":
            new = other_orders(text[start:end], 3, seed=4)
        change = y(model, [text[:start] + n + text[end:] for n in new]) - y(model, [text])
        assert made.effect[0][k] == pytest.approx(change.mean(), abs=2e-6)
        assert made.spread[0][k] == pytest.approx(change.std(), abs=2e-6)


@pytest.mark.parametrize("size", [2, 3, 4, 6, 10])
def test_a_shuffled_stretch_is_another_one_or_has_no_value(size):
    # a network that counts the letters which are those of the text: any other text has fewer
    text = random_sequence(25, 8) + "AAAAAAAAAAAA" + random_sequence(23, 9)
    model = linear_model(both_strands=False)
    model.network.members[0].weights.copy_(torch.from_numpy(one_hot(text)))
    told = []
    made = stretches(model, one(text), size=size, progress=watch(told))
    places = zip(made.start[0], made.end[0], strict=True)
    alike = np.array([len(set(text[start:end])) == 1 for start, end in places])
    assert alike.any() and not alike.all()
    assert (made.effect[0][~alike] <= -2).all() and np.isfinite(made.spread[0][~alike]).all()
    assert np.isnan(made.effect[0][alike]).all() and np.isnan(made.spread[0][alike]).all()
    assert told[-1] == (5 * (~alike).sum(), 5 * (~alike).sum())


def test_where_nothing_can_be_replaced_nothing_is_read():
    text = "N" * 20 + random_sequence(20, 1) + "N" * 20
    made = stretches(conv_model(), one(text), size=5, by="n")
    nothing = (made.end[0] <= 20) | (made.start[0] >= 40)
    assert np.isnan(made.effect[0][nothing]).all() and np.isfinite(made.effect[0][~nothing]).all()
    made = stretches(conv_model(), one("C" * 60), size=5, progress=stop_after(0))
    assert np.isnan(made.effect[0]).all() and made.effect[0].shape == (56,)


def test_the_planted_motif_is_where_edits_cost_most():
    text = random_sequence(26, 1) + "TGACTCA" + random_sequence(27, 2)
    model = motif_model(both_strands=False)
    lost = deletions(model, one(text)).effect[0]
    assert 26 < int(lost.argmin()) < 32  # an end base may be replaced by its neighbour
    gained = insertions(model, one(text))
    worst = gained.start[0][gained.effect[0] < -1]
    assert len(worst) and worst.min() > 26 and worst.max() <= 32
    gone = stretches(model, one(text), size=7, by="n")
    touched = (gone.start[0] > 19) & (gone.start[0] < 33)
    assert not gone.effect[0][~touched].any() and (gone.effect[0][touched] <= -1).all()
    assert gone.effect[0][26] <= -2


def test_targets_rows_strands_and_several_sequences():
    model = conv_model()
    sequences = random_set((60, 90), seed=3)
    rows = Reading(Target(rows=(0, 1)), window=(0, 4), both_strands=False, batch_size=3)
    made = deletions(model, sequences, reading=rows)
    text = sequences.sequences[1]
    mutants = [text[:at] + text[at + 1 :] + "N" for at in range(4)]
    first = [predict(model, one(t), both_strands=False).y[0, 0] for t in (text, *mutants)]
    np.testing.assert_allclose(made.effect[1], np.array(first[1:]) - first[0], atol=2e-6)
    assert [len(effect) for effect in made.effect] == [4, 4]


def test_the_edited_texts_are_made_as_they_are_read(monkeypatch):
    text = random_sequence(20_000, 7)
    held = []

    def numbers(scalar, how, texts, batch_size):
        held.append(tracemalloc.get_traced_memory()[0])
        return np.zeros(len(texts))

    monkeypatch.setattr(made_of, "_numbers", numbers)
    for edit in (deletions, insertions, stretches):
        held.clear()
        tracemalloc.start()
        try:
            reading = Reading(window=(0, 400 if edit is deletions else 100), batch_size=4)
            edit(conv_model(), one(text), reading=reading)
        finally:
            tracemalloc.stop()
        assert len(held) > 90 and max(held) < 2e6  # 400 or more texts: 8 MB


def test_what_cannot_be_done_is_said(monkeypatch):
    model, text = conv_model(), random_sequence(60, 1)
    with pytest.raises(InputError, match="window 50 to 70"):
        deletions(model, one(text), reading=Reading(window=(50, 70)))
    with pytest.raises(InputError, match="give whole numbers from 1"):
        stretches(model, one(text), size=0)
    with pytest.raises(InputError, match="choose shuffle, n"):
        stretches(model, one(text), by="x")
    monkeypatch.setattr(made_of, "MOST", 100)
    with pytest.raises(LimitError, match="240 readings, more than 100"):
        insertions(model, one(text))


def test_the_model_is_left_alone_and_work_can_be_stopped():
    model, told = conv_model(), []
    before = state(model)
    insertions(model, random_set((60, 90)), reading=Reading(window=(0, 9)), progress=watch(told))
    assert told[-1] == (36 + 72, 36 + 72)
    with pytest.raises(CancelledError):
        deletions(model, random_set((60,)), reading=Reading(batch_size=5), progress=stop_after(3))
    assert same(before, state(model))
