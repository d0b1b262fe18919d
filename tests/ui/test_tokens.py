"""What a visitor has is named in the address, also where the browser was not told at once."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from gexp_core.ui import tokens


@pytest.fixture
def page(monkeypatch):
    """What a session holds, and what its address says."""
    made = SimpleNamespace(session_state={}, query_params={})
    monkeypatch.setattr(tokens, "st", made)
    return made


def test_the_box_is_set_in_every_run_until_the_address_names_the_token(page):
    tokens.tell("tray", "")
    assert "tray" not in page.session_state  # nothing was given yet
    for _ in range(3):  # the browser was not sent what a run drew, and says what it knows
        page.session_state["tray"] = ""
        tokens.tell("tray", "mine")
        assert page.session_state["tray"] == "mine"
    page.query_params["tray"] = "mine"
    tokens.tell("tray", "mine")
    page.session_state["tray"] = page.query_params["tray"] = "another's"  # typed
    tokens.tell("tray", "mine")
    assert page.session_state["tray"] == "another's"
    tokens.tell("tray", "new")  # something was given after that
    assert page.session_state["tray"] == "new"


def test_another_token_that_is_written_before_the_address_was_seen_stays(page):
    page.query_params["batch"] = "old"
    page.session_state["batch"] = "mine"  # a button laid it there
    tokens.tell("batch", "mine")
    page.session_state["batch"] = "old"  # the browser was not sent it
    tokens.tell("batch", "mine")
    assert page.session_state["batch"] == "mine"
    for _ in range(2):
        page.session_state["batch"] = "another's"  # typed
        tokens.tell("batch", "mine")
        assert page.session_state["batch"] == "another's"


def script():
    import streamlit as st

    from gexp_core.ui import tokens

    tokens.tell("work", st.session_state.get("mine", ""))
    st.text_input("Work", key="work", bind="query-params")
    st.button("Give", on_click=lambda: st.session_state.update(work="token", mine="token"))


def test_a_browser_that_missed_the_token_is_told_again():
    at = AppTest.from_function(script).run()
    at.button[0].click().run()
    at.query_params.clear()  # what that run drew was dropped: another began before it was sent
    at.run()
    assert at.text_input[0].proto.set_value and at.text_input[0].proto.value == "token"
