"""Known motifs in the letters on the bench: a row of the view, and a table to choose from.

Owns the row, the panel and how hits of an earlier state lie on the present letters; the scan and
the choice among its hits are ``gexp_core.motifs.hits``'s. A hit says what could bind by the
letters; whether the model uses the place, the contributions of its bases say.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from gexp_core.edits.state import NEW, EditState
from gexp_core.models.card import ModelCard
from gexp_core.motifs.database import for_card, link, title
from gexp_core.motifs.hits import Place
from gexp_core.types import Attribution, Floats
from gexp_core.ui import download, show, work, workspace
from gexp_core.ui.view import Row, marks
from gexp_core.ui.workbench import asked, costly, selected
from gexp_core.ui.workbench import bench as deeds
from gexp_core.ui.workbench.asked import Found
from gexp_core.ui.workbench.bench import Bench
from gexp_core.ui.workbench.rows import on_genome

_WORK = "gexp_core.motifs.hits:places_named"

#: The toggle, and the panel that needs the scan too.
SHOWN = "bench_hits"
PANEL = "Motifs"

_LISTED = 1_000  # places in the table, the best first
_NAMED = 6  # further motifs named behind a place


def ask_for() -> None:
    """Switch the row on; call it from a widget's callback."""
    workspace.keep(SHOWN, True)


def asked_for() -> bool:
    """Return whether the letters are scanned."""
    return bool(workspace.setting(SHOWN, False)) or workspace.setting("bench_panel", "") == PANEL


def toggle() -> None:
    """Offer the row; it is off until asked for, as a scan takes seconds."""
    st.toggle(
        "Known motifs",
        key=SHOWN,
        help="Scan the letters for the known motifs of JASPAR (both strands, p at most 0.0001, at "
        "least 0 bits) and show them as a row. Click a hit to select it; Knock out then works on "
        "it.",
    )


def found(bench: Bench, card: ModelCard) -> Found | None:
    """Return the places of the present letters, or of the last that were scanned, or None."""
    if not asked_for():
        return None
    return asked.follow(
        bench, "hits", _WORK, card, given=(bench.sequences,), database=for_card(card)
    )


def laid(found: Found, now: EditState) -> tuple[Place, ...]:
    """Return the places of an earlier state that still have all their letters, where they lie."""
    if found.fresh:
        places: tuple[Place, ...] = found.made
        return places
    old = found.state.sequence
    where = now.carry(found.state)
    there = np.full(len(old), NEW, np.int64)  # of each earlier base: where it lies now
    known = np.flatnonzero(where != NEW)
    same = [at for at in known if now.sequence[at] == old[where[at]]]
    there[where[same]] = same
    kept = []
    for place in found.made:
        first, last = place.best.start, place.best.end
        stretch = there[first:last]
        if stretch[0] != NEW and (stretch == np.arange(len(stretch)) + stretch[0]).all():
            at = int(stretch[0])
            best = replace(place.best, start=at, end=at + last - first)
            kept.append(replace(place, best=best))
    return tuple(kept)


def row(bench: Bench, card: ModelCard) -> list[Row]:
    """Return the row of known motifs; none where it is not asked for or not there yet."""
    made = found(bench, card)
    if made is None:
        return []
    places = [place.best for place in laid(made, bench.state)]
    one = marks(
        "Known motifs",
        [hit.start for hit in places],
        [hit.end for hit in places],
        [hit.name for hit in places],
        strands=[hit.strand for hit in places],
        help=f"{title(for_card(card))}; what could bind by the letters. Click a hit to select it",
    )
    return [replace(one, stale=not made.fresh)]


def over(places: tuple[Place, ...], position: int, scores: Floats | None) -> Place | None:
    """Return the place over a base (0-based) that counts most, by its contribution or else its p.

    None where no place covers the base.
    """
    near = [one for one in places if one.best.start <= position < one.best.end]

    def rank(one: Place) -> tuple[float, float]:
        stretch = slice(one.best.start, one.best.end)
        return (0.0 if scores is None else -abs(float(scores[stretch].sum())), one.best.p)

    return min(near, key=rank, default=None)


