import pytest

from gexp_core.errors import InputError
from gexp_core.explain import AttributionSettings, evaluations
from gexp_core.types import SequenceSet
from tests.toy_models import random_sequence, random_set, toy_card


def test_cost_follows_windows_strands_members_and_steps():
    card = toy_card(60, members=3)
    one, tiled = random_set((60,)), random_set((60, 120))
    assert evaluations(card, one) == 2 * 3
    assert evaluations(card, tiled, both_strands=False) == (1 + 3) * 3
    assert evaluations(card, one, work="mutagenesis", both_strands=False) == 3 * (1 + 180)
    assert evaluations(card, one, work="mutagenesis", window=(0, 10)) == 6 * (1 + 30)
    zeros = evaluations(card, one, work="attribute", settings=AttributionSettings(baseline="zeros"))
    shuffles = evaluations(card, one, work="attribute")
    assert zeros == 6 * (2 + 3 * 22)  # one path: 20 nodes, now and then doubled
    assert shuffles == 6 * (11 + 3 * 10 * 22)
    with pytest.raises(InputError, match="work 'dream' is not one of predict"):
        evaluations(card, one, work="dream")


def test_flanks_that_were_given_along_are_changed_but_never_replaced():
    card = toy_card(60, insert=(8, 50), both_strands=False)
    insert = random_sequence(42, 1)
    whole = card.background[:8] + insert + card.background[50:]

    def work(text, method):
        one, settings = SequenceSet(("s",), (text,)), AttributionSettings(method)
        return evaluations(card, one, work="attribute", settings=settings)

    for method in ("integrated-gradients", "occlusion"):
        assert work(whole, method) == work(insert, method)
    assert work(whole, "mutagenesis") - work(insert, "mutagenesis") == 3 * (60 - 42)
