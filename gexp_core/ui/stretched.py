"""Changes of more than one letter on the page What if: asked for, drawn, taken away.

Owns their choices and words; the effects are ``gexp_core.explain.stretches``'s.
"""

import contextlib

import numpy as np
import pandas as pd
import streamlit as st

from gexp_core.encoding import frame
from gexp_core.explain.edited import Edits, Reading
from gexp_core.models.card import ModelCard
from gexp_core.ui import controls, download, focus, work, workspace
from gexp_core.ui.view import heat, letters, profile, sequence_view

_SHUFFLES = 5
_SIZE = "stretch_size"


def others(card: ModelCard, name: str) -> None:
    """Offer deletions, insertions and stretches below the single-base changes."""
    with st.expander("Lost, gained and shuffled bases"):
        left, right = st.columns(2)
        size = left.number_input(
            "Bases of a stretch",
            2,
            100,
            value=10,
            key=_SIZE,
            persist_state="session",
            help="Stretches of this many neighbouring bases are replaced at once; one begins at "
            "each base.",
        )
        by = right.segmented_control(
            "Replaced by",
            ["shuffle", "n"],
            format_func=lambda key: "shuffles of their letters" if key == "shuffle" else "N",
            default="shuffle",
            required=True,
            key="stretch_by",
            persist_state="session",
            help="Five other orders of the stretch's own letters, whose mean effect is shown with "
            "its standard deviation (of 20 bases or more dinucleotide shuffles), or letters that "
            "are not known.",
        )
        with contextlib.suppress(work.Pending):
            made = _made(card, name, int(size), by or "shuffle")
            _picture(made, name)
            _files(made, card, name)


def _made(card: ModelCard, name: str, size: int, by: str) -> tuple[Edits, Edits, Edits]:
    one = workspace.sequences().select((name,))
    text = one.sequences[0]
    part = focus.bases(card, text)
    reading = Reading(
        controls.explained(card),
        window=part,
        both_strands=controls.both_strands(card),
        stride=controls.stride(card),
    )
    how = frame(text, background=card.background, insert=card.insert, stride=reading.stride)
    first, last = part or (0, len(text))
    texts = (last - first) * (5 + (_SHUFFLES if by == "shuffle" else 1))
    strands = 2 if reading.both_strands else 1
    found: tuple[Edits, Edits, Edits] = work.result(
        "Losing, gaining and shuffling bases",
        "gexp_core.explain.stretches:edits_named",
        card,
        one,
        ask="Compute them",
        units=lambda: texts * len(how.starts) * strands * card.members,
        size=size,
        by=by,
        reading=reading,
    )
    return found


def _picture(made: tuple[Edits, Edits, Edits], name: str) -> None:
    lost, gained, gone = made
    unit = lost.units
    by = gone.provenance.settings["by"]
    rows = [
        profile(
            "Loss of each base", unit, lost.start[0], lost.end[0], lost.effect[0],
            help="prediction without the base minus with it", height=80,
        ),
        letters(),
        heat(
            "Each base put in before each base", unit, gained.effect[0].reshape(-1, 4).T,
            start=int(gained.start[0][0]),
            help="prediction with the added base minus without",
        ),
        profile(
            f"Stretches of {gone.provenance.settings['size']} bases replaced", unit,
            *_centred(gone), spread=gone.spread[0] if by == "shuffle" else None,
            help="drawn at the middle of each stretch", height=80,
        ),
    ]  # fmt: skip
    sequence_view(lost.sequences[0], rows, key="stretches_view", name=name)
    st.caption(
        "All are prediction with the edit minus without. After a lost base the letters to its "
        "right move up and the last place is N; after a gained one they move down and the last "
        "letter leaves: what follows the sequence is not known here."
    )
    if missing := int(np.isnan(gone.effect[0]).sum()):
        why = "hold no two different letters" if by == "shuffle" else "are all N already"
        st.caption(
            f"{missing:,} of {len(gone.effect[0]):,} stretches {why}: nothing to replace, no value."
        )


def _centred(gone: Edits) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return start, end and effect of steps of one base in the middle of each stretch."""
    middle = (gone.start[0] + gone.end[0]) // 2
    return middle, middle + 1, gone.effect[0]


def _files(made: tuple[Edits, Edits, Edits], card: ModelCard, name: str) -> None:
    from gexp_core.export.stretches import edits_table

    def table() -> pd.DataFrame:
        return pd.concat([edits_table(one, card) for one in made], ignore_index=True)

    download.row(
        {"Table of all three": (f"{download.stem('edits', name)}.tsv", download.table(table))}
    )
