"""Results for the state on the bench: known, being made, or left from an earlier state.

Owns the wait of this page: nothing here stops the page. A newer state stops the work for the
older one. The keys are those of ``ui.work``, so that a result made on any page is known on all.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from gexp_core import jobs
from gexp_core.edits.state import EditState
from gexp_core.errors import CancelledError, GexpError, LimitError
from gexp_core.models.card import ModelCard
from gexp_core.types import SequenceSet
from gexp_core.ui import controls, estimates, pace, show, work, workspace
from gexp_core.ui.workbench.bench import Bench

#: Kinds of result of which one is made at a time.
COSTLY = {"mutagenesis", "attribution", "epistasis", "pairs", "design", "measured"}
COSTLY |= {"attribution of A", "attribution of B", "hits", "attention", "activities", "health"}

_WORDS = {
    "prediction": "the prediction",
    "original": "the prediction of the original",
    "states": "the prediction of every state",
    "compared": "the predictions of A and B",
    "epistasis": "double changes",
    "pairs": "every pair",
    "design": "the design",
    "measured": "the effects in the original",
    "hits": "known motifs",
    "attention": "attention",
    "activities": "the measured sequences",
    "mutagenesis": "the effects",
    "attribution": "the contributions",
    "health": "the checks",
}


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Hold a result and the state of the sequence it is of; ``fresh`` when that is the present."""

    made: Any
    state: EditState
    fresh: bool


def ask(
    bench: Bench,
    kind: str,
    where: str,
    card: ModelCard,
    sequences: SequenceSet,
    *,
    wait: float = 0.0,
    given: tuple[Any, ...] | None = None,
    about: tuple[str, ...] = (),
    begin: bool = True,
    costly: bool = True,
    **settings: Any,
) -> Any:
    """Return a result, or None while it is made; begin to make it.

    Parameters
    ----------
    bench : Bench
    kind : str
        What it is; at most one job of a kind runs for one bench.
    where, card, sequences, given, about, settings
        As in ``work.result``.
    wait : float
        Seconds to wait for a job that was just begun.
    begin : bool
        Whether to begin; else only what is known is returned.
    costly : bool
        Whether it may take seconds. Of those a bench has one at a time under way, so that a
        worker stays free for the prediction of the next click; the others wait their turn.
    """
    space = workspace.mine()
    key = work.key_of(where, card, sequences, {**settings, "about": about})
    found = space.results.get(key)
    if found is not None or key in bench.failed:
        return found
    bench.wanted.add(kind)
    known, job = bench.jobs.get(kind, ("", None))
    if job is None or known != key:
        if not begin:
            return None
        if job is not None:
            job.cancel()
            bench.jobs.pop(kind, None)
        if costly and _busy(bench):
            bench.queued[key] = kind
            return None
        try:
            at = where if ":" in where else f"gexp_core.pipeline:{where}"
            inputs = (card.name, sequences) if given is None else given
            size = bench.sizes[kind] = estimates.at_once(where, card, sequences, settings)
            told = estimates.told(where, card, size)
            job = jobs.submit(at, *inputs, key=key, owner=work.owner(), **told, **settings)
        except LimitError as error:
            bench.failed[key] = error
            return None
        if bench.jobs.setdefault(kind, (key, job))[1] is not job:
            job.cancel()  # another run of this page, or another tab, asked at the same time
            return None
        if wait:
            job.wait(wait)
    return _take(bench, kind) if job.progress().finished else None


def _take(bench: Bench, kind: str) -> Any:
    """Return what a job that has ended made, kept for every page; None where it failed."""
    held = bench.jobs.pop(kind, None)
    if held is None:  # another tab of the same link took it
        return None
    key, job = held
    try:
        made = job.result()
    except GexpError as error:  # a problem, or it was stopped
        bench.failed[key] = error
        return None
    workspace.mine().results.put(key)
    return made


def _busy(bench: Bench) -> bool:
    """Return whether a costly job is under way.

    One that has ended counts no more, whether or not the page still shows what it is for: nothing
    else may take it, where its row or panel is no longer looked at.
    """
    for kind, (_, job) in list(bench.jobs.items()):
        if kind not in COSTLY:
            continue
        if not job.progress().finished:
            return True
        _take(bench, kind)
    return False


