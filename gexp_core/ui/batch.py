"""A large file: given, estimated, started, left, found again, and its table taken away.

Owns the page's two halves: what is asked for, and how far a batch is. A batch is found by the
token in the address; whoever has the address sees it, nobody else does.
"""

import contextlib
from typing import Any

import streamlit as st

from gexp_core.batch import WORKS, BatchSettings, first_rows
from gexp_core.batch.bounds import UNPACKED
from gexp_core.batch.service import FORMATS, service
from gexp_core.batch.shelf import ROOM
from gexp_core.batch.state import BatchState
from gexp_core.errors import GexpError
from gexp_core.inputs.limits import size
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.pipeline import RunSettings
from gexp_core.ui import (
    controls,
    counted,
    estimates,
    finer,
    pace,
    show,
    specific,
    stepped,
    tables,
    uploads,
    work,
    workspace,
)

_TOKEN = "batch"
_PROBLEM = "_batch_problem"
_SHOWN = 20  # rows

_WORKS = {
    "predict": "Predict: one row per window and track",
    "attribute": "Why: one row per base (its score)",
    "mutagenesis": "What if: one row per single-base change",
}
#: Records and letters of a shard: a few seconds of work, after which others have their turn.
_SHARDS = {"predict": (250, 100_000), "attribute": (20, 10_000), "mutagenesis": (20, 10_000)}
_FORMATS = {"parquet": "Parquet (small, for Python and R)", "tsv": "TSV (text)"}


def page(card: ModelCard) -> None:
    """Draw the batch that the address names, or what is asked for a new one."""
    above = st.container()
    token = link()  # drawn first, as it is what the rest depends on
    with above:
        if token:
            progress(token)
        else:
            ask(card)


def link() -> str:
    """Draw the token of the batch that this page shows; return it, '' for none."""
    with st.expander("Link to this batch", expanded=False):
        token = st.text_input(
            "Batch",
            key=_TOKEN,
            bind="query-params",
            placeholder="none yet",
            max_chars=100,
            help="Stands for one batch on this server. It is part of the address of the page: "
            "whoever has the address can see the batch and take its table, nobody else can.",
        )
        st.caption(
            "Keep the address of this page, or this text, to come back from any browser. A batch "
            f"is kept for {ROOM.hours:g} hours after it was last looked at."
        )
    return (token or "").strip()


def ask(card: ModelCard) -> None:
    """Draw what is asked for: a file, what to compute, the table; then the start."""
    limit = f"{st.get_option('server.maxUploadSize')} MB"
    st.file_uploader(
        "FASTA file, plain or gzip",
        key="batch_upload",
        help="One file. The letters are treated as on the page Sequences; a record that cannot be "
        "read or computed here keeps its row, with a note that says why.",
    )
    st.caption(
        f"Up to {limit} as sent (gzip packs DNA about 4 to 1) and {size(UNPACKED)} unpacked. For "
        "more, the command `python -m gexp_core batch` has no bound."
    )
    left, right = st.columns(2)
    left.selectbox(
        "Compute",
        WORKS,
        format_func=lambda key: _WORKS.get(key, key),
        key="batch_work",
        persist_state="session",
        help="Strands, the step between windows, track, method, baseline and the finer choices are "
        "those last chosen on the pages Predict and Why, as far as the work has them.",
    )
    right.selectbox(
        "Table as",
        FORMATS,
        format_func=lambda key: _FORMATS.get(key, key),
        key="batch_format",
        persist_state="session",
    )
    refused: GexpError | None = workspace.setting(_PROBLEM, None)
    if refused is not None:
        show.problem(refused)
    if (file := uploads.waiting("batch_upload")) is None:
        st.caption(
            "Give a file: how large it is and how long it takes stands here before you start."
        )
        return
    with show.problems():
        settings = _settings(card)
        found, units = counted.count(file.file_id, file.getvalue(), file.name, settings)
        expected = estimates.size(f"batch {settings.work}", card, lambda: units)
        alone = "" if expected.seconds is None else " on one processor"
        st.markdown(
            f"**{found.records:,} records, about {found.letters:,} letters** with **{card.name}**: "
            f"{expected.words}{alone}."
        )
        st.button("Start the batch", type="primary", on_click=_start, args=(card,), key="start")


def _settings(card: ModelCard) -> BatchSettings:
    chosen = str(workspace.setting("batch_work", WORKS[0]))
    track = controls.track(card)
    strands, stride = controls.both_strands(card), stepped.chosen(card)
    options: dict[str, Any] = {"both_strands": strands, "stride": stride}
    if chosen != "predict":
        options |= {"track": track, "minus": specific.chosen(card, track)}
    if chosen == "attribute":
        method, baseline, seed = controls.scoring()
        more = finer.chosen(method, baseline, card)
        more.pop("hypothetical", None)  # the table has no columns for it
        options |= {"method": method, "baseline": baseline, "seed": seed}
        options["finer"] = tuple(more.items())
    run = RunSettings(**options)
    records, letters = _SHARDS[chosen]
    return BatchSettings(card.name, chosen, run, records, letters)


def _start(card: ModelCard) -> None:
    if (file := uploads.waiting("batch_upload")) is None:
        return
    ending = str(workspace.setting("batch_format", FORMATS[0]))
    try:
        given = (file.getvalue(), file.name, _settings(card), ending)
        token = service().submit(*given, owner=work.owner())
    except GexpError as error:
        workspace.keep(_PROBLEM, error)
        return
    workspace.keep(_PROBLEM, None)
    workspace.keep(_TOKEN, token)


def progress(token: str) -> None:
    """Show the batch that a token stands for, or say that there is none."""
    state = service().state(token)
    if state is None:
        st.info(
            "There is no batch under this link: it was removed, or nobody has looked at it for "
            f"{ROOM.hours:g} hours.",
            icon=":material/link_off:",
        )
        st.button("Start another batch", on_click=_leave, key="leave")
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
    what = _WORKS[state.settings.work].split(":")[0]
    show.note(f"{what} with {card.name}{track}{how}; table as {_FORMATS[state.ending].split()[0]}.")


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
        for kind, (some, letters) in report.changes.items():
            show.note(f"Changed: {kind}, {letters:,} in {some:,} records.")
        name = f"gexp_batch.{state.ending}"
        st.link_button(
            f"Download {name}",
            tables.address(token, name),
            type="primary",
            icon=":material/download:",
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
        st.button("Start another batch", on_click=_leave, key="leave")
        st.button(
            "Remove from the server",
            on_click=_remove,
            args=(token,),
            key="remove",
            help="Forget the file and everything made from it, now.",
        )
    refused_now: GexpError | None = workspace.setting(_PROBLEM, None)
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
    workspace.keep(_PROBLEM, None)
    try:
        service().resume(token, owner=work.owner())
    except GexpError as error:
        workspace.keep(_PROBLEM, error)


def _leave() -> None:
    workspace.keep(_PROBLEM, None)
    workspace.keep(_TOKEN, "")


def _remove(token: str) -> None:
    with contextlib.suppress(OSError):
        service().remove(token)
    _leave()
