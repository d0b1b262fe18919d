"""A published tower as a teacher: what is read of it, the ridge on it, and when it is asked for."""

import argparse
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from gexp_core.errors import InputError, ModelError
from gexp_core.models.adapters.baskerville import BaskervilleConfig, BaskervilleNetwork
from gexp_core.training import cli, loop, member_runs, recipes, taught, teachers
from gexp_core.training.augment import one_hot
from gexp_core.training.tower import TowerFeatures, tower_ridge
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
        made = TowerFeatures(teacher.network)(X)[:, 0].numpy()
        _, (last, before) = teacher.network.towered(whole)  # of the two last steps
    wanted = [part(x.numpy(), 2) for x in (before, last) for part in (np.max, np.mean)]
    np.testing.assert_allclose(made, np.concatenate(wanted, 1), rtol=1e-5, atol=1e-6)
    assert made.shape == (12, 2 * (9 + 10))


def test_the_ridge_is_that_of_scikit_learn_and_learns_from_train_rows_alone(teacher):
    table = planted(360)
    table = replace(table, batch=np.zeros(360, np.int64), batches=("0",))
    with torch.no_grad():
        found = TowerFeatures(teacher.network)(letters(table, np.arange(360)))[:, 0].numpy()
        turned = TowerFeatures(teacher.network)(letters(table, np.arange(360)).flip((1, 2)))
    features = (found + turned[:, 0].numpy()) / 2  # means of both strands
    rng = np.random.default_rng(0)
    table.y[:, 0] = features @ rng.normal(0, 1, features.shape[1]) + 7
    table.y[table.split == "test"] = np.nan
    train, valid = table.rows("train"), table.rows("valid")
    scaled = (features - features[train].mean(0)) / features[train].std(0)
    tried = []
    for alpha in (30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4, 1e5):
        one = Ridge(alpha=alpha).fit(scaled[train], table.y[train, 0])
        said = one.predict(scaled)
        tried.append((np.corrcoef(said[valid], table.y[valid, 0])[0, 1], said))
    wanted = max(tried, key=lambda pair: pair[0])[1]
    made = tower_ridge(teacher, table)
    with torch.no_grad():
        X = letters(table, np.arange(360))
        said = (made(X) + made(X.flip((1, 2)))) / 2  # as lessons read a teacher
    assert said.shape == (360, 1, 1)
    np.testing.assert_allclose(said.flatten().numpy(), wanted, atol=2e-4)
    assert np.corrcoef(wanted[valid], table.y[valid, 0])[0, 1] > 0.9


def test_a_tower_teaches_once_it_is_given(teacher, tmp_path):
    table = planted(120)
    with pytest.raises(InputError, match="--teacher DIR"):
        teachers.teachers_of([TOWER], table)
    assert teachers.teachers_of([TOWER], table, teacher) == {TOWER: "f" * 64}
    plan = recipes.Recipe(
        name="one",
        read=lambda folder: table,
        architecture="conv",
        config=CONFIG,
        members=1,
        fit=SETTINGS,
        words=recipes.recipe("human-mpra").words,
        others=(recipes.Form({}, replace(SETTINGS, taught=30)),),
        teachers=(TOWER,),
        only_teach=True,
    )
    said = []
    first = member_runs.member_folder(tmp_path, 0)
    first.mkdir(parents=True)
    own = network()
    loop.save_weights(own, first / member_runs.BEST)
    how = {"seed": 0, "device": "cpu", "report": said.append}
    teachers.teach(plan, table, tmp_path, published=teacher, **how)
    made = taught.read(taught.lessons_file(tmp_path, 0))
    assert made.source["teachers"][TOWER] == "f" * 64
    X = one_hot(made.codes)
    with torch.no_grad():
        wanted = (tower_ridge(teacher, table)(X) + own.eval()(X))[:, 0] / 2  # each counts alike
    torch.testing.assert_close(made.y, wanted, atol=1e-5, rtol=1e-5)
    before = len(said)
    teachers.teach(plan, table, tmp_path, published=teacher, **how)
    assert len(said) == before  # those that are there serve again
    other = replace(teacher, digest="e" * 64)
    teachers.teach(plan, table, tmp_path, published=other, **how)
    assert any("others than before" in text for text in said)


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
