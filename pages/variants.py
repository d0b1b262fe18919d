"""Score variants: both alleles in the genome's own context, checked against the reference first."""

import streamlit as st

from gexp_core.ui import controls, frame, genomes, variant_effects, variants, workspace

frame.title("variants")
chosen = genomes.choose()
if chosen is None:
    st.stop()
variants.give()
given, card = variants.given(), controls.model()
if given is None:
    st.stop()

variants.check_all(given, chosen.genome)
if workspace.current() is None:
    st.stop()
track = controls.track(card)
variant_effects.choices()
made = variant_effects.effects(given, chosen, card)
variant_effects.table(made, card, track)
variant_effects.closely(made, chosen.genome, card, track)
variant_effects.files(made)
