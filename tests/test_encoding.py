"""Letters, numbers and windows, against explicit loops and string slicing."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexp_core.encoding import (
    BASES,
    Frame,
    decode,
    frame,
    gc_content,
    indices,
    one_hot,
    reverse_complement,
)
from gexp_core.errors import InputError

QUICK = settings(deadline=None, database=None, derandomize=True, max_examples=100)
LEFT, RIGHT, FILL = "GGATCC", "TTAGCATG", "acgtactgcatcatcgatgc".upper()
BACKGROUND = LEFT + FILL + RIGHT
INSERT = (len(LEFT), len(LEFT) + len(FILL))  # 6 to 26 of 34

dna = st.text(alphabet="ACGTN", min_size=1, max_size=150)


@given(dna)
@QUICK
def test_one_hot_equals_a_loop_and_decodes_to_itself(sequence):
    want = np.zeros((4, len(sequence)), np.float32)
    for position, letter in enumerate(sequence):
        if letter != "N":
            want["ACGT".index(letter), position] = 1
    X = one_hot(sequence)
    assert X.dtype == np.float32 and np.array_equal(X, want)
    assert decode(X) == sequence
    assert [("ACGTN")[i] for i in indices(sequence)] == list(sequence)


@given(dna)
@QUICK
def test_the_other_strand_is_both_axes_flipped(sequence):
    mate = {"A": "T", "C": "G", "G": "C", "T": "A", "N": "N"}
    want = "".join(mate[letter] for letter in reversed(sequence))
    assert reverse_complement(sequence) == want
    assert np.array_equal(one_hot(want), one_hot(sequence)[::-1, ::-1])
    assert reverse_complement(want) == sequence


@pytest.mark.parametrize(("text", "at"), [("ACGTa", 5), ("ACU", 3), ("é", 1), ("AC\U0001f9ecG", 3)])
def test_letters_outside_the_alphabet_are_named_with_their_position(text, at):
    with pytest.raises(InputError, match=f"has {text[at - 1]!r} at position {at} "):
        one_hot(text)


def test_gc_content_leaves_n_out():
    assert gc_content("GGCA") == 0.75
    assert gc_content("GNNNNA") == 0.5
    assert math.isnan(gc_content("NNN"))


def _placed(sequence: str, how: Frame) -> list[str]:
    """Return each window's letters by string slicing alone."""
    return [
        how.background[: how.offset]
        + sequence[start : start + how.width]
        + how.background[how.offset + how.width :]
        for start in how.starts
    ]


def _letters(sequence: str, how: Frame) -> list[str]:
    return [decode(window) for window in how.windows(one_hot(sequence)[None])]


@given(
    sequence=dna,
    stride=st.one_of(st.none(), st.integers(1, len(FILL))),
    flanks=st.booleans(),
)
@QUICK
def test_every_base_is_read_and_windows_equal_string_slicing(sequence, stride, flanks):
    insert = INSERT if flanks else (0, len(BACKGROUND))
    how = frame(sequence, background=BACKGROUND, insert=insert, stride=stride)
    room = insert[1] - insert[0]
    windows = _letters(sequence, how)
    assert windows == _placed(sequence, how)
    assert {len(window) for window in windows} == {len(BACKGROUND)}
    covered = {p for start in how.starts for p in range(start, start + how.width)}
    assert covered == set(range(len(sequence)))
    assert how.starts[0] == 0 and how.starts[-1] + how.width == len(sequence)
    assert list(how.starts) == sorted(set(how.starts))
    if len(how.starts) > 1:
        steps, asked = np.diff(how.starts), stride or room // 2
        assert how.width == room and steps[-1] <= asked
        assert (steps[:-1] == asked).all()
    if flanks and how.width < len(BACKGROUND):
        assert all(window.startswith(LEFT) and window.endswith(RIGHT) for window in windows)


def test_what_fits_exactly_is_read_as_it_is():
    sequence = FILL[::-1] * 2
    assert len(sequence) >= len(BACKGROUND)
    sequence = sequence[: len(BACKGROUND)]
    how = frame(sequence, background=BACKGROUND, insert=(0, len(BACKGROUND)))
    assert (how.starts, how.width, how.offset, how.note) == ((0,), len(BACKGROUND), 0, "")
    assert _letters(sequence, how) == [sequence]


def test_an_insert_stands_between_the_flanks_of_the_assay():
    sequence = "C" * len(FILL)
    how = frame(sequence, background=BACKGROUND, insert=INSERT)
    assert _letters(sequence, how) == [LEFT + sequence + RIGHT]
    assert how.note == "placed between the assay's constant flanks (6 and 8 bp)"
    left, right = how.flanks()
    assert (decode(left), decode(right)) == (LEFT, RIGHT)


