"""The page Variants: from a pasted line to its effect, remedies, and nothing lost on mistakes."""

import gc
import json
import shutil
import weakref
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gexp_core.encoding import reverse_complement
from gexp_core.explain.effect_background import background_named
from gexp_core.explain.effects import ranked
from gexp_core.explain.variants import score_variants
from gexp_core.export.text import fasta
from gexp_core.inputs import read_text
from gexp_core.inputs.genome import MemoryGenome, open_genome
from gexp_core.inputs.genome_example import GENOME, VARIANTS, example_bytes
from gexp_core.inputs.variants import Variant
from gexp_core.models import registry
from gexp_core.models.card import read_card
from gexp_core.predict import predict
from gexp_core.ui import show, tray, trays
from gexp_core.ui.variant_sequences import window_set
from tests.toy_models import profile_model, random_sequence, toy_card
from tests.ui.conftest import go, labels, plain, settle

CONTIG = random_sequence(500, 11)
REF = CONTIG[249]
ALT = "ACGT"[("ACGT".index(REF) + 1) % 4]


def other(base):
    """Another base."""
    return "ACGT"[("ACGT".index(base) + 1) % 4]


@pytest.fixture
def genome(tmp_path, monkeypatch):
    path = tmp_path / "toy.fa"
    path.write_text(f">chr1\n{CONTIG}\n")
    monkeypatch.setenv("GEXP_GENOMES", f"toy={path}")
    return path


def score(at, text):
    at.text_area(key="pasted_variants").set_value(text)
    next(b for b in at.button if b.label == "Score variants").click()
    return at.run()


def test_without_a_genome_the_page_asks_for_one(app, monkeypatch):
    monkeypatch.delenv("GEXP_GENOMES", raising=False)
    at = go(app, "variants")
    assert "Give a genome first" in at.info[0].value
    at.file_uploader(key="genome_upload").upload("own.fa", f">chr1\n{CONTIG}\n".encode())
    at.run()
    score(at, f"chr1-250-{REF}-{ALT}")
    settle(at, lambda at: "Effect" in labels(at))


def test_a_pasted_line_becomes_its_effect_and_a_swapped_one_is_put_right_by_a_click(app, genome):
    at = go(app, "variants")
    score(at, f"1\t250\trs7\t{REF}\t{ALT}\nchr1:250 {ALT}>{REF}\nnonsense\n")
    settle(at, lambda at: "Effect" in labels(at))
    numbers = labels(at)
    assert (numbers["Variants read"], numbers["REF fits"]) == ("2", "1")
    assert numbers["Lines left out"] == "1"
    truth = score_variants(
        registry.load("toy-conv"), open_genome(genome), [Variant("1", 250, REF, ALT)]
    )
    assert float(numbers["Effect"]) == pytest.approx(float(truth.effect[0, 0]), abs=6e-4)
    assert float(numbers["Reference"]) == pytest.approx(float(truth.y_ref[0, 0]), abs=6e-4)
    aligned = at.code[-1].value
    assert CONTIG[229:249] + ALT + CONTIG[250:270] in aligned and CONTIG[229:270] in aligned

    button = next(b for b in at.button if plain(b.label).startswith("Swap REF and ALT: chr1:250"))
    button.click().run()
    settle(at, lambda at: labels(at).get("REF does not") == "0" and "Effect" in labels(at))
    table = at.dataframe[-1].value
    np.testing.assert_allclose(table["Effect"], [truth.effect[0, 0]] * 2, atol=1e-6)


def test_a_mistake_keeps_the_variants_from_before(app, genome):
    at = go(app, "variants")
    score(at, f"chr1-250-{REF}-{ALT}")
    settle(at, lambda at: "Effect" in labels(at))
    assert at.subheader[0].value == "Read from pasted text"
    score(at, "rs699")
    assert "rs number" in plain(at.error[0].value)
    assert labels(at)["Variants read"] == "1"
    # what is said below is of those before, and says so until others are read
    assert plain(at.subheader[0].value) == "From before: read from pasted text"
    assert says("warnings too, is of the 1 variant from before (pasted text).")(at)
    score(at, f"chr1-250-{REF}-{ALT}")
    assert at.subheader[0].value == "Read from pasted text" and not at.error


