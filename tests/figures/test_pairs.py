"""The map of pairs shows, of each pair of bases, the interaction that is largest by size."""

from dataclasses import replace

import numpy as np

from gexp_core.encoding import BASES
from gexp_core.explain.pairwise import pairs
from gexp_core.figures.pairs import pairs_plot, strongest
from gexp_core.types import SequenceSet
from tests.toy_models import ensemble_model, random_sequence

TEXT = random_sequence(60, 9)[:30] + "N" + random_sequence(29, 2)
MADE = pairs(ensemble_model(), SequenceSet(("s",), (TEXT,)), (27, 33))


def test_the_largest_by_size_with_its_sign_and_letters():
    values, first, second = strongest(MADE)
    for i in range(6):
        assert np.isnan(values[i, i])
        for k in set(range(6)) - {i}:
            block = MADE.interaction[:, i, :, k]
            assert abs(values[i, k]) == np.abs(block).max()
            assert block[first[i, k], second[i, k]] == values[i, k]
            assert values[i, k] == values[k, i]


def test_where_nothing_depends_on_anything_changes_are_named_all_the_same():
    flat = replace(MADE, interaction=np.where(np.isnan(MADE.interaction), np.nan, 0))
    values, first, second = strongest(flat)
    for i in range(6):
        for k in set(range(6)) - {i}:
            assert values[i, k] == 0
            assert BASES[first[i, k]] != TEXT[27 + i] and BASES[second[i, k]] != TEXT[27 + k]


def test_hover_names_both_changes_by_their_positions():
    (trace,) = pairs_plot(MADE).data
    values, first, second = strongest(MADE)
    assert list(trace.x) == list(range(28, 34)) == list(trace.y)
    assert trace.text[1][4] == (
        f"29{TEXT[28]}>{BASES[first[1, 4]]} with 32{TEXT[31]}>{BASES[second[1, 4]]}"
    )
    assert trace.zmin == -trace.zmax == -np.nanmax(np.abs(values))
