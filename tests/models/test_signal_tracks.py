"""A model that reads measured signal beside the sequence: both strands, what is bound, refusals."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from gexp_core import explain
from gexp_core.encoding import one_hot
from gexp_core.errors import GexpError, InputError, ModelError
from gexp_core.explain.attention import attended
from gexp_core.inputs.signals import Signals
from gexp_core.models import registry
from gexp_core.models.base import Scalar
from gexp_core.models.card import read_card
from gexp_core.predict import predict
from gexp_core.types import SequenceSet, Target
from tests.toy_models import conv_model, profile_model, random_sequence, signal_model, toy_signal

LENGTH = 512
TEXT, OTHER = random_sequence(LENGTH, 1), random_sequence(LENGTH, 2)
PAIR = SequenceSet(("a", "b"), (TEXT, OTHER))
ONE = SequenceSet(("a",), (TEXT,))


@pytest.fixture(scope="module")
def model():
    return signal_model()


@pytest.fixture(scope="module")
def signals(model):
    return Signals(("a", "b"), ("p", "q"), np.stack([toy_signal(model, s) for s in (3, 4)]))


def by_hand(model, text, signal):
    """Return (B, T) of the network itself on both strands, put together from the definitions."""
    (network,) = model.network.members
    X = torch.from_numpy(one_hot(text))[None]
    s = torch.from_numpy(signal)[None]
    with torch.inference_mode():
        forward = network(X, s)[0].numpy()
        reverse = network(X.flip(1, 2), s.flip(2))[0].numpy()[::-1][:, [1, 0, 2]]
    return (forward + reverse) / 2, (forward - reverse)


def test_both_strands_are_read_with_the_signal_turned(model, signals):
    made = predict(model, PAIR, signals=signals)
    for i, text in enumerate((TEXT, OTHER)):
        y, gap = by_hand(model, text, signals.values[i])
        np.testing.assert_allclose(made.y[made.rows(i)], y, atol=1e-6)  # float32 rounding
        np.testing.assert_allclose(made.strand_gap[made.rows(i)], gap, atol=1e-6)
    assert np.abs(made.strand_gap).max() > 1e-3  # the strands do differ
    assert made.provenance.settings["signal"] == signals.digest


def test_the_reading_is_put_together_from_its_parts(model, signals):
    """Logarithms and what is known go through the convolutions, and join tokens and bins."""
    (network,) = model.network.members
    X = torch.from_numpy(one_hot(TEXT))[None]
    trunk, floor = network.trunk, network.config.floor
    z = np.zeros((3, 128), np.float32)  # 124 bins are predicted, two are left out at either end
    z[2, 2:-2] = 1
    z[:2, 2:-2] = np.log(signals.values[0] + floor)
    z[:2, 2:-2] = (z[:2, 2:-2] - [[0.5], [1.0]]) / np.array([[1.2], [0.8]])
    shown = torch.from_numpy(z)[None]
    with torch.inference_mode():
        torch.testing.assert_close(network.shown(torch.from_numpy(signals.values[:1])), shown)
        x = torch.nn.functional.gelu(network.first(shown))
        for layer, gap in zip(network.around, (1, 5), strict=True):
            assert layer.dilation == (gap,)
            x = x + torch.nn.functional.gelu(layer(x))
        tokens, beside = trunk.towered(X)
        tokens = tokens + network.to_tokens(x.unflatten(2, (-1, 4)).mean(3))
        bins = trunk.joined(tokens, beside)[0] + network.to_bins(x)
        wanted = trunk.said(bins)[:, 2:-2, 2:]
        said = network(X, torch.from_numpy(signals.values[:1]))
    torch.testing.assert_close(said, wanted)
    assert said.shape == (1, 124, 3)


def test_at_first_the_sequence_speaks_alone(model, signals):
    (network,) = model.network.members
    begun = type(network)(network.config)
    begun.trunk.load_state_dict(network.trunk.state_dict())
    begun.eval()
    X = torch.from_numpy(one_hot(TEXT))[None]
    with torch.inference_mode():
        said = begun(X, torch.from_numpy(signals.values[:1]))
        torch.testing.assert_close(said, network.trunk.eval()(X)[..., 2:])


def test_some_tracks_are_told_by_the_sequence_alone(model, signals):
    (network,) = model.network.members
    other = type(network)(replace(network.config, alone=(1,)))
    other.load_state_dict(network.state_dict())
    other.eval()
    X, signal = torch.from_numpy(one_hot(TEXT))[None], torch.from_numpy(signals.values[:1])
    with torch.inference_mode():
        said, maps = other.attended(X, signal)
        shown, used = network.attended(X, signal)
        hidden = network.joined(*network.trunk.towered(X), torch.zeros(1, 3, 128))[0][:, 2:-2]
    torch.testing.assert_close(said[..., [0, 2]], shown[..., [0, 2]])
    torch.testing.assert_close(said[..., 1], hidden[..., 1])
    assert not torch.allclose(shown[..., 1], hidden[..., 1], atol=1e-3)
    torch.testing.assert_close(maps[0], used[0])


def test_no_signal_is_told_apart_from_none_measured(model):
    (network,) = model.network.members
    X = torch.from_numpy(one_hot(TEXT))[None]
    zeros = torch.zeros(1, 2, 124)
    with torch.inference_mode():
        nothing = network.shown(zeros, torch.zeros(1, 124, dtype=torch.bool))
        assert (nothing == 0).all() and nothing.shape == (1, 3, 128)
        hidden = network.joined(*network.trunk.towered(X), nothing)[0][:, 2:-2]
        assert not torch.allclose(hidden, network(X, zeros), atol=1e-3)
        whole = network.shown(torch.ones(1, 2, 128))  # of all bins, as of a text
    assert (whole[0, 2] == 1).all()


def test_the_signal_is_checked(model, signals):
    with pytest.raises(ModelError, match="toy-signal reads 2 measured tracks beside the sequence"):
        predict(model, PAIR)
    with pytest.raises(ModelError, match="toy-profile reads sequence alone"):
        predict(profile_model(LENGTH), PAIR, signals=signals)
    with pytest.raises(InputError, match="is of the sequences b, a and"):
        predict(model, PAIR, signals=replace(signals, names=("b", "a")))
    short = SequenceSet(("a", "b"), (TEXT[:-1], OTHER))
    with pytest.raises(InputError, match="'a' has 511 bp; toy-signal reads whole windows of 512"):
        predict(model, short, signals=signals)
    with pytest.raises(ModelError, match="2 tracks x 124 bins for each of 2 windows, got 2 x 2 x"):
        predict(model, PAIR, signals=replace(signals, values=signals.values[..., 1:]))
    values = signals.values.copy()
    values[1, 0, 6] = -1
    with pytest.raises(InputError, match=r"'b' has -1\.0 in bin 7 of track p"):
        replace(signals, values=values)


def test_nothing_explains_a_model_without_its_signal(model):
    with pytest.raises(ModelError, match=r"model\.bind\(signal\)"):
        Scalar(model, Target())
    with pytest.raises(GexpError, match="measured tracks beside the sequence"):
        explain.mutagenesis(model, ONE, window=(0, 1))
    with pytest.raises(GexpError, match="measured tracks beside the sequence"):
        attended(model, ONE)
    with pytest.raises(ModelError, match="reads sequence alone and was given a signal"):
        conv_model().bind(np.ones((2, 3), np.float32))
    with pytest.raises(ModelError, match="below 0 or that are no numbers"):
        model.bind(np.full((2, model.card.bins), np.nan))


def test_a_bound_model_reads_as_the_window_does(model, signals):
    bound = model.bind(signals.values[0])
    made = predict(bound, ONE)
    both = predict(model, PAIR, signals=signals)
    np.testing.assert_allclose(made.y, both.y[both.rows(0)], atol=1e-6)
    assert bound.card.signals == () and bound.card.name.startswith("toy-signal@")
    assert model.bind(signals.values[1]).card.name != bound.card.name
    forward = predict(model.bind(signals.values[0], both_strands=False), ONE).y
    one = predict(model, PAIR, signals=signals, both_strands=False)
    np.testing.assert_allclose(forward, one.y[one.rows(0)], atol=1e-6)
    assert not np.allclose(forward, made.y)


def test_changes_are_those_of_explicit_mutants_with_the_signal_held(model, signals):
    target, (start, end) = Target(2, (20, 30)), (200, 203)
    made = explain.mutagenesis(
        model.bind(signals.values[0]), ONE, target=target, window=(start, end)
    )
    ref = by_hand(model, TEXT, signals.values[0])[0][20:30, 2].mean()
    for at in range(start, end):
        for k, letter in enumerate("ACGT"):
            mutant = TEXT[:at] + letter + TEXT[at + 1 :]
            y = by_hand(model, mutant, signals.values[0])[0][20:30, 2].mean()
            effect = made.effect[0][k, at - start]
            assert effect == pytest.approx(y - ref, abs=2e-6), (at, letter)  # float32 rounding


@pytest.mark.parametrize("method", ["integrated-gradients", "deeplift-shap"])
def test_attributions_of_a_bound_model_add_up(model, signals, method):
    settings = explain.AttributionSettings(method, baseline="zeros")
    bound = model.bind(signals.values[0])
    made = explain.attribute(bound, ONE, settings=settings, target=Target(0, (50, 60)))
    whole = by_hand(model, TEXT, signals.values[0])[0][50:60, 0].mean()
    assert made.y[0] == pytest.approx(whole, abs=1e-5)
    assert made.completeness_error()[0] < 0.02  # 1 % is asked for; the rest is rounding


def test_maps_of_a_bound_model_are_those_it_used(model, signals):
    (network,) = model.network.members
    made = attended(model.bind(signals.values[0]), ONE)
    X = torch.from_numpy(one_hot(TEXT))[None]
    with torch.inference_mode():
        maps = network.attended(X, torch.from_numpy(signals.values[:1]))[1]
        without = network.trunk.attended(X)[1]
    assert made.weights.shape[:3] == (1, 1, 1)
    for layer, one in enumerate(maps):
        np.testing.assert_allclose(made.weights[0, 0, 0, layer], one[0].numpy(), atol=1e-6)
    assert not torch.allclose(maps[0], without[0], atol=1e-3)  # signal draws attention


def test_a_model_made_here_is_found_by_its_name_and_listed_nowhere(model, signals):
    name = registry.keep(model.bind(signals.values[0]))
    assert registry.card(name).name == name and registry.load(name).card.name == name
    assert name not in registry.names()
    for seed in range(20, 28):
        registry.keep(model.bind(toy_signal(model, seed)))
    with pytest.raises(ModelError, match="there is no model"):
        registry.load(name)


def test_a_card_keeps_its_signals(model, tmp_path):
    path = tmp_path / "x" / "card.json"
    path.parent.mkdir()
    path.write_text(model.card.to_json())
    again = read_card(path)
    assert again.signals == model.card.signals
    raw = json.loads(path.read_text())
    del raw["signals"]
    path.write_text(json.dumps(raw))
    assert read_card(path).signals == ()
