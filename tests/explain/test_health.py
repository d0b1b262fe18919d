import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gexp_core.errors import CancelledError
from gexp_core.explain import METHODS, AttributionSettings, attribute, mutagenesis
from gexp_core.explain.health import CONTROLS, _r, health, quick
from gexp_core.explain.verdicts import BAD, DOUBTFUL, GOOD, RULES, as_json, judged
from gexp_core.types import ROUNDING, SequenceSet
from tests.explain.helpers import same, state, stop_after, watch
from tests.toy_models import (
    LinearSum,
    ensemble_model,
    linear_weights,
    profile_model,
    random_sequence,
    random_set,
    toy_card,
    wrap,
)

TEXT = random_sequence(60, 3)
ONE = SequenceSet(("s",), (TEXT,))


def planted():
    """Two linear networks that agree, read both strands alike, and care for one base alone.

    It is a base that the control's shuffles do not have there.
    """
    W = 0.02 * linear_weights()
    W["ACGT".index(TEXT[10]), 10] += 3
    W = W + W.flip(0, 1)
    return wrap([LinearSum(W), LinearSum(1.1 * W)], toy_card(60, members=2))


def by_name(found):
    return {check.name: check for check in found.checks}


@pytest.mark.parametrize("method", METHODS)
def test_an_additive_model_is_explained_well(method):
    model = planted()
    # 40 shuffles: what other shuffles would give differs little
    settings = AttributionSettings(method, n_baselines=40, samples=4, size=1, step=1)
    made = attribute(model, ONE, settings=settings)
    found = health(model, ONE, 0, made)
    bad = [c for c in found.checks if c.verdict not in (GOOD, "")]
    # a slope of a linear model is the same for every sequence, so no control can tell
    assert [c.name for c in bad] == (["control"] if method == "saliency" else [])
    if method == "integrated-gradients":
        assert found.verdict == GOOD
        assert {c.name for c in found.checks if c.verdict} == set(RULES)


@pytest.mark.parametrize("model", [planted(), ensemble_model()])
def test_random_scores_are_found_out(model):
    made = attribute(model, ONE, settings=AttributionSettings(n_baselines=3))
    noise = np.random.default_rng(0).normal(size=(4, 60)).astype(np.float32)
    broken = replace(made, attr=(noise,))
    found = health(model, ONE, 0, broken)
    assert found.verdict == BAD
    for name in ("completeness", "mutagenesis", "seed", "baseline"):
        assert by_name(found)[name].verdict == BAD
    assert found.text == by_name(found)["completeness"].text
    assert quick(broken).verdict == BAD


def test_scores_of_nothing_add_up_to_rounding():
    made = attribute(planted(), ONE, settings=AttributionSettings(n_baselines=2))
    y = made.y + np.float32(1)
    nothing = (np.zeros((4, 60), np.float32),)
    alike = replace(made, attr=nothing, y=y, y_baseline=np.nextafter(y, np.float32(0)))
    check = quick(alike).checks[0]
    assert (check.value, check.verdict) == (0, GOOD)
    assert quick(replace(alike, y_baseline=y * np.float32(0.999))).verdict == BAD


def test_only_the_scores_that_are_judged_are_summed():
    model, sequences = planted(), random_set((60, 50), seed=2)
    made = attribute(model, sequences, settings=AttributionSettings(n_baselines=2))
    broken = made.attr[0] + np.float32(0.01)  # what was drawn, not what delta says of it
    missed = abs(broken.sum(dtype=np.float64) - (float(made.y[0]) - float(made.y_baseline[0])))
    left = SimpleNamespace(shape=made.attr[1].shape)  # of another sequence: nothing to sum
    found = quick(replace(made, attr=(broken, left))).checks[0].value
    assert found == pytest.approx(missed / abs(made.y[0] - made.y_baseline[0]), rel=1e-5)


