"""The first layer of the chosen model: its filters as logos, their names, how much each matters.

Owns the words and the table.
"""

from functools import partial

import streamlit as st

from gexp_core.export.motifs import filter_table, meme
from gexp_core.figures.motifs import data_uri, heights, small_svg
from gexp_core.models.card import ModelCard
from gexp_core.motifs.filter_nouns import FilterSet
from gexp_core.motifs.first_layer import MOST_READ, evaluations_of
from gexp_core.ui import controls, download, motifs, show, work, workspace

_WORK = "gexp_core.motifs.first_layer:read_filters_named"
_ASK = "Look into the first layer"

#: Where words are looked for.
_PLACES = ("Motifs in the scores", "Filters of the first layer")


def wanted() -> bool:
    """Offer the two places to look for words; return whether it is the first layer."""
    chosen = st.segmented_control(
        "Where to look",
        _PLACES,
        default=_PLACES[0],
        key="motif_place",
        persist_state="session",
        help="Motifs are what the whole model makes of your sequences. Filters are what its first "
        "layer reacts to.",
    )
    return chosen == _PLACES[1]


def page(card: ModelCard) -> None:
    """Draw the filters of one network of the model; end the page until they are read."""
    motifs.prepare()
    st.markdown(
        "A convolutional model begins with short filters that slide along the letters. Each is "
        "drawn from the stretches that excite it most, in your sequences and in shuffles of them, "
        "and is then switched off to see what the prediction of your sequences loses."
    )
    names = motifs.names(card)
    member = _member(card)
    sequences = workspace.sequences()
    made: FilterSet = work.result(
        "Reading the filters",
        _WORK,
        card,
        sequences,
        ask=_ASK,
        given=(card.name, sequences, names.known if names.digest else None),
        about=(names.digest,),
        units=lambda: evaluations_of(sequences),
        member=member,
        database=names.title if names.digest else names.database,
        seed=controls.seed(),
    )
    table(made, card)
    _files(made, card)


def _member(card: ModelCard) -> int:
    """Return which network is looked into, 0-based."""
    if card.members == 1:
        return 0
    chosen = st.selectbox(
        "Network",
        range(card.members),
        format_func=lambda k: f"{k + 1} of {card.members}",
        key="filters_member",
        help="The model averages several networks; each has filters of its own.",
    )
    return int(chosen or 0)


def table(made: FilterSet, card: ModelCard) -> None:
    """Show one row per filter, the one that matters most first."""
    track = controls.track(card)
    rows = filter_table(made)
    rows = (
        rows[rows["track"] == track].drop(columns=["track", "unit", "link"]).reset_index(drop=True)
    )
    drawn = [
        data_uri(small_svg(heights(one.motif))) if one.motif is not None else None
        for one in made.filters
    ]
    rows.insert(1, "logo", drawn)
    rows["name"] = rows["name"].where(rows["name"] != "", "nothing known")
    named = int((rows["q"] == rows["q"]).sum())
    one, two, three = st.columns(3)
    one.metric("Filters", len(rows), help="Those with the strongest responses, 64 at most.")
    two.metric("Like a known motif", named, help="q below 0.1 (TOMTOM).")
    three.metric(
        "Largest effect",
        f"{rows['size'].max():.3f}",
        help="Mean absolute change of the prediction without the filter that matters "
        f"most, {card.units}.",
    )
    column = st.column_config
    st.dataframe(
        rows,
        key="filters_table",
        hide_index=True,
        width="stretch",
        row_height=48,
        height=min(40 + 48 * len(rows), 640),
        column_order=["filter", "logo", "name", "q", "silenced", "size", "consensus", "id"],
        column_config={
            "filter": column.NumberColumn("Filter", pinned=True),
            "logo": column.ImageColumn("What excites it", width="medium"),
            "name": column.TextColumn("Most like", help="The best known motif with q below 0.1."),
            "q": column.NumberColumn(
                format="%.1e", help="Share of false names among those at least as good."
            ),
            "silenced": column.NumberColumn(
                "Change without it",
                format="%+.4f",
                help="Mean over your sequences of the prediction without the filter minus the "
                f"prediction with it, {card.units}. Below 0: the filter raises the prediction.",
            ),
            "size": column.NumberColumn(
                "Size", format="%.4f", help="Mean of the absolute change, whichever way."
            ),
            "consensus": column.TextColumn("Consensus", help="Lower case below one half."),
            "id": column.TextColumn("Entry"),
        },
    )  # fmt: skip
    few = "" if made.read < MOST_READ else f" ({MOST_READ} of them, taken evenly)"
    st.caption(
        f"Stretches from {made.texts:,} texts; effects on {made.read:,} of your sequences{few}, "
        f"forward strand, network {made.member + 1}. A filter is a piece of a word or several "
        "words at once, and later layers combine them: a filter without a name is no mistake, and "
        f"one with a name need not act like that factor. Named by {show.plain(made.database)}."
    )


def _files(made: FilterSet, card: ModelCard) -> None:
    stem = download.stem("filters", card.name)
    download.row(
        {
            "Table": (f"{stem}.tsv", download.table(partial(filter_table, made))),
            "MEME": (f"{stem}.meme", partial(meme, made)),
            "Provenance": (f"{stem}.json", lambda: made.provenance.to_json().encode()),
        }
    )
