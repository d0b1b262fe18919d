"""An attribution as a visitor reads it: the picture, how far its sum is off, the scores.

Owns the words around the numbers; the numbers are ``gexp_core.explain``'s.
"""

import math

import pandas as pd
import streamlit as st

from gexp_core.explain import ABOUT
from gexp_core.export.tables import attribution_table
from gexp_core.figures.scores import attribution_scores
from gexp_core.inputs.limits import many
from gexp_core.models.card import ModelCard
from gexp_core.types import Attribution, Prediction
from gexp_core.ui import show, specific
from gexp_core.ui.view import Row, heat, letters, logo, profile, sequence_view

#: Completeness error above which the page says that the scores do not add up.
TOLERANCE = 0.01


def summary(made: Attribution, i: int, card: ModelCard) -> None:
    """Show what is explained: two predictions, their difference, and the method's own error."""
    y, baseline = float(made.y[i]), float(made.y_baseline[i])
    error = float(made.completeness_error()[i])
    about = ABOUT[made.method]
    row = st.container(horizontal=True)  # breaks in a narrow window, where columns cut labels
    row.metric("Prediction", show.number(y), help=specific.zero(card, made.target))
    row.metric(
        "Baseline", show.number(baseline), help="The model's number for what it is compared with."
    )
    row.metric(
        "To explain",
        show.number(y - baseline, "+"),
        help="Prediction minus baseline: "
        + ("the scores add up to this." if about.complete else "not what the scores add up to."),
    )
    row.metric(
        "Completeness error",
        percent(error) if about.complete else "none expected",
        help=f"The scores of {about.title} are not expected to add up to the difference."
        if not about.complete
        else "How far the sum of all scores is from the difference, as a share of it. It measures "
        "the method, not whether the model is right.",
    )
    specific.unit(card, made.target)
    settings = made.provenance.settings
    compared = (
        f", mean over {many(settings['n_baselines'], 'shuffle')}"
        if "shuffle" in made.baseline
        else ""
    )
    show.note(
        f"Method: {about.title}"
        + (f" from baseline '{made.baseline}'{compared}" if about.baseline else "")
        + ", for "
        f"the track '{card.explained(made.target)}'."
    )
    if about.complete and error > TOLERANCE:
        st.warning(
            f"The scores miss the difference they should add up to by {percent(error)}, more than "
            f"{TOLERANCE:.0%}. The tall letters are still the ones that matter; do not read "
            "meaning into small ones, or compare with another baseline.",
            icon=":material/warning:",
        )


def percent(error: float) -> str:
    """Return a completeness error (a share) in words."""
    return f"{100 * error:.2g} %" if math.isfinite(error) else "not defined"


def picture(made: Attribution, i: int, prediction: Prediction | None, track: str) -> None:
    """Draw the scores as letters over the sequence, above the predicted profile if it has one."""
    scores = attribution_scores(made, i)
    about = ABOUT[made.method]
    unit = about.in_units(made.units)
    contributions = logo("Contribution of each base", unit, scores, help=about.height, height=150)
    rows = [contributions, letters()]
    if made.hypothetical:
        said = "score that each letter would get there"
        rows.append(heat("Hypothetical scores", unit, made.hypothetical[i], help=said))
    rows += along(None if made.target.minus is not None else prediction, made.names[i], track)
    sequence_view(made.sequences[i], rows, key="why_view", name=made.names[i])
    st.caption(
        f"{about.reading} To zoom, click the view and scroll, or hold Ctrl; drag to move, point "
        "at a base for its numbers. Positions are 1-based."
    )


def along(prediction: Prediction | None, name: str, track: str) -> list[Row]:
    """Return the row of predictions along a sequence that fills several windows."""
    if prediction is None:
        return []
    where = prediction.rows(prediction.names.index(name))
    if where.stop - where.start < 2:
        return []
    at = prediction.tracks.index(track)
    return [
        profile(
            "Prediction along the sequence",
            prediction.units,
            prediction.start[where],
            prediction.end[where],
            prediction.y[where, at],
        )
    ]


def table(made: Attribution, i: int) -> None:
    """Show the scores as a table, strongest first on request."""
    frame: pd.DataFrame = attribution_table(made, i).drop(columns="sequence")
    number = st.column_config.NumberColumn
    with st.expander("The scores as a table"):
        st.dataframe(
            frame,
            hide_index=True,
            width="stretch",
            height=360,
            column_config={
                "position": number("Position (1-based)"),
                "base": "Base",
                "score": number(
                    f"Score ({ABOUT[made.method].in_units(made.units)})",
                    format="%+.4f",
                    help="Contribution of the position: the sum of the four columns to the right.",
                ),
                **{
                    base: number(format="%+.4f", help="Contribution of this letter.")
                    for base in "ACGT"
                },
            },
        )
        show.note("Click a column's head to sort by it.")
