"""The Workbench itself: the view over one sequence, its numbers, and one panel at a time.

Owns the order of things on the page. Everything here is one fragment: a click in the view runs
this and nothing else of the page.
"""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gexp_core.errors import GexpError
from gexp_core.explain import ABOUT
from gexp_core.models.card import ModelCard
from gexp_core.types import Prediction
from gexp_core.ui import controls, focus, frame, show, work, workspace
from gexp_core.ui.view import Coordinates, Row, Value, sequence_view
from gexp_core.ui.workbench import (
    activities,
    annotated,
    asked,
    costly,
    designing,
    evidence,
    findings,
    hits,
    links,
    meaning,
    measuring,
    panels,
    reading,
    selected,
    states,
    steps,
    together,
)
from gexp_core.ui.workbench import bench as deeds
from gexp_core.ui.workbench.bench import Bench
from gexp_core.ui.workbench.rows import CONTRIBUTIONS, EFFECTS, rows

_log = logging.getLogger("gexp")
_STYLE = Path(__file__).with_name("desk.css")
_WAIT = 0.25  # seconds that a click may wait for its prediction before the page goes on without

PANELS: dict[str, Callable[[Bench, ModelCard, str], None]] = {
    "Edit": lambda bench, card, track: panels.edit(bench, card),
    hits.PANEL: hits.panel,
    annotated.PANEL: annotated.panel,
    "States": states.panel,
    "Together": together.panel,
    "Design": designing.panel,
    "Oligos": designing.order,
    "Measured": measuring.panel,
    "Link": links.panel,
}


def desk(card: ModelCard, name: str, track: str) -> None:
    """Draw the bench of one sequence."""
    st.html(_STYLE)
    _apart(card, name, track)


@st.fragment
def _apart(card: ModelCard, name: str, track: str) -> None:
    """Draw the bench by itself; problems stay inside it."""
    if activities.moved():
        st.rerun()  # the whole page: another sequence is on the bench
    try:
        _desk(deeds.current(name), card, track)
    except work.Pending:
        return
    except GexpError as error:
        show.problem(error)
    except Exception:
        _log.exception("the workbench failed")
        show.bug()


def _desk(bench: Bench, card: ModelCard, track: str) -> None:
    bench.wanted.clear()
    bench.queued.clear()
    selected.follow(bench)
    links.restore(bench, card)
    choices = asked.reading(card)
    now: Prediction | None = asked.ask(
        bench,
        "prediction",
        "predict_named",
        card,
        bench.sequences,
        wait=_WAIT,
        costly=False,
        **choices,
    )
    first: Prediction | None = now
    if bench.history.sequence != bench.history.original:
        first = asked.ask(
            bench,
            "original",
            "predict_named",
            card,
            bench.original,
            wait=_WAIT,
            costly=False,
            **choices,
        )
    with st.container():
        if bench.problem is not None:
            show.problem(bench.problem)
    panels.buttons(bench)
    # beside the state, in a row that holds its height: nothing moves when it comes and goes
    with st.container(key="bench_state"):
        left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        steps.here(bench)
    below = right.container()
    wide, beside = _columns()
    with wide:
        with st.container():
            focus.draw(card, bench.name, bench.original.sequences[0], first, track, changed=True)
        _view(bench, card, track, now, first)
        meaning.numbers(now, first, card, track)
        panel = st.container()
        frame.onward("take_away", "Next: take everything away as files")  # not below a long card
        with panel, show.problems():  # of a panel alone: what is made goes on, and is waited for
            PANELS[_choose()](bench, card, track)
    with beside:
        meaning.card(now, card, track, bench.history.sequence)
    with below:
        asked.waiting(bench)  # last: by now everything that is made has been asked for


def _columns() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return the column of the view and, beside it or on a narrow screen below it, the card's."""
    row = st.container(horizontal=True, key="bench_columns")
    return row.container(key="bench_wide"), row.container(key="bench_beside")


def _view(
    bench: Bench, card: ModelCard, track: str, now: Prediction | None, first: Prediction | None
) -> None:
    """Draw every row over the sequence; a click in it is an edit.

    What comes and goes above the view has a container that stays: the view, which the browser
    knows by its place, is not taken away and begun anew.
    """
    with st.container():
        both = costly.found(bench, card)
    credit, effects = both.credit, both.effects
    with st.container(horizontal=True, vertical_alignment="center"):
        hits.toggle()
        reading.toggle(card)
        evidence.badge(bench, card, credit, awaited=CONTRIBUTIONS in both.awaited)
        files = st.container(width="content")
    answers = st.container()  # what a visitor came for stands in sight, above a tall view
    more: list[Row] = [*hits.row(bench, card), *reading.row(bench, card)]
    pairs = together.known(bench, card)
    if pairs is not None:
        more.append(together.row(pairs))
    more += [*measuring.row(bench), *annotated.rows(bench)]
    shown = rows(
        bench.state,
        prediction=now,
        track=track,
        attribution=credit,
        effects=effects,
        unit=card.units,
        awaited=both.awaited,
        more=more,
    )
    y, before = (meaning.number(made, card, track) for made in (now, first))
    value = Value("Prediction", card.units, y, before)
    sequence_view(
        bench.history.sequence,
        shown,
        key="bench_view",
        name=bench.name,
        identity=f"bench {bench.original.digest}",
        origin=0 if bench.interval is None else Coordinates(bench.interval, bench.state.places),
        selection=bench.selected,
        window=bench.window,
        value=value,
        edit=EFFECTS,
        on_cell=partial(deeds.substitute, bench),
        on_range=partial(deeds.select, bench),
        on_clear=partial(deeds.select, bench, None),
        on_act=partial(deeds.act, bench),
        on_window=partial(deeds.look, bench),
    )
    if EFFECTS in both.awaited or (effects is not None and effects.fresh):
        with answers:
            findings.line(bench, effects, card)
    with files:
        findings.files(bench, card, now=now, credit=credit, effects=effects)
    st.caption(
        "Click a cell to make that change, or click a base and type A, C, G or T. Shift and drag "
        f"selects a stretch. {ABOUT[controls.attribution(card).method].reading} A pale row is from "
        "before the last edit"
        + (", until it is computed anew." if both.awaited >= {CONTRIBUTIONS, EFFECTS} else ".")
    )


def _choose() -> str:
    """Return the panel that was chosen: what is not looked at is not computed."""
    names = list(PANELS)
    chosen: str | None = st.segmented_control(
        "Panel",
        names,
        default=names[0],
        key="bench_panel",
        label_visibility="collapsed",
        help="What to do with this sequence.",
    )
    return chosen or names[0]


def start() -> None:
    """Offer an example where no sequences were given."""
    from gexp_core.ui import giving

    st.button(
        "Begin with the designed example",
        type="primary",
        icon=":material/play_arrow:",
        on_click=partial(giving.take_example, "designed"),
        help="A strong element designed with retina-cnn, a twin with a broken CRX site, a shuffle.",
    )


def begun() -> bool:
    """Return whether there is a sequence to work on."""
    return workspace.current() is not None
