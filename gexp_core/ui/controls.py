"""What a visitor sets: model, track, sequence, and how things are computed.

Owns the widgets, their defaults and their help. A widget's limits hold only in the browser, so
what they return is validated by whoever uses it.
"""

from dataclasses import replace

import streamlit as st

from gexp_core.errors import ModelError
from gexp_core.explain import ABOUT, BASELINES, METHODS, AttributionSettings
from gexp_core.explain.settings import OWN
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.pipeline import RunSettings
from gexp_core.types import Target
from gexp_core.ui import choice, finer, focus, specific, stepped, tray, workspace
from gexp_core.ui.view import palette

_FAVOURITE = "retina-cnn"

#: Said of a model whose assay tells the two strands of a sequence apart.
ORIENTED = (
    "This model reads a sequence as it is given, on one strand: in its assay the orientation of an "
    "element counts. The reverse complement has a number of its own."
)

_BASELINE_WORDS = {
    "shuffle": "Shuffled sequences",
    "zeros": "No bases (all zeros)",
    "uniform": "A quarter of each base",
    "gc": "Bases at this GC content",
    OWN: "A sequence of your own",
}


def sidebar() -> None:
    """Draw what all pages share: the model, the track, the sequence, the link, the colours."""
    with st.sidebar, choice.telling():
        above, below = st.container(), st.container()
        with below:
            _link()  # first: after a reload it is what finds the sequences to choose from
            palette.choose()
        with above:
            _models()
            space = workspace.current()
            if space is not None:
                _sequences(space)


def _models() -> None:
    names = registry.offered()
    if names:
        first = names.index(_FAVOURITE) if _FAVOURITE in names else 0
        st.selectbox(
            "Model",
            names,
            index=first,
            key="model",
            bind="query-params",
            help="Which trained network answers. The page Models says what each one knows.",
        )
        card = model()
        st.caption(f"{card.title} · {card.species} · reads {card.input_length:,} bp")
        _tracks(card)


def _tracks(card: ModelCard) -> None:
    if len(card.tracks) > 1:
        labels = {track.name: specific.track_label(track) for track in card.tracks}
        st.selectbox(
            "Track",
            list(labels),
            format_func=labels.__getitem__,
            key="track",
            bind="query-params",
            help="Which of the model's outputs is shown and explained. Type to search.",
        )


def _sequences(space: workspace.Workspace) -> None:
    st.selectbox(
        "Sequence",
        space.sequences.names,
        key="sequence",
        bind="query-params",
        help="Which sequence the pages Why and What if look at. Type to search.",
    )


def _link() -> None:
    with st.expander("Link to this work", expanded=False):
        st.text_input(
            "Work",
            key=workspace.TOKEN,
            bind="query-params",
            placeholder="none yet",
            help="Stands for your sequences and results on this server. It is part of the address "
            "of the page: whoever has the address can see them, nobody else can.",
        )
        tray.link()
        st.caption(
            "Once sequences are read, the address of the page finds them again, after a reload "
            "and a restart of the server too, until it needs the room."
        )


def model() -> ModelCard:
    """Return the card of the chosen model.

    Raises
    ------
    ModelError
        No model is installed, or the address names one that is not there.
    """
    names = registry.offered()
    if not names:
        raise ModelError(
            "no model is installed on this server; add one to assets/models, or name a folder of "
            "models in the environment variable GEXP_MODELS"
        )
    return registry.card(workspace.setting("model", names[0]))


def track(card: ModelCard) -> str:
    """Return the name of the chosen track of ``card``."""
    names = [track.name for track in card.tracks]
    chosen: str = workspace.setting("track", names[0])
    return chosen if chosen in names else names[0]


def target(card: ModelCard) -> Target:
    """Return the number that is explained: the mean of the chosen track over the chosen rows.

    All rows, but for a model of many bins those around the chosen place of the chosen sequence.
    """
    return Target(card.track_index(track(card)), focus.rows(card, letters()))


def explained(card: ModelCard) -> Target:
    """Return the target of the pages that explain: with the second track, if one is taken off."""
    other = specific.chosen(card, track(card))
    return replace(target(card), minus=None if other is None else card.track_index(other))


def letters() -> str:
    """Return the letters of the chosen sequence."""
    space = workspace.sequences()
    return space.sequences[space.names.index(sequence())]


def sequence() -> str:
    """Return the name of the chosen sequence, the first until one is chosen."""
    names = workspace.sequences().names
    chosen: str = workspace.setting("sequence", names[0])
    return chosen if chosen in names else names[0]


