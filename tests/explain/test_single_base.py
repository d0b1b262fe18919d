from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from gexp_core.encoding import BASES, one_hot
from gexp_core.errors import CancelledError, InputError, ModelError
from gexp_core.explain import mutagenesis, single_base
from gexp_core.explain.incremental import incremental
from gexp_core.explain.plans import plans
from gexp_core.models.base import Scalar
from gexp_core.models.conv import ConvConfig
from gexp_core.predict import predict
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


def brute(model, text, start=0, end=None, *, target=None, both_strands=True, stride=None):
    """Return effect (4, W) from predictions of every mutant's letters."""
    end = len(text) if end is None else end
    target = target or Target()
    names, mutants = ["reference"], [text]
    for at in range(start, end):
        for base in BASES:
            names.append(f"{at}{base}")
            mutants.append(text[:at] + base + text[at + 1 :])
    made = predict(
        model,
        SequenceSet(tuple(names), tuple(mutants)),
        both_strands=both_strands,
        stride=stride,
    )
    rows = slice(*target.rows) if target.rows else slice(None)
    y = np.array([made.y[made.rows(i)][rows, target.track].mean() for i in range(len(names))])
    return (y[1:] - y[0]).reshape(end - start, 4).T, y[0]


def check(model, sequences, monkeypatch, **options):
    """Compare the way taken by default, and the plain way, with brute force."""
    window = options.pop("window", None)
    made = mutagenesis(model, sequences, window=window, **options)
    with monkeypatch.context() as patch:
        patch.setattr(single_base, "incremental", lambda scalar: None)
        plain = mutagenesis(model, sequences, window=window, batch_size=37, **options)
    for result in (made, plain):
        for i, text in enumerate(sequences.sequences):
            start, end = window or (0, len(text))
            wanted, y_ref = brute(model, text, start, end, **options)
            assert result.window[i] == (start, end)
            assert np.abs(wanted).max() > 0.01
            bound = 1e-5 * max(1, abs(y_ref))  # float32 holds seven digits of y, not of effect
            assert np.abs(result.effect[i] - wanted).max() < bound
            assert abs(result.y_ref[i] - y_ref) < bound
            assert not result.effect[i][one_hot(text)[:, start:end] > 0].any()


CONFIGS = [
    dict(input_length=60, stem_kernel=7, widths=(8,), kernel=3, repeats=(1,), maps=1),
    dict(input_length=61, stem_kernel=9, widths=(8, 6, 4), kernel=5, repeats=(2, 3, 1), maps=3),
    dict(input_length=47, stem_kernel=5, widths=(6, 7), kernel=3, repeats=(0, 4)),
    dict(input_length=33, stem_kernel=15, widths=(5, 6), kernel=7, repeats=(3, 0)),
    dict(input_length=50, stem_kernel=8, widths=(4, 6), kernel=3, repeats=(1, 1)),
    dict(input_length=19, stem_kernel=1, widths=(4, 6), kernel=1, repeats=(1, 2)),
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: str(config["input_length"]))
def test_incremental_is_brute_force_for_many_networks(config, monkeypatch):
    config = ConvConfig(hidden=6, **config)
    model = conv_model(config=config, seed=config.input_length)
    assert incremental(Scalar(model, Target())) is not None
    length = config.input_length
    texts = tuple(
        random_sequence(length, seed, letters) for seed, letters in ((1, "ACGT"), (2, "ACGTN"))
    )
    check(model, SequenceSet(("a", "b"), texts), monkeypatch)


@pytest.mark.parametrize("seed", range(3))
def test_flanked_exact_and_tiled(seed, monkeypatch):
    model = ensemble_model(insert=(8, 50), seed=seed)
    check(model, random_set((42, 11, 1, 43, 75), seed=seed, alphabet="ACGTN"), monkeypatch)


def test_negative_gains_change_sides_of_the_maximum(monkeypatch):
    model = conv_model(seed=5)
    with torch.no_grad():
        for module in model.network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight[::2] *= -1
                module.weight[1] = 0
    assert incremental(Scalar(model, Target())) is not None
    check(model, random_set((60,), seed=8), monkeypatch)


def test_two_tracks_one_strand_and_a_stride(monkeypatch):
    config = ConvConfig(
        input_length=40, tracks=2, stem_kernel=5, widths=(6,), kernel=3, repeats=(2,), hidden=5
    )
    model = conv_model(config=config, strand_pairs=(1, 0), insert=(3, 30))
    sequences = random_set((27, 40), seed=2)
    for track in (0, 1):
        check(model, sequences, monkeypatch, target=Target(track))
    check(model, sequences, monkeypatch, both_strands=False, stride=5)


def test_orientation_that_matters_is_kept(monkeypatch):
    model = conv_model(insert=(8, 50), both_strands=False)
    check(model, random_set((42, 60), seed=2), monkeypatch)


