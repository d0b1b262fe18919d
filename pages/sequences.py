"""Give sequences; see what was read, what was changed, what was left out, how it will be used."""

import streamlit as st

from gexp_core.ui import checked, controls, download, frame, giving, workspace

frame.title("sequences")
controls.lost_work()
giving.sequences()

space = workspace.current()
if space is None:
    st.stop()

st.divider()
checked.summary(space)
checked.left_out(space.check)
checked.changes(space.check)
checked.meeting(space.check, controls.model(), controls.stride(controls.model()))
download.check(space.check)
frame.onward("predict", "Next: predict what they do")
