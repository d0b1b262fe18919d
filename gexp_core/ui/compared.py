"""Two models on the visitor's own sequences: the choice, the wait, the scatter, who disagrees.

Owns the words; the numbers are ``gexp_core.evaluate.compare``'s.
"""

import contextlib
import math

import streamlit as st

from gexp_core.evaluate.compare import (
    FEWEST,
    GIVEN,
    MEASURED,
    Comparison,
    agreement,
    same_kind,
    scale,
)
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.ui import controls, download, frame, show, work, workspace

_WORK = "gexp_core.evaluate.compare:compare_named"
_ASKED = "_compared"  # which models and sequences the visitor has asked to compare
#: What is said of numbers of two kinds, by what they are compared in.
_PLACES = {
    MEASURED: "Below, each number has its place among the measured test sequences of its own "
    "assay.",
    GIVEN: "As one of the cards holds no measured test sequences, what lies apart are the places "
    f"of both among your sequences, from {FEWEST} on.",
}
_SHOWN = 200  # rows of the table on the page; the file has all


def section(card: ModelCard) -> None:
    """Offer the chosen model beside another on the visitor's sequences."""
    if card.signals:
        st.info(f"{card.name} reads measured tracks too, which sequences alone do not have.")
        return
    others = [name for name in registry.offered() if name != card.name]
    if not others:
        st.info("There is only one model on this server; nothing to compare it with.")
        return
    space = workspace.current()
    if space is None:
        st.info("Two models are compared on your own sequences; give some first.")
        frame.link("sequences", "Give sequences, or take an example")
        return
    at, first, second = st.columns(3, vertical_alignment="bottom")
    name = at.selectbox(
        f"Compare {card.name} with",
        others,
        key="other_model",
        persist_state="session",
        help="Both read the sequences of the page Sequences, each in its own window.",
    )
    other = registry.card(name)
    track = _track(first, card, "compared_track")
    other_track = _track(second, other, "other_track")
    st.caption(_windows(card, other))
    asked = f"{card.sha256} {other.sha256} {space.sequences.digest}"
    if workspace.setting(_ASKED, "") != asked:
        st.button(
            _ask(len(space.sequences)),
            type="primary",
            key="compare",
            on_click=workspace.keep,
            args=(_ASKED, asked),
            help="Both models read all sequences; afterwards tracks are changed without waiting.",
        )
        return
    with contextlib.suppress(work.Pending):  # the rest of the page stays
        made: Comparison = work.result(
            "Predicting with both models",
            _WORK,
            card,
            space.sequences,
            given=(card.name, space.sequences, other.name),
            about=(other.name, work.card_digest(other)),
            both_strands=any(map(controls.both_strands, (card, other))),
            strides=(controls.stride(card), controls.stride(other)),
        )
        _show(made, card, track, other, other_track)


def _ask(n: int) -> str:
    return f"Compare on {n:,} sequences" if n > 1 else "Compare on your sequence"


def _track(place: st.delta_generator.DeltaGenerator, card: ModelCard, key: str) -> str:
    """Offer the tracks of a model, where it has several."""
    names = [track.name for track in card.tracks]
    if len(names) == 1:
        place.caption(f"{card.name} gives: {show.plain(names[0])}")
        return names[0]
    chosen: str = place.selectbox(
        f"Track of {card.name}",
        names,
        key=f"{key}_{card.name}",
        persist_state="session",
        help="Which output is compared.",
    )
    return chosen


def _windows(card: ModelCard, other: ModelCard) -> str:
    """Return how long the windows are, and what that does to the comparison."""
    if card.insert[1] - card.insert[0] == other.insert[1] - other.insert[0]:
        return f"Both models read {card.insert[1] - card.insert[0]:,} bp of a sequence at once."
    rooms = [one.insert[1] - one.insert[0] for one in (card, other)]
    return (
        f"{card.name} reads {rooms[0]:,} bp of a sequence at once, {other.name} {rooms[1]:,} bp: a "
        "longer sequence is read in several windows and averaged, a shorter one placed in neutral "
        "text, so part of a difference may come from that."
    )


def _show(
    made: Comparison, card: ModelCard, track: str, other: ModelCard, other_track: str
) -> None:
    from gexp_core.export.comparison import comparison_table
    from gexp_core.figures.model_cards import comparison_plot

    x, y = made.numbers(track, other_track)
    alike = same_kind(card, track, other, other_track)
    found = agreement(x, y)
    if alike and not math.isnan(found.pearson):
        r, rank, n = st.columns(3)
        r.metric("Pearson r", f"{found.pearson:.2f}", help="Of the two predictions.")
        rank.metric("Rank r", f"{found.spearman:.2f}", help="Spearman: do they rank them alike?")
        n.metric("Sequences", f"{found.n:,}")
        st.caption(
            "Agreement of two models is not accuracy: they may share their training data and so "
            "their mistakes. The figures on the card say how good each is."
        )
    elif alike:
        show.note(f"A correlation needs at least {FEWEST} sequences that differ.")
    else:
        show.note(
            f"{card.name} ({track}, {card.units}) and {other.name} ({other_track}, {other.units}) "
            "measure different things, so no correlation is given. "
            + _PLACES[scale(card, track, other, other_track)]
        )
    figure = comparison_plot(made, card, track, other, other_track)
    st.plotly_chart(figure, width="stretch", theme=None, key="compared", config=show.BAR)
    table = comparison_table(made, card, track, other, other_track)
    st.subheader("Where they disagree most", anchor=False)
    st.dataframe(
        table.head(_SHOWN),
        hide_index=True,
        width="stretch",
        column_config={
            head: st.column_config.NumberColumn(format="%.0f" if "percentile" in head else "%.3f")
            for head in table.columns[1:]
        },
    )
    unit = scale(card, track, other, other_track)
    show.note(
        f"Apart: {other.name} minus {card.name}, in {unit}; the largest differences first."
        + (
            f" The first {_SHOWN} of {len(table):,} rows; the file has all."
            if len(table) > _SHOWN
            else ""
        )
    )
    download.file(
        "Table of both models",
        download.table(table),
        f"{download.stem('compared', card.name, other.name)}.tsv",
    )
