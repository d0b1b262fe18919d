"""Design against exhaustive search on a toy, and what it must never do."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gexp_core.edits.design import design
from gexp_core.edits.goals import DesignSettings
from gexp_core.edits.sites import find_sites, longest_run
from gexp_core.edits.stretches import read_stretches
from gexp_core.encoding import BASES, one_hot
from gexp_core.errors import CancelledError, InputError
from gexp_core.models.base import Scalar
from gexp_core.models.conv import ConvConfig
from gexp_core.types import SequenceSet, Target
from tests.toy_models import LENGTH, conv_model, linear_model, linear_weights, random_sequence

SHORT = 8
TEXT = random_sequence(LENGTH, 31)


def one(text):
    return SequenceSet(("a",), (text,))


def read(model, texts, track=0):
    scalar = Scalar(model, Target(track)).eval()
    with torch.inference_mode():
        return scalar(torch.from_numpy(np.stack([one_hot(text) for text in texts]))).numpy()


def neighbours(text):
    return [
        text[:i] + base + text[i + 1 :]
        for i in range(len(text))
        for base in BASES
        if base != text[i]
    ]


def two_tracks():
    return conv_model(
        config=ConvConfig(
            input_length=LENGTH, tracks=2, stem_kernel=7, widths=(8, 12), kernel=3, repeats=(1, 2),
            hidden=8,
        )
    )  # fmt: skip


@pytest.mark.parametrize("goal", ["higher", "lower"])
def test_greedy_is_the_best_of_all_explicit_neighbours_step_by_step(goal):
    model = conv_model(members=2)
    made = design(model, one(TEXT), settings=DesignSettings(goal, steps=4))
    sign = 1 if goal == "higher" else -1
    text = TEXT
    for step in made.path[1:]:
        texts = neighbours(text)
        y = sign * read(model, texts)
        best = texts[int(y.argmax())]
        assert step.sequence == best
        assert sign * step.y[0] == pytest.approx(float(y.max()), abs=1e-5)
        assert len(step.edits) == sum(a != b for a, b in zip(best, TEXT, strict=True))
        text = best
    assert len(made.path) == 5


def test_a_wide_beam_is_exhaustive_search():
    """With as many sequences as there are single mutants, two steps see every double mutant."""
    model = conv_model(length=SHORT, config=ConvConfig(
        input_length=SHORT, stem_kernel=3, widths=(4, 4), kernel=3, repeats=(1, 1), hidden=4,
    ))  # fmt: skip
    text = random_sequence(SHORT, 5)
    protected = tuple((i, i + 1) for i in range(2))
    free = range(2, SHORT)
    doubles = []
    for i, j in itertools.combinations(free, 2):
        for a, b in itertools.product(BASES, repeat=2):
            letters = list(text)
            letters[i], letters[j] = a, b
            doubles.append("".join(letters))
    truth = read(model, doubles).max()
    made = design(model, one(text), settings=DesignSettings(steps=2, beam=18, protected=protected))
    assert made.best.y[0] == pytest.approx(float(truth), abs=1e-5)


def test_on_an_additive_model_greedy_takes_the_largest_gains_in_order():
    weights = linear_weights().double().numpy()
    model = linear_model(both_strands=False)
    codes = np.array([BASES.index(letter) for letter in TEXT])
    gain = (weights - weights[codes, np.arange(LENGTH)]).max(0)
    order = np.argsort(-gain)[:6]
    made = design(model, one(TEXT), settings=DesignSettings(steps=6))
    assert [edit[0] for edit in made.best.edits] == order.tolist()


def test_a_design_of_flanks_is_read_as_one_construct_to_the_end():
    model = linear_model(insert=(10, 48), both_strands=False)
    weights, background = linear_weights().double().numpy(), model.card.background
    text = background[:10] + TEXT[10:48] + background[48:]
    made = design(model, one(text), settings=DesignSettings(steps=9, protected=((10, 48),)))
    codes = np.array([BASES.index(letter) for letter in text])
    gain = (weights - weights[codes, np.arange(LENGTH)]).max(0)
    gain[10:48] = 0
    best = np.argsort(-gain)[:9]
    assert [edit[0] for edit in made.best.edits] == best.tolist()
    wanted = made.path[0].y[0] + np.cumsum(gain[best])
    assert [step.y[0] for step in made.path[1:]] == pytest.approx(wanted.tolist(), abs=1e-4)


def test_a_target_is_come_close_to_and_not_passed_by():
    model = conv_model()
    y = float(read(model, [TEXT])[0])
    wanted = y + 0.37
    made = design(model, one(TEXT), settings=DesignSettings("target", wanted, steps=12, beam=3))
    misses = [abs(step.y[0] - wanted) for step in made.path]
    assert misses == sorted(misses, reverse=True)
    assert misses[-1] < misses[0] / 20


def test_holding_weighs_every_other_track_as_explicit_neighbours_say():
    model, weight = two_tracks(), 3.0
    made = design(model, one(TEXT), settings=DesignSettings(steps=3, hold=weight))
    assert made.tracks == ("track0", "track1")
    first, text = read(model, [TEXT], track=1)[0], TEXT
    for step in made.path[1:]:
        texts = neighbours(text)
        y, other = read(model, texts), read(model, texts, track=1)
        score = y - weight * np.abs(other - first)
        assert step.score == pytest.approx(float(score.max()), abs=1e-4)  # 3 x the float32 rounding
        text = texts[int(score.argmax())]
        assert step.sequence == text
        assert step.y[1] == pytest.approx(float(other[score.argmax()]), abs=1e-5)


@settings(max_examples=6, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, LENGTH - 2), st.integers(1, 30)), max_size=3),
    st.integers(1, 3),
    st.sampled_from(["higher", "lower"]),
)
def test_protected_bases_are_never_touched_and_sites_never_written(stretches, beam, goal):
    protected = tuple((start, min(LENGTH, start + n)) for start, n in stretches)
    chosen = DesignSettings(
        goal, steps=4, beam=beam, protected=protected, avoid=("ACGT", "GGN"), run=3
    )
    try:
        made = design(MODEL, one(TEXT), settings=chosen)
    except InputError as error:
        assert "every base is protected" in str(error)
        return
    for found in (*made.path, *made.beam):
        for start, end in protected:
            assert found.sequence[start:end] == TEXT[start:end]
        for site in chosen.avoid:
            assert len(find_sites(found.sequence, site)) <= len(find_sites(TEXT, site))
        assert longest_run(found.sequence) <= max(3, longest_run(TEXT))
        assert len({position for position, _ in found.edits}) <= chosen.steps


MODEL = conv_model()


def test_the_beam_holds_distinct_sequences_best_first():
    made = design(MODEL, one(TEXT), settings=DesignSettings(steps=3, beam=4))
    assert len({found.sequence for found in made.beam}) == 4
    scores = [found.score for found in made.beam]
    assert scores == sorted(scores, reverse=True)
    np.testing.assert_allclose(
        [found.y[0] for found in made.beam],
        read(MODEL, [found.sequence for found in made.beam]),
        atol=1e-5,
    )


def test_progress_reaches_the_end_in_steps_and_can_stop():
    seen = []
    design(MODEL, one(TEXT), settings=DesignSettings(steps=3), progress=lambda *p: seen.append(p))
    shares = [done / total for done, total in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1

    def stop(done, total):
        raise CancelledError("stop")

    with pytest.raises(CancelledError):
        design(MODEL, one(TEXT), settings=DesignSettings(), progress=stop)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"goal": "best"}, "not one of"),
        ({"steps": 0}, "from 1 to"),
        ({"beam": 99}, "from 1 to"),
        ({"hold": -1.0}, "finite"),
        ({"value": float("nan")}, "finite"),
        ({"avoid": ("AXC",)}, "cannot be searched"),
    ],
)
def test_settings_out_of_bounds_are_refused(wrong, said):
    with pytest.raises(InputError, match=said):
        DesignSettings(**wrong)


def test_what_does_not_fit_the_sequence_is_refused():
    with pytest.raises(InputError, match="protected stretch 3-99"):
        design(MODEL, one(TEXT), settings=DesignSettings(protected=((2, 99),)))
    with pytest.raises(InputError, match="'track1 minus track0' is a difference"):
        design(two_tracks(), one(TEXT), target=Target(1, minus=0))
    with pytest.raises(InputError, match="one is designed"):
        design(MODEL, SequenceSet(("a", "b"), (TEXT, TEXT)))


@pytest.mark.parametrize(
    ("text", "length", "wanted"),
    [
        ("1-20, 45", 5000, [(1, 20), (45, 45)]),
        ("1-20,45;140-164", 200, [(1, 20), (45, 45), (140, 164)]),
        (" ;, ", 10, []),
        ("1,234", 500, [(1, 1), (234, 234)]),  # there is no base 1234
        ("1, 234", 5000, [(1, 1), (234, 234)]),
        ("1;234", 5000, [(1, 1), (234, 234)]),
        ("20,45,1000", 5000, [(20, 20), (45, 45), (1000, 1000)]),
    ],
)
def test_stretches_are_read_as_they_are_listed(text, length, wanted):
    assert read_stretches(text, length) == tuple((first - 1, last) for first, last in wanted)


@pytest.mark.parametrize("text", ["1,234", "1-20,450", "1,200-1,300", "7; 1,200,300"])
def test_a_comma_that_may_stand_in_a_number_is_refused(text):
    with pytest.raises(InputError, match="may be one position or several; write numbers without"):
        read_stretches(text, 1234)
