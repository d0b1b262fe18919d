import numpy as np
import pytest
import torch

from gexp_core.encoding import Frame, one_hot, reverse_complement
from gexp_core.errors import CancelledError, InputError, ModelError
from gexp_core.predict import MOST_BASES, _batches, at_once, frames, predict
from gexp_core.types import SequenceSet
from tests.explain.helpers import same, state, stop_after, watch
from tests.toy_models import (
    conv_model,
    ensemble_model,
    linear_model,
    profile_model,
    random_sequence,
    random_set,
)


def by_hand(model, text):
    """Return one window's readings (M, 2, B, T) from its letters, member by member."""
    begin, end = model.card.insert
    other = text[:begin] + reverse_complement(text[begin:end]) + text[end:]
    with torch.no_grad():
        forward, reverse = (
            torch.cat(
                [member(torch.from_numpy(one_hot(t)[None])) for member in model.network.members]
            )
            for t in (text, other)
        )
    swap = [1, 0] if len(model.card.tracks) == 2 else [0]
    return torch.stack([forward, reverse.flip(1)[..., swap]], 1).numpy()


@pytest.mark.parametrize("model", [linear_model(), ensemble_model(), profile_model()])
def test_values_and_spreads_by_hand(model):
    sequences = random_set((60, 60, 60), seed=1, alphabet="ACGTN")
    made = predict(model, sequences)
    for i, text in enumerate(sequences.sequences):
        reads = by_hand(model, text)
        rows = made.rows(i)
        options = {"atol": 1e-6}
        np.testing.assert_allclose(made.y[rows], reads.mean((0, 1)), **options)
        np.testing.assert_allclose(made.spread[rows], reads.std((0, 1)), **options)
        gap = reads[:, 0].mean(0) - reads[:, 1].mean(0)
        np.testing.assert_allclose(made.strand_gap[rows], gap, **options)
        np.testing.assert_allclose(made.member_sd[rows], reads.mean(1).std(0), **options)


def test_spread_of_one_member_is_half_the_distance_of_the_strands():
    made = predict(conv_model(), random_set((60, 90)))
    np.testing.assert_allclose(made.spread, np.abs(made.strand_gap) / 2, atol=1e-6)
    assert made.spread.max() > 1e-3
    one = predict(conv_model(), random_set((60, 90)), both_strands=False)
    assert not one.spread.any() and not one.strand_gap.any()


def test_flanked_and_tiled_rows_by_hand():
    model = conv_model(insert=(8, 50))
    background = model.card.background
    short, long = random_sequence(20, 1), random_sequence(100, 2)
    made = predict(model, SequenceSet(("short", "long"), (short, long)), stride=30)
    starts = [0, 30, 58]
    assert made.start.tolist() == [0, *starts]
    assert made.end.tolist() == [20, *(at + 42 for at in starts)]
    assert made.row_sequence.tolist() == [0, 1, 1, 1]
    windows = [background[:19] + short + background[39:]]
    windows += [background[:8] + long[at : at + 42] + background[50:] for at in starts]
    wanted = [by_hand(model, text).mean() for text in windows]
    np.testing.assert_allclose(made.y[:, 0], wanted, atol=1e-6)
    np.testing.assert_allclose(made.means()[1, 0], np.mean(wanted[1:]), atol=1e-6)


def test_texts_are_read_in_the_windows_of_others_as_long():
    model = conv_model(insert=(8, 50))
    flanks = model.card.background[:8], model.card.background[50:]
    whole, other = flanks[0] + random_sequence(42, 3) + flanks[1], random_sequence(60, 4)
    both = SequenceSet(("a", "b"), (other, whole))
    by = SequenceSet(("a", "b"), (whole, other))
    made = predict(model, both, framed_as=by)
    assert made.row_sequence.tolist() == [0, 1, 1]  # the second is tiled, as `other` would be
    tiles = [flanks[0] + whole[at : at + 42] + flanks[1] for at in (0, 18)]
    wanted = [by_hand(model, text).mean() for text in (other, *tiles)]
    np.testing.assert_allclose(made.y[:, 0], wanted, atol=1e-6)
    assert made.provenance.settings["framed_as"] == by.digest
    with pytest.raises(InputError, match="texts of other lengths"):
        predict(model, both, framed_as=random_set((60, 61)))


