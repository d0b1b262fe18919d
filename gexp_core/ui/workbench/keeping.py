"""The states of a bench that are kept by name: kept, dropped, put back.

Owns the deeds and their bounds; the panel is ``states``'s.
"""

from collections.abc import Container

from gexp_core.edits import notation
from gexp_core.edits.state import EditState, Rewrite
from gexp_core.errors import LimitError
from gexp_core.ui import workspace
from gexp_core.ui.workbench import trail
from gexp_core.ui.workbench.bench import Bench, Kept, deed, do

#: States that one bench keeps by name, and the letters they may hold together.
MOST_KEPT = 200
_KEPT_LETTERS = 5_000_000


@deed
def keep(bench: Bench, name: str = "") -> None:
    """Keep the present state under a name; without one, under what it is called."""
    given = name or str(workspace.setting("bench_keep", "") or "")
    add(bench, given, bench.state)
    workspace.keep("bench_keep", "")


@deed
def keep_step(bench: Bench, step: int) -> None:
    """Keep a state of the history under what it is called."""
    made = trail.state_at(bench, step)
    add(bench, trail.names(bench)[step], made)


def add(bench: Bench, name: str, made: EditState) -> None:
    """Keep a state of the sequence under a name, a number behind it where the name is taken."""
    plain = " ".join(name.split())[: trail.LONGEST] or notation.named(made)
    free = free_name(plain, bench.named())
    letters = sum(len(one.sequence) for one in bench.kept) + len(made.sequence)
    if len(bench.kept) >= MOST_KEPT or letters > _KEPT_LETTERS:
        raise LimitError(
            f"{len(bench.kept)} states are kept already, which is as many as there is room for; "
            "download the table and drop some"
        )
    bench.kept = (*bench.kept, Kept(free, made.sequence, notation.describe(made)))


def free_name(name: str, taken: Container[str]) -> str:
    """Return a name, with the first number behind it that is free where it is taken."""
    free, count = name, 2
    while free in taken:
        free, count = f"{name} ({count})", count + 1
    return free


@deed
def go_to(bench: Bench, name: str) -> None:
    """Make a kept state the present one; undo brings back what was there."""
    text = notation.describe(bench.state_of(name))
    do(bench, Rewrite(notation.read_edits(text, bench.history.original)), name)


@deed
def drop(bench: Bench, names: tuple[str, ...]) -> None:
    """Forget kept states."""
    bench.kept = tuple(one for one in bench.kept if one.name not in names)
