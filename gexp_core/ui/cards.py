"""A model card as people read it. Owns its order and its words; the card owns the facts."""

from pathlib import Path

import pandas as pd
import streamlit as st

from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.ui import show


def card(model: ModelCard) -> None:
    """Show one card from what it is to how far to trust it."""
    st.header(model.title, anchor=False)
    st.markdown(model.meaning)
    facts, trust = st.columns(2, gap="large")
    with facts:
        _facts(model)
    with trust:
        _limits(model)
    _held_out(model)
    _details(model)


def _facts(model: ModelCard) -> None:
    st.subheader("What it is", anchor=False)
    first, last = model.insert
    window = f"{model.input_length} bp, of which {last - first} varied in the assay"
    rows = {
        "Name": model.name,
        "Species": model.species,
        "Assay": model.assay,
        "Unit": model.units,
        "What zero means": model.zero,
        "Window": window if last - first < model.input_length else f"{model.input_length} bp",
        "Tracks": ", ".join(f"{track.name} ({track.description})" for track in model.tracks[:12])
        + (f" and {len(model.tracks) - 12} more" if len(model.tracks) > 12 else ""),
        "Networks averaged": str(model.members),
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
    st.dataframe(_side_by_side(model), hide_index=True, width="stretch")
    st.caption(
        "Each figure with its 95 % interval, by bootstrap over whole "
        f"{model.held_out[0].unit or 'rows'}. Simple predictors fitted on the same rows stand "
        "beside the model: believe it where it clearly beats them. 1 is perfect; 0 is chance for "
        "correlations, 0.5 for AUROC, accuracy and recall (top against bottom third)."
    )


_MEASURES = {"pearson": "Pearson r", "spearman": "Spearman r", "auroc": "AUROC"}


def _side_by_side(model: ModelCard) -> pd.DataFrame:
    """Return one line per kind of rows and measure, one column per predictor."""
    lines: dict[tuple[str, str, str], dict[str, object]] = {}
    for row in model.held_out:
        line = lines.setdefault((row.subset, row.track, row.metric), {})
        if not line:
            line["Rows"] = row.subset
            if len(model.tracks) > 1:
                line["Track"] = row.track
            line["Measure"] = _MEASURES.get(row.metric, row.metric)
            line["n"] = row.n
        between = "" if row.low is None else f" ({row.low:.2f} to {row.high:.2f})"
        line[row.predictor] = f"{row.value:.2f}{between}"
    return pd.DataFrame(list(lines.values()))


def _details(model: ModelCard) -> None:
    with st.expander("How it was made"):
        st.markdown(
            f"{model.architecture}, {model.n_parameters:,} parameters; weights sha256 "
            f"`{model.sha256}`"
        )
        curves = registry.folders().get(model.name, Path()) / "curves.svg"
        if curves.is_file():
            st.image(curves.read_text(encoding="utf-8"), width="stretch")
            st.caption("Training loss, and Pearson r on the valid rows, after each epoch.")
        st.json({"config": dict(model.config), "training": dict(model.training)}, expanded=1)
    with st.expander("The window's background"):
        first, last = model.insert
        show.note(
            f"Letters before {first + 1} and after {last} (1-based) are the assay's own; a shorter "
            "sequence is laid over the middle."
        )
        st.code(model.background, language=None, wrap_lines=True)
