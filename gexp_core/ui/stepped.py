"""How far apart the windows of a long sequence are read.

Owns the choice. Every width of a window has its own: half of one is no choice for another.
"""

from streamlit.delta_generator import DeltaGenerator

from gexp_core.models.card import ModelCard
from gexp_core.ui import workspace


def room(card: ModelCard) -> int:
    """Return how many bases of a sequence a window holds."""
    return card.insert[1] - card.insert[0]


def key(card: ModelCard) -> str:
    """Return the name of the choice for windows as wide as the model's."""
    return f"stride_{room(card)}"


def usual(card: ModelCard) -> int:
    """Return the bases between windows until others are chosen: half of what a window holds."""
    return max(1, room(card) // 2)


def chosen(card: ModelCard) -> int:
    """Return the chosen bases between windows."""
    return min(room(card), max(1, int(workspace.setting(key(card), usual(card)))))


def draw(card: ModelCard, place: DeltaGenerator) -> None:
    """Offer the choice in ``place``."""
    place.number_input(
        "Bases between windows",
        1,
        room(card),
        value=usual(card),
        key=key(card),
        persist_state="session",
        help=f"A sequence longer than {room(card)} bp is read in windows this far apart; the last "
        "one ends with the sequence. A smaller step takes longer and gives a finer profile.",
    )
