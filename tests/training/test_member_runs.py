"""A network's second run begins with what was best in its first, and never with another's."""

import hashlib
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from gexp_core.errors import ModelError
from gexp_core.models import registry
from gexp_core.training import assemble, loop, recipes, taught, teachers
from gexp_core.training.member_runs import ensemble_of, last_folder, member_folder, train_member
from tests.training.test_training import CONFIG, SETTINGS, planted

FIRST = replace(SETTINGS, epochs=2, both_strands=True)


class Firsts(torch.nn.Module):
    """Say 1 of a text that begins with A, else 0, plus a number."""

    def __init__(self, more):
        super().__init__()
        self.more = more

    def forward(self, X):
        return X[:, 0, :1].float()[:, None] + self.more


@pytest.fixture
def plan():
    one = recipes.recipe("retina-cnn")
    words = replace(one.words, tracks=(replace(one.words.tracks[0], name="count"),))
    second = replace(SETTINGS, epochs=1, turned_until=0.5)
    return replace(
        one, config=CONFIG, fit=FIRST, members=1, others=(), teachers=(), second=second,
        given_teachers=(), words=words,
    )  # fmt: skip


def best(folder):
    return load_file(folder / "best.safetensors")


def test_the_second_run_goes_on_from_the_best_of_the_first(plan, tmp_path, monkeypatch):
    started = []
    fit = loop.fit

    def note(network, *given, **options):
        started.append({k: v.clone() for k, v in network.state_dict().items()})
        return fit(network, *given, **options)

    monkeypatch.setattr("gexp_core.training.member_runs.fit", note)
    train_member(plan, planted(240), tmp_path, 0, seed=5)
    first, last = member_folder(tmp_path, 0), last_folder(plan, tmp_path, 0)
    assert all(np.array_equal(started[1][k].numpy(), v) for k, v in best(first).items())
    assert any(not np.array_equal(best(last)[k], v) for k, v in best(first).items())
    record = json.loads((last / "record.json").read_text())
    whole = (first / "best.safetensors").read_bytes()
    assert record["began_with"] == hashlib.sha256(whole).hexdigest()
    assert record["settings"]["seed"] == 105 and not record["settings"]["both_strands"]
    for folder, options in ((last, {}), (first, {"first": True})):
        kept = ensemble_of(plan, tmp_path, [0], **options).members[0].state_dict()
        assert all(np.array_equal(kept[k].numpy(), v) for k, v in best(folder).items())


def test_a_second_run_of_another_first_begins_anew(plan, tmp_path):
    table = planted(240)
    train_member(plan, table, tmp_path, 0, seed=0)
    one = best(last_folder(plan, tmp_path, 0))
    train_member(plan, table, tmp_path, 0, seed=0)
    again = best(last_folder(plan, tmp_path, 0))
    assert all(np.array_equal(again[k], v) for k, v in one.items())
    longer = replace(plan, fit=replace(FIRST, epochs=3))
    train_member(longer, table, tmp_path, 0, seed=0)
    fresh = tmp_path / "fresh"
    train_member(longer, table, fresh, 0, seed=0)
    there, wanted = (best(last_folder(plan, runs, 0)) for runs in (tmp_path, fresh))
    assert all(np.array_equal(there[k], v) for k, v in wanted.items())


def test_the_card_and_the_record_are_of_both_runs(plan, tmp_path):
    table = planted(240)
    train_member(plan, table, tmp_path / "runs", 0, seed=0)
    out = tmp_path / "retina-cnn"
    card = assemble.assemble(plan, table, tmp_path / "runs", out, members=1, test=False)
    assert not card.both_strands
    (record,) = json.loads((out / "record.json").read_text())
    assert len(record["first"]["curve"]) == 2 and len(record["curve"]) == 1
    spent = [row["seconds"] for run in (record["first"], record) for row in run["curve"]]
    assert card.training["seconds"] == round(sum(spent))
    held = load_file(out / "weights.safetensors")
    assert all(
        np.array_equal(held[f"members.0.{k}"], v)
        for k, v in best(last_folder(plan, tmp_path / "runs", 0)).items()
    )


def test_the_second_run_alone_is_taught_by_models_as_they_are_bundled(plan, tmp_path, monkeypatch):
    plan = replace(plan, second=replace(plan.second, taught=64), given_teachers=("one", "other"))
    asked = {"one": 1.0, "other": 2.0}
    monkeypatch.setattr(registry, "card", lambda name: SimpleNamespace(sha256=f"sha of {name}"))
    monkeypatch.setattr(
        registry, "load", lambda name, device: SimpleNamespace(network=Firsts(asked[name]))
    )
    table, runs = planted(240), tmp_path / "runs"
    with pytest.raises(ModelError, match="settings say 64 made-up sequences"):
        train_member(plan, table, runs, 0, seed=0)
    how = {"seed": 0, "device": "cpu", "report": lambda text: None, "both_strands": False}
    teachers.teach(plan, table, runs, **how)
    given = taught.read(taught.lessons_file(runs, 0, both_strands=False))
    assert given.codes.shape == (64, 40)
    first = (given.codes[:, 0] == 0).float()[:, None]
    torch.testing.assert_close(given.y, first + 1.5)  # as given, their mean
    train_member(plan, table, runs, 0, seed=0, taught_as_given=given)
    out = tmp_path / "retina-cnn"
    card = assemble.assemble(plan, table, runs, out, members=1, test=False)
    (record,) = json.loads((out / "record.json").read_text())
    assert record["taught"]["sha256"] == given.digest and "taught" not in record["first"]
    assert card.training["students"] == 1
    assert card.training["teachers"] == {name: f"sha of {name}" for name in asked}
    assert "on what one, other and other networks" in card.limits[-1]


def test_teachers_of_runs_as_given_without_such_a_run_are_refused(plan):
    with pytest.raises(ModelError, match="says wrongly which networks are taught"):
        replace(plan, given_teachers=("retina-rnn",))
    with pytest.raises(ModelError, match="says wrongly which networks are taught"):
        replace(plan, second=replace(plan.second, taught=5))


def test_a_network_that_reads_elements_as_given_from_the_first_has_one_run(plan, tmp_path):
    given = recipes.Form({}, replace(SETTINGS, epochs=1, taught=64))
    plan = replace(plan, others=(given,), given_teachers=("one",))
    assert [len(plan.runs(member)) for member in range(2)] == [2, 1]
    table, told = planted(240), {"one": Firsts(1.0)}
    source = taught.made_from(table, {"one": "sha of one"}, 64, both_strands=False, seed=0)
    lessons = taught.lessons(table, told, source)
    for member in range(2):
        train_member(plan, table, tmp_path, member, seed=member, taught_as_given=lessons)
    assert last_folder(plan, tmp_path, 1) == member_folder(tmp_path, 1)
    card = assemble.assemble(plan, table, tmp_path, tmp_path / "retina-cnn", test=False)
    records = json.loads((tmp_path / "retina-cnn" / "record.json").read_text())
    assert ["first" in record for record in records] == [True, False]
    assert ["taught" in record for record in records] == [False, True]
    assert records[1]["taught"]["sha256"] == lessons.digest
    assert (card.members, card.training["students"], card.both_strands) == (2, 1, False)
