"""The panel with which a stretch is changed, and the buttons over the view.

Owns widgets; each calls one deed of the bench.
"""

from functools import partial

import streamlit as st

from gexp_core.edits.notation import describe
from gexp_core.edits.reference import describe_on
from gexp_core.models.card import ModelCard
from gexp_core.ui import workspace
from gexp_core.ui.workbench import bench as deeds
from gexp_core.ui.workbench import keeping, pasting, steps, trail
from gexp_core.ui.workbench.bench import Bench

#: key -> (label, verb of ``bench.change``, help)
_VERBS = (
    ("Delete", "delete", ":material/backspace:", "Take the stretch out."),
    (
        "Reverse-complement",
        "flip",
        ":material/swap_horiz:",
        "Turn the stretch round: the other strand, read 5' to 3'.",
    ),
    (
        "Shuffle",
        "shuffle",
        ":material/shuffle:",
        "Shuffle the stretch, keeping the count of every dinucleotide in it. Each click draws "
        "another one.",
    ),
    (
        "Knock out",
        "knock out",
        ":material/block:",
        "Change every base of the stretch (A with C, G with T): what a motif there was worth.",
    ),
)
_WITH_LETTERS = (
    ("Replace the stretch", "replace", "Put the letters in place of the stretch."),
    ("Insert before it", "insert", "Put the letters before the first base of the stretch."),
    ("Write over", "paste", "Write the letters over as many bases, from the stretch's first on."),
)


def buttons(bench: Bench) -> None:
    """Draw undo, redo, back to the original, and the way to keep a state."""
    history = bench.history
    said = {
        "undo": trail.undo_help(bench),
        "redo": trail.redo_help(bench),
        "reset": "Takes back every edit; Redo brings them again.",
    }
    with st.container(horizontal=True, vertical_alignment="center", key="bench_buttons"):
        for label, verb, icon, able in (
            ("Undo", "undo", ":material/undo:", history.done > 0),
            ("Redo", "redo", ":material/redo:", history.done < len(history.edits)),
            ("Back to the original", "reset", ":material/restart_alt:", history.done > 0),
        ):
            st.button(
                label,
                key=f"bench_{verb}",
                icon=icon,
                disabled=not able,
                on_click=partial(deeds.travel, bench, verb),
                help=said[verb],
            )
        with st.popover("Keep this state", icon=":material/bookmark_add:"):
            st.text_input(
                "Name",
                key="bench_keep",
                placeholder=trail.names(bench)[history.done],
                max_chars=60,
                help="Kept states can be compared, predicted together and downloaded.",
            )
            st.button(
                "Keep", key="bench_keep_now", type="primary", on_click=partial(keeping.keep, bench)
            )


def edit(bench: Bench, card: ModelCard) -> None:
    """Draw the panel that changes a stretch, and the edits as text."""
    length = len(bench.history.sequence)
    where, what = st.columns(2, vertical_alignment="top")
    with where:
        st.text_input(
            f"Stretch of positions 1 to {length:,}",
            key="bench_stretch",
            persist_state="session",
            placeholder="34 or 34-52",
            max_chars=40,
            help="1-based, both ends included. Or select it in the view: Shift and drag, or the "
            "keys [ and ] at the cursor.",
        )
        with st.container(horizontal=True):
            for label, verb, icon, text in _VERBS:
                st.button(
                    label,
                    key=f"bench_do_{verb}",
                    icon=icon,
                    on_click=partial(deeds.change, bench, verb),
                    help=text,
                )
    with what:
        st.text_input(
            "Letters, for example a motif",
            key="bench_letters",
            placeholder="CTAATCCC",
            max_chars=deeds.MOST_WRITTEN,
            help="A C G T N; spaces and lower case do not matter, U is read as T.",
        )
        with st.container(horizontal=True):
            for label, verb, text in _WITH_LETTERS:
                st.button(
                    label,
                    key=f"bench_do_{verb}",
                    on_click=partial(deeds.change, bench, verb),
                    help=text,
                )
        pasting.choice(card)
    _as_text(bench)
    steps.panel(bench)


def _as_text(bench: Bench) -> None:
    """Show what the edits amount to, and read such a text."""
    st.caption("All edits together (HGVS-like, 1-based positions of the original; = is no edit):")
    st.code(describe(bench.state), language=None, wrap_lines=True)
    if bench.interval is not None:
        st.caption("The same on the genome (plus strand, positions 1-based):")
        st.code(describe_on(bench.state, bench.interval), language=None, wrap_lines=True)
    with st.form("bench_write", border=False, clear_on_submit=False):
        left, right = st.columns([5, 2], vertical_alignment="bottom")
        left.text_input(
            "Make these edits of the original",
            key="bench_text",
            placeholder="34A>G; 50_52del; 60_61insACG; 70_72delinsT; 80_84inv",
            max_chars=deeds.MOST_WRITTEN,
            help="Replaces the present edits; Undo brings them back.",
        )
        right.form_submit_button("Make them", on_click=partial(_write, bench))


def _write(bench: Bench) -> None:
    deeds.write(bench, str(workspace.setting("bench_text", "")))
