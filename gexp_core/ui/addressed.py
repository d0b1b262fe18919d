"""The model and the track that an address names: taken where they are here, else told.

The lists take what they know of the address that the page was opened with, and show their first
entry for what they do not know, without a word. Owns the words, and what an address may say beside
the entries of the lists: a track by its bare name, as links once did.
"""

import streamlit as st

from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.ui import choice, controls, show, specific, workspace

#: what the address named, (model, track); read once in a session, as the lists correct the address
_NAMED = "_addressed"
#: what is shown in place of it, and the sentence
_INSTEAD = "_addressed_instead"

_LONGEST = 60  # letters of a name that are repeated


def take() -> None:
    """Read what the address names; call it before any widget is drawn."""
    if workspace.setting(_NAMED, None) is not None:
        return
    model, track = (st.query_params.get(one, "") for one in ("model", "track"))
    workspace.keep(_NAMED, (model, track))
    if not track or not registry.offered():
        return
    chosen = model or controls.model().name
    if chosen in registry.offered():
        if track in [one.name for one in registry.card(chosen).tracks]:
            choice.choose("track", track)


def told() -> None:
    """Warn that another model or track is shown than the address names, until one is chosen."""
    model, track = workspace.setting(_NAMED, ("", ""))
    if not (model or track) or not registry.offered():
        return
    card = controls.model()
    shown = (card.name, controls.track(card))
    if workspace.setting(_INSTEAD, None) is None:
        workspace.keep(_INSTEAD, (shown, _sentence(model, track, card)))
    before, sentence = workspace.setting(_INSTEAD, None)
    if shown != before:
        workspace.keep(_INSTEAD, (shown, ""))
    elif sentence:
        st.warning(sentence, icon=":material/link_off:")


def _sentence(model: str, track: str, card: ModelCard) -> str:
    """Return in a sentence which named model or track is not what ``card`` shows; '' for none."""
    if model and model != card.name:
        why = (
            "reads measured signals and is not offered in the app"
            if model in registry.names()
            else "this server does not have"
        )
        return (
            f"This address names the model {_quoted(model)}, which {why}; "
            f"{show.plain(card.name)} is shown in its place."
        )
    known = {name for one in card.tracks for name in (one.name, specific.track_label(one))}
    if not track or track in known:
        return ""
    return (
        f"This address names the track {_quoted(track)}, which {show.plain(card.name)} does not "
        f"have; {_quoted(controls.track(card))} is shown in its place."
    )


def _quoted(name: str) -> str:
    """Return a name that anybody may have written, in quotes, no longer than can be read."""
    return f"'{show.plain(name if len(name) <= _LONGEST else name[:_LONGEST] + '…')}'"
