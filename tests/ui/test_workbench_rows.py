"""Rows and tables of the Workbench beside effects: motifs, attention, coordinates, activities."""

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gexp_core import jobs, pipeline
from gexp_core.edits.notation import differences, edited
from gexp_core.edits.state import NEW, Edit, History
from gexp_core.errors import LimitError
from gexp_core.explain.attention import attended
from gexp_core.explain.attention_map import received
from gexp_core.motifs.hits import Place, places_named
from gexp_core.motifs.scanning import Hit
from gexp_core.types import InputCheck, Interval, Origin, SequenceSet
from gexp_core.ui import bench as motif_bench
from gexp_core.ui import workspace
from gexp_core.ui.view import heat, letters
from gexp_core.ui.view.wire import pack, runs_of
from gexp_core.ui.workbench import asked, hits, measuring, reading
from gexp_core.ui.workbench.asked import Found
from gexp_core.ui.workbench.bench import Bench
from gexp_core.ui.workbench.findings import strongest
from gexp_core.ui.workbench.reading import per_base, runs
from gexp_core.ui.workbench.rows import EFFECTS, awaited_rows, carried, effect_row
from tests.toy_models import attention_model, random_sequence, toy_card
from tests.ui.conftest import ROOT, give, labels, plain
from tests.ui.test_workbench import TEXT, bench_of, done, go, panel, press, settle


@pytest.fixture
def bench(app):
    give(app, f">alpha\n{TEXT}\n>beta\n{random_sequence(60, 9)}\n")
    yield go(app, "workbench", done)
    asked.stop(bench_of(app))


def test_known_motifs_are_those_of_the_scan_with_what_they_contribute(bench, monkeypatch):
    monkeypatch.setattr(hits, "for_card", lambda card: "jaspar-nematodes")  # the smallest
    at = panel(bench, hits.PANEL)
    settle(at, lambda at: len(at.dataframe) and at.dataframe[0].value["contribution"].notna().all())
    table = at.dataframe[0].value
    truth = places_named(SequenceSet(("alpha",), (TEXT,)), database="jaspar-nematodes")
    assert sorted(zip(table["first"], table["last"], table["motif"], strict=True)) == sorted(
        (one.best.start + 1, one.best.end, one.best.name) for one in truth
    )
    made = at.session_state["_workspace"].benches["alpha"].last["attribution"][2].per_base(0)
    for row in table.itertuples():
        assert row.contribution == pytest.approx(made[row.first - 1 : row.last].sum(), abs=1e-5)
    assert table["contribution"].abs().is_monotonic_decreasing
    assert "genome" not in table


def test_contributions_of_another_track_are_not_those_of_a_motif(bench, monkeypatch):
    monkeypatch.setattr(hits, "for_card", lambda card: "jaspar-nematodes")
    at = panel(bench, hits.PANEL)
    settle(at, lambda at: len(at.dataframe) and at.dataframe[0].value["contribution"].notna().all())
    with monkeypatch.context() as patch:  # the other track's stay unknown
        patch.setattr(jobs, "submit", refused(jobs.submit, "attribute_named"))
        at.selectbox(key="track").select("track1").run()
        assert at.dataframe[0].value["contribution"].isna().all()
        at.selectbox(key="track").select("track0").run()
        assert at.dataframe[0].value["contribution"].notna().all()


def refused(submit, work):
    """Return what refuses one work, and submits the others."""

    def bounded(where, *given, **how):
        if where.endswith(work):
            raise LimitError("no room")
        return submit(where, *given, **how)

    return bounded


def test_what_was_measured_is_another_choice_than_the_experiment_of_the_motif_bench(monkeypatch):
    keys = []
    choose = lambda *_, key, **__: keys.append(key) or "activities"  # noqa: E731
    monkeypatch.setattr(measuring.st, "segmented_control", choose)
    monkeypatch.setattr(measuring.activities, "panel", lambda *_: None)
    measuring.panel(Bench("a", History(TEXT)), toy_card(), "activity")
    motif_bench.experiment(toy_card())
    assert len(set(keys)) == 2


def test_hits_of_an_earlier_text_stay_where_all_their_letters_are():
    history = History("ACGTACGTACGTACGTACGT")
    old = history.state
    spans = [(0, 5), (4, 9), (8, 12), (12, 18), (15, 20)]
    places = tuple(Place(Hit(0, a, b, "+", "i", f"{a}", 1.0, 1e-5)) for a, b in spans)
    now = history.do(Edit(6, 6, "TT")).do(Edit(15, 16, "G")).state  # inside 4-9; original base 13
    kept = hits.laid(Found(places, old, False), now)
    assert [(one.best.name, one.best.start, one.best.end) for one in kept] == [
        ("0", 0, 5),
        ("8", 10, 14),
        ("15", 17, 22),
    ]
    for one in kept:
        a, b = int(one.best.name), one.best.end - one.best.start
        assert now.sequence[one.best.start : one.best.end] == old.sequence[a : a + b]
    assert hits.laid(Found(places, old, True), old) == places


