"""A genome from a public service, piece by piece: chosen, asked for in so many words, then fetched.

Owns the visitor's word before anything is sent, and the wait. The request is made by a worker
process of the server, never by the visitor's browser; ``inputs.remote`` says what it holds.
"""

import hashlib
from collections.abc import Sequence

import streamlit as st

from gexp_core import jobs
from gexp_core.errors import CancelledError, GexpError, LimitError
from gexp_core.inputs.builds import LENGTHS, Build
from gexp_core.inputs.intervals import format_region
from gexp_core.inputs.limits import many
from gexp_core.inputs.remote import BLOCK, SECONDS, Block, FetchedGenome, missing_blocks
from gexp_core.inputs.remote_services import SERVICES
from gexp_core.types import Interval
from gexp_core.ui import show, tray, work, workspace

_FETCH = "gexp_core.inputs.remote:fetch"
_JOB = "_fetching"
_QUICK = 1.0  # seconds the page waits before it shows a progress bar
_POLL = 0.4
_SHOWN = 5
_GRACE = 30.0  # seconds beyond the fetch's own bound at which the worker is stopped


def current() -> FetchedGenome:
    """Return the chosen assembly with what was fetched of it so far."""
    service = workspace.setting("service", "ucsc")
    service = service if service in SERVICES else "ucsc"
    offered = tuple(SERVICES[service].assemblies)
    assembly = workspace.setting("assembly", offered[0])
    assembly = assembly if assembly in offered else offered[0]
    kept: FetchedGenome | None = tray.given(_key(service, assembly))
    return kept if kept is not None else FetchedGenome(service, assembly)


def _key(service: str, assembly: str) -> str:
    return f"_fetched_{service}_{assembly}"


def key(genome: FetchedGenome) -> str:
    """Return a text that stands for the genome's letters in the key of a result."""
    held = repr(sorted(genome.blocks))
    return f"{genome.name} {hashlib.sha256(held.encode()).hexdigest()}"


def choose() -> FetchedGenome:
    """Draw the choice of service and assembly; nothing is sent by it."""
    tray.recall("service", "assembly", always=True)
    left, right = st.columns(2)
    left.selectbox(
        "Service",
        list(SERVICES),
        format_func=lambda name: f"{SERVICES[name].title} ({SERVICES[name].host})",
        key="service",
        persist_state="session",
        on_change=tray.keep_widget,
        args=("service",),
        help="Nothing is sent before you say so below.",
    )
    service = str(workspace.setting("service", "ucsc"))
    offered = list(SERVICES.get(service, SERVICES["ucsc"]).assemblies)
    if workspace.setting("assembly", offered[0]) not in offered:
        workspace.keep("assembly", offered[0])
    right.selectbox(
        "Assembly",
        offered,
        format_func=lambda name: Build(name, "").label,
        key="assembly",
        persist_state="session",
        on_change=tray.keep_widget,
        args=("assembly",),
        help="It must be the build that the coordinates were made with. Chromosomes only, without "
        "the mitochondrial one and patches.",
    )
    return current()


def about(genome: FetchedGenome) -> str:
    """Return in a sentence what is known of the genome."""
    bases = sum(LENGTHS[genome.assembly].values())
    return (
        f"{genome.name}: {len(genome.contigs)} chromosomes, {bases:,} bases, of which "
        f"{genome.nbytes:,} have been fetched"
    )


def there(genome: object, wanted: Sequence[Interval]) -> bool:
    """Return whether all letters are here; if not, ask the visitor, fetch, and draw again."""
    if not isinstance(genome, FetchedGenome):
        return True
    if not genome.missing(wanted, 1):
        return True
    missing = missing_blocks(genome, wanted)
    job: jobs.Job | None = workspace.setting(_JOB, None)
    if job is None:
        _ask(genome, missing)
        return False
    if not job.progress().finished:
        job.wait(_QUICK)
    if not job.progress().finished:
        _watch(job)
        return False
    workspace.keep(_JOB, None)
    try:
        made: FetchedGenome = job.result()
        if (made.service, made.assembly) == (genome.service, genome.assembly):
            _add(genome, made, wanted)
    except (CancelledError, GexpError) as error:
        show.problem(error)
        _ask(genome, missing)
        return False
    st.rerun()


