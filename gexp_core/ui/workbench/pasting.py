"""A known motif by its name, whose best letters go into the box of letters to put in.

Owns the choice; what is done with the letters is the panel's.
"""

import numpy as np
import streamlit as st

from gexp_core.encoding import BASES, reverse_complement
from gexp_core.models.card import ModelCard
from gexp_core.motifs.database import for_card, motifs_of, title
from gexp_core.motifs.meme import Known
from gexp_core.types import Floats
from gexp_core.ui import workspace

_CHOSEN, _TURNED = "bench_known_motif", "bench_motif_turned"


def choice(card: ModelCard) -> None:
    """Draw the choice of a motif and of its strand."""
    known = {f"{one.name} ({one.id})": one for one in motifs_of(for_card(card))}
    row = st.container(horizontal=True, vertical_alignment="bottom")
    row.selectbox(
        "Or a known motif",
        list(known),
        index=None,
        key=_CHOSEN,
        placeholder="type a name",
        on_change=_put,
        args=(known,),
        width=230,
        help=f"Its most common letters are put into the box above ({title(for_card(card))}). "
        "Several motifs of one factor differ; the numbers are those of JASPAR.",
    )
    row.toggle(
        "Other strand",
        key=_TURNED,
        on_change=_put,
        args=(known,),
        width="content",
        help="Its reverse complement.",
    )


def _put(known: dict[str, Known]) -> None:
    """Put the letters of the chosen motif into the box."""
    one = known.get(str(workspace.setting(_CHOSEN, "")))
    if one is not None:
        letters = best_letters(one.ppm)
        turned = bool(workspace.setting(_TURNED, False))
        workspace.keep("bench_letters", reverse_complement(letters) if turned else letters)


def best_letters(ppm: Floats) -> str:
    """Return the most common letter of every column of a (4, W) motif; of equals the first."""
    return "".join(BASES[at] for at in np.asarray(ppm).argmax(0))
