"""The page Regions: the example in one click, typed, BED and gene, both countings, and mistakes."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from gexp_core.encoding import reverse_complement
from gexp_core.inputs.genome_example import GENES, GENOME, REGIONS, example_bytes
from gexp_core.types import InputCheck, SequenceSet
from gexp_core.ui import regions, workspace
from tests.inputs.example_genome import contigs
from tests.toy_models import toy_card
from tests.ui.conftest import go, labels, plain

CHR1 = contigs()["chr1"].upper()


@pytest.fixture
def page(app, monkeypatch):
    monkeypatch.delenv("GEXP_GENOMES", raising=False)
    monkeypatch.delenv("GEXP_GENES", raising=False)
    return go(app, "regions")


def with_genome(at):
    at.file_uploader(key="genome_upload").upload(GENOME, example_bytes(GENOME))
    return at.run()


def typed(at, text):
    at.text_area(key="pasted_regions").set_value(text)
    next(b for b in at.button if b.label == "Read regions").click()
    return at.run()


def sound(at):
    assert not at.exception
    return at


def test_without_a_genome_the_page_asks_for_one(page):
    assert "Give a genome first" in page.info[0].value
    at = sound(with_genome(page))
    assert "No region is given yet" in at.info[0].value


def test_the_example_regions_are_one_click_away_and_go_on_to_the_other_pages(page):
    at = sound(page.button(key="regions_example").click().run())
    numbers = labels(at)
    assert numbers["Regions read"] == "5"
    assert (numbers["Minus strand"], numbers["Shifted"]) == ("2", "1")
    table = at.dataframe[0].value.set_index("Region")
    one = table.loc["one_base"]  # the toy model reads 60 bases
    assert one["Asked for, 1-based"] == "chr1:6,001-6,001"
    assert one["Read, 1-based"] == "chr1:5,971-6,030"
    assert one["Read, BED"] == "5970 6030"
    assert table.loc["contig_end", "Shift"] == -15
    at.button(key="use_regions").click().run()
    check = sound(at).session_state["_workspace"].check
    assert check.sequences["one_base"] == CHR1[5_970:6_030]
    assert check.sequences["thistle_start"] == reverse_complement(CHR1[9_910:9_970])
    assert at.success and not [b for b in at.button if b.key == "use_regions"]
    at = go(at, "predict", lambda at: "Strongest" in labels(at) or len(at.dataframe) > 0)
    assert set(at.dataframe[-1].value.iloc[:, 0]) >= {"one_base", "contig_end"} or at.dataframe


def test_a_gene_gives_every_start_in_its_direction(page):
    at = sound(page.button(key="gene_example").click().run())
    table = at.dataframe[0].value.set_index("Region")
    assert list(table.index) == ["DAISY_DAISY-1", "DAISY_DAISY-3"]
    at.text_input(key="gene").set_value("thistle")
    next(b for b in at.button if b.label == "Find its starts").click()
    at = sound(at.run())
    at.button(key="use_regions").click().run()
    check = sound(at).session_state["_workspace"].check
    # THISTLE begins at its last base, 9,900; 45 bases before it and 15 from it on
    assert check.sequences["THISTLE"] == reverse_complement(CHR1[9_885:9_945])
    at.text_input(key="gene").set_value("thistel")
    next(b for b in at.button if b.label == "Find its starts").click()
    at = sound(at.run())
    assert "did you mean THISTLE" in plain(at.error[0].value)
    assert at.dataframe[0].value["Region"].tolist() == ["THISTLE"]


def test_uploads_of_bed_and_annotation(page):
    at = with_genome(page)
    at.file_uploader(key="regions_upload").upload(REGIONS, example_bytes(REGIONS))
    assert labels(sound(at.run()))["Regions read"] == "5"
    at.file_uploader(key="genes_upload").upload(GENES, example_bytes(GENES))
    at = sound(at.run())
    at.text_input(key="gene").set_value("CLOVER")
    next(b for b in at.button if b.label == "Find its starts").click()
    at = sound(at.run())
    assert at.dataframe[0].value["Region"].tolist() == ["CLOVER"]
    at.file_uploader(key="genes_upload").upload("x.gtf", b">a\nACGT\n")
    assert "not an annotation" in plain(sound(at.run()).error[0].value)


def test_mistakes_get_their_sentence_and_lose_nothing(page):
    at = typed(with_genome(page), "1:101-160\nchr3:5-9\nchr1:9-5\nchr1:14,001")
    assert labels(sound(at))["Regions read"] == "1"
    left = at.dataframe[0].value["Why, and what to do"].tolist()
    assert ["ends before it begins" in left[0], "no contig" in left[1], "beyond" in left[2]] == [
        True,
        True,
        True,
    ]
    at = typed(at, "  ")
    assert "Nothing was typed" in plain(at.error[0].value)
    assert "From before: read from typed text" in [plain(one.value) for one in at.subheader]
    assert labels(at)["Regions read"] == "1"
    at = typed(at, "chr9:1-5")
    assert "no contig" in plain(sound(at).error[0].value)
    assert "use_regions" not in [b.key for b in at.button]
    at = typed(at, "**b**[x](http://a.example)<b>")
    text = at.error[0].value
    assert "**" not in text and "](" not in text and "<b>" not in text


def test_a_region_longer_than_the_window_is_offered_whole(page):
    at = typed(with_genome(page), "chr1:101-400 long\nchr1:101-160 fits\nchr1:201-260 fits")
    (said,) = [one.value for one in at.warning]
    assert "One region is longer than 60 bp (long)" in plain(said)
    assert "To read it whole, take it as given: it is then read in several windows" in plain(said)
    at = sound(at.button(key="read_whole").click().run())
    assert at.dataframe[0].value["Length"].tolist() == [300, 60, 60]
    assert not at.warning and "read_whole" not in [b.key for b in at.button]
    assert at.session_state["window_kind"] == "As given"


def test_equal_letters_are_told(page):
    at = typed(with_genome(page), "chr1:101-160\n1:101-160\nchr1:101-160:-")
    assert any("1 of them have the same letters" in one.value for one in sound(at).caption)


def test_regions_and_genome_survive_another_page(page):
    at = typed(with_genome(page), "chr1:101-150 a")
    at.session_state["window_kind"] = "As given"
    before = sound(at.run()).dataframe[0].value
    at = go(at, "variants")
    assert "meadow" in plain(" ".join(one.value for one in at.caption))  # one genome for all pages
    at = go(at, "regions")
    assert at.dataframe[0].value.equals(before)
    assert at.text_area(key="pasted_regions").value == "chr1:101-150 a"


def test_windows_of_other_lengths(page):
    at = typed(with_genome(page), "chr1:101-150 a")
    at.session_state["window_kind"] = "As given"
    at = sound(at.run())
    assert at.dataframe[0].value["Length"].tolist() == [50]
    at.session_state["window_kind"] = "Another length"
    at = sound(at.run())
    at.number_input(key="window_length_60").set_value(1_000)
    at = sound(at.run())
    assert at.dataframe[0].value["Length"].tolist() == [1_000]
    assert at.dataframe[0].value["Shift"].tolist() == [375]


def test_a_servers_annotation_belongs_to_its_genome(page, monkeypatch, tmp_path):
    for name in (GENOME, GENES):
        (tmp_path / name).write_bytes(example_bytes(name))
    monkeypatch.setenv("GEXP_GENOMES", f"meadow={tmp_path / GENOME}")
    monkeypatch.setenv("GEXP_GENES", f"meadow={tmp_path / GENES}")
    page.run().selectbox(key="genome").set_value("meadow")
    at = sound(page.run())
    at.text_input(key="gene").set_value("sorrel")
    next(b for b in at.button if b.label == "Find its starts").click()
    at = sound(at.run())
    assert at.dataframe[0].value["Region"].tolist() == ["SORREL"]
    assert at.dataframe[0].value["Strand"].tolist() == ["-"]
    (tmp_path / GENES).unlink()
    assert "cannot be read; upload one" in plain(sound(at.run()).error[0].value)


def test_what_was_made_of_regions_is_offered_as_tracks_in_genome_coordinates(page):
    at = sound(page.button(key="regions_example").click().run())
    assert not [e for e in at.expander if e.label == "Tracks in genome coordinates"]
    at.button(key="use_regions").click().run()
    box = next(e for e in at.expander if e.label == "Tracks in genome coordinates")
    assert "Predict, explain or mutate" in box.caption[0].value
    at = go(at, "predict", lambda at: len(at.dataframe) > 0)
    at = go(at, "regions")
    labels_of = {b.label for b in at.get("download_button")}
    assert {"Prediction, bedGraph", "Prediction, bigWig"} <= labels_of


def sizes():
    import streamlit as st

    from gexp_core.models.card import ModelCard
    from gexp_core.ui import controls, regions, windows

    card: ModelCard = st.session_state["_card"]
    controls.draw_prediction(card)
    regions._gene(card.input_length)
    st.session_state["_length"] = windows.length(card.input_length)


def test_what_was_not_chosen_is_the_default_of_each_model(monkeypatch):
    """Also of models whose windows are longer than what may be given."""
    found = SimpleNamespace(changes=[SimpleNamespace(text="10 genes")], rejected=())
    monkeypatch.setattr(regions, "_known_genes", lambda: found)
    at = AppTest.from_function(sizes)
    text = SequenceSet(("a",), ("ACGT" * 75,))
    at.session_state["_workspace"] = workspace.Workspace(InputCheck(text), "here")
    at.session_state["window_kind"] = "Another length"
    for length, wanted in (
        (164, [82, 123, 41, 600]),
        (200, [100, 150, 50, 600]),
        (524_288, [100_000, 100_000, 200_000]),  # one window, no step
        (140_000, [100_000, 35_000, 140_000]),
        (164, [82, 123, 41, 600]),
    ):
        at.session_state["_card"] = toy_card(length)
        assert [one.value for one in sound(at.run()).number_input] == wanted
        assert at.session_state["_length"] == wanted[-1]
    at.number_input[0].set_value(20).run()
    at.session_state["_card"] = toy_card(200)
    assert sound(at.run()).number_input[0].value == 100
    at.session_state["_card"] = toy_card(164)
    assert sound(at.run()).number_input[0].value == 20
