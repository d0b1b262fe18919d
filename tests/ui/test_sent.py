"""What the browser is sent can always be drawn, however soon parts of a page are run again."""

import asyncio

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from gexp_core.ui import sent, server


@pytest.fixture
def mended(unmended):
    sent.mend()


def drawn(path, part, words=None):
    """Return the message of a container, or of words, at a path, drawn by a part of the page."""
    message = ForwardMsg()
    message.metadata.delta_path[:] = path
    message.delta.fragment_id = part
    if words is None:
        message.delta.add_block.allow_empty = True
    else:
        message.delta.new_element.text.body = words
    return message


def ended(how):
    message = ForwardMsg()
    message.script_finished = how
    return message


def first_run():
    """Return a queue of one whole run: a part with a container, and a part inside it."""
    queue = ForwardMsgQueue()
    for message in (
        drawn([0, 0], "outer"),
        drawn([0, 0, 0], "outer", "before"),
        drawn([0, 0, 1], "inner", "watched"),
        ended(ForwardMsg.FINISHED_SUCCESSFULLY),
    ):
        queue.enqueue(message)
    return queue


def said(queue):
    """Return in their order the paths with their words, and the ends of runs."""
    return [
        (list(one.metadata.delta_path), one.delta.new_element.text.body)
        if one.WhichOneof("type") == "delta"
        else one.script_finished
        for one in queue.flush()
    ]


WHOLE = [([0, 0], ""), ([0, 0, 0], "before"), ([0, 0, 1], "watched")]
WHOLE += [ForwardMsg.FINISHED_SUCCESSFULLY]


def test_streamlit_still_loses_the_container_of_what_it_keeps():
    """Where this fails, ``sent`` is no longer needed."""
    queue = first_run()
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["outer"])
    assert said(queue) == WHOLE[2:]


def test_a_part_that_is_run_again_takes_nothing_from_what_is_on_its_way(mended):
    queue = first_run()
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["outer"])
    queue.enqueue(drawn([0, 0], "outer"))
    queue.enqueue(drawn([0, 0, 0], "outer", "after"))
    assert said(queue) == [*WHOLE, ([0, 0], ""), ([0, 0, 0], "after")]  # nothing out of its order


def test_a_whole_run_draws_everything_anew(mended):
    queue = first_run()
    queue.clear(retain_lifecycle_msgs=True)
    assert said(queue) == [ForwardMsg.FINISHED_EARLY_FOR_RERUN]
    queue = first_run()
    queue.clear()
    assert queue.is_empty()


def test_the_server_starts_mended(monkeypatch):
    def enough(**_):
        raise KeyboardInterrupt

    async def start():
        async with server.lifespan(None):
            pytest.fail("the server went on")

    monkeypatch.setattr(server.log, "set_up", enough)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(start())
    queue = first_run()
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["outer"])
    assert said(queue) == WHOLE