def follow(
    bench: Bench, kind: str, where: str, card: ModelCard, *, begin: bool = True, **settings: Any
) -> Found | None:
    """Return the result of the present state, or that of the last state that has one, or None."""
    tag = f"{card.name} {card.sha256} {settings.get('target')}"
    made = ask(bench, kind, where, card, bench.sequences, begin=begin, **settings)
    if made is not None:
        bench.last[kind] = (tag, bench.state, made)
        return Found(made, bench.state, True)
    known, state, old = bench.last.get(kind, ("", None, None))
    if state is None or known != tag or state.original != bench.state.original:
        return None
    return Found(old, state, False)


def ahead(
    bench: Bench, kind: str, where: str, card: ModelCard, **settings: Any
) -> tuple[bool, estimates.Size]:
    """Return whether a result of the present state needs no word any more, and how much work it is.

    It needs none where it is known, under way, agreed to, or was stopped. ``where`` is one of the
    works of ``estimates.at_once``.
    """
    key = _key(bench, where, card, settings)
    under_way, _ = bench.jobs.get(kind, ("", None))
    settled = key in (under_way, bench.agreed.get(kind)) or key in bench.failed
    settled = settled or workspace.mine().results.get(key) is not None
    size = estimates.at_once(where, card, bench.sequences, settings)
    return settled, size or estimates.Size(0, None)


def agree(bench: Bench, kind: str, where: str, card: ModelCard, **settings: Any) -> None:
    """Remember that a result of the present state is made, whatever is learnt of it meanwhile."""
    bench.agreed[kind] = _key(bench, where, card, settings)


def _key(bench: Bench, where: str, card: ModelCard, settings: dict[str, Any]) -> str:
    return work.key_of(where, card, bench.sequences, {**settings, "about": ()})


def reading(card: ModelCard) -> dict[str, Any]:
    """Return the present choices that every reading of this page depends on."""
    return {"both_strands": controls.both_strands(card), "stride": controls.stride(card)}


def stop(bench: Bench) -> None:
    """Stop everything that is being made for a bench, and what waits for its turn."""
    for _, job in list(bench.jobs.values()):
        job.cancel()
    for key in bench.queued:
        bench.failed[key] = CancelledError("stopped before it began; try again to make it")


def drop(bench: Bench, kind: str) -> None:
    """Stop what is made of one kind: nobody waits for it any more."""
    _, job = bench.jobs.pop(kind, ("", None))
    if job is not None:
        job.cancel()


def again(bench: Bench) -> None:
    """Let everything that failed or was stopped be tried again."""
    bench.failed.clear()


def waiting(bench: Bench) -> None:
    """Say what is being made, and draw the page again when some of it is there."""
    if bench.failed:
        _ended(bench)
    states = _states(bench)
    if states or bench.queued:
        # nothing left that it waits for: what held its turn up has ended while the page was drawn
        with st.container(horizontal=True, vertical_alignment="center", key="bench_waiting"):
            line = st.container()
            # beside what is drawn again at each look, so that a click on it is never lost
            st.button("Stop", on_click=partial(stop, bench), key="bench_stop", help="Stop these.")
        with line:
            pace.watch(_watch, pace.of(*states.values()), bench)


def _ended(bench: Bench) -> None:
    """Say what failed, or was stopped, and offer it again; what was stopped is no problem."""
    problems = [one for one in bench.failed.values() if not isinstance(one, CancelledError)]
    for error in problems:
        show.problem(error)
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(problems) < len(bench.failed):
            st.caption("Stopped. Everything made before is kept.")
        st.button("Try again", on_click=partial(again, bench), key="bench_again")


def _states(bench: Bench) -> dict[str, jobs.JobState]:
    """Return how far what the page waits for is, by its kind, and what holds up its turn."""
    kinds = bench.wanted | (COSTLY if bench.queued else set())
    return {kind: job.progress() for kind, (_, job) in list(bench.jobs.items()) if kind in kinds}


def _watch(every: float, bench: Bench) -> None:
    states = _states(bench)
    if not states or any(state.finished for state in states.values()):
        st.rerun()
    if pace.of(*states.values()) > every:
        st.rerun()
    st.caption(_line(bench, states))


def _line(bench: Bench, states: dict[str, jobs.JobState]) -> str:
    """Return in words how far everything is, and what waits for its turn."""
    words = []
    for kind, state in states.items():
        what, size = _WORDS.get(kind, kind), bench.sizes.get(kind)
        if size is not None and size.seconds is not None and not work.under_way(state):
            what += f", about {estimates.duration(size.seconds)}"
        words.append(f"{what}: {work.so_far(state)}")
    turns = [_WORDS.get(kind, kind) for kind in dict.fromkeys(bench.queued.values())]
    if turns:
        words.append(f"then {', '.join(turns)}")
    line = "; ".join(words)
    return line[0].upper() + line[1:]
