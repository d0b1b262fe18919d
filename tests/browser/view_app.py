"""One page with the sequence view alone: ?length= &seed= &palette= &height= &dense=1 &part=1."""

import numpy as np
import streamlit as st

from gexp_core.types import Interval
from gexp_core.ui.view import heat, letters, logo, marks, profile, sequence_view
from tests.browser.view_data import example

st.set_page_config(layout="wide")
state, asked = st.session_state, st.query_params
length = int(asked.get("length", "164"))
seed = int(asked.get("seed", "0")) + state.get("another", 0)
made = example(length, seed, dense="dense" in asked)

if "part" in asked:  # rows that cover a part, one score per base, values that are missing
    made.effect[:, 30] = np.nan
    scores, effect = made.scores.sum(0)[10:], made.effect[:, 20:70]
    first = 10, 20
else:
    scores, effect, first = made.scores, made.effect, (0, 0)

rows = [
    letters(),
    logo("Attribution", "log2 activity", scores, start=first[0]),
    heat("Effect of each change", "log2 activity", effect, start=first[1]),
    profile(
        "Predicted activity",
        "log2 activity",
        made.starts,
        made.ends,
        made.value,
        spread=np.full(len(made.starts), 0.08),
        help="mean of both strands; band: their distance",
    ),
    marks(
        "Motif hits",
        made.sites,
        made.sites + 8,
        [("CRX", "NRL", "MEF2D", "<b>bold</b>")[i % 4] for i in range(len(made.sites))],
        strands=["+-"[i % 2] for i in range(len(made.sites))],
    ),
]

event = sequence_view(
    made.sequence,
    rows,
    key="view",
    name=f"element {seed} <img src=x onerror=alert(1)>",
    selection=state.get("chosen"),
    origin=Interval("chr7", 1_000_000, 1_000_000 + length),
    height=int(asked.get("height", "0")) or None,
    palette=asked.get("palette", "okabe-ito"),
    on_cell=lambda cell: state.update(chosen=cell),
    on_range=lambda stretch: state.update(chosen=stretch),
    on_clear=lambda: state.update(chosen=None),
)
state["runs"] = state.get("runs", 0) + 1
st.text(f"runs {state['runs']}")
st.text(f"event {event.cell} {event.range} {event.cleared}")
st.text(f"chosen {state.get('chosen')}")
st.button("Run again")
st.button("Another sequence", on_click=lambda: state.update(another=1, chosen=None))
