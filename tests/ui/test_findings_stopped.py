"""The line of what matters most never waits for what does not come."""

import pytest
from streamlit.testing.v1 import AppTest

from gexp_core.edits.state import History
from gexp_core.errors import CancelledError
from gexp_core.models.card import read_card
from gexp_core.ui.workbench import findings, hits
from gexp_core.ui.workbench.bench import Bench


def stopped_bench(failed, wanted, running):
    bench = Bench("a", History("ACGT" * 15))
    bench.wanted |= wanted
    bench.jobs |= dict.fromkeys(running, ("key", None))
    if failed:
        bench.failed["key"] = CancelledError("stopped")
    return bench


@pytest.mark.parametrize(
    ("failed", "wanted", "running", "stopped"),
    [
        (False, {"mutagenesis"}, ("mutagenesis",), False),
        (False, {"mutagenesis"}, (), False),  # it is begun in a moment
        (True, {"mutagenesis"}, ("attribution",), False),  # another one failed
        (True, {"mutagenesis"}, (), True),  # it failed in this very run
        (True, {"prediction"}, ("prediction",), True),
        (True, set(), (), True),
    ],
)
def test_what_was_stopped_is_known(failed, wanted, running, stopped):
    assert findings._stopped(stopped_bench(failed, wanted, running), "mutagenesis") is stopped


@pytest.mark.parametrize(
    ("effect", "told"), [(-1.25, "-1.25"), (0.0421, "+0.042"), (0.00042, "+0.00042"), (0, "+0.000")]
)
def test_a_small_effect_is_not_told_as_none(effect, told):
    assert findings._short(effect) == told


def script(bench, card):
    from gexp_core.ui.workbench import findings

    findings.line(bench, None, card)


@pytest.mark.parametrize("failed", [True, False])
def test_the_line_says_stopped_and_how_to_go_on(model_folder, monkeypatch, failed):
    monkeypatch.setattr(hits, "asked_for", lambda: True)
    monkeypatch.setattr(hits, "found", lambda bench, card: None)
    running = set() if failed else {"mutagenesis", "hits"}
    bench = stopped_bench(failed, running, running)
    card = read_card(model_folder / "toy-conv" / "card.json")
    at = AppTest.from_function(script, kwargs={"bench": bench, "card": card}).run()
    assert not at.exception
    text = at.markdown[0].value
    assert ("being computed" in text) is not failed
    assert ("*Try again* above" in text) is failed
    labels = [button.label for button in at.button]
    assert ("Motif: not scanned" in labels) is failed
    assert ("Motif: being scanned" in labels) is not failed
