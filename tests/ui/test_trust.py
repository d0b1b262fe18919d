"""The badge of an explanation: what the quick check says, and then what all checks say."""

import re
import time

from gexp_core.explain.verdicts import RULES
from gexp_core.ui import work
from tests.ui.conftest import FASTA, give, go, labels, settle

BADGE = "Health of this explanation"


def badge(at):
    """The badge's label and its table of checks, or two times None where there is no badge yet."""
    for one in at.expander:
        if one.label.startswith(BADGE):
            (table,) = one.table
            return one.label, table.value
    return "", None


def check_button(at):
    return [b for b in at.button if b.label.startswith("Check this explanation")]


def test_the_badge_changes_when_all_checks_are_made(app, monkeypatch):
    at = give(app, FASTA)
    go(at, "why")
    at.number_input(key="finer_n_baselines").set_value(1).run()  # one shuffle, for time
    settle(at, lambda at: "Completeness error" in labels(at) and check_button(at))
    label, table = badge(at)
    assert "quick check only" in label
    assert list(table.index) == [RULES["completeness"].title]

    # AppTest runs a page of a folder ``pages`` by itself first, which spends the click of a button
    # before the router runs the page again; the server does not. So the checks start unasked here.
    asked = work.result
    monkeypatch.setattr(work, "result", lambda *given, **kwargs: asked(*given, **unasked(kwargs)))
    for _ in range(200):  # the checks make the explanation about twenty times again
        at.run()
        if "all checks" in badge(at)[0]:
            break
        time.sleep(0.25)
    assert not at.exception
    label, table = badge(at)
    assert set(table.index) == {rule.title for rule in RULES.values()}
    assert not check_button(at)
    # the badge's word is the worst of the verdicts in its table
    order = ["good", "doubtful", "bad"]
    said = [words.split()[-1] for words in table["Verdict"]]
    worst = max((word for word in said if word in order), key=order.index)
    assert re.search(rf"badge\[:material/\w+: {worst}\]", label)
    if worst != "good":
        boxes = [box.value for box in (*at.error, *at.warning)]
        assert any(box in set(table["What to do"]) for box in boxes)


def unasked(kwargs):
    return {name: value for name, value in kwargs.items() if name != "ask"}
