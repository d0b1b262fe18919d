import os
import signal
import subprocess
import sys
import textwrap
import time
import types
from pathlib import Path

import numpy as np
import pytest

from gexp_core.errors import CancelledError, GexpError, InputError, LimitError
from gexp_core.jobs import Bounds, Engine
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
    job = engine.submit(WORK + "nap", 1.0)
    assert until(lambda: job.progress().done >= 5)
    state = job.progress()
    assert state.state == "running"
    assert state.total == 20
    assert state.left == pytest.approx(1.0 - state.seconds, abs=0.4)
    job.result(10)


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
    assert time.monotonic() - began < 4
    ticks = path.stat().st_size
    time.sleep(0.2)
    assert path.stat().st_size == ticks


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


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_worker_outlives_a_killed_server():
    script = textwrap.dedent("""
        import time
        from gexp_core.jobs import Bounds, Engine
        engine = Engine(Bounds(workers=2))
        jobs = [engine.submit("tests.jobs.work:nap", 60.0) for _ in range(2)]
        while any(job.progress().state != "running" for job in jobs):
            time.sleep(0.02)
        print("ready", *engine._pool._pool_manager.worker_manager.workers, flush=True)
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


def test_size_counts_arrays_inside_results():
    assert size({"a": (np.zeros(10, np.float32), "abc")}) == 1 + 40 + 3
