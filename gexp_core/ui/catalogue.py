"""Which models there are: a table to filter and choose from.

Owns the filters and the choice; what a model is, its card says.
"""

import pandas as pd
import streamlit as st

from gexp_core.inputs.limits import many
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.ui import choice, workspace

#: (a model that the pages do not offer, the model that was chosen when its card was opened)
_READ = "_card_read"


def choose() -> None:
    """Offer all models, filtered; clicking a row chooses that model for every page.

    One that reads more than sequence is not chosen, only its card is opened.
    """
    cards = registry.cards()
    if len(cards) < 2:
        return
    shown = _filtered(cards)
    if not shown:
        st.info("No model fits these filters; take one of them back.", icon=":material/filter_alt:")
        return
    names = tuple(card.name for card in shown)
    key = f"models_{'_'.join(names)}"
    column = st.column_config
    st.dataframe(
        pd.DataFrame([_row(card) for card in shown]),
        key=key,
        on_select=lambda: _select(key, names),
        selection_mode="single-row",
        hide_index=True,
        width="stretch",
        column_config={
            "Held-out r": column.NumberColumn(
                format="%.2f",
                help="Pearson r with the measured values of test sequences: the first track's, or "
                "the mean over the tracks of the first assay.",
            ),
            "Ridge r": column.NumberColumn(
                format="%.2f",
                help="The same r of a linear predictor: it counts words of 6 bases, or reads GC "
                "and CpG around a bin, or the measured signal of a model that reads one.",
            ),
            "Reads": column.NumberColumn("Reads (bp)", format="localized"),
            "What it predicts": column.TextColumn(width="large"),
        },
    )
    st.caption(
        f"{len(shown)} of {many(len(cards), 'model')}. Click the box before a row, or use "
        "the list at the left, to read its card and work with it."
    )


def opened(card: ModelCard) -> ModelCard:
    """Return the card to read: the chosen model's, or that of one that the pages do not offer.

    Such a one is clicked in the table to be read, and forgotten when another model is chosen.
    """
    name, beside = workspace.setting(_READ, ("", ""))
    return registry.card(name) if beside == card.name and name in registry.names() else card


def _row(card: ModelCard) -> dict[str, object]:
    own = card.find("pearson")
    ridge = card.find("pearson", predictor=card.ridge) if card.ridge else None
    return {  # what one chooses by comes first: it is in sight in a narrow window too
        "Model": card.name,
        "Held-out r": None if own is None else own.value,
        "Ridge r": None if ridge is None else ridge.value,
        "Species": card.species,
        "What it predicts": card.title,
        "Reads": card.input_length,
        "Tracks": len(card.tracks),
        "Family": card.family,
    }


def _select(key: str, names: tuple[str, ...]) -> None:
    """Take the row that was clicked as the model of all pages."""
    chosen = workspace.ticked(key)
    if not chosen or chosen[0] >= len(names):
        return
    name, offered = names[chosen[0]], registry.offered()
    if name in offered:
        choice.choose("model", name)
        workspace.keep(_READ, ("", ""))
    elif offered:
        workspace.keep(_READ, (name, workspace.setting("model", offered[0])))


def _filtered(cards: tuple[ModelCard, ...]) -> list[ModelCard]:
    """Draw the filters; return the cards that pass all of them."""
    species, length, family, words = st.columns([2, 2, 2, 3])
    kinds = (
        (species, "Species", "species", lambda card: card.species),
        (length, "Reads", "length", lambda card: f"{card.input_length:,} bp"),
        (family, "Family", "family", lambda card: card.family),
    )
    shown = list(cards)
    for place, label, key, value in kinds:
        options = list(dict.fromkeys(value(card) for card in sorted(cards, key=_by_length)))
        wanted = place.multiselect(
            label,
            options,
            key=f"models_{key}",
            persist_state="session",
            placeholder="any",
            help=f"Show only models of the chosen kinds ({label.lower()}); none chosen shows all.",
        )
        shown = [card for card in shown if not wanted or value(card) in wanted]
    text = words.text_input(
        "Assay, cell type or other words",
        key="models_words",
        persist_state="session",
        placeholder="any",
        max_chars=80,
        help="Every word must stand somewhere in the card: assay, meaning, tracks, citation.",
    )
    sought = (text or "").lower().split()
    return [card for card in shown if all(word in _all_words(card) for word in sought)]


def _by_length(card: ModelCard) -> int:
    return card.input_length


def _all_words(card: ModelCard) -> str:
    """Return what a search looks in, in lower case."""
    tracks = (f"{track.name} {track.description} {track.group}" for track in card.tracks)
    parts = (card.name, card.title, card.species, card.assay, card.meaning, card.citation, *tracks)
    return " ".join(parts).lower()
