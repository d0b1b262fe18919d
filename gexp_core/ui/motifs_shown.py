"""One motif closely: its logos, what it resembles, its sites on the sequences; files to take away.

Owns the words around them.
"""

from typing import Any

import pandas as pd
import streamlit as st

from gexp_core.export.motif_report import beside_chance
from gexp_core.export.motifs import match_table, seqlet_table, site_table
from gexp_core.figures.motifs import MOST_BITS, aligned, motif_svg, small_svg
from gexp_core.models.card import ModelCard
from gexp_core.motifs.database import link
from gexp_core.motifs.meme import Known
from gexp_core.motifs.nouns import Motif, MotifSet
from gexp_core.motifs.scanning import Hit
from gexp_core.types import SequenceSet
from gexp_core.ui import (
    bench_word,
    download,
    frame,
    motifs,
    motifs_at_work,
    motifs_listed,
    show,
    work,
    workspace,
)
from gexp_core.ui.view import letters, marks, sequence_view

_SHOWN = 3  # known motifs drawn beside one
_LOGO = 460  # pixels of one of two logos: small enough for a window of 800
_SCAN = "gexp_core.motifs.scanning:scan_named"


def closely(made: MotifSet, names: motifs.Names) -> None:
    """Show the chosen motif: letters, contribution, and the known motifs it resembles."""
    if not made.motifs:
        return
    motif = made[motifs_listed.chosen(made)]
    show.heading(motif.name)
    row = st.container(horizontal=True)  # one below the other where there is no room
    left, right = row.container(width=_LOGO), row.container(width=_LOGO)
    left.caption("What letters it has")
    left.image(motif_svg(motif, "information"), width="content")
    right.caption("What they are worth, mean over its sites")
    right.image(motif_svg(motif, "contribution", unit=made.units), width="content")
    if words := beside_chance(motif):
        st.markdown(words)
    _matches(motif, {one.id: one for one in names.known})
    rows = site_table(made)
    rows = rows[rows["motif"] == motif.name].drop(columns=["motif", "name", "unit"])
    rows.insert(1, "position", rows.pop("start") + 1)
    with st.expander("Its site" if len(rows) == 1 else f"Its {len(rows):,} sites"):
        st.dataframe(rows.head(5000), hide_index=True, width="stretch", height=300)
        st.caption(
            "position is 1-based, end is the last base; letters as the motif reads them; "
            f"contribution in {show.plain(made.units)}; similarity is 1 for the same picture."
        )


def _matches(motif: Motif, known: dict[str, Known]) -> None:
    if not motif.matches:
        st.info(
            "It resembles no known motif more than chance allows (q below 0.1). That may be a new "
            "word, a composite of two, or too short a one to tell.",
            icon=":material/info:",
        )
        return
    for match in motif.matches[:_SHOWN]:
        words, picture = st.columns([1, 2], vertical_alignment="center")
        address = link(match.id)
        label = show.plain(f"{match.name} {match.id}")
        turned = ", turned round" if match.strand == "-" else ""
        words.markdown(
            (f"[{label}]({address})" if address else label)
            + f"  \nq = {match.q:.1e}, {match.overlap} columns{turned}"
        )
        if match.id in known:
            one, two = aligned(motif, match, known[match.id])
            picture.image(small_svg(one, MOST_BITS))
            picture.image(small_svg(two, MOST_BITS))
    rest = ", ".join(f"{m.name} (q = {m.q:.1e})" for m in motif.matches[_SHOWN:])
    if rest:
        show.note(f"Also like: {rest}.")
    show.note(
        "The motif is drawn above the known one, both as tall as 2 bits a column. Factors of one "
        "family share a motif: the name says which family, not which of its members binds."
    )


def seqlets(made: MotifSet) -> None:
    """Show the stretches that stand out with what their letters resemble."""
    if not made.seqlets:
        return
    rows: pd.DataFrame = seqlet_table(made).drop(columns="unit")
    rows.insert(1, "position", rows.pop("start") + 1)
    n = len(rows)
    said = "The stretch that stands out" if n == 1 else f"The {n:,} stretches that stand out"
    with st.expander(said, expanded=not made.motifs):
        st.dataframe(rows.head(2000), hide_index=True, width="stretch", height=300)
        st.caption(
            "position is 1-based, end is the last base; name is the known motif that the letters "
            "resemble most, where one does (q below 0.1). A short stretch resembles many."
        )


