"""The linear predictors that a model comes with are those of its card."""

import argparse
from dataclasses import replace

import numpy as np
import pytest

from gexp_core.encoding import gc_content, indices
from gexp_core.errors import ModelError
from gexp_core.evaluate.classical import FILE, GC, RIDGE, read_linear
from gexp_core.evaluate.metrics import within
from gexp_core.models.card import Metric, read_card
from gexp_core.training import cli
from gexp_core.training.classical import classical
from gexp_core.training.data import Table
from gexp_core.training.linear import linear_of, write_linear
from gexp_core.training.recipes import RECIPES
from tests.toy_models import random_sequence, toy_card

TEXTS = [random_sequence(60, seed) for seed in range(90)]
SPLIT = np.array(["train"] * 50 + ["valid"] * 20 + ["test"] * 20)


@pytest.fixture(scope="module")
def table():
    """Two batches at different levels, two tracks, some rows of the second not measured."""
    rng = np.random.default_rng(0)
    batch = np.arange(90) % 2
    y = np.array([text.count("GA") + 5 * gc_content(text) for text in TEXTS])
    y = np.stack([y + 3 * batch, -y + batch], 1) + rng.normal(0, 0.3, (90, 2))
    y[::7, 1] = np.nan
    return Table(
        codes=np.stack([indices(text) for text in TEXTS]).astype(np.uint8),
        y=y.astype(np.float32),
        weight=rng.uniform(0.5, 1.5, 90).astype(np.float32),
        batch=batch,
        batches=("x", "y"),
        group=np.arange(90),
        split=SPLIT,
        subsets={"all": np.ones(90, bool)},
        pairs=np.empty((0, 2), np.int64),
        insert=(0, 60),
        tracks=("a", "b"),
        clip=-np.inf,
        digest="a" * 64,
    )


@pytest.fixture(scope="module")
def reported(table):
    """What the fit behind a card says of the test rows, predictor -> (R, 2)."""
    return classical(table, table.rows("test")).values


@pytest.fixture
def folder(table, reported, tmp_path):
    rows = table.rows("test")
    figures = []
    for name in (RIDGE, GC):
        for at, track in enumerate(table.tracks):
            kept = np.isfinite(table.y[rows, at])
            r = within(reported[name][kept, at], table.y[rows, at][kept], table.batch[rows][kept])
            figures.append(Metric(name, "all", track, "pearson", round(r, 4), int(kept.sum())))
    card = toy_card(tracks=table.tracks)
    card = replace(card, training={"data_sha256": table.digest}, held_out=tuple(figures))
    (tmp_path / "card.json").write_text(card.to_json())
    return tmp_path


def test_they_say_of_test_rows_what_the_fit_behind_the_card_says(table, reported):
    rows = table.rows("test")
    made = linear_of(table)
    for name, values in made.read(table.codes[rows]).items():
        # float32 features times float32 weights there, summed in double here
        np.testing.assert_allclose(values, reported[name], atol=2e-5, err_msg=name)
    assert made.data_sha256 == table.digest


def test_gc_content_is_plain_least_squares(table):
    """A single feature has no penalty to choose: r is the same with any."""
    for at, fitted in enumerate(linear_of(table).gc):
        kept = np.isfinite(table.y[:, at]) & (table.split == "train")
        y, w = table.y[kept, at].astype(float), table.weight[kept].astype(float)
        level = np.average(y, weights=w)
        for batch in (0, 1):
            here = table.batch[kept] == batch
            y[here] -= np.average(y[here], weights=w[here])
        share = [gc_content(text) for text, keep in zip(TEXTS, kept, strict=True) if keep]
        by_hand = np.polyfit(share, y + level, 1, w=np.sqrt(w))
        np.testing.assert_allclose(fitted, by_hand, rtol=1e-4)  # features and weights in float32
        assert abs(fitted[0]) > 1


def test_they_are_written_where_they_reach_the_cards_figures(table, folder):
    reached = write_linear(table, folder)
    card = read_card(folder / "card.json")
    assert set(reached) == {(name, track) for name in (RIDGE, GC) for track in table.tracks}
    for (name, track), r in reached.items():
        wanted = card.find("pearson", predictor=name, track=track).value
        assert r == pytest.approx(wanted, abs=1e-4)  # the card rounds to four digits
    np.testing.assert_array_equal(read_linear(folder, card).ridge, linear_of(table).ridge)


def test_other_data_and_other_figures_are_refused_and_nothing_is_written(table, folder):
    with pytest.raises(ModelError, match="not on this one"):
        write_linear(replace(table, digest="b" * 64), folder)
    with pytest.raises(ModelError, match="not fitted alike"):
        write_linear(replace(table, y=table.y[::-1].copy()), folder)
    assert not (folder / FILE).exists()


def test_without_figures_on_the_card_no_test_row_is_read(table, folder):
    card = replace(read_card(folder / "card.json"), held_out=())
    (folder / "card.json").write_text(card.to_json())
    unread = table.y.copy()
    unread[table.rows("test")] = 1e9
    assert write_linear(replace(table, y=unread), folder) == {}
    assert (folder / FILE).exists()


def test_the_command_writes_them_and_trains_nothing(table, folder, monkeypatch, capsys):
    plan = replace(next(iter(RECIPES.values())), name="x")
    monkeypatch.setattr(cli, "_plan", lambda args: (plan, table, folder))
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    assert cli.main(parser.parse_args(["x", "--classical"])) == 0
    assert "as its card says" in capsys.readouterr().err
    assert {path.name for path in folder.iterdir()} == {"card.json", FILE}
