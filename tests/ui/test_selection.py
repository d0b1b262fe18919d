"""One selection for all pages: where it lies on every strand and after edits, and who moves."""

import numpy as np
import pytest

from gexp_core.edits.state import History, Rewrite, delete, insert, substitute
from gexp_core.encoding import reverse_complement
from gexp_core.explain.single_base import mutagenesis
from gexp_core.types import Interval, SequenceSet
from gexp_core.ui import changed, genome_selected, selection
from gexp_core.ui.igv import pack
from gexp_core.ui.workbench.bench import select as select_on_bench
from gexp_core.ui.workbench.bench import travel
from gexp_core.ui.workbench.selected import from_original, to_original
from tests.toy_models import LENGTH, linear_model, random_sequence
from tests.ui.conftest import go, labels, plain, settle
from tests.ui.test_genome_view import VIEW
from tests.ui.test_workbench import bench_of, done

CONTIG = random_sequence(200, 3)


@pytest.mark.parametrize("strand", "+-")
def test_a_base_is_the_same_letter_on_the_contig_and_in_the_sequence(strand):
    place = Interval("chr1", 30, 90, strand)
    letters = CONTIG[30:90] if strand == "+" else reverse_complement(CONTIG[30:90])
    inside = 0
    for position in range(len(CONTIG)):
        base = selection.base_at(place, position)
        if base is None:
            assert not 30 <= position < 90
            continue
        inside += 1
        turned = letters[base] if strand == "+" else reverse_complement(letters[base])
        assert turned == CONTIG[position]
    assert inside == 60


@pytest.mark.parametrize("strand", "+-")
def test_what_is_selected_is_marked_where_its_letters_are(strand, monkeypatch):
    place = Interval("chr1", 30, 90, strand)
    letters = CONTIG[30:90] if strand == "+" else reverse_complement(CONTIG[30:90])
    monkeypatch.setattr(selection, "chosen", lambda name: (10, 17))
    start, end = genome_selected.marked("a", place)
    there = CONTIG[start:end]
    assert letters[10:17] == (there if strand == "+" else reverse_complement(there))
    assert pack(VIEW, marked=(start, end))["marked"] == [start, end]
    assert pack(VIEW)["marked"] is None


def test_a_stretch_keeps_its_letters_through_edits_and_back():
    rng = np.random.default_rng(1)
    text = random_sequence(40, 9)
    for _ in range(50):
        history = History(text)
        for _ in range(3):
            at = int(rng.integers(5, len(history.sequence) - 5))
            edit = (delete(at, at + 2), insert(at, "GG"), substitute(at, "A"))[rng.integers(3)]
            history = history.do(edit)
        start = int(rng.integers(0, 35))
        stretch = (start, start + int(rng.integers(1, 5)))
        now = from_original(history.state, stretch)
        # by brute force: where are the bases whose place is one of the stretch's?
        here = [k for k, at in enumerate(history.state.places) if stretch[0] <= at < stretch[1]]
        assert now == ((here[0], here[-1] + 1) if here else None)
        if now is not None:
            back = to_original(history.state, now)
            assert back is not None and stretch[0] <= back[0] < back[1] <= stretch[1]
    history = History(text).do(insert(10, "GGGG"))
    assert to_original(history.state, (11, 13)) is None  # inserted: nowhere in the original
    assert to_original(history.do(Rewrite(())).state, (11, 13)) == (11, 13)
    assert to_original(history.state, None) is None and from_original(history.state, None) is None


@pytest.fixture
def placed(app):
    """The app with the example regions as its sequences; the first is chr1:2,931-2,990."""
    at = go(app, "regions").button(key="regions_example").click().run()
    at.button(key="use_regions").click().run()
    assert not at.exception
    return at


def names(at):
    return at.session_state["_workspace"].sequences.names


def chosen(at):
    return at.session_state["_workspace"].selected


def wished(at):
    """Where the genome view was last asked to move: a stamp, and a stretch of the contig."""
    return at.session_state["_genome_go"][1] if "_genome_go" in at.session_state else None


def captions(at):
    return [plain(one.value) for one in at.caption]