def test_region(monkeypatch):
    model = conv_model(insert=(8, 50))
    check(model, random_set((42, 90, 40), seed=9, alphabet="ACGTN"), monkeypatch, window=(11, 38))
    check(model, random_set((42,), seed=9), monkeypatch, window=(41, 42))


def test_rows_of_a_tiled_sequence(monkeypatch):
    check(conv_model(), random_set((150,)), monkeypatch, target=Target(0, (1, 3)))


def test_profiles_and_a_best_match(monkeypatch):
    for model in (motif_model(), profile_model()):
        assert incremental(Scalar(model, Target())) is not None
        check(model, random_set((60, 40, 80), seed=3, alphabet="ACGTN"), monkeypatch)
    check(profile_model(), random_set((60,)), monkeypatch, target=Target(1, (2, 4)))


def test_a_network_without_layers_of_places_is_read_plainly(monkeypatch):
    assert incremental(Scalar(linear_model(), Target())) is None
    check(linear_model(), random_set((60, 40, 80), seed=3, alphabet="ACGTN"), monkeypatch)


def test_linear_model_has_the_closed_form():
    text = random_sequence(60, 3)
    made = mutagenesis(linear_model(), SequenceSet(("s",), (text,)), both_strands=False)
    W = linear_weights().numpy()
    here = (W * one_hot(text)).sum(0)
    np.testing.assert_allclose(made.effect[0], W - here, atol=2e-6)


def test_flanks_of_a_whole_window_can_be_changed_too():
    # the letters given are a whole window, flanks included; its frame stays when a flank changes
    model = ensemble_model(insert=(8, 50))
    card = model.card
    text = card.background[:8] + random_sequence(42, 4) + card.background[50:]
    made = mutagenesis(model, SequenceSet(("s",), (text,)))
    X = one_hot(text)
    mutants = np.repeat(X[None], 240, 0)
    for i in range(240):
        mutants[i, :, i // 4] = np.eye(4)[i % 4]
    with torch.no_grad():
        y = model.readings(torch.from_numpy(np.concatenate([X[None], mutants]))).mean((0, 1))
    y = y[:, 0, 0].numpy()
    wanted = (y[1:] - y[0]).reshape(60, 4).T
    assert np.abs(made.effect[0] - wanted).max() < 1e-5
    part = mutagenesis(model, SequenceSet(("s",), (text,)), window=(4, 55))
    assert np.abs(part.effect[0] - wanted[:, 4:55]).max() < 1e-5


def test_the_windows_of_another_text_are_kept():
    model = conv_model(insert=(8, 50))
    background = model.card.background
    whole = background[:8] + random_sequence(42, 4) + background[50:]
    other = random_sequence(60, 5)  # on its own it is read in two windows
    made = mutagenesis(
        model, SequenceSet(("s",), (other,)), framed_as=SequenceSet(("s",), (whole,))
    )
    with torch.no_grad():
        y = model.readings(torch.from_numpy(one_hot(other)[None])).mean()
    assert made.y_ref[0] == pytest.approx(float(y), abs=1e-6)
    assert (np.abs(made.effect[0]).max(0) > 0).all()  # its flanks are read too
    with pytest.raises(InputError, match="texts of other lengths"):
        mutagenesis(model, SequenceSet(("s",), (other,)), framed_as=random_set((61,)))


@pytest.mark.parametrize("calls", [None, 1, 5])
@pytest.mark.parametrize("make", [ensemble_model, motif_model])
def test_model_comes_back_unchanged(make, calls):
    model = make()
    before = state(model)
    sequences = random_set((60, 90), alphabet="ACGTN")
    if calls is None:
        told = []
        mutagenesis(model, sequences, progress=watch(told))
        assert told[-1][0] == told[-1][1] == 3 * (60 + 60 + 60)
        assert all(a <= b for (a, _), (b, _) in pairwise(told))
    else:
        with pytest.raises(CancelledError):
            mutagenesis(model, sequences, progress=stop_after(calls))
    assert same(before, state(model))


def test_plans_follow_their_network():
    model = conv_model()
    members = list(model.network.members)
    kept = plans(model.network, members, 60)
    assert plans(model.network, members, 60) is kept
    sequences = random_set((60,))
    before = mutagenesis(model, sequences).effect[0]
    with torch.no_grad():
        members[0].position.mul_(2)
    assert plans(model.network, members, 60) is not kept
    after = mutagenesis(model, sequences).effect[0]
    wanted, _ = brute(model, sequences.sequences[0])
    assert np.abs(after - wanted).max() < 1e-5
    assert not np.allclose(after, before, atol=1e-3)


def test_bad_requests_are_refused():
    sequences = random_set((60, 30))
    for window in ((0, 31), (5, 5), (-1, 4)):
        with pytest.raises(InputError, match=r"not in sequence 's\d' of \d0 bp"):
            mutagenesis(conv_model(), sequences, window=window)
    with pytest.raises(ModelError, match="there is no track number 1"):
        mutagenesis(conv_model(), sequences, target=Target(1))
