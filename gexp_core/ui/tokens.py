"""Tokens of what a visitor has here: named in the address, so that a reload finds it again.

Owns that the address does name them. What is behind a token is its owner's.
"""

import streamlit as st

_TOLD = "_tokens_told"  # key of a token's box -> the last of ours that the address was seen to name


def tell(key: str, token: str) -> None:
    """Have the address name ``token``, which was laid in the box ``key``; before that is drawn.

    Streamlit tells the browser once what a box was set to, among what that run draws, and drops all
    of it where the whole page runs again before it was sent. The address would then never name the
    token, so the box is set in every run until it does. What a visitor writes there later stays.
    """
    told: dict[str, str] = st.session_state.get(_TOLD, {})
    if not token or told.get(key) == token:
        return
    if st.query_params.get(key) == token:
        st.session_state[_TOLD] = {**told, key: token}
    else:
        st.session_state[key] = token
