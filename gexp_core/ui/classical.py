"""What the simple predictors that come with a model say of one sequence, beside the model's number.

Owns the words; the predictors are ``gexp_core.evaluate.classical``'s. They take milliseconds, so
they are read where the page is drawn; not of very long texts.
"""

import math
from pathlib import Path

import numpy as np
import streamlit as st

from gexp_core.errors import LimitError, ModelError
from gexp_core.evaluate.classical import FILE, LinearPredictors, of_sequence, read_linear
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.ui import controls, show

_WHY = (
    "The simple ones count what is in the sequence and not how it stands, and lie nearer to the "
    "middle than measured values do. What the model says beyond them comes from the arrangement "
    "of the letters, or is its error."
)


@st.cache_resource(show_spinner=False, max_entries=16)
def _known(folder: Path, changed: int, data: str, _card: ModelCard) -> LinearPredictors | None:
    """Return a model's linear predictors, read once and again when their file changes."""
    return read_linear(folder, _card)


def _of(card: ModelCard) -> LinearPredictors | None:
    folder = registry.folders().get(card.name)
    if folder is None or not (folder / FILE).is_file():
        return None
    changed = (folder / FILE).stat().st_mtime_ns
    return _known(folder, changed, str(card.training.get("data_sha256")), card)


def beside(card: ModelCard, text: str, track: str, y: float | None) -> None:
    """Say what simple predictors make of the letters ``text``, beside the model's ``y``."""
    st.caption(f"**Simple predictors** of this very sequence{_said(card, text, track, y)}")


def _said(card: ModelCard, text: str, track: str, y: float | None) -> str:
    """Return the rest of the sentence, as Markdown."""
    if card.bins > 1:
        return ": none. They come with models of one number per sequence, not with those of tracks."
    try:
        known = _of(card)
        if known is None:
            return f": none came with {show.plain(card.name)}."
        found = of_sequence(text, known, card, stride=controls.stride(card))
    except (ModelError, LimitError, OSError) as error:
        return f" are not known: {show.plain(str(error))}."
    at = card.track_index(track)
    said = {name: float(values[at]) for name, values in found.items()}
    rows = [_line(card, track, name, value) for name, value in said.items()]
    if y is not None:
        rows.append(_line(card, track, card.name, y))
    return ", fitted on the train rows of its data:\n" + "\n".join(rows) + f"\n\n{_WHY}"


def _line(card: ModelCard, track: str, name: str, value: float) -> str:
    """Return one predictor's number, its place among measured ones, and how well it does."""
    if math.isnan(value):
        return f"- {show.plain(name)}: not defined for letters N alone"
    (rank,) = card.percentile(np.array([value], np.float32), track)
    figure = card.find("pearson", predictor=name, track=track)
    place = "" if math.isnan(rank) else f", percentile {rank:.0f}"
    held = "" if figure is None else f" (held-out r {figure.value:.2f})"
    return f"- {show.plain(name)}: {show.number(value)}{place}{held}"
