"""Everything a page has drawn reaches the browser, in its order: one gap of Streamlit's, closed.

Where a part of a page (a fragment) is run again before the browser was sent what the run before
drew, Streamlit drops what that part drew and keeps what the parts inside it drew. The browser is
then told to draw into a container it does not know ("Cannot set a node at a delta path") and shows
an empty page; or it takes away what it believes was not drawn, and with it the place of the
keyboard. Here nothing is dropped then: all of it is sent, the older first. A run of the whole page
drops what was drawn before as ever; it draws all of it again.

Seen with Streamlit 1.67.0; ``tests/ui/test_sent.py`` fails where a newer one needs this no more.
"""

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

_clear = ForwardMsgQueue.clear


def mend() -> None:
    """Let every queue to a browser keep what is in it where a part of a page is run again."""
    ForwardMsgQueue.clear = _keep  # type: ignore[method-assign, assignment]


def _keep(
    queue: ForwardMsgQueue,
    retain_lifecycle_msgs: bool = False,
    fragment_ids_this_run: list[str] | None = None,
) -> None:
    """Clear as Streamlit does, but keep all where parts of a page are run again."""
    if not retain_lifecycle_msgs or fragment_ids_this_run is None:
        _clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
        return
    queue._delta_index_map = {}  # what comes now stands after what is there, never in its place
