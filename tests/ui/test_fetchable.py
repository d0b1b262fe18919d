"""A file that was made for a download is there when the browser comes, and not for ever."""

import threading
import time
import types

import pytest
from streamlit import runtime
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.scriptrunner import add_script_run_ctx

from gexp_core.ui import fetchable

KIND = "text/tab-separated-values"


class Server:
    """Streamlit's own keeper of files, and what happens to it while visitors use the pages."""

    def __init__(self):
        self.storage = MemoryMediaFileStorage("/media")
        self.files = MediaFileManager(self.storage)

    def click(self, make, name="table.tsv"):
        """Click a download button of a visitor; return the name that the browser will ask for."""
        found = []
        ctx = types.SimpleNamespace(session_id="visitor")

        def run():
            found.append(self.files.add_deferred(make, KIND, "1.2", name))

        drawing = add_script_run_ctx(threading.Thread(target=run), ctx)
        drawing.start()
        drawing.join()
        return self.files.execute_deferred(found[0]).rsplit("/", 1)[-1]

    def others(self, runs=5):
        """Let script runs of other visitors end."""
        for _ in range(runs):
            self.files.remove_orphaned_files()

    def there(self, name):
        try:
            return self.storage.get_file(name).content
        except MediaFileStorageError:
            return None


@pytest.fixture
def server(monkeypatch):
    made = Server()
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(
        runtime, "get_instance", lambda: types.SimpleNamespace(media_file_mgr=made.files)
    )
    monkeypatch.setattr(fetchable, "_held", {})
    return made


def test_streamlit_alone_deletes_it_when_two_runs_have_ended(server):
    """When this fails, Streamlit holds such files itself and ``fetchable`` can go."""
    name = server.click(lambda: b"data")
    server.others(1)
    assert server.there(name) == b"data"
    server.others(1)
    assert server.there(name) is None


def test_it_stays_however_many_runs_end(server):
    made = []

    def make():
        made.append(1)
        return b"data"

    name = server.click(fetchable.fetchable(make, "table.tsv", KIND))
    server.others(50)
    server.files.clear_session_refs("visitor")  # the visitor's own page is drawn again
    server.others(50)
    assert server.there(name) == b"data"
    assert made == [1]


def test_it_goes_after_a_while(server, monkeypatch):
    monkeypatch.setattr(fetchable, "SECONDS", 1.5)
    names = []
    for n in range(2):
        make = fetchable.fetchable(lambda n=n: bytes([n]), f"{n}.tsv", KIND)
        names.append(server.click(make, f"{n}.tsv"))
        time.sleep(0.1)
    server.others()
    assert all(server.there(name) for name in names)
    end = time.monotonic() + 20
    while fetchable._held and time.monotonic() < end:
        time.sleep(0.05)
    server.others()
    assert [server.there(name) for name in names] == [None, None]


def test_what_is_held_is_bounded_and_the_oldest_goes_first(server, monkeypatch):
    monkeypatch.setattr(fetchable, "MOST", 3)
    monkeypatch.setattr(fetchable, "MOST_BYTES", 100)

    def clicked(size):
        return server.click(
            fetchable.fetchable(lambda: bytes(size), f"{size}.tsv", KIND), f"{size}.tsv"
        )

    names = [clicked(size) for size in (1, 2, 3, 4)]
    server.others()
    assert [server.there(name) is None for name in names] == [True, False, False, False]
    names = [clicked(size) for size in (90, 20)]
    server.others()
    assert [server.there(name) is None for name in names] == [True, False]
    large = clicked(500)  # the newest always stays
    server.others()
    assert server.there(large) is not None
