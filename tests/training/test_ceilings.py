"""How well a data set agrees with itself: a table with known repeats, and the retina figures."""

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gexp_core.errors import InputError
from gexp_core.training import data
from gexp_core.training.ceilings import CEILINGS, repeated
from tests.training.test_training import planted

SHARED = Path(os.environ.get("GEXP_SHARED") or Path(__file__).resolve().parents[3] / "shared")
RETINA = SHARED / "data" / "retina_mpra"


def twice(noise):
    """Return a table whose first 20 sequences stand in batches a and b, and 5 of them in c."""
    first = planted(20)
    codes = np.unique(first.codes, axis=0)
    count = len(codes)
    rng = np.random.default_rng(1)
    y = rng.normal(size=(count, 1)).astype(np.float32)
    again = y + noise * rng.normal(size=y.shape).astype(np.float32) + 3  # the level of a batch
    return replace(
        first,
        codes=np.concatenate([codes, codes[::-1], codes[:2]]),
        y=np.concatenate([y, again[::-1], -y[:2]]),
        batch=np.repeat([0, 1, 2], [count, count, 2]),
        batches=("a", "b", "c"),
    ), count


def test_what_is_measured_alike_in_two_batches_agrees_wholly():
    table, count = twice(0.0)
    assert repeated(table, "ab") == (pytest.approx(1.0, abs=1e-5), count)


def test_noise_lowers_it_and_two_pairs_are_too_few():
    table, count = twice(1.0)
    r, pairs = repeated(table, "abc")
    again = table.y[count : 2 * count][::-1]
    assert r == pytest.approx(np.corrcoef(table.y[:count, 0], again[:, 0])[0, 1], abs=1e-5)
    assert pairs == count


def test_batches_without_a_repeat_are_told():
    table, _ = twice(0.0)
    with pytest.raises(InputError, match="none is repeated"):
        repeated(table, ("a",))


@pytest.mark.skipif(
    not (RETINA / "activity.tsv.gz").is_file(),
    reason="the retina_mpra measurements are not here; name their folder in GEXP_SHARED",
)
def test_the_figures_of_the_retina_models_are_those_of_the_data():
    table = data.retina_mpra(RETINA)
    told = CEILINGS["retina-cnn"][1]
    late, early = repeated(table, "4567"), repeated(table, "123")
    assert round(late[0], 2) == told.value
    figures = re.findall(r"r (0\.\d\d) in this.*\((\d+) pairs.*at (0\.\d\d) \((\d+)", told.source)
    assert figures == [(f"{late[0]:.2f}", str(late[1]), f"{early[0]:.2f}", str(early[1]))]
    assert f"{late[0] ** 0.5:.2f} and {early[0] ** 0.5:.2f}" in told.source
