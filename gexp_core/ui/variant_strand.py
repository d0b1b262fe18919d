"""On which strand of the genome the windows of variants are read, by a model that reads one.

Owns the choice and its words. Where both strands are read there is none; what reads the windows is
``gexp_core.explain``.
"""

import streamlit as st

from gexp_core.explain.variant_windows import WORDS, strand_read
from gexp_core.models.card import ModelCard
from gexp_core.ui import controls, show, tray, workspace

_KEY = "variant_strand"
_LABELS = {"+": "Plus", "-": "Minus"}


def choose(card: ModelCard) -> None:
    """Offer the strand to read; draw nothing where both are read."""
    if controls.both_strands(card):
        return
    tray.recall(_KEY, always=True)
    st.radio(
        "Strand to read",
        list(_LABELS),
        format_func=_LABELS.__getitem__,
        key=_KEY,
        horizontal=True,
        persist_state="session",
        on_change=tray.keep_widget,
        args=(_KEY,),
        help="One strand is read, and a window read on the other strand has other numbers: an "
        "effect may even have another sign. A VCF does not say on which strand an element acts. "
        "Choose minus for one on the minus strand, such as one upstream of a gene of that strand: "
        "windows are then read as their reverse complement. Positions, REF and ALT stay those of "
        "the plus strand, as in VCF.",
    )


def chosen(card: ModelCard) -> str:
    """Return '+' or '-', the strand to read where one is read; '+' where both are."""
    if controls.both_strands(card):
        return "+"
    return "-" if workspace.setting(_KEY, "+") == "-" else "+"


def read(card: ModelCard) -> str:
    """Return what is read of the genome: '+', '-', or 'both'."""
    return strand_read(card, controls.both_strands(card), chosen(card))


def words(strand: str) -> None:
    """Say which strand was read, where it was one."""
    if strand != "both":
        show.note(
            f"Windows are read on {WORDS[strand]} of the genome. One strand is read: on the other "
            "the effect is another, and may have another sign. Positions and alleles are those of "
            "the plus strand."
        )
