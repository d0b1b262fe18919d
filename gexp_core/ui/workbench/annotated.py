"""Annotations over the letters on the bench: genes, and intervals that the visitor gives.

Owns the rows, the upload and the table. Where an annotation lies after edits is
``edits.annotations``'s; genes are those given on the page Regions.
"""

import hashlib
import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from gexp_core.edits.annotations import Annotation, laid, of_genes, of_intervals
from gexp_core.errors import GexpError
from gexp_core.inputs import APP_LIMITS, read_bed
from gexp_core.inputs.intervals import format_region
from gexp_core.inputs.limits import many
from gexp_core.models.card import ModelCard
from gexp_core.ui import download, regions, show, tray, uploads, workspace
from gexp_core.ui.view import Row, marks
from gexp_core.ui.workbench import activities, hits
from gexp_core.ui.workbench.bench import Bench
from gexp_core.ui.workbench.rows import on_genome

PANEL = "Annotations"

_GIVEN = "_annotations"
_UPLOAD = "bench_annotations"
#: Intervals of one file, of which few lie on one sequence, and those of a row that are shown.
LIMITS = replace(APP_LIMITS, max_records=50_000, lines_each=20)  # lines as of every list
MOST = 1_000

_NAMED = 3  # chromosomes of a file in which nothing lies here
_SHOWN = 24  # characters of a name in the view


def given() -> regions.Given | None:
    """Return the visitor's own annotations, or None."""
    found: regions.Given | None = tray.given(_GIVEN)
    return found


def _take(bench: Bench) -> None:
    """Read what was uploaded; on a problem the old annotations stay."""
    file = uploads.given(_UPLOAD)
    if file is None:
        return
    bench.problem = None
    try:
        read = read_bed(file.getvalue(), filename=file.name, limits=LIMITS)
        tray.give(_GIVEN, regions.Given(*read, file.name), "the annotations")
    except GexpError as error:
        bench.problem = error
        return
    workspace.keep(activities.MOVED, True)  # the whole page, whose address finds them again


def own(bench: Bench) -> tuple[Annotation, ...]:
    """Return the visitor's annotations of the original sequence, as many as are shown."""
    return _all(bench)[:MOST]


def _all(bench: Bench) -> tuple[Annotation, ...]:
    known = given()
    if known is None:
        return ()
    text, place = bench.history.original, bench.interval
    return _once(
        bench,
        "own",
        known,
        lambda: of_intervals(
            known.intervals, bench.name, len(text), place, stranded=known.stranded
        ),
    )


def genes(bench: Bench) -> tuple[Annotation, ...]:
    """Return the genes that lie on the original; none where its genome is not the chosen one."""
    place = bench.interval
    known = None if place is None else regions.genes_at_hand(bench.source)
    if known is None or place is None:
        return ()
    return _once(bench, "genes", known, lambda: of_genes(known, place))[:MOST]


def _once(
    bench: Bench, kind: str, source: object, make: Callable[[], tuple[Annotation, ...]]
) -> tuple[Annotation, ...]:
    """Return what of ``source`` lies on the original, worked out once for as long as it is this."""
    held, found = bench.annotated.get(kind, (None, ()))
    if held is None or held() is not source:
        found = make()
        bench.annotated[kind] = (weakref.ref(source), found)  # its tray alone holds it
    return found


def rows(bench: Bench) -> list[Row]:
    """Return the rows of genes and of the visitor's annotations; none for what there is none of."""
    return [
        *_row(bench, "Genes", genes(bench), "from first to last transcript; their strand"),
        *_row(bench, "Annotations", own(bench), "as uploaded. Click one to select it"),
    ]


def _row(bench: Bench, title: str, found: tuple[Annotation, ...], help: str) -> list[Row]:
    if not found:
        return []
    now = laid(found, bench.state)
    return [
        marks(
            title,
            [one.start for one in now],
            [one.end for one in now],
            [_short(one.name) for one in now],
            strands=[one.strand for one in now],
            help=help,
        )
    ]


def _short(name: str) -> str:
    return name if len(name) <= _SHOWN else name[: _SHOWN - 1] + "\u2026"


