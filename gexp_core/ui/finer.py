"""The finer choices of an attribution, folded away under the main ones.

Owns their widgets and limits; what they mean is ``gexp_core.explain``'s.
"""

from typing import Any

import streamlit as st

from gexp_core.errors import GexpError
from gexp_core.explain import ABOUT, AttributionSettings
from gexp_core.explain.settings import OWN
from gexp_core.inputs import APP_LIMITS, read_text
from gexp_core.models.card import ModelCard
from gexp_core.ui import focus, show, workspace

_DEFAULT = AttributionSettings()
_MOST_SHUFFLES, _LARGEST = 100, 100
_READ = "_own_read"
_LONG_STEPS = 32  # nodes of a path over a long window, each of which takes seconds


def draw(method: str, baseline: str, card: ModelCard) -> None:
    """Offer the choices that ``method`` and ``baseline`` have."""
    if baseline == OWN:
        _own()
    about = ABOUT[method]
    with st.expander("More choices"), st.container(horizontal=True, vertical_alignment="bottom"):
        _whole(
            "Shuffles",
            _shuffles(card),
            _MOST_SHUFFLES,
            baseline != "shuffle",
            "How many shuffles of the sequence the scores are averaged over. More are steadier and "
            "take longer.",
        )
        _whole(
            "Bases replaced at once",
            "size",
            _LARGEST,
            method != "occlusion",
            "Occlusion alone: size of the window that is replaced.",
        )
        _whole(
            "Bases between windows",
            "step",
            _LARGEST,
            method != "occlusion",
            "Occlusion alone: from the start of one replaced window to the next; at most the size.",
        )
        st.toggle(
            "Off-simplex correction",
            key="off_simplex",
            persist_state="session",
            disabled=not about.gradient,
            help="Subtracts from every gradient its mean over the four letters: what the "
            "prediction would gain if all four grew at once, which they do in no sequence "
            "(Majdandzic et al., Genome Biology 2023). With a "
            "baseline other than zeros, not where only one of the two has an N. For methods that "
            "take gradients.",
        )
        st.toggle(
            "Hypothetical scores",
            key="hypothetical",
            persist_state="session",
            disabled=not about.letters,
            help="Also gives the score that each of the four letters would get at each position, "
            "as a row below the picture and in the arrays.",
        )


def _shuffles(card: ModelCard) -> str:
    """Return the name of the choice; of a long window its own, as each shuffle takes long."""
    return "n_baselines" if card.input_length <= focus.LONG else "long_baselines"


def _whole(label: str, name: str, most: int, disabled: bool, help: str) -> None:
    st.number_input(
        label,
        1,
        most,
        value=_default(name),
        key=f"finer_{name}",
        persist_state="session",
        disabled=disabled,
        help=help,
        width=190,
    )


def _own() -> None:
    st.text_area(
        "Your own sequence to compare with",
        key="own",
        persist_state="session",
        max_chars=APP_LIMITS.max_bytes,
        height=90,
        help="As many bases as the sequence has, say its other allele or a designed control.",
    )
    with show.problems():
        if not _letters():
            st.caption("Until it is given, the sequence is compared with shuffles of itself.")


def _letters() -> str:
    """Return the letters given as the baseline, '' for none; InputError if they are no DNA.

    Several parts of a page ask, each time it is drawn: the text is read once for as long as it is
    this one.
    """
    text = str(workspace.setting("own", "") or "")
    read: tuple[str, str, GexpError | None] | None = workspace.setting(_READ, None)
    if read is None or read[0] != text:
        read = (text, *_read(text))
        workspace.keep(_READ, read)
    _, letters, problem = read
    if problem is not None:
        raise problem.with_traceback(None)
    return letters


def _read(text: str) -> tuple[str, GexpError | None]:
    """Return the letters of a text, '' for none, or what is wrong with it."""
    try:
        return read_text(text).sequences.sequences[0] if text.strip() else "", None
    except GexpError as error:
        return "", error


def own() -> str:
    """Return the letters to compare with; '' where there are none that can be read."""
    try:
        return _letters()
    except GexpError:
        return ""


def chosen(method: str, baseline: str, card: ModelCard) -> dict[str, Any]:
    """Return the choices as options of AttributionSettings, within what they allow together."""
    about, made = ABOUT[method], dict[str, Any]()
    if baseline == OWN:
        made["own"] = own()
    if baseline == "shuffle":
        made["n_baselines"] = _within(_shuffles(card), _MOST_SHUFFLES)
    if card.input_length > focus.LONG:
        made["max_steps"] = _LONG_STEPS
    if method == "occlusion":
        made["size"] = _within("size", _LARGEST)
        made["step"] = min(made["size"], _within("step", _LARGEST))
    if about.gradient:
        made["off_simplex"] = bool(workspace.setting("off_simplex", False))
    if about.letters:
        made["hypothetical"] = bool(workspace.setting("hypothetical", False))
    return made


def _within(name: str, most: int) -> int:
    value = workspace.setting(f"finer_{name}", None)
    return _default(name) if value is None else min(most, max(1, int(value)))


def _default(name: str) -> int:
    return 1 if name == "long_baselines" else int(getattr(_DEFAULT, name))
