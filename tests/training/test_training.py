"""Training on a planted signal: it learns, resumes to the same bytes, and its card is true."""

import gzip
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from gexp_core.encoding import indices
from gexp_core.errors import InputError
from gexp_core.export.card_page import card_page
from gexp_core.models import registry
from gexp_core.predict import predict
from gexp_core.training import assemble, augment, data, loop, member_runs, recipes, scoring
from gexp_core.types import SequenceSet

CONFIG = {
    "input_length": 40,
    "widths": (16, 16),
    "repeats": (1, 1),
    "stem_kernel": 7,
    "hidden": 16,
    "dropout": 0.0,
    "block_dropout": 0.0,
}


def planted(n=1200, seed=0):
    """Make a table whose value is how often GATA stands in a sequence, plus a batch offset."""
    rng = np.random.default_rng(seed)
    texts = ["".join(rng.choice(list("ACGT"), 40)) for _ in range(n)]
    for i in range(0, n, 2):
        at = rng.integers(0, 36)
        texts[i] = texts[i][:at] + "GATA" + texts[i][at + 4 :]
    batch = rng.integers(0, 2, n)
    y = np.array([t.count("GATA") for t in texts], np.float32) + 5 * batch
    split = np.array((["train"] * 8 + ["valid"] * 2 + ["test"] * 2) * (n // 12))
    return data.Table(
        codes=np.stack([indices(t) for t in texts]).astype(np.uint8),
        y=y[:, None].astype(np.float32),
        weight=np.ones(n, np.float32),
        batch=batch.astype(np.int64),
        batches=("0", "1"),
        group=np.arange(n) // 2,
        split=split,
        subsets={"all": np.ones(n, bool)},
        pairs=np.stack([np.arange(0, n, 2), np.arange(1, n, 2)], 1),
        insert=(0, 40),
        tracks=("count",),
        clip=-10.0,
        digest="planted",
    )


SETTINGS = loop.FitSettings(
    epochs=4, batch_size=32, learning_rate=1e-2, most_shift=1, most_mutation=0.0,
    both_strands=False, average_decay=0.9,
)  # fmt: skip


def network():
    torch.manual_seed(0)
    return registry.build("conv", CONFIG)


def weights(folder):
    return load_file(folder / "best.safetensors")


def test_it_learns_the_planted_word_and_ignores_the_batch(tmp_path):
    record = loop.fit(network(), planted(), tmp_path, settings=SETTINGS)
    assert record["curve"][-1]["valid_r"] > 0.5
    assert record["curve"][-1]["train_loss"] < record["curve"][0]["train_loss"]


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path):
    table = planted()
    settings = replace(SETTINGS, most_indel=1, group_shrink=2.0)
    loop.fit(network(), table, tmp_path / "whole", settings=settings)

    class KilledError(Exception):
        pass

    def kill(text):
        if text.startswith("epoch 3/4 step"):
            raise KilledError

    with pytest.raises(KilledError):
        loop.fit(network(), table, tmp_path / "cut", settings=settings, report=kill)
    loop.fit(network(), table, tmp_path / "cut", settings=settings)
    whole, cut = weights(tmp_path / "whole"), weights(tmp_path / "cut")
    assert all(np.array_equal(whole[name], cut[name]) for name in whole)


def test_rows_of_batches_reported_apart_are_left_unread_when_told_so(tmp_path):
    table = planted(240)
    kept = table.batch == 0
    table = replace(table, subsets={"all": kept})
    record = loop.fit(
        network(), table, tmp_path, settings=replace(SETTINGS, epochs=1, reported_only=True)
    )
    assert record["rows"]["train"] == np.sum(kept & (table.split == "train"))


def test_tracks_without_an_r_do_not_count_in_the_score():
    table = planted(120)
    rows = table.rows("valid")
    alone = scoring.valid_score(table, rows, table.y[rows])
    y = np.repeat(table.y, 3, 1)
    y[:, 1], y[rows[2:], 2] = 0.5, np.nan
    three = replace(table, y=y, tracks=("count", "constant", "few"))
    assert alone == scoring.valid_score(three, rows, np.repeat(table.y[rows], 3, 1)) == 1
    assert scoring.valid_score(three, rows, np.zeros((len(rows), 3), np.float32)) == 0


def test_the_card_counts_the_rows_that_the_networks_learned_from():
    table = planted(120)
    assert assemble._rows(table, [{"rows": {"train": 80}}]) == dict(train=80, valid=20, test=20)
    read = assemble._rows(table, [{"rows": {"train": 50}}])
    assert read == dict(train=50, valid=20, test=20, unread=30)


def test_other_settings_do_not_go_on_from_an_old_checkpoint(tmp_path):
    table = planted(120)
    loop.fit(network(), table, tmp_path, settings=replace(SETTINGS, epochs=1))
    record = loop.fit(network(), table, tmp_path, settings=replace(SETTINGS, epochs=1, seed=1))
    assert len(record["curve"]) == 1


def test_a_checkpoint_of_before_a_setting_was_made_is_gone_on_from(tmp_path):
    table, settings = planted(120), replace(SETTINGS, epochs=1)
    loop.fit(network(), table, tmp_path, settings=settings)
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    record = json.loads(kept["record"])
    assert record["settings"].pop("turned_until") == 0.0
    torch.save(kept | {"record": json.dumps(record)}, tmp_path / "checkpoint.pt")
    before = (tmp_path / "best.safetensors").stat().st_mtime_ns
    loop.fit(network(), table, tmp_path, settings=settings)
    assert (tmp_path / "best.safetensors").stat().st_mtime_ns == before


def test_it_stops_early_when_valid_no_longer_improves(tmp_path):
    settings = replace(SETTINGS, epochs=12, patience=1, learning_rate=1e-9)
    record = loop.fit(network(), planted(120), tmp_path, settings=settings)
    assert len(record["curve"]) < 12


@pytest.fixture
def made(tmp_path, monkeypatch):
    table = planted()
    other = recipes.Form({"hidden": 24}, SETTINGS)
    plan = recipes.recipe("retina-cnn")
    plan = replace(
        plan,
        config=CONFIG,
        members=2,
        fit=SETTINGS,
        others=(other,),
        second=None,
        given_teachers=(),
    )
    words = replace(plan.words, tracks=(replace(plan.words.tracks[0], name="count"),))
    plan = replace(plan, words=words)
    for member in range(3):
        settings = replace(SETTINGS, seed=member)
        made = registry.build("conv", plan.form(member).config) if member == 2 else network()
        loop.fit(made, table, member_runs.member_folder(tmp_path, member), settings=settings)
    out = tmp_path / "models" / "retina-cnn"
    card = assemble.assemble(plan, table, tmp_path, out)
    monkeypatch.setattr(registry, "BUNDLED", tmp_path / "models")
    return card, table, out


def test_the_model_folder_loads_and_predicts_what_the_card_reports(made):
    card, table, out = made
    model = registry.load("retina-cnn", device="cpu")
    rows = table.rows("test")
    texts = tuple(table.text(row) for row in rows)
    y = predict(model, SequenceSet(tuple(map(str, rows)), texts)).means()[:, 0]
    by_hand = sum(
        (table.batch[rows] == b).sum()
        * np.corrcoef(y[table.batch[rows] == b], table.y[rows, 0][table.batch[rows] == b])[0, 1]
        for b in (0, 1)
    ) / len(rows)
    shown = card.find("pearson")
    assert shown.value == pytest.approx(by_hand, abs=1e-4)
    assert shown.low < shown.value < shown.high
    assert shown.n == len(rows)
    assert card.find("pearson", predictor="6-mer ridge").n == len(rows)
    assert card.find("pearson", subset="change from parent").n == len(rows) // 2
    assert set(card.background) <= set("ACGT")
    assert json.loads((out / "card.json").read_text())["members"] == 3
    assert [card.sizes(member)["hidden"] for member in range(3)] == [CONFIG["hidden"]] * 2 + [24]
    assert "on average; 1 of them of another size" in card_page(card)
    assert "another size" not in card_page(replace(card, others=({},)))
    assert (out / "curves.svg").read_text().startswith("<?xml")


def test_leaving_the_test_rows_unread_leaves_no_figures(tmp_path):
    table = planted(120)
    loop.fit(network(), table, member_runs.member_folder(tmp_path, 0), settings=SETTINGS)
    plan = replace(
        recipes.recipe("retina-cnn"), config=CONFIG, others=(), second=None, given_teachers=()
    )
    words = replace(plan.words, tracks=(replace(plan.words.tracks[0], name="count"),))
    card = assemble.assemble(
        replace(plan, words=words), table, tmp_path, tmp_path / "out", members=1, test=False
    )
    assert card.held_out == ()


def test_augmentation_by_hand():
    codes = torch.tensor([[0, 1, 2, 4], [3, 3, 0, 1]], dtype=torch.uint8)
    turned = augment.reverse_complement(codes, torch.tensor([True, False]))
    assert turned.tolist() == [[4, 1, 2, 3], [3, 3, 0, 1]]
    generator = torch.Generator().manual_seed(0)
    moved = augment.shift(codes.repeat(50, 1), 1, generator)
    kept = {tuple(row[1:3].tolist()) for row in moved[::2]}
    assert kept == {(0, 1), (1, 2), (2, 4)}
    changed = augment.mutate(torch.zeros(2000, 50, dtype=torch.uint8), 0.2, generator)
    share = (changed != 0).float().mean().item()
    assert share == pytest.approx(0.2 / 2 * 3 / 4, rel=0.1)
    assert augment.one_hot(codes)[0].tolist() == [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 0],
    ]