@pytest.mark.parametrize("length", [60, 45, 137])
def test_attention_of_a_base_is_that_of_its_token(length):
    model = attention_model()
    made = attended(model, SequenceSet(("a",), (random_sequence(length, 1),)))
    got = per_base(made)
    want = [[] for _ in range(length)]
    for row in range(len(made.row_sequence)):
        values, (first, last) = received(made.map(row)), made.bases(row)
        for token in range(made.tokens):
            for base in range(int(first[token]), int(last[token])):
                if made.start[row] <= base < made.end[row]:
                    want[base].append(values[token])
    expected = [np.mean(values) if values else np.nan for values in want]
    np.testing.assert_allclose(got, np.float32(expected), rtol=1e-6)


@pytest.mark.parametrize(
    ("both", "over"), [(True, "heads, networks and strands."), (False, "heads and networks.")]
)
def test_attention_is_a_mean_over_the_strands_that_are_read(both, over, monkeypatch):
    helps = []
    monkeypatch.setattr(reading.st, "toggle", lambda label, key, help: helps.append(help))
    reading.toggle(replace(toy_card(60), architecture="attention", both_strands=both))
    assert len(helps) == 1 and f"mean over layers, {over}" in helps[0]


def test_runs_put_together_again_are_the_values():
    values = np.float32([1, 1, np.nan, np.nan, 2, 2, 2, 1])
    starts, ends, steps = runs(values)
    assert list(zip(starts, ends, strict=True)) == [(0, 2), (2, 4), (4, 7), (7, 8)]
    np.testing.assert_array_equal(np.repeat(steps, ends - starts), values)
    assert runs_of(np.array([0, 1, -1, 2, 3, 7, 6])) == (
        (0, 0, 2), (3, 2, 2), (5, 7, 1), (6, 6, 1),
    )  # fmt: skip
    assert runs_of(np.array([-1, -1])) == ()


def test_a_pale_row_travels_as_what_it_was():
    """The runs that the browser lays give what the page computes, on random edits."""
    rng = np.random.default_rng(2)
    for seed in range(8):
        history = History(random_sequence(40, seed))
        old, effect = history.state, rng.normal(size=(4, 30)).astype(np.float32)
        for _ in range(4):
            start = int(rng.integers(0, len(history.sequence) - 3))
            letters = "".join(rng.choice(list("ACGT"), int(rng.integers(0, 4))))
            history = history.do(Edit(start, start + int(rng.integers(0, 3)), letters or "A"))
        now = history.state

        class Made:
            window = ((5, 35),)

        Made.effect = (effect,)
        row = effect_row(Found(Made, old, False), now, "u")
        laid = np.full((4, len(now.sequence)), np.nan, np.float32)
        for here, there, count in row.earlier.runs:
            laid[:, here : here + count] = row.earlier.values[:, there : there + count]
        np.testing.assert_array_equal(laid, row.values)
        np.testing.assert_array_equal(row.values, carried(effect, old, 5, now))
        assert row.stale
    assert heat("E", "u", effect).earlier is None


def test_what_stands_out_is_found():
    effect = np.zeros((4, 6), np.float32)
    effect[[0, 1, 2], 3] = [-1, -0.5, -2]
    effect[1, 5] = 0.7
    found = strongest(effect, "ACGTAC", 10)
    assert (found.position, found.mean) == (13, pytest.approx(-3.5 / 3))
    assert found.lowers == (13, "G", -2.0)
    assert found.raises[:2] == (15, "C")
    assert strongest(np.full((4, 3), np.nan, np.float32), "ACG") is None
    assert strongest(np.zeros((4, 3), np.float32), "ACG").lowers is None


def test_an_n_is_no_base_that_could_matter_most():
    effect = np.zeros((4, 3), np.float32)
    effect[:, 0] = -0.4  # at N all four are changes
    effect[[1, 2, 3], 1] = -0.5
    found = strongest(effect, "NAC")
    assert (found.position, found.mean) == (1, pytest.approx(-0.5))
    assert strongest(effect, "NNN") is None