def test_a_remedy_there_is_no_room_for_is_told_and_changes_nothing(app, genome, monkeypatch):
    at = go(app, "variants")
    score(at, f"chr1:250 {ALT}>{REF}")
    monkeypatch.setattr(trays, "MOST", 1)
    next(b for b in at.button if plain(b.label).startswith("Swap REF and ALT")).click().run()
    assert not at.exception and "more than the 1 bytes" in plain(at.error[0].value)
    assert labels(at)["REF does not"] == "1"


def test_a_problem_goes_with_the_next_click_that_there_is_room_for(app, genome, monkeypatch):
    at = go(app, "variants")
    score(at, f"chr1:250 {ALT}>{REF}")
    with monkeypatch.context() as patch:
        patch.setattr(trays, "MOST", 1)
        next(b for b in at.button if plain(b.label).startswith("Swap REF and ALT")).click().run()
        assert at.error
    next(b for b in at.button if plain(b.label).startswith("Swap REF and ALT")).click().run()
    assert not at.error and labels(at)["REF fits"] == "1"


def test_other_variants_begin_with_the_strongest_not_with_the_row_of_those_before(app, genome):
    def given(*places):
        score(at, "\n".join(f"chr1-{p}-{CONTIG[p - 1]}-{other(CONTIG[p - 1])}" for p in places))
        settle(at, lambda at: "Effect" in labels(at))
        return np.abs(at.dataframe[0].value["Effect"].to_numpy())

    at = go(app, "variants")
    given(200, 210, 220)
    at.session_state["_variant_row"] = 0
    at.run()
    sizes = given(300, 310, 320)
    assert sizes.argmax() != 0  # else the test says nothing
    assert abs(float(labels(at)["Effect"])) == pytest.approx(sizes.max(), abs=6e-4)


def own(at):
    """The visitor's own genome, held by its tray alone."""
    return weakref.ref(tray._held().get(at.session_state["tray"]).things["_own_genome"].genome)


def test_a_tab_holds_no_genome_but_the_one_in_its_tray(app, monkeypatch):
    monkeypatch.delenv("GEXP_GENOMES", raising=False)
    at, held = go(app, "variants"), []
    for seed, swapped in ((1, 3), (2, 2), (3, 0)):  # fewer buttons each time: those before stay
        contig = random_sequence(500, seed)
        at.file_uploader(key="genome_upload").upload("own.fa", f">chr1\n{contig}\n".encode())
        at.run()
        places = [100 + 20 * i for i in range(swapped)]
        wrong = [f"chr1-{p}-{other(contig[p - 1])}-{contig[p - 1]}" for p in places]
        right = f"chr1-250-{contig[249]}-{other(contig[249])}"
        score(at, "\n".join([*wrong, right, *([right] if swapped else [])]))  # one is repeated
        settle(at, lambda at: "explain_windows" in [b.key for b in at.button])
        held.append(own(at))
    gc.collect()
    assert [one() is not None for one in held] == [False, False, True]


@pytest.mark.parametrize("label", ["Explain both windows", "Swap REF and ALT"])
def test_a_click_on_variants_that_are_no_longer_held_changes_nothing(app, monkeypatch, label):
    monkeypatch.delenv("GEXP_GENOMES", raising=False)
    at = go(app, "variants")
    at.button(key="variants_example").click().run()
    settle(at, lambda at: "explain_windows" in [b.key for b in at.button])
    work = at.session_state["work"]
    tray._held()._store.drop(at.session_state["tray"])
    next(b for b in at.button if plain(b.label).startswith(label)).click().run()
    assert not at.exception and at.session_state["work"] == work
    assert any("no longer held" in plain(w.value) for w in at.warning)
    assert "variants_example" in [b.key for b in at.button]  # none are given any more


def test_windows_become_sequences_for_the_other_pages(app, genome):
    at = go(app, "variants")
    score(at, f"chr1-250-{REF}-{REF}{ALT}")
    settle(at, lambda at: "Effect" in labels(at))
    at.button(key="explain_windows").click().run()
    go(at, "predict", lambda at: len(at.dataframe) == 1)
    assert [name.rsplit("_")[-1] for name in at.dataframe[0].value["sequence"]] == [
        "reference",
        "alternative",
    ]


