"""From coordinates or a gene to the letters that the model reads."""

import streamlit as st

from gexp_core.ui import (
    composition,
    controls,
    fetched,
    frame,
    genomes,
    overlapping,
    regions,
    tracks,
    windows,
)

frame.title("regions")
regions.try_example()
chosen = genomes.choose()
if chosen is None:
    st.stop()
card = controls.model()
room = card.insert[1] - card.insert[0]
regions.give(room)
given = regions.given()
if given is None:
    st.info("No region is given yet: type one, upload BED, or name a gene.", icon=":material/info:")
    st.stop()

bases = windows.length(room)
if not fetched.there(chosen.genome, windows.wanted(given, chosen.genome, bases)):
    st.stop()
check = windows.extracted(given, chosen.genome, bases)
if check is None:
    st.stop()
windows.cut(given, check, bases)
windows.summary(check)
windows.table(given, check)
composition.view(check, card)
overlapping.view(check.sequences, card)
windows.picture(given, check, chosen.genome)
windows.onward(check, chosen.genome, bases)
tracks.offer(card)
