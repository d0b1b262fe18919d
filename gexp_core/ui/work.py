"""Results on a page: from the workspace, or made by a job that a visitor can watch and stop.

Owns the wait. Every result has a key made from the sequences, the model's weights and the
settings; equal keys are computed once on the whole server. Another sequence or model is another
piece of work, which runs on beside the first; other settings for the same one take its place.
"""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gexp_core import jobs
from gexp_core.errors import CancelledError, GexpError
from gexp_core.models.card import ModelCard
from gexp_core.types import SequenceSet
from gexp_core.ui import estimates, pace, show, workspace

_QUICK = 0.6  # seconds a page waits before it shows a progress bar
_SIZE = "_size"
_ASKED = "_asked_last"  # what is asked for, without its settings -> the key asked for last


class Pending(Exception):
    """Say that a result is not there yet: the page ends here, its progress is drawn."""


def key_of(work: str, card: ModelCard, sequences: SequenceSet, settings: dict[str, Any]) -> str:
    """Return what a result is known by: the function, and a digest of all that it depends on."""
    plain = {
        name: dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value  # type: ignore[arg-type]
        for name, value in settings.items()
    }
    text = json.dumps([work, card.name, card_digest(card), sequences.digest, plain], sort_keys=True)
    return f"{_whole(work)} {hashlib.sha256(text.encode()).hexdigest()}"


def _whole(work: str) -> str:
    """Return the whole name of a function that may be called by its name in ``pipeline``."""
    return work if ":" in work else f"gexp_core.pipeline:{work}"


@functools.lru_cache(maxsize=256)
def card_digest(card: ModelCard) -> str:
    """Return a digest of a card, that of the weights in it: results say what a card says."""
    return hashlib.sha256(card.to_json().encode()).hexdigest()


def known(
    work: str,
    card: ModelCard,
    sequences: SequenceSet,
    *,
    about: tuple[str, ...] = (),
    **settings: Any,
) -> Any:
    """Return the result if it has been made, else None."""
    space = workspace.current()
    key = key_of(work, card, sequences, {**settings, "about": about})
    return space.results.get(key) if space else None


def result(
    label: str,
    work: str,
    card: ModelCard,
    sequences: SequenceSet,
    *,
    ask: str = "",
    given: tuple[Any, ...] | None = None,
    about: tuple[str, ...] = (),
    units: Callable[[], int] | None = None,
    command: str = "",
    **settings: Any,
) -> Any:
    """Return the result of ``work``, or draw its progress and raise Pending until it is made.

    Parameters
    ----------
    label : str
        What is being done, for the progress bar; not a visitor's text.
    work : str
        Name of a function in ``gexp_core.pipeline``, or ``"package.module:function"``.
    card, sequences : what it is computed with
    ask : str, optional
        Words of a button that is shown first, when this should not start by itself.
    given : tuple, optional
        What the function is called with; the model's name and the sequences by default.
    about : tuple of str, optional
        What else the result depends on, in words; part of the key.
    units : callable, optional
        Returns how many evaluations this is. The page then says how long it will take, and asks
        before it starts what takes longer than ``estimates.ASK``.
    command : str, optional
        What does the same on the command line, for who asks for more than fits here.
    **settings
        Keyword arguments of the function; part of the key.

    Raises
    ------
    Pending
        The result is being made, waits for the visitor's word, was stopped, or failed with a
        problem that is now on the page. The router ends the page quietly.
    """
    space = workspace.current()
    if space is None:
        raise Pending
    key = key_of(work, card, sequences, {**settings, "about": about})
    _instead(space, (label, work, card.name, sequences.digest), key)
    job = space.jobs.get(key)  # before the result is looked for: it is let go of when that is made
    found = space.results.get(key)
    if found is not None:
        return found
    if job is None:
        size = estimates.size(work, card, units) if units else None
        if key in space.interrupted:
            st.warning(
                "The server was stopped while it computed this. What you gave is still here.",
                icon=":material/power_settings_new:",
            )
            ask = "Start again"
        if size and (ask or size.large):
            ask = f"{ask or 'Start'} ({size.words})"
            if warning := estimates.beyond(size, jobs.engine().bounds.seconds, command):
                st.warning(warning, icon=":material/timer_off:")
        if ask and not st.button(ask, type="primary", key=f"ask_{key}"):
            raise Pending
        arguments = (card.name, sequences) if given is None else given
        told = estimates.told(work, card, size)
        made = jobs.submit(_whole(work), *arguments, key=key, owner=owner(), **told, **settings)
        job = _hold(space, key, made)
        space.interrupted.discard(key)
        workspace.keep(_SIZE, (job.id, size))
        job.wait(_QUICK)
    if not job.progress().finished:
        _watch(label, job, _size_of(job))
        raise Pending
    try:
        made = job.result()
    except CancelledError:
        st.info("Stopped. Everything made before is kept.", icon=":material/block:")
        st.button("Start again", on_click=_forget, args=(key,), key=f"again_{key}")
        raise Pending from None
    except GexpError as error:
        show.problem(error)
        st.button("Try again", on_click=_forget, args=(key,), key=f"again_{key}")
        raise Pending from None
    except Exception:
        space.jobs.pop(key, None)
        raise
    space.jobs.pop(key, None)
    space.results.put(key)
    return made


