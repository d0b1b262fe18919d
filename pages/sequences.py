"""Give sequences; see what was read, what was changed, what was left out, how it will be used."""

import streamlit as st

from gexp_core.ui import (
    checked,
    composition,
    controls,
    download,
    frame,
    giving,
    overlapping,
    workspace,
)

frame.title("sequences")
giving.lost_work()
giving.sequences()
if workspace.current() is None:
    st.stop()

space, card = workspace.mine(), controls.model()
st.divider()
checked.summary(space)
checked.left_out(space.check)
checked.short(space.check)
checked.changes(space.check)
checked.meeting(space.check, card, controls.stride(card))
both = controls.both_strands(card)
checked.picture(controls.sequence(), space.check, card, controls.stride(card), both_strands=both)
composition.view(space.check, card, source=space.source)
overlapping.view(space.check.sequences, card)
download.check(space.check)
frame.onward("predict", "Next: predict what they do")