def draw_prediction(card: ModelCard) -> None:
    """Offer how predictions are made; the choices hold on every page."""
    if not card.both_strands:
        st.caption(ORIENTED)
    strands, step = st.columns(2, vertical_alignment="bottom")
    if card.both_strands:
        strands.toggle(
            "Average both strands",
            value=True,
            key="both_strands",
            persist_state="session",
            help="Read each sequence and its reverse complement and average the two. An assay has "
            "no preferred strand unless its card says so, so this is more accurate; the distance "
            "between the two readings is shown in the table.",
        )
    if stride(card) is not None:
        stepped.draw(card, step if card.both_strands else strands)


def both_strands(card: ModelCard) -> bool:
    """Return whether both strands are read and averaged: never by a model that reads one."""
    return card.reads_both(bool(workspace.setting("both_strands", True)))


def stride(card: ModelCard) -> int | None:
    """Return the bases between windows of a long sequence; None where none is long."""
    longest = max(len(text) for text in workspace.sequences().sequences)
    return None if longest <= stepped.room(card) else stepped.chosen(card)


def draw_attribution(card: ModelCard) -> None:
    """Offer the choices of an attribution."""
    method, left, right = st.columns([3, 3, 1], vertical_alignment="top")
    method.selectbox(
        "Method",
        METHODS,
        format_func=lambda key: ABOUT[key].title if key in ABOUT else key,
        key="method",
        persist_state="session",
        help="How a score per base is made:\n\n"
        + "\n".join(f"- **{one.title}**: {one.help}" for one in ABOUT.values()),
    )
    method.caption(ABOUT[_method()].help)
    left.selectbox(
        "Compare with",
        (*BASELINES, OWN),
        format_func=lambda key: _BASELINE_WORDS.get(key, key),
        key="baseline",
        persist_state="session",
        help="The baseline: what the sequence is compared with. The scores add up to the "
        "difference between the two predictions, so another baseline is another question. "
        "Shuffled sequences keep this sequence's dinucleotides and are the honest default; "
        "zeros is quick, but no assay ever saw such a sequence.",
    )
    right.number_input(
        "Seed",
        0,
        2**31 - 1,
        value=0,
        key="seed",
        persist_state="session",
        disabled=not _chance(),
        help="Which shuffles are drawn. The same seed gives the same picture; try another to see "
        "what does not depend on it.",
    )
    finer.draw(_method(), str(workspace.setting("baseline", BASELINES[0])), card)


def _baseline() -> str:
    """Return the chosen baseline; shuffles while one's own has no letters yet."""
    chosen = str(workspace.setting("baseline", BASELINES[0]))
    if chosen == OWN and not finer.own():
        return BASELINES[0]
    return chosen if chosen in (*BASELINES, OWN) else BASELINES[0]


def _method() -> str:
    chosen = str(workspace.setting("method", METHODS[0]))
    return chosen if chosen in METHODS else METHODS[0]


def _chance() -> bool:
    """Return whether anything is drawn at random."""
    return _baseline() == "shuffle" or ABOUT[_method()].chance


def attribution(card: ModelCard) -> AttributionSettings:
    """Return how attributions are made, as last chosen."""
    method, baseline = _method(), _baseline()
    return AttributionSettings(
        method=method,
        baseline=baseline,
        both_strands=both_strands(card),
        stride=stride(card),
        **finer.chosen(method, baseline, card),
    )


def seed() -> int:
    """Return the seed of the shuffles and other draws; 0 where nothing is drawn."""
    return int(workspace.setting("seed", 0)) if _chance() else 0


def scoring() -> tuple[str, str, int]:
    """Return method, baseline and seed of an attribution, as last chosen."""
    return _method(), _baseline(), seed()


def run_settings(card: ModelCard) -> RunSettings:
    """Return all choices together, for a run over every sequence.

    The place of the chosen sequence is that of all where they are of one length.
    """
    shared = focus.shared()
    return RunSettings(
        track=track(card),
        minus=specific.chosen(card, track(card)),
        method=_method(),
        baseline=_baseline(),
        seed=seed(),
        stride=stride(card),
        both_strands=both_strands(card),
        finer=tuple(finer.chosen(_method(), _baseline(), card).items()),
        rows=focus.rows(card, letters()) if shared else None,
        part=focus.bases(card, letters()) if shared else None,
    )


def filter_names() -> str:
    """Offer a filter for the rows of a table; return it in lower case."""
    text = st.text_input(
        "Show sequences whose name contains",
        key="filter",
        persist_state="session",
        placeholder="all",
        help="Click a column's head to sort by it.",
    )
    return (text or "").strip().lower()
