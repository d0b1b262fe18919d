"""Levels of groups against the closed form, and insertions and deletions against slices."""

import numpy as np
import torch

from gexp_core.training.augment import indel
from gexp_core.training.levels import Levels


def test_level_is_the_shrunken_mean_of_what_was_left():
    group = torch.tensor([0, 0, 1, 2])
    levels = Levels(group, tracks=1, shrink=2.0)
    rows = torch.tensor([0, 1, 2])
    levels.note(rows, torch.tensor([[1.0], [3.0], [-2.0]]), torch.tensor([[1.0], [1.0], [0.5]]))
    levels.settle()
    expected = [(1 + 3) / (2 + 2), -2 * 0.5 / (0.5 + 2), 0.0]
    np.testing.assert_allclose(levels.value[:, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(levels.of(torch.tensor([1, 3]))[:, 0], [1.0, 0.0], rtol=1e-6)


def test_levels_are_those_of_the_last_epoch_and_survive_a_checkpoint():
    levels = Levels(torch.tensor([0, 1]), tracks=1, shrink=1.0)
    one = torch.ones(1, 1)
    levels.note(torch.tensor([0]), one, one)
    levels.settle()
    levels.note(torch.tensor([0]), 3 * one, one)
    levels.settle()
    again = Levels(torch.tensor([0, 1]), tracks=1, shrink=1.0)
    again.load_state_dict(levels.state_dict())
    np.testing.assert_allclose(again.value[:, 0], [1.5, 0.0], rtol=1e-6)


def test_one_wild_row_does_not_make_a_level():
    levels = Levels(torch.tensor([0]), tracks=1, shrink=1.0)
    levels.note(torch.tensor([0]), torch.full((1, 1), 100.0), torch.ones(1, 1))
    levels.settle()
    assert float(levels.value) == 2.0  # 4 / (1 + 1): the most that one row counts


def test_without_shrinkage_there_are_no_levels():
    levels = Levels(torch.tensor([0]), tracks=1, shrink=0.0)
    levels.note(torch.tensor([0]), torch.ones(1, 1), torch.ones(1, 1))
    levels.settle()
    assert float(levels.value) == 0.0


def test_an_indel_keeps_both_sides_and_moves_one():
    length, most = 60, 3
    codes = (torch.arange(length) % 4).to(torch.uint8).repeat(200, 1)
    made = indel(codes, most, torch.Generator().manual_seed(0))
    moved = 0
    for row in made.numpy():
        fits = []
        for by in range(-most, most + 1):
            shifted = (np.arange(length) + by) % 4
            whole = np.arange(length) % 4
            inside = (np.arange(length) + by >= 0) & (np.arange(length) + by < length)
            for cut in range(length):
                left = np.where(np.arange(length) < cut, shifted, whole)
                right = np.where(np.arange(length) >= cut, shifted, whole)
                fits += [np.array_equal(row[inside], side[inside]) for side in (left, right)]
        assert any(fits)
        moved += not np.array_equal(row, codes[0].numpy())
    assert moved > 100  # 6 of 7 offsets are not 0, and few places change nothing


def test_no_indel_asked_for_changes_nothing():
    codes = torch.randint(0, 4, (5, 30), dtype=torch.uint8)
    assert indel(codes, 0, torch.Generator()) is codes
