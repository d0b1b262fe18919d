"""One page per bundled model, made from its card."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from gexp_core.evaluate.classical import RIDGE
from gexp_core.export import card_making
from gexp_core.export.card_page import card_page
from gexp_core.models import registry
from gexp_core.models.card import Ceiling, Metric, SpreadBin, read_card
from gexp_core.training.member_runs import runs_of
from gexp_core.training.recipes import RECIPES
from gexp_core.training.words import TOWER
from tests.test_readme import ROOT, update_readme
from tests.toy_models import toy_card


def test_the_pages_are_those_of_the_cards():
    update = update_readme()
    made = update.pages(update.bundled())
    found = {path.name: path.read_text(encoding="utf-8") for path in update.PAGES.glob("*.md")}
    assert found == made, "run python docs/update_readme.py"


def test_pictures_on_the_pages_are_there():
    for page in (ROOT / "docs" / "models").glob("*.md"):
        for link in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).is_file(), f"{page.name} shows {link}"


def test_every_bundled_model_surely_exceeds_the_ridge():
    for card in update_readme().bundled():
        gains = [
            row
            for row in card.held_out
            if (row.metric, row.subset, row.predictor) == ("gain", "all", card.name)
        ]
        assert gains, card.name
        assert all(row.low is not None and row.low > 0 for row in gains), gains


@pytest.fixture
def full():
    card = toy_card(tracks=("one", "two"), name="me")
    rows = [
        Metric(predictor, "all", track, "pearson", value, 77, value - 0.1, value + 0.1, "loci")
        for track in ("one", "two")
        for predictor, value in (("6-mer ridge", 0.25), ("me", 0.5))
    ]
    return replace(
        card,
        held_out=(*rows, Metric("me", "all", "one", "mse", 1.25, 77)),
        predictors={"6-mer ridge": "counts | of words"},
        calibration=tuple(
            SpreadBin("one", 0.1 * i, 0.1 * i + 0.1, 0.1 * i + 0.05, 20, 0.5 + i, 0.5, 0.9)
            for i in range(5)
        ),
        backgrounds={"shuffled": {"one": tuple(float(i) for i in range(101))}},
        ceilings=(Ceiling("pearson", 0.9, "Replicates agree at 0.9."),),
    )


def test_a_page_holds_every_figure_of_the_card(full):
    page = card_page(full, {"scatter.svg": "there/scatter.svg"})
    assert "| rows | measure | n | me | 6-mer ridge |" in page
    assert "| all | Pearson r | 77 | 0.50 (0.40 to 0.60) | 0.25 (0.15 to 0.35) |" in page
    assert "| all | MSE | 77 | 1.25 |  |" in page
    assert "9.0 times" in page  # 4.5 over 0.5
    assert "| predicted, shuffled sequences | one | 1.00 | 25.00 | 50.00 | 75.00 | 99.00 |" in page
    assert "Replicates agree at 0.9." in page
    assert "](there/scatter.svg)" in page
    assert page.count("\n# ") == 0 and page.startswith("# ")
    for line in page.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")


def test_many_tracks_share_one_table():
    names = tuple(f"t{i}" for i in range(13))
    card = toy_card(tracks=names, name="me")
    rows = [Metric("me", "all", name, "pearson", 0.1, 5) for name in names]
    mean = Metric("me", "all", "A, mean of 13 tracks", "pearson", 0.3, 5)
    page = card_page(replace(card, held_out=(mean, *rows)))
    assert page.count("| rows | measure | n | me |") == 1
    assert "### A, mean of 13 tracks" in page and "| t12 | 0.10 |" in page


def test_a_bare_card_makes_a_page_too():
    page = card_page(replace(toy_card(), percentiles={}))
    assert "Not reported." in page
    assert "Pictures" not in page and "Where numbers lie" not in page


def test_a_page_names_the_models_that_a_command_would_ask():
    training = {"command": "python -m gexp_core train me"}
    page = card_page(replace(toy_card(), training=training))
    assert "Made by `python -m gexp_core train me --data DIR`." in page
    training |= {"teachers": {"one": "0123456789", "two": "abcdefabcd"}}
    page = card_page(replace(toy_card(), training=training))
    assert "Made by" not in page and "It learns from the present one and two;" in page
    assert "made with one 01234567 and two abcdefab (whole sha256 in `record.json`)" in page


def test_a_page_names_the_published_file_that_taught():
    training = {"command": "python -m gexp_core train me --teacher DIR"}
    assert "published" not in card_page(replace(toy_card(), training=training))
    page = card_page(replace(toy_card(), training=training | {"teacher": {"sha256": "abc"}}))
    assert "`--teacher DIR`: the file with sha256 `abc`." in page
    training["teacher"] = {"sha256": "abc", "file": "one.h5"}
    assert "the file `one.h5` with sha256 `abc`." in card_page(
        replace(toy_card(), training=training)
    )


def test_a_command_with_a_table_of_ones_own_asks_for_no_data_set():
    training = {"command": "python -m gexp_core train my-ok --table TABLE --students 2"}
    page = card_page(replace(toy_card(), training=training))
    assert "Made by `python -m gexp_core train my-ok --table TABLE --students 2`." in page


def test_rows_that_the_networks_left_unread_are_said():
    card = replace(toy_card(), training={"rows": {"train": 36_329, "unread": 9_141, "test": 9}})
    told = "learned from 36,329 train rows, and not from 9,141 more of batches"
    assert told in card_page(card)
    assert card_making.fitted_on(card) == "all 45,470 train rows (the model: 36,329 of them)"
    card = replace(card, training={"rows": {"train": 36_329}})
    assert "learned from" not in card_page(card)
    assert card_making.fitted_on(card) == "the same train rows"
    assert card_making.fitted_on(toy_card()) == "the same train rows"


def test_cards_name_the_bundled_models_that_their_records_name():
    for name in RECIPES:
        path = registry.BUNDLED / name / "record.json"
        records = json.loads(path.read_text(encoding="utf-8"))
        asked: dict[str, str] = {}
        for run in (run for one in records for run in runs_of(one)):
            asked |= run.get("taught", {}).get("teachers", {})
        models = {k: v for k, v in asked.items() if k not in (RIDGE, TOWER, name)}
        training = read_card(path.with_name("card.json")).training
        assert training.get("teachers", {}) == models, name
        assert training.get("teacher", {}).get("sha256") == asked.get(TOWER), name


def test_the_writer_removes_pages_of_models_that_are_gone(tmp_path: Path, monkeypatch):
    update = update_readme()
    monkeypatch.setattr(update, "PAGES", tmp_path / "models")
    update.write_pages({"a.md": "a", "b.md": "b"})
    update.write_pages({"b.md": "c"})
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["b.md"]
    assert (tmp_path / "models" / "b.md").read_text() == "c"
