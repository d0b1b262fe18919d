"""What is looked at where there is more than can be: no text takes the room of others."""

import pytest

from gexp_core.motifs.evenly import WHOLE, evenly, within


def sizes(lengths, room):
    """Return how long the part of each text is, all of them middles."""
    made = within(lengths, room)
    for i, part in made.items():
        assert 0 <= lengths[i] - part.stop - part.start <= 1
    return {i: part.stop - part.start for i, part in made.items()}


def test_what_fits_is_looked_at_whole():
    assert sizes([100, 30_000, 5], 30_105) == {0: 100, 1: 30_000, 2: 5}
    assert sizes([], 100) == {}


def test_of_texts_of_usual_lengths_some_are_looked_at_whole():
    assert sizes([200] * 10, 1_000) == dict.fromkeys(evenly(10, 5), 200)
    assert sizes([WHOLE] * 4, 2 * WHOLE) == {0: WHOLE, 2: WHOLE}


@pytest.mark.parametrize("at", [0, 50, 99])
def test_a_long_text_is_cut_and_the_others_stay(at):
    lengths = [200] * 100
    lengths[at] = 1_000_000
    made = sizes(lengths, 30_000)
    assert len(made) == 100 and sum(made.values()) == 30_000
    assert {i for i, end in made.items() if end != 200} == {at}


def test_long_texts_share_the_room():
    assert sizes([9_000, 20_000, 30_000], 24_000) == {0: 8_000, 1: 8_000, 2: 8_000}
    assert sizes([1_000, 20_000, 30_000], 24_000) == {0: 1_000, 1: 11_500, 2: 11_500}


def test_where_not_even_one_text_fits_it_is_cut():
    assert sizes([700, 700], 600) == {0: 600}
