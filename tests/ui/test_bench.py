"""The page Motif bench: numbers of a plain run, two experiments, mistakes in a sentence."""

import pytest

from gexp_core.models import registry
from gexp_core.motifs.bench import position_curve
from gexp_core.motifs.bench_texts import random_backgrounds
from tests.ui.conftest import FASTA, give, go, labels, plain, settle


@pytest.fixture
def bench(app):
    return go(give(app, FASTA), "bench", lambda at: "Largest mean effect" in labels(at))


def test_the_numbers_are_those_of_the_experiment(bench):
    model = registry.load("toy-conv")
    truth = position_curve(model, "CTAATCCC", random_backgrounds(20, 60), range(0, 53, 10))
    _, x, mean = truth.best()
    numbers = labels(bench)
    assert float(numbers["Largest mean effect"]) == pytest.approx(mean, abs=6e-4)
    assert numbers["At"] == f"position {x + 1}"
    assert any("scrambled letters" in plain(c.value) for c in bench.caption)


def test_two_motifs_cooperate_or_not(bench):
    bench.text_input(key="bench_first").set_value("TGACTCA")
    bench.segmented_control(key="bench_kind").set_value("pair").run()
    settle(bench, lambda at: "Largest cooperation" in labels(at))
    assert "bp apart" in labels(bench)["At"]


def test_mistakes_end_in_a_sentence(bench):
    bench.text_input(key="bench_first").set_value("TGAXTCA").run()
    assert "has 'X'" in plain(bench.error[0].value) and "Largest mean effect" not in labels(bench)
