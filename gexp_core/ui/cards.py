"""A model card as people read it. Owns its order and its words; the card owns the facts."""

from pathlib import Path

import pandas as pd
import streamlit as st

from gexp_core.evaluate.calibration import verdict
from gexp_core.export import card_making, card_page
from gexp_core.figures import model_cards
from gexp_core.models import registry
from gexp_core.models.card import Metric, ModelCard
from gexp_core.ui import controls, download, show


def card(model: ModelCard) -> None:
    """Show one card from what it is to how far to trust it."""
    st.header(model.title, anchor=False)
    st.markdown(model.meaning)
    if model.signals:
        st.info(card_page.signals_told(model), icon=":material/terminal:")
    facts, trust = st.columns(2, gap="large")
    with facts:
        _facts(model)
    with trust:
        _limits(model)
    _held_out(model)
    _effects(model)
    _places(model)
    _scatter(model)
    _details(model)
    files(model)


def _facts(model: ModelCard) -> None:
    st.subheader("What it is", anchor=False)
    first, last = model.insert
    window = f"{model.input_length:,} bp, of which {last - first} varied in the assay"
    rows = {
        "Name": model.name,
        "Species": model.species,
        "Assay": model.assay,
        "Unit": model.units,
        "What zero means": model.zero,
        "Window": window if last - first < model.input_length else f"{model.input_length:,} bp",
        "Tracks": ", ".join(f"{track.name} ({track.description})" for track in model.tracks[:12])
        + (f" and {len(model.tracks) - 12} more" if len(model.tracks) > 12 else ""),
        "Family": f"{model.family}, {model.members} networks averaged"
        if model.members > 1
        else f"{model.family}, one network",
        "Licence of the weights": model.licence,
        "Please cite": model.citation,
    }
    st.markdown("\n".join(f"- **{name}:** {fact}" for name, fact in rows.items()))


def _limits(model: ModelCard) -> None:
    st.subheader("What it does not know", anchor=False)
    if model.limits:
        st.markdown("\n".join(f"- {limit}" for limit in model.limits))
    else:
        st.caption("Its card states no limits.")


def _held_out(model: ModelCard) -> None:
    st.subheader("How good it is on sequences it has never seen", anchor=False)
    if not model.held_out:
        st.caption("Its card holds no held-out figures; do not rely on its numbers.")
        return
    measures = list(dict.fromkeys(row.metric for row in model.held_out))
    tracks = list(dict.fromkeys(row.track for row in model.held_out))
    track = tracks[0]
    if len(tracks) > 1:
        chosen = controls.track(model)
        track = st.selectbox(
            "Track",
            tracks,
            index=tracks.index(chosen) if chosen in tracks else 0,
            key=f"card_track_{model.name}",
            help="Which output the figures are of.",
        )
    measure = st.segmented_control(
        "Measure",
        measures,
        default=measures[0],
        required=True,
        format_func=lambda key: card_page.MEASURES.get(key, key),
        key=f"card_measure_{model.name}",
        help="Correlations: 1 is perfect, 0 is chance. R²: 1 is perfect, 0 is what the mean alone "
        "achieves. MSE: 0 is perfect. AUROC, accuracy and recall tell the top third from the "
        "bottom third: 1 is perfect, 0.5 is chance. r more than another: above 0 where the model "
        "knows more than that other does.",
    )
    rows = card_page.held_out_rows(model, measure, track)
    if not rows:
        st.caption("Not reported for this track.")
        return
    # batches one by one are for the table: the plot would bury the rest under them
    drawn = [row for row in rows if not row[0].startswith("batch ")] or rows
    figure = model_cards.held_out_plot(drawn, model.name, card_page.MEASURES.get(measure, measure))
    st.plotly_chart(
        figure, width="stretch", theme=None, key=f"held_out_{model.name}", config=show.BAR
    )
    st.dataframe(
        _side_by_side(model, rows),
        hide_index=True,
        width="stretch",
        column_config={"n": st.column_config.NumberColumn(format="localized")},
    )
    st.caption(
        "Each figure with its 95 % interval, by bootstrap over whole "
        f"{model.held_out[0].unit or 'rows'}. Simple predictors fitted on "
        f"{card_making.fitted_on(model)} stand beside the model: believe it where it beats them "
        "(the interval of *r more than the ridge* lies above 0; how far above says how much "
        "better). Where the assay has batches, rows are compared within theirs."
    )
    if model.predictors:
        told = (f"**{name}**: {about}" for name, about in model.predictors.items())
        st.caption("; ".join(told) + ".")
    for one in model.ceilings:
        if one.track in ("", track):
            st.caption(f"**What the measurement itself can tell:** {one.source}")