def test_what_is_selected_on_a_page_is_selected_on_the_others(placed):
    name = names(placed)[0]
    at = go(placed, "workbench", done)
    assert chosen(at) == {} and bench_of(at, names(at)[0]).selected is None
    chosen(at)[name] = (19, 24)  # as another page does
    at = settle(at.run(), done)
    assert bench_of(at, names(at)[0]).selected == (19, 24)
    assert at.text_input(key="bench_stretch").value == "20-24"

    at = go(at, "genome", lambda at: any(w.startswith("In sight") for w in captions(at)))
    first = wished(at)
    assert first[1] == (2930 + 19 - 40, 2930 + 24 + 40)
    assert any(
        w.startswith("Selected, and marked: chr1:2,950-2,954 (1-based)") for w in captions(at)
    )
    at = at.run()
    assert wished(at) == first  # once: the view is not dragged back
    # the whole sequence is in sight, of 60 bases from 2,931 on: 2,960 is their middle
    button = at.button(key="genome_select")
    assert button.label == "Select the middle of what is in sight (2,960)"
    at = button.click().run()
    assert chosen(at) == {name: (29, 30)}
    assert wished(at) == first  # what is in sight stays in sight
    assert any(w.startswith("Selected, and marked: chr1:2,960 (1-based)") for w in captions(at))

    at = go(at, "what_if", lambda at: "Effect" in labels(at))
    letter = at.session_state["_workspace"].sequences[name][29]
    heads = [plain(one.value) for one in at.subheader]
    assert any(h.startswith(f"30{letter}>") and h.endswith(f"in {name}") for h in heads), heads
    at = go(at, "workbench", done)
    assert bench_of(at, names(at)[0]).selected == (29, 30)


def test_a_link_that_names_a_locus_is_not_moved_away_from(placed):
    chosen(placed)[names(placed)[0]] = (19, 24)
    placed.query_params["locus"] = "chr1:2940-2960"
    at = go(placed, "genome", lambda at: any(w.startswith("In sight") for w in captions(at)))
    assert wished(at)[1] == (2939, 2960)
    assert any(w.startswith("Selected, and marked") for w in captions(at))
    # asked for, it is gone to; and so is a typed place, whatever is selected there
    at = at.button(key="genome_selected").click().run()
    assert wished(at)[1] == (2930 + 19 - 40, 2930 + 24 + 40)
    chosen(at)[names(at)[1]] = (3, 4)
    at.text_input(key="genome_go").set_value("chr2:5,950-5,960")
    at = settle(at.run(), lambda at: at.session_state["sequence"] == "contig_end")
    assert wished(at)[1] == (5949, 5960)


def test_deeds_of_the_bench_are_told_to_the_other_pages(placed, monkeypatch):
    at = go(placed, "workbench", done)
    space, bench = at.session_state["_workspace"], bench_of(at, names(at)[0])
    monkeypatch.setattr(selection.workspace, "current", lambda: space)
    monkeypatch.setattr(selection.workspace, "keep", lambda key, value: None)
    select_on_bench(bench, (4, 9))
    assert chosen(at) == {bench.name: (4, 9)}
    bench.history = bench.history.do(insert(0, "GG"))
    select_on_bench(bench, (4, 9))
    assert chosen(at) == {bench.name: (2, 7)}
    select_on_bench(bench, (0, 2))  # inserted
    assert chosen(at) == {}
    select_on_bench(bench, None)
    assert chosen(at) == {}

    # the same bases stay selected, here and for the other pages, through undo and redo
    select_on_bench(bench, (22, 26))
    assert chosen(at) == {bench.name: (20, 24)}
    for verb, here in (("undo", (20, 24)), ("redo", (22, 26)), ("reset", (20, 24))):
        travel(bench, verb)
        assert (bench.selected, chosen(at)) == (here, {bench.name: (20, 24)})
    # what is inserted is selected here alone, and no more when it is gone
    bench.history = bench.history.do(insert(0, "GG"))
    select_on_bench(bench, (0, 2))
    travel(bench, "undo")
    assert (bench.selected, chosen(at)) == (None, {})


def test_a_change_is_of_the_letters_that_it_was_chosen_in(monkeypatch):
    held = {}
    monkeypatch.setattr(changed.workspace, "setting", lambda key, default: held.get(key, default))
    monkeypatch.setattr(changed.workspace, "keep", held.__setitem__)
    monkeypatch.setattr(changed.selection, "choose", lambda name, stretch: None)
    monkeypatch.setattr(changed.selection, "chosen", lambda name: None)
    model = linear_model()
    first, second = (
        mutagenesis(model, SequenceSet(("sequence_1",), (random_sequence(LENGTH, seed),)))
        for seed in (1, 2)
    )
    usual = changed.selected(second, 0)
    at = next(k for k in range(LENGTH) if second.sequences[0][k] != first.sequences[0][k])
    base = second.sequences[0][at]
    changed._choose(first, 0, (at, base))
    assert changed.selected(first, 0) == (at, base)
    assert changed.selected(second, 0) == usual  # other letters under the same name
    changed._choose(second, 0, (at, base))  # the base that is there
    assert changed.selected(second, 0) == usual
