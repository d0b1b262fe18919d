"""What a page chose holds against requests that were sent before the browser knew of it."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from gexp_core.ui import choice
from tests.ui.conftest import give


def script():
    import streamlit as st

    from gexp_core.ui import choice

    choice.settle()
    with choice.telling():
        st.selectbox("Model", ["A", "B", "C"], key="model", bind="query-params")
        ending = st.session_state.pop("ending", None)
        if ending is not None:
            ending()
    st.button("B", key="b", on_click=lambda: choice.choose("model", "B"))
    st.button("C", key="c", on_click=lambda: choice.choose("model", "C"))
    st.toggle("other", key="other")
    st.text(f"numbers of {choice.get('model', 'A')}")

    @st.fragment
    def part():
        st.toggle("inner", key="inner")
        st.text(f"part of {choice.get('model', 'A')}")

    part()


@pytest.fixture
def page():
    return AppTest.from_function(script).run()


def sent_before(at, shown, number=""):
    """Have the browser send next what it showed before it was told of a choice."""
    at.selectbox[0].set_value(shown)
    at.text_input(choice.BOX).set_value(number)
    return at


def box(at):
    return at.text_input(choice.BOX).value


def said(at):
    assert not at.exception
    return at.selectbox[0].value, at.text[0].value, at.text[1].value


def test_a_choice_stays_that_the_browser_was_not_told_yet(page):
    at = page.button("b").click().run()
    for _ in range(2):
        at = sent_before(at, "A").toggle("other").set_value(True).run()
        assert said(at) == ("B", "numbers of B", "part of B")
        assert at.selectbox[0].proto.set_value and at.selectbox[0].proto.raw_value == "B"
    at = at.run()  # now it knows
    assert box(at).endswith(" 1") and not at.selectbox[0].proto.set_value
    assert said(at.selectbox[0].set_value("A").run())[1] == "numbers of A"  # the visitor's choice


def test_what_a_visitor_chose_before_the_answer_came_is_the_visitors(page):
    at = page.button("b").click().run()
    at = sent_before(at, "C").run()
    assert said(at) == ("C", "numbers of C", "part of C")


@pytest.mark.parametrize("shown", "AB")
def test_of_two_choices_the_later_stays(page, shown):
    at = page.button("b").click().run()
    number = box(at) if shown == "B" else ""
    at = sent_before(at, "A").button("c").click().run()
    assert said(sent_before(at, shown, number).run()) == ("C", "numbers of C", "part of C")


def test_the_number_of_another_session_is_not_that_of_this_one(page):
    stale = box(AppTest.from_function(script).run().button("b").click().run())
    at = sent_before(page, "A", stale).run()  # a tab that was open when the server went
    assert said(at)[0] == "A" and box(at) == ""
    at = at.button("c").click().run()
    assert said(sent_before(at, "A", stale).run()) == ("C", "numbers of C", "part of C")


def fail():
    raise ValueError("this list cannot be drawn")


def test_the_browser_learns_of_a_choice_where_a_list_cannot_be_drawn(page):
    page.session_state["ending"] = fail
    at = page.button("b").click().run()
    assert at.exception and box(at).endswith(" 1")
    assert said(at.selectbox[0].set_value("A").run())[1] == "numbers of A"  # the visitor's choice


def test_the_run_that_follows_tells_where_the_page_is_to_run_again(page, monkeypatch):
    told = []
    monkeypatch.setattr(choice, "_tell", lambda draw=choice._tell: told.append(True) or draw())
    page.session_state["ending"] = st.rerun
    at = page.button("b").click().run()
    assert box(at).endswith(" 1") and told == [True]


def test_new_work_stays_that_the_browser_was_not_told_yet(app):
    at = give(app, ">one\nACGTACGTAC\n")
    old = at.text_input(key="work").value
    at = at.button(key="example_designed").click().run()
    new, names = at.text_input(key="work").value, at.selectbox(key="sequence").options
    assert new != old
    at.text_input(key="work").set_value(old)
    at = sent_before(at, at.selectbox[0].value).run()
    assert at.text_input(key="work").value == new and at.selectbox(key="sequence").options == names
