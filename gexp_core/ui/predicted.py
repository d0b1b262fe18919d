"""Predictions as a visitor reads them: what the number is, the table, the plot, the profile.

Owns column heads and help texts, which come from the model's card.
"""

import math

import pandas as pd
import streamlit as st

from gexp_core import encoding
from gexp_core.export.tables import summary_table
from gexp_core.figures import interactive
from gexp_core.inputs.limits import many
from gexp_core.models.card import ModelCard
from gexp_core.types import Prediction
from gexp_core.ui import classical, controls, show, workspace


def meaning(card: ModelCard, track: str) -> None:
    """Say what the number is: assay, unit, zero, and how well it is known to hold."""
    st.markdown(
        f"**The number:** {card.meaning.rstrip('. ')}.  \n"
        f"**Assay:** {card.assay.rstrip('. ')}.  \n"
        f"**Unit:** {card.units}. **Zero:** {card.zero.rstrip('. ')}."
    )
    found = card.find("pearson", track=track) or card.find("pearson")
    if found is not None:
        between = (
            f" (95 % interval {found.low:.2f} to {found.high:.2f})"
            if found.low is not None and found.high is not None
            else ""
        )
        st.caption(
            f"On {found.n:,} held-out measured {'bins' if card.bins > 1 else 'sequences'} the "
            f"predictions of {show.plain(found.track)} reach a Pearson r of "
            f"{found.value:.2f}{between}."
        )


def rows(prediction: Prediction, card: ModelCard, track: str, wanted: str = "") -> pd.DataFrame:
    """Return the summary of one track, one row per sequence whose name contains ``wanted``."""
    frame = summary_table(prediction, card)
    frame = frame[frame["track"] == track]
    if wanted:
        frame = frame[frame["sequence"].str.lower().str.contains(wanted, regex=False)]
    return frame.reset_index(drop=True)


def _select(key: str, names: tuple[str, ...]) -> None:
    """Take the row that was clicked as the sequence of all pages."""
    chosen = workspace.ticked(key)
    if chosen and chosen[0] < len(names):
        workspace.choose_sequence(names[chosen[0]])


def table(frame: pd.DataFrame, card: ModelCard, prediction: Prediction) -> None:
    """Show the summary; clicking a row selects its sequence for the next pages."""
    names = tuple(frame["sequence"])
    key = f"summary_{prediction.provenance.input_digest[:12]}_{len(names)}_{hash(names)}"
    hidden = {"unit", "track"}
    hidden |= {name for name in ("percentile", "above_shuffled") if frame[name].isna().all()}
    if not frame["member_sd"].any():
        hidden.add("member_sd")
    if (frame["windows"] == 1).all():
        hidden.add("windows")
    if not (card.both_strands and prediction.provenance.settings.get("both_strands", True)):
        hidden |= {"strand_gap", "member_sd"}  # there is no gap, and the spread is the networks'
    column = st.column_config
    st.dataframe(
        frame,
        key=key,
        on_select=lambda: _select(key, names),
        selection_mode="single-row",
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * max(1, len(frame)), 400),
        column_order=[name for name in frame.columns if name not in hidden],
        column_config={
            "sequence": column.TextColumn("Sequence", pinned=True),
            "length": column.NumberColumn("Length", format="%d bp"),
            "covered": column.NumberColumn("Covered", format="%d bp"),
            "bins": column.NumberColumn(
                "Bins", help=f"Bins of {card.bin_size} bp that were predicted; their mean is shown."
            ),
            "windows": column.NumberColumn(
                "Windows", help="Windows of the model that the sequence fills; their mean is shown."
            ),
            "prediction": column.NumberColumn(
                f"Prediction ({card.units})",
                format=show.column(frame["prediction"]),
                help=f"{card.meaning} 0: {card.zero}",
            ),
            "percentile": column.ProgressColumn(
                "Percentile",
                format="%.0f",
                min_value=0,
                max_value=100,
                help="Share of the measured test sequences of this assay that lie below the "
                "prediction: 50 is the middle, 99 is among the strongest.",
            ),
            "above_shuffled": column.NumberColumn(
                "Above shuffled",
                format="%.0f %%",
                help="Share of the model's predictions for 10,000 shuffled sequences (same "
                "dinucleotides, no meaning) that lie below this one. Near 50 %, the arrangement of "
                "its letters says nothing to the model; near 0 or 100 % it does.",
            ),
            "strand_gap": column.NumberColumn(
                "Strand gap",
                format=show.column(frame["strand_gap"], "+"),
                help="The reading of the sequence as given, minus that of its reverse complement. "
                "A gap as large as the differences you care about is a warning.",
            ),
            "member_sd": column.NumberColumn(
                "Networks differ by",
                format=show.column(frame["member_sd"]),
                help="Standard deviation over the networks of the ensemble, strands averaged.",
            ),
            "spread": column.NumberColumn(
                "Spread",
                format=show.column(frame["spread"]),
                help="Standard deviation over every reading that the prediction averages: each "
                "network on each strand that is read. It is not the error of the prediction.",
            ),
        },
    )
    st.caption(
        f"{len(frame):,} of {many(len(prediction.names), 'sequence')}. Click the box before a row "
        "to select its sequence; click a head to sort."
    )


