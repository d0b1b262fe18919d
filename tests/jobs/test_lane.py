"""The lane for short work in real processes: at once, for seconds only, and nobody else's loss."""

import os
import time
from dataclasses import replace

import numpy as np
import pytest

from gexp_core import pipeline
from gexp_core.errors import CancelledError, LimitError
from gexp_core.jobs import Bounds, Engine
from tests.jobs.test_engine import WORK, until
from tests.toy_models import random_set


@pytest.fixture(scope="module")
def engine(model_folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEXP_MODELS", str(model_folder))
        made = Engine(Bounds(workers=2, lane=1, outrun=2.0))
        made.warm()
        made.submit(WORK + "add", 1, 1).result(60)
        yield made
        made.stop()


@pytest.fixture
def busy(engine):
    """Two visitors' long jobs, which hold every ordinary worker."""
    jobs = [engine.submit(WORK + "nap", 300.0, owner=f"long {n}") for n in range(2)]
    assert until(lambda: all(job.progress().state == "running" for job in jobs), 20)
    yield jobs
    for job in jobs:
        job.cancel()
    assert until(lambda: engine.load() == 0)


def test_a_third_visitors_click_is_answered_while_two_compute(engine, busy, toy, monkeypatch):
    # a worker's first work loads its libraries, which on a busy machine takes its time
    monkeypatch.setattr(engine, "bounds", replace(engine.bounds, outrun=100.0))
    given = random_set((60,), seed=1)
    job = engine.submit(
        "gexp_core.pipeline:predict_named", toy, given, key="k", owner="third", expects=1.0
    )
    made = job.result(100)  # the long ones go on for five minutes
    np.testing.assert_allclose(made.y, pipeline.predict_named(toy, given).y, atol=1e-5)
    assert [one.progress().state for one in busy] == ["running"] * 2


def test_what_the_engine_has_learnt_decides_too(engine, busy):
    unknown = engine.submit(WORK + "add", 1, 1, owner="third", units=10, kind="sums")
    time.sleep(0.3)
    assert unknown.progress().state == "queued"  # nobody knows how long it takes
    engine.rates.learn("sums", 1.0, 10)
    assert engine.submit(WORK + "add", 2, 2, owner="third", units=10, kind="sums").result(20) == 4
    long = engine.submit(WORK + "add", 3, 3, owner="third", units=1_000, kind="sums")
    time.sleep(0.3)
    assert (unknown.progress().state, long.progress().state) == ("queued", "queued")
    for job in (unknown, long):
        job.cancel()


def test_what_outruns_the_lane_leaves_it_and_is_done_all_the_same(engine, busy, tmp_path):
    path = tmp_path / "stamps"
    slow = engine.submit(WORK + "stamp", str(path), 4.0, owner="third", expects=0.1)
    assert until(path.exists, 20)
    began = time.monotonic()
    # a click of somebody else waits for the bound of the lane, not for the work in it
    assert engine.submit(WORK + "add", 1, 1, owner="fourth", expects=0.1).result(20) == 2
    assert time.monotonic() - began < 10
    assert slow.progress().state == "queued"
    assert path.read_text() == "done\n"
    busy[0].cancel()  # an ordinary place is free
    assert slow.result(30) > 0
    assert path.read_text() == "done\n" * 2


def test_one_who_leaves_work_in_the_lane_leaves_nothing_behind(engine, busy):
    before = dict(engine.counts)
    slow = engine.submit(WORK + "nap", 30.0, owner="third", expects=0.1)
    assert until(lambda: slow.progress().state == "running", 20)
    slow.cancel()
    with pytest.raises(CancelledError):
        slow.result()
    assert until(lambda: len(engine._places.running) == 2)
    assert engine.counts["cancelled"] == before["cancelled"] + 1


def test_a_shorter_bound_of_the_job_itself_is_kept_in_the_lane(engine, busy):
    job = engine.submit(WORK + "nap", 30.0, owner="third", expects=0.1, seconds=0.2)
    with pytest.raises(LimitError, match=r"limit of 0\.2 s"):
        job.result(20)


def test_a_stop_notes_what_it_interrupted(caplog):
    made = Engine(Bounds(workers=1, lane=1, outrun=0.3))
    long = made.submit(WORK + "nap", 60.0, owner="one")
    slow = made.submit(WORK + "nap", 60.0, owner="two", expects=0.1)
    waits = made.submit(WORK + "nap", 60.0, owner="three")
    assert until(lambda: "running" in (long.progress().state, slow.progress().state), 30)
    with caplog.at_level("INFO", logger="gexp"):
        made.stop(grace=0.5)  # long enough for the lane's bound to pass meanwhile
    assert made.counts == {"done": 0, "failed": 0, "cancelled": 0, "interrupted": 3}
    assert [r.fields["state"] for r in caplog.records if hasattr(r, "fields")] == [
        "interrupted"
    ] * 3
    for job in (long, slow, waits):
        with pytest.raises(CancelledError):
            job.result(5)


def test_the_lane_is_one_more_process(engine):
    pids = engine.report()["pids"]
    assert len(set(pids)) == 3 and os.getpid() not in pids