def panel(bench: Bench, card: ModelCard, track: str) -> None:
    """Draw the table of places; ticking one selects it."""
    name = for_card(card)
    st.caption(
        f"Known motifs ({show.plain(title(name))}) that fit the letters on either strand: p at "
        "most 0.0001, and a score of at least 0 bits. Of motifs that lie on each other the best is "
        "named, the others are behind it: factors of one family share a motif. A hit is not yet a "
        "site: *Contribution* says what its bases add to the prediction of this model."
    )
    made = found(bench, card)
    if made is None:
        st.caption("The letters are being scanned; the motifs appear here and as a row above.")
        return
    if not made.fresh:
        st.caption("From before the last edit; the new letters are being scanned.")
    places = table(bench, made, credit(bench, card))
    if places.empty:
        st.info("No known motif fits these letters.", icon=":material/info:")
        return
    unit = card.units
    number = st.column_config.NumberColumn
    shown = places.head(_LISTED).drop(columns="id")
    key = f"bench_hits_{bench.asked_for[:8]}_{len(places)}"
    st.dataframe(
        shown,
        key=key,
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * len(shown), 300),
        on_select=partial(look, bench, key, stretches(places)),
        selection_mode="single-row",
        column_config={
            "motif": "Motif",
            "first": number("From"),
            "last": number("To"),
            "strand": "Strand",
            "genome": "On the genome",
            "contribution": number(
                f"Contribution ({unit})",
                format=show.column(shown["contribution"], "+"),
                help="Sum over its bases of the contributions in the view above.",
            ),
            "p": number(format="%.1e", help="Chance of as good a fit at one place on one strand."),
            "others": st.column_config.TextColumn("Also fit", width="medium"),
            "entry": st.column_config.LinkColumn("Entry", display_text="JASPAR"),
        },
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Knock out the selected stretch",
            key="bench_hits_out",
            icon=":material/block:",
            disabled=bench.selected is None,
            on_click=partial(deeds.knock_out, bench),
            help="Change every base of it (A with C, G with T); the prediction above answers.",
        )
        st.caption(
            "Tick a row, or click a hit in the view, to select it."
            if bench.selected is None
            else f"Selected: {selected.stretch_text(bench)}."
        )
    stem = download.stem("known_motifs", bench.name)
    download.row({"Known motifs (table)": (f"{stem}.tsv", download.table(places))})


def table(bench: Bench, made: Found, scores: Floats | None) -> pd.DataFrame:
    """Return one row per place on the present letters, as :func:`listed`, with its coordinates."""
    return on_genome(bench, listed(laid(made, bench.state), scores), "first", "last")


def stretches(places: pd.DataFrame) -> list[tuple[int, int]]:
    """Return the first and last base, 1-based, of each row of a table."""
    return list(zip(places["first"], places["last"], strict=True))


def credit(bench: Bench, card: ModelCard) -> Floats | None:
    """Return the contribution of each present base (L,), if it is known by the present choices.

    What another model, track or method said may still be in sight, pale; it is not counted.
    """
    how = costly.contributing(card)
    made: Attribution | None = work.known("attribute_named", card, bench.sequences, **how)
    return None if made is None else made.per_base(0)


def listed(places: tuple[Place, ...], scores: Floats | None) -> pd.DataFrame:
    """Return one row per place, positions 1-based: those that count most first, else the best."""
    rows = []
    for place in places:
        hit = place.best
        others = ", ".join(place.others[:_NAMED])
        if len(place.others) > _NAMED:
            others += f" and {len(place.others) - _NAMED} more"
        worth = np.nan if scores is None else float(scores[hit.start : hit.end].sum())
        rows.append(
            {
                "motif": hit.name,
                "first": hit.start + 1,
                "last": hit.end,
                "strand": hit.strand,
                "contribution": worth,
                "p": hit.p,
                "others": others,
                "id": hit.id,
                "entry": link(hit.id),
            }
        )
    columns = ("motif", "first", "last", "strand", "contribution", "p", "others", "id", "entry")
    table = pd.DataFrame(rows, columns=columns)
    size = -table["contribution"].abs().fillna(0)
    return table.assign(size=size).sort_values(["size", "p"], kind="stable").drop(columns="size")


def look(bench: Bench, key: str, listed: list[tuple[int, int]]) -> None:
    """Select the stretch of the ticked row of the table ``key``."""
    rows = workspace.ticked(key)
    if rows and rows[0] < len(listed):
        first, last = listed[rows[0]]
        deeds.select(bench, (int(first) - 1, int(last)))
