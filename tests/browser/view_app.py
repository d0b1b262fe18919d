"""One page with the sequence view alone.

?length= &seed= &palette= &height= &dense=1 &part=1 &changed= &earlier=1 &window=first-last
&follow=1 &bare=1 &moves=1
"""

import numpy as np
import streamlit as st

from gexp_core.edits.state import History, insert, substitute
from gexp_core.types import Attribution, Interval, Mutagenesis, Provenance, Target
from gexp_core.ui.view import Coordinates, heat, letters, logo, marks, profile, sequence_view
from gexp_core.ui.workbench.asked import Found
from gexp_core.ui.workbench.rows import attribution_row, effect_row
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

text, interval = made.sequence, Interval("chr7", 1_000_000, 1_000_000 + length)
origin = interval
if "earlier" in asked:  # rows of the text before two edits, on the text after them
    start = History(text)
    now = start.do(substitute(20, "A" if text[20] != "A" else "C")).do(insert(50, "ACGT")).state
    said = (Target(), "mutagenesis", "none", "log2 activity", Provenance("", "", "", {}))
    one, zero = ("a",), np.zeros(1, np.float32)
    credit = Attribution(one, (text,), (made.scores,), zero, zero, zero, *said)
    changes = Mutagenesis(
        one, (text,), (made.effect,), ((0, length),), zero, said[0], said[3], said[4]
    )
    rows[1] = attribution_row(Found(credit, start.state, False), now, "Attribution")
    rows[2] = effect_row(Found(changes, start.state, False), now, "log2 activity")
    text, origin = now.sequence, Coordinates(interval, now.places)
if "changed" in asked:  # so many bases, from the 901st on
    effect = made.effect[:, 900 : 900 + int(asked["changed"])]
    rows = [heat("Effect of each change", "log2 activity", effect, start=900)]
if "bare" in asked:
    rows = rows[:3]
window = asked.get("window")
if "moves" in asked and state.get("chosen"):
    st.text("The view stands below this line, in another place than before.")

event = sequence_view(
    text,
    rows,
    key="view",
    name=f"element {seed} <img src=x onerror=alert(1)>",
    selection=state.get("chosen"),
    origin=origin,
    window=tuple(map(int, window.split("-"))) if window else None,
    height=int(asked.get("height", "0")) or None,
    palette=asked.get("palette", "okabe-ito"),
    on_cell=lambda cell: state.update(chosen=cell),
    on_range=lambda stretch: state.update(chosen=stretch),
    on_clear=lambda: state.update(chosen=None),
    on_window=(lambda seen: state.update(window=seen)) if "follow" in asked else None,
)
state["runs"] = state.get("runs", 0) + 1
st.text(f"runs {state['runs']}")
st.text(f"event {event.cell} {event.range} {event.cleared}")
st.text(f"chosen {state.get('chosen')}")
st.text(f"window {state.get('window')}")
st.button("Run again")
st.button("Another sequence", on_click=lambda: state.update(another=1, chosen=None))