def panel(bench: Bench, card: ModelCard, track: str) -> None:
    """Draw the upload, and the table of everything that is annotated; ticking one selects it."""
    st.file_uploader(
        "Annotations: BED, plain or gzip (chromosome or name of a sequence, start, end, name, "
        "score, strand)",
        key=_UPLOAD,
        on_change=_take,
        args=(bench,),
        help="0-based half-open positions, as BED has them. Lines whose first column is the name "
        "of the sequence count on its letters; lines that name a chromosome lie on sequences "
        f"that were taken from there. Up to {LIMITS.max_records:,} intervals; they are kept for "
        "all your sequences.",
    )
    tray.tell_lost()
    known = given()
    if known is not None:
        _told(bench, known)
    frame = on_genome(bench, _listed(bench, card), "first", "last")
    if frame.empty:
        st.caption(
            "Nothing is annotated on these letters. Peaks, footprints, exons or sites that you "
            "upload lie as a row under the others, and the table here says what the bases of each "
            "contribute. Genes are shown for sequences that were taken from a genome, while that "
            "genome and an annotation of it are chosen on the page Regions."
        )
        return
    number = st.column_config.NumberColumn
    places = frame[["kind", "name", "first", "last"]].to_csv(index=False)
    key = f"bench_annotated_{hashlib.sha256(places.encode()).hexdigest()[:16]}"  # ticks are of it
    st.dataframe(
        frame,
        key=key,
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * len(frame), 300),
        on_select=partial(hits.look, bench, key, hits.stretches(frame)),
        selection_mode="single-row",
        column_config={
            "kind": "Row",
            "name": st.column_config.TextColumn("Name", width="medium"),
            "first": number("From"),
            "last": number("To"),
            "strand": "Strand",
            "genome": "On the genome",
            "contribution": number(
                f"Contribution ({card.units})",
                format=show.column(frame["contribution"], "+"),
                help="Sum over its bases of the contributions in the view above.",
            ),
        },
    )
    st.caption("Tick a row, or click one in the view, to select its bases.")
    stem = download.stem("annotations", bench.name)
    download.row({"Annotations (table)": (f"{stem}.tsv", download.table(frame))})


def _listed(bench: Bench, card: ModelCard) -> pd.DataFrame:
    """Return one row per annotation on the present letters, positions 1-based, as they lie."""
    scores = hits.credit(bench, card)
    found = [
        (kind, one)
        for kind, several in (("gene", genes(bench)), ("uploaded", own(bench)))
        for one in laid(several, bench.state)
    ]
    table = pd.DataFrame(
        {
            "kind": [kind for kind, _ in found],
            "name": [one.name for _, one in found],
            "first": [one.start + 1 for _, one in found],
            "last": [one.end for _, one in found],
            "strand": [one.strand for _, one in found],
            "contribution": [
                float("nan") if scores is None else float(scores[one.start : one.end].sum())
                for _, one in found
            ],
        }
    )
    return table.sort_values(["first", "last"], kind="stable", ignore_index=True)


def _told(bench: Bench, known: regions.Given) -> None:
    """Say how many of the intervals lie here, what was changed and what was left out."""
    here, at = len(_all(bench)), bench.interval
    said = f"{known.source}: {here:,} of {many(len(known.intervals), 'interval')} on {bench.name}"
    said += f"; the first {MOST:,} are shown." if here > MOST else "."
    if not here:
        columns = list(dict.fromkeys(one.interval.chrom for one in known.intervals))
        more = " and others" if len(columns) > _NAMED else ""
        place = "its place on a genome is not known" if at is None else f"it is {format_region(at)}"
        said += f" They name {', '.join(columns[:_NAMED])}{more}; {place}."
    show.note(said)
    told = [one.text for one in known.changes if one.kind != "strand"]
    if not known.stranded:
        told.append("no strands are shown, as some intervals have none")
    if told:
        show.note(f"{'; '.join(told)}.")
    if known.rejected:
        with st.expander(f"Left out ({len(known.rejected):,})"):
            lines = [{"Why": one.text} for one in known.rejected]
            st.dataframe(pd.DataFrame(lines), hide_index=True, width="stretch")
