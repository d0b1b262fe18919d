import time
from pathlib import Path

import pytest
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests
from streamlit.testing.v1 import AppTest

from gexp_core import jobs
from gexp_core.ui import estimates, tray
from gexp_core.ui.trays import Tray
from tests.jobs.named import passing

ROOT = Path(__file__).resolve().parents[2]

#: 60 bases each, what the toy model reads.
FASTA = (
    ">alpha\n" + "ACGTTGCATGACTCAGGATTACCATG" * 3 + "\n>beta\n" + "TTGACCATGGCATTACGATGCATGCC" * 3
)


@pytest.fixture(autouse=True)
def unmended(monkeypatch):
    """Put back after a test what of Streamlit a server mends when it starts."""
    for owner, name in (
        (ForwardMsgQueue, "clear"),
        (ScriptRunner, "_run_script"),
        (PagesManager, "set_script_intent"),
        (ScriptRequests, "_request_rerun_locked"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))


@pytest.fixture(scope="module")
def workers(model_folder, tmp_path_factory):
    """Workers that know the toy model, whatever ran before them, and a folder for their results."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEXP_MODELS", str(model_folder))
        patch.setenv("GEXP_RESULTS", str(tmp_path_factory.mktemp("results")))
        # however slow the machine is while it tests, a page starts its work without asking
        patch.setattr(estimates, "ASK", float("inf"))
        jobs.stop()
        jobs.start()
        yield
        lost = not_on_disk()
        jobs.stop()
    assert lost == []


def not_on_disk():
    """Return which results memory alone holds, without those that never lie on disk."""
    kept, never = jobs.engine().results, passing()
    held = [name for name in list(kept._near._held) if name[0] not in never]  # some still run
    held = [name for name in held if not name[0].startswith("tests.")]  # a test's own stand-ins
    return [name for name in held if kept.disk and kept.disk.get(name) is None]


@pytest.fixture
def app(workers):
    """The app with the toy model chosen, before anything is given."""
    at = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    at.query_params["model"] = "toy-conv"
    return at.run()


def give(at, text):
    """Paste and read, on the page Sequences."""
    at.text_area(key="pasted").set_value(text)
    next(b for b in at.button if b.label == "Read sequences").click()
    return at.run()


def lay(at, key, thing):
    """Lay a thing in the tray of the session, as if the visitor had given it."""
    token = at.session_state["tray"] if "tray" in at.session_state else ""
    held = tray._held().get(token) or Tray()
    held.things[key] = thing
    tray._held().put(held)
    at.session_state["_tray_own"] = at.session_state["tray"] = held.token


def go(at, page, until=lambda at: True):
    """Open a page and wait until what it computes is there."""
    at.switch_page(f"pages/{page}.py").run()
    return settle(at, until)


def settle(at, until):
    for _ in range(240):  # a minute: the first work waits for a worker to load its libraries
        if until(at):
            break
        time.sleep(0.25)
        at.run()
    assert not at.exception
    assert until(at), ([e.value for e in at.error], [m.label for m in at.metric])
    return at


def labels(at):
    return {metric.label: metric.value for metric in at.metric}


def plain(text):
    """Undo the escaping of visitors' text."""
    return text.replace("\\", "").replace("\u2060", "")
