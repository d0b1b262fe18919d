"""What was found: counts, notes, and one row for each motif, of which one is looked at.

Owns the words around them, and which motif is chosen.
"""

import math
from functools import partial

import streamlit as st

from gexp_core.export.motif_report import counted
from gexp_core.export.motifs import motif_table
from gexp_core.figures.motifs import data_uri, heights, small_svg
from gexp_core.models.card import ModelCard
from gexp_core.motifs.nouns import MotifSet
from gexp_core.ui import bench_word, show, workspace

_CHOSEN = "_motif"


def summary(made: MotifSet, card: ModelCard) -> None:
    """Show how much was found, how much of it by chance, and what there was too little of."""
    one, two, three = st.columns(3)
    sites, expected = made.beside_chance()
    rejected = sum(c.rejected for c in made.calling)
    one.metric(
        "Motifs",
        len(made.motifs),
        help="Patterns with clearly more sites here than in shuffled sequences (q at most 0.01). "
        f"Patterns that were not: {rejected:,}.",
    )
    two.metric("Their sites", f"{sites:,}", help="In your sequences.")
    three.metric(
        "Expected by chance",
        "unknown" if math.isnan(expected) else f"{expected:.3g}",
        help="Sites of the same motifs in as many bases of shuffled sequences. Whether a motif has "
        "clearly more is asked of different sequences: copies and variants of one count as one.",
    )
    for calling in made.calling:
        if calling.called or calling.patterns:
            show.note(counted(calling))
    for note in made.notes:
        st.info(show.plain(note), icon=":material/info:")
    show.unit(card)


def table(made: MotifSet) -> None:
    """Show one row per motif; ticking a row selects the motif."""
    if not made.motifs:
        return
    rows = motif_table(made).drop(columns=["unit", "link"])
    rows.insert(1, "logo", [data_uri(small_svg(heights(motif))) for motif in made.motifs])
    rows["name"] = rows["name"].where(rows["name"] != "", "nothing known")
    key = f"motifs_{made.provenance.input_digest[:12]}_{len(rows)}"
    column = st.column_config
    st.dataframe(
        rows,
        key=key,
        on_select=partial(_choose, key, tuple(rows["motif"])),
        selection_mode="single-row",
        hide_index=True,
        width="stretch",
        row_height=48,
        height=min(40 + 48 * len(rows), 480),
        column_order=["motif", "logo", "name", "q", "sites", "by_chance", "q_chance", "sequences",
                      "contribution", "bits", "consensus", "id"],
        column_config={
            "motif": column.TextColumn("Motif", pinned=True),
            "logo": column.ImageColumn("Letters", width="medium"),
            "name": column.TextColumn("Most like", help="The best known motif with q below 0.1."),
            "q": column.NumberColumn(
                "q of name",
                format="%.1e",
                help="Share of false names among those at least as good.",
            ),
            "sites": column.NumberColumn("Sites", format="%d", help="In your sequences."),
            "by_chance": column.NumberColumn(
                "By chance",
                format="%.1f",
                help="Sites in as many bases of shuffled sequences.",
            ),
            "q_chance": column.NumberColumn(
                "q of sites",
                format="%.0e",
                help="Share of false ones expected among motifs that exceed chance as clearly.",
            ),
            "sequences": column.NumberColumn(
                "Sequences", format="%d", help="Sequences with at least one site."
            ),
            "contribution": column.NumberColumn(
                "Contribution",
                format="%+.3f",
                help=f"Mean over its sites of the sum of scores, {made.units}.",
            ),
            "bits": column.NumberColumn(
                "Information", format="%.1f bits", help="Summed over its columns."
            ),
            "consensus": column.TextColumn("Consensus", help="Lower case below one half."),
            "id": column.TextColumn("Entry"),
        },
    )  # fmt: skip
    st.caption("Tick a row to look at a motif. Named by " + show.plain(made.database) + ".")


def _choose(key: str, motifs: tuple[str, ...]) -> None:
    rows = workspace.ticked(key)
    if rows and rows[0] < len(motifs):
        workspace.keep(_CHOSEN, motifs[rows[0]])
        workspace.keep(bench_word.LOOKED, "found")


def chosen(made: MotifSet) -> str:
    """Return the name of the chosen motif, the first until one is."""
    name: str = workspace.setting(_CHOSEN, "")
    return name if name in [motif.name for motif in made.motifs] else made.motifs[0].name