def on_sequence(made: MotifSet, name: str, card: ModelCard, names: motifs.Names) -> None:
    """Draw the sites on the chosen sequence, and on request what known motifs fit its letters."""
    i = made.names.index(name)
    text = made.sequences[i]
    show.heading(f"On {name}")
    placed = made.on(i)
    labels = [m.matches[0].name if m.matches else m.name for m, _ in placed]
    rows = [
        letters(),
        marks(
            "Sites of the motifs found",
            [s.start for _, s in placed],
            [s.end for _, s in placed],
            labels,
            strands=[s.strand for _, s in placed],
            help="Where the model's scores look like a motif.",
        ),
    ]
    bare = [s for s in made.seqlets if s.sequence == i and not _covered(s.start, s.end, placed)]
    rows.append(
        marks(
            "Other stretches that stand out",
            [s.start for s in bare],
            [s.end for s in bare],
            ["raises" if s.contribution > 0 else "lowers" for s in bare],
            help="Seqlets that are no site of a motif.",
        )
    )
    if made.at_work is not None and made.at_work.motifs:
        rows.append(motifs_at_work.row(made, i))
    if st.toggle(
        "Also show where known motifs fit the letters",
        key="motif_scan",
        help="A scan (FIMO) for the known motifs that yours resemble, whatever the model says: "
        "a place in this row alone is a word that the model does not use there.",
    ):
        hits = [h for h in _scanned(made, card, names) if h.sequence == i]
        if not any(motif.matches for motif in made.motifs):
            show.note(
                "No motif has a name here, so there is none to scan for. The page Workbench scans "
                "a sequence for the whole database."
            )
        rows.append(
            marks(
                "Known motifs by letters (FIMO)",
                [h.start for h in hits],
                [h.end for h in hits],
                [h.name for h in hits],
                strands=[h.strand for h in hits],
                help="p at most 0.0001 for one place on one strand, and at least 0 bits.",
            )
        )
    sequence_view(text, rows, key="motif_view", name=name)
    if not placed:
        show.note("No motif has a site on this sequence; choose another in the sidebar.")


def _covered(start: int, end: int, placed: tuple[tuple[Motif, Any], ...]) -> bool:
    return any(s.start < end and start < s.end for _, s in placed)


def _scanned(made: MotifSet, card: ModelCard, names: motifs.Names) -> tuple[Hit, ...]:
    """Return the hits of the known motifs that the found ones resemble most."""
    ids = tuple(dict.fromkeys(m.matches[0].id for m in made.motifs if m.matches))
    known = tuple(one for one in names.known if one.id in ids)
    if not known:
        return ()
    sequences = workspace.sequences()
    hits: tuple[Hit, ...] = work.result(
        "Scanning", _SCAN, card, sequences, given=(sequences, known), about=(names.digest, *ids)
    )
    return hits


def onward(made: MotifSet) -> None:
    """Close the page with the bench, where the letters of what is looked at then stand.

    The motif or the known motif at work that was ticked last; at first one that was found.
    """
    known = motifs_at_work.as_motif(made)
    motif = made[motifs_listed.chosen(made)] if made.motifs else known
    if known is not None and workspace.setting(bench_word.LOOKED, "") == "known":
        motif = known
    if motif is None:
        frame.onward("bench", "Next: test a word on the motif bench")
        return
    bench_word.take(motif, workspace.sequences(), made.provenance.model)
    frame.onward("bench", f"Next: test {show.plain(motif.name)} on the motif bench")


def files(made: MotifSet, card: ModelCard, names: motifs.Names) -> None:
    """Offer everything: motifs, sites, matches, the report, the drawings of the chosen motif."""
    from gexp_core.export import motif_report
    from gexp_core.export import motifs as export

    sequences = workspace.sequences()
    report = {
        "Report (HTML)": ("motifs.html", lambda: motif_report.report(made, card, names.known))
    }
    if made.motifs:
        download.row(
            {
                **report,
                "MEME": ("motifs.meme", lambda: export.meme(made)),
                "TRANSFAC": ("motifs.transfac", lambda: export.transfac(made)),
                "Table": ("motifs.tsv", download.table(lambda: export.motif_table(made))),
                "Names": ("motif_names.tsv", download.table(lambda: match_table(made))),
                "Sites (CSV)": ("motif_sites.csv", lambda: export.comma(site_table(made))),
                **_bed(made, sequences),
                "HDF5": ("motifs.h5", lambda: export.hdf5(made)),
            }
        )
        motif = made[motifs_listed.chosen(made)]
        name = download.stem("motif", motif.name)
        download.row(
            {
                f"Logo, {kind}": (f"{name}.{kind.lower()}", _drawn(motif, made.units, kind.lower()))
                for kind in ("SVG", "PDF", "PNG")
            }
        )
    download.row(
        {
            **({} if made.motifs else report),
            "Stretches": ("seqlets.tsv", download.table(lambda: export.seqlet_table(made))),
            "Provenance": ("motifs.json", lambda: made.provenance.to_json().encode()),
        }
    )


def _bed(made: MotifSet, sequences: SequenceSet) -> dict[str, Any]:
    """Return the BED file where some sequence has coordinates."""
    from gexp_core.export import motifs as export

    if all(origin.interval is None for origin in sequences.origins):
        return {}
    return {"Sites (BED)": ("motif_sites.bed", lambda: export.bed(made, sequences))}


def _drawn(motif: Motif, units: str, kind: str) -> Any:
    def make() -> bytes:
        from gexp_core.figures.motifs import motif_figure
        from gexp_core.figures.saving import render

        return render(motif_figure(motif, units), kind)

    return make
