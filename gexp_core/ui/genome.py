"""The page Genome view: where the chosen sequence lies, and what was made of it, on its contig.

Owns the choice of rows and of where to go. It is drawn by ``genome_drawn``, the values are
``export``'s, and every result is made as the other pages make it.
"""

import contextlib
from collections.abc import Callable

import streamlit as st

from gexp_core.errors import GexpError, InputError
from gexp_core.explain import ABOUT
from gexp_core.export.archive import STRANDS
from gexp_core.export.genome_tracks import (
    Piece,
    attribution_pieces,
    mutagenesis_pieces,
    of_strand,
    prediction_pieces,
)
from gexp_core.export.genome_view import on_contig, plus_letters, strongest_pieces
from gexp_core.inputs import format_region, parse_region
from gexp_core.inputs.builds import chromosome
from gexp_core.inputs.intervals import is_region
from gexp_core.models.card import ModelCard
from gexp_core.types import Interval, SequenceSet, Target
from gexp_core.ui import (
    controls,
    frame,
    genome_link,
    genome_selected,
    genomes,
    made,
    show,
    work,
    workspace,
)
from gexp_core.ui.genome_selected import AROUND
from gexp_core.ui.igv import Line, Place, Range, View

_ROWS = {"prediction": "Prediction", "attribution": "Attribution", "changes": "Every change"}
_PROBLEM = "_genome_problem"
_HERE = "_genome_here"
_MOST_PLACES = 2_000


def placed(name: str) -> Interval:
    """Return where the chosen sequence lies; end the page where nobody knows."""
    sequences = workspace.sequences()
    place = sequences.origins[sequences.index(name)].interval
    if place is not None:
        return place
    others = [one for one in sequences.names if _place(sequences, one) is not None]
    if others:
        have = "has" if len(others) == 1 else "have"
        st.info(
            f"{show.plain(name)} has no genome coordinates, so it has no place here; "
            f"{len(others):,} of your {len(sequences):,} sequences {have}.",
            icon=":material/info:",
        )
        st.button(
            f"Show {show.plain(others[0])}",
            key="genome_other",
            on_click=workspace.choose_sequence,
            args=(others[0],),
        )
    else:
        st.info(
            "None of your sequences has genome coordinates: letters that are pasted or read from "
            "FASTA do not say where they are from. Take them from their regions, and every result "
            "can be shown in its place.",
            icon=":material/info:",
        )
        frame.link("regions", "Take sequences from regions or a gene")
    st.stop()


def _place(sequences: SequenceSet, name: str) -> Interval | None:
    return sequences.origins[sequences.index(name)].interval


def heading(name: str, place: Interval) -> None:
    """Say which sequence this is, where it lies in both ways of counting, and in which build."""
    show.heading(name)
    source = workspace.sequences().origins[workspace.sequences().index(name)].source
    strand = "minus strand (drawn on the plus strand)" if place.strand == "-" else "plus strand"
    size = place.end - place.start
    show.note(
        f"{format_region(place).removesuffix(':-')} (1-based, both ends included); BED "
        f"{place.chrom} {place.start} {place.end} (0-based, end not included); {size:,} bp, read "
        f"on the {strand}."
    )
    show.note(_build(source, place))


def _build(source: str, place: Interval) -> str:
    """Return which genome the letters are from, and what is known of its build."""
    chosen = _genome(source, place)
    if chosen is None:
        return f"Taken from: {source or 'not said'}; which build that is cannot be checked here."
    build = chosen.genome.build()
    label = f"{build.label}: " if build.name else ""
    return f"Genome {chosen.genome.name}; {label}{build.evidence}."


def _genome(source: str, place: Interval) -> genomes.Chosen | None:
    """Return the present genome where it is the one that the letters were taken from."""
    with contextlib.suppress(GexpError):
        chosen = genomes.current()
        if chosen is not None and genomes.holds(chosen, source, place):
            return chosen
    return None


def go(place: Interval) -> None:
    """Offer to move to a place, as the address may ask too; say what was wrong with the last."""
    name, linked = controls.sequence(), False
    if workspace.setting(_HERE, None) != (name, place):
        workspace.keep(_HERE, (name, place))
        workspace.keep(_PROBLEM, None)  # that was about another sequence
        try:
            linked = genome_link.take(name, place)
        except GexpError as error:
            workspace.keep(_PROBLEM, error)
    genome_selected.visit(name, place, linked=linked)
    with st.container():  # what comes and goes moves nothing below it: a view that moves is redrawn
        st.text_input(
            "Go to, 1-based, both ends included",
            key="genome_go",
            placeholder=f"{place.chrom}:{place.start + 1:,}-{place.end:,} or {place.start + 1:,}",
            max_chars=200,
            on_change=_take,
            args=(place,),
            help="A region, a stretch of this contig, or one position. Where another of your "
            "sequences holds it, that one is chosen.",
        )
        problem: GexpError | None = workspace.setting(_PROBLEM, None)
        if problem is not None:
            show.problem(problem)


def _take(place: Interval) -> None:
    """Move to the place that was typed; on a problem stay."""
    text = " ".join(str(workspace.setting("genome_go", "")).split())
    workspace.keep(_PROBLEM, None)
    if not text:
        return
    try:
        name, stretch = _find(text, place)
    except GexpError as error:
        workspace.keep(_PROBLEM, error)
        return
    if name is not None:
        workspace.choose_sequence(name)
    genome_link.drop()
    genome_link.wish(name or controls.sequence(), stretch)
    genome_selected.known(name or controls.sequence())


