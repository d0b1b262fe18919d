"""Regions as a visitor gives them: typed, as BED, or as a gene; and the example.

Owns the ways in and what is kept of them. What becomes of the regions is on ``windows``; reading
is ``gexp_core.inputs``'s.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

import streamlit as st

from gexp_core.errors import GexpError, InputError
from gexp_core.inputs import APP_LIMITS, CLI_LIMITS, NamedInterval, parse_regions, read_bed
from gexp_core.inputs import genome_example as example
from gexp_core.inputs.gene_names import MAX_TEXT, named_promoters
from gexp_core.inputs.genes import Genes, read_genes, server_genes
from gexp_core.inputs.limits import many, size
from gexp_core.inputs.regions import Read
from gexp_core.types import Change, Rejection
from gexp_core.ui import controls, genomes, show, stepped, tray, uploads, workspace
from gexp_core.ui.drafts import LAID, keep_drafts

_GIVEN = "_regions"
_GENES = "_genes"
PROBLEM = "_regions_problem"
_AT_HAND: "WeakValueDictionary[tuple[Path, int], Genes]" = WeakValueDictionary()
_MOST_BASES = 100_000  # of a promoter's either side
_PLACEHOLDER = "chr19:11,089,262-11,089,362\nchr8:140300616 my_position\nchr7:5,530,601-5,530,700:-"


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Given:
    """Hold the regions as they were given, what reading them changed, and where they are from."""

    intervals: tuple[NamedInterval, ...]
    changes: tuple[Change, ...]
    rejected: tuple[Rejection, ...]
    source: str

    @property
    def nbytes(self) -> int:
        """Return about how many bytes this takes."""
        return tray.weigh(self.intervals, self.changes, self.rejected)

    @property
    def stranded(self) -> bool:
        """Return whether every strand was given."""
        return all(one.kind != "strand" for one in self.changes)


def given() -> Given | None:
    """Return the visitor's regions, or None."""
    found: Given | None = tray.given(_GIVEN)
    return found


def _take(read: Callable[[], Read], source: str) -> None:
    """Read regions in a widget's callback; on a problem the old ones stay."""
    try:
        intervals, changes, rejected = read()
        tray.give(_GIVEN, Given(intervals, changes, rejected, source), "the regions")
    except GexpError as error:
        workspace.keep(PROBLEM, error)
        return
    workspace.keep(PROBLEM, None)
    workspace.keep(LAID, "")
    for key in ("pasted_regions", "gene"):
        tray.keep(key, str(workspace.setting(key, "")))


def _take_pasted() -> None:
    text = str(workspace.setting("pasted_regions", ""))
    if not text.strip():
        workspace.keep(PROBLEM, InputError("nothing was typed; type a region or paste BED lines"))
        return
    tray.keep_text("pasted_regions", text)
    _take(lambda: parse_regions(text), "typed text")


def _take_upload() -> None:
    file = uploads.given("regions_upload")
    if file is not None:
        _take(lambda: read_bed(file.getvalue(), filename=file.name), file.name)


def _take_genes() -> None:
    file = uploads.given("genes_upload")
    if file is not None:
        _give_genes(file.getvalue, file.name)


def _give_genes(value: Callable[[], bytes], filename: str) -> bool:
    """Read an annotation in a widget's callback; return False, and keep the old, on a problem."""
    try:
        tray.give(_GENES, read_genes(value(), filename=filename), "the annotation of genes")
    except GexpError as error:
        workspace.keep(PROBLEM, error)
        return False
    workspace.keep(PROBLEM, None)
    return True


def _take_gene() -> None:
    name = str(workspace.setting("gene", ""))

    def read() -> Read:
        found, chosen = _known_genes(), genomes.current()
        if found is None or chosen is None:
            raise InputError("no annotation is given yet; upload one, then name a gene")
        up, down = _side("upstream"), _side("downstream")
        return named_promoters(found, name, up, down, chosen.genome)

    shown = name.strip()[:60]
    several = "s" if len(re.findall(r"[^\s,;]+", shown)) > 1 else ""
    _take(read, f"gene{several} {shown}")


def _side(key: str) -> int:
    """Return the bases of a promoter's side as last chosen, by default those the page shows."""
    room = stepped.room(controls.model())
    default = _sides(room)[0 if key == "upstream" else 1]
    return min(_MOST_BASES, max(0, int(workspace.setting(f"{key}_{room}", default))))


