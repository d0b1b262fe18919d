"""A batch that was started: how far it is, what came of it, and what can be done with it.

Owns the way on from one: stopped, gone on with, left, removed, its table taken away.
"""

import contextlib

import streamlit as st

from gexp_core.batch import about_of, first_rows
from gexp_core.batch.service import service
from gexp_core.batch.shelf import ROOM
from gexp_core.batch.state import BatchState
from gexp_core.errors import GexpError
from gexp_core.inputs.limits import many
from gexp_core.models import registry
from gexp_core.ui import estimates, pace, show, tables, work, workspace

#: The box and address parameter that holds the token, and the token of what this visitor started.
TOKEN, MINE = "batch", "_batch_mine"
#: Why what was last asked for was refused, and what was last started.
PROBLEM, STARTED = "_batch_problem", "_batch_started"

#: Works and tables in words.
WORKS = {
    "predict": "Predict: one row per window and track",
    "attribute": "Why: one row per base (its score)",
    "mutagenesis": "What if: one row per single-base change",
}
FORMATS = {"parquet": "Parquet (small, for Python and R)", "tsv": "TSV (text)"}
_SHOWN = 20  # rows


def progress(token: str) -> None:
    """Show the batch that a token stands for, or say that there is none."""
    state = service().state(token)
    if state is None:
        st.info(
            "There is no batch under this link: it was removed, or nobody has looked at it for "
            f"{ROOM.hours:g} hours.",
            icon=":material/link_off:",
        )
        st.button("Start another batch", on_click=leave, key="leave")
        return
    show.heading(f"Batch of {state.source}")
    _describe(state)
    if state.anew:
        show.note(
            "gexp on this server has changed since this batch was begun, so all of it is computed "
            "anew: one table never mixes the numbers of two versions."
        )
    if state.state == "running":
        _watch(token, state)
    else:
        _ended(token, state)


def _describe(state: BatchState) -> None:
    run, card = state.settings.run, registry.card(state.settings.model)
    track = "" if run.track is None else f", track {run.track}"
    track += "" if run.minus is None else f" minus {run.minus}"
    how = f", {run.method} from {run.baseline}" if state.settings.work == "attribute" else ""
    what = WORKS[state.settings.work].split(":")[0]
    show.note(f"{what} with {card.name}{track}{how}; table as {FORMATS[state.ending].split()[0]}.")


def _watch(token: str, state: BatchState) -> None:
    """Show how far a batch is, and a way to stop it."""
    bar, button = st.columns([5, 1], vertical_alignment="center")
    said = "Stop it; what is done is kept."
    button.button("Cancel", key="cancel_batch", on_click=service().cancel, args=(token,), help=said)
    with bar:
        pace.watch(_bar, _pace(state), token)
    st.caption(
        "You can leave this page or close the browser: the batch goes on, in turns with the work "
        "of others. Keep the address of this page to come back."
    )


def _pace(state: BatchState) -> float:
    """Return the seconds between looks at a batch, which is never a matter of a moment."""
    return max(pace.STEPS[1], pace.seconds(state.seconds + (state.left or 0.0)))


def _bar(every: float, token: str) -> None:
    """Draw how far a batch is; draw the page when it has ended, or may be looked at less often."""
    state = service().state(token)
    if state is None or state.state != "running" or _pace(state) > every:
        st.rerun()
    share = min(1.0, state.done / state.whole) if state.whole else 0.0
    words = f"{round(100 * share)} % of the file is done"
    if state.left is not None:
        words += f", about {estimates.duration(state.left)} left"
    st.progress(share, words)


def _ended(token: str, state: BatchState) -> None:
    """Show what came of a batch, and what can be done with it."""
    report = state.report
    if state.state == "done":
        records, rows, refused, seconds = st.columns(4)
        records.metric("Records", f"{report.records:,}")
        rows.metric("Rows", f"{report.rows:,}")
        refused.metric(
            "Left out", f"{report.refused:,}", help="Their rows have a note that says why."
        )
        seconds.metric("Took", estimates.duration(state.seconds))
        if report.table:
            show.note(report.table[:1].upper() + report.table[1:] + ".")
        for kind, (some, letters) in report.changes.items():
            show.note(f"Changed: {kind}, {letters:,} in {many(some, 'record')}.")
        name = f"gexp_batch.{state.ending}"
        st.link_button(
            f"Download {name}",
            tables.address(token, name),
            type="primary",
            icon=":material/download:",
        )
        found = service().result(token)
        about = found and about_of(found)
        if about and about.is_file():
            st.link_button(
                f"Download {name}.json",
                tables.address(token, f"{name}.json"),
                icon=":material/download:",
                help="What made the table: model, sha256 of its weights and of the input, "
                "settings, versions. A Parquet file holds it in its metadata.",
            )
        show.unit(registry.card(state.settings.model))
        _preview(token)
    elif state.state == "failed" and state.error:
        show.problem(GexpError(state.error))
    elif state.state == "failed":
        show.bug()
    elif state.state == "interrupted":
        st.warning(
            "The server was stopped while it worked on this batch. Nothing that was done is lost.",
            icon=":material/power_settings_new:",
        )
    else:
        st.info(state.error or "Stopped. What was done is kept.", icon=":material/block:")
    with st.container(horizontal=True):
        if state.state != "done":
            st.button("Go on", type="primary", on_click=_resume, args=(token,), key="resume")
        st.button("Start another batch", on_click=leave, key="leave")
        st.button(
            "Remove from the server",
            on_click=_remove,
            args=(token,),
            key="remove",
            help="Forget the file and everything made from it, now.",
        )
    refused_now: GexpError | None = workspace.setting(PROBLEM, None)
    if refused_now is not None:
        show.problem(refused_now)


def _preview(token: str) -> None:
    """Show the first rows of a table, as they will be read from the file."""
    found = service().result(token)
    if found is None:
        return
    st.markdown("**First rows**")
    st.dataframe(first_rows(found, _SHOWN), hide_index=True, width="stretch")


def _resume(token: str) -> None:
    workspace.keep(PROBLEM, None)
    try:
        service().resume(token, owner=work.owner())
    except GexpError as error:
        workspace.keep(PROBLEM, error)


def leave() -> None:
    """Go back to what is asked for a new batch; for a button."""
    for key, nothing in ((PROBLEM, None), (STARTED, None), (TOKEN, ""), (MINE, "")):
        workspace.keep(key, nothing)


def _remove(token: str) -> None:
    with contextlib.suppress(OSError):
        service().remove(token)
    leave()