def _add(genome: FetchedGenome, made: FetchedGenome, wanted: Sequence[Interval]) -> None:
    """Lay what was fetched beside what was before; where that is too much, only what is wanted.

    Raises
    ------
    LimitError
        There is no room for it, so that it would be asked for again and again.
    """
    name = _key(genome.service, genome.assembly)
    blocks = {**genome.blocks, **made.blocks}
    laid = FetchedGenome(genome.service, genome.assembly, blocks)
    try:
        tray.add(name, laid)
    except LimitError:
        needed = FetchedGenome(genome.service, genome.assembly).missing(wanted)
        now = {block: blocks[block] for block in needed if block in blocks}
        laid = FetchedGenome(genome.service, genome.assembly, now)
        tray.add(name, laid)
    if tray.given(name) is not laid:  # the session has no tray of its own: that would be too full
        raise LimitError(
            "what was fetched cannot be kept beside the genome, regions and variants that the "
            "address names; open this page anew, without what stands behind the question mark of "
            "its address, and choose the service there"
        )


def _ask(genome: FetchedGenome, missing: Sequence[Block]) -> None:
    """Say what would be sent, where, and offer to send it."""
    service = SERVICES[genome.service]
    runs = _places(genome, missing)
    more = f" and {len(runs) - _SHOWN:,} more" if len(runs) > _SHOWN else ""
    places = ", ".join(format_region(one) for one in runs[:_SHOWN])
    st.info(
        f"Once you say so, the region's coordinates are sent to **{service.host}** "
        f"({service.title}): "
        f"{show.plain(places)}{more} of {show.plain(Build(genome.assembly, '').label)}, rounded "
        f"to blocks of {BLOCK:,} bases. Nothing else is sent: no names, no variants, no sequence. "
        "The request comes from this server, and what is fetched is kept here for the next time.",
        icon=":material/outgoing_mail:",
    )
    st.button(
        f"Send these coordinates to {service.title} and fetch the sequence",
        key="fetch",
        type="primary",
        icon=":material/cloud_download:",
        on_click=_send,
        args=(genome.service, genome.assembly, tuple(runs)),
        help="To send nothing, choose a genome that is here, or upload one.",
    )


def _places(genome: FetchedGenome, missing: Sequence[Block]) -> list[Interval]:
    """Return the stretches that blocks make up, as they would be sent."""
    found: list[Interval] = []
    for chrom, number in sorted(missing):
        name = f"chr{chrom}"
        end = min((number + 1) * BLOCK, genome.contigs[name])
        if found and (found[-1].chrom, found[-1].end) == (name, number * BLOCK):
            found[-1] = Interval(name, found[-1].start, end)
        else:
            found.append(Interval(name, number * BLOCK, end))
    return found


def _send(service: str, assembly: str, places: tuple[Interval, ...]) -> None:
    """Start to fetch these places, in a worker; call it from a widget's callback."""
    tray.keep("service", service)
    tray.keep("assembly", assembly)
    empty = FetchedGenome(service, assembly)  # what is shared holds only what it says
    shared = f"{service} {assembly} {places}"
    try:
        job = jobs.submit(
            _FETCH,
            empty,
            places,
            key=hashlib.sha256(shared.encode()).hexdigest(),
            owner=work.owner(),
            seconds=SECONDS + _GRACE,
            lasting=False,  # blocks lie in a cache of their own
        )
    except GexpError as error:
        show.problem(error)
        return
    workspace.keep(_JOB, job)


@st.fragment(run_every=_POLL)
def _watch(job: jobs.Job) -> None:
    """Show how far the fetching is, with a way to stop it."""
    state = job.progress()
    if state.finished:
        st.rerun()
    bar, button = st.columns([5, 1], vertical_alignment="center")
    share = min(1.0, state.done / state.total) if state.total else 0.0
    bar.progress(share, f"Fetching: {state.done:,} of {many(state.total, 'block')}")
    if button.button("Cancel", key=f"cancel_{job.id}", help="Stop asking the service."):
        job.cancel()
        st.rerun()
