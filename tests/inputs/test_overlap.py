"""The sketch of training rows: what is found and what is not, whatever the strand or the edits."""

import tracemalloc

import numpy as np
import pytest

from gexp_core.encoding import indices, reverse_complement
from gexp_core.errors import ModelError
from gexp_core.inputs import overlap
from gexp_core.inputs.overlap import FILE, K, hashes, kept, read_sketch, shared, sketch, to_bytes
from gexp_core.models import registry
from gexp_core.models.card import read_card
from gexp_core.types import SequenceSet
from tests.toy_models import random_sequence

ROWS = [random_sequence(164, seed) for seed in range(300)]


def known(texts=ROWS):
    return sketch([indices(text) for text in texts], data_sha256="d" * 64)


def found(texts, sketched):
    names = tuple(str(i) for i in range(len(texts)))
    return shared(SequenceSet(names, tuple(texts)), sketched)


def test_hashes_are_of_the_words_alone():
    text = random_sequence(80, 5)
    forward, reverse = hashes(indices(text)), hashes(indices(reverse_complement(text)))
    np.testing.assert_array_equal(forward, reverse[::-1])
    assert len(set(forward.tolist())) == 80 - K + 1
    np.testing.assert_array_equal(hashes(indices(text[7:40])), forward[7 : 40 - K + 1])
    broken = hashes(indices(text[:30] + "N" + text[31:]))
    assert (broken != forward).tolist() == [30 - K < at <= 30 for at in range(len(forward))]
    assert hashes(indices("ACGT")).shape == (0,)


@pytest.mark.parametrize("window", [1, 10, 40, 500])
def test_of_each_window_the_smallest_is_kept(window):
    values = hashes(indices(random_sequence(200, 9)))
    wanted = {
        at + int(np.argmin(values[at : at + window]))
        for at in range(max(1, len(values) - window + 1))
    }
    assert kept(values, window).tolist() == sorted(wanted)


def test_a_long_text_is_looked_through_in_parts():
    values = np.random.default_rng(0).integers(0, 2**64, 250_000, dtype=np.uint64)
    views = np.lib.stride_tricks.sliding_window_view(values, 40)
    wanted = np.unique(np.arange(len(views)) + views.argmin(1))
    tracemalloc.start()
    try:
        made = kept(values, 40)
        assert tracemalloc.get_traced_memory()[1] < 60e6  # all at once: 80 MB
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(made, wanted)


def test_every_training_row_is_found_on_either_strand_inside_other_letters_and_with_changes():
    made = known()
    assert all(one.found and one.share > 0.5 for one in found(ROWS, made))
    turned = [reverse_complement(row) for row in ROWS]
    assert all(one.found for one in found(turned, made))
    inside = [random_sequence(300, 900 + i) + row + random_sequence(300, 1900 + i)
              for i, row in enumerate(ROWS[:50])]  # fmt: skip
    for one in found(inside, made):
        assert one.found and 300 <= one.start < one.end <= 464 and one.share < 0.25
    mutants = [row[:80] + "ACGT"[("ACGT".index(row[80]) + 1) % 4] + row[81:] for row in ROWS]
    assert all(one.found for one in found(mutants, made))


def test_other_sequences_are_not_found():
    made = known()
    assert not any(one.found for one in found([random_sequence(2_000, 5_000 + i)
                                               for i in range(200)], made))  # fmt: skip
    short = found(["ACGT" * 5, "N" * 200], made)
    assert not any(one.judged or one.found for one in short)


def test_a_repeat_is_no_overlap_with_long_stretches_of_a_genome(monkeypatch):
    rows = [random_sequence(30_000, 70 + i) for i in range(2)]
    repeat = rows[0][5_000:6_000]
    text = random_sequence(9_500, 50) + repeat + random_sequence(9_500, 51)
    (fine,) = found([text], known(rows))
    assert fine.found  # a fine sketch, of short rows or few: any stretch counts
    monkeypatch.setattr(overlap, "WINDOWS", (200,))
    coarse = known(rows)
    rare, much = found([text, rows[1][3_000:20_000]], coarse)
    assert not rare.found and 0 < rare.share < overlap.LEAST
    assert much.found and much.share > 0.5


def test_a_mutant_row_adds_nothing_and_the_window_widens_until_the_words_fit(monkeypatch):
    mutants = [row[:20] + "ACGT"[("ACGT".index(row[20]) + 2) % 4] + row[21:] for row in ROWS]
    both, one = known(ROWS + mutants), known()
    np.testing.assert_array_equal(both.words, one.words)
    assert one.window == overlap.WINDOWS[0] and both.rows == 600
    monkeypatch.setattr(overlap, "MOST_BYTES", 4 * len(one.words) // 2)
    less = known()
    assert less.window > one.window and 4 * len(less.words) <= overlap.MOST_BYTES
    assert all(row.found for row in found(ROWS, less))
    monkeypatch.setattr(overlap, "MOST_BYTES", 40)
    with pytest.raises(ModelError, match="sketch fewer rows"):
        known()


def test_the_file_comes_back_and_a_damaged_one_is_told(tmp_path):
    made = known()
    assert to_bytes(made) == to_bytes(known())
    assert read_sketch(tmp_path) is None
    (tmp_path / FILE).write_bytes(to_bytes(made))
    back = read_sketch(tmp_path)
    np.testing.assert_array_equal(back.words, made.words)
    assert (back.window, back.rows, back.data_sha256) == (made.window, 300, "d" * 64)
    (tmp_path / FILE).write_bytes(b"no sketch")
    with pytest.raises(ModelError, match="cannot be read"):
        read_sketch(tmp_path)


def test_every_bundled_model_has_the_sketch_of_its_own_data():
    for folder in sorted(path.parent for path in registry.BUNDLED.glob("*/card.json")):
        made = read_sketch(folder)
        assert made is not None, f"write it with: train {folder.name} --sketch"
        assert made.data_sha256 == read_card(folder / "card.json").training["data_sha256"]
        assert 4 * len(made.words) <= overlap.MOST_BYTES
        assert (np.diff(made.words.astype(np.int64)) > 0).all()
