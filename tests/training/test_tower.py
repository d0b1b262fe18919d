"""A published tower as a teacher: what is read of it, how it is tuned, when it is asked for."""

import argparse
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from gexp_core.errors import InputError, ModelError
from gexp_core.models.adapters.baskerville import BaskervilleConfig, BaskervilleNetwork
from gexp_core.training import (
    assemble,
    cli,
    loop,
    member_runs,
    recipes,
    taught,
    teachers,
    tower,
)
from gexp_core.training.augment import one_hot
from gexp_core.training.tower import TowerFeatures
from gexp_core.training.tracks.teacher import Teacher, read_teacher, read_untitled
from gexp_core.training.words import TOWER
from tests.models import published
from tests.training.test_training import CONFIG, SETTINGS, network, planted

SIZES = BaskervilleConfig(stem_width=6, widths=(7, 8, 9, 10), heads=2, key_size=3)


@pytest.fixture
def teacher():
    torch.manual_seed(3)
    made = BaskervilleNetwork(SIZES).eval().requires_grad_(False)
    return Teacher(made, "random.h5", "f" * 64)


def letters(table, rows):
    return one_hot(torch.from_numpy(table.codes[rows]))


def test_features_are_the_largest_and_mean_activations_of_the_later_steps(teacher):
    X = letters(planted(12), np.arange(12))  # 40 bases: two tokens of 32 with 12 zeros either side
    whole = torch.nn.functional.pad(X, (12, 12))
    with torch.no_grad():
        for step in teacher.network.tower:  # what norms have measured is read, in training too
            step.norm.running_mean.normal_()
            step.norm.running_var.uniform_(0.5, 2)
            step.norm.weight.normal_()
        made = TowerFeatures(teacher.network).train()(X).numpy()
        _, (last, before) = teacher.network.towered(whole)  # of the two last steps
    wanted = [part(x.numpy(), 2) for x in (before, last) for part in (np.max, np.mean)]
    np.testing.assert_allclose(made, np.concatenate(wanted, 1), rtol=1e-4, atol=1e-5)
    assert made.shape == (12, 2 * (9 + 10))


BOTH = replace(SETTINGS, both_strands=True)
QUICK = replace(recipes.recipe("human-mpra").tuned, epochs=3, batch_size=32, learning_rate=1e-2)


def test_a_tower_learns_the_train_rows_and_the_published_one_stays(teacher, tmp_path):
    table = planted(360)
    table.y[table.split == "test"] = np.nan
    before = {name: value.clone() for name, value in teacher.network.state_dict().items()}
    said = []
    how = {"seed": 4, "device": "cpu", "report": said.append}
    made = tower.tune(teacher, table, tmp_path, QUICK, **how)
    for name, value in teacher.network.state_dict().items():
        assert torch.equal(value, before[name]), name
    X = letters(table, table.rows("valid"))
    with torch.no_grad():
        one, other = made.each(X)
        assert not torch.equal(one, other) and made(X).shape == (60, 1, 1)
        np.testing.assert_allclose(made(X), (one + other) / 2, rtol=1e-6)
    records = tower.tower_records(tmp_path)
    assert [record["settings"]["seed"] for record in records] == [4, 5]
    assert {record["began_with"] for record in records} == {teacher.digest}
    losses = [row["train_loss"] for row in records[0]["curve"]]
    assert losses[-1] < losses[0]
    fresh = tower.TunedTower(teacher.network, 1)  # stem and tower learned, not the last layer alone
    tuned = made.members[0].features.state_dict()
    assert not any(torch.equal(tuned[name], value) for name, value in
                   fresh.features.state_dict().items() if name.endswith("conv.weight"))  # fmt: skip
    assert any(text.startswith("tower-1 epoch 3/3: ") for text in said)
    said.clear()
    again = tower.tune(teacher, table, tmp_path, QUICK, **how)  # those that are there serve again
    assert not said and all(map(torch.equal, made.parameters(), again.parameters()))
    other = replace(teacher, digest="e" * 64)  # another file's do not
    tower.tune(other, table, tmp_path, QUICK, **how)
    assert any(text.startswith("tower-0 epoch 1/3: ") for text in said)


def student(**changed):
    """A recipe of one student, which a published tower alone teaches."""
    words = recipes.recipe("human-mpra").words
    plan = recipes.Recipe(
        name="one",
        read=lambda folder: planted(120),
        architecture="conv",
        config=CONFIG,
        members=0,
        fit=BOTH,
        words=replace(words, tracks=words.tracks[:1]),
        others=(recipes.Form({}, replace(BOTH, epochs=1, taught=30)),),
        teachers=(TOWER,),
        tuned=QUICK,
    )
    return replace(plan, **changed)


@torch.no_grad()
def said_of(network, given):
    """What a network says of lessons, the mean of both strands."""
    X = one_hot(given.codes)
    return (network(X) + network(X.flip(1, 2)))[:, 0] / 2


