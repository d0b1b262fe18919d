"""Students: made-up sequences keep what is constant, teachers count alike, and it is resumed."""

import argparse
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from gexp_core.errors import ModelError
from gexp_core.models import registry
from gexp_core.training import assemble, cli, linear, loop, member_runs, recipes, taught, teachers
from gexp_core.training.augment import one_hot
from tests.training.test_training import CONFIG, SETTINGS, network, planted, weights


class Counts(torch.nn.Module):
    """Say how many A there are, plus a number."""

    def __init__(self, more):
        super().__init__()
        self.more = more

    def forward(self, X):
        return X[:, 0].sum(1)[:, None, None] + self.more


def on_both(network, given):
    """What a network says of lessons, the mean of both strands."""
    X = one_hot(given.codes)
    return (network(X) + network(X.flip(1, 2)))[:, 0] / 2


def turned(codes):
    """The reverse complement of codes, 4 for N."""
    return np.where(codes < 4, 3 - codes.numpy().astype(int), 4)[:, ::-1]


def told(table, teachers, count, *, both_strands, seed=0):
    """What these teachers say; their weights are called after them."""
    names = {name: f"weights of {name}" for name in teachers}
    source = taught.made_from(table, names, count, both_strands=both_strands, seed=seed)
    return taught.lessons(table, teachers, source)


def generator():
    return torch.Generator().manual_seed(5)


def test_made_up_sequences_are_of_train_rows_and_leave_the_flanks():
    table = planted(240)
    table = replace(table, insert=(6, 34))
    table.codes[:, :6], table.codes[:, 34:] = 2, 3
    table.codes[table.split != "train", 6:34] = 4  # letters that no train row has
    made = taught.compose(table, 300, generator(), turned=True)
    assert made.shape == (300, 40) and made.dtype == torch.uint8
    assert (made[:, :6] == 2).all() and (made[:, 34:] == 3).all()
    assert (made[:, 6:34] < 4).all()
    assert torch.equal(made, taught.compose(table, 300, generator(), turned=True))
    assert len(torch.unique(made, dim=0)) > 290


def test_large_groups_are_drawn_less_than_their_share(monkeypatch):
    table = planted(1200)
    large = np.arange(1200) < 900
    table.group[large] = 0
    table.codes[large] = 0
    monkeypatch.setattr(taught, "_MUTATION", 0.0)
    monkeypatch.setattr(taught, "_SHIFT", 0)
    made = taught.compose(table, 2_000, generator(), turned=False)
    train = table.split == "train"
    n, pairs = int((train & large).sum()), int((train & ~large).sum()) / 2
    share = n**0.5 / (n**0.5 + pairs * 2**0.5)
    whole = (made == 0).all(1).float().mean()
    assert 0.3 * share < whole < share < 0.5 * n / train.sum()  # some are joined


def test_teachers_count_alike_on_both_strands(tmp_path):
    table = planted(120)
    made = told(table, {"one": Counts(0.0), "two": Counts(3.0)}, 50, both_strands=True, seed=1)
    letters = one_hot(made.codes)
    wanted = (letters[:, 0].sum(1) + letters[:, 3].sum(1)) / 2 + 1.5
    torch.testing.assert_close(made.y, wanted[:, None])
    taught.write(made, tmp_path / "lessons.safetensors")
    back = taught.read(tmp_path / "lessons.safetensors")
    assert torch.equal(back.codes, made.codes) and torch.equal(back.y, made.y)
    assert (back.source, back.digest) == (made.source, made.digest)
    assert list(back.source["teachers"]) == ["one", "two"]
    with pytest.raises(ModelError, match="nobody teaches"):
        told(table, {}, 5, both_strands=True)


def test_a_student_learns_what_its_rows_do_not_say(tmp_path):
    table = planted(240)
    table.y[:] = np.random.default_rng(0).normal(0, 1, table.y.shape)  # rows that say nothing
    made = told(table, {"a": Counts(0.0)}, 800, both_strands=False)
    settings = replace(SETTINGS, epochs=8, taught=800, patience=8)
    made = replace(made, y=made.y - made.y.mean())
    student = network()
    record = loop.fit(student, table, tmp_path / "s", settings=settings, taught=made)
    fresh = taught.compose(table, 200, torch.Generator().manual_seed(9), turned=False)
    with torch.no_grad():
        said = student.eval()(one_hot(fresh)).flatten()
    count = (fresh == 0).sum(1).float()
    assert torch.corrcoef(torch.stack([said, count]))[0, 1] > 0.7
    assert record["taught"]["teachers"] == {"a": "weights of a"}
    assert record["taught"]["sha256"] == made.digest
    with pytest.raises(ModelError, match="800 made-up sequences"):
        loop.fit(student, table, tmp_path / "none", settings=settings)


