"""Uploads of one tab and of all are bounded, in the holder that Streamlit itself uses."""

import pytest
import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from gexp_core.errors import InputError
from gexp_core.ui import uploads
from tests.ui.conftest import go, plain

MB = 2**20


@pytest.fixture
def mended(monkeypatch):
    for name in ("add_file", "get_files"):  # put back afterwards
        monkeypatch.setattr(
            MemoryUploadedFileManager, name, getattr(MemoryUploadedFileManager, name)
        )
    uploads.bound()


@pytest.fixture
def manager(mended):
    return MemoryUploadedFileManager("/upload")


def put(manager, tab, name, size=0):
    file = UploadedFileRec(name, f"{name}.fa", "text/plain", bytes(size))
    manager.add_file(session_id=tab, file=file)


def held(manager, tab):
    return list(manager.file_storage.get(tab, {}))


def test_invented_ids_take_no_more_than_a_tab_may(manager):
    put(manager, "other", "mine", MB)
    for number in range(60):
        put(manager, "tab", f"f{number}")
    assert held(manager, "tab") == [f"f{number}" for number in range(48, 60)]
    for number in range(60):
        put(manager, "tab", f"g{number}", 10 * MB)
    assert held(manager, "tab") == [f"g{number}" for number in range(54, 60)]  # 64 MB
    assert held(manager, "other") == ["mine"]
    assert manager.get_stats()["cache_memory_bytes"][0].byte_length == 61 * MB


def test_what_a_page_shows_stays_longest(manager):
    put(manager, "tab", "shown")
    for number in range(60):
        assert [one.file_id for one in manager.get_files(session_id="tab", file_ids=["shown"])] == [
            "shown"
        ]
        put(manager, "tab", f"f{number}")
    assert "shown" in held(manager, "tab") and len(held(manager, "tab")) == uploads.MOST_FILES
    put(manager, "tab", "shown", MB)  # sent again: it is one file
    assert len(held(manager, "tab")) == uploads.MOST_FILES


def test_who_holds_the_most_makes_room(manager, monkeypatch):
    monkeypatch.setenv("GEXP_UPLOADS_MB", "100")
    put(manager, "small", "one", 5 * MB)
    for number in range(6):
        put(manager, "large", f"f{number}", 10 * MB)
    for number in range(4):
        put(manager, "third", f"g{number}", 9 * MB)
    assert held(manager, "small") == ["one"]
    assert held(manager, "large") == ["f1", "f2", "f3", "f4", "f5"]
    put(manager, "small", "two", 10 * MB)
    assert held(manager, "small") == ["one", "two"]
    assert held(manager, "large") == ["f2", "f3", "f4", "f5"]


def test_the_file_that_came_last_always_stays(manager, monkeypatch):
    monkeypatch.setenv("GEXP_UPLOADS_MB", "10")
    put(manager, "tab", "one", 9 * MB)
    put(manager, "other", "two", 10 * MB)
    assert held(manager, "tab") == [] and held(manager, "other") == ["two"]
    put(
        manager, "other", "three", 200 * MB
    )  # Streamlit lets none in that is larger than one may be
    assert held(manager, "other") == ["three"]


def test_the_room_is_at_least_that_of_one_upload(monkeypatch):
    assert uploads.room() == 512 * MB
    monkeypatch.setenv("GEXP_UPLOADS_MB", str(st.get_option("server.maxUploadSize") - 1))
    with pytest.raises(InputError, match=r"GEXP_UPLOADS_MB is '9'; give a whole number from 10"):
        uploads.room()


@pytest.mark.parametrize(
    ("page", "key"),
    [
        ("sequences", "upload"),
        ("batch", "batch_upload"),
        ("regions", "genome_upload"),
        ("variants", "genome_upload"),
    ],
)
def test_a_file_that_went_before_it_was_read_is_one_sentence(app, monkeypatch, page, key):
    monkeypatch.delenv("GEXP_GENOMES", raising=False)
    at = go(app, page)
    monkeypatch.setattr(MemoryUploadedFileManager, "get_files", lambda *_, **__: [])
    at.file_uploader(key=key).upload("own.fa", b">c\nACGTACGTACGT\n")
    at.run()
    assert not at.exception
    assert "the file that was uploaded is no longer held here" in plain(at.error[0].value).lower()
