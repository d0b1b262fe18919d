"""On the bundled models, whose weights visitors meet: scores add up and maps are exact."""

import numpy as np
import pytest

from gexp_core.encoding import BASES
from gexp_core.explain import AttributionSettings, attribute, mutagenesis
from gexp_core.models import registry
from gexp_core.predict import predict
from gexp_core.types import SequenceSet, Target
from tests.toy_models import random_sequence, random_set

SHORT = [name for name in registry.offered() if registry.card(name).input_length < 1000]
LONG = [name for name in registry.offered() if name not in SHORT]


def width(name):
    begin, end = registry.card(name).insert
    return end - begin


@pytest.mark.parametrize("name", SHORT)
@pytest.mark.parametrize("baseline", ["shuffle", "uniform"])
def test_deeplift_adds_up_and_no_score_is_out_of_scale(name, baseline):
    sequences = random_set((width(name),) * 2, seed=4)
    settings = AttributionSettings("deeplift-shap", baseline, 2, hypothetical=True)
    made = attribute(registry.load(name, device="cpu"), sequences, settings=settings)
    # rounding of float32 sums over some thousand units; the scores themselves are about 0.1
    assert np.abs(made.delta).max() < 1e-5
    assert max(np.abs(scores).max() for scores in made.hypothetical) < 3


@pytest.mark.parametrize("name", SHORT)
def test_single_changes_are_those_of_explicit_mutants(name):
    model, length = registry.load(name, device="cpu"), width(name)
    text = random_sequence(length, 6)
    text = text[:31] + "N" + text[32:]
    places = [0, 1, 30, 31, 32, length // 2, length - 1]
    changed = [text[:at] + base + text[at + 1 :] for at in places for base in BASES]
    every = SequenceSet(tuple(f"s{i}" for i in range(len(changed) + 1)), (text, *changed))
    y = predict(model, every).y[:, 0].astype(float)
    wanted = (y[1:] - y[0]).reshape(-1, 4).T
    effect = mutagenesis(model, every.select(("s0",))).effect[0]
    np.testing.assert_allclose(effect[:, places], wanted, atol=1e-5 * max(1, abs(y[0])))
    assert np.abs(wanted).max() > 0.01
    for at, base in enumerate(text):
        assert base == "N" or effect[BASES.index(base), at] == 0


@pytest.mark.parametrize("name", LONG)
def test_single_changes_amid_a_long_window_are_those_of_explicit_mutants(name):
    model, length = registry.load(name, device="cpu"), width(name)
    text, at = random_sequence(length, 6), length // 2 + 5
    bins = registry.card(name).bins
    target = Target(0, (bins // 2 - 2, bins // 2 + 2))
    changed = [text[:at] + base + text[at + 1 :] for base in BASES if base != text[at]]
    every = SequenceSet(("s0", "s1", "s2", "s3"), (text, *changed))
    y = predict(model, every).y.astype(float).reshape(4, bins, -1)[:, slice(*target.rows), 0]
    wanted = y[1:].mean(1) - y[0].mean()
    made = mutagenesis(model, every.select(("s0",)), target=target, window=(at, at + 1)).effect[0]
    effect = made[[base != text[at] for base in BASES], 0]
    assert np.abs(wanted).max() > 1e-5
    np.testing.assert_allclose(effect, wanted, atol=1e-6)
