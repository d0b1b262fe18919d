"""Every state of the history: its name, the way to it, and any two side by side."""

import numpy as np
import pytest

from gexp_core.edits import state
from gexp_core.edits.notation import describe, named
from gexp_core.edits.state import Edit, History
from gexp_core.encoding import reverse_complement
from gexp_core.errors import LimitError
from gexp_core.motifs.database import motifs_of
from gexp_core.ui.workbench import bench as deeds
from gexp_core.ui.workbench import keeping, trail
from gexp_core.ui.workbench.bench import Bench
from tests.toy_models import random_sequence
from tests.ui.conftest import plain
from tests.ui.test_workbench import TEXT, bench, bench_of, done, panel, predicted, press, settle

__all__ = ["bench"]  # a fixture


@pytest.fixture
def alone(monkeypatch):
    """A bench outside any page; what a visitor typed is in ``typed``."""
    typed = {}
    monkeypatch.setattr(
        "gexp_core.ui.workspace.setting", lambda key, default: typed.get(key, default)
    )
    monkeypatch.setattr("gexp_core.ui.workspace.keep", typed.__setitem__)
    made = Bench("a", History(TEXT))
    return made, typed


def test_names_are_those_of_the_states_after_any_edits_and_jumps(alone):
    made, _ = alone
    rng, most = np.random.default_rng(2), 0
    for _ in range(120):
        length = len(made.history.sequence)
        at = int(rng.integers(length - 4))
        kind = rng.integers(6)
        if kind == 0:
            deeds.do(made, state.delete(at, at + 2))
        elif kind == 1:
            deeds.do(made, state.insert(at, random_sequence(3, at)))
        elif kind == 2:
            deeds.travel(made, ("undo", "redo", "reset")[int(rng.integers(3))])
        elif kind == 3:
            trail.jump(made, int(rng.integers(len(made.history.edits) + 1)))
        else:
            deeds.substitute(made, (at, "ACGT"[int(rng.integers(4))]))
        assert made.problem is None
        assert len(made.names) == len(made.history.edits)
        assert trail.state_at(made, made.history.done).sequence == made.history.sequence
        for step, name in enumerate(made.names, start=1):
            assert name == named(trail.state_at(made, step))
        most = max(most, len(made.names))
    assert most > 5  # there was something to name


def test_edits_as_text_have_a_bound_wherever_they_come_from(alone):
    made, _ = alone
    most = deeds.MOST_WRITTEN
    deeds.write(made, "1del" + " " * (most - 4))
    assert made.problem is None and made.history.sequence == TEXT[1:]
    deeds.write(made, "1del" + " " * (most - 3))
    assert isinstance(made.problem, LimitError) and "20,001 characters" in str(made.problem)
    assert made.history.sequence == TEXT[1:] and made.history.done == 1


def test_a_state_of_many_edits_is_gone_back_to_although_nobody_could_write_it(alone):
    text = random_sequence(30_000, 3)
    made = Bench("a", History(text))
    deeds.do(made, state.shuffle(text, 0, len(text), seed=1))
    other = made.history.sequence
    assert len(describe(made.state)) > deeds.MOST_WRITTEN
    keeping.add(made, "shuffled", made.state)
    deeds.travel(made, "undo")
    keeping.go_to(made, "shuffled")
    assert made.problem is None and made.history.sequence == other


def test_a_jump_is_so_many_undos_and_none_leads_outside(alone):
    made, _ = alone
    for at in (3, 9, 20, 31):
        deeds.substitute(made, (at, "A" if TEXT[at] != "A" else "C"))
    by_undo = made.history.undo().undo().undo()
    trail.jump(made, 1)
    assert made.history.sequence == by_undo.sequence
    trail.jump(made, 4)
    assert len(made.history.edits) == made.history.done == 4
    trail.jump(made, 9)
    assert "cannot stand" in str(made.problem)
    assert made.history.done == 4
    keeping.keep_step(made, 9)
    assert made.problem is not None and made.kept == ()


