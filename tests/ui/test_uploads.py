"""Uploads of one tab and of all are bounded, in the holder that Streamlit itself uses."""

from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFileRec
from streamlit.testing.v1.element_tree import FileUploader, InitialValue
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

from gexp_core.errors import InputError
from gexp_core.inputs.genome_example import GENOME, example_bytes
from gexp_core.ui import uploads
from gexp_core.ui.workbench import activities, annotated, measuring
from tests.ui.conftest import FASTA, go, plain

MB = 2**20
TAB = "test session id"  # of an app that is tested


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
        found = manager.get_files(session_id="tab", file_ids=["shown"])
        assert [one.file_id for one in found] == ["shown"]
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


@pytest.fixture
def sent_once(monkeypatch):
    """Files reach the server once, as from a browser: the app's test sends them with every run."""
    managers, register = [], LocalScriptRunner.register_file

    def once(runner, file):
        if file.file_id not in [known for _, known in managers]:
            managers.append((runner._uploaded_file_mgr, file.file_id))
            register(runner, file)

    monkeypatch.setattr(LocalScriptRunner, "register_file", once)
    return managers


def upload(at, key, name, data):
    """Upload a file, which the browser goes on naming at every run."""
    at.file_uploader(key=key).upload(name, data)
    at.run()
    return at


@pytest.fixture
def named_on(monkeypatch):
    """A browser names the file that an uploader shows with every run, also one that went."""
    files = {}

    def known(uploader):
        if not isinstance(uploader._files, InitialValue):
            files[uploader.key] = uploader._files
        return files.get(uploader.key) or []

    monkeypatch.setattr(FileUploader, "_get_files_to_register", known)


def test_a_file_that_was_read_is_let_go_of_and_not_called_lost(
    app, monkeypatch, sent_once, named_on
):
    monkeypatch.delenv("GEXP_GENOMES", raising=False)
    at = upload(go(app, "regions"), "genome_upload", GENOME, example_bytes(GENOME))
    assert at.session_state["genome_upload"].getvalue() == b""
    assert [list(manager.file_storage[TAB]) for manager, _ in sent_once] == [[]]
    for _ in range(2):
        at.run()
        assert not at.error and not at.exception
        assert isinstance(at.session_state["genome_upload"], DeletedFile)
        assert "meadow: 2 contigs" in " ".join(plain(c.value) for c in at.caption)
    at = upload(at, "genes_upload", "bad.gtf", b"no annotation\n")
    said = plain(at.error[0].value)
    assert "no longer held" not in said
    at.run()
    assert plain(at.error[0].value) == said  # what was refused stays said
    at = upload(at, "genome_upload", "own.fa", b">c\nACGTACGTACGT\n").run()
    assert "own: 1 contig" in " ".join(plain(c.value) for c in at.caption)
    at = go(go(at, "variants"), "regions")
    assert not at.exception and "own: 1 contig" in " ".join(plain(c.value) for c in at.caption)
    at = upload(at, "genome_upload", GENOME, example_bytes(GENOME)).run()
    assert "meadow: 2 contigs" in " ".join(plain(c.value) for c in at.caption)


@pytest.mark.parametrize("module", [activities, annotated, measuring])
def test_what_was_refused_on_the_workbench_stays_said(monkeypatch, module):
    monkeypatch.setattr(uploads, "given", lambda _: None)
    bench = SimpleNamespace(problem=InputError("no table"))
    module._take(bench)
    assert bench.problem is not None


def test_a_file_on_the_page_batch_waits_there(app):
    at = upload(go(app, "batch"), "batch_upload", "own.fa", FASTA.encode()).run()
    assert at.button(key="start") and not at.error
    assert at.session_state["batch_upload"].getvalue() == FASTA.encode()
