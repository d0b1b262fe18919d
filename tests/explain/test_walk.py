"""What follows the stem of a recurrent network, begun at the change: exact, and little work."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from gexp_core.explain.incremental import incremental
from gexp_core.explain.plans import compile_plan
from gexp_core.explain.shares import counted
from gexp_core.explain.walk import Walk
from gexp_core.explain.windows import Window
from gexp_core.models import registry
from gexp_core.models.base import Scalar
from gexp_core.types import Target
from tests.explain.test_plans import agree, both
from tests.toy_models import random_sequence, recurrent_model


def walks(model):
    (plan,) = incremental(Scalar(model, Target())).plans
    return len(plan.tails) == len(plan.networks) and all(isinstance(t, Walk) for t in plan.tails)


@pytest.mark.parametrize("length", [60, 61, 62, 63])  # the stem leaves a rest of 0 to 3 bases
@pytest.mark.parametrize("alphabet", ["ACGT", "ACGTN"])
def test_mutants_equal_explicit_ones(length, alphabet):
    model = recurrent_model(length, insert=(5, length - 2))
    assert walks(model)
    effect = agree(model, random_sequence(length, 5, alphabet))
    assert np.abs(effect).max() > 1e-3


@pytest.mark.parametrize("window", [(0, 1), (0, 9), (30, 31), (27, 42), (51, 60), (59, 60)])
def test_parts_and_ends(window):
    start, end = window
    for strands in (True, False):
        model = recurrent_model(members=3, both_strands=strands)
        agree(model, random_sequence(60, 7, "ACGTN"), start=start, end=end)


def test_without_a_walk_the_rest_is_read_whole(monkeypatch):
    text = random_sequence(60, 3)
    made, _, y, _ = both(recurrent_model(), text)
    monkeypatch.setattr("gexp_core.explain.plans.walk_of", lambda *_: None)
    model = recurrent_model()
    assert not walks(model)
    whole, *_ = both(model, text)
    assert np.abs(made - whole).max() < 1e-5 * max(1, abs(y))  # sums in other orders


def test_operations_are_those_that_are_counted():
    card = registry.card("retina-rnn")
    network = registry.build(card.architecture, card.sizes(0)).eval()
    X = torch.zeros(1, 4, card.input_length)
    X[:, 0] = 1
    with torch.inference_mode():
        window = Window(compile_plan([network], card.input_length), X)
        with FlopCounterMode(display=False) as counter:
            n = sum(
                made.alts.numel() for made in window.read([(0, card.input_length)], every=False)
            )
    known = counted(card)
    # near the ends less is reached than is counted; torch does not count sums into products, by
    # which the stem is read
    assert counter.get_total_flops() / n == pytest.approx(known.behind, rel=0.1)
    assert known.behind < 0.4 * known.rest