def test_a_tower_teaches_once_it_is_given(teacher, tmp_path):
    table = planted(120)
    with pytest.raises(InputError, match="--teacher DIR"):
        teachers.teachers_of([TOWER], table)
    assert teachers.teachers_of([TOWER], table, teacher) == {TOWER: "f" * 64}
    plan = student(members=1, only_teach=True)
    said = []
    first = member_runs.member_folder(tmp_path, 0)
    first.mkdir(parents=True)
    own = network()
    loop.save_weights(own, first / member_runs.BEST)
    how = {"seed": 0, "device": "cpu", "report": said.append}
    teachers.teach(plan, table, tmp_path, published=teacher, **how)
    made = taught.read(taught.lessons_file(tmp_path, 0))
    assert made.source["teachers"][TOWER] == "f" * 64
    tuned = tower.tune(teacher, table, tmp_path, QUICK, **how)
    wanted = (said_of(tuned, made) + said_of(own.eval(), made)) / 2  # each counts alike
    torch.testing.assert_close(made.y, wanted, atol=1e-5, rtol=1e-5)
    before = len(said)
    teachers.teach(plan, table, tmp_path, published=teacher, **how)
    assert len(said) == before  # those that are there serve again
    other = replace(teacher, digest="e" * 64)
    teachers.teach(plan, table, tmp_path, published=other, **how)
    assert any("others than before" in text for text in said)


def test_a_tower_alone_teaches_where_a_recipe_has_no_first_networks(teacher, tmp_path):
    table, plan = planted(120), student()
    how = {"seed": 0, "device": "cpu", "report": lambda text: None}
    teachers.teach(plan, table, tmp_path, published=teacher, **how)
    made = taught.read(taught.lessons_file(tmp_path, 0))
    wanted = said_of(tower.tune(teacher, table, tmp_path, QUICK, **how), made)
    torch.testing.assert_close(made.y, wanted, atol=1e-5, rtol=1e-5)
    member_runs.train_member(plan, table, tmp_path, 0, seed=0, taught=made)
    card = assemble.assemble(plan, table, tmp_path, tmp_path / "one", test=False)
    assert card.members == 1 and card.training["teacher"] == {"sha256": "f" * 64}
    assert "what the convolutions of a published model of genome tracks, tuned" in card.limits[-1]
    assert "other networks" not in card.limits[-1]
    records = json.loads((tmp_path / "one" / "record.json").read_text())
    assert [record.get("only_teaches", False) for record in records] == [False, True, True]
    seconds = sum(row["seconds"] for record in records for row in record["curve"])
    assert card.training["seconds"] == round(seconds)


def test_a_tower_without_later_steps_is_refused_before_anything_runs(teacher):
    short = BaskervilleNetwork(replace(SIZES, widths=(7, 8)))
    with pytest.raises(ModelError, match="2 steps; to learn from one, more than 2"):
        teachers.teachers_of([TOWER], planted(12), replace(teacher, network=short))


def options(*words):
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    return parser.parse_args(list(words))


def test_a_teacher_is_asked_for_by_name_before_anything_runs(tmp_path, monkeypatch):
    for name in ("human-mpra", "yeast-promoter"):
        plan = replace(recipes.recipe(name), read=lambda folder: planted(12))
        monkeypatch.setitem(recipes.RECIPES, name, plan)
    monkeypatch.setattr(cli, "_train_all", lambda *given: pytest.fail("it ran"))
    where = ["--data", str(tmp_path), "--runs", str(tmp_path)]
    with pytest.raises(InputError, match="--teacher DIR"):
        cli.main(options("human-mpra", *where, "--out", str(tmp_path / "human-mpra")))
    out = ["--out", str(tmp_path / "yeast-promoter"), "--teacher", str(tmp_path)]
    with pytest.raises(InputError, match="no published model"):
        cli.main(options("yeast-promoter", *where, *out))
    with pytest.raises(InputError, match="leave --teacher out"):
        cli.main(options("human-mpra", *where, "--sketch", "--teacher", str(tmp_path)))
    with pytest.raises(InputError, match="leave --elements out"):
        cli.main(options("human-mpra", *where, "--elements", str(tmp_path)))


def test_a_model_is_read_without_the_table_of_its_outputs(tmp_path):
    published.write_all(tmp_path)
    titled = read_teacher(tmp_path, tmp_path / "targets.tsv")
    (tmp_path / "targets.tsv").unlink()
    untitled = read_untitled(tmp_path)
    parameters = next(tmp_path.glob("*.json"))
    written = parameters.read_text()
    parameters.write_text(written.replace(f'"units": {published.TRACKS}', '"units": 99'))
    with pytest.raises(ModelError, match=f"{parameters.name} does not describe"):
        read_untitled(tmp_path)
    assert untitled.digest == titled.digest
    state = titled.network.state_dict()
    assert untitled.network.state_dict().keys() == state.keys()
    for name, value in untitled.network.state_dict().items():
        assert torch.equal(value, state[name]), name