def test_values_are_what_they_say():
    model = ensemble_model()
    sequences = random_set((60, 60), seed=2)
    settings = AttributionSettings(n_baselines=3)
    made = attribute(model, sequences, settings=settings, seed=5)
    changes = mutagenesis(model, sequences)
    found = by_name(health(model, sequences, 1, made, mutagenesis=changes, seed=5))
    one = sequences.select(("s1",))
    here = made.per_base(1)
    helps = -changes.effect[1].sum(0) / 3
    members = []
    for member in model.network.members:
        single = wrap([member], model.card)
        members.append(attribute(single, one, settings=settings, seed=5).per_base(0))
    forward = attribute(model, one, settings=replace(settings, both_strands=False), seed=5)
    # what is shown is the mean of both strands, so twice it less one is the other
    reverse = 2 * here - forward.per_base(0)
    gc = attribute(model, one, settings=replace(settings, baseline="gc"), seed=5)
    wanted = {
        "completeness": made.completeness_error()[1],
        "mutagenesis": np.corrcoef(here, helps)[0, 1],
        "members": np.corrcoef(*members)[0, 1],
        "strands": np.corrcoef(forward.per_base(0), reverse)[0, 1],
        "baseline": np.corrcoef(here, gc.per_base(0))[0, 1],
    }
    for name, value in wanted.items():
        # the other strand is integrated apart, each way to the tolerance of 1 %
        error = 0.02 if name == "strands" else 1e-3
        assert found[name].value == pytest.approx(value, abs=error), name
    assert 0 < found["control"].value < 3


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_the_unit_of_a_model_changes_no_check(scale):
    W = linear_weights()
    W = W + W.flip(0, 1)
    found = []
    for size in (1.0, scale):
        members = [LinearSum(part * size * W, 0.5 * size) for part in (1, 1.1)]
        model = wrap(members, toy_card(60, members=2))
        made = attribute(model, ONE, settings=AttributionSettings(n_baselines=3))
        found.append([check.value for check in health(model, ONE, 0, made).checks])
    assert np.isfinite(found[0]).all()
    assert found[1] == pytest.approx(found[0], rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_what_rounding_leaves_is_flat_whatever_the_unit(size):
    rng = np.random.default_rng(0)
    picture, noise = size * rng.normal(size=60), 1e-8 * size * rng.normal(size=60)
    assert np.isnan(_r(picture, noise, ROUNDING * size))
    assert np.isnan(_r(picture, np.full(60, size / 3), 0))
    assert _r(picture, 2 * picture, ROUNDING * size) == pytest.approx(1)


def test_it_can_be_stopped_and_leaves_the_model_as_it_was():
    model, told = ensemble_model(), []
    before = state(model)
    settings = AttributionSettings(n_baselines=2)
    made = attribute(model, ONE, settings=settings)
    health(model, ONE, 0, made, progress=watch(told))
    assert told[-1] == (1000, 1000)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    with pytest.raises(CancelledError):
        health(model, ONE, 0, made, progress=stop_after(9))
    assert same(before, state(model))
    assert torch.is_grad_enabled()


def test_what_does_not_apply_says_why():
    model = profile_model()
    made = attribute(model, ONE, settings=AttributionSettings("mutagenesis"))
    found = by_name(health(model, ONE, 0, made))
    applied = {name for name, check in found.items() if check.verdict}
    assert applied == {"strands", "control"}
    assert found["completeness"].text == "Scores of this method are not expected to add up."
    assert found["members"].text == "The model is a single network."
    assert set(found) == set(RULES)


def test_verdicts_at_their_limits():
    for name, rule in RULES.items():
        step = 1e-9 if rule.more else -1e-9
        assert judged(name, rule.good).verdict == GOOD
        assert judged(name, rule.good - step).verdict == DOUBTFUL
        assert judged(name, rule.bad).verdict == DOUBTFUL
        assert judged(name, rule.bad - step).verdict == BAD
        assert judged(name, float("nan")).verdict == DOUBTFUL
        assert all(text.count(".") >= 1 for text in rule.advice.values())


def test_json_is_plain_and_repeats():
    model = planted()
    made = attribute(model, ONE, settings=AttributionSettings(baseline="zeros"))
    found = [health(model, ONE, 0, made), quick(made)]
    assert as_json(found) == as_json(found)
    full, short = json.loads(as_json(found))
    assert (full["sequence"], full["tier"], short["tier"]) == ("s", "full", "quick")
    assert short["checks"][0]["limits"] == "good: at most 0.01, bad: above 0.05"
    seed = next(check for check in full["checks"] if check["name"] == "seed")
    assert (seed["value"], seed["verdict"], seed["text"]) == (None, "", "Nothing random is drawn.")


@pytest.mark.parametrize("method", ["integrated-gradients", "occlusion", "expected-gradients"])
def test_an_insert_is_judged_alike_alone_and_with_its_flanks(method):
    model = ensemble_model(insert=(7, 50))
    insert = random_sequence(43, 5)
    whole = model.card.background[:7] + insert + model.card.background[50:]
    settings = AttributionSettings(method, n_baselines=3, samples=4)
    found = []
    for text in (insert, whole):
        one = SequenceSet(("s",), (text,))
        found.append(health(model, one, 0, attribute(model, one, settings=settings)))
    for alone, along in zip(found[0].checks, found[1].checks, strict=True):
        assert along.value == pytest.approx(alone.value, abs=1e-5, nan_ok=True), alone.name


def test_controls_of_a_whole_construct_are_read_in_its_window(monkeypatch):
    model = ensemble_model(insert=(7, 50))
    left, right = model.card.background[:7], model.card.background[50:]
    one = SequenceSet(("s",), (left + random_sequence(43, 5) + right,))
    made = attribute(model, one, settings=AttributionSettings("gradient-x-input"))
    read = []

    def spying(model, sequences, **how):
        read.extend(sequences.sequences)
        return attribute(model, sequences, **how)

    monkeypatch.setattr("gexp_core.explain.health.attribute", spying)
    health(model, one, 0, made)
    assert len(set(read)) == 1 + CONTROLS
    assert all(text.startswith(left) and text.endswith(right) for text in read)


def test_a_flank_that_is_read_is_no_chance_level():
    weights = linear_weights().clone()
    weights[:, 2] = 99.0  # in the left flank, alike in sequence and shuffles
    model = wrap([LinearSum(weights)], toy_card(60, insert=(7, 50), both_strands=False))
    left, right = model.card.background[:7], model.card.background[50:]
    one = SequenceSet(("s",), (left + random_sequence(43, 5) + right,))
    made = attribute(model, one, settings=AttributionSettings("gradient-x-input"))
    control = by_name(health(model, one, 0, made))["control"]
    assert control.value != pytest.approx(1)
