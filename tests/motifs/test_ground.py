"""What places are worth, by brute force: sums over bases, triplets, units, what is taken."""

import numpy as np
import pytest

from gexp_core.motifs.ground import Ground, covered
from tests.toy_models import random_sequence

TEXTS = [random_sequence(450, 1), random_sequence(70, 2)[:40] + "NN" + random_sequence(30, 3)]
CONTROLS = [random_sequence(90, 4), TEXTS[1]]


@pytest.fixture(scope="module")
def scores():
    rng = np.random.default_rng(0)
    return [rng.normal(size=len(text)).astype(np.float32) for text in (*TEXTS, *CONTROLS)]


@pytest.fixture(scope="module")
def ground(scores):
    return Ground.of(TEXTS, CONTROLS, scores)


def worth(scores):
    """Return the score of each base less the mean of its triplet, text by text."""
    texts = (*TEXTS, *CONTROLS)
    kinds = [
        [
            "" if text[k] == "N" else t if set(t) <= set("ACGT") else "-"
            for k in range(len(text))
            for t in [f"N{text}N"[k : k + 3]]
        ]
        for text in texts
    ]
    held = {}
    for kind, score in zip(kinds, scores, strict=True):
        for one, value in zip(kind, score.tolist(), strict=True):
            held.setdefault(one, []).append(value)
    return [
        [value - np.mean(held[one]) if one else 0 for one, value in zip(kind, score, strict=True)]
        for kind, score in zip(kinds, scores, strict=True)
    ]


def test_every_place_without_an_n_is_there_once_with_its_sums(ground, scores):
    width = 7
    places = ground.places(width)
    by_start = dict(
        zip(places.start.tolist(), zip(places.worth, places.score, strict=True), strict=True)
    )
    seen = 0
    for begin, text, score, own in zip(
        ground.first.tolist(), (*TEXTS, *CONTROLS), scores, worth(scores), strict=False
    ):
        for at in range(len(text) + 1):
            if at + width <= len(text) and "N" not in text[at : at + width]:
                seen += 1
                made = by_start[begin + at]
                np.testing.assert_allclose(
                    made, [sum(own[at : at + width]), score[at : at + width].sum()], atol=1e-5
                )
            else:
                assert begin + at not in by_start
    assert seen == len(places.start) and (np.diff(places.unit) >= 0).all()
    np.testing.assert_array_equal(places.start[places.row[places.start]], places.start)


def test_units_are_pieces_and_copies_of_one_side_share_one(ground):
    begins = ground.first[:-1]
    assert ground.unit[begins[0]] != ground.unit[begins[0] + 449]  # 450 bases: two pieces
    assert ground.unit[begins[0]] == ground.unit[begins[0] + 199] != ground.unit[begins[0] + 200]
    assert len(set(ground.unit.tolist())) == 5
    twice = Ground.of(
        [TEXTS[0], TEXTS[0]], CONTROLS, [np.zeros(450)] * 2 + [np.zeros(90), np.zeros(72)]
    )
    assert len(set(twice.unit.tolist())) == 4


def test_marked_places_are_means_of_their_units_beside_all_others(ground):
    places = ground.places(5)
    start = places.start[[3, 11, 400]]
    marked = places.marked(start)
    unit = ground.unit[start]
    for k, one in enumerate(sorted(set(unit.tolist()))):
        mine = [w for s, w in zip(places.start, places.worth, strict=True) if ground.unit[s] == one]
        chosen = [places.worth[places.row[s]] for s in start if ground.unit[s] == one]
        assert marked.worth[k] == pytest.approx(np.mean(chosen))
        assert marked.excess()[k] == pytest.approx(np.mean(chosen) - np.mean(mine))
    assert len(marked.excess()) == len(set(unit.tolist()))


def test_what_is_taken_counts_nothing_and_places_half_on_it_are_none(ground):
    taken = ground.without(np.array([10, 30]), 6)
    assert taken.taken.sum() == 12 and not ground.taken.any()
    starts = set(taken.places(6).start.tolist())
    assert {7, 8, 9, 10, 11, 12, 13}.isdisjoint(starts) and {6, 14} <= starts
    places = taken.places(6)
    assert places.score[places.row[6]] == pytest.approx(ground.score[6:10].sum())
    assert len(taken.places(6).marked(np.array([10])).first) == 0


def test_covered_is_the_union_of_places():
    made = covered(np.array([2, 4, 4, 9]), 3, 14)
    assert np.flatnonzero(made).tolist() == [2, 3, 4, 5, 6, 9, 10, 11]
