"""How far an explanation can be believed: a badge, its evidence, and the button to check fully.

Owns the words and colours of the badge; the checks are ``gexp_core.explain.health``'s.
"""

import contextlib

import pandas as pd
import streamlit as st

from gexp_core.explain import Health
from gexp_core.models.card import ModelCard
from gexp_core.types import Attribution, SequenceSet
from gexp_core.ui import focus, made, work
from gexp_core.ui.explained import percent

#: verdict -> colour, icon and word; never the colour alone
_WORDS = {
    "good": ("green", "check_circle", "good"),
    "doubtful": ("orange", "help", "doubtful"),
    "bad": ("red", "cancel", "bad"),
    "": ("gray", "pending", "not checked yet"),
}
_MARKS = {"good": "✓ good", "doubtful": "? doubtful", "bad": "✗ bad", "": "– not applicable"}


def badge(attribution: Attribution, card: ModelCard, name: str) -> None:
    """Show what the checks found, and offer those that take time."""
    one = made.one(name)
    found = known(attribution, card, one)
    with st.expander(f"Health of this explanation: {mark(found)} ({extent(found)})"):
        evidence(found)
    advice(found)
    if found.tier != "full" and not endless(card):
        with contextlib.suppress(work.Pending):
            made.health(card, one, attribution)
            st.rerun()  # just made: draw the badge again with what was found


def endless(card: ModelCard) -> bool:
    """Say that all checks are not offered where they would take hours; return whether it is so."""
    if card.input_length <= focus.LONG:
        return False
    st.caption(
        "The other checks change every base of the sequence, which takes hours with the "
        f"{card.input_length:,} bp that {card.name} reads; they are not offered for it."
    )
    return True


def known(attribution: Attribution, card: ModelCard, one: SequenceSet) -> Health:
    """Return all checks where they have been made, else those that cost nothing."""
    found = made.known_health(card, one, attribution)
    if found is None:
        from gexp_core.explain.health import quick

        found = quick(attribution)
    return found


def mark(found: Health) -> str:
    """Return the badge: its colour, icon and word, as Markdown."""
    colour, icon, word = _WORDS[found.verdict]
    if found.tier != "full" and found.verdict == "good":
        word = "adds up"  # no more is known yet
    return f":{colour}-badge[:material/{icon}: {word}]"


def extent(found: Health) -> str:
    """Return in words which checks were made."""
    return "all checks" if found.tier == "full" else "quick check only"


def sums(found: Health) -> str:
    """Return in a sentence how well the scores add up; '' where they are not expected to."""
    check = next(one for one in found.checks if one.name == "completeness")
    if check.value is None:
        return ""
    good = f"{100 * check.rule.good:g} %"
    return f"Their sum misses what it explains by {percent(check.value)} (good: at most {good}). "


def advice(found: Health) -> None:
    """Say what to do, where the checks found something to object to."""
    if found.verdict in ("bad", "doubtful"):
        show = st.error if found.verdict == "bad" else st.warning
        show(found.text, icon=f":material/{_WORDS[found.verdict][1]}:")


def evidence(found: Health) -> None:
    """Show every check with its value, its verdict, its limits and why they stand there."""
    rows = [
        {
            "Check": check.rule.title,
            "Found": "–" if check.value is None else f"{check.value:.3f}",
            "Verdict": _MARKS[check.verdict],
            "What to do": check.text,
            "Limits": check.rule.limits,
        }
        for check in found.checks
    ]
    # A table of text wraps; the grid of st.dataframe cuts sentences off.
    st.table(pd.DataFrame(rows).set_index("Check"))
    st.caption(
        "Found is a share for completeness and the control, else Pearson's r over bases. Why the "
        "limits stand there: "
        + "; ".join(f"*{check.rule.title}*: {check.rule.reason}" for check in found.checks)
        + "."
    )
    if found.tier != "full":
        st.caption(
            "The other checks make the explanation again with another seed, another baseline, "
            "each strand (where both are read) and each network alone, and on shuffles, and "
            "compare it with mutagenesis."
        )
