"""Sequences beside the training rows of the chosen model, by shared letters.

Owns the warning and its table. What is shared is ``gexp_core.inputs.overlap``'s.
"""

from pathlib import Path

import pandas as pd
import streamlit as st

from gexp_core.errors import ModelError
from gexp_core.inputs.limits import many
from gexp_core.inputs.overlap import Shared, Sketch, read_sketch, shared
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.types import SequenceSet
from gexp_core.ui import show


@st.cache_resource(show_spinner=False, max_entries=16)
def _sketch(folder: Path, changed: int) -> Sketch | None:
    """Return a model's sketch, read once and again when its file changes."""
    return read_sketch(folder)


@st.cache_resource(show_spinner=False, max_entries=64)
def _shared(
    digest: str, model: str, data: str, _sequences: SequenceSet, _sketch: Sketch
) -> tuple[Shared, ...]:
    """Return what is shared, found once per set of sequences (its digest) and sketch."""
    return shared(_sequences, _sketch)


def view(sequences: SequenceSet, card: ModelCard, *, called: str = "sequence") -> None:
    """Say how many of the sequences overlap with those the model was trained on.

    ``called``: what one of them is to the visitor.
    """
    folder = registry.folders().get(card.name)
    if folder is None:
        return
    try:
        known = _sketch(folder, folder.stat().st_mtime_ns)
    except (ModelError, OSError):
        known = None
    if known is None or known.data_sha256 != card.training.get("data_sha256"):
        show.note(
            f"Whether a {called} overlaps with the sequences that {card.name} was trained on is "
            "not known here: no sketch of its training data came with it."
        )
        return
    made: tuple[Shared, ...] = _shared(
        sequences.digest, card.name, known.data_sha256, sequences, known
    )
    judged = sum(one.judged for one in made)
    found = [i for i, one in enumerate(made) if one.found]
    if not found:
        if judged:
            show.note(
                f"No overlap with the {known.rows:,} sequences that {card.name} was trained on was "
                f"found ({judged:,} of {many(len(made), called)} "
                f"{'is' if judged == 1 else 'are'} long enough to be judged)."
            )
        return
    n = len(found)
    st.warning(
        f"{n:,} of your {len(made):,} {called}{'s' if len(made) > 1 else ''} "
        f"{'overlaps' if n == 1 else 'overlap'} with sequences that {show.plain(card.name)} was "
        "trained on: its figures there are too good. What it says of them is partly memory; "
        "judge the model by its held-out figures, and go on if only the explanation matters.",
        icon=":material/history_edu:",
    )
    with st.expander(f"Which overlap with the training data ({n:,})"):
        rows = [
            {
                "Sequence": sequences.names[i],
                "At least": 100 * made[i].share,
                "Longest stretch (1-based)": f"{made[i].start + 1:,}-{made[i].end:,}",
            }
            for i in sorted(found, key=lambda i: -made[i].share)
        ]
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            width="stretch",
            height=min(38 + 35 * n, 300),
            column_config={
                "At least": st.column_config.NumberColumn(
                    "Shared, at least", format="%.0f %%", help="Of the sequence's bases."
                )
            },
        )
        st.caption(
            "Found by words of 20 bases, on either strand. The model comes with a sample of such "
            "words of its training sequences; counted are stretches of 40 bases and more with all "
            "their sampled words among these, and short sequences with half of theirs. Shorter "
            "overlaps are not seen."
        )
