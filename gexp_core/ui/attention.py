"""Attention as a visitor reads it: which map, the map, what one token reads, its agreement.

Owns the choices and the words around the numbers; the numbers are ``gexp_core.explain``'s.
"""

import contextlib
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from gexp_core.encoding import frame as framed
from gexp_core.explain import evaluations
from gexp_core.explain.attention_choice import KINDS, Choice
from gexp_core.explain.attention_map import STRANDS, AttentionMap
from gexp_core.explain.cost import GRADIENT, of_windows
from gexp_core.figures.attention_plot import CLICKED, attention_plot, token_of
from gexp_core.figures.attention_tokens import places
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.types import Mutagenesis
from gexp_core.ui import controls, frame, made, show, work, workspace

_TOKEN = "attention_token"

#: stands for the mean in what is offered; a choice of None would be forgotten by the next visit
_MEAN = -1

#: whose arcs are drawn: 'all', or 'token' once one is chosen
ARCS_OF = "attention_arcs_of"


def needs_attention(card: ModelCard) -> None:
    """End the page where the model has no attention: say so, and offer those that have."""
    if card.architecture in registry.ATTENTIVE:
        return
    # those that read about as much first: another window is another question
    others = sorted(
        (registry.card(name) for name in registry.attentive()),
        key=lambda other: abs(other.input_length - card.input_length),
    )
    st.info(
        f"**{card.name}** has no attention to look at: its kind of network "
        f"('{card.architecture}') is built without it. "
        + (
            "Models on this server that have attention:"
            if others
            else "No model on this server has attention."
        ),
        icon=":material/info:",
    )
    for other in others:
        st.button(
            f"Use {other.name} ({other.species}, reads {other.input_length:,} bp)",
            on_click=workspace.keep,
            args=("model", other.name),
            key=f"use_{other.name}",
            help="Choose this model for all pages.",
        )
    frame.link("why", "See which bases made this model say so, without attention")
    st.stop()


def window(card: ModelCard, name: str) -> int | None:
    """Offer which window of a long sequence is looked at; None where there is one."""
    starts = _starts(card, name)
    if len(starts) < 2:
        return None
    count = len(starts)
    chosen = st.number_input(
        f"Window (1 to {count:,})",
        1,
        count,
        key="attention_window",
        persist_state="session",
        width=190,
        help="A long sequence is read in several windows; tokens read the tokens of their own "
        "window only. Each has its own maps.",
    )
    row = min(count, max(1, int(chosen))) - 1
    st.caption(f"This window begins at base {starts[row] + 1:,} (1-based).")
    return row


def _starts(card: ModelCard, name: str) -> tuple[int, ...]:
    text = workspace.sequences()[name]
    stride = controls.stride(card)
    return framed(text, background=card.background, insert=card.insert, stride=stride).starts


def _asked(card: ModelCard, row: int | None) -> dict[str, Any]:
    """Return what maps and their mutagenesis depend on: the number, the strands, the windows.

    Of a model of many bins the number is that of the other pages: the mean over the chosen bins.
    """
    target = controls.explained(card)
    if row is not None and card.bins == 1:
        target = replace(target, rows=(row, row + 1))
    both, stride = controls.both_strands(card), controls.stride(card)
    return {"target": target, "both_strands": both, "stride": stride}


def maps(card: ModelCard, name: str, row: int | None) -> AttentionMap:
    """Return the maps of one window; end the page until they are made."""
    one = workspace.sequences().select((name,))
    windows = 1 if row is not None and card.bins == 1 else len(_starts(card, name))
    found: AttentionMap = work.result(
        "Reading attention",
        "gexp_core.explain.attention:attended_named",
        card,
        one,
        units=lambda: of_windows(
            card, GRADIENT * windows, both_strands=controls.both_strands(card)
        ),
        **_asked(card, row),
    )
    several = row is not None and len(found.row_sequence) > 1  # bins: all windows come together
    return found.only(row or 0) if several else found


def changes(card: ModelCard, name: str, row: int | None, *, wait: bool) -> Mutagenesis | None:
    """Return the mutagenesis of the same window, or None; with ``wait``, after drawing progress."""
    if row is None:
        if wait:
            return made.mutagenesis(card, name)
        return made.known_mutagenesis(card, name)
    start = _starts(card, name)[row]
    end = start + card.insert[1] - card.insert[0]
    one = workspace.sequences().select((name,))
    settings = {**_asked(card, row), "window": (start, end)}
    found: Mutagenesis | None
    if not wait:
        found = work.known("mutagenesis_named", card, one, **settings)
        return found
    found = work.result(
        "Changing every base of the window",
        "mutagenesis_named",
        card,
        one,
        units=lambda: evaluations(
            card,
            one,
            work="mutagenesis",
            window=(start, end),
            both_strands=controls.both_strands(card),
            stride=controls.stride(card),
        ),
        **settings,
    )
    return found


