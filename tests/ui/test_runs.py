"""A click on a page's link is neither lost nor undone by the run that it ends."""

import asyncio
import gc
import threading
from unittest.mock import MagicMock

import pytest
import streamlit as st
from streamlit import runtime
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests
from streamlit.runtime.state import SessionState
from streamlit.util import calc_hash

from gexp_core.ui import runs, server

LONG = 60  # seconds
SCRIPT = "from tests.ui import test_runs\ntest_runs.script()\n"


@pytest.fixture
def mended(unmended):
    runs.mend()


class Visit:
    """One visitor: a run that ends with ``st.rerun()``, and a click that comes while it does."""

    def __init__(self, folder):
        path = folder / "script.py"
        path.write_text(SCRIPT)
        self.drawn = []
        self.clicked, self.begun, self.ended = (threading.Event() for _ in range(3))
        self.shared = {
            "session_id": "visit",
            "main_script_path": str(path),
            "session_state": SessionState(),
            "uploaded_file_mgr": MagicMock(),
            "script_cache": ScriptCache(),
            "user_info": {},
            "fragment_storage": MemoryFragmentStorage(),
            "pages_manager": PagesManager(str(path)),
        }

    def runner(self, page):
        loop = MagicMock(spec=asyncio.AbstractEventLoop)
        loop.is_closed.return_value = False
        asked = RerunData(page_script_hash=calc_hash(page))
        return ScriptRunner(**self.shared, initial_rerun_data=asked, event_loop=loop)

    def script(self):
        """What every run does: find its page; the old page is drawn again at its end."""
        st.empty()  # here a run that was told to stop ends
        if self.clicked.is_set():
            self.begun.set()
            assert self.ended.wait(LONG)  # the new run is slow, the old one is not
        page = st.navigation([st.Page(list, title=one, url_path=one) for one in ("old", "new")])
        self.drawn.append(page.title)
        if not self.clicked.is_set():
            st.rerun()

    def click(self):
        """Stop the run of the old page and start that of the new one, as a session does."""
        self.old.request_stop()
        self.clicked.set()
        self.new.start()
        assert self.begun.wait(LONG)

    def go(self, monkeypatch):
        self.old, self.new = self.runner("old"), self.runner("new")
        finished = ScriptRunner._on_script_finished

        def slowly(runner, *given):
            finished(runner, *given)
            if runner is self.old and not self.clicked.is_set():
                self.click()  # the visitor clicks before the run begins again

        monkeypatch.setattr(ScriptRunner, "_on_script_finished", slowly)
        self.old.start()
        self.old._script_thread.join(LONG)
        self.ended.set()
        self.new._script_thread.join(LONG)
        return self.drawn


@pytest.fixture
def visit(tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "get_instance", MagicMock())
    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)
    monkeypatch.setattr(gc, "collect", lambda *given: 0)  # slow among all that tests leave behind
    made = Visit(tmp_path)
    monkeypatch.setitem(globals(), "script", made.script)
    return made


def test_streamlit_still_draws_the_page_that_was_left(visit, monkeypatch):
    """Where this fails, a run that was told to stop no longer needs ``runs``."""
    assert visit.go(monkeypatch) == ["old", "old"]


def test_a_click_while_a_run_begins_again_leads_to_its_page(visit, monkeypatch, mended):
    assert visit.go(monkeypatch) == ["old", "new"]


def together(*asked):
    """Return what is run where all of this was asked for before anything began."""
    requests = ScriptRequests()
    for one in asked:
        assert requests.request_rerun(one)
    return requests.on_scriptrunner_ready().rerun_data


WHOLE = RerunData(page_script_hash="new", query_string="model=b")
PART = RerunData(
    page_script_hash="old", query_string="model=a", fragment_id="bar", is_auto_rerun=True
)


def test_streamlit_still_lets_a_part_of_a_page_take_the_page_of_a_whole_run():
    """Where this fails, a whole run no longer needs ``runs``."""
    assert together(WHOLE, PART).page_script_hash == "old"


def test_a_part_of_a_page_does_not_change_the_page_that_was_asked_for(mended):
    run = together(WHOLE, PART)
    assert (run.page_script_hash, run.query_string) == ("new", "model=b")
    assert run.fragment_id_queue == []


def test_a_whole_run_takes_the_place_of_all_that_waits(mended):
    assert together(WHOLE, RerunData(page_script_hash="third")).page_script_hash == "third"
    assert together(PART, WHOLE).page_script_hash == "new"
    assert together(PART, PART).fragment_id_queue == ["bar"]


def test_the_server_starts_mended(monkeypatch):
    def enough(**_):
        raise KeyboardInterrupt

    async def start():
        async with server.lifespan(None):
            pytest.fail("the server went on")

    called = []
    monkeypatch.setattr(runs, "mend", lambda: called.append(True))
    monkeypatch.setattr(server.log, "set_up", enough)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(start())
    assert called == [True]
