"""One's own table: what is read, what is refused, and a model that can be used."""

import argparse
import gzip
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gexp_core.encoding import reverse_complement
from gexp_core.errors import GexpError
from gexp_core.export.card_page import card_page
from gexp_core.models import registry
from gexp_core.training import cli, loop, member_runs, own, own_table

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
    texts = write(tmp_path / "t.tsv", red=[0.5, 1.5] * 100, group=group)
    table = own_table.read_table(tmp_path / "t.tsv")
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
        (lambda text: text.replace("\t0\n", "\t-inf\n", 1), "'green' holds -inf in row"),
        (lambda text: text.replace("\t0\n", "\t1e39\n", 1), r"'green' holds 1e\+39 in row"),
        (lambda text: text.replace("\n", "\t\n"), "'Unnamed: 2' holds no value; remove it"),
        (lambda text: text.replace(text.split("\n")[7].split("\t")[0], "", 1), "row 7 has no seq"),
    ],
)
def test_a_wrong_table_says_what_is_wrong(tmp_path, change, said):
    path = tmp_path / "t.tsv"
    write(path)
    path.write_text(change(path.read_text()))
    with pytest.raises(GexpError, match=said):
        own_table.read_table(path)


def test_a_group_may_not_cross_the_splits_given(tmp_path):
    split = ["train"] * 150 + ["valid"] * 25 + ["test"] * 25
    write(tmp_path / "t.tsv", group=[0, *range(198), 0], split=split)
    with pytest.raises(GexpError, match="more than one split"):
        own_table.read_table(tmp_path / "t.tsv")


def column(values):
    """Return a column of 200 values that begins with ``values`` and goes on with the last."""
    return [*values, *[values[-1]] * (200 - len(values))]


BLOCKS = ["train"] * 150 + ["valid"] * 25 + ["test"] * 25


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"weight": column([1, 1, "", 1])}, "'weight' holds nan in row 3"),
        ({"weight": column([1, -1, 1])}, "'weight' holds -1 in row 2"),
        ({"weight": column([1, "much", 1])}, "'weight' holds much in row 2"),
        ({"weight": column(["inf", 1])}, "'weight' holds inf in row 1"),
        ({"weight": column([0])}, "'weight' is 0 in every row"),
        ({"weight": [0] * 150 + [1] * 50, "split": BLOCKS}, "'green' has 0 values in train rows"),
        ({"red": column([0.5])}, "'red' is the same in every train row"),
        (
            {"red": [*range(2), *[""] * 148, *range(50)], "split": BLOCKS},
            "'red' has 2 values in tr",
        ),
        ({"red": [*range(175), *[""] * 25], "split": BLOCKS}, "'red' has 0 values in test rows"),
        ({"split": BLOCKS[100:150] + ["valid"] * 75 + ["test"] * 75}, "50 rows are for training"),
        ({"group": [i % 9 for i in range(200)]}, "of 9 groups .* at least 10, or a column 'split'"),
    ],
)
def test_what_would_fail_after_hours_of_training_is_told_at_once(tmp_path, columns, said):
    write(tmp_path / "t.tsv", **columns)
    with pytest.raises(GexpError, match=said):
        own_table.read_table(tmp_path / "t.tsv")


def test_without_any_value_to_choose_by_a_table_is_refused(tmp_path):
    path = tmp_path / "t.tsv"
    write(path, split=BLOCKS)
    rows = [row.split("\t") for row in path.read_text().splitlines()]
    rows = [[a, "1" if c == "valid" else b, c] for a, b, c in rows]
    path.write_text("\n".join("\t".join(row) for row in rows) + "\n")
    with pytest.raises(GexpError, match="no column has three values in valid rows"):
        own_table.read_table(path)
    write(path, split=BLOCKS, red=[*range(150), *[""] * 25, *range(25)])
    assert own_table.read_table(path).tracks == ("green", "red")  # green alone has them: enough


def test_ten_groups_have_rows_in_every_split(tmp_path):
    write(tmp_path / "t.tsv", group=[i % 10 for i in range(200)])
    table = own_table.read_table(tmp_path / "t.tsv")
    assert [len(table.rows(name)) for name in ("train", "valid", "test")] == [160, 20, 20]


def test_a_row_without_a_group_is_a_group_of_its_own(tmp_path):
    write(tmp_path / "t.tsv", group=["a", "a"] * 20 + [""] * 160)
    table = own_table.read_table(tmp_path / "t.tsv")
    assert len(set(table.group[:40])) == 1
    assert len(set(table.group)) == 161


def repeated(path, **columns):
    """Write a table whose row 1 stands again as row 101, and on the other strand as row 151."""
    write(path, **columns)
    rows = path.read_text().split("\n")
    inner = rows[1].split("\t")[0][4:34]
    for at, text in ((101, inner), (151, reverse_complement(inner))):
        rows[at] = "\t".join(["ACGT" + text + "GGG", *rows[at].split("\t")[1:]])
    path.write_text("\n".join(rows))


def test_rows_of_the_same_letters_on_either_strand_are_one_group(tmp_path):
    path = tmp_path / "t.tsv"
    repeated(path)
    table = own_table.read_table(path)
    assert len(set(table.group)) == 198
    assert set(table.group[[0, 100, 150]]) == {0}
    assert len(set(table.split[[0, 100, 150]])) == 1
    repeated(path, group=[*range(100), 100, *[101] * 20, *range(200, 279)])
    group = own_table.read_table(path).group
    assert set(group[[0, 100, 150]]) == {0} and len(set(group[101:121])) == 1
    assert len(set(group)) == 100 + 1 + 79 - 1  # the row on the other strand joined the first
    repeated(path, split=BLOCKS)
    with pytest.raises(
        GexpError, match=r"rows 1 and 151 are .* same letters .*\(train and valid\)"
    ):
        own_table.read_table(path)