def _side_by_side(model: ModelCard, rows: list[tuple[str, int, dict[str, Metric]]]) -> pd.DataFrame:
    """Return one line per kind of rows, one column per predictor."""
    names = card_page.predictors(model)
    return pd.DataFrame(
        [
            {"Rows": subset, "n": n}
            | {name: card_page.figure_text(found.get(name)) for name in names}
            for subset, n, found in rows
        ]
    )


def _effects(model: ModelCard) -> None:
    """Show how predicted effects of changes agree with measured ones."""
    if not model.effects:
        return
    st.subheader("Against measured effects of changes", anchor=False)
    st.caption(card_page.effects_told(model))
    head, lines = card_page.effect_rows(model)
    middle = dict(zip(head[2:], lines[-1][2:], strict=True))
    st.markdown("; ".join(f"**{name}** {value} in the median" for name, value in middle.items()))
    with st.expander(f"All {len(lines) - 1} elements"):
        st.dataframe(pd.DataFrame(lines, columns=head), hide_index=True, width="stretch")


def _places(model: ModelCard) -> None:
    """Show where the numbers lie and whether the networks' spread tells the error."""
    track = controls.track(model)
    places, spread = st.columns(2, gap="large")
    figure = model_cards.places_plot(model, track)
    if figure is not None:
        with places:
            st.subheader("Where its numbers lie", anchor=False)
            st.plotly_chart(
                figure, width="stretch", theme=None, key=f"places_{model.name}", config=show.BAR
            )
            st.caption(
                "Thick: the middle half; thin: 5 to 95 %; ring: the median."
                + (
                    " A prediction among those of shuffled sequences says little more than what "
                    "the letters' composition gives."
                    if model.backgrounds
                    else ""
                )
            )
    bins = [row for row in model.calibration if row.track == track]
    if bins:
        with spread:
            st.subheader("Does the spread tell the error?", anchor=False)
            st.plotly_chart(
                model_cards.calibration_plot(bins, model.units),
                width="stretch",
                theme=None,
                key=f"calibration_{model.name}",
                config=show.BAR,
            )
            show.note(verdict(bins) + " Dashed: error equal to spread.")


def _picture(model: ModelCard, name: str) -> str:
    """Return the SVG text of a picture beside the card; '' where there is none."""
    path = registry.folders().get(model.name, Path()) / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _scatter(model: ModelCard) -> None:
    if picture := _picture(model, "scatter.svg"):
        st.subheader("Predicted and measured", anchor=False)
        st.image(picture)
        st.caption(card_page.PICTURES["scatter.svg"])


def files(model: ModelCard) -> None:
    """Offer the card as files."""
    download.row(
        {
            "Card (JSON)": (f"{model.name}.json", lambda: model.to_json().encode()),
            "Card (text)": (f"{model.name}.md", lambda: card_page.card_page(model).encode()),
        }
    )


def _details(model: ModelCard) -> None:
    with st.expander("How it was made"):
        st.markdown(
            f"{model.architecture}, {model.n_parameters:,} parameters in each network"
            f"{card_page.on_average(model)}; weights sha256 "
            f"`{model.sha256}`"
        )
        if told := card_making.rows_told(model):
            st.markdown(told)
        if curves := _picture(model, "curves.svg"):
            st.image(curves, width="stretch")
            st.caption("Training loss, and Pearson r on the valid rows, after each epoch.")
        sizes: dict[str, object] = {"config": dict(model.config)}
        if model.others:
            sizes["others"] = [dict(other) for other in model.others]
        st.json({**sizes, "training": dict(model.training)}, expanded=1)
    with st.expander("The window's background"):
        first, last = model.insert
        show.note(
            f"Letters before {first + 1} and after {last} (1-based) are the assay's own; a shorter "
            "sequence is laid over the middle."
        )
        if set(model.background) == {"N"}:
            show.note(f"All {model.input_length:,} letters are N: no letters at all.")
        else:
            st.code(model.background, language=None, wrap_lines=True)