def test_does_not_depend_on_batch_order_or_strand():
    model = ensemble_model()
    sequences = random_set((60, 30, 150, 61), seed=2)
    whole = predict(model, sequences)
    for size in (1, 3, 500):
        other = predict(model, sequences, batch_size=size)
        np.testing.assert_allclose(other.y, whole.y, atol=1e-6)
        np.testing.assert_allclose(other.spread, whole.spread, atol=1e-6)
    back = predict(model, sequences.select(sequences.names[::-1]))
    np.testing.assert_allclose(back.means()[::-1], whole.means(), atol=1e-6)
    turned = SequenceSet(("s",), (reverse_complement(sequences.sequences[0]),))
    np.testing.assert_allclose(predict(model, turned).y[0], whole.y[0], atol=1e-6)


def test_profile_of_the_other_strand_is_the_profile_turned_round():
    model = profile_model()
    text = random_sequence(60, 4)
    pair = SequenceSet(("given", "turned"), (text, reverse_complement(text)))
    made = predict(model, pair)
    given, turned = made.y[made.rows(0)], made.y[made.rows(1)]
    np.testing.assert_allclose(given, turned[::-1, ::-1], atol=1e-6)
    assert np.abs(given - turned).max() > 0.05
    assert made.start.tolist() == [*range(0, 60, 10)] * 2
    assert made.tracks == ("plus", "minus")


def test_assays_with_an_orientation_are_read_as_given():
    text = SequenceSet(("s",), (random_sequence(60, 4),))
    strict = conv_model(both_strands=False)
    wanted = by_hand(conv_model(), text.sequences[0])[:, 0].mean()
    np.testing.assert_allclose(predict(strict, text).y, [[wanted]], atol=1e-6)


def test_progress_and_an_unchanged_model():
    model = ensemble_model()
    before = state(model)
    told = []
    predict(model, random_set((60,) * 5), batch_size=2, progress=watch(told))
    assert told == [(2, 5), (4, 5), (5, 5)]
    with pytest.raises(CancelledError):
        predict(model, random_set((60,) * 5), batch_size=2, progress=stop_after(2))
    assert same(before, state(model))


def test_wrong_window_is_refused():
    with pytest.raises(ModelError, match=r"reads \(N, 4, 60\), got \(1, 4, 59\)"):
        conv_model().readings(torch.zeros(1, 4, 59))


def test_windows_of_a_long_sequence_are_made_a_batch_at_a_time(monkeypatch):
    """Memory does not grow with the windows of one sequence."""
    model = conv_model(insert=(8, 50))
    sequences = random_set((30, 700, 60), seed=5)
    plan = frames(sequences, model.card, stride=1)
    texts = zip(plan, sequences.sequences, strict=True)
    wanted = np.concatenate([how.windows(one_hot(text)[None]) for how, text in texts])
    assert len(wanted) > 600
    made = []
    windows = Frame.windows
    monkeypatch.setattr(
        Frame, "windows", lambda self, X: made.append(len(self.starts)) or windows(self, X)
    )
    found = list(_batches(sequences, plan, 16))
    assert max(made) == 16
    assert [len(one) for one in found[:-1]] == [16] * (len(found) - 1)
    np.testing.assert_array_equal(np.concatenate(found), wanted)
    made.clear()
    predict(model, sequences, stride=1, batch_size=16)
    assert max(made) == 16


def test_long_windows_are_read_few_at_once(monkeypatch):
    """Memory does not grow with the batch that was asked for where windows are long."""
    model = profile_model(600, bins=6)
    assert at_once(model.card, 64) == 64
    sequences = random_set((600, 1_500, 600), seed=4)
    wanted = predict(model, sequences)
    monkeypatch.setattr("gexp_core.predict.MOST_BASES", 1_400)
    assert at_once(model.card, 64) == 2
    assert at_once(model.card, 1) == 1
    read = []
    forward = type(model.network).each
    monkeypatch.setattr(
        type(model.network), "each", lambda self, X: read.append(len(X)) or forward(self, X)
    )
    made = predict(model, sequences)
    assert max(read) == 2
    np.testing.assert_allclose(made.y, wanted.y, atol=1e-6)  # float32 rounding
    assert MOST_BASES // 2**17 == 1  # a window of 131,072 bp is read alone
