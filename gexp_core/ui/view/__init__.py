"""The canvas that draws a sequence and everything laid over it on one shared axis.

Owns the component ``sequence_view``: its Python side here and in ``rows``, ``wire`` and
``palette``; its browser side in ``view.html``, ``view.css`` and ``js/*.js``, which are joined in
the order of their names into one module. It computes nothing and keeps no state on the server.

One view is several elements of the page: the canvas, whose message never changes, one for what is
short, and one without anything to see for each part of what is long (``part.js``). Streamlit asks
the browser which long messages it still has and sends those as their hash alone, so that a click
moves a few kilobytes whatever the length of the sequence.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from gexp_core.encoding import indices
from gexp_core.errors import ModelError
from gexp_core.figures.letters import GLYPHS
from gexp_core.types import Interval
from gexp_core.ui.view.palette import PALETTES, chosen
from gexp_core.ui.view.rows import Row, heat, letters, logo, marks, profile
from gexp_core.ui.view.wire import (
    Act,
    Cell,
    Coordinates,
    Range,
    Value,
    event_of,
    pack,
    read_act,
    read_cell,
    read_range,
)

__all__ = [
    "PALETTES",
    "Coordinates",
    "Row",
    "Value",
    "ViewEvent",
    "heat",
    "letters",
    "logo",
    "marks",
    "profile",
    "sequence_view",
]

_HERE = Path(__file__).parent
_UNKNOWN = "M0 1000L0 0L220 0L790 680L790 0L1000 0L1000 1000L790 1000L210 320L210 1000L0 1000Z"


def _script() -> str:
    """Return the browser side as one module; outlines and colours have one home, in Python."""
    constants = (
        f"const PALETTES = {json.dumps(PALETTES)};\n"
        f"const GLYPHS = {json.dumps(GLYPHS | {'N': _UNKNOWN})};\n"
        "const GLYPH_BOX = 1000;\n"
    )
    parts = [path.read_text("utf-8") for path in sorted((_HERE / "js").glob("*.js"))]
    return constants + "\n".join(parts)


def _part_script() -> str:
    """Return the browser side of a part: what it shares with the view, and itself."""
    return "\n".join((_HERE / name).read_text("utf-8") for name in ("js/05_shelf.js", "part.js"))


_COMPONENT = st.components.v2.component(
    "gexp_sequence_view",
    html=(_HERE / "view.html").read_text("utf-8"),
    css=(_HERE / "view.css").read_text("utf-8"),
    js=_script(),
)

_PART = st.components.v2.component("gexp_sequence_part", js=_part_script())


@dataclass(frozen=True, slots=True)
class ViewEvent:
    """Say what the visitor did in the view since the last run; each deed is reported once.

    Attributes
    ----------
    cell : (0-based position, base) chosen in a heat map by click or Enter, or None
    range : 0-based half-open stretch selected with Shift and drag or with [ and ], or None
    cleared : whether Esc took back a selection
    act : (verb, start, end) asked of a view that edits: 'undo', 'redo', or 'delete' of a stretch
    """

    cell: Cell | None = None
    range: Range | None = None
    cleared: bool = False
    act: Act | None = None

    def __bool__(self) -> bool:
        return self.cell is not None or self.range is not None or self.cleared or bool(self.act)


def sequence_view(
    sequence: str,
    rows: Sequence[Row],
    *,
    key: str,
    name: str = "",
    selection: Cell | Range | None = None,
    origin: int | Interval | Coordinates = 0,
    height: int | None = None,
    palette: str | None = None,
    identity: str = "",
    value: Value | None = None,
    edit: str = "",
    window: Range | None = None,
    on_cell: Callable[[Cell], None] | None = None,
    on_range: Callable[[Range], None] | None = None,
    on_clear: Callable[[], None] | None = None,
    on_act: Callable[[Act], None] | None = None,
    on_window: Callable[[Range | None], None] | None = None,
) -> ViewEvent:
    """Draw rows over one sequence, with one zoom and pan for all, and report what was chosen.

    Parameters
    ----------
    sequence : str
        L letters over ACGTN.
    rows : sequence of Row
        From ``letters()``, ``logo(...)``, ``heat(...)``, ``profile(...)``, ``marks(...)``; drawn
        from the top in this order.
    key : str
        Streamlit's key of the component.
    name : str
        What the sequence is called; drawn as text, never as markup.
    selection : (position, base) or (start, end), optional
        The cell or stretch that stays outlined, 0-based (half-open).
    origin : int, Interval or Coordinates
        Where the first base lies on a reference: its 0-based coordinate, or the interval (whose
        coordinates run down on the minus strand), or for an edited sequence the interval and the
        place that each base had in it. Shown beside the position; 0 shows nothing.
    height : int, optional
        Pixels of all rows with their axis; by default what the rows need.
    palette : str, optional
        A key of ``PALETTES``; by default the one that the visitor chose. A visitor whose system
        asks for more contrast gets 'high-contrast'.
    identity : str
        Zoom and cursor are kept over reruns while this stays the same; by default they are kept
        while name, letters and the bases that have scores do. Give one name to all edits of a
        sequence to keep them through.
    value : Value, optional
        A number of the whole sequence, shown above the rows.
    edit : str
        Title of the heat map that holds the effect of each change, where the view edits; '' where
        it does not. In a view that edits, any base can be put anywhere, letters can be typed at
        the cursor, Delete takes out a base or the selected stretch, Ctrl with Z and Y undo and
        redo. A change that is chosen is drawn at once, its number too where that heat map is up
        to date, and the rows turn pale until the page answers.
    window : (start, end), optional
        What is in sight at the first look, 0-based half-open, where the browser has not seen this
        sequence before. By default that is the whole of up to 200 bases, and of more a readable
        stretch: the bases that the first logo or heat map covers, or if they are more than 200 too,
        some around the strongest.
    on_cell, on_range, on_clear, on_act : callable, optional
        Called before the page runs again, with the cell, range or act.
    on_window : callable, optional
        Called with what is in sight once zooming and moving have come to rest; None is the whole
        of a sequence that is shown whole at first.

    Returns
    -------
    ViewEvent

    Raises
    ------
    InputError
        The sequence has a letter outside ACGTN.
    ModelError
        There is no sequence or row, a row does not fit the sequence, the selection or the window
        lies outside it, or the palette is unknown.
    """
    indices(sequence)  # says which letter is wrong, and where
    if not sequence or not rows:
        raise ModelError("a sequence view needs at least one base and one row")
    palette = chosen() if palette is None else palette
    if palette not in PALETTES:
        raise ModelError(f"there is no palette {palette!r}; choose from {', '.join(PALETTES)}")
    data = pack(
        sequence, rows, key=key, identity=identity, name=name, selection=selection,
        origin=origin, height=height, palette=palette, value=value, edit=edit, window=window,
        follows=on_window is not None,
    )  # fmt: skip

    def tell(event: str) -> None:
        if not _first_told(key, event):
            return
        told = _event(st.session_state.get(key), sequence)
        if event == "cell" and told.cell and on_cell:
            on_cell(told.cell)
        if event == "range" and told.range and on_range:
            on_range(told.range)
        if event == "act" and told.act and on_act:
            on_act(told.act)
        if event == "cleared" and told.cleared and on_clear:
            on_clear()
        if event == "window" and on_window:
            on_window(
                read_range(event_of(st.session_state.get(key), "window").get("value"), sequence)
            )

    with st.container(gap=None):
        answer = _COMPONENT(
            key=key,
            data={"key": key},
            on_cell_change=lambda: tell("cell"),
            on_range_change=lambda: tell("range"),
            on_cleared_change=lambda: tell("cleared"),
            on_act_change=lambda: tell("act"),
            on_window_change=lambda: tell("window"),
        )
        _send(key, data)
    return _event(answer, sequence)


def _send(key: str, data: dict[str, Any]) -> None:
    """Send the parts, then what is short: once that is there, so is all that it names."""
    turn = f"_{key}_turn"
    # no two answers are alike: what was drawn at once after a deed is put right by any of them
    st.session_state[turn] = data["turn"] = st.session_state.get(turn, 0) + 1
    with st.container(gap=None):
        for stamp, body in data.pop("parts").items():
            _PART(key=f"{key}_{stamp}", data={"view": key, "stamp": stamp, "body": body})
    _PART(key=f"{key}_frame", data={"view": key, "frame": data})


def _first_told(key: str, event: str) -> bool:
    """Return whether this deed is told for the first time.

    Streamlit's browser side sends a trigger twice when a fragment's timer fires between the deed
    and its own request: with both. Every deed therefore carries a stamp of its own.
    """
    stamp = event_of(st.session_state.get(key), event).get("stamp")
    seen = f"_{key}_{event}_stamp"
    if not isinstance(stamp, str) or len(stamp) > 64 or st.session_state.get(seen) == stamp:
        return False
    st.session_state[seen] = stamp
    return True


def _event(answer: Any, sequence: str) -> ViewEvent:
    """Return what the browser reports, without whatever cannot be true of this sequence."""
    cell, stretch, cleared, act = (
        event_of(answer, event).get("value") for event in ("cell", "range", "cleared", "act")
    )
    return ViewEvent(
        cell=read_cell(cell, sequence),
        range=read_range(stretch, sequence),
        cleared=cleared is True,
        act=read_act(act, sequence),
    )