def test_the_way_on_leads_to_the_windows_of_the_variant_that_is_shown(app, genome):
    at = go(app, "variants")
    score(at, f"chr1-250-{REF}-{REF}{ALT}\nchr1-250-{REF}-{ALT}")
    settle(at, lambda at: "Effect" in labels(at))
    names = at.session_state["_workspace"].sequences.names
    assert len(names) == 4  # both windows of both
    for row in (1, 0):
        at.session_state["_variant_row"] = row
        at.run()
        shown = names[2 * row]
        links = [link.label for link in at.page_link if link.label.startswith("Both windows")]
        if at.session_state["sequence"] not in names[2 * row : 2 * row + 2]:
            assert not links
            at.button(key="choose_windows").click().run()
            links = [link.label for link in at.page_link if link.label.startswith("Both windows")]
        assert links and at.session_state["sequence"] == shown
        assert "choose_windows" not in [b.key for b in at.button]


def test_windows_are_told_apart_by_the_names_in_their_fasta():
    genome = MemoryGenome("toy", {"chr1": CONTIG})
    windows = window_set([Variant("chr1", 250, REF, ALT)], genome, toy_card(), "both", most=1)
    assert read_text(fasta(windows).decode()).sequences.digest == windows.digest


def drawn(effects, genome, card):
    """The table and the closer look, of effects that were made."""
    from gexp_core.ui import variant_effects
    from gexp_core.ui.genomes import Chosen
    from gexp_core.ui.variant_ranks import Beside

    known = Beside(effects, None, None)
    variant_effects.table(known, card, card.tracks[0].name)
    variant_effects.closely(known, Chosen(genome, "toy"), card, card.tracks[0].name)


def test_small_means_over_many_bins_keep_their_digits_and_say_what_they_are_means_over():
    genome, model = MemoryGenome("toy", {"chr1": CONTIG}), profile_model(60, bins=6)
    card = replace(model.card, bin_size=8)
    made = score_variants(model, genome, [Variant("chr1", 250, REF, ALT)])
    factor = np.float32(2e-5 / abs(made.effect[0, 0]))
    small = replace(made, y_ref=made.y_ref * factor, y_alt=made.y_alt * factor)
    at = AppTest.from_function(drawn, args=(small, genome, card), default_timeout=30).run()
    assert not at.exception
    shown = labels(at)["Effect"]
    assert shown[0] in "+-" and float(shown) == pytest.approx(float(small.effect[0, 0]), rel=0.06)
    columns = json.loads(at.dataframe[0].proto.columns)
    assert columns["Effect"]["type_config"]["format"] == "%+.3g"
    over = "the mean over all 6 bins of the window (48 bp)"
    assert all(over in columns[name]["help"] for name in ("Effect", "Reference", "Alternative"))
    assert any(over in plain(c.value) for c in at.caption)


def test_a_column_keeps_three_decimals_unless_they_would_be_lost():
    assert show.column([0.5, np.nan, -0.02, 0]) == "%.3f"
    assert show.column(np.float32([1e-4, -2e-5, 3.0]), "+") == "%+.3g"
    assert show.column([np.nan, 0]) == show.column([]) == "%.3f"


def test_means_over_several_windows_are_said_to_be_means(app, genome):
    at = go(app, "variants")
    score(at, f"chr1-250-{REF}-{ALT}")
    settle(at, lambda at: "Effect" in labels(at))
    at.selectbox(key="variant_windows").select("Three, 8 bases apart").run()
    said = "means over 3 windows, moved by -8, 0, +8 bases; below is the one that is not moved"
    settle(at, lambda at: any(said in plain(c.value) for c in at.caption))
    truth = score_variants(
        registry.load("toy-conv"),
        open_genome(genome),
        [Variant("1", 250, REF, ALT)],
        shifts=(-8, 0, 8),
    )
    assert float(labels(at)["Effect"]) == pytest.approx(float(truth.effect[0, 0]), abs=6e-4)


def test_places_that_are_not_in_the_genome_end_in_a_sentence(app, genome):
    at = go(app, "variants")
    score(at, "chr1-900-A-G\nchrQ-5-A-G\n")
    assert not at.exception
    said = " ".join(plain(c.value) for c in at.caption)
    assert "beyond the end of chr1" in said and "no contig 'chrQ'" in said
    assert "Effect" not in labels(at)
    # and they are no mismatches
    assert labels(at)["REF does not"] == "0"
    (warned,) = [plain(one.value) for one in at.warning]
    assert warned.startswith("2 of 2 variants have no place in 'toy'; the first is chr1:900 A>G: ")
    assert "their REF is not" not in warned


