"""The sketch beside a model: which rows it is of, and that it belongs to the model's data."""

import argparse
from dataclasses import replace

import numpy as np
import pytest

from gexp_core.encoding import indices
from gexp_core.errors import ModelError
from gexp_core.inputs.overlap import FILE, read_sketch, shared
from gexp_core.training import cli
from gexp_core.training.data import Table
from gexp_core.training.sketch import sketch_of, write_sketch
from gexp_core.types import SequenceSet
from tests.toy_models import random_sequence, toy_card

TEXTS = [random_sequence(100, seed) for seed in range(30)]
SPLIT = np.array(["train"] * 10 + ["valid"] * 10 + ["test"] * 10)


@pytest.fixture
def table():
    n = len(TEXTS)
    flanked = [f"{'ACGT' * 5}{text}{'TGCA' * 5}" for text in TEXTS]
    return Table(
        codes=np.stack([indices(text) for text in flanked]).astype(np.uint8),
        y=np.zeros((n, 1), np.float32),
        weight=np.ones(n, np.float32),
        batch=np.zeros(n, np.int64),
        batches=("all",),
        group=np.arange(n),
        split=SPLIT,
        subsets={},
        pairs=np.empty((0, 2), np.int64),
        insert=(20, 120),
        tracks=("y",),
        clip=-np.inf,
        digest="a" * 64,
    )


@pytest.fixture
def folder(tmp_path):
    card = replace(toy_card(), training={"data_sha256": "a" * 64})
    (tmp_path / "card.json").write_text(card.to_json())
    return tmp_path


def test_train_and_valid_rows_are_known_and_test_rows_and_flanks_are_not(table):
    made = sketch_of(table)
    assert made.rows == 20 and made.data_sha256 == table.digest
    names = tuple(map(str, range(len(TEXTS))))
    found = [one.found for one in shared(SequenceSet(names, tuple(TEXTS)), made)]
    assert found == [True] * 20 + [False] * 10
    (flanks,) = shared(SequenceSet(("f",), ("ACGT" * 5 + "TGCA" * 5,)), made)
    assert not flanks.found


def test_it_is_written_for_the_data_of_the_card_only(table, folder):
    made = write_sketch(table, folder)
    np.testing.assert_array_equal(read_sketch(folder).words, made.words)
    with pytest.raises(ModelError, match="not on this one"):
        write_sketch(replace(table, digest="b" * 64), folder)


def test_the_command_writes_it_and_trains_nothing(table, folder, monkeypatch, capsys):
    monkeypatch.setattr(cli, "_plan", lambda args: (replace(any_plan(), name="x"), table, folder))
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    assert cli.main(parser.parse_args(["x", "--sketch"])) == 0
    assert "from 20 rows" in capsys.readouterr().err
    assert {path.name for path in folder.iterdir()} == {"card.json", FILE}


def any_plan():
    from gexp_core.training.recipes import RECIPES

    return next(iter(RECIPES.values()))
