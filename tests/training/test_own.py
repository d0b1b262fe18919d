"""One's own table: what is read, what is refused, and a model that can be used."""

import argparse

import numpy as np
import pytest

from gexp_core.errors import GexpError
from gexp_core.models import registry
from gexp_core.training import cli, own

RNG = np.random.default_rng(3)


def write(path, rows=200, **columns):
    texts = ["ACGT" + "".join(RNG.choice(list("ACGT"), 30)) + "GGG" for _ in range(rows)]
    texts[0], texts[1] = "ACGTA" + "A" * 28 + "AGGG", "ACGTC" + "C" * 28 + "CGGG"
    table = {"sequence": texts, "green": [text.count("GA") for text in texts], **columns}
    lines = ["\t".join(table)]
    lines += ["\t".join(str(values[i]) for values in table.values()) for i in range(rows)]
    path.write_text("\n".join(lines) + "\n")
    return texts


def test_tracks_insert_and_splits(tmp_path):
    group = [i // 4 for i in range(200)]
    texts = write(tmp_path / "t.tsv", red=[0.5] * 200, group=group)
    table = own.read_table(tmp_path / "t.tsv")
    assert table.tracks == ("green", "red")
    assert table.insert == (4, 34)
    assert table.text(7) == texts[7]
    assert {len(set(table.split[table.group == g])) for g in range(50)} == {1}
    sizes = {name: len(table.rows(name)) for name in ("train", "valid", "test")}
    assert sizes == {"train": 160, "valid": 20, "test": 20}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("sequence", "dna"), "no column 'sequence'"),
        (lambda text: "\n".join(text.split("\n")[:50]) + "\n", "at least 100"),
        (lambda text: text.replace("GGG\t", "GGGA\t", 1), "give one length"),
        (lambda text: text.replace("GGG\t", "GGZ\t", 1), "'Z' at position"),
        (lambda text: text.replace("\t0\n", "\tmany\n", 1), "not a number"),
        (lambda text: "\n".join(row.split("\t")[0] for row in text.split("\n")), "value column"),
    ],
)
def test_a_wrong_table_says_what_is_wrong(tmp_path, change, said):
    path = tmp_path / "t.tsv"
    write(path)
    path.write_text(change(path.read_text()))
    with pytest.raises(GexpError, match=said):
        own.read_table(path)


def test_a_group_may_not_cross_the_splits_given(tmp_path):
    split = ["train"] * 150 + ["valid"] * 25 + ["test"] * 25
    write(tmp_path / "t.tsv", group=[0, *range(198), 0], split=split)
    with pytest.raises(GexpError, match="more than one split"):
        own.read_table(tmp_path / "t.tsv")


def options(*given):
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    return parser.parse_args(list(given))


def test_the_command_trains_a_model_that_the_registry_offers(tmp_path, monkeypatch):
    write(tmp_path / "t.tsv")
    out = tmp_path / "models" / "mine"
    done = cli.main(
        options(
            "mine", "--table", str(tmp_path / "t.tsv"), "--out", str(out), "--runs",
            str(tmp_path / "runs"), "--members", "1", "--epochs", "1", "--units", "GA",
        )
    )  # fmt: skip
    assert done == 0
    monkeypatch.setenv("GEXP_MODELS", str(tmp_path / "models"))
    model = registry.load("mine", device="cpu")
    assert model.card.units == "GA"
    assert model.card.insert == (4, 34)
    assert model.card.background.startswith("ACGT") and model.card.background.endswith("GGG")
    assert model.card.find("pearson").n == 20


def test_students_of_an_own_table_are_the_model(tmp_path, monkeypatch):
    write(tmp_path / "t.tsv")
    monkeypatch.setattr(own, "MADE_UP", 50)
    plan = own.own_recipe("m", own.read_table(tmp_path / "t.tsv"), units="", assay="", members=1)
    assert (plan.count, list(plan.kept(1))) == (1, [0])
    out, runs = tmp_path / "models" / "mine", tmp_path / "runs"
    given = ["mine", "--table", str(tmp_path / "t.tsv"), "--out", str(out), "--runs", str(runs)]
    given += ["--members", "1", "--students", "2", "--epochs", "1", "--no-test"]
    monkeypatch.setattr(cli, "_train_all", in_this_process)
    assert cli.main(options(*given)) == 0
    monkeypatch.setenv("GEXP_MODELS", str(tmp_path / "models"))
    card = registry.card("mine")
    assert card.members == card.training["students"] == 2
    assert "what the 6-mer ridge beside it and other networks trained on" in card.limits[-1]
    assert len(list(runs.glob("member-*"))) == 3
    before = {path: path.stat().st_mtime_ns for path in runs.rglob("*.safetensors")}
    assert cli.main(options(*given)) == 0  # the same command again: nothing is trained anew
    assert {path: path.stat().st_mtime_ns for path in runs.rglob("*.safetensors")} == before


def in_this_process(args, members, jobs):
    """Train without processes, which would not see what a test has replaced."""
    for member, folder in members.items():
        cli._train_member(args, folder, member, 1)


@pytest.mark.parametrize("name", ["retina-cnn", "human-tracks"])
def test_students_of_a_bundled_model_are_its_recipes(tmp_path, name):
    with pytest.raises(GexpError, match="--students is for a table of your own"):
        cli.main(options(name, "--data", str(tmp_path), "--students", "2"))


@pytest.mark.parametrize("name", ["retina-cnn", "../up", "", "a b"])
def test_names_that_would_hide_a_model_or_leave_the_folder_are_refused(tmp_path, name):
    write(tmp_path / "t.tsv")
    with pytest.raises(GexpError, match="cannot name"):
        cli.main(options(name, "--table", str(tmp_path / "t.tsv")))


def test_a_bundled_model_wants_its_data():
    with pytest.raises(GexpError, match="--data DIR"):
        cli.main(options("retina-cnn"))
    with pytest.raises(GexpError, match="no recipe 'other'"):
        cli.main(options("other", "--data", "nowhere"))