def test_unknown_letters_of_a_window_are_said(app, tmp_path, monkeypatch):
    path = tmp_path / "gaps.fa"
    path.write_text(f">chr1\n{CONTIG[:200]}{'N' * 45}{CONTIG[245:]}\n")
    monkeypatch.setenv("GEXP_GENOMES", f"gaps={path}")
    at = go(app, "variants")
    score(at, f"chr1-250-{REF}-{ALT}")
    settle(at, lambda at: "Effect" in labels(at))
    said = "25 of 60 bases of the window are N; the model sees no base there"
    assert said in at.dataframe[0].value["Note"][0]
    assert any(said in plain(c.value) for c in at.caption)


def test_what_is_said_beside_a_window_is_of_that_window(app, genome):
    at = go(app, "variants")
    near = CONTIG[29]  # its window begins with the contig; the one to the left of it is moved
    score(at, f"chr1-30-{near}-{'A' if near == 'C' else 'C'}")
    settle(at, lambda at: "Effect" in labels(at))
    at.selectbox(key="variant_windows").select("Three, 8 bases apart").run()
    said = "the window was moved by 8 bases, because chr1 begins there"
    settle(at, lambda at: any(said in "".join(one.value.get("Note", "")) for one in at.dataframe))
    assert not any(said in plain(c.value) for c in at.caption)


def test_effects_get_their_place_among_random_changes(app, genome):
    at = go(app, "variants")
    score(at, f"chr1-250-{REF}-{ALT}")
    settle(at, lambda at: labels(at).get("Percentile", "...") != "...")
    variant = [Variant("chr1", 250, REF, ALT)]
    truth = score_variants(registry.load("toy-conv"), open_genome(genome), variant)
    known = ranked(truth, background_named("toy-conv"))
    shown = float(labels(at)["Percentile"])
    assert shown == pytest.approx(float(known.percentile[0, 0]), abs=0.11)  # one of 1,000 changes
    assert at.dataframe[0].value["Percentile"][0] == pytest.approx(known.percentile[0, 0], abs=0.11)
    assert any("1,000 random single-base changes" in plain(c.value) for c in at.caption)


def test_without_anything_at_hand_the_example_shows_effects_and_a_variant_to_put_right(
    app, monkeypatch
):
    monkeypatch.delenv("GEXP_GENOMES", raising=False)
    at = go(app, "variants")
    at.button(key="variants_example").click().run()
    settle(at, lambda at: "Effect" in labels(at))
    numbers = labels(at)
    assert (numbers["Variants read"], numbers["REF fits"], numbers["REF does not"]) == (
        "5",
        "4",
        "1",
    )
    assert any(plain(b.label).startswith("Swap REF and ALT: chr1:") for b in at.button)
    assert not [b for b in at.button if b.key == "variants_example"]
    # the example's own lines are in the box, and the button beside it reads those
    assert at.text_area(key="pasted_variants").value == example_bytes(VARIANTS).decode()
    next(b for b in at.button if b.label == "Score variants").click().run()
    assert not at.error and labels(at)["Variants read"] == "5"


def test_the_example_leaves_what_was_pasted_where_it_is(app, monkeypatch):
    monkeypatch.delenv("GEXP_GENOMES", raising=False)
    at = go(app, "variants")
    at.session_state["pasted_variants"] = "rs699"
    at.button(key="variants_example").click().run()
    assert at.text_area(key="pasted_variants").value == "rs699"
    assert labels(at)["Variants read"] == "5"


def test_a_motif_that_a_variant_makes_has_its_score_in_bits():
    def drawn():
        from gexp_core.motifs.alleles import MotifChange
        from gexp_core.ui import variant_ranks

        change = MotifChange(True, "MA0001.1", "Crx", "-", 2e-5, 9.5, -3.25)
        variant_ranks.motifs_of(((change,),), 0)

    at = AppTest.from_function(drawn).run()
    assert not at.exception
    (table,) = at.dataframe
    row = table.value.iloc[0].to_dict()
    assert row["Change"] == "gained"
    assert (row["Score (bits)"], row["Other allele (bits)"]) == (9.5, -3.25)
    columns = json.loads(table.proto.columns)
    assert all(columns[name]["help"] for name in row if name != "Motif")


