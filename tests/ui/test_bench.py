"""The page Motif bench: numbers of a plain run, three experiments, mistakes in a sentence."""

from dataclasses import replace

import pytest

from gexp_core import jobs
from gexp_core.figures.bench import sites_plot
from gexp_core.inputs import read_text
from gexp_core.models import registry
from gexp_core.motifs.bench import position_curve
from gexp_core.motifs.bench_sites import take_out
from gexp_core.motifs.bench_texts import random_backgrounds
from gexp_core.ui import bench as page
from gexp_core.ui import bench_curves, controls
from tests.ui.conftest import FASTA, give, go, labels, plain, settle


@pytest.fixture
def bench(app):
    return go(give(app, FASTA), "bench", lambda at: "Largest mean effect" in labels(at))


def test_the_numbers_are_those_of_the_experiment(bench):
    model = registry.load("toy-conv")
    truth = position_curve(model, "CTAATCCC", random_backgrounds(20, 60), range(0, 53, 10))
    _, x, mean = truth.best()
    numbers = labels(bench)
    assert float(numbers["Largest mean effect"]) == pytest.approx(mean, abs=6e-4)
    assert numbers["At"] == f"position {x + 1}"
    note = next(plain(c.value) for c in bench.caption if "scrambled letters" in c.value)
    assert "largest of 6 means" in note and f"reach {truth.by_chance():+.3f}" in note
    told = next(plain(c.value) for c in bench.caption if "Blue" in c.value)
    drawn = "the mean effect over the 20 backgrounds at each position, its 95 % band around it."
    assert told.startswith(f"Blue: {drawn} Grey: the same")
    (link,) = bench.page_link
    assert "Next: take everything away as files" in link.label
    frame = bench_curves.table(truth)  # positions count from 1, as in the plot
    assert frame["position"].tolist() == [1, 11, 21, 31, 41, 51]


def test_strands_and_step_chosen_on_the_page_predict_hold_here_too(app):
    at = go(give(app, FASTA), "predict", lambda at: at.toggle)
    at.toggle(key="both_strands").set_value(False).run()
    at.number_input(key="stride_60").set_value(6).run()
    at = go(at, "bench", lambda at: "Largest mean effect" in labels(at))
    model, how = registry.load("toy-conv"), {"both_strands": False, "stride": 6}
    given = ("CTAATCCC", random_backgrounds(20, 60), range(0, 53, 10))
    truth = position_curve(model, *given, turned=True, **how)  # one strand: two questions
    shown = float(labels(at)["Largest mean effect"])
    assert shown == pytest.approx(truth.best()[2], abs=6e-4)
    assert any("One strand is read" in plain(c.value) for c in at.caption)
    at.toggle(key="bench_turned").set_value(False).run()
    settle(at, lambda at: "Largest mean effect" in labels(at))
    alone = position_curve(model, *given, **how)
    shown = float(labels(at)["Largest mean effect"])
    assert shown == pytest.approx(alone.best()[2], abs=6e-4)
    at.segmented_control(key="bench_kind").set_value("sites").run()
    at.text_input(key="bench_word").set_value("CCATG").run()
    settle(at, lambda at: "Mean, scrambled" in labels(at))
    taken = take_out(model, read_text(FASTA).sequences, "CCATG", **how)
    for label, (effect, _) in taken.effects().items():
        assert float(labels(at)[f"Mean, {label}"]) == pytest.approx(float(effect.mean()), abs=6e-4)
    assert sorted(site.strand for site in taken.sites) == ["+"] * 6 + ["-"] * 3
    on = taken.scrambled[[site.strand == "+" for site in taken.sites]].mean()
    told = next(plain(c.value) for c in at.caption if "two questions" in c.value)
    assert f"6 on + (scrambled {on:+.3f}" in told and "3 on -" in told


def test_a_model_of_one_strand_says_so_and_one_of_both_says_nothing(workers, monkeypatch):
    said = []
    monkeypatch.setattr(page.show, "note", said.append)
    card = registry.card("toy-conv")
    page.strands(card)
    assert said == []
    page.strands(replace(card, both_strands=False))
    assert said == [controls.ORIENTED]


def test_what_is_not_defined_is_no_zero(bench):
    assert not any(toggle.key == "bench_turned" for toggle in bench.toggle)  # both strands are read
    bench.text_input(key="bench_first").set_value("AAAAAA").run()
    settle(bench, lambda at: any("every shuffle of AAAAAA" in plain(c.value) for c in at.caption))
    captions = [plain(c.value) for c in bench.caption]
    assert any("there are no scrambled letters beside it" in text for text in captions)
    assert not any("nan" in text for text in captions)
    bench.segmented_control(key="bench_kind").set_value("sites").run()
    bench.text_input(key="bench_word").set_value("CCATGG").run()
    settle(bench, lambda at: labels(at).get("Mean, turned round") == "not defined")
    why = "CCATGG is its own reverse complement"
    captions = [plain(c.value) for c in bench.caption]
    assert any(
        f"Turned round is not defined at 3 of 3 sites, which its mean leaves out: {why}" in text
        for text in captions
    )
    assert float(labels(bench)["Mean, scrambled"]) and not any("nan" in text for text in captions)


