"""The ceilings that the cards tell are those of the data."""

import os
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from gexp_core.training import data
from gexp_core.training.ceilings import CEILINGS

SHARED = Path(os.environ.get("GEXP_SHARED") or Path(__file__).resolve().parents[3] / "shared")
RETINA = SHARED / "data" / "retina_mpra"
HUMAN = SHARED / "data" / "human_lentimpra"


def interval(r, pairs):
    """Return the 95 % interval of r by Fisher's z."""
    half = 1.96 / np.sqrt(pairs - 3)
    return np.tanh(np.arctanh(r) + np.array([-half, half]))


def repeated(table, batches):
    """Return r of sequences with themselves in another of the batches, and the pairs it is of."""
    total = pairs = 0
    rows = [
        {table.text(row): row for row in np.flatnonzero(table.batch == table.batches.index(name))}
        for name in batches
    ]
    for one, other in combinations(rows, 2):
        shared = sorted(one.keys() & other.keys())
        if len(shared) >= 3:
            x, y = ([table.y[side[text], 0] for text in shared] for side in (one, other))
            total += len(shared) * np.corrcoef(x, y)[0, 1]
            pairs += len(shared)
    return total / pairs, pairs


@pytest.mark.skipif(
    not (RETINA / "activity.tsv.gz").is_file(),
    reason="the retina_mpra measurements are not here; name their folder in GEXP_SHARED",
)
def test_the_figures_of_the_retina_models_are_those_of_the_data():
    table = data.retina_mpra(RETINA)
    told = CEILINGS["retina-cnn"][1]
    late, early = repeated(table, "4567"), repeated(table, "123")
    assert round(late[0], 2) == told.value
    figures = re.findall(r"r (0\.\d\d) in this.*?\((\d+) .*?at (0\.\d\d) \((\d+)", told.source)
    assert figures == [(f"{late[0]:.2f}", str(late[1]), f"{early[0]:.2f}", str(early[1]))]
    assert f"{late[0] ** 0.5:.2f} and {early[0] ** 0.5:.2f}" in told.source
    low, high = interval(*late)
    assert f"95 % interval {low:.2f} to {high:.2f}" in told.source


def oriented(table, track, split=""):
    """Return r of either orientation of an element with the other, and the pairs it is of.

    Neither orientation comes first: every pair is counted both ways round.
    """
    chosen = np.isfinite(table.y[:, track]) & np.isin(table.split, split or table.split)
    pairs = {}
    for row in np.flatnonzero(chosen):
        pairs.setdefault(table.group[row], []).append(table.y[row, track])
    x, y = np.array([both for both in pairs.values() if len(both) == 2]).T
    return np.corrcoef(np.append(x, y), np.append(y, x))[0, 1], len(x)


@pytest.mark.skipif(
    not (HUMAN / "activity.tsv.gz").is_file(),
    reason="the human_lentimpra measurements are not here; name their folder in GEXP_SHARED",
)
def test_the_figures_of_human_mpra_are_those_of_the_data():
    table = data.human_lentimpra(HUMAN)
    told = {one.track: one for one in CEILINGS["human-mpra"]}
    assert set(told) == set(table.tracks)
    for at, track in enumerate(table.tracks):
        (r, pairs), (held, few) = oriented(table, at), oriented(table, at, "test")
        low, high = interval(r, pairs)
        assert told[track].value == round(r, 2)
        assert f"r {r:.2f} in this data set" in told[track].source
        assert f"{pairs:,} pairs, 95 % interval {low:.2f} to {high:.2f}" in told[track].source
        assert f"the {few:,} test pairs at {held:.2f}" in told[track].source
        assert f"about {r**0.5:.2f}, the square root" in told[track].source