def test_a_folder_without_the_table_says_what_is_wanted(tmp_path):
    with pytest.raises(InputError, match=r"holds no activity\.tsv\.gz"):
        data.retina_mpra(tmp_path)


def test_the_retina_reader_on_a_made_up_table(tmp_path):
    rows = [
        "label\tlocus\tlibrary\tsplit\tn_barcodes\tn_reps\tactivity_vs_basal\tactivity_sd\t"
        "expression_log2\tin_test_set_genomic\tsequence",
        "a_WT\ta\t1\ttrain\t3\t3\t2\t0.2\t1\tFalse\t" + "A" * 164,
        "a_MUT\ta\t1\ttrain\t1\t3\t2\t2.0\t1\tFalse\t" + "C" * 164,
        "b_WT\tb\t9a\ttest\t3\t3\t2\t0.2\t-9.97\tTrue\t" + "G" * 164,
    ]
    with gzip.open(tmp_path / "activity.tsv.gz", "wt") as file:
        file.write("\n".join(rows) + "\n")
    table = data.retina_mpra(tmp_path)
    assert table.batches == ("1", "9a")
    assert table.weight[0] > table.weight[1]
    assert table.subsets["all"].tolist() == [True, True, False]
    assert table.subsets["wild type"].tolist() == [True, False, False]
    assert table.pairs.tolist() == [[1, 0]]
    assert table.text(1) == "C" * 164


