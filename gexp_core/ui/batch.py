"""A large file: given, estimated, started, and found again.

Owns what is asked for, and the link. A batch is found by the token in the address; whoever has the
address sees it, nobody else does. What is shown of it is ``batch_shown``'s.
"""

import threading
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from gexp_core.batch import WORKS, BatchSettings
from gexp_core.batch.bounds import UNPACKED
from gexp_core.batch.service import FORMATS, service
from gexp_core.batch.shelf import ROOM
from gexp_core.errors import GexpError
from gexp_core.inputs.limits import many, size
from gexp_core.models.card import ModelCard
from gexp_core.pipeline import RunSettings
from gexp_core.ui import (
    batch_shown,
    controls,
    counted,
    estimates,
    finer,
    show,
    specific,
    stepped,
    tokens,
    uploads,
    work,
    workspace,
)

#: Records and letters of a shard: a few seconds of work, after which others have their turn.
_SHARDS = {"predict": (250, 100_000), "attribute": (20, 10_000), "mutagenesis": (20, 10_000)}


@dataclass(eq=False)
class _Started:
    """Hold what was asked for last and its token: a second click while it starts is the first."""

    asked: tuple[str, str, str]
    token: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


def page(card: ModelCard) -> None:
    """Draw the batch that the address names, or what is asked for a new one."""
    above = st.container()
    token = link()  # drawn first, as it is what the rest depends on
    with above:
        if token:
            batch_shown.progress(token)
        else:
            ask(card)


def link() -> str:
    """Draw the token of the batch that this page shows; return it, '' for none."""
    tokens.tell(batch_shown.TOKEN, workspace.setting(batch_shown.MINE, ""))
    with st.expander("Link to this batch", expanded=False):
        token = st.text_input(
            "Batch",
            key=batch_shown.TOKEN,
            bind="query-params",
            placeholder="none yet",
            max_chars=100,
            help="Stands for one batch on this server. It is part of the address of the page: "
            "whoever has the address can see the batch, take its table, stop it and remove it; "
            "nobody else can.",
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
        "FASTA file or table, plain or gzip",
        key="batch_upload",
        help="One file: FASTA, or a table of two columns (name, sequence; tabs, commas or "
        "semicolons). The letters are treated as on the page Sequences; a record that cannot be "
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
        format_func=lambda key: batch_shown.WORKS.get(key, key),
        key="batch_work",
        persist_state="session",
        help="Strands, the step between windows, track, the track that is taken off it, method, "
        "baseline and the finer choices are those last chosen on the pages Predict and Why, as far "
        "as the work has them.",
    )
    right.selectbox(
        "Table as",
        FORMATS,
        format_func=lambda key: batch_shown.FORMATS.get(key, key),
        key="batch_format",
        persist_state="session",
    )
    refused: GexpError | None = workspace.setting(batch_shown.PROBLEM, None)
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
        table = f" (a table with {found.between} between)" if found.between else ""
        st.markdown(
            f"**{many(found.records, 'record')}, about {found.letters:,} letters**{table} with "
            f"**{card.name}**: {expected.words}{alone}."
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
        settings, owner = _settings(card), work.owner()
        asked = (file.file_id, settings.digest, ending)
        started: _Started | None = workspace.setting(batch_shown.STARTED, None)
        if started is None or started.asked != asked:
            started = _Started(asked)
            workspace.keep(batch_shown.STARTED, started)
        with started.lock:  # the run of a second click stops that of the first, and goes on with it
            if not started.token:
                given = (file.getvalue(), file.name, settings, ending)
                started.token = service().submit(*given, owner=owner)
    except GexpError as error:
        workspace.keep(batch_shown.PROBLEM, error)
        return
    workspace.keep(batch_shown.PROBLEM, None)
    workspace.keep(batch_shown.TOKEN, started.token)
    workspace.keep(batch_shown.MINE, started.token)