def _sides(room: int) -> tuple[int, int]:
    """Return bases upstream and downstream that fill a window of ``room`` bases, if they may."""
    return min(_MOST_BASES, room - room // 4), min(_MOST_BASES, room // 4)


def _take_example(which: str) -> None:
    """Take the example's genome and genes, and its regions or its gene."""
    read = example.example_bytes
    taken = genomes.take(read(example.GENOME), example.GENOME)
    if not taken or not _give_genes(lambda: read(example.GENES), example.GENES):
        return
    if which == "gene":
        workspace.keep("gene", example.GENE)
        _take_gene()
    else:
        data = read(example.REGIONS)
        _take(lambda: read_bed(data, filename=example.REGIONS), f"the example {example.REGIONS}")


@st.cache_resource(show_spinner="Reading the annotation", max_entries=4)
def _server_genes(path: Path, changed: int) -> Genes:
    """Return a server's annotation, read once for all visitors."""
    found = read_genes(path.read_bytes(), filename=path.name, limits=CLI_LIMITS)
    _AT_HAND[path, changed] = found
    return found


def _known_genes() -> Genes | None:
    """Return the annotation that was uploaded, else the server's own of the chosen genome."""
    chosen = genomes.current()
    name = chosen.genome.name if chosen is not None else ""
    try:
        return _annotation(name, _server_genes)
    except OSError:
        raise InputError(
            f"this server's annotation of {name!r} cannot be read; upload one instead"
        ) from None


def genes_at_hand(source: str) -> Genes | None:
    """Return the annotation of the genome that a sequence's ``source`` begins with, or None.

    It is that of the chosen genome, so None where another is chosen; a server's own only once
    somebody has had it read: no annotation is read for this.
    """
    try:
        chosen = genomes.current()
        if chosen is None or not source.startswith(f"{chosen.genome.name} "):
            return None
        return _annotation(chosen.genome.name, lambda path, changed: _AT_HAND.get((path, changed)))
    except (GexpError, OSError):
        return None


def _annotation(name: str, read: Callable[[Path, int], Genes | None]) -> Genes | None:
    """Return the visitor's annotation, else what ``read`` makes of the server's of a genome."""
    own: Genes | None = tray.given(_GENES)
    path = server_genes().get(name)
    return own if own is not None or path is None else read(path, path.stat().st_mtime_ns)


def try_example() -> None:
    """Offer the example genome in one click."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Try the example regions",
            key="regions_example",
            icon=":material/local_florist:",
            on_click=_take_example,
            args=("regions",),
            help="Takes the example genome and its regions in place of the present ones.",
        )
        st.button(
            f"Try the example gene {example.GENE}",
            key="gene_example",
            icon=":material/local_florist:",
            on_click=_take_example,
            args=("gene",),
            help="Takes the example genome and the promoters of one of its genes.",
        )
    st.caption(example.LESSON)


def give(room: int) -> None:
    """Draw the ways in, and the problem with what was given last; ``room`` is the model's bases."""
    label = "Give regions" if given() is None else "Give other regions"
    laid = str(workspace.setting(LAID, ""))
    with st.expander(label, expanded=given() is None or bool(laid), icon=":material/pin_drop:"):
        _ways_in(room, laid)
    if (problem := workspace.setting(PROBLEM, None)) is not None:
        show.problem(problem)
        if given() is not None:
            st.caption("Nothing was read from it; the regions below are those from before.")


def _ways_in(room: int, laid: str) -> None:
    tray.recall("pasted_regions", "gene")
    typed, upload, gene = st.tabs(["Type or paste", "Upload BED", "Gene"], default=laid or None)
    with typed, st.form("regions", border=False, enter_to_submit=False):
        st.text_area(
            "Regions, one a line: 1-based, both ends included; or lines of BED",
            key="pasted_regions",
            height=120,
            placeholder=_PLACEHOLDER,
            max_chars=APP_LIMITS.max_bytes,
            persist_state="session",
            help="chr19:11,089,262-11,089,362 or a single position. A strand may stand behind it, "
            ":- or (-) or a lone -, and a name after a blank. A line with blanks or tabs between "
            "its positions is BED: 0-based, the end not included.",
        )
        st.form_submit_button("Read regions", type="primary", on_click=_take_pasted)
    with upload:
        st.file_uploader(
            "BED file of 3 to 12 columns, plain or gzip",
            key="regions_upload",
            on_change=_take_upload,
            help="0-based, the end not included. The strand in column 6 is honoured; blocks are "
            "not used.",
        )
    with gene, show.problems():
        _gene(room)
    st.caption(
        f"Up to {APP_LIMITS.max_records:,} regions, {APP_LIMITS.max_bases_record:,} bases in one; "
        f"files up to {size(APP_LIMITS.max_bytes)}. The command line takes more."
    )
    keep_drafts("pasted_regions", "gene")


def _gene(room: int) -> None:
    st.file_uploader(
        "Annotation of the genome: GTF, GFF3 or refGene, plain or gzip",
        key="genes_upload",
        on_change=_take_genes,
        help="Transcription starts are read from it. It must be of the same build as the genome.",
    )
    found = _known_genes()
    if found is None:
        st.caption("Give an annotation first: it says where genes begin.")
        return
    show.note(f"{found.changes[-1].text}.")
    if found.rejected:
        lines = many(len(found.rejected), "line")
        show.note(f"{lines} left out; the first: {found.rejected[0].text}.")
    with st.form("gene_form", border=False, enter_to_submit=True):
        name, up, down = st.columns([2, 1, 1], vertical_alignment="bottom")
        name.text_input(
            "Gene symbol or id, or transcript id",
            key="gene",
            max_chars=MAX_TEXT,
            persist_state="session",
            help="One, or several with blanks or commas between them. Upper or lower case does not "
            "matter. Every transcription start of a gene becomes a region, in the direction of its "
            "transcript.",
        )
        up.number_input(
            "Bases upstream",
            0,
            _MOST_BASES,
            value=_sides(room)[0],
            key=f"upstream_{room}",  # what fills one window is no choice for another
            persist_state="session",
            help="Before the first transcribed base.",
        )
        down.number_input(
            "Bases downstream",
            0,
            _MOST_BASES,
            value=_sides(room)[1],
            key=f"downstream_{room}",
            persist_state="session",
            help="From the first transcribed base on, which is the first of them.",
        )
        st.form_submit_button("Find its starts", type="primary", on_click=_take_gene)