def test_as_many_lessons_are_read_as_the_settings_say(tmp_path, monkeypatch):
    table, sizes = planted(240), set()
    made = told(table, {"a": Counts(0.0)}, 100, both_strands=False)
    batch = taught.Turns.batch

    def note(self, step, insert):
        codes, y = batch(self, step, insert)
        sizes.add((len(codes), len(y)))
        return codes, y

    monkeypatch.setattr(taught.Turns, "batch", note)
    settings = replace(SETTINGS, epochs=1, taught=100, taught_times=3)
    loop.fit(network(), table, tmp_path, settings=settings, taught=made)
    assert sizes == {(3 * SETTINGS.batch_size, 3 * SETTINGS.batch_size)}


def test_a_killed_student_goes_on_to_the_same_weights_and_not_from_other_lessons(tmp_path):
    table = planted(240)
    settings = replace(SETTINGS, taught=100, both_strands=True)
    made = told(table, {"a": Counts(0.0)}, 100, both_strands=True)
    loop.fit(network(), table, tmp_path / "whole", settings=settings, taught=made)

    class KilledError(Exception):
        pass

    def kill(text):
        if text.startswith("epoch 3/4 step"):
            raise KilledError

    with pytest.raises(KilledError):
        loop.fit(network(), table, tmp_path / "cut", settings=settings, taught=made, report=kill)
    loop.fit(network(), table, tmp_path / "cut", settings=settings, taught=made)
    whole, cut = weights(tmp_path / "whole"), weights(tmp_path / "cut")
    assert all(np.array_equal(whole[name], cut[name]) for name in whole)
    other = told(table, {"a": Counts(1.0)}, 100, both_strands=True)
    record = loop.fit(network(), table, tmp_path / "cut", settings=settings, taught=other)
    assert record["taught"]["sha256"] == other.digest and len(record["curve"]) == 4


def test_students_are_trained_once_their_teachers_are(monkeypatch, tmp_path):
    done = []

    def note(args, members, jobs):
        done.append(list(members))

    monkeypatch.setattr(cli, "_train_all", note)
    monkeypatch.setattr(teachers, "teach", lambda *given, **options: done.append("lessons"))
    monkeypatch.setattr(assemble, "assemble", lambda *given, **options: done.append("made"))
    plan = replace(recipes.recipe("retina-transformer"), read=lambda folder: planted(12))
    monkeypatch.setitem(recipes.RECIPES, "retina-transformer", plan)
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    where = [
        "--data",
        str(tmp_path),
        "--out",
        str(tmp_path / "retina-transformer"),
        "--runs",
        str(tmp_path),
    ]
    cli.main(parser.parse_args(["retina-transformer", *where]))
    ordinary, taught_ones = list(range(plan.members)), list(range(plan.members, plan.count))
    assert done == ["lessons", ordinary, "lessons", taught_ones, "made"]  # of the second runs first
    done.clear()
    cli.main(parser.parse_args(["retina-transformer", *where, "--members", "1"]))
    assert done == ["lessons", [0], "made"]


def test_lessons_are_made_anew_when_a_teacher_is_another(monkeypatch, tmp_path):
    tiny = recipes.Form({}, replace(SETTINGS, taught=20, both_strands=True))
    plan = replace(
        recipes.recipe("retina-rnn"),
        architecture="conv", config=CONFIG, members=1, others=(tiny,), teachers=("a",),
        given_teachers=(), tuned=None,
    )  # fmt: skip
    sha = {"a": "first"}
    monkeypatch.setattr(registry, "card", lambda name: SimpleNamespace(sha256=sha[name]))
    monkeypatch.setattr(registry, "load", lambda name, device: SimpleNamespace(network=Counts(0.0)))
    folder = member_runs.member_folder(tmp_path, 0)
    folder.mkdir()
    loop.save_weights(network(), folder / "best.safetensors")
    asked = []
    for sha["a"] in ("first", "first", "second"):
        said = []
        teachers.teach(plan, planted(24), tmp_path, seed=3, device="cpu", report=said.append)
        asked.append((len(said), any("begin anew" in text for text in said)))
    assert asked == [(1, False), (0, False), (2, True)]
    made = taught.read(tmp_path / "lessons-3.safetensors")
    assert made.codes.shape == (20, 40) and made.source["teachers"]["a"] == "second"
    own = member_runs.ensemble_of(plan, tmp_path, range(1), first=True)
    with torch.no_grad():
        wanted = (on_both(own, made) + on_both(Counts(0.0), made)) / 2
    torch.testing.assert_close(made.y, wanted)


