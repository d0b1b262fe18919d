"""Every state of the history: what it is called, what led to it, and the way there.

Owns the names of states that nobody kept, the words of a step, and the deeds; the list of them is
``steps``'s. A step that is taken back is known until another edit is made.
"""

from gexp_core.edits.state import Edit, EditState, Rewrite
from gexp_core.ui import show, workspace
from gexp_core.ui.workbench.bench import ORIGINAL, Bench, deed, follow

#: Letters of a name.
LONGEST = 60

#: Newest steps that are listed and can be compared; undo and redo reach all.
LISTED = 200

_SPELT = 12  # letters that are spelt out in the words of a step
_BY = {"substitute", "replace", "paste over"}


def names(bench: Bench) -> tuple[str, ...]:
    """Return what every state of the history is called; place k is the state after k edits."""
    return (ORIGINAL, *bench.names)


def state_at(bench: Bench, step: int) -> EditState:
    """Return the state after so many edits of the history."""
    return bench.history.at(step).state


def listed(bench: Bench) -> range:
    """Return the numbers of the states that are listed, the newest last."""
    known = len(bench.history.edits)
    return range(max(0, known + 1 - LISTED), known + 1)


def words(edit: Edit | Rewrite) -> str:
    """Return in words what one edit did, its positions in the text that it met."""
    if isinstance(edit, Rewrite):
        return "write all edits anew"
    first, last = edit.start + 1, edit.end
    letters = edit.letters if edit.size <= _SPELT else f"{edit.size:,} bp"
    if edit.start == edit.end:
        return f"{edit.verb} {letters} before {first:,}"
    where = f"{last:,}" if first == last else f"{first:,}-{last:,}"
    return f"{edit.verb} {where}" + (f" by {letters}" if edit.verb in _BY else "")


def undo_help(bench: Bench) -> str:
    """Return what undo would take back, and the state it leads to."""
    done = bench.history.done
    if not done:
        return "There is nothing to take back."
    what, there = words(bench.history.edits[done - 1]), names(bench)[done - 1]
    return f"Takes back step {done} ({show.plain(what)}); then: {show.plain(there)}"


def redo_help(bench: Bench) -> str:
    """Return what redo would make again, and the state it leads to."""
    done = bench.history.done
    if done == len(bench.history.edits):
        return "There is no step to make again."
    what, there = words(bench.history.edits[done]), names(bench)[done + 1]
    return f"Makes step {done + 1} again ({show.plain(what)}); then: {show.plain(there)}"


@deed
def jump(bench: Bench, step: int) -> None:
    """Make any state of the history the present one, as undo or redo would in several clicks."""
    bench.history = bench.history.at(step)
    follow(bench)


@deed
def rename(bench: Bench, step: int) -> None:
    """Call a state as the visitor typed; what is typed is gone from the box then."""
    name = " ".join(str(workspace.setting("bench_step_name", "") or "").split())[:LONGEST]
    if name and 1 <= step <= len(bench.names):
        bench.names = (*bench.names[: step - 1], name, *bench.names[step:])
    workspace.keep("bench_step_name", "")
