"""How far an explanation can be believed: a badge, its evidence, and the button to check fully.

Owns the words and colours of the badge; the checks are ``gexp_core.explain.health``'s.
"""

import contextlib

import pandas as pd
import streamlit as st

from gexp_core.explain import Health
from gexp_core.models.card import ModelCard
from gexp_core.types import Attribution
from gexp_core.ui import made, work

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
    found = made.known_health(card, name, attribution)
    if found is None:
        from gexp_core.explain.health import quick

        found = quick(attribution)
    colour, icon, word = _WORDS[found.verdict]
    if found.tier != "full" and found.verdict == "good":
        word = "adds up"  # no more is known yet
    extent = "all checks" if found.tier == "full" else "quick check only"
    label = f"Health of this explanation: :{colour}-badge[:material/{icon}: {word}] ({extent})"
    with st.expander(label):
        _evidence(found)
    if found.verdict in ("bad", "doubtful"):
        show = st.error if found.verdict == "bad" else st.warning
        show(found.text, icon=f":material/{icon}:")
    if found.tier != "full":
        with contextlib.suppress(work.Pending):
            made.health(card, name, attribution)
            st.rerun()  # just made: draw the badge again with what was found


def _evidence(found: Health) -> None:
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
            "each strand and each network alone, and on shuffles, and compare it with mutagenesis."
        )