def test_the_ridge_teaches_as_it_predicts(monkeypatch, tmp_path):
    table = planted(120)
    tiny = recipes.Form({}, replace(SETTINGS, taught=20, both_strands=True))
    plan = replace(
        recipes.recipe("yeast-promoter"),
        architecture="conv", config=CONFIG, members=1, others=(tiny,),
    )  # fmt: skip
    assert plan.teachers == ("6-mer ridge",)
    monkeypatch.setattr(teachers, "ensemble_of", lambda *given, first: Counts(0.0))
    folder = member_runs.member_folder(tmp_path, 0)
    folder.mkdir()
    loop.save_weights(network(), folder / "best.safetensors")
    teachers.teach(plan, table, tmp_path, seed=0, device="cpu", report=lambda text: None)
    made = taught.read(tmp_path / "lessons-0.safetensors")
    ridge = linear.linear_of(table)
    said = [ridge.read(codes)["6-mer ridge"] for codes in (made.codes.numpy(), turned(made.codes))]
    wanted = (torch.from_numpy(sum(said) / 2) + on_both(Counts(0.0), made)) / 2
    torch.testing.assert_close(made.y, wanted)
    letters = one_hot(torch.tensor([[0, 1, 2, 3, 0, 1, 4, 4, 2, 2, 1, 0]], dtype=torch.uint8))
    known = linear.linear_of(table)
    said = teachers.RidgeNetwork(known)(letters)
    codes = np.array([[0, 1, 2, 3, 0, 1, 4, 4, 2, 2, 1, 0]])
    assert said[0, 0].tolist() == pytest.approx(known.read(codes)["6-mer ridge"][0].tolist())


def test_a_recipe_says_which_of_its_networks_are_taught():
    plan = replace(recipes.recipe("yeast-promoter"), members=2)
    assert list(plan.kept(plan.count)) == [2, 3, 4]
    assert list(plan.kept(3)) == [2]
    with pytest.raises(ModelError, match="train at least 3, 2 are asked for"):
        plan.kept(2)
    assert list(recipes.recipe("retina-rnn").kept(2)) == [0, 1]
    assert plan.taught(both_strands=True).taught == 24_000
    alone = replace(plan, others=(), teachers=(), only_teach=False)
    with pytest.raises(ModelError, match="no network of yeast-promoter is taught"):
        alone.taught(both_strands=True)
    for wrong in (
        {"fit": replace(plan.fit, taught=5)},
        {"others": (*plan.others, recipes.Form({}, replace(plan.fit, taught=5)))},
        {"others": ()},
    ):
        with pytest.raises(ModelError, match="says wrongly which networks are taught"):
            replace(plan, **wrong)


def test_a_missing_teacher_is_told_before_anything_is_trained(monkeypatch, tmp_path):
    plan = replace(recipes.recipe("retina-rnn"), read=lambda folder: planted(12), teachers=("no",))
    monkeypatch.setitem(recipes.RECIPES, "retina-rnn", plan)
    monkeypatch.setattr(cli, "_train_all", lambda *given: pytest.fail("trained"))
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    with pytest.raises(ModelError, match="'no'"):
        cli.main(parser.parse_args(["retina-rnn", "--data", "d", "--runs", str(tmp_path)]))


def test_a_model_whose_first_networks_only_teach_holds_the_students(tmp_path):
    table = planted(120)
    plan = recipes.recipe("retina-cnn")
    words = replace(plan.words, tracks=(replace(plan.words.tracks[0], name="count"),))
    tiny = recipes.Form({}, replace(SETTINGS, epochs=1, taught=20, both_strands=True))
    plan = replace(
        plan, config=CONFIG, members=1, others=(tiny,), teachers=(), only_teach=True, words=words,
        second=None, given_teachers=(),
    )  # fmt: skip
    made = told(table, {"a": Counts(0.0)}, 20, both_strands=False)
    first, second = (member_runs.member_folder(tmp_path, member) for member in range(2))
    loop.fit(network(), table, first, settings=replace(SETTINGS, epochs=1))
    loop.fit(network(), table, second, settings=tiny.fit, taught=made)
    card = assemble.assemble(plan, table, tmp_path, tmp_path / "model", test=False)
    assert card.members == 1 and card.training["students"] == 1 and card.others == ()
    assert card.limits[-1].startswith("All of its networks were also trained on what other net")
    held = load_file(tmp_path / "model" / "weights.safetensors")
    assert all(np.array_equal(held[f"members.0.{k}"], v) for k, v in weights(second).items())
    records = json.loads((tmp_path / "model" / "record.json").read_text())
    assert [record.get("only_teaches", False) for record in records] == [True, False]
    seconds = sum(row["seconds"] for record in records for row in record["curve"])
    assert card.training["seconds"] == round(seconds)
