"""A click on a page's link leads there, whatever run it ends: two gaps of Streamlit's, closed.

A visitor's session has one note of the page that was asked for. A click stops the run of the page
that is left and starts another in a thread of its own. Where the run that is left was ending with
``st.rerun()``, or had hardly begun, it wrote its own page there once more before it saw that it was
to stop: the new run then drew the old page, and the click was lost. Here a run that was told to
stop begins no more.

A part of a page asks to be run again in the name of its own page. Where that reaches a run that was
asked for and has not begun, Streamlit lets it take the page of that run. Here the page stays.

Seen with Streamlit 1.67.0; ``tests/ui/test_runs.py`` fails where a newer one needs this no more.
"""

from dataclasses import replace

from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner, get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests, ScriptRequestType

_run = ScriptRunner._run_script
_note = PagesManager.set_script_intent
_request = ScriptRequests._request_rerun_locked


class _Stopped(Exception):
    """A run was about to begin in a thread that was told to stop."""


def mend() -> None:
    """Let no run begin that was told to stop, and none lose the page that it was asked for."""
    ScriptRunner._run_script = _run_unless_stopped  # type: ignore[method-assign, assignment]
    PagesManager.set_script_intent = _note_unless_stopped  # type: ignore[method-assign, assignment]
    ScriptRequests._request_rerun_locked = _request_same_page  # type: ignore[method-assign, assignment]


def _run_unless_stopped(runner: ScriptRunner, rerun_data: RerunData) -> None:
    """Run the script as Streamlit does; its thread ends by itself where it was told to stop."""
    try:
        _run(runner, rerun_data)
    except _Stopped:
        return


def _note_unless_stopped(manager: PagesManager, page_script_hash: str, page_name: str) -> None:
    """Note the page that a run is for, its first deed; the lock lets no stop come in between."""
    ctx = get_script_run_ctx(suppress_warning=True)
    requests = ctx.script_requests if ctx is not None else None
    if requests is None:
        _note(manager, page_script_hash, page_name)
        return
    with requests._lock:
        if requests._state is ScriptRequestType.STOP:
            raise _Stopped
        _note(manager, page_script_hash, page_name)


def _request_same_page(requests: ScriptRequests, new_data: RerunData) -> bool:
    """Add a request to what waits; a part of a page does not change the page of a whole run."""
    waits = requests._rerun_data
    whole = not (waits.fragment_id or waits.fragment_id_queue)
    part = new_data.fragment_id or new_data.fragment_id_queue
    waiting = requests._state is ScriptRequestType.RERUN
    if waiting and whole and part and new_data.page_script_hash != waits.page_script_hash:
        new_data = replace(
            new_data,
            query_string=waits.query_string,
            page_script_hash=waits.page_script_hash,
            page_name=waits.page_name,
        )
    return _request(requests, new_data)
