"""The same jobs on a local Ray: results, errors, cancelling, and the same bytes of a batch."""

import argparse
import importlib.util
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from gexp_core.cli.batch import _engine
from gexp_core.errors import GexpError, InputError
from gexp_core.jobs import cluster

ROOT = Path(__file__).resolve().parents[2]
THERE = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(
    not THERE, reason="Ray is not installed (pip install -r requirements-ray.txt)"
)

#: In a process of its own: Ray leaves threads and warnings behind that are not ours to judge.
SCRIPT = """
    import sys, time
    from gexp_core.batch import BatchSettings, run
    from gexp_core.errors import CancelledError, InputError
    from gexp_core.jobs import Bounds, Engine
    from gexp_core.jobs.cluster import RayEngine

    folder = sys.argv[1]
    if __name__ == "__main__":
        bounds = Bounds(workers=1, waiting=4, seconds=0, memory=0, share=1)
        engine = RayEngine(bounds)
        assert engine.submit("tests.jobs.work:add", 2, b=40).result(400) == 42
        try:
            engine.submit("tests.jobs.work:refuse").result(200)
        except InputError as error:
            assert "'Z' at position 3" in str(error)
        else:
            raise SystemExit("no error came back")
        job = engine.submit("tests.jobs.work:nap", 60.0)
        job.cancel()
        try:
            job.result(30)
        except CancelledError:
            pass
        settings = BatchSettings("toy-conv", records=20)
        run(folder + "/in.fa", folder + "/ray.parquet", settings, engine=engine)
        engine.stop()
        local = Engine(bounds)
        run(folder + "/in.fa", folder + "/local.parquet", settings, engine=local)
        local.stop()
        print("same" if open(folder + "/ray.parquet", "rb").read()
              == open(folder + "/local.parquet", "rb").read() else "other")
"""


@needs_ray
def test_a_local_cluster_gives_the_same_bytes(model_folder, tmp_path):
    from tests.batch.test_run import library

    (tmp_path / "in.fa").write_text(library(50))
    env = os.environ | {
        "GEXP_MODELS": str(model_folder),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "OMP_NUM_THREADS": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        # the machine may be busy, and Ray lets its workers wait for everybody else
        "RAY_raylet_start_wait_time_s": "200",
        "RAY_worker_niceness": "0",
    }
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split()[-1] == "same"


def test_without_ray_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)  # as if it were not installed
    with pytest.raises(GexpError, match=r"pip install -r requirements-ray\.txt"):
        cluster.RayEngine()


class FakeRay:
    """What the engine asks of Ray before its first task, on a cluster with so many GPUs."""

    def __init__(self, gpus):
        self.gpus, self.asked, self.up = gpus, {}, False

    def is_initialized(self):
        return self.up

    def init(self, **options):
        self.up = True

    def shutdown(self):
        self.up = False

    def cluster_resources(self):
        return {"CPU": 8.0} | ({"GPU": float(self.gpus)} if self.gpus else {})

    def remote(self, **options):
        self.asked = options
        return lambda function: function


def test_a_task_asks_for_the_gpu_that_it_computes_on(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", there := FakeRay(2))
    cluster.RayEngine(gpus=1).stop()
    assert there.asked["num_gpus"] == 1 and not there.up
    cluster.RayEngine().stop()
    assert there.asked["num_gpus"] == 0


def test_a_cluster_without_a_gpu_is_not_waited_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", there := FakeRay(0))
    with pytest.raises(GexpError, match="has no GPU"):
        cluster.RayEngine(gpus=1)
    assert not there.up


@pytest.mark.parametrize(("device", "gpus"), [(None, 0), ("cpu", 0), ("cuda", 1)])
def test_a_device_of_the_command_line_reaches_the_cluster(monkeypatch, device, gpus):
    asked = {}
    monkeypatch.setattr(cluster, "RayEngine", lambda bounds, **options: asked.update(options))
    _engine(argparse.Namespace(workers=2, engine="ray", address="head:1", device=device))
    assert asked == {"address": "head:1", "gpus": gpus}


@pytest.mark.parametrize("device", ["gpu", "cuda:1"])
def test_a_device_that_a_cluster_cannot_give_is_refused_before_anything_runs(device):
    with pytest.raises(InputError, match=f"--device {device} is not for a cluster"):
        _engine(argparse.Namespace(workers=2, engine="ray", address="head:1", device=device))
