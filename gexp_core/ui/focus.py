"""Which part of a long profile is explained, and which of its bases are changed.

A model that gives many bins for a window of many thousand bases has one number worth explaining
at one place, and more changes than anybody waits for. Owns the place, its widgets and what it
means in bins and bases; models with one number per window have none of it.
"""

import hashlib
from collections.abc import Mapping

import numpy as np
import streamlit as st

from gexp_core.encoding import frame
from gexp_core.inputs.limits import many
from gexp_core.models.card import ModelCard
from gexp_core.types import Floats, Prediction
from gexp_core.ui import workspace

#: Of windows of more bases than this less is asked by default (``finer``), and what would change
#: every base of them again and again is not offered.
LONG = 10_000

_BINS, _BASES = "focus_bins", "focus_bases"
_MOST_BINS = (1, 5, 33, 0)  # 0 is all
_MOST_BASES = (100, 200, 500, 1000)
_DEFAULT_BINS, _DEFAULT_BASES = 5, 200

#: Parameters of an address that say the place: position (1-based), bins and bases.
NAMES = ("place", "bins", "bases")


def needed(card: ModelCard, text: str) -> bool:
    """Return whether a place has to be chosen: many bins, in one window."""
    return card.bins > 1 and _one_window(card, text)


def shared() -> bool:
    """Return whether a place of one sequence is one of all: they are of one length."""
    return len({len(text) for text in workspace.sequences().sequences}) == 1


def refused(card: ModelCard, what: str) -> bool:
    """Say that something is not offered for a model of long windows; return whether it is so."""
    if card.input_length <= LONG:
        return False
    st.info(
        f"{what} changes every base of the sequence many times over, which nobody would wait for "
        f"with the {card.input_length:,} bp that {card.name} reads. Choose a model of shorter "
        "windows, or change single bases here and look at their effects.",
        icon=":material/info:",
    )
    return True


def at(text: str) -> int:
    """Return the chosen 0-based position, the middle until one is chosen."""
    chosen = workspace.setting(key(text), None)
    return len(text) // 2 if chosen is None else min(len(text), max(1, int(chosen))) - 1


