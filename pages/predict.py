"""Predict every sequence; choose one for the pages that follow."""

import streamlit as st

from gexp_core.ui import controls, download, frame, predicted, work, workspace

frame.title("predict")
controls.lost_work()
if workspace.current() is None:
    frame.need("There are no sequences to predict yet.", "sequences", "Give sequences")

card, track = controls.model(), controls.track(controls.model())
predicted.meaning(card)
left, right = st.columns(2, vertical_alignment="bottom")
with left:
    strands = controls.both_strands(draw=True)
with right:
    stride = controls.stride(card, draw=True)

prediction = work.result(
    "Predicting",
    "predict_named",
    card,
    workspace.sequences(),
    both_strands=strands,
    stride=stride,
)
rows = predicted.rows(prediction, card, track)
predicted.chosen(rows, controls.sequence(), card)
predicted.profile(prediction, card, controls.sequence(), track)
st.subheader("All sequences", anchor=False)
predicted.table(
    predicted.rows(prediction, card, track, controls.filter_names()), card, prediction
)
predicted.plot(prediction, card, controls.sequence(), track)
download.prediction(prediction, card, track)
frame.onward("why", "Next: see which bases of the selected sequence made the model say so")
