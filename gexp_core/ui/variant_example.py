"""The example of the page Variants, in one click, for those without a genome at hand.

Owns the button and its words; the files are ``gexp_core.inputs.genome_example``'s.
"""

import streamlit as st

from gexp_core.inputs import genome_example as example
from gexp_core.ui import genomes, tray, variants, workspace


def offer() -> None:
    """Offer the example until there are variants."""
    if variants.given() is not None:
        return
    st.button(
        "Try the example variants",
        key="variants_example",
        icon=":material/local_florist:",
        on_click=_take,
        help="Takes the example genome in place of the present one, and its variants.",
    )
    st.caption(example.VARIANTS_LESSON)


def _take() -> None:
    genomes.take(example.example_bytes(example.GENOME), example.GENOME)
    data = example.example_bytes(example.VARIANTS)
    if not str(workspace.setting("pasted_variants", "")).strip():  # what is there stays
        tray.keep_text("pasted_variants", data.decode())
    variants.take(data, example.VARIANTS)