def test_the_yeast_reader_gives_each_sequence_of_a_pair_its_own_value(tmp_path):
    left, right = data.YEAST_LEFT, data.YEAST_RIGHT
    parent, one, two, seen = (left + letter * 80 + right for letter in "ACGT")
    with gzip.open(tmp_path / "random_promoters.tsv.gz", "wt") as file:
        file.write(
            f"sequence\texpression\tsplit\n{seen}\t9\ttrain\n{left}{'C' * 78}{right}\t8\ttest\n"
        )
    with gzip.open(tmp_path / "drift_pairs_complex_medium.tsv.gz", "wt") as file:
        file.write("seq\toriginal_seq\tn_mut\toriginal_measured\tevol_measured\tdelta_measured\n")
        file.write(f"{one}\t{parent}\t1\t3.5\t11\t7.5\n{two}\t{parent}\t1\t4.5\t11\t6.5\n")
        file.write(f"{two}\t{seen}\t1\t4.5\t9\t4.5\n")  # its parent was trained on: left out
    table = data.yeast_promoters(tmp_path)
    value = {table.text(row): float(table.y[row, 0]) for row in range(len(table.y))}
    assert [value[text] for text in (parent, one, two)] == [11, 3.5, 4.5]
    pairs = [(table.text(a), table.text(b)) for a, b in table.pairs]
    assert pairs == [(one, parent), (two, parent)]
    assert table.split.tolist() == ["train", "test"] + ["change"] * 4
    assert table.text(1) == left + "NN" + "C" * 78 + right
