import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import types
import weakref
from pathlib import Path

import numpy as np
import pytest

from gexp_core.errors import CancelledError, GexpError, InputError, LimitError
from gexp_core.jobs import Bounds, Engine
from gexp_core.jobs.log import Lines
from gexp_core.jobs.store import Store, size

WORK = "tests.jobs.work:"


@pytest.fixture(scope="module")
def engine():
    made = Engine(Bounds(workers=2, waiting=6))
    made.warm()
    yield made
    made.stop()


def until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def alive(pid):
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_returns_what_the_function_returns(engine):
    job = engine.submit(WORK + "add", 2, b=40)
    assert job.result(20) == 42
    assert job.progress().state == "done"


def test_reports_progress_and_time_left(engine):
    job = engine.submit(WORK + "nap", 6.0)
    assert until(lambda: job.progress().done >= 3)
    state = job.progress()
    assert state.state == "running"
    assert state.total == 20
    # at its own pace since its first step, which on a busy machine is slower than 0.3 s a step
    to_go = 20 - state.done
    assert 0.99 * 0.3 * to_go <= state.left <= 1.01 * state.seconds / state.done * to_go
    job.cancel()


def test_the_time_left_leaves_out_what_was_done_once_at_the_start(engine):
    job = engine.submit(WORK + "load_and_nap", 1.5, 2.0)
    seen = []

    def came(done):
        seen.append(job.progress())
        return seen[-1].done >= done

    assert until(lambda: came(3))
    assert all(state.left is None for state in seen if state.done <= 1)  # nothing of the pace yet
    # at most 17 more of 0.1 s; 10 s at the rate since the beginning
    assert 0 <= seen[-1].left <= 5
    job.cancel()


def test_errors_of_the_visitor_pass_through_unchanged(engine):
    job = engine.submit(WORK + "refuse")
    with pytest.raises(InputError, match="'Z' at position 3"):
        job.result(10)
    assert job.progress().state == "failed"


def test_an_exception_that_cannot_be_rebuilt_is_a_bug_and_the_pool_survives(engine):
    with pytest.raises(RuntimeError, match="Unpicklable: cannot be rebuilt"):
        engine.submit(WORK + "crash").result(10)
    assert engine.submit(WORK + "add", 1, 1).result(10) == 2


def test_cancel_stops_the_computation_and_frees_the_worker(engine, tmp_path):
    path = tmp_path / "ticks"
    jobs = [engine.submit(WORK + "tick", str(path)) for _ in range(2)]
    assert until(path.exists)
    assert until(lambda: all(job.progress().state == "running" for job in jobs))
    began = time.monotonic()
    for job in jobs:
        job.cancel()
    assert jobs[0].progress().state == "cancelled"
    with pytest.raises(CancelledError, match="stopped"):
        jobs[0].result()
    assert engine.submit(WORK + "add", 1, 2).result(10) == 3
    assert time.monotonic() - began < 4  # they would tick for ever

    def silent():
        ticks = path.stat().st_size
        time.sleep(0.5)
        return path.stat().st_size == ticks

    assert until(silent)  # the one may still be ending when the other's place is taken


def test_equal_work_is_computed_once_while_running_and_afterwards(engine, tmp_path):
    path = tmp_path / "stamps"
    jobs = [engine.submit(WORK + "stamp", str(path), 0.4, key="same") for _ in range(4)]
    assert len({job.result(10) for job in jobs}) == 1
    assert len({job.id for job in jobs}) == 4
    assert engine.submit(WORK + "stamp", str(path), 0.4, key="same").progress().state == "done"
    assert path.read_text() == "done\n"
    engine.submit(WORK + "stamp", str(path), 0, key="other").result(10)
    assert path.read_text() == "done\n" * 2


def test_one_of_two_waiting_jobs_may_leave_without_stopping_the_other(engine):
    first = engine.submit(WORK + "nap", 0.5, key="shared")
    second = engine.submit(WORK + "nap", 0.5, key="shared")
    first.cancel()
    assert first.progress().state == "cancelled"
    assert second.result(10) > 0


def test_a_failure_is_not_remembered(engine):
    for _ in range(2):
        with pytest.raises(InputError):
            engine.submit(WORK + "refuse", key="bad").result(10)
    assert engine.load() == 0


def test_the_queue_is_bounded_and_says_so(engine):
    jobs = [engine.submit(WORK + "nap", 5.0) for _ in range(engine.bounds.waiting)]
    try:
        with pytest.raises(LimitError, match="already has 6 computations"):
            engine.submit(WORK + "add", 1, 1)
    finally:
        for job in jobs:
            job.cancel()
    assert until(lambda: engine.load() == 0)
    assert engine.submit(WORK + "add", 1, 1).result(10) == 2


def test_a_visitor_with_a_queue_never_blocks_another(engine):
    queue = [engine.submit(WORK + "nap", 60.0, owner="busy") for _ in range(4)]
    try:
        assert until(lambda: queue[0].progress().state == "running", 20)
        assert [job.progress().ahead for job in queue[1:]] == [0, 1, 2]
        # one worker was kept free for whoever comes, so this does not wait for the queue (4 min)
        assert engine.submit(WORK + "add", 1, 1, owner="other").result(20) == 2
        assert [job.progress().state for job in queue[1:]] == ["queued"] * 3
    finally:
        for job in queue:
            job.cancel()


