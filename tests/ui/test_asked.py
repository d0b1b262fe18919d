"""Costly work takes turns on the bench, none forgotten; on a page what is asked last is made."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from gexp_core.edits.state import Edit, History
from gexp_core.errors import CancelledError, InputError
from gexp_core.jobs import JobState
from gexp_core.types import InputCheck, SequenceSet
from gexp_core.ui import choice, work
from gexp_core.ui.estimates import Size
from gexp_core.ui.workbench import asked
from gexp_core.ui.workbench.bench import Bench
from gexp_core.ui.workspace import Workspace
from tests.toy_models import toy_card


class Job:
    """A job that ends when the test says so."""

    def __init__(self, work):
        self.work, self.id, self.finished, self.stopped = work, str(id(self)), False, False
        self.state, self.calls = JobState("queued"), []

    def progress(self):
        return JobState("done") if self.finished else self.state

    def cancel(self):
        self.finished = self.stopped = True

    def result(self):
        if self.stopped:
            raise CancelledError("stopped")
        return f"made by {self.work}"

    def wait(self, seconds):
        pass

    def when_done(self, call):
        self.calls.append(call)

    def end(self):
        self.finished = True
        for call in self.calls:
            call()


class Rerun(Exception):
    pass


class Page:
    """The bench of one visitor, drawn again and again."""

    def __init__(self, monkeypatch):
        self.bench, self.card = Bench("a", History("ACGT")), toy_card()
        self.begun, self.by_key, self.known = [], {}, set()
        self.watched, self.size, self.said = False, None, []
        monkeypatch.setattr(asked.st, "caption", self.said.append)
        store = SimpleNamespace(
            get=lambda key: self.by_key[key].result() if key in self.known else None,
            put=self.known.add,
        )
        monkeypatch.setattr(asked.workspace, "mine", lambda: SimpleNamespace(results=store))
        monkeypatch.setattr(asked.jobs, "submit", self._submit)
        monkeypatch.setattr(asked.estimates, "at_once", lambda *given: self.size)
        monkeypatch.setattr(asked.pace, "of", lambda *states: 0.4)
        monkeypatch.setattr(asked.pace, "watch", self._watch)
        monkeypatch.setattr(asked.st, "rerun", self._rerun)
        monkeypatch.setattr(asked.st, "button", lambda *given, **how: False)
        self.problems = []
        monkeypatch.setattr(asked.show, "problem", self.problems.append)

    def _submit(self, work, *given, **how):
        job = self.by_key[how["key"]] = Job(work.rpartition(":")[2])
        self.begun.append(job)
        return job

    def _watch(self, draw, every, *given):
        self.watched = True
        self.look = lambda: draw(every, *given)

    def _rerun(self):
        raise Rerun

    def draw(self, *kinds):
        """Run the page: it asks for these kinds, in this order."""
        self.bench.wanted.clear()
        self.bench.queued.clear()
        self.watched = False
        made = [
            asked.ask(self.bench, kind, f"{kind}_work", self.card, self.bench.sequences)
            for kind in kinds
        ]
        asked.waiting(self.bench)
        return made


@pytest.fixture
def page(monkeypatch):
    return Page(monkeypatch)


def test_work_that_nobody_looks_at_any_more_does_not_hold_up_the_rest(page):
    page.draw("hits")
    page.draw("mutagenesis")  # the row of hits was switched off while it was made
    assert len(page.begun) == 1
    assert page.watched  # or nothing would ever draw the page again
    page.begun[0].finished = True
    with pytest.raises(Rerun):
        page.look()
    page.draw("mutagenesis")
    assert [job.work for job in page.begun] == ["hits_work", "mutagenesis_work"]
    assert page.draw("hits") == ["made by hits_work"]  # what was made meanwhile is not lost
    assert len(page.begun) == 2


def test_a_turn_that_comes_free_while_the_page_is_drawn_is_taken_at_once(page):
    page.draw("hits")
    real = asked.ask

    def draw():
        # asked first and refused; the other kind ends before it is asked for, in the same run
        page.bench.wanted.clear()
        page.bench.queued.clear()
        page.watched = False
        assert real(page.bench, "mutagenesis", "m", page.card, page.bench.sequences) is None
        page.begun[0].finished = True
        assert real(page.bench, "hits", "hits_work", page.card, page.bench.sequences)
        asked.waiting(page.bench)

    draw()
    assert page.bench.jobs == {} and page.watched
    with pytest.raises(Rerun):
        page.look()
    page.draw("mutagenesis", "hits")
    assert len(page.begun) == 2


def test_one_costly_job_at_a_time_and_all_in_the_end(page):
    kinds = ("mutagenesis", "attribution", "hits", "attention")
    for turn in range(len(kinds)):
        page.draw(*kinds)
        assert len(page.begun) == turn + 1
        assert page.watched
        page.begun[turn].finished = True
    assert page.draw(*kinds) == [f"made by {kind}_work" for kind in kinds]
    assert not page.watched


def test_stop_stops_what_waits_too(page):
    page.draw("mutagenesis", "attribution")
    asked.stop(page.bench)
    assert page.draw("mutagenesis", "attribution") == [None, None]
    assert len(page.begun) == 1 and not page.watched
    assert page.said.pop().startswith("Stopped.") and not page.problems  # in one line, not in red
    page.bench.failed["key"] = error = InputError("too long")
    page.draw("mutagenesis", "attribution")
    assert page.problems == [error]
    asked.again(page.bench)
    page.draw("mutagenesis", "attribution")
    assert len(page.begun) == 2


def test_the_line_says_how_far_how_long_and_what_waits(page):
    page.size = Size(492, 3.2)
    page.draw("mutagenesis", "attribution", "hits")
    page.look()
    behind = "; then the contributions, known motifs"
    assert page.said.pop() == ("The effects, about 3 s: waiting for a free processor" + behind)
    job = page.begun[0]
    for state, said in (
        (JobState("queued", ahead=2), ", about 3 s: waiting for a free processor, 2 before yours"),
        (JobState("running", 0, 0, 0.1), ", about 3 s: starting"),
        (JobState("running", 1, 4, 2.0), ", about 3 s: 25 % done"),
        (JobState("running", 1, 4, 2.0, 6.0), ": 25 % done, about 6 s left"),
    ):
        job.state = state
        page.look()
        assert page.said.pop() == f"The effects{said}{behind}"
    job.finished = True
    page.draw("mutagenesis", "attribution", "hits")
    page.size = None  # nothing is known of it: no time is said
    page.begun[1].state = JobState("running")
    page.bench.sizes.clear()
    page.look()
    assert page.said.pop() == "The contributions: starting; then known motifs"


def test_stop_stands_beside_what_is_drawn_again_at_each_look(page, monkeypatch):
    drawn = []
    monkeypatch.setattr(asked.st, "button", lambda label, **how: drawn.append(label))
    page.draw("mutagenesis")
    assert drawn == ["Stop"]
    page.look()
    page.look()
    assert drawn == ["Stop"]  # a button that is drawn again may lose the click on it


def test_of_two_runs_that_ask_at_once_the_bench_holds_the_only_job(page, monkeypatch):
    def at_once(*given, **how):
        monkeypatch.setattr(asked.jobs, "submit", page._submit)
        page.draw("mutagenesis")
        return page._submit(*given, **how)

    monkeypatch.setattr(asked.jobs, "submit", at_once)
    page.draw("mutagenesis")
    first, second = page.begun
    assert [job for _, job in page.bench.jobs.values()] == [first] and page.watched
    assert (first.stopped, second.stopped) == (False, True)


@pytest.mark.parametrize("where", ["known", "under way", "stopped", "agreed", "nowhere"])
def test_only_what_is_still_to_be_begun_is_asked_about(page, where):
    page.size = Size(9, None)
    if where in ("known", "under way", "stopped"):
        page.draw("mutagenesis")
    if where == "known":
        page.begun[0].finished = True
        page.draw("mutagenesis")
    if where == "stopped":
        asked.stop(page.bench)
        page.draw("mutagenesis")
    what = (page.bench, "mutagenesis", "mutagenesis_work", page.card)
    if where == "agreed":
        asked.agree(*what)
    assert asked.ahead(*what) == (where != "nowhere", page.size)
    # of other letters nothing was said
    page.bench.history = page.bench.history.do(Edit(0, 1, "G"))
    assert asked.ahead(*what) == (False, page.size)


class Asking:
    """A page that asks for results of one piece of work, run again and again."""

    def __init__(self, monkeypatch):
        both = SequenceSet(("a", "b"), ("ACGT", "AACC"))
        self.space, self.begun = Workspace(InputCheck(both), "here"), []
        self.state = {"_workspace": self.space}
        for one in (work.workspace, choice):
            monkeypatch.setattr(one, "st", SimpleNamespace(session_state=self.state))
        monkeypatch.setattr(work.jobs, "submit", self._submit)
        monkeypatch.setattr(work, "_watch", lambda *given: None)

    def _submit(self, what, *given, **how):
        self.begun.append(Job(what))
        return self.begun[-1]

    def asks(self, name, *, card=None, what="attribute_named", label="Explaining", **settings):
        with pytest.raises(work.Pending):
            one = self.space.sequences.select((name,))
            work.result(label, what, card or toy_card(), one, **settings)


@pytest.fixture
def asking(monkeypatch):
    return Asking(monkeypatch)


def test_other_settings_stop_what_was_asked_before_with_no_button_left_for_it(asking):
    for seed in range(20):
        asking.asks("a", seed=seed)
        asking.asks("a", seed=seed)  # the page is drawn again while it waits
    assert len(asking.begun) == 20
    assert [job.stopped for job in asking.begun] == [True] * 19 + [False]
    assert list(asking.space.jobs.values()) == asking.begun[-1:]


def test_other_sequences_models_and_questions_do_not_stop_each_other(asking):
    for _ in range(2):
        asking.asks("a", seed=1)
        asking.asks("b", seed=1)
        asking.asks("a", seed=1, card=replace(toy_card(), name="another"))
        asking.asks("a", seed=1, what="mutagenesis_named", label="Changing every base")
        asking.asks("a", seed=1, what="mutagenesis_named", label="A window", window=(0, 2))
    assert len(asking.begun) == 5 and not any(job.stopped for job in asking.begun)
    asking.asks("a", seed=2)
    assert [job.stopped for job in asking.begun] == [True, *[False] * 5]


def test_results_that_nobody_came_back_for_are_left_to_the_store(asking):
    asking.asks("a", seed=1)
    asking.asks("b", seed=1)
    (first, second), (job, other) = asking.space.jobs, asking.begun
    job.end()  # whether or not any page is drawn again
    assert list(asking.space.jobs) == [second] and asking.space.results.keys == (first,)
    asking.asks("b", seed=1)
    assert not other.stopped and not job.stopped
    other.end()
    asking.asks("b", seed=2)  # other settings do not forget what is made
    assert second in asking.space.results.keys


def test_of_two_runs_that_ask_at_once_no_job_is_left_that_nobody_can_stop(asking, monkeypatch):
    def at_once(*given, **how):
        monkeypatch.setattr(work.jobs, "submit", asking._submit)
        asking.asks("a")  # as another run of the page does while this one is at it
        return asking._submit(*given, **how)

    monkeypatch.setattr(work.jobs, "submit", at_once)
    asking.asks("a")
    first, second = asking.begun
    assert list(asking.space.jobs.values()) == [first]
    assert (first.stopped, second.stopped) == (False, True)


def test_what_another_tab_has_asked_for_too_is_not_stopped(asking, monkeypatch):
    tabs = {"one": dict(asking.state), "two": dict(asking.state)}

    def turn_to(tab):
        monkeypatch.setattr(work, "owner", lambda: tab)
        stand_in = SimpleNamespace(session_state=tabs[tab])
        for one in (work.workspace, choice):
            monkeypatch.setattr(one, "st", stand_in)

    for tab in tabs:
        turn_to(tab)
        asking.asks("a", seed=1)
    asking.asks("a", seed=2)
    assert [job.stopped for job in asking.begun] == [False, False]
    turn_to("one")
    asking.asks("a", seed=1)
    asking.asks("a", seed=3)  # nobody looks at the first any more
    assert [job.stopped for job in asking.begun] == [True, False, False]