def rows(card: ModelCard, text: str) -> tuple[int, int] | None:
    """Return the bins that are explained, 0-based half-open; None for all of them."""
    count = int(workspace.setting(_BINS, _DEFAULT_BINS) or 0)
    if not needed(card, text) or count not in _MOST_BINS or count == 0:
        return None
    count = min(count, card.bins)
    middle = card.bin_over(at(text) + _offset(card, text))
    first = min(max(0, middle - count // 2), card.bins - count)
    return first, first + count


def bases(card: ModelCard, text: str) -> tuple[int, int] | None:
    """Return the bases that are changed one by one, 0-based half-open; None for all of them."""
    if not needed(card, text):
        return None
    count = int(workspace.setting(_BASES, _DEFAULT_BASES))
    count = min(count if count in _MOST_BASES else _DEFAULT_BASES, len(text))
    first = min(max(0, at(text) - count // 2), len(text) - count)
    return first, first + count


def means(made: Prediction, card: ModelCard, chosen: tuple[int, int] | None) -> Floats:
    """Return (N, T): the number of each sequence that is explained when ``chosen`` bins are.

    The mean over the bins (of every window); over all rows where None is chosen.
    """
    return np.stack([over(made, card, chosen, made.y, i) for i in range(len(made.names))])


def over(
    made: Prediction, card: ModelCard, chosen: tuple[int, int] | None, values: Floats, i: int = 0
) -> Floats:
    """Return (T,): the mean of ``values`` (R, T) of a prediction over what is explained of it.

    The rows of sequence ``i`` in ``chosen`` bins (of every window); all its rows for None.
    """
    part = values[made.rows(i)]
    if chosen is None:
        return np.asarray(part.mean(0))
    bins = slice(*chosen)
    return np.asarray(part.reshape(-1, card.bins, len(made.tracks))[:, bins].mean((0, 1)))


def told(card: ModelCard, text: str) -> dict[str, str]:
    """Return the chosen place as words of an address; nothing where no place is needed."""
    if not needed(card, text) or workspace.setting(key(text), None) is None:
        return {}
    bins = int(workspace.setting(_BINS, _DEFAULT_BINS))
    bases = int(workspace.setting(_BASES, _DEFAULT_BASES))
    return {
        "place": str(at(text) + 1),
        "bins": "" if bins == _DEFAULT_BINS else str(bins),
        "bases": "" if bases == _DEFAULT_BASES else str(bases),
    }


def take(given: Mapping[str, str], text: str) -> None:
    """Choose the place that an address says; what cannot be is left out."""
    place = given.get("place", "")
    if place.isascii() and place.isdigit() and len(place) <= len(str(len(text))):
        if 1 <= int(place) <= len(text):
            workspace.keep(key(text), int(place))
    for name, held, known in (("bins", _BINS, _MOST_BINS), ("bases", _BASES, _MOST_BASES)):
        if given.get(name, "") in map(str, known):
            workspace.keep(held, int(given[name]))


def draw(
    card: ModelCard,
    name: str,
    text: str,
    prediction: Prediction | None,
    track: str,
    *,
    changed: bool = False,
) -> None:
    """Offer the place, the highest bin at first, and say in words what it means.

    Draws nothing where no place is needed, or while there is no ``prediction``. It holds the
    sequence called ``name``, whose letters are ``text``; ``changed`` offers the bases too that are
    changed.
    """
    if prediction is None or not needed(card, text):
        return
    for choice, usual in ((_BINS, _DEFAULT_BINS), (_BASES, _DEFAULT_BASES)):
        if choice not in st.session_state:
            workspace.keep(choice, usual)
    held = key(text)
    best = _highest(prediction, prediction.names.index(name), track, len(text))
    if held not in st.session_state:
        workspace.keep(held, best)
    first, last = predicted(card, text)
    row = st.container(horizontal=True, vertical_alignment="bottom")  # breaks in a narrow window
    row.number_input(
        "Position",
        1,
        len(text),
        key=held,
        persist_state="session",
        help=f"1-based. The model gives bins of {card.bin_size} bp for positions {first + 1:,} to "
        f"{last:,} of this sequence; what lies outside is context that it reads.",
        width=210,
    )
    row.selectbox(
        "Explained",
        _MOST_BINS,
        format_func=lambda n: (
            "all bins" if n == 0 else f"{many(n, 'bin')}, {n * card.bin_size:,} bp"
        ),
        key=_BINS,
        persist_state="session",
        help="The number that is explained is the mean of the chosen track over these bins, in the "
        "middle of which the position lies.",
        width=210,
    )
    if changed:
        row.selectbox(
            "Changed",
            _MOST_BASES,
            format_func=lambda n: f"{n:,} bases",
            key=_BASES,
            persist_state="session",
            help="Every base of this stretch, around the position, is changed to each other base.",
            width=210,
        )
    row.button(
        f"Go to the highest bin ({best:,})",
        on_click=workspace.keep,
        args=(held, best),
        help="Where the chosen track is predicted to be highest.",
    )
    chosen = rows(card, text)
    if chosen is not None:
        st.caption(f"Explained: {over_words(card, text, chosen)}.")


def over_words(card: ModelCard, text: str, chosen: tuple[int, int] | None) -> str:
    """Return in words what is explained of a sequence when ``chosen`` bins are; None for all."""
    if chosen is None:
        return "the mean of the track over all bins"
    begin, end = (predicted(card, text)[0] + n * card.bin_size for n in chosen)
    return f"the mean of the track over positions {begin + 1:,} to {end:,} (1-based)"


def predicted(card: ModelCard, text: str) -> tuple[int, int]:
    """Return the part of a sequence (or beyond its ends) that has bins, 0-based half-open."""
    first = card.margin - _offset(card, text)
    return first, first + card.bins * card.bin_size


def key(text: str) -> str:
    """Return the name of the chosen position of a sequence."""
    return f"focus_at_{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _highest(prediction: Prediction, i: int, track: str, length: int) -> int:
    """Return the 1-based position in the middle of the highest bin on sequence ``i``."""
    rows = prediction.rows(i)
    start, end = prediction.start[rows], prediction.end[rows]
    y = prediction.y[rows, prediction.tracks.index(track)]
    best = np.where((end > 0) & (start < length), y, -np.inf).argmax()
    return int(np.clip((start[best] + end[best]) // 2, 0, length - 1)) + 1


def _one_window(card: ModelCard, text: str) -> bool:
    return len(text) <= card.insert[1] - card.insert[0] or len(text) == card.input_length


def _offset(card: ModelCard, text: str) -> int:
    """Return where the sequence's first base lies in the window."""
    return frame(text, background=card.background, insert=card.insert).offset