def test_one_visitor_holds_only_part_of_the_queue():
    made = Engine(Bounds(workers=1, waiting=6, held=2))
    try:
        jobs = [made.submit(WORK + "nap", 60.0, owner="greedy") for _ in range(2)]
        with pytest.raises(LimitError, match="2 of your computations wait or run"):
            made.submit(WORK + "add", 1, 1, owner="greedy")
        other = made.submit(WORK + "add", 1, 1, owner="other")
        assert until(lambda: jobs[0].progress().state == "running", 30)
        jobs[1].cancel()  # it never began: nothing is left of it, and the other moves up
        assert other.progress().ahead == 0
        jobs[0].cancel()
        assert other.result(20) == 2
        made.submit(WORK + "add", 1, 2, owner="greedy").result(20)
    finally:
        made.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="the bound on memory is Linux's")
@pytest.mark.parametrize("how", ["numpy", "torch", "python"])
def test_a_job_that_asks_for_too_much_memory_gets_one_sentence(bounded, how):
    with pytest.raises(LimitError, match="needed more than the 200 MiB of memory"):
        bounded.submit(WORK + "hog", 400, how).result(20)
    # the same worker goes on, and less than the bound is not touched
    assert bounded.submit(WORK + "hog", 50, how).result(20) > 0


@pytest.mark.skipif(sys.platform != "linux", reason="the bound on memory is Linux's")
def test_what_earlier_jobs_left_in_a_worker_is_not_counted(bounded):
    assert bounded.submit(WORK + "keep", 150).result(20) == 150
    assert bounded.submit(WORK + "hog", 150, "numpy").result(20) > 0
    with pytest.raises(LimitError, match="needed more than the 200 MiB of memory"):
        bounded.submit(WORK + "hog", 400, "numpy").result(20)


@pytest.mark.skipif(sys.platform != "linux", reason="the bound on memory is Linux's")
def test_what_calls_leave_behind_does_not_add_up_to_more_than_as_much_again():
    made = Engine(Bounds(workers=1, memory=100 * 2**20))
    try:
        peaks = [made.submit(WORK + "fill", n).result(60) for n in range(5)]
    finally:
        made.stop()
    assert 50 < min(peaks) and max(peaks) <= 200


@pytest.fixture(scope="module")
def bounded():
    made = Engine(Bounds(workers=1, memory=200 * 2**20))
    yield made
    made.stop()


def test_a_stop_lets_what_runs_end_and_cancels_what_waits():
    made = Engine(Bounds(workers=1))
    running = made.submit(WORK + "nap", 0.6)
    waiting = made.submit(WORK + "nap", 5.0)
    assert until(lambda: running.progress().state == "running", 20)
    made.stop(grace=10)
    assert running.result(0) > 0
    assert waiting.progress().state == "cancelled"
    with pytest.raises(LimitError, match="the server is stopping"):
        made.submit(WORK + "add", 1, 1)


def test_a_stop_without_grace_settles_everything():
    made = Engine(Bounds(workers=1))
    jobs = [made.submit(WORK + "nap", 30.0) for _ in range(3)]
    assert until(lambda: jobs[0].progress().state == "running", 20)
    began = time.monotonic()
    made.stop()
    assert time.monotonic() - began < 5  # of 30
    for job in jobs:
        with pytest.raises(CancelledError):
            job.result(1)


def test_the_engine_learns_how_long_a_unit_takes(engine, monkeypatch):
    assert engine.rates.seconds("naps", 10) is None
    began = time.monotonic()
    engine.submit(WORK + "nap", 0.4, units=40, kind="naps").result(10)
    took = time.monotonic() - began
    # 10 ms a unit, and no more than a busy machine adds
    assert 0.1 <= engine.rates.seconds("naps", 10) <= 10 * took / 40
    monkeypatch.setattr("gexp_core.jobs.ledger._TEACHES", 60.0)
    engine.submit(WORK + "add", 1, 1, units=10, kind="quick").result(50)
    assert engine.rates.seconds("quick", 1) is None  # too short to teach anything


def test_what_the_engine_reports_and_logs_holds_nothing_of_a_visitor(engine, caplog):
    with caplog.at_level("INFO", logger="gexp"):
        engine.submit(WORK + "add", "GATTACA", "TTT", key="secret", owner="me").result(10)
        with pytest.raises(RuntimeError, match="GATTACA"):
            engine.submit(WORK + "leak").result(10)
    lines = [Lines().format(record) for record in caplog.records]
    assert [json.loads(line)["state"] for line in lines] == ["done", "failed"]
    report = json.dumps(engine.report())
    for word in ("GATTACA", "TTT", "secret", '"me"'):
        assert not any(word in text for text in (*lines, report))


class Thing:
    """Stand for what is large and local to who asks."""


