"""Two models on the same sequences: numbers by hand, and what may be compared."""

from dataclasses import replace

import numpy as np
import pytest

from gexp_core.errors import InputError
from gexp_core.evaluate.compare import Comparison, agreement, apart, compare_named, same_kind
from gexp_core.export.comparison import comparison_table
from gexp_core.models import registry
from gexp_core.predict import predict
from tests.toy_models import linear_model, random_set, toy_card


def made(n=6):
    sequences = random_set((60,) * n)
    one, two = linear_model(seed=0), linear_model(seed=1)
    return Comparison(predict(one, sequences), predict(two, sequences)), one.card, two.card


def test_tracks_are_one_kind_by_unit_species_and_name_or_group():
    card = toy_card(tracks=("a", "b"))
    lone = replace(card, tracks=tuple(replace(track, group="") for track in card.tracks))
    assert same_kind(card, "a", card, "b")  # one group
    assert not same_kind(lone, "a", lone, "b")
    assert same_kind(lone, "a", lone, "a")
    assert not same_kind(card, "a", replace(card, units="other"), "a")
    assert not same_kind(card, "a", replace(card, species="other"), "a")


def test_the_list_of_disagreement_is_sorted_and_in_the_unit():
    both, card, other = made()
    table = comparison_table(both, card, "activity", other, "activity")
    x, y = both.numbers("activity", "activity")
    column = "apart (toy units)"
    assert np.all(np.diff(np.abs(table[column])) <= 0)
    by_name = dict(zip(table["sequence"], table[column], strict=True))
    for i, name in enumerate(both.names):
        assert by_name[name] == pytest.approx(float(y[i] - x[i]), abs=1e-6)
    assert len(set(table.columns)) == 6


def test_other_kinds_are_compared_by_their_places():
    both, card, other = made()
    other = replace(other, units="other units")
    x, y = both.numbers("activity", "activity")
    places = other.percentile(y, "activity") - card.percentile(x, "activity")
    found = apart(both, card, "activity", other, "activity")
    np.testing.assert_allclose(found, places, atol=1e-4)
    bare = replace(other, percentiles={})
    ranked = apart(both, replace(card, percentiles={}), "activity", bare, "activity")
    by_hand = (np.argsort(np.argsort(y)) - np.argsort(np.argsort(x))) * 100 / len(x)
    np.testing.assert_allclose(ranked, by_hand, atol=1e-4)


def test_where_one_card_holds_no_measured_places_both_are_among_the_sequences_given():
    both, card, other = made()
    bare = replace(other, units="other units", percentiles={})
    x, y = both.numbers("activity", "activity")
    by_hand = (np.argsort(np.argsort(y)) - np.argsort(np.argsort(x))) * 100 / len(x)
    np.testing.assert_allclose(apart(both, card, "activity", bare, "activity"), by_hand, atol=1e-4)
    table = comparison_table(both, card, "activity", bare, "activity")
    assert "apart (percentiles among these sequences)" in table.columns
    level = replace(both.second, y=np.zeros_like(both.second.y))
    tied = apart(Comparison(both.first, level), card, "activity", bare, "activity")
    middle = 50 - 100 * (np.argsort(np.argsort(x)) + 0.5) / len(x)
    np.testing.assert_allclose(tied, middle, atol=1e-4)
    two, _, _ = made(2)
    assert np.isnan(apart(two, card, "activity", bare, "activity")).all()


def test_agreement_wants_three_sequences():
    x = np.array([1, 2, 3, 5], np.float32)
    found = agreement(x, x**2)
    assert found.n == 4
    assert found.spearman == pytest.approx(1)
    assert found.pearson == pytest.approx(np.corrcoef(x, x**2)[0, 1], abs=1e-6)
    assert np.isnan(agreement(x[:2], x[:2]).pearson)


def test_predictions_of_other_sequences_are_refused():
    both, _, _ = made()
    less, _, _ = made(5)
    with pytest.raises(InputError, match="different sequences"):
        Comparison(both.first, less.second)


def test_both_models_are_read_as_by_themselves_and_progress_only_rises(toy):
    sequences = random_set((60, 90, 30))
    seen = []
    both = compare_named(
        toy, sequences, toy, strides=(30, None), progress=lambda *at: seen.append(at)
    )
    alone = predict(registry.load(toy), sequences, stride=30)
    np.testing.assert_array_equal(both.first.y, alone.y)
    assert seen == sorted(seen) and seen[-1] == (1000, 1000)
