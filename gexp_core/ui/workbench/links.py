"""The state of the bench in the address: written as it changes, and read once when a page opens.

Owns the parameters ``edits`` (the notation), ``zoom`` (what is in sight, 1-based) and, in links to
share, the sequence: ``name``, ``seq`` and ``from`` (where it lies on a genome), or ``example``. The
choices that the view depends on are ``choices``'s. What an address says was written by anybody:
it is read by the same functions as typed text.
"""

import contextlib
import re
from dataclasses import replace
from urllib.parse import urlencode

import streamlit as st

from gexp_core.edits.notation import describe
from gexp_core.edits.reference import place_on
from gexp_core.edits.state import unedited
from gexp_core.edits.stretches import read_stretch
from gexp_core.errors import GexpError, InputError
from gexp_core.inputs import APP_LIMITS, examples, read_example
from gexp_core.inputs import read_text as parse
from gexp_core.inputs.intervals import parse_region
from gexp_core.models.card import ModelCard
from gexp_core.types import InputCheck, SequenceSet
from gexp_core.ui import giving, specific, workspace
from gexp_core.ui.workbench import bench as deeds
from gexp_core.ui.workbench import choices
from gexp_core.ui.workbench.bench import Bench

_EDITS, _NAME, _LETTERS, _ZOOM = "edits", "name", "seq", "zoom"
_FROM, _EXAMPLE = "from", "example"
_SEQUENCE = (_NAME, _LETTERS, _FROM, _EXAMPLE)
_READ = "_bench_link_read"
_GIVEN = "_bench_link_given"
_DONE = "_bench_link_done"
_LINKED = "_bench_link_sequence"

#: Names of contigs that are taken from an address: nothing that a text could be marked up with.
_CONTIG = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}(?:_[A-Za-z0-9.-]{1,40}){0,4}")

#: Longest sequence and longest edits that go into an address; browsers and proxies cut longer ones.
_MOST_BASES, _MOST_TEXT = 2_000, 1_500


def take() -> None:
    """Begin with the sequence that the address holds; call it before any widget is drawn.

    Where the address names work that is held, that is gone on with: it began with this sequence,
    and every reload would begin another. Work that is not held is begun anew.
    """
    workspace.correct()
    letters, example = (st.query_params.get(one, "") for one in (_LETTERS, _EXAMPLE))
    if not (letters or example) or workspace.setting(_READ, False):
        return
    workspace.keep(_READ, True)
    known = {one.key: one.title for one in examples()}
    named = st.query_params.get(workspace.TOKEN, "")
    space = workspace.held(named)
    if space is not None:
        if letters.upper() in space.sequences.sequences or (
            example in known and space.source == giving.source_of(example)
        ):
            _remember(named)
        return
    workspace.instead_of(named)
    try:
        if letters and len(letters) <= APP_LIMITS.max_bases_record:
            name = " ".join(st.query_params.get(_NAME, "").split())[:60] or "linked sequence"
            check = _placed(parse(f">{name}\n{letters}\n"), st.query_params.get(_FROM, ""))
            workspace.begin(check, "the address")
        elif example in known:
            workspace.begin(read_example(example), giving.source_of(example))
        else:
            return
    except GexpError as error:
        workspace.refuse(error)
        return
    _remember(workspace.mine().token)


def _remember(token: str) -> None:
    """Remember what the address says of the view, and of the sequence of the work of ``token``."""
    held = {one: st.query_params.get(one, "") for one in _SEQUENCE}
    workspace.keep(_LINKED, (token, held))
    workspace.keep(_GIVEN, _present())


def _placed(check: InputCheck, place: str) -> InputCheck:
    """Return what was read with its place on a genome; without, where ``place`` cannot be one."""
    held = check.sequences
    with contextlib.suppress(InputError):
        interval = parse_region(place)
        if not _CONTIG.fullmatch(interval.chrom):
            return check
        if len(held) == 1 and interval.end - interval.start == len(held.sequences[0]):
            origins = (replace(held.origins[0], interval=interval),)
            return replace(check, sequences=SequenceSet(held.names, held.sequences, origins))
    return check


def _present() -> dict[str, str]:
    """Return what the address says of the view."""
    return {one: st.query_params.get(one, "") for one in (_EDITS, _ZOOM, *choices.NAMES)}


def restore(bench: Bench, card: ModelCard) -> None:
    """Make the view of the address, once, on a bench without edits; then keep the two equal."""
    if not workspace.setting(_DONE, False):
        given = workspace.setting(_GIVEN, None) or _present()
        choices.take(card, given, bench.history.original)
        if given[_EDITS] and not bench.history.edits:
            deeds.write(bench, given[_EDITS])
        with contextlib.suppress(InputError):
            bench.window = read_stretch(given[_ZOOM], len(bench.history.sequence))
    workspace.keep(_DONE, True)
    # a sequence that came with the address stays in it, so that a reload finds it again
    token, held = workspace.setting(_LINKED, ("", {}))
    here = held if token == workspace.mine().token else {}
    said = choices.told(card, bench.history.original)
    text = describe(bench.state)
    for one in _SEQUENCE:
        _say(one, here.get(one, ""))
    for one in choices.NAMES:
        _say(one, said.get(one, ""))
    _say(_EDITS, "" if text == "=" or len(text) > _MOST_TEXT else text)
    _say(_ZOOM, window_text(bench))


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
    text, original = describe(bench.state), bench.history.original
    sequence = _sequence(bench)
    if not sequence or len(text) > _MOST_TEXT:
        return ""
    said = {"model": card.name}
    if len(card.tracks) > 1:
        said["track"] = specific.track_label(card.tracks[card.track_index(track)])
    said |= sequence
    if text != "=":
        said[_EDITS] = text
    if bench.window is not None:
        said[_ZOOM] = window_text(bench)
    said |= choices.told(card, original)
    here = str(st.context.url or "").split("?")[0]
    return f"{here}?{urlencode(said)}"


def _sequence(bench: Bench) -> dict[str, str]:
    """Return what stands for the sequence: its letters, or the bundled example that it is of."""
    original = bench.history.original
    if len(original) <= _MOST_BASES:
        said = {_NAME: bench.name, _LETTERS: original}
        if bench.interval is not None:
            said[_FROM] = place_on(unedited(original), bench.interval)
        return said
    for one in examples():
        if workspace.mine().source == giving.source_of(one.key):
            held = read_example(one.key).sequences
            if bench.name in held.names and held[bench.name] == original:
                return {_EXAMPLE: one.key, "sequence": bench.name}
    return {}


def panel(bench: Bench, card: ModelCard, track: str) -> None:
    """Show the link to the present state."""
    made = address(bench, card, track)
    if made:
        st.caption(
            "Opens this sequence with these edits, this model and track, the choices made here and "
            "what is in sight, on this server or another one (change the host). Whoever has the "
            "link has the sequence. Not in it: what is chosen under *More choices* of the page Why "
            "and letters of your own to compare with; contributions that were made with those "
            "differ."
        )
        st.code(made, language=None, wrap_lines=True)
        return
    st.info(
        f"The sequence or its edits are too long for an address (up to {_MOST_BASES:,} bases). The "
        "address of this page finds the work on this server; for elsewhere, download the states.",
        icon=":material/info:",
    )
