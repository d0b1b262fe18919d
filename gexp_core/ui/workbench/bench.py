"""What lies on the bench: one sequence, its edits, the states that were kept, what is selected.

Owns every deed that changes it; each is called from a widget's callback, keeps a problem for the
page to show, and loses nothing. States that are kept are ``keeping``'s, the steps ``trail``'s.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from gexp_core.edits import notation, state
from gexp_core.edits.annotations import Annotation
from gexp_core.edits.state import Edit, EditState, History, Rewrite
from gexp_core.edits.stretches import read_stretch
from gexp_core.errors import GexpError, InputError, LimitError
from gexp_core.evaluate.measured import Measured
from gexp_core.jobs import Job
from gexp_core.types import Interval, SequenceSet
from gexp_core.ui import workspace
from gexp_core.ui.estimates import Size
from gexp_core.ui.workbench import selected

#: Benches that one piece of work holds; the one looked at longest ago goes first.
_BENCHES = 20

#: Characters that edits given as text may have, in the panel and in an address.
MOST_WRITTEN = 20_000

#: Kinds of result that are of no use once the text has changed.
_OF_THE_TEXT = {"mutagenesis", "attribution", "epistasis", "pairs"}
_OF_THE_TEXT |= {"hits", "attention", "health"}

ORIGINAL = "original"
NOW = "as it is now"

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Kept:
    """Hold a state under its name: its letters, and its edits in the notation."""

    name: str
    sequence: str
    edits: str


@dataclass(eq=False)
class Bench:
    """Hold what a visitor does to one sequence.

    Attributes
    ----------
    name : of the sequence
    history : its edits
    names : what the state after each edit of the history is called
    kept : states kept by name
    selected : stretch chosen in the view, 0-based half-open, or None
    shared : the same in the original, as all pages know it
    window : what is in sight of the present sequence, 0-based half-open; None for the first look
    interval : where the original lies on a genome, or None where that is not known
    source : where the letters are from, in words; of a genome it begins with that one's name
    problem : of the last deed, for the page to show; None when it went well
    last : kind of result -> (what it was made with, the state it is of, the result)
    jobs : kind of result -> (key, running job)
    failed : key -> problem of a job, so that it is not begun again at once
    wanted : kinds of result that the page as it is drawn now waits for
    sizes : kind of result -> how much work its job was told to be, where that is known
    agreed : kind of result -> key of what is made without asking, however long it will take
    checks : key of the checks of contributions that were asked for, by whoever shares the bench
    queued : key -> kind of those that have to wait for another costly job, in their order
    asked_for : the text that the running jobs are for
    measured : effects that the visitor measured, of the original sequence
    annotated : kind of annotation -> (where it is from, what of it lies on the original)
    """

    name: str
    history: History
    names: tuple[str, ...] = ()
    kept: tuple[Kept, ...] = ()
    selected: tuple[int, int] | None = None
    shared: tuple[int, int] | None = None
    window: tuple[int, int] | None = None
    interval: Interval | None = None
    source: str = ""
    problem: GexpError | None = None
    last: dict[str, tuple[str, EditState, Any]] = field(default_factory=dict)
    jobs: dict[str, tuple[str, Job]] = field(default_factory=dict)
    failed: dict[str, GexpError] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)
    sizes: dict[str, Size | None] = field(default_factory=dict)
    agreed: dict[str, str] = field(default_factory=dict)
    checks: str = ""
    queued: dict[str, str] = field(default_factory=dict)
    measured: Measured | None = None
    annotated: dict[str, tuple[Any, tuple[Annotation, ...]]] = field(default_factory=dict)
    shuffles: int = 0
    asked_for: str = ""

    @property
    def state(self) -> EditState:
        """Return the state as it is now."""
        return self.history.state

    @property
    def sequences(self) -> SequenceSet:
        """Return the sequence as it is now, as a set of one."""
        return SequenceSet((self.name,), (self.history.sequence,))

    @property
    def original(self) -> SequenceSet:
        """Return the sequence before any edit, as a set of one."""
        return SequenceSet((self.name,), (self.history.original,))

    def named(self) -> dict[str, str]:
        """Return the letters of every state there is: the original, the kept ones, the present."""
        kept = {one.name: one.sequence for one in self.kept}
        return {ORIGINAL: self.history.original, **kept, NOW: self.history.sequence}

    def state_of(self, name: str) -> EditState:
        """Return a state by its name, as edits of the original."""
        if name == NOW:
            return self.state
        text = next((one.edits for one in self.kept if one.name == name), "=")
        return notation.edited(self.history.original, text)


def current(name: str) -> Bench:
    """Return the bench of the visitor's sequence ``name``; a new one when there is none."""
    space = workspace.mine()
    benches: dict[str, Bench] = space.benches
    found = benches.pop(name, None)
    if found is None:
        origin = space.sequences.origins[space.sequences.index(name)]
        letters = History(space.sequences[name])
        found = Bench(name, letters, interval=origin.interval, source=origin.source)
    benches[name] = found  # looked at last
    while len(benches) > _BENCHES:
        benches.pop(next(iter(benches)))
    return found