def test_the_strongest_change_is_one_click_away(bench):
    made = pipeline.mutagenesis_named("toy-conv", SequenceSet(("alpha",), (TEXT,)))
    best = strongest(made.effect[0], TEXT)
    settle(bench, lambda at: any(b.label.startswith("Lowers most: ") for b in at.button))
    button = next(b for b in bench.button if b.label.startswith("Lowers most"))
    position, base, value = best.lowers
    assert button.label == f"Lowers most: {position + 1}{TEXT[position]}>{base} ({value:+.2f})"
    said = (
        f"{TEXT[best.position]} at {best.position + 1}; its three changes: mean {best.mean:+.2f} "
    )
    assert any(said in m.value and m.value.endswith("toy units") for m in bench.markdown)
    button.click().run()
    assert bench_of(bench).history.sequence == TEXT[:position] + base + TEXT[position + 1 :]


def test_the_motif_at_the_strongest_base_is_one_click_away(bench, monkeypatch):
    monkeypatch.setattr(hits, "for_card", lambda card: "jaspar-nematodes")
    made = pipeline.mutagenesis_named("toy-conv", SequenceSet(("alpha",), (TEXT,)))
    at, place = bench, strongest(made.effect[0], TEXT).position
    settle(at, lambda at: any(b.label.startswith("Lowers most: ") for b in at.button))
    press(at, "Which motif is there?")
    assert at.toggle(key=hits.SHOWN).value
    settle(at, lambda at: any(b.key in FOUND for b in at.button) and hits_credit(at) is not None)
    truth = places_named(SequenceSet(("alpha",), (TEXT,)), database="jaspar-nematodes")
    best = hits.over(truth, place, hits_credit(at.run()))
    (button,) = [b for b in at.button if b.key in FOUND]
    if best is None:
        assert button.disabled and button.label == "No known motif is there"
        return
    first, last = best.best.start + 1, best.best.end
    assert button.label == f"Motif: {best.best.name}, {first}-{last} ({best.best.strand})"
    button.click().run()
    assert bench_of(at).selected == (first - 1, last)


FOUND = ("bench_which_found", "bench_which_none")


def hits_credit(at):
    made = at.session_state["_workspace"].benches["alpha"].last.get("attribution")
    return None if made is None else made[2].per_base(0)


def test_of_motifs_over_a_base_the_one_that_counts_most_is_named():
    def place(name, start, end, p):
        return Place(Hit(0, start, end, "+", "i", name, 1.0, p))

    found = (place("a", 0, 5, 1e-7), place("b", 3, 9, 1e-5), place("c", 8, 12, 1e-9))
    scores = np.float32([0, 0, 0, 0, 0, 1, -3, 0, 0, 9, 9, 9])
    assert hits.over(found, 4, None).best.name == "a"  # no contribution known: the best fit
    assert hits.over(found, 4, scores).best.name == "b"  # sums 0 and -2
    assert hits.over(found, 2, scores).best.name == "a"
    assert hits.over(found, 12, scores) is None


def test_rows_that_are_awaited_hold_their_room():
    credit, effects = awaited_rows("Contribution", "u")
    whole = pack(
        TEXT, [credit, letters(), effects], key="k", identity="", name="", selection=None,
        origin=0, height=None, palette="okabe-ito", edit=EFFECTS,
    )  # fmt: skip
    made = effect_row(Found(Effects, History(TEXT).state, True), History(TEXT).state, "u")
    assert [row["height"] for row in whole["rows"]] == [130, None, made.height]
    assert all("No value was computed" in whole["rows"][at]["words"] for at in (0, 2))


class Effects:
    effect, window = (np.zeros((4, len(TEXT)), np.float32),), ((0, len(TEXT)),)


def test_the_zoom_of_an_address_is_taken_kept_and_passed_on(app):
    again = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    again.query_params.update({"model": "toy-conv", "name": "shared", "seq": TEXT, "zoom": "11-30"})
    again.run()
    go(again, "workbench", done)
    assert bench_of(again, "shared").window == (10, 30)
    assert again.query_params["zoom"] == "11-30"
    assert again.query_params["seq"] == TEXT  # a reload finds the sequence again
    panel(again, "Link")
    settle(again, done)
    assert "zoom=11-30" in again.code[0].value
    asked.stop(bench_of(again, "shared"))


@pytest.mark.parametrize("zoom", ["90-95", "x", "5-3", "1" * 50])
def test_a_zoom_that_cannot_be_is_left_out(app, zoom):
    again = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    again.query_params.update({"model": "toy-conv", "name": "shared", "seq": TEXT, "zoom": zoom})
    again.run()
    go(again, "workbench", done)
    assert bench_of(again, "shared").window is None
    assert "zoom" not in again.query_params
    asked.stop(bench_of(again, "shared"))


