"""Predict every sequence; choose one for the pages that follow."""

import streamlit as st

from gexp_core.ui import controls, download, frame, made, predicted

frame.title("predict")
frame.needs_sequences("There are no sequences to predict yet.")

card = controls.model()
name, track = controls.sequence(), controls.track(card)
predicted.meaning(card, track)
controls.draw_prediction(card)

prediction = made.prediction(card)
predicted.chosen(predicted.rows(prediction, card, track), name, card, track)
predicted.profile(prediction, card, name, track)
st.subheader("All sequences", anchor=False)
shown = predicted.rows(prediction, card, track, controls.filter_names())
predicted.table(shown, card, prediction)
predicted.plot(prediction, card, name, track)
download.prediction(prediction, card, track)
frame.onward("why", "Next: see which bases made the model say so")