def test_a_state_can_be_called_and_kept_under_its_name(alone):
    made, typed = alone
    deeds.substitute(made, (3, "A" if TEXT[3] != "A" else "C"))
    deeds.do(made, state.delete(10, 14))
    typed["bench_step_name"] = "  without <b> the  box " + "x" * 80
    trail.rename(made, 2)
    assert made.names[1].startswith("without <b> the box x") and len(made.names[1]) == trail.LONGEST
    for step in (0, 3, -1):
        typed["bench_step_name"] = "nothing"
        trail.rename(made, step)
    assert "nothing" not in made.names and len(made.names) == 2
    keeping.keep_step(made, 1)
    keeping.keep_step(made, 2)
    assert [one.name for one in made.kept] == list(made.names)
    assert made.kept[1].sequence == made.history.sequence
    keeping.keep(made)  # without a name: what its edits are
    assert made.kept[2].name == describe(made.state)
    keeping.go_to(made, made.kept[0].name)
    assert made.names[-1] == made.kept[0].name
    deeds.travel(made, "undo")
    deeds.do(made, state.insert(0, "A"))  # another way on: what was taken back is forgotten
    assert len(made.names) == 3 and made.names[-1] == named(made.state)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (state.substitute(4, "A"), "substitute 5 by A"),
        (state.insert(10, "ACG"), "insert ACG before 11"),
        (state.insert(10, "ACG" * 9), "insert 27 bp before 11"),
        (state.delete(3, 9), "delete 4-9"),
        (state.knock_out(TEXT, 3, 9), "knock out 4-9"),
        (Edit(0, 2, "TTT"), "replace 1-2 by TTT"),
        (state.Rewrite(()), "write all edits anew"),
    ],
)
def test_a_step_in_words(edit, said):
    assert trail.words(edit) == said


def test_undo_and_redo_say_what_they_would_do(alone):
    made, _ = alone
    assert trail.undo_help(made) == "There is nothing to take back."
    deeds.substitute(made, (3, "A" if TEXT[3] != "A" else "C"))
    deeds.do(made, state.delete(10, 14))
    one = made.names[0]
    assert plain(trail.undo_help(made)) == f"Takes back step 2 (delete 11-14); then: {one}"
    assert trail.redo_help(made) == "There is no step to make again."
    deeds.travel(made, "undo")
    deeds.travel(made, "undo")
    assert plain(trail.redo_help(made)).endswith(f"then: {one}")


def test_the_page_jumps_and_compares_any_two_states(bench):
    at = bench
    for stretch in ("5", "11-16", "40"):
        at.text_input(key="bench_stretch").set_value(stretch).run()
        press(at, "Knock out")
    made = bench_of(at)
    assert [c.value for c in at.caption if plain(c.value).startswith("State 3 of 3")]
    frame = next(d.value for d in at.dataframe if "What was done" in d.value.columns)
    assert frame["Step"].tolist() == [3, 2, 1, 0]
    assert frame["State"].tolist() == [*reversed(made.names), "original"]
    assert frame["On the bench"].tolist() == ["now", "", "", ""]
    trail.jump(made, 1)
    at.run()
    settle(at, done)
    assert made.history.sequence == trail.state_at(made, 1).sequence
    panel(at, "States")
    settle(at, done)
    choices = at.selectbox(key="bench_a").options
    assert choices[-2:] == [f"step 3: {made.names[2]}", f"step 2: {made.names[1]}"]
    at.selectbox(key="bench_a").select(choices[-1]).run()
    at.selectbox(key="bench_b").select(choices[-2]).run()
    settle(at, done)
    shown = {metric.label: metric.value for metric in at.metric}
    for label, step in (("A", 2), ("B", 3)):
        truth = predicted(trail.state_at(made, step).sequence)
        assert float(shown[f"Prediction of {label}"]) == pytest.approx(truth, abs=6e-4)


def test_a_known_motif_is_pasted_by_its_name(bench):
    at = bench
    box = at.selectbox(key="bench_known_motif")
    crx = next(option for option in box.options if option.lower().startswith("crx "))
    box.select(crx).run()
    letters = at.text_input(key="bench_letters").value
    (known,) = [one for one in motifs_of("jaspar-vertebrates") if one.id in crx]
    likely = sum(known.ppm["ACGT".index(c), i] for i, c in enumerate(letters))
    assert len(letters) == known.ppm.shape[1]
    assert likely == pytest.approx(known.ppm.max(0).sum())  # no other letters are as likely
    at.toggle(key="bench_motif_turned").set_value(True).run()
    turned = at.text_input(key="bench_letters").value
    assert turned == reverse_complement(letters)
    at.text_input(key="bench_stretch").set_value("21").run()
    press(at, "Write over")
    text = TEXT[:20] + turned + TEXT[20 + len(turned) :]
    assert bench_of(at).history.sequence == text