def test_a_sequence_of_a_genome_is_spoken_of_in_its_coordinates(app):
    interval = Interval("chr7", 1_000, 1_060, "-")
    read = SequenceSet(("alpha",), (TEXT,), (Origin("a genome", interval),))
    made = workspace.Workspace(InputCheck(read), "a genome")
    app.session_state["_workspace"] = made
    app.session_state[workspace.TOKEN] = made.token
    at = go(app, "workbench", done)
    assert at.code[1].value == "="
    other = "A" if TEXT[4] != "A" else "C"
    at.text_input(key="bench_text").set_value(f"2_3insGG;5{TEXT[4]}>{other}")
    press(at, "Make them")
    settle(at, done)
    turned = str.maketrans("ACGT", "TGCA")
    # base 5 from the left of a minus strand that ends at 1,060; the insertion lies behind base 2
    ref, alt = TEXT[4].translate(turned), other.translate(turned)
    assert at.code[1].value == f"chr7:g.[1056{ref}>{alt};1058_1059insCC]"
    assert bench_of(at).state.places.tolist()[:5] == [0, 1, NEW, NEW, 2]
    panel(at, "States")
    settle(at, lambda at: done(at) and len(at.dataframe))
    assert at.dataframe[0].value["Genome"].tolist()[-1] == at_genome(ref, alt)
    whole = ["chr7:1001-1060(-)"] * 2
    assert at.dataframe[0].value["Genome position"].tolist() == whole
    panel(at, "Oligos")
    settle(at, lambda at: done(at) and len(at.dataframe))
    assert at.dataframe[0].value["Genome position"].tolist() == whole
    panel(at, "Design")
    at.text_input(key="bench_protected").set_value("1-58")
    press(at, "Design")
    settle(at, lambda at: any(b.label == "Put the design on the bench" for b in at.button))
    table = at.dataframe[0].value
    # two letters came in before: the 59th base now is the 57th of the interval, from its end
    for edits, places in zip(table["Edits"], table["Genome position"], strict=True):
        found = differences(edited(bench_of(at).state.sequence, edits))
        spans = [{1060 - (one.end - 1 - 2), 1060 - (one.start - 2)} for one in found]
        assert places == "; ".join(f"chr7:{'-'.join(map(str, sorted(s)))}(-)" for s in spans)
    asked.stop(bench_of(at))


def at_genome(ref, alt):
    return f"chr7:g.[1056{ref}>{alt};1058_1059insCC]"


def test_measured_activities_are_compared_and_can_be_opened(bench):
    at = panel(bench, "Measured")
    at.get("button_group")[1].set_value("activities")
    at.run()
    texts = [random_sequence(60, 50 + i) for i in range(12)]
    y = pipeline.predict_named("toy-conv", SequenceSet(tuple(texts), tuple(texts))).means()[:, 0]
    values = 2 * y + 1
    values[5] += 3  # the one that is missed
    rows = "".join(f"{t}\t{v}\n" for t, v in zip(texts, values, strict=True))
    at.file_uploader(key="bench_activities").upload("own.tsv", rows.encode()).run()
    settle(at, lambda at: "Pearson r" in labels(at))
    assert labels(at)["n"] == "12"
    assert float(labels(at)["Pearson r"]) == pytest.approx(np.corrcoef(y, values)[0, 1], abs=6e-3)
    worst = at.dataframe[0].value
    assert worst["letters"].iloc[0] == texts[5]
    at.file_uploader(key="bench_activities").upload("bad.tsv", b"a\tb\nc\td\n").run()
    assert "no column of sequences" in plain(at.error[0].value)
    assert labels(at)["n"] == "12"


def opening():
    import streamlit as st

    from gexp_core.inputs import read_text
    from gexp_core.ui import workspace
    from gexp_core.ui.workbench import activities, bench

    if "begun" not in st.session_state:
        st.session_state["begun"] = True
        workspace.begin(read_text(">a\nACGTACGT\n"), "here")
        kept = bench.current("a")
        first = activities.add("row 2", "TTTTCCCC")
        again = activities.add("row 9", "TTTTCCCC")
        other = activities.add("a", "GGGGCCCC")
        names = workspace.sequences().names
        st.text(f"{first} | {again} | {other} | {names} | {bench.current('a') is kept}")


def test_a_measured_sequence_joins_the_visitors_own():
    at = AppTest.from_function(opening, default_timeout=30).run()
    assert not at.exception
    assert at.text[0].value == "row 2 | row 2 | a (2) | ('a', 'row 2', 'a (2)') | True"