def test_groups_are_joined_through_others():
    table = pd.DataFrame({"group": [0, 0, 1, 1, 2, 3]})
    inner = np.array([[0, 0], [1, 1], [1, 1], [0, 1], [0, 1], [2, 0]], np.uint8)
    assert own_table._groups(table, inner).tolist() == [0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("separator", ["\t", ","])
def test_a_compressed_table_is_read(tmp_path, separator):
    write(tmp_path / "t.tsv")
    text = (tmp_path / "t.tsv").read_text().replace("\t", separator)
    (tmp_path / "t.tsv.gz").write_bytes(gzip.compress(text.encode()))
    table = own_table.read_table(tmp_path / "t.tsv.gz")
    np.testing.assert_array_equal(table.y, own_table.read_table(tmp_path / "t.tsv").y)
    (tmp_path / "t.tsv.gz").write_bytes((tmp_path / "t.tsv.gz").read_bytes()[:-40])
    with pytest.raises(GexpError, match=r"t\.tsv\.gz cannot be read as a table"):
        own_table.read_table(tmp_path / "t.tsv.gz")
    damaged = bytearray(gzip.compress(text.encode()))
    damaged[len(damaged) // 2] ^= 255  # zlib says so, which is no OSError
    (tmp_path / "t.tsv.gz").write_bytes(damaged)
    with pytest.raises(GexpError, match=r"t\.tsv\.gz cannot be read as a table"):
        own_table.read_table(tmp_path / "t.tsv.gz")


def test_a_short_training_averages_over_its_last_epochs(tmp_path):
    def decay(rows):
        write(tmp_path / "t.tsv", rows=rows)
        table = own_table.read_table(tmp_path / "t.tsv")
        return own.own_recipe("m", table, units="", assay="", members=1).fit.average_decay

    assert decay(300) == pytest.approx(1 - 1 / (2 * (240 // 64)))
    # in the 30 epochs what is left of the untrained network is next to nothing
    assert decay(300) ** (30 * (240 // 64)) < 1e-6
    assert own._average_decay(10_000) == loop.FitSettings().average_decay


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
    assert model.card.training["command"] == (
        "python -m gexp_core train mine --table TABLE --members 1 --epochs 1"
    )
    assert "--table TABLE --members 1 --epochs 1`.\n" in card_page(model.card)
    assert model.card.insert == (4, 34)
    assert model.card.background.startswith("ACGT") and model.card.background.endswith("GGG")
    assert model.card.find("pearson").n == 20


def test_students_of_an_own_table_are_the_model(tmp_path, monkeypatch):
    write(tmp_path / "t.tsv")
    monkeypatch.setattr(own, "MADE_UP", 50)
    plan = own.own_recipe(
        "m", own_table.read_table(tmp_path / "t.tsv"), units="", assay="", members=1
    )
    assert (plan.count, list(plan.kept(1))) == (1, [0])
    out, runs = tmp_path / "models" / "mine", tmp_path / "runs"
    given = ["mine", "--table", str(tmp_path / "t.tsv"), "--out", str(out), "--runs", str(runs)]
    given += ["--members", "1", "--students", "2", "--epochs", "1", "--no-test"]
    monkeypatch.setattr(cli, "_train_all", in_this_process)
    assert cli.main(options(*given)) == 0
    monkeypatch.setenv("GEXP_MODELS", str(tmp_path / "models"))
    card = registry.card("mine")
    assert card.members == card.training["students"] == 2
    assert "--students 2 --members 1 --epochs 1" in card.training["command"]
    assert "what the 6-mer ridge beside it and other networks trained on" in card.limits[-1]
    assert len(list(runs.glob("member-*"))) == 3
    before = {path: path.stat().st_mtime_ns for path in runs.rglob("*.safetensors")}
    assert cli.main(options(*given)) == 0  # the same command again: nothing is trained anew
    assert {path: path.stat().st_mtime_ns for path in runs.rglob("*.safetensors")} == before


def test_the_folder_is_called_as_the_model(tmp_path):
    write(tmp_path / "t.tsv")
    given = ["mine", "--table", str(tmp_path / "t.tsv"), "--out", str(tmp_path / "other")]
    with pytest.raises(GexpError, match="another name than the model's; end it with /mine"):
        cli.main(options(*given, "--runs", str(tmp_path / "runs")))
    assert not (tmp_path / "runs").exists()


def test_a_run_that_fails_leaves_no_weights_of_an_earlier_table(tmp_path, monkeypatch, capsys):
    write(tmp_path / "t.tsv")
    table, runs = own_table.read_table(tmp_path / "t.tsv"), tmp_path / "runs"
    plan = own.own_recipe("mine", table, units="", assay="", members=1)
    folder = member_runs.member_folder(runs, 0)
    folder.mkdir(parents=True)
    (folder / "best.safetensors").write_bytes(b"of an earlier table")
    wild = replace(table, weight=np.full_like(table.weight, np.nan), digest="other")
    network = registry.build("conv", plan.config)
    with pytest.raises(GexpError, match="loss of epoch 1 is no finite number"):
        loop.fit(network, wild, folder, settings=plan.fit)
    with pytest.raises(GexpError, match="no weights yet"):
        member_runs.ensemble_of(plan, runs, [0])
    monkeypatch.setattr(own_table, "read_table", lambda path: wild)
    args = options("mine", "--table", "t.tsv")
    with pytest.raises(SystemExit, match=r"member-0: the loss of epoch 1 is no finite number"):
        cli._train_member(args, folder, 0, 1)


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
