"""The state of the bench in the address: written as it changes, and read once when a page opens.

Owns the parameters ``edits`` (the notation), ``zoom`` (what is in sight, 1-based) and, in links to
share, ``name`` and ``seq``. What an address says was written by anybody: it is read by the same
functions as typed text.
"""

import contextlib
from urllib.parse import urlencode

import streamlit as st

from gexp_core.edits.notation import describe
from gexp_core.edits.stretches import read_stretch
from gexp_core.errors import GexpError, InputError
from gexp_core.inputs import APP_LIMITS
from gexp_core.inputs import read_text as parse
from gexp_core.models.card import ModelCard
from gexp_core.ui import workspace
from gexp_core.ui.workbench import bench as deeds
from gexp_core.ui.workbench.bench import Bench

_EDITS, _NAME, _LETTERS, _ZOOM = "edits", "name", "seq", "zoom"
_READ = "_bench_link_read"
_GIVEN = "_bench_link_edits"
_LOOK = "_bench_link_zoom"
_LINKED = "_bench_link_sequence"

#: Longest sequence and longest edits that go into an address; browsers and proxies cut longer ones.
_MOST_BASES, _MOST_TEXT = 2_000, 1_500


def take() -> None:
    """Begin with the sequence that the address holds; call it before any widget is drawn."""
    letters = st.query_params.get(_LETTERS, "")
    if not letters or workspace.setting(_READ, False):
        return
    workspace.keep(_READ, True)
    name = " ".join(st.query_params.get(_NAME, "").split())[:60] or "linked sequence"
    given = st.query_params.get(_EDITS, "")
    if len(letters) <= APP_LIMITS.max_bases_record:
        try:
            workspace.begin(parse(f">{name}\n{letters}\n"), "the address")
            workspace.keep(_LINKED, (workspace.mine().token, name, letters))
            workspace.keep(_GIVEN, given)
            workspace.keep(_LOOK, st.query_params.get(_ZOOM, ""))
        except GexpError as error:
            workspace.refuse(error)


def restore(bench: Bench) -> None:
    """Make the edits of the address, once, on a bench that has none; then keep the two equal."""
    given = workspace.setting(_GIVEN, None)
    if given is None:
        given = st.query_params.get(_EDITS, "")
    if not workspace.setting(f"{_GIVEN}_done", False):
        if given and not bench.history.edits:
            deeds.write(bench, given)
        _restore_window(bench)
    workspace.keep(f"{_GIVEN}_done", True)
    # a sequence that came with the address stays in it, so that a reload finds it again
    token, name, letters = workspace.setting(_LINKED, ("", "", ""))
    here = token == workspace.mine().token
    _say(_NAME, name if here else "")
    _say(_LETTERS, letters if here else "")
    text = describe(bench.state)
    _say(_EDITS, "" if text == "=" or len(text) > _MOST_TEXT else text)
    _say(_ZOOM, window_text(bench))


def _restore_window(bench: Bench) -> None:
    """Take what the address says is in sight; a stretch that cannot be is left out."""
    given = workspace.setting(_LOOK, None)
    if given is None:
        given = st.query_params.get(_ZOOM, "")
    length = len(bench.history.sequence)
    with contextlib.suppress(InputError):
        bench.window = read_stretch(given, length)


def _say(key: str, text: str) -> None:
    """Write a parameter of the address, or take it out where it says nothing."""
    if not text:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != text:
        st.query_params[key] = text


def window_text(bench: Bench) -> str:
    """Return what is in sight as 'first-last' (1-based); '' where nobody chose it."""
    return "" if bench.window is None else f"{bench.window[0] + 1}-{bench.window[1]}"


def address(bench: Bench, card: ModelCard, track: str) -> str:
    """Return the address that opens the present state anywhere; '' where it is too long."""
    text = describe(bench.state)
    if len(bench.history.original) > _MOST_BASES or len(text) > _MOST_TEXT:
        return ""
    said = {"model": card.name}
    if len(card.tracks) > 1:
        said["track"] = track
    said |= {_NAME: bench.name, _LETTERS: bench.history.original}
    if text != "=":
        said[_EDITS] = text
    if bench.window is not None:
        said[_ZOOM] = window_text(bench)
    here = str(st.context.url or "").split("?")[0]
    return f"{here}?{urlencode(said)}"


def panel(bench: Bench, card: ModelCard, track: str) -> None:
    """Show the link to the present state."""
    made = address(bench, card, track)
    if made:
        st.caption(
            "Opens this sequence with these edits, this model and track and what is in sight, on "
            "this server or another one (change the host). Whoever has the link has the sequence."
        )
        st.code(made, language=None, wrap_lines=True)
        return
    st.info(
        f"The sequence or its edits are too long for an address (up to {_MOST_BASES:,} bases). The "
        "address of this page finds the work on this server; for elsewhere, download the states.",
        icon=":material/info:",
    )
