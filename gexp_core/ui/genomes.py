"""Which genome a page reads from: the server's, a small one that a visitor gives, or a service's.

Owns the chooser. A visitor names a server's genome by its label, never by a path.
"""

import contextlib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from gexp_core.errors import GexpError
from gexp_core.inputs import APP_LIMITS, Genome, open_genome, remote, server_genomes
from gexp_core.inputs.builds import Build, siblings
from gexp_core.inputs.genome_upload import read_genome
from gexp_core.inputs.limits import size
from gexp_core.types import Change, Interval, Rejection
from gexp_core.ui import fetched, show, tray, uploads, workspace

_OWN = "_own_genome"
_PROBLEM = "_own_genome_problem"
_UPLOAD = "A small genome of your own"
_REMOTE = "A public sequence service (asks before it sends)"
_SHOWN = 5  # of what was changed while a genome was read


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Hold the chosen genome, and a text that stands for its letters in the key of a result."""

    genome: Genome
    key: str
    changes: tuple[Change, ...] = ()
    rejected: tuple[Rejection, ...] = ()


@st.cache_resource(show_spinner=False, max_entries=16)
def _open(name: str, path: Path, changed: int) -> Genome:
    """Return a server's genome, opened once for all visitors and again when its file changes."""
    return open_genome(path, name)


def _server(name: str, paths: Mapping[str, Path]) -> Chosen:
    path = paths[name]
    changed, weight = 0, 0
    with contextlib.suppress(OSError):  # opening it says what is wrong
        status = path.stat()
        changed, weight = status.st_mtime_ns, status.st_size
    return Chosen(_open(name, path, changed), f"{name} {path} {weight} {changed}")


def _take_upload() -> None:
    file = uploads.given("genome_upload")
    if file is not None:
        _take(file.getvalue, file.name)


def take(data: bytes, filename: str) -> bool:
    """Read a small genome and choose it, in a widget's callback; return False on a problem."""
    return _take(lambda: data, filename)


def _take(value: Callable[[], bytes], filename: str) -> bool:
    try:
        data = value()
        read = read_genome(data, filename=filename)
        # Results say the name: of the same letters under another name they are other results.
        key = f"{hashlib.sha256(data).hexdigest()} {read.genome.name}"
        tray.give(_OWN, Chosen(read.genome, key, read.changes, read.rejected), "the genome")
    except GexpError as error:
        workspace.keep(_PROBLEM, error)
        return False
    workspace.keep(_PROBLEM, None)
    tray.keep("genome", _UPLOAD)
    return True


def current() -> Chosen | None:
    """Return the chosen genome, or None where none is chosen yet.

    Raises
    ------
    GexpError
        The server's genome cannot be opened.
    """
    names = tuple(server_genomes())
    name = workspace.setting("genome", names[0] if names else _UPLOAD)
    if name in names:
        return _server(name, server_genomes())
    if name == _REMOTE and remote.offered():
        genome = fetched.current()
        return Chosen(genome, fetched.key(genome))
    own: Chosen | None = tray.given(_OWN)
    return own


def holds(chosen: Chosen, source: str, place: Interval) -> bool:
    """Return whether letters were taken from a genome, by what their origin says of them.

    ``source`` begins with the name of the genome they are from, ``place`` is where they lie on it.
    """
    name = chosen.genome.name
    told = source.startswith((f"{name} {place.chrom}:", f"{name}, around "))
    return told and place.end <= chosen.genome.contigs.get(place.chrom, 0)


def choose() -> Chosen | None:
    """Draw the chooser and what is known of the chosen genome; return it, None until there is."""
    tray.tell_lost()
    tray.recall("genome", always=True)
    names = (*server_genomes(), _UPLOAD, *((_REMOTE,) if remote.offered() else ()))
    if workspace.setting("genome", names[0]) not in names:
        workspace.keep("genome", names[0])  # a genome that this server no longer offers
    if len(names) > 1:
        st.selectbox(
            "Genome",
            names,
            key="genome",
            persist_state="session",
            on_change=tray.keep_widget,
            args=("genome",),
            help="Where the letters around a place come from. It must be the build that the "
            "coordinates were made with.",
        )
    if workspace.setting("genome", names[0]) == _REMOTE:
        show.note(f"{fetched.about(fetched.choose())}.")
        return current()
    if len(names) == 1 or workspace.setting("genome", names[0]) == _UPLOAD:
        _upload()
        problem: GexpError | None = workspace.setting(_PROBLEM, None)
        if problem is not None:
            show.problem(problem)
    chosen = current()
    if chosen is None:
        st.info(
            "Give a genome first: coordinates mean nothing without one.", icon=":material/info:"
        )
        return None
    _about(chosen)
    return chosen


def _upload() -> None:
    """Draw the uploader, folded away where a genome was given already."""
    first = tray.given(_OWN) is None
    icon = ":material/genetics:"
    with st.container() if first else st.expander("Give another genome", icon=icon):
        st.file_uploader(
            "Genome as FASTA, plain or gzip",
            key="genome_upload",
            on_change=_take_upload,
            help="A whole small genome, or the contigs that are needed: up to "
            f"{APP_LIMITS.max_bases_total:,} bases, {size(APP_LIMITS.max_bytes)}.",
        )


def offer_others(genome: Genome, key: str) -> None:
    """Offer each genome that is here of another build of the species, in one click.

    Where nothing proves which build the chosen ``genome`` is, every other genome of the server.
    ``key`` begins the keys of the buttons.
    """
    build = genome.build().name
    wanted = siblings(build)
    names = []
    for name in server_genomes():
        if name != genome.name:
            with contextlib.suppress(GexpError):
                other = _server(name, server_genomes()).genome.build()
                if build is None or other.name in wanted:
                    names.append((name, f"{name}, {other.label}"))
    with st.container(horizontal=True):
        for name, label in names:
            st.button(
                f"Read from {show.plain(label)}",
                key=f"{key}_here_{name}",
                on_click=tray.keep,
                args=("genome", name),
                help="Chooses this genome for all pages; what was given stays.",
            )
        for assembly in wanted if remote.offered() else ():
            st.button(
                f"Read from {Build(assembly, '').label} of a public service",
                key=f"{key}_service_{assembly}",
                on_click=_fetch_from,
                args=(assembly,),
                help="Chooses it; before anything is sent to the service you are asked.",
            )


def _fetch_from(assembly: str) -> None:
    tray.keep("genome", _REMOTE)
    tray.keep("service", "ucsc")
    tray.keep("assembly", assembly)


def _about(chosen: Chosen) -> None:
    genome, build = chosen.genome, chosen.genome.build()
    contigs = f"{len(genome.contigs):,} contig{'s' if len(genome.contigs) != 1 else ''}"
    bases = sum(genome.contigs.values())
    label = f"{build.label}: " if build.name else ""
    show.note(f"{genome.name}: {contigs}, {bases:,} bases; {label}{build.evidence}.")
    texts = [row.text for row in chosen.rejected] + [row.text for row in chosen.changes]
    if texts:
        more = f"; and {len(texts) - _SHOWN:,} more" if len(texts) > _SHOWN else ""
        show.note(f"{'; '.join(texts[:_SHOWN])}{more}.")
