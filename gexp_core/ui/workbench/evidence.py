"""How far the contributions on the bench can be believed: a badge that opens to its evidence.

Owns where it stands and of which letters it is. Words, colours and checks are those of the page
Why (``ui.trust``), and so are their results: what was checked there is known here.
"""

from functools import partial

import streamlit as st

from gexp_core.explain import Health
from gexp_core.models.card import ModelCard
from gexp_core.types import Attribution
from gexp_core.ui import made, trust, work
from gexp_core.ui.workbench import asked
from gexp_core.ui.workbench.asked import Found
from gexp_core.ui.workbench.bench import Bench

_KIND = "health"


def badge(bench: Bench, card: ModelCard, credit: Found | None, *, awaited: bool) -> None:
    """Show what is known of the present contributions; what costs nothing to check, at once.

    Parameters
    ----------
    credit : Found, optional
        The contributions that the view shows.
    awaited : bool
        Whether they are being made; the badge then holds its room.
    """
    if credit is None and not awaited:
        return
    if credit is None or not credit.fresh:
        asked.drop(bench, _KIND)  # checks of letters, or of choices, that are no more
        word = "not made yet" if credit is None else "out of date"
        st.popover(
            f"Contributions: :gray-badge[:material/pending: {word}]",
            key="bench_health",
            disabled=True,
            help="How far the contributions can be believed, as soon as they are of these letters "
            "and choices.",
        )
        return
    attribution: Attribution = credit.made
    found = trust.known(attribution, card, bench.sequences)
    if found.tier != "full":
        found = _asked(bench, card, attribution) or found
    with st.popover(
        f"Contributions: {trust.mark(found)}",
        key="bench_health",
        help=f"How far they can be believed ({trust.extent(found)}). {trust.sums(found)}Open it "
        "for the evidence.",
    ):
        trust.advice(found)
        trust.evidence(found)
        if found.tier != "full" and not trust.endless(card):
            _offer(bench, card, attribution)


def _question(bench: Bench, card: ModelCard, attribution: Attribution) -> str:
    """Return what the present checks are known by."""
    return work.key_of(made.HEALTH, card, bench.sequences, made.checking(attribution))


def _asked(bench: Bench, card: ModelCard, attribution: Attribution) -> Health | None:
    """Return all checks; None where they are not asked for, or not there yet."""
    if bench.checks != _question(bench, card, attribution):
        asked.drop(bench, _KIND)
        return None
    found: Health | None = asked.ask(
        bench,
        _KIND,
        made.HEALTH,
        card,
        bench.sequences,
        given=(card.name, bench.sequences, 0, attribution),
        **made.checking(attribution),
    )
    return found


def _offer(bench: Bench, card: ModelCard, attribution: Attribution) -> None:
    """Offer the checks that take time, or say that they are being made."""
    question = _question(bench, card, attribution)
    if bench.checks != question:
        st.button(
            made.CHECK,
            key="bench_check",
            type="primary",
            on_click=partial(setattr, bench, "checks", question),
        )
    elif question in bench.failed:
        st.caption("Stopped, or failed; *Try again* above starts the checks again.")
    else:
        st.caption("The checks are being made; how far they are stands above the view.")
