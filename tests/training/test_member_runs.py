"""A network's second run begins with what was best in its first, and never with another's."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from gexp_core.training import assemble, loop, recipes
from gexp_core.training.member_runs import ensemble_of, last_folder, member_folder, train_member
from tests.training.test_training import CONFIG, SETTINGS, planted

FIRST = replace(SETTINGS, epochs=2, both_strands=True)


@pytest.fixture
def plan():
    one = recipes.recipe("retina-cnn")
    words = replace(one.words, tracks=(replace(one.words.tracks[0], name="count"),))
    second = replace(SETTINGS, epochs=1, turned_until=0.5)
    return replace(
        one, config=CONFIG, fit=FIRST, members=1, others=(), teachers=(), second=second, words=words
    )


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
