"""What is kept on disk comes back whole, and the folder stays within its bound."""

import os

import pytest

from gexp_core.inputs import disk_cache
from gexp_core.inputs.disk_cache import DiskCache, cache_folder


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
