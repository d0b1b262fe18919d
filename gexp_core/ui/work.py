"""Results on a page: from the workspace, or made by a job that a visitor can watch and stop.

Owns the wait. Every result has a key made from the sequences, the model's weights and the
settings; equal keys are computed once on the whole server.
"""

import dataclasses
import hashlib
import json
from typing import Any

import streamlit as st

from gexp_core import jobs
from gexp_core.errors import CancelledError, GexpError
from gexp_core.models.card import ModelCard
from gexp_core.types import SequenceSet
from gexp_core.ui import show, workspace

_QUICK = 0.6  # seconds a page waits before it shows a progress bar
_POLL = 0.4  # seconds between looks at a running job


def key_of(work: str, card: ModelCard, sequences: SequenceSet, settings: dict[str, Any]) -> str:
    """Return a digest of everything that a result depends on."""
    plain = {
        name: dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value  # type: ignore[arg-type]
        for name, value in settings.items()
    }
    text = json.dumps([work, card.name, card.sha256, sequences.digest, plain], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def known(work: str, card: ModelCard, sequences: SequenceSet, **settings: Any) -> Any:
    """Return the result if it has been made, else None."""
    space = workspace.current()
    return space.results.get(key_of(work, card, sequences, settings)) if space else None


def result(
    label: str,
    work: str,
    card: ModelCard,
    sequences: SequenceSet,
    *,
    ask: str = "",
    given: Any = None,
    **settings: Any,
) -> Any:
    """Return the result of ``gexp_core.pipeline``'s ``work``; end the page here until it is made.

    Parameters
    ----------
    label : str
        What is being done, for the progress bar; not a visitor's text.
    work : str
        Name of a function in ``gexp_core.pipeline`` called with (model name, sequences, settings).
    card, sequences : what it is computed with
    ask : str, optional
        What it will cost; when given, a button is shown first.
    given : optional
        What the function gets in place of ``sequences``, where it wants more than them.
    **settings
        Keyword arguments of the function; part of the key.
    """
    space = workspace.current()
    if space is None:
        st.stop()
    key = key_of(work, card, sequences, settings)
    found = space.results.get(key)
    if found is not None:
        return found
    job = space.jobs.get(key)
    if job is None:
        if ask and not st.button(f"{label}: {ask}", type="primary", key=f"ask_{key}"):
            st.stop()
        where = f"gexp_core.pipeline:{work}"
        job = jobs.submit(where, card.name, given or sequences, key=key, **settings)
        space.jobs[key] = job
        job.wait(_QUICK)
    if not job.progress().finished:
        _watch(label, job)
        st.stop()
    try:
        made = job.result()
    except CancelledError:
        st.info("Stopped. Everything made before is kept.", icon=":material/block:")
        st.button("Start again", on_click=space.jobs.pop, args=(key, None), key=f"again_{key}")
        st.stop()
    except GexpError as error:
        show.problem(error)
        st.button("Try again", on_click=space.jobs.pop, args=(key, None), key=f"again_{key}")
        st.stop()
    except Exception:
        space.jobs.pop(key, None)
        raise
    space.jobs.pop(key, None)
    space.results.put(key, made)
    return made


@st.fragment(run_every=_POLL)
def _watch(label: str, job: jobs.Job) -> None:
    """Show how far a job is, with its time left and a way to stop it."""
    state = job.progress()
    if state.finished:
        st.rerun()
    bar, button = st.columns([5, 1], vertical_alignment="center")
    bar.progress(min(1.0, state.done / state.total) if state.total else 0.0, _words(label, state))
    if button.button("Cancel", key=f"cancel_{job.id}", help="Stop this computation."):
        job.cancel()
        st.rerun()


def _words(label: str, state: jobs.JobState) -> str:
    """Return what the progress bar says."""
    if state.state == "queued":
        return f"{label}: waiting for a free processor"
    if state.left is None or not state.total:
        return f"{label}: starting"
    left = max(1, round(state.left))
    words = f"{left} s" if left < 90 else f"{round(left / 60)} min"
    return f"{label}: {round(100 * state.done / state.total)} % done, about {words} left"
