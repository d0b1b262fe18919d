"""Score variants: both alleles in the genome's own context, checked against the reference first."""

import streamlit as st

from gexp_core.ui import (
    controls,
    fetched,
    frame,
    genomes,
    variant_check,
    variant_effects,
    variant_example,
    variant_letters,
    variant_matches,
    variant_ranks,
    variant_strand,
    variants,
)

frame.title("variants")
variant_example.offer()
chosen = genomes.choose()
if chosen is None:
    st.stop()
variants.give()
given, card = variants.given(), controls.model()
if given is None:
    st.stop()

if not fetched.there(chosen.genome, variant_letters.around(given.variants, chosen.genome, card)):
    st.stop()
variant_strand.choose(card)
checks = variant_matches.check_all(given, chosen)
variant_check.view(given, checks, chosen, card)
if not variants.begun(given, checks, chosen):
    st.stop()
track = controls.track(card)
variant_effects.choices()
made = variant_effects.effects(given, chosen, card)
known = variant_ranks.beside(made, given, chosen, card)
variant_effects.table(known, card, track)
variant_effects.closely(known, chosen, card, track)
variant_effects.files(known)
variant_ranks.complete(known, given, chosen, card)
