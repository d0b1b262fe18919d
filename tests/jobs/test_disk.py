"""Results on disk: found by whoever asks for the same, whole or not there, within bounds."""

import errno
import os
import stat
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from gexp_core.errors import GexpError, InputError
from gexp_core.jobs import Bounds, Engine, disk
from gexp_core.jobs.bounds import from_environment
from gexp_core.jobs.disk import Disk, Results, opened
from gexp_core.types import Target

WORK = "tests.jobs.work:"
SECRET = "GATTACAGATTACA"


def name(key="key", work="a.b:c"):
    return (work, key)


def files(top):
    return sorted(path for path in top.rglob("*") if path.is_file())


def array(n, of=1000):
    return np.full(of, n, np.float32)


def aged(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_a_result_is_found_by_all_that_it_depends_on_and_nothing_else(tmp_path, monkeypatch):
    kept = Disk(tmp_path, Bounds())
    assert kept.put(name(), (Target(3), array(1)))
    found = Disk(tmp_path, Bounds()).get(name())  # as another server finds it
    assert found[0] == Target(3) and np.array_equal(found[1], array(1))
    for other in (name("other"), name(work="a.b:d"), ("a.b:c",), "key", None, object()):
        assert kept.get(other) is None
    monkeypatch.setattr(disk, "release", lambda: "of another version")
    assert Disk(tmp_path, Bounds()).get(name()) is None


def test_the_release_changes_with_any_line_of_code(tmp_path, monkeypatch):
    package = tmp_path / "gexp_core"
    (package / "jobs").mkdir(parents=True)
    (package / "jobs" / "one.py").write_text("a = 1\n")
    monkeypatch.setattr(disk, "_PACKAGE", package)

    def now():
        disk.release.cache_clear()
        return disk.release()

    try:
        first = now()
        assert now() == first
        (package / "jobs" / "one.py").write_text("a = 2\n")
        second = now()
        monkeypatch.setattr(disk, "__version__", "9.9.9")
        assert len({first, second, now()}) == 3
    finally:
        disk.release.cache_clear()


@pytest.mark.skipif(os.name != "posix", reason="the rights of files are POSIX's")
def test_only_this_user_can_read_and_names_say_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv(disk.FOLDER, str(tmp_path / "deep" / "top"))
    kept = opened(Bounds())
    kept.put(name(SECRET), SECRET)
    (path,) = files(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert SECRET not in str(path) and len(path.name) == 64


@pytest.mark.skipif(os.name != "posix", reason="owners of folders are POSIX's")
def test_somebody_elses_folder_is_refused(tmp_path, monkeypatch):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "results").symlink_to(tmp_path / "theirs")
    monkeypatch.setenv(disk.FOLDER, str(tmp_path))
    with pytest.raises(GexpError, match=r"belongs to somebody else; .* GEXP_RESULTS"):
        opened(Bounds())


def test_a_folder_that_nobody_named_is_this_users_from_the_top(tmp_path, monkeypatch):
    (tmp_path / "theirs").mkdir()
    ours = tmp_path / f"gexp-results-{os.getuid()}"
    ours.symlink_to(tmp_path / "theirs")  # whoever owns it could change what lies in it
    monkeypatch.delenv(disk.FOLDER, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(GexpError, match="belongs to somebody else"):
        opened(Bounds())


def test_what_was_computed_is_good_whatever_becomes_of_its_bytes(tmp_path, monkeypatch):
    def broken(value):
        raise RuntimeError("no bytes of it")

    monkeypatch.setattr(disk, "encode", broken)
    assert not Disk(tmp_path, Bounds()).put(name(), array(1))


def test_the_bounds_hold_and_the_least_recently_used_go_first(tmp_path):
    few = Disk(tmp_path / "few", Bounds(results=3))
    paths = {}
    for n in range(3):
        before = set(files(tmp_path))
        few.put(name(str(n)), array(n))
        (paths[n],) = set(files(tmp_path)) - before
        aged(paths[n], 100 - n)
    assert few.get(name("0")) is not None  # used: now the newest
    few.touch(name("1"))
    few.put(name("3"), array(3))
    assert [few.get(name(str(n))) is None for n in range(4)] == [False, False, True, False]
    small = Disk(tmp_path / "small", Bounds(result_bytes=40_000))
    for n in range(12):
        assert small.put(name(str(n)), array(n))  # of 4,000 bytes
        assert sum(path.stat().st_size for path in files(tmp_path / "small")) <= 40_000
    assert small.get(name("11")) is not None and small.get(name("0")) is None


def test_a_result_goes_when_nobody_asked_for_it_in_time(tmp_path):
    kept = Disk(tmp_path, Bounds(result_seconds=60))
    kept.put(name(), 1)
    (path,) = files(tmp_path)
    aged(path, 50)
    assert kept.get(name()) == 1  # and counts as used
    assert time.time() - path.stat().st_mtime < 10
    aged(path, 61)
    assert kept.get(name()) is None
    kept.tidy()
    assert files(tmp_path) == []


def test_a_damaged_or_foreign_file_is_a_miss_and_goes(tmp_path):
    kept = Disk(tmp_path, Bounds())
    value = (SECRET, array(1, of=8))
    kept.put(name(), value)
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    flipped = []
    for at in rng.integers(0, len(whole), 60):
        flipped.append(whole[:at] + bytes([whole[at] ^ (1 << rng.integers(8))]) + whole[at + 1 :])
    shorter = [whole[:at] for at in (0, 5, 20, 46, 60, len(whole) - 1)]
    for data in (*flipped, *shorter, whole + b"x", b"\x80\x04\x95", rng.bytes(500)):
        path.write_bytes(data)
        assert kept.get(name()) is None
        assert not path.exists()
    kept.put(name("other"), value)
    os.replace(files(tmp_path)[0], path)  # a whole file, but that of another result
    assert kept.get(name()) is None
    kept.put(name(), value)
    assert kept.get(name())[0] == SECRET


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    Disk(tmp_path, Bounds()).put(name(), array(1, of=20_000))
    assert Disk(tmp_path, Bounds(result_bytes=4 * 80_000)).get(name()) is None
    assert not Disk(tmp_path, Bounds(result_bytes=4 * 80_000)).put(name(), array(1, of=30_000))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_refuses_costs_nothing_but_the_file(tmp_path, monkeypatch, caplog, code):
    kept = Disk(tmp_path, Bounds())
    kept.put(name("before"), 1)

    def refuse(*_):
        raise OSError(code, "no")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        assert not kept.put(name(), 2)
        patch.setattr(tempfile, "mkstemp", lambda **_: refuse())
        assert not kept.put(name(), 2)
        patch.setattr(os, "utime", refuse)
        assert kept.get(name("before")) == 1  # what can be read is read
    assert kept.get(name()) is None
    assert len(files(tmp_path)) == 1
    assert caplog.text.count("a result was not kept on disk") == 2


def test_a_folder_that_cannot_be_made_leaves_memory(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(disk.FOLDER, str(tmp_path / "file"))
    assert opened(Bounds()) is None
    assert "memory holds them" in caplog.text
    monkeypatch.setenv(disk.FOLDER, "off")
    assert opened(Bounds()) is None
    monkeypatch.delenv(disk.FOLDER)
    assert disk.folder().parent == Path(tempfile.gettempdir())


def test_many_threads_and_two_servers_share_a_folder(tmp_path):
    both = [Disk(tmp_path, Bounds(results=6, result_bytes=10**6)) for _ in range(2)]
    wrong = []

    def work(seed):
        rng = np.random.default_rng(seed)
        for _ in range(60):
            n, one = int(rng.integers(10)), both[rng.integers(2)]
            if rng.integers(2):
                one.put(name(str(n)), array(n))
            else:
                found = one.get(name(str(n)))
                if found is not None and not np.array_equal(found, array(n)):
                    wrong.append(n)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    both[0].tidy()
    assert wrong == []
    assert 0 < len(files(tmp_path)) <= 6


def test_memory_is_asked_first_and_the_disk_once(tmp_path, monkeypatch):
    kept = Disk(tmp_path, Bounds())
    kept.put(name(), 7)
    one = Results(Bounds(), kept)
    assert one.near(name()) is None
    assert one.get(name()) == 7
    (path,) = files(tmp_path)
    aged(path, 3600)
    monkeypatch.setattr(Disk, "get", None)  # not callable: the disk is not read again
    assert one.get(name()) == one.near(name()) == 7
    assert time.time() - path.stat().st_mtime < 60  # but it knows that the result was used


def test_results_outlive_the_engine_that_made_them(tmp_path):
    stamps, kept = tmp_path / "stamps", Disk(tmp_path / "kept", Bounds())
    asked = {"key": "same"}
    for lives in range(2):
        engine = Engine(Bounds(workers=1), kept)
        try:
            first = engine.submit(WORK + "stamp", str(stamps), 0, **asked)
            pid = first.result(30)
            engine.submit(WORK + "stamp", str(stamps), 0, key="mine", lasting=False).result(30)
            engine.submit(WORK + "stamp", str(stamps), 0).result(30)
        finally:
            engine.stop()
        if not lives:
            before = pid
            assert len(files(tmp_path / "kept")) == 1
    assert pid == before
    assert stamps.read_text().count("done") == 5  # one less than was asked for


def test_a_result_that_cannot_lie_on_disk_is_delivered_and_remembered(tmp_path):
    engine = Engine(Bounds(workers=1), Disk(tmp_path, Bounds()))
    try:
        found = engine.submit(WORK + "stranger", key="set").result(30)
        assert engine.submit(WORK + "stranger", key="set").result(0) is found
        assert files(tmp_path) == []
        with pytest.raises(InputError):
            engine.submit(WORK + "refuse", key="bad").result(30)
        assert files(tmp_path) == []
    finally:
        engine.stop()


def test_the_server_takes_its_bounds_from_the_environment(monkeypatch):
    assert from_environment().result_bytes == 2**30
    monkeypatch.setenv("GEXP_RESULTS_MB", "50")
    monkeypatch.setenv("GEXP_RESULT_HOURS", "2")
    made = from_environment()
    assert (made.result_bytes, made.result_seconds) == (50 * 2**20, 7200.0)
    monkeypatch.setenv("GEXP_RESULTS_MB", "none")
    with pytest.raises(InputError, match="GEXP_RESULTS_MB is 'none'"):
        from_environment()
