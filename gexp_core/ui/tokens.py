"""Tokens of what a visitor has here: named in the address, so that a reload finds it again.

Owns that the address does name them. What is behind a token is its owner's.
"""

import streamlit as st

#: Key of a token's box -> our last token, and what the address named before it; None in that
#: place once the address named ours, or the visitor wrote another.
_TOLD = "_tokens_told"


def tell(key: str, token: str) -> None:
    """Have the address name ``token``, which was laid in the box ``key``; before that is drawn.

    Streamlit tells the browser once what a box was set to, among what that run draws, and drops all
    of it where the whole page runs again before it was sent. The address would then never name the
    token, so the box is set in every run until it does. What a visitor writes there stays.
    """
    told: dict[str, tuple[str, str | None]] = st.session_state.get(_TOLD, {})
    last, before = told.get(key, ("", None))
    if not token or (last == token and before is None):
        return
    named = st.query_params.get(key, "")
    if last != token:
        before = named
    if named == token or st.session_state.get(key, "") not in ("", token, before):
        before = None
    else:
        st.session_state[key] = token
    st.session_state[_TOLD] = {**told, key: (token, before)}
