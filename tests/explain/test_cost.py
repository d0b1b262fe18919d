import pytest

from gexp_core.errors import InputError
from gexp_core.explain import AttributionSettings, evaluations
from tests.toy_models import random_set, toy_card


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
