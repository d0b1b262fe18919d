"""What a visitor has given and not sent on: a genome, genes, regions, variants, and typed text.

Owns where these things lie while they are no sequences yet. Like a workspace, a tray is found again
by its unguessable token in the address, so that a reload loses nothing. Whoever opens another's
link reads the same things, but from the first change on has a tray of their own. Trays are bounded
(``trays``), and a thing lies in its tray and nowhere else, so that the bounds are those of what is
held; who comes back to a thing that went is told so. What widgets are set to lies in the session
too, pasted text of up to 10 MB also.
"""

import contextlib
from typing import Any

import streamlit as st

from gexp_core.errors import LimitError
from gexp_core.inputs import APP_LIMITS
from gexp_core.jobs.store import size
from gexp_core.ui import tokens
from gexp_core.ui.trays import ROOM, TRAYS, Tray, Trays

#: The widget and address parameter that holds the token.
TOKEN = "tray"

_OWN = "_tray_own"
_RESTORED = "_tray_restored"
_MINE = "_tray_mine"  # key -> words of what this session gave or found
_SET = "_tray_set"  # keys of the widgets that it kept


def weigh(*lists: tuple[Any, ...]) -> int:
    """Return about how many bytes intervals or the like take: 300 of each beside what it says."""
    return sum(300 * len(some) + size(some) for some in lists)


@st.cache_resource(show_spinner=False)
def _held() -> Trays:
    """Return every tray of this server."""
    return Trays(TRAYS, ROOM)


def _token() -> str:
    """Return the token of the address, else of the tray that this session filled."""
    return str(st.session_state.get(TOKEN) or st.session_state.get(_OWN, ""))


def _here() -> Tray | None:
    """Return the tray of the address, else the session's own; None where neither is held."""
    for token in dict.fromkeys((_token(), st.session_state.get(_OWN, ""))):
        if token and (found := _held().get(token)) is not None:
            return found
    return None


def _mine() -> Tray:
    """Return the tray that this session may change: one of its own, new where it has none."""
    found = _here()
    if found is not None and found.token == st.session_state.get(_OWN):
        return found
    if found is None:  # nothing was given yet, or others took its place: what widgets say is left
        keys = [key for key in st.session_state.get(_SET, ()) if key in st.session_state]
        return Tray(widgets={key: st.session_state[key] for key in keys})
    return Tray(dict(found.things), dict(found.widgets), dict(found.words))


def _hold(made: Tray) -> None:
    """Hold the session's own tray, which the address then names."""
    st.session_state[_OWN] = st.session_state[TOKEN] = st.session_state[_RESTORED] = made.token
    _held().put(made)


def give(key: str, value: Any, words: str) -> None:
    """Lay a thing in the visitor's tray, where ``given`` finds it, after a reload too.

    Call it from a widget's callback. ``words`` say what it is, as in 'the genome'.

    Raises
    ------
    LimitError
        The visitor's things would take so much room that those of others would go.
    """
    weight, tray = size(value), _mine()
    tray.check(key, weight)
    tray.lay(tray.things, key, value, weight)
    tray.words[key] = words
    st.session_state[_MINE] = {**st.session_state.get(_MINE, {}), key: words}
    _hold(tray)


def given(key: str) -> Any:
    """Return a thing of the visitor's tray; None where there is none, or it is no longer held."""
    return _there().get(key)


def add(key: str, value: Any) -> None:
    """Lay a thing in the session's own tray outside of a callback; nowhere if that is not held.

    Raises
    ------
    LimitError
        As ``give`` does.
    """
    found = _here()
    if found is not None and found.token == st.session_state.get(_OWN):
        weight = size(value)
        found.check(key, weight)
        found.lay(found.things, key, value, weight)
        _held().put(found)


def keep(key: str, value: Any) -> None:
    """Remember what a widget is set to, after a reload too; call it from a widget's callback.

    In a tray that is full it is remembered for this session only.
    """
    weight, tray = size(value), _mine()
    st.session_state[key] = value
    st.session_state[_SET] = {**st.session_state.get(_SET, {}), key: True}
    with contextlib.suppress(LimitError):
        tray.check(key, weight)
        tray.lay(tray.widgets, key, value, weight)
        _hold(tray)


def keep_widget(key: str) -> None:
    """Remember what a widget is set to; for its ``on_change``."""
    keep(key, st.session_state.get(key))


def keep_text(key: str, text: str) -> None:
    """Remember what was typed and sent, also where it is then refused: it is there to be mended."""
    if text.strip() and len(text) <= APP_LIMITS.max_bytes:
        keep(key, text)


def recall(*keys: str, always: bool = False) -> None:
    """Put back what widgets were set to before a change of page; call it before they are drawn.

    With ``always`` also over what is there, for widgets whose every change is kept
    (``keep_widget``): a widget that stands on two pages begins anew on the other.
    """
    found = _here()
    for key in keys:
        if found and key in found.widgets and (always or key not in st.session_state):
            st.session_state[key] = found.widgets[key]


def restore() -> None:
    """Put what widgets were set to, in the tray that the address names, where they look, once."""
    token = _token()
    if not token or st.session_state.get(_RESTORED) == token:
        return
    found = _held().get(token)
    if found is None:
        return
    st.session_state[_RESTORED] = token
    st.session_state[_MINE] = dict(found.words)
    st.session_state[_SET] = dict.fromkeys(found.widgets, True)
    for key, value in list(found.widgets.items()):  # its owner may set one more meanwhile
        st.session_state[key] = value


def _there() -> dict[str, Any]:
    found = _here()
    return {} if found is None else found.things


def lost() -> str:
    """Return in a sentence what the address names, or this visitor gave, and is not held; or ''."""
    token = _token()
    if token and st.session_state.get(_RESTORED) != token and _held().get(token) is None:
        return (
            "The genome, regions and variants that this address names are no longer held here: the "
            "server was restarted, needed the room, or a day has passed. Give them again."
        )
    there, mine = _there(), st.session_state.get(_MINE, {})
    gone = [words for key, words in mine.items() if key not in there]
    if not gone:
        return ""
    listed = " and ".join(filter(None, (", ".join(gone[:-1]), gone[-1])))
    return (
        f"What you gave is no longer held here ({listed}): the server needed the room for what "
        "others gave, or a day has passed. Give it again."
    )


def _dismiss() -> None:
    """Say no more of what is not held now; for a button."""
    there, mine = _there(), st.session_state.get(_MINE, {})
    st.session_state[_RESTORED] = _token()
    st.session_state[_MINE] = {key: words for key, words in mine.items() if key in there}


def tell_lost() -> None:
    """Say what is no longer held, if anything, until the visitor has read it."""
    if said := lost():
        st.warning(said, icon=":material/link_off:")
        st.button("Dismiss", key="tray_dismiss", on_click=_dismiss)


def link() -> None:
    """Draw the part of the link that finds a tray again, and put its things back."""
    tokens.tell(TOKEN, st.session_state.get(_OWN, ""))
    st.text_input(
        "Genome, regions and variants",
        key=TOKEN,
        bind="query-params",
        placeholder="none yet",
        help="Stands for the genome, regions and variants that you gave, also before they become "
        "sequences. It is part of the address of the page: whoever has the address can see them, "
        "nobody else can. Kept for a day after the last use, or until the server restarts or "
        "needs the room.",
    )
    restore()