def owner() -> str:
    """Return what stands for this visitor in the queue: one browser tab is one owner."""
    context = get_script_run_ctx()
    return f"session {context.session_id}" if context else ""


def _instead(space: workspace.Workspace, what: tuple[str, ...], key: str) -> None:
    """Stop what this tab asked of the same text and model with other settings before.

    Unless another tab of the same workspace has asked for it too.
    """
    asked: dict[tuple[str, ...], str] = workspace.setting(_ASKED, {})
    old, me = asked.get(what, key), owner()
    space.watched.setdefault(key, set()).add(me)
    if old != key:
        watched = space.watched.get(old, set())
        watched.discard(me)
        if not watched and (job := space.jobs.pop(old, None)) is not None:
            job.cancel()
    for other in space.watched.keys() - space.jobs.keys() - {key}:
        space.watched.pop(other, None)
    still = {one: at for one, at in asked.items() if at in space.jobs}
    workspace.keep(_ASKED, still | {what: key})


def _hold(space: workspace.Workspace, key: str, job: jobs.Job) -> jobs.Job:
    """Hold a job until it has ended; return it, or the one that another run of a page held first.

    Two runs of one tab may ask at once, and two tabs. A job that nobody holds could not be stopped.
    """
    held = space.jobs.setdefault(key, job)
    if held is job:
        job.when_done(functools.partial(_settle, space, key))
    else:
        job.cancel()
    return held


def _settle(space: workspace.Workspace, key: str) -> None:
    """Let go of a job whose result is made, whether or not anybody comes: the store has it."""
    job = space.jobs.get(key)
    if job is not None and job.progress().state == "done":
        space.jobs.pop(key, None)
        space.results.put(key)


def _size_of(job: jobs.Job) -> estimates.Size | None:
    """Return how much work the job that was started last is, if it is this one."""
    started, size = workspace.setting(_SIZE, ("", None))
    return size if started == job.id else None


def _forget(key: str) -> None:
    """Let a job go that failed or was stopped, so that it is begun again."""
    space = workspace.current()
    if space is not None:
        space.jobs.pop(key, None)


def _cancel(which: str) -> None:
    """Stop the job with this id; a tab keeps what a button calls, and a job holds its result."""
    space = workspace.current()
    for job in list(space.jobs.values()) if space is not None else ():
        if job.id == which:
            job.cancel()


def _watch(label: str, job: jobs.Job, size: estimates.Size | None) -> None:
    """Show how far a job is, with its time left and a way to stop it.

    Only the bar is drawn again at each look; the button is not, so a click on it is never lost.
    """
    bar, button = st.columns([5, 1], vertical_alignment="center")
    button.button(
        "Cancel",
        key=f"cancel_{job.id}",
        on_click=_cancel,
        args=(job.id,),
        help="Stop this computation.",
    )
    with bar:
        pace.watch(_bar, pace.of(job.progress()), label, job, size)


def _bar(every: float, label: str, job: jobs.Job, size: estimates.Size | None) -> None:
    """Draw the bar of a job; draw the page when it has ended, or may be looked at less often."""
    state = job.progress()
    if state.finished or pace.of(state) > every:
        st.rerun()
    share = min(1.0, state.done / state.total) if state.total else 0.0
    st.progress(share, _words(label, state, size))


def _words(label: str, state: jobs.JobState, size: estimates.Size | None) -> str:
    """Return what the progress bar says."""
    what = f"{label}, {size.words}" if size and not under_way(state) else label
    return f"{what}: {so_far(state)}"


def under_way(state: jobs.JobState) -> bool:
    """Return whether a job has done something by which its time left can be told."""
    return state.state != "queued" and state.left is not None and state.total > 0


def so_far(state: jobs.JobState) -> str:
    """Return in words how far a job is: what it waits for, or its share and the time left."""
    if state.state == "queued":
        before = f", {state.ahead:,} before yours" if state.ahead else ""
        return f"waiting for a free processor{before}"
    if not state.done or not state.total:
        return "starting"
    share = f"{round(100 * state.done / state.total)} % done"
    return share + (f", about {estimates.duration(state.left)} left" if state.left else "")