def choices(found: AttentionMap) -> Choice:
    """Offer which matrix is looked at."""
    kind = st.segmented_control(
        "Look at",
        list(KINDS),
        format_func=lambda key: KINDS[key][0] if key in KINDS else key,
        default="map",
        required=True,
        key="attention_kind",
        persist_state="session",
        help="\n".join(f"- **{title}**: {what}." for title, what in KINDS.values()),
    )
    kind = kind if kind in KINDS else "map"
    single = kind == "map"
    with st.container(horizontal=True):
        layer = _pick("layer", found.layers, single, "Which layer; the first reads the stem.")
        head = _pick("head", found.heads, single, "Which head of the layer.")
        words = "Which of the networks that are averaged."
        network = _pick("network", found.networks, True, words)
        words = "Whose reading; both lie in the coordinates of the sequence as given."
        strand = _pick("strand", found.strands, True, words) if found.strands > 1 else None
    choice = Choice(kind, network, strand, layer if single else None, head if single else None)
    if caution := choice.caution(found):
        st.warning(caution, icon=":material/warning:")
    return choice


def _pick(what: str, count: int, enabled: bool, help: str) -> int | None:
    """Offer one of ``count`` or their mean; return its number from 0, None for the mean."""
    key = f"attention_{what}"
    if not _MEAN <= workspace.setting(key, _MEAN) < count:
        workspace.keep(key, _MEAN)
    names = STRANDS if what == "strand" else [f"{what} {i + 1}" for i in range(count)]
    chosen: int = st.selectbox(
        what.capitalize(),
        [_MEAN, *range(count)],
        format_func=lambda i: "mean of all" if i == _MEAN else names[i],
        key=key,
        persist_state="session",
        disabled=not enabled,
        help=help,
        width=190,
    )
    return None if chosen == _MEAN else chosen


def token(found: AttentionMap) -> int:
    """Offer which token's reading is followed; the one that receives most until one is chosen."""
    if not 0 <= workspace.setting(_TOKEN, -1) < found.tokens:
        workspace.keep(_TOKEN, int(found.map(0).mean(0).argmax()))
    chosen: int = workspace.setting(_TOKEN, 0)
    names = places(found, 0)
    # one slider per window: a slider whose labels change would show another token than it means
    key = f"{_TOKEN}_{found.provenance.input_digest[:12]}_{found.start[0]}_{found.offset[0]}"
    workspace.keep(key, chosen)
    st.select_slider(
        "Token that reads",
        range(found.tokens),
        format_func=lambda i: names[i],
        key=key,
        on_change=lambda: _follow(workspace.setting(key, chosen)),
        help="A token stands for a few bases. Click a row of the map, or drag over the sequence "
        "with Shift, to choose one.",
    )
    before, after = found.reach
    first, last = found.bases(0)
    low, high = first[chosen] - before + 1, last[chosen] + after
    st.caption(
        f"A token stands for {found.size} bases and, through the convolutions below the attention, "
        f"also sees {before} before and {after} after them: this one bases {low:,} to {high:,}."
    )
    return chosen


def _clicked(found: AttentionMap, key: str) -> None:
    """Take the token of the row that was clicked in the map."""
    points = workspace.setting(key, {"selection": {"points": []}})["selection"]["points"]
    at = token_of(found, points[0].get("point_index")) if points else None
    if at is not None:
        _follow(at)


def _follow(at: int) -> None:
    """Follow a token that the visitor chose; its arcs are drawn alone."""
    workspace.keep(_TOKEN, at)
    workspace.keep(ARCS_OF, "token")


def picture(found: AttentionMap, choice: Choice, chosen: int) -> None:
    """Draw the matrix, the chosen token's row marked; a click on a row chooses its token."""
    matrix = choice.matrix(found, 0)
    st.markdown(f"**{choice.words(found)}**")
    key = f"attention_map_{found.provenance.input_digest[:12]}_{found.start[0]}"
    figure = attention_plot(found, 0, matrix, chosen, choice=choice)
    st.plotly_chart(
        figure,
        width=660,  # square; a narrower page makes it smaller
        theme=None,
        key=key,
        on_select=partial(_clicked, found, key),
        selection_mode="points",
        config=show.BAR,
    )
    st.caption(
        f"Each entry is {choice.entry(found)}. Rows read, columns are read; colours end at the "
        f"largest entry off the diagonal. {_pointed(found)}{_blurred(found)}"
    )


def _pointed(found: AttentionMap) -> str:
    if found.tokens <= CLICKED:
        return "Point at an entry for its numbers."
    return (
        f"With more than {CLICKED} tokens a side only entries on the diagonal (what a token gives "
        "to itself) tell their numbers; the files below have all."
    )


def _blurred(found: AttentionMap) -> str:
    if found.aligned:
        return ""
    return (
        " Tokens of the two strands do not lie on each other here: the reverse complement's maps "
        "are laid over by the bases that tokens share."
    )


def compare(card: ModelCard, name: str, row: int | None, known: Mutagenesis | None) -> None:
    """Have the mutagenesis made that attention is compared with, below everything else."""
    if known is None:
        with contextlib.suppress(work.Pending):
            changes(card, name, row, wait=True)
            st.rerun()


def token_at(found: AttentionMap, position: int) -> int:
    """Return the token that holds a 0-based position of the sequence, the nearest otherwise."""
    first, _ = found.bases(0)
    return int(np.clip((position - first[0]) // found.size, 0, found.tokens - 1))


def choose_token(found: AttentionMap, offset: int, stretch: tuple[int, int]) -> None:
    """Follow the token in the middle of a stretch of the drawn bases; for a view's callback."""
    _follow(token_at(found, offset + (stretch[0] + stretch[1]) // 2))