def test_a_sequence_that_carries_the_flanks_itself_is_not_given_them_twice():
    sequence = LEFT + "C" * len(FILL) + RIGHT
    how = frame(sequence, background=BACKGROUND, insert=INSERT)
    assert _letters(sequence, how) == [sequence] and how.note == ""
    # a letter in four of a flank may differ, 1 of 6 and 2 of 8: it is the same construct, changed
    for left, right, changed in (("T" + LEFT[1:], RIGHT, 1), (LEFT[:5] + "N", "A" + RIGHT[1:], 2)):
        other = left + "C" * len(FILL) + right
        how = frame(other, background=BACKGROUND, insert=INSERT)
        assert _letters(other, how) == [other]
        assert f"constant flanks but for {changed} of 14 letters" in how.note
    # more differ: it is DNA of the window's length, not an assay's construct
    for left, right in (("TT" + LEFT[2:], RIGHT), (LEFT, "AAC" + RIGHT[3:]), (RIGHT[:6], RIGHT)):
        other = left + "C" * len(FILL) + right
        how = frame(other, background=BACKGROUND, insert=INSERT)
        assert len(how.starts) == 3 and "longer than 20 bp" in how.note
        assert all(window.startswith(LEFT) for window in _letters(other, how))


@pytest.mark.parametrize("at", [0, 5, 6, 25, 26, 33])
def test_no_single_letter_of_a_construct_changes_how_it_is_read(at):
    sequence = LEFT + "C" * len(FILL) + RIGHT
    for base in BASES:
        other = sequence[:at] + base + sequence[at + 1 :]
        how = frame(other, background=BACKGROUND, insert=INSERT)
        assert _letters(other, how) == [other]


def test_a_construct_whose_flank_was_moved_is_tiled():
    sequence = LEFT + "C" * len(FILL) + RIGHT
    for other in (sequence[1:], "A" + sequence, "A" + sequence[:-1], sequence[1:] + "A"):
        assert len(frame(other, background=BACKGROUND, insert=INSERT).starts) > 1


@pytest.mark.parametrize("length", range(1, len(FILL)))
def test_a_short_sequence_is_centred_in_the_insert_and_the_note_is_true(length):
    sequence = "C" * length
    how = frame(sequence, background=BACKGROUND, insert=INSERT)
    (window,) = _letters(sequence, how)
    before = how.offset - INSERT[0]
    after = INSERT[1] - how.offset - length
    assert 0 <= after - before <= 1
    assert window == LEFT + FILL[:before] + sequence + FILL[len(FILL) - after :] + RIGHT
    first, last = map(int, re.search(r"positions (\d+)-(\d+)", how.note).groups())
    assert window[first - 1 : last] == sequence
    assert f"({before} bp before it, {after} bp after it)" in how.note


def test_a_long_sequence_is_tiled_with_the_stride_that_is_said():
    sequence = "ACGTC" * 20  # 100 bp, 20 bp a window
    how = frame(sequence, background=BACKGROUND, insert=INSERT, stride=15)
    assert how.starts == (0, 15, 30, 45, 60, 75, 80)
    assert how.note == "100 bp is longer than 20 bp: read as 7 windows, stride 15 bp"
    assert frame(sequence, background=BACKGROUND, insert=INSERT).starts == tuple(range(0, 90, 10))
    # a stride that divides what is left must not read the last window twice
    assert frame(sequence, background=BACKGROUND, insert=INSERT, stride=20).starts == (
        0, 20, 40, 60, 80,
    )  # fmt: skip


@pytest.mark.parametrize("stride", [0, -3, 21])
def test_a_stride_that_would_skip_bases_is_refused(stride):
    with pytest.raises(InputError, match=f"stride {stride} is outside 1 to 20"):
        frame("A" * 100, background=BACKGROUND, insert=INSERT, stride=stride)


def test_windows_of_several_sequences_are_sequence_major():
    pair = ["ACGTACGTACGTACGTACGTACGTAC", "TTTTTTTTTTTTTTTTTTTTTTTTCC"]
    how = frame(pair[0], background=BACKGROUND, insert=INSERT, stride=5)
    X = np.stack([one_hot(text) for text in pair])
    got = [decode(window) for window in how.windows(X)]
    assert got == [window for text in pair for window in _placed(text, how)]
    assert len(got) == 2 * len(how.starts) == 6
    assert how.windows(X).dtype == np.float32


def test_real_numbers_pass_through_windows_unchanged():
    # baselines are mixtures, not letters; they must be placed like any other columns
    X = np.random.default_rng(0).random((1, 4, 12)).astype(np.float32)
    how = frame("A" * 12, background=BACKGROUND, insert=INSERT)
    (window,) = how.windows(X)
    assert np.array_equal(window[:, how.offset : how.offset + 12], X[0])
    assert decode(window[:, : how.offset]) == BACKGROUND[: how.offset]


def test_the_order_of_the_bases_is_a_c_g_t():
    assert BASES == "ACGT"
    assert np.array_equal(one_hot("ACGT"), np.eye(4, dtype=np.float32))