def test_the_example_tears_its_site_apart():
    row = example_bytes(VARIANTS).decode().split("site_torn_apart")
    at, alt = int(row[0].split()[-1]) - 1, row[1].split()[1]
    letters = "".join(
        example_bytes(GENOME).decode().split(">chr1")[1].split(">")[0].split("\n")[1:]
    )
    around = letters[at - 8 : at + 9]
    core = "GGATTA"  # TAATCC on the other strand
    assert core in around
    assert core not in around[:8] + alt + around[9:]


@pytest.fixture
def oriented(model_folder):
    """The toy model as one of an assay in which orientation counts; workers find it too."""
    folder = model_folder / "toy-oriented"
    shutil.copytree(model_folder / "toy-conv", folder)
    card = replace(read_card(folder / "card.json"), name=folder.name, both_strands=False)
    (folder / "card.json").write_text(card.to_json())
    yield folder.name
    shutil.rmtree(folder)


def says(text):
    """What a page is waited for: a caption with the text in it."""
    return lambda at: any(text in plain(one.value) for one in at.caption)


def placed(at):
    return labels(at).get("Percentile", "...") != "..."


def test_a_model_of_both_strands_offers_none_to_read(app, genome):
    at = go(app, "variants")
    score(at, f"chr1-250-{REF}-{ALT}")
    settle(at, lambda at: "Effect" in labels(at))
    assert not [one for one in at.radio if one.key == "variant_strand"]
    assert not says("Windows are read on")(at)


def test_a_model_of_one_strand_reads_the_one_that_is_chosen(oriented, app, genome):
    app.selectbox(key="model").select(oriented).run()
    at = go(app, "variants")
    score(at, f"chr1-250-{REF}-{ALT}")
    settle(at, placed)
    model, variant = registry.load(oriented), Variant("chr1", 250, REF, ALT)
    windows = {}
    for strand, word in (("+", "plus"), ("-", "minus")):
        if strand == "-":
            at.radio(key="variant_strand").set_value("-").run()
            settle(settle(at, says("on the minus strand of the genome")), placed)
        truth = score_variants(model, open_genome(genome), [variant], strand=strand)
        known = ranked(truth, background_named(oriented, strand=strand))
        assert float(labels(at)["Effect"]) == pytest.approx(float(truth.effect[0, 0]), abs=6e-4)
        row = at.dataframe[0].value.iloc[0]
        assert row["Effect"] == pytest.approx(float(truth.effect[0, 0]), abs=1e-5)
        assert row["Percentile"] == pytest.approx(float(known.percentile[0, 0]), abs=0.11)
        assert row["Variant"] == f"chr1:250 {REF}>{ALT}"
        assert says(f"Windows are read on the {word} strand of the genome")(at)
        assert says(f"5' to 3' of the {word} strand")(at)
        windows[strand] = [one.value for one in at.code[:2]]
        assert CONTIG[229:270] in at.code[-1].value  # the closer look stays on the plus strand
        at.button(key="explain_windows").click().run()
        held = at.session_state["_workspace"].sequences
        name = f"chr1:250_{REF}>{ALT}_{word}"
        assert held.names == (f"{name}_reference", f"{name}_alternative")
        assert list(held.sequences) == windows[strand]
        assert held.origins[0].interval.strand == strand
        read = predict(model, held).means()[:, 0]
        np.testing.assert_allclose(read, [truth.y_ref[0, 0], truth.y_alt[0, 0]], atol=1e-5)
    assert windows["-"] == [reverse_complement(text) for text in windows["+"]]
    assert windows["+"][0] == CONTIG[220:280]
    other = "your sequences are its windows on the other strand"
    assert not says(other)(at)
    at.radio(key="variant_strand").set_value("+").run()
    settle(at, says(other))


def test_one_strand_of_a_model_of_both_is_chosen_too(app, genome):
    at = go(app, "variants")
    at.session_state["both_strands"] = False
    score(at, f"chr1-250-{REF}-{REF}{ALT}GG")
    at.radio(key="variant_strand").set_value("-").run()
    settle(at, lambda at: "Effect" in labels(at))
    truth = score_variants(
        registry.load("toy-conv"),
        open_genome(genome),
        [Variant("1", 250, REF, f"{REF}{ALT}GG")],
        both_strands=False,
        strand="-",
    )
    assert float(labels(at)["Effect"]) == pytest.approx(float(truth.effect[0, 0]), abs=6e-4)