def _find(text: str, place: Interval) -> tuple[str | None, Range]:
    """Return the sequence to choose, None for the present one, and the stretch to show."""
    region = parse_region(text if is_region(text) else f"{place.chrom}:{text}")
    start, end = region.start, region.end
    if end - start == 1:
        start, end = max(0, start - AROUND), end + AROUND

    def holds(one: Interval | None) -> bool:
        same = one is not None and chromosome(one.chrom) == chromosome(region.chrom)
        return bool(one and same and one.start < region.end and region.start < one.end)

    if holds(place):
        return None, (start, end)
    sequences = workspace.sequences()
    for name, origin in zip(sequences.names, sequences.origins, strict=True):
        if holds(origin.interval):
            return name, (start, end)
    raise InputError(
        f"none of your sequences lies at {format_region(region)} (1-based); take that region on "
        "the page Regions first"
    )


def lines(card: ModelCard, name: str, place: Interval) -> tuple[Line, ...]:
    """Offer the rows, make what is asked for, and return what there is of it."""
    makers: dict[str, Callable[[], list[Line | None]]] = {
        "prediction": lambda: _predicted(card, place),
        "attribution": lambda: _attributed(card, name, place),
        "changes": lambda: _changed(card, name, place),
    }
    found: list[Line | None] = []
    with st.container():
        asked = st.pills(
            "Rows",
            list(_ROWS),
            format_func=_ROWS.__getitem__,
            selection_mode="multi",
            default=list(_ROWS),
            key="genome_rows",
            bind="query-params",
            persist_state="session",
            help="What is not made yet is made now, with the choices of the pages Predict and Why; "
            "work that takes long asks first.",
        )
        for key in _ROWS:
            if key not in (asked or ()):
                continue
            about = st.empty()
            try:
                found += makers[key]()
            except work.Pending:
                about.caption(f"{_ROWS[key]}:")
        here = tuple(line for line in found if line is not None)
        if not here:
            st.caption("Nothing is drawn over the letters yet: choose a row, or wait for it.")
    return here


def _line(
    pieces: tuple[Piece, ...], place: Interval, key: str, title: str, unit: str, *, letters: bool
) -> Line | None:
    values = on_contig(pieces, place.chrom)
    return None if values is None else Line(key, title, unit, values, letters)


def _predicted(card: ModelCard, place: Interval) -> list[Line | None]:
    """Return the row of all sequences here, or one for each strand that they were read on.

    The track is the genome's that the chosen sequence's own track is on its strand.
    """
    target = Target(card.track_index(controls.track(card)))
    plus = card.turned(target) if place.strand == "-" else target
    named = (card.explained(one) for one in (plus, card.turned(plus)))
    pieces = prediction_pieces(made.prediction(card), workspace.sequences(), *named)
    title = f"Prediction{_said(card, target, place)}"
    if controls.both_strands(card):
        return [_line(pieces, place, "prediction", title, card.units, letters=False)]
    lines = []
    for strand, word in STRANDS.items():
        held, key = of_strand(pieces, strand), f"prediction_{word}"
        told = f"{title} ({strand} strand)"
        lines.append(_line(held, place, key, told, card.units, letters=False))
    return lines


def _attributed(card: ModelCard, name: str, place: Interval) -> list[Line | None]:
    scores = made.attribution(card, name)
    pieces = attribution_pieces(scores, workspace.sequences())
    unit, of = ABOUT[scores.method].in_units(scores.units), _read(card, scores.target, place)
    return [_line(pieces, place, "attribution", f"Attribution{of}", unit, letters=True)]


def _said(card: ModelCard, target: Target, place: Interval) -> str:
    """Return ' of A minus B' where a difference of two tracks is explained, else ''.

    Of a track that has a mate on the other strand its name on the genome is said too.
    """
    other = card.turned(target)
    there = other if place.strand == "-" else target
    return "" if target.minus is None and other == target else f" of {card.explained(there)}"


def _read(card: ModelCard, target: Target, place: Interval) -> str:
    """Return what is explained, as ``_said``, and the strand where one only was read."""
    both = controls.both_strands(card)
    return _said(card, target, place) + ("" if both else f" ({place.strand} strand)")


def _changed(card: ModelCard, name: str, place: Interval) -> list[Line | None]:
    effects, sequences = made.mutagenesis(card, name), workspace.sequences()
    mean, most = mutagenesis_pieces(effects, sequences), strongest_pieces(effects, sequences)
    unit, of = card.units, _read(card, effects.target, place)
    return [
        _line(mean, place, "mean", f"Minus mean effect{of}", unit, letters=True),
        _line(most, place, "most", f"Strongest change{of}", unit, letters=False),
    ]


def view(name: str, place: Interval, rows: tuple[Line, ...]) -> View:
    """Return what is drawn."""
    sequences = workspace.sequences()
    origin = sequences.origins[sequences.index(name)]
    here = [
        Place(one, at.start, at.end, at.strand)
        for one, about in zip(sequences.names, sequences.origins, strict=True)
        if (at := about.interval) is not None and at.chrom == place.chrom
    ]
    chosen = next(i for i, one in enumerate(here) if one.name == name)
    # around the chosen one, in the order they were given; the sidebar names them all
    first = max(0, min(chosen - _MOST_PLACES // 2, len(here) - _MOST_PLACES))
    genome = _genome(origin.source, place)
    length = genome.genome.contigs[place.chrom] if genome else max(one.end for one in here)
    letters = plus_letters(sequences[name], place)
    shown = tuple(here[first : first + _MOST_PLACES])
    called = genome.genome.name if genome else "genome"
    return View(called, place.chrom, length, place.start, letters, rows, shown, chosen - first)