def chosen(frame: pd.DataFrame, name: str, card: ModelCard, track: str) -> None:
    """Show the selected sequence's numbers in large type, and what simple predictors say of it."""
    at = frame[frame["sequence"] == name]
    if at.empty:
        return
    row = at.iloc[0]
    show.heading(f"Selected: {name}")
    numbers = st.container(horizontal=True)  # breaks in a narrow window, where columns cut labels
    numbers.metric(
        "Prediction" if card.bins == 1 else "Mean",
        show.number(row["prediction"]),
        help=f"{card.units}; 0: {card.zero}"
        + ("" if card.bins == 1 else "; the mean over all bins of the sequence"),
    )
    percentile = row["percentile"]
    numbers.metric(
        "Percentile",
        "unknown" if math.isnan(percentile) else f"{percentile:.0f}",
        help="Among the measured test sequences of the assay.",
    )
    numbers.metric(
        "Spread", show.number(row["spread"]), help="Over all readings that are averaged."
    )
    if controls.both_strands(card):
        numbers.metric(
            "Strand gap", show.number(row["strand_gap"], "+"), help="Forward minus reverse reading."
        )
    show.unit(card)
    _placed(card)
    classical.beside(card, controls.letters(), track, float(row["prediction"]))


def _placed(card: ModelCard) -> None:
    """Say so where the model reads more of its own background than of the selected sequence."""
    text, (begin, end) = controls.letters(), card.insert
    if 2 * len(text) < end - begin:
        how = encoding.frame(text, background=card.background, insert=card.insert)
        st.warning(
            f"Most of what the model reads here is not your sequence: {how.note}. The number, its "
            "percentile too, is of both together; give more of the bases around it if you have "
            "them.",
            icon=":material/crop:",
        )


def plot(prediction: Prediction, card: ModelCard, name: str, track: str) -> None:
    """Plot all predictions, the selected one marked."""
    at = prediction.tracks.index(track)
    figure = interactive.prediction_plot(prediction, card, name, track=at)
    st.plotly_chart(figure, width="stretch", theme=None, key="predictions", config=show.BAR)
    if len(prediction.names) <= interactive.NAMED:
        st.caption(
            "The line through a point reaches as far as its spread (last column) to either side."
        )


def profile(prediction: Prediction, card: ModelCard, name: str, track: str) -> None:
    """Plot the prediction along the selected sequence, where it has more than one window."""
    i = prediction.names.index(name)
    where = prediction.rows(i)
    if where.stop - where.start > 1:
        show.heading(f"Along {name}")
        at = prediction.tracks.index(track)
        length = len(workspace.sequences()[name])
        figure = interactive.profile_plot(prediction, i, card, track=at, length=length)
        st.plotly_chart(figure, width="stretch", theme=None, key="profile", config=show.BAR)
        if card.bins > 1:
            st.caption(_covered(prediction, i, card, track, length))


def _covered(prediction: Prediction, i: int, card: ModelCard, track: str, length: int) -> str:
    """Return, in words, which track is drawn and which part of the sequence has bins."""
    rows = prediction.rows(i)
    first, last = int(prediction.start[rows].min()), int(prediction.end[rows].max())
    about = card.tracks[card.track_index(track)].description.rstrip(". ")
    top = rows.start + int(prediction.y[rows, card.track_index(track)].argmax())
    text = (
        f"{show.plain(about)}. A step is a bin of {card.bin_size} bp; the highest is "
        f"{prediction.y[top, card.track_index(track)]:.3g}, at positions "
        f"{prediction.start[top] + 1:,} to {prediction.end[top]:,}. "
    )
    if first < 0 or last > length:
        return text + (
            "The sequence is shorter than the part that the model predicts: it lies between the "
            "dotted lines, and what is drawn outside them is the model's reading of the background "
            "around it."
        )
    return text + (
        f"The model predicts the middle of its window, here positions {first + 1:,} to {last:,} "
        f"of {length:,}; the rest is context that it reads. Drag over the plot to zoom, "
        "double-click to go back."
    )
