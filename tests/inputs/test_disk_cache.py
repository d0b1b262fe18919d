"""What is kept on disk comes back whole, and the folder stays within its bound."""

import os
import stat
import time

import pytest

from gexp_core.errors import GexpError
from gexp_core.inputs import disk_cache
from gexp_core.inputs.disk_cache import DiskCache, cache_folder, private


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GEXP_CACHE", str(tmp_path))
    return tmp_path


def test_what_was_put_comes_back_by_its_key_only(folder):
    cache = DiskCache("kind")
    cache.put("a/../b", b"one")
    cache.put("c", b"two")
    assert (cache.get("a/../b"), cache.get("c"), cache.get("d")) == (b"one", b"two", None)
    assert DiskCache("other").get("c") is None
    assert all(path.parent == folder / "kind" for path in folder.rglob("*") if path.is_file())


def test_the_files_used_longest_ago_go_first(folder):
    cache = DiskCache("kind", most=30)
    for at, key in enumerate("abc"):
        cache.put(key, b"x" * 10)
        os.utime(cache._path(cache.folder, key), (at, at))
    assert cache.get("a") == b"x" * 10  # used: now the newest
    cache.put("d", b"y" * 10)
    assert [cache.get(key) is None for key in "abcd"] == [False, True, False, False]
    assert sum(path.stat().st_size for path in (folder / "kind").iterdir()) <= 30


def test_what_is_too_large_is_not_kept(folder, monkeypatch):
    cache = DiskCache("kind", most=30)
    cache.put("a", b"x" * 31)
    assert cache.get("a") is None
    cache.put("b", b"x" * 20)
    monkeypatch.setattr(disk_cache, "MOST_ONE", 10)
    assert cache.get("b") is None


def test_without_a_folder_nothing_is_kept_and_nothing_fails(tmp_path, monkeypatch):
    monkeypatch.setenv("GEXP_CACHE", "off")
    assert cache_folder() is None
    cache = DiskCache("kind")
    cache.put("a", b"x")
    assert cache.get("a") is None
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GEXP_CACHE", str(tmp_path / "file"))
    cache = DiskCache("kind")
    cache.put("a", b"x")
    assert cache.get("a") is None
    monkeypatch.delenv("GEXP_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "gexp"


def test_files_are_bounded_in_number_and_time(tmp_path):
    few = DiskCache("few", top=tmp_path, items=2, seconds=60)
    for at, key in enumerate("abc"):
        assert few.put(key, b"x")
        then = time.time() - 10 + at
        os.utime(few._path(few.folder, key), (then, then))
    assert [few.get(key) for key in "abc"] == [None, b"x", b"x"]
    then = time.time() - 61
    os.utime(few._path(few.folder, "b"), (then, then))
    assert few.get("b") is None
    few.tidy()
    assert len(list((tmp_path / "few").iterdir())) == 1
    few.drop("c")
    assert few.get("c") is None


def test_what_another_process_left_half_written_goes_like_any_file(tmp_path):
    cache = DiskCache("kind", top=tmp_path, seconds=60)
    cache.put("a", b"x")
    (tmp_path / "kind" / "new-abc").write_bytes(b"half")
    then = time.time() - 61
    os.utime(tmp_path / "kind" / "new-abc", (then, then))
    cache.tidy()
    assert len(list((tmp_path / "kind").iterdir())) == 1


@pytest.mark.skipif(os.name != "posix", reason="the rights of folders are POSIX's")
def test_a_private_folder_is_this_users_alone(tmp_path):
    private(tmp_path / "deep" / "mine", "NAMED")
    assert stat.S_IMODE((tmp_path / "deep" / "mine").stat().st_mode) == 0o700
    (tmp_path / "open").mkdir(mode=0o755)
    private(tmp_path / "open", "NAMED")
    assert stat.S_IMODE((tmp_path / "open").stat().st_mode) == 0o700
    (tmp_path / "link").symlink_to(tmp_path / "open")
    with pytest.raises(GexpError, match=r"belongs to somebody else; name another one .* NAMED"):
        private(tmp_path / "link", "NAMED")
