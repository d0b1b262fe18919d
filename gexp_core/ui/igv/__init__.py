"""A genome browser, igv.js, over one stretch of a contig; nothing in it is fetched from anywhere.

Owns the component ``genome_view``: its Python side here, its browser side in ``view.html``,
``view.css`` and ``view.js``. The script of igv.js is not part of the page: the browser side asks
this server for it (``ui.igv_script``) when a view is drawn. Letters and values travel with the
page; files of the visitor's own are opened by the browser and never sent.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import streamlit as st

from gexp_core.errors import ModelError
from gexp_core.export.genome_tracks import Runs
from gexp_core.export.genome_view import reference
from gexp_core.ui import igv_script
from gexp_core.ui.view import PALETTES
from gexp_core.ui.view.wire import base64_of, event_of, is_int

__all__ = ["Line", "Place", "Range", "View", "genome_view", "identity", "safe_name"]

#: 0-based half-open stretch of the view's contig.
Range = tuple[int, int]

_HERE = Path(__file__).parent
_LARGEST = 2**53  # what a browser counts exactly
_ODD = re.compile(r"[^A-Za-z0-9_.|-]")


def _script() -> str:
    """Return the browser side; the colours of the bases have one home, in Python."""
    colours = {theme: PALETTES["okabe-ito"][theme]["bases"] for theme in ("light", "dark")}
    return f"const BASES = {json.dumps(colours)};\n{(_HERE / 'view.js').read_text('utf-8')}"


_COMPONENT = st.components.v2.component(
    "gexp_genome_view",
    html=(_HERE / "view.html").read_text("utf-8"),
    css=(_HERE / "view.css").read_text("utf-8"),
    js=_script(),
)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Hold one row of values: its title and unit, and whether the bases are drawn as letters."""

    key: str
    title: str
    unit: str
    runs: Runs
    letters: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Name a stretch that the visitor can choose, 0-based half-open."""

    name: str
    start: int
    end: int
    strand: str


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Hold what is shown: letters of the plus strand from ``start`` on, and rows over them.

    Attributes
    ----------
    genome : str
        What the genome is called.
    chrom : str
        The contig, as its genome writes it.
    length : int
        Bases of the contig; where nobody knows, at least those up to the last letter.
    start : 0-based place of the first letter
    letters : str
    lines : tuple of Line
    places : tuple of Place, the visitor's sequences on this contig
    chosen : which of them is looked at
    """

    genome: str
    chrom: str
    length: int
    start: int
    letters: str
    lines: tuple[Line, ...]
    places: tuple[Place, ...]
    chosen: int

    @property
    def end(self) -> int:
        """Return the 0-based place after the last letter."""
        return self.start + len(self.letters)


def safe_name(chrom: str) -> str:
    """Return the name of a contig as igv.js can read it: a locus is split at its colon."""
    return _ODD.sub("_", chrom) or "_"


def pack(
    view: View, *, go: tuple[str, Range] | None = None, marked: Range | None = None
) -> dict[str, Any]:
    """Return what the browser needs.

    Parameters
    ----------
    view : View
    go : (stamp, range), optional
        Where to move once; another stamp is another wish.
    marked : range, optional
        What is marked across all rows.

    Raises
    ------
    ModelError
        A row is of another contig.
    """
    for line in view.lines:
        if line.runs.chrom != view.chrom:
            raise ModelError(f"the row {line.title!r} is of {line.runs.chrom!r}, not {view.chrom}")
    chrom = safe_name(view.chrom)
    fasta = _fasta(view)
    return {
        "script": igv_script.address(),
        "licence": igv_script.licence_address(),
        "version": igv_script.VERSION,
        "chrom": chrom,
        "shown": view.chrom,
        "genome": view.genome,
        "length": max(view.length, view.end),
        "region": [view.start, view.end],
        "identity": identity(view),
        "fasta": base64.b64encode(fasta).decode("ascii"),
        "lines": [_line(line) for line in view.lines],
        "places": [[one.name, one.start, one.end, one.strand] for one in view.places],
        "chosen": view.chosen,
        "go": _reached(go, max(view.length, view.end)),
        "marked": None if marked is None else list(marked),
    }


def _reached(go: tuple[str, Range] | None, length: int) -> dict[str, Any] | None:
    """Return a wish cut to the contig; None for none, or one that lies beyond it."""
    if go is None or go[1][0] >= length:
        return None
    return {"stamp": go[0], "range": [go[1][0], min(go[1][1], length)]}


def _line(line: Line) -> dict[str, Any]:
    """Return one row; positions travel as differences to its first.

    They are int32, for rows that reach farther than that counts (contigs of some plants and fish
    do) float64.
    """
    first = int(line.runs.start[0])
    kind = "<i4" if int(line.runs.end[-1]) - first < 2**31 else "<f8"
    sent: dict[str, Any] = {
        "key": line.key,
        "title": line.title,
        "unit": line.unit,
        "letters": line.letters,
        "first": first,
        "kind": kind[1:],
        "start": base64_of((line.runs.start - first).astype(kind)),
        "end": base64_of((line.runs.end - first).astype(kind)),
        "value": base64_of(line.runs.value.astype("<f4")),
    }
    sent["stamp"] = hashlib.sha256(json.dumps(sent).encode()).hexdigest()
    return sent


def genome_view(
    view: View,
    *,
    key: str,
    go: tuple[str, Range] | None = None,
    marked: Range | None = None,
    on_locus: Callable[[Range], None] | None = None,
    on_place: Callable[[str], None] | None = None,
) -> None:
    """Draw a genome browser over a stretch of a contig.

    Parameters
    ----------
    view : View
    key : str
        Streamlit's key of the component.
    go : (stamp, range), optional
        Where to move once.
    marked : range, optional
        What is marked across all rows, 0-based half-open.
    on_locus : callable, optional
        Called with what is in sight, 0-based half-open, once moving has come to rest.
    on_place : callable, optional
        Called with the name of the place that was clicked.
    """

    def moved() -> None:
        found = read_range(event_of(st.session_state.get(key), "locus"), view)
        if found is not None and on_locus:
            on_locus(found)

    def chosen() -> None:
        found = read_place(event_of(st.session_state.get(key), "place"), view)
        if found is not None and on_place:
            on_place(found)

    _COMPONENT(
        key=key,
        data=pack(view, go=go, marked=marked),
        on_locus_change=moved,
        on_place_change=chosen,
    )


def read_range(told: Mapping[str, Any], view: View) -> Range | None:
    """Return what is in sight as the browser says, cut to the contig; None if it cannot be so."""
    first, last = told.get("start"), told.get("end")
    if told.get("identity") != identity(view) or not _is_int(first) or not _is_int(last):
        return None
    start, end = max(0, first), min(last, max(view.length, view.end))
    return (start, end) if start < end else None


def read_place(told: Mapping[str, Any], view: View) -> str | None:
    """Return the name of the place that was clicked; None if there is none."""
    at = told.get("index")
    return view.places[at].name if _is_int(at) and 0 <= at < len(view.places) else None


def identity(view: View) -> str:
    """Return what stands for the letters and their place; the browser's zoom belongs to it."""
    return hashlib.sha256(_fasta(view)).hexdigest()


def _fasta(view: View) -> bytes:
    return reference(view.letters, safe_name(view.chrom), view.start, view.length)


def _is_int(value: object) -> TypeGuard[int]:
    return is_int(value) and abs(value) < _LARGEST
