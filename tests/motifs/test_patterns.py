"""How sequences are laid out for TF-MoDISco: each once, apart, in rows that are not all long."""

import numpy as np
import pytest

from gexp_core.motifs.patterns import laid

MARGIN = 45


@pytest.mark.parametrize(
    "lengths", [[100] * 7, [60, 100, 80], [200] * 20 + [20_000] + [50] * 19, [1]]
)
def test_every_sequence_is_there_once_with_room_around_it(lengths):
    rng = np.random.default_rng(0)
    arrays = [rng.random((4, length), np.float32) + 1 for length in lengths]
    rows, places = laid(arrays, MARGIN)
    assert rows.dtype == np.float32 and rows.flags.c_contiguous
    seen = np.zeros(rows.shape[:2], int)
    for array, (row, begin) in zip(arrays, places.tolist(), strict=True):
        end = begin + array.shape[1]
        assert (rows[row, begin:end] == array.T).all()
        assert not rows[row, begin - MARGIN : begin].any()
        assert rows[row, end : end + MARGIN].shape == (MARGIN, 4)
        assert not rows[row, end : end + MARGIN].any()
        seen[row, begin - MARGIN : end + MARGIN] += 1  # margins are nobody else's
    assert seen.max() == 1
    assert np.count_nonzero(rows) == 4 * sum(lengths)


def test_sequences_of_one_length_have_a_row_each():
    rows, places = laid([np.ones((4, 100), np.float32)] * 3, MARGIN)
    assert rows.shape == (3, 190, 4)
    assert places.tolist() == [[0, 45], [1, 45], [2, 45]]


def test_one_long_sequence_does_not_make_all_rows_long():
    arrays = [np.zeros((4, n), np.float32) for n in [200] * 200 + [20_000] + [200] * 199]
    rows, _ = laid(arrays, MARGIN)
    assert rows.shape[0] * rows.shape[1] < 2 * sum(x.shape[1] + 2 * MARGIN for x in arrays)
