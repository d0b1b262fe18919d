"""The list of every step: which state is on the bench, and the ways to go to any, call or keep it.

Owns the widgets; the deeds are ``trail``'s and ``keeping``'s.
"""

from functools import partial

import pandas as pd
import streamlit as st

from gexp_core.inputs.limits import many
from gexp_core.ui import show, workspace
from gexp_core.ui.workbench import keeping, trail
from gexp_core.ui.workbench.bench import Bench


def here(bench: Bench) -> None:
    """Say in one line which state of the history is on the bench."""
    done, known = bench.history.done, len(bench.history.edits)
    of = f"{done:,} of {known:,}" if known else "0"
    st.caption(f"State {of}: **{show.plain(trail.names(bench)[done])}**")


def panel(bench: Bench) -> None:
    """List the history, the newest state first, with the ways to go to one, call or keep it."""
    history = bench.history
    if not history.edits:
        return
    with st.expander(f"History ({history.done:,} of {many(len(history.edits), 'step')} in force)"):
        steps = list(reversed(trail.listed(bench)))
        key = f"bench_history_{len(history.edits)}_{history.done}"
        st.dataframe(
            _table(bench, steps),
            key=key,
            hide_index=True,
            width="stretch",
            height=min(38 + 35 * len(steps), 320),
            on_select="rerun",
            selection_mode="single-row",
        )
        ticked = workspace.ticked(key)
        step = steps[ticked[0]] if ticked and ticked[0] < len(steps) else None
        _buttons(bench, step)


def _table(bench: Bench, steps: list[int]) -> pd.DataFrame:
    called, history = trail.names(bench), bench.history
    return pd.DataFrame(
        {
            "Step": steps,
            "State": [called[step] for step in steps],
            "What was done": [
                trail.words(history.edits[step - 1]) if step else "" for step in steps
            ],
            "On the bench": [
                "now" if step == history.done else "" if step < history.done else "taken back"
                for step in steps
            ],
        }
    )


def _buttons(bench: Bench, step: int | None) -> None:
    """Draw what can be done with the ticked state."""
    at = step or 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Go to the ticked state",
            key="bench_jump",
            disabled=step is None or step == bench.history.done,
            on_click=partial(trail.jump, bench, at),
            help="Undo and Redo go on from there. Compare any two in the panel States.",
        )
        st.button(
            "Keep it",
            key="bench_keep_step",
            disabled=step is None,
            on_click=partial(keeping.keep_step, bench, at),
            help="Puts it into the table of the panel States.",
        )
        st.text_input(
            "Call it",
            key="bench_step_name",
            max_chars=trail.LONGEST,
            disabled=not step,
            on_change=partial(trail.rename, bench, at),
            placeholder=trail.names(bench)[at] if step else "tick a state first",
            width=220,
            help="Then press Enter. Without a name of yours, a state is called by its edits.",
        )