def deed(
    act: Callable[Concatenate[Bench, P], None],
) -> Callable[Concatenate[Bench, P], None]:
    """Keep a visitor's problem with an act for the page; what was there before stays."""

    def do(bench: Bench, /, *args: P.args, **kwargs: P.kwargs) -> None:
        bench.problem = None
        try:
            act(bench, *args, **kwargs)
        except GexpError as error:
            bench.problem = error

    return wraps(act)(do)


def do(bench: Bench, edit: Edit | Rewrite, name: str = "") -> None:
    """Make an edit; the state is called by its edits where no name is given."""
    bench.history = bench.history.do(edit)
    called = name or notation.named(bench.state)
    bench.names = (*bench.names[: bench.history.done - 1], called)
    follow(bench)


def follow(bench: Bench) -> None:
    """Keep the same bases selected in the new state; what was inserted is selected no more."""
    bench.selected = selected.from_original(bench.state, bench.shared)
    _fit(bench)


def _fit(bench: Bench) -> None:
    """Keep the selection inside the sequence, and stop what is made for an earlier text."""
    if bench.asked_for != bench.history.sequence:
        bench.asked_for = bench.history.sequence
        for kind in _OF_THE_TEXT & bench.jobs.keys():
            bench.jobs.pop(kind)[1].cancel()
    length = len(bench.history.sequence)
    bench.selected = _inside(bench.selected, length)
    bench.window = _inside(bench.window, length)
    workspace.keep("bench_stretch", selected.stretch_text(bench))


def _inside(stretch: tuple[int, int] | None, length: int) -> tuple[int, int] | None:
    here = stretch is not None and stretch[0] < length
    return (stretch[0], min(stretch[1], length)) if stretch is not None and here else None


def look(bench: Bench, window: tuple[int, int] | None) -> None:
    """Remember what is in sight, for the address; None is the view's own first look."""
    bench.window = window


def select(bench: Bench, stretch: tuple[int, int] | None) -> None:
    """Choose a stretch, 0-based half-open; None chooses nothing."""
    bench.selected = stretch
    _fit(bench)
    selected.tell(bench)


@deed
def substitute(bench: Bench, cell: tuple[int, str]) -> None:
    """Put a base at a position, and select it."""
    do(bench, state.substitute(*cell))
    select(bench, (cell[0], cell[0] + 1))


@deed
def act(bench: Bench, asked: tuple[str, int, int]) -> None:
    """Do what a key of the view asked: undo, redo, or take a stretch out."""
    verb, start, end = asked
    if verb == "delete":
        do(bench, state.delete(start, end))
        select(bench, None)
    else:
        travel(bench, verb)


@deed
def travel(bench: Bench, verb: str) -> None:
    """Undo, redo, or go back to the original."""
    moves = {"undo": History.undo, "redo": History.redo, "reset": History.reset}
    bench.history = moves[verb](bench.history)
    follow(bench)


@deed
def change(bench: Bench, verb: str) -> None:
    """Change the stretch and with the letters that the panel names."""
    start, end = read_stretch(_given("bench_stretch"), len(bench.history.sequence))
    text = bench.history.sequence
    if verb == "shuffle":
        do(bench, state.shuffle(text, start, end, seed=bench.shuffles))
        bench.shuffles += 1  # the next click draws another
    elif verb in ("insert", "replace", "paste"):
        letters = _letters()
        if verb == "insert":
            do(bench, state.insert(start, letters))
        elif verb == "replace":
            do(bench, Edit(start, end, letters, "replace"))
        else:
            do(bench, state.paste(start, letters))
        end = start + len(letters)
    else:
        verbs = {
            "delete": lambda: state.delete(start, end),
            "flip": lambda: state.flip(text, start, end),
            "knock out": lambda: state.knock_out(text, start, end),
        }
        do(bench, verbs[verb]())
        if verb == "delete":
            select(bench, None)
            return
    select(bench, (start, end))


def knock_out(bench: Bench) -> None:
    """Change every base of what is selected here, whatever stretch the panel of changes names."""
    workspace.keep("bench_stretch", selected.stretch_text(bench))
    change(bench, "knock out")


@deed
def write(bench: Bench, text: str) -> None:
    """Make the state that the notation ``text`` describes, as one more step that can be undone."""
    if len(text) > MOST_WRITTEN:
        raise LimitError(
            f"the edits have {len(text):,} characters; up to {MOST_WRITTEN:,} are read as text; "
            "edit the sequence elsewhere and give it on the page Sequences"
        )
    edits = notation.read_edits(text, bench.history.original)
    do(bench, Rewrite(edits))


def _given(key: str) -> str:
    return str(workspace.setting(key, "") or "")


def _letters() -> str:
    letters = "".join(_given("bench_letters").split()).upper().replace("U", "T")
    if not letters:
        raise InputError("no letters are given; type or paste those that go into the sequence")
    return letters