@pytest.mark.parametrize("work", ["refuse", "crash", "die", "add"])
def test_a_job_that_has_ended_holds_neither_its_arguments_nor_who_asked(engine, work):
    def ask():
        thing = Thing()
        with contextlib.suppress(GexpError, RuntimeError, TypeError):
            job.result(20)
        return weakref.ref(thing)

    job = (
        engine.submit(WORK + work, "something", 1) if work == "add" else engine.submit(WORK + work)
    )
    thing = ask()
    assert until(lambda: job._task.payload == ())
    gc.collect()
    assert thing() is None


def test_a_job_past_its_time_is_stopped_with_its_limit_named(engine):
    job = engine.submit(WORK + "nap", 30.0, seconds=0.3)
    with pytest.raises(LimitError, match=r"limit of 0\.3 s"):
        job.result(10)
    assert job.progress().state == "failed"


def test_a_dead_worker_costs_one_clear_sentence_and_the_pool_heals(engine):
    with pytest.raises(GexpError, match="ended before it was done"):
        engine.submit(WORK + "die").result(10)
    assert engine.submit(WORK + "add", 3, 4).result(10) == 7


def test_an_idle_worker_that_is_killed_does_not_break_the_engine(engine):
    pid = engine.submit(WORK + "nap", 0.01).result(10)
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: not alive(pid))
    time.sleep(0.3)
    for n in range(4):
        assert engine.submit(WORK + "add", n, n).result(10) == 2 * n


def test_workers_have_one_thread_and_never_run_the_main_module(engine, monkeypatch, tmp_path):
    # As under Streamlit: the main module is some page at the moment a worker is born.
    page = tmp_path / "page.py"
    page.write_text("raise SystemExit('a worker executed the page')")
    fake = types.ModuleType("__main__")
    fake.__file__ = str(page)
    monkeypatch.setitem(sys.modules, "__main__", fake)
    with pytest.raises(GexpError):
        engine.submit(WORK + "die").result(10)  # so that a new worker is made
    for _ in range(3):
        found = engine.submit(WORK + "about").result(20)
        assert found["main"] != str(page)
        assert found["threads"] in (None, 1)
        assert not any(name.startswith("streamlit") for name in found["modules"])


@pytest.mark.skipif(sys.platform != "linux", reason="the order of processes is Linux's")
@pytest.mark.parametrize(
    ("priority", "policy", "added"),
    [("normal", "SCHED_OTHER", 0), ("low", "SCHED_OTHER", 10), ("idle", "SCHED_IDLE", 0)],
)
def test_workers_stand_where_the_operator_puts_them(priority, policy, added):
    made = Engine(Bounds(workers=1, priority=priority))
    try:
        found, nice, _ = made.submit(WORK + "standing").result(60)
        assert (found, nice) == (getattr(os, policy), min(19, os.nice(0) + added))
    finally:
        made.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_worker_outlives_a_killed_server():
    script = textwrap.dedent("""
        import time
        from gexp_core.jobs import Bounds, Engine
        engine = Engine(Bounds(workers=2))
        jobs = [engine.submit("tests.jobs.work:nap", 60.0) for _ in range(2)]
        while any(job.progress().state != "running" for job in jobs):
            time.sleep(0.02)
        print("ready", *engine.report()["pids"], flush=True)
        time.sleep(60)
    """)
    root = Path(__file__).resolve().parents[2]
    env = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=env, cwd=root
    ) as server:
        pids = [int(word) for word in server.stdout.readline().split()[1:]]
        assert len(pids) == 2
        assert all(alive(pid) for pid in pids)
        server.kill()
    assert until(lambda: not any(alive(pid) for pid in pids), 5)


def test_the_store_keeps_its_bounds_and_the_newest():
    store = Store(items=3, limit=1000)
    for n in range(5):
        store.put(n, bytes(100))
    assert [store.get(n) is not None for n in range(5)] == [False, False, True, True, True]
    store.get(2)
    store.put(5, bytes(100))
    assert store.get(2) is not None and store.get(3) is None
    store.put("big", bytes(5000))
    assert len(store) == 1 and store.get("big") is not None


def test_the_store_forgets_what_nobody_asks_for(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("gexp_core.jobs.store.time.monotonic", lambda: now[0])
    store, ever = Store(9, 1000, seconds=60), Store(9, 1000)
    for one in (store, ever):
        one.put("a", 1)
        one.put("b", 2)
    now[0] += 50
    assert store.get("a") == 1  # asked for: kept for another minute
    now[0] += 50
    assert (store.get("b"), store.get("a"), len(store)) == (None, 1, 1)
    now[0] += 61
    assert store.values() == [] and ever.values() == [2, 1]


def test_a_value_is_measured_before_anybody_has_to_wait(monkeypatch):
    store, asked = Store(9, 1000), []

    def measured(value):
        asked.append(store._lock.locked())
        return 8

    monkeypatch.setattr("gexp_core.jobs.store.size", measured)
    store.put("a", 1)
    assert asked == [False] and store.get("a") == 1


def test_size_counts_arrays_inside_results():
    assert size({"a": (np.zeros(10, np.float32), "abc")}) == 1 + 40 + 3
