"""Choose a model, read its card, compare two models."""

import streamlit as st

from gexp_core.ui import cards, catalogue, compared, controls, frame

frame.title("models")
catalogue.choose()
card = catalogue.opened(controls.model())
about, beside = st.tabs(["The card", "Compare with another model"])
with about:
    cards.card(card)
with beside:
    compared.section(card)
frame.onward("sequences", "Next: give it sequences")
