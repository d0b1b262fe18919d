"""Stretches that stand out: the library's own where lengths are equal, and bases alone count."""

import numpy as np
import pytest

from gexp_core.motifs.evenly import evenly
from gexp_core.motifs.seqlets import MILD, call
from gexp_core.motifs.standing import standing

#: Sequences of noise, and their bases.
N, LENGTH = 60, 150


def noise(*lengths, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(0, 1, length).astype(np.float32) for length in lengths]


@pytest.fixture(scope="module")
def plain():
    return noise(*[LENGTH] * N)


def strong(length, n, seed):
    rows = noise(*[length] * n, seed=seed)
    for at, row in enumerate(rows):
        row[at % (length - 9) :][:9] += 3
    return rows


@pytest.mark.parametrize("length", [10, 24, 150])
@pytest.mark.parametrize("fdr", [None, 0.1, 0.5])
def test_of_equal_lengths_the_call_is_the_librarys_own(length, fdr):
    from tangermeme.seqlet import recursive_seqlets

    some, other = strong(length, 50, 1), noise(*[length] * 20, seed=2)
    X, C = (np.pad(np.stack(rows), ((0, 0), (0, 1))) for rows in (some, other))
    sizes = {"min_seqlet_len": 4, "max_seqlet_len": min(25, length)}
    if fdr is None:
        table, beside = recursive_seqlets(X, threshold=MILD, **sizes), None
    else:
        table, rates = recursive_seqlets(X, X_control=C, target_fdr=fdr, return_fdr=True, **sizes)
        beside = int(rates[rates["fdr"] <= fdr]["n_control_seqlets"].iloc[0])
    made = standing(some, None if fdr is None else other, p=MILD, fdr=fdr or 0.1)
    assert made.found == tuple(sorted(table.itertuples(index=False, name=None))) and made.found
    assert made.control == beside


@pytest.mark.parametrize("length", [600, 3000])
def test_a_long_companion_does_not_change_what_stands_out(plain, length):
    """Its own bases are noise like the others', so p moves by the noise of the null alone."""
    alone = call(plain, None, p=MILD).seqlets
    assert len(alone) == 105
    mixed = call([*plain, *noise(length, seed=1)], None, p=MILD).seqlets
    mine = {(s.sequence, s.start, s.end): s.p for s in mixed if s.sequence < N}
    shared = [(s.p, mine[s.sequence, s.start, s.end]) for s in alone
              if (s.sequence, s.start, s.end) in mine]  # fmt: skip
    # rows padded to the longest had 469 and 705 stretches, with p down to 0
    assert abs(len(mine) - len(alone)) <= 5 and len(shared) >= 95
    assert max(abs(np.log(a / b)) for a, b in shared) < 0.25


def test_the_same_bases_in_another_cut_have_the_same_null():
    """Long sequences cut into halves and thirds: what stands out inside a piece has one p."""
    whole = noise(*[300] * 40, seed=3)
    cut = [part for k, row in enumerate(whole) for part in np.split(row, [150] if k % 2 else [100])]
    first = {(s.start, round(s.contribution, 3)): s.p for s in call(whole, None, p=MILD).seqlets}
    other = {(s.start, round(s.contribution, 3)): s.p for s in call(cut, None, p=MILD).seqlets}
    both = first.keys() & other.keys()  # of the first pieces: these begin where the whole does
    assert len(both) > 30
    assert max(abs(np.log(first[key] / other[key])) for key in both) < 0.1


def test_stretches_lie_in_their_sequences_whatever_the_lengths():
    lengths = [3, 4, 5, 9, 26, 400, 31, 400]
    rows = [row + np.float32(3) * (np.arange(len(row)) >= len(row) - 6) for row in noise(*lengths)]
    made = call([*rows, *noise(*[90] * 40, seed=1)], None, p=MILD).seqlets
    sizes = [*lengths, *[90] * 40]
    assert all(0 <= s.start < s.end <= sizes[s.sequence] and s.end - s.start >= 4 for s in made)
    ends = {s.sequence for s in made if s.sequence < 8 and s.end == sizes[s.sequence]}
    assert {5, 6, 7} <= ends  # a stretch ends with its sequence, short or long
    order = [(s.sequence, s.start) for s in made]
    assert order == sorted(order)


def test_a_control_is_scaled_by_bases_and_not_by_rows():
    """Of 100 and 1000 bp in turn, every second has a control: the short ones alone."""
    lengths = [100, 1000] * 200
    chosen = [lengths[i] for i in evenly(400, 200)]
    assert set(chosen) == {100}
    rows, other = noise(*lengths, seed=4), noise(*chosen, seed=5)
    for row in rows[::4]:
        row[40:52] += 2.5
    calling = call(rows, other, fdr=0.2).calling
    assert calling.scale == 11  # 220,000 bases on 20,000
    assert calling.called and calling.control is not None
    # the threshold is the mildest that keeps this share, and follows the same scale
    assert (calling.control + 1) * 11 <= 0.2 * calling.called


def test_the_scale_follows_the_bases_of_one_long_control():
    rows = strong(LENGTH, N, 6)
    other = noise(*[LENGTH] * 20, seed=7)
    apart = call(rows, other, fdr=0.1).calling
    assert apart.scale == 3
    beside = call(rows, [*other, np.zeros(LENGTH * 20, np.float32)], fdr=0.1).calling
    assert beside.scale == 1.5


def test_nothing_stands_out_of_what_is_flat_or_too_short():
    for rows in ([np.ones(3, np.float32)], [np.zeros(90, np.float32), np.zeros(5, np.float32)]):
        assert standing(rows, None, p=MILD, fdr=0.1).found == ()
        assert standing(rows, rows, p=MILD, fdr=0.1).control == 0