def test_sequences_that_are_no_background_are_counted(app):
    more = f"{FASTA}\n>short\n{'ACGT' * 10}\n"
    at = go(give(app, more), "bench", lambda at: "Largest mean effect" in labels(at))
    assert not any("left out" in c.value for c in at.caption)  # random letters
    at.selectbox(key="bench_ground").set_value("given").run()
    settle(at, lambda at: any("left out" in c.value for c in at.caption))
    told = next(plain(c.value) for c in at.caption if "left out" in c.value)
    assert told.startswith("1 of 3 sequences are left out") and "(78 bp)" in told
    captions = [plain(c.value) for c in at.caption]
    assert "2 sequences of 78 bp, fewer than the 20 asked for." in captions
    assert any("bootstrap over 2 backgrounds, which are too few" in text for text in captions)
    assert bench_curves.few(9) and not bench_curves.few(10)


def test_a_slider_moved_on_stops_what_it_asked_before_and_the_old_curve_stays(app, monkeypatch):
    monkeypatch.setattr(page, "_WORK", "tests.motifs.made:curve")
    at = go(give(app, FASTA), "bench", lambda at: "Largest mean effect" in labels(at))
    at.slider(key="bench_n").set_value(100).run()  # would take a minute
    assert any("Before your change" in c.value for c in at.caption)
    assert "Largest mean effect" not in labels(at) and jobs.engine().load() == 1
    at.slider(key="bench_n").set_value(5).run()
    settle(at, lambda at: "Largest mean effect" in labels(at))
    assert not any("Before your change" in c.value for c in at.caption)
    settle(at, lambda at: jobs.engine().load() == 0)


def test_two_motifs_cooperate_or_not(bench):
    bench.text_input(key="bench_first").set_value("TGACTCA")
    bench.segmented_control(key="bench_kind").set_value("pair").run()
    settle(bench, lambda at: "Largest cooperation" in labels(at))
    assert "bp apart" in labels(bench)["At"]
    told = next(plain(c.value) for c in bench.caption if "In colour" in c.value)
    assert "cooperation" in told and told.endswith("letters of the second motif scrambled.")


def test_what_was_typed_is_there_again_after_another_page(bench):
    bench.text_input(key="bench_first").set_value("TGACTCAG").run()
    go(go(bench, "models"), "bench", lambda at: len(at.text_input) > 0)
    assert bench.text_input(key="bench_first").value == "TGACTCAG"
    bench.segmented_control(key="bench_kind").set_value("sites").run()
    bench.text_input(key="bench_word").set_value("CCATG").run()
    go(go(bench, "models"), "bench", lambda at: len(at.text_input) > 0)
    assert bench.text_input(key="bench_word").value == "CCATG"


def test_mistakes_end_in_a_sentence(bench):
    bench.text_input(key="bench_first").set_value("TGAXTCA").run()
    assert "has 'X'" in plain(bench.error[0].value) and "Largest mean effect" not in labels(bench)


def test_sites_are_taken_out_of_the_visitors_sequences(bench):
    bench.segmented_control(key="bench_kind").set_value("sites").run()
    bench.text_input(key="bench_word").set_value("TGACTCA").run()
    settle(bench, lambda at: "Mean, scrambled" in labels(at))
    truth = take_out(registry.load("toy-conv"), read_text(FASTA).sequences, "TGACTCA")
    assert labels(bench)["Sites"] == str(truth.found) == "3"
    for label, (effect, _) in truth.effects().items():
        shown = float(labels(bench)[f"Mean, {label}"])
        assert shown == pytest.approx(float(effect.mean()), abs=6e-4)
    assert len(bench.dataframe[0].value) == truth.found
    axis = sites_plot(truth).layout.xaxis  # words that fit side by side into a narrow window
    assert axis.tickangle == 0
    assert max(len(line) for text in axis.ticktext for line in text.split("<br>")) <= 9


def test_a_word_without_a_site_is_said_and_nothing_is_computed(bench):
    bench.segmented_control(key="bench_kind").set_value("sites").run()
    bench.text_input(key="bench_word").set_value("ACGTACGTACGTACGTAC").run()
    assert "None of your 2 sequences has ACGTACGTACGTACGTAC" in plain(bench.info[0].value)
    bench.text_input(key="bench_word").set_value("AX").run()
    assert "IUPAC" in plain(bench.error[0].value)
