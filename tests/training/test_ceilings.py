"""The ceilings that the cards of the retina models tell are those of the data."""

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
    half = 1.96 / np.sqrt(late[1] - 3)  # Fisher's z
    low, high = np.tanh(np.arctanh(late[0]) + np.array([-half, half]))
    assert f"95 % interval {low:.2f} to {high:.2f}" in told.source
