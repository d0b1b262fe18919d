"""A region from a public service: nothing is sent before the visitor says so; then it is read."""

from dataclasses import replace

import pytest

from gexp_core import jobs
from gexp_core.explain.variant_windows import allele_windows
from gexp_core.inputs.genome import memory_genome
from gexp_core.inputs.remote import BLOCK, FetchedGenome, fetch
from gexp_core.inputs.variants import Variant
from gexp_core.models import registry
from gexp_core.types import Interval, SequenceSet
from gexp_core.ui import trays, variant_letters
from tests.inputs.remote_server import LETTERS, played
from tests.toy_models import random_sequence
from tests.ui.conftest import go, labels, lay, plain, settle

SERVICE = "A public sequence service (asks before it sends)"


@pytest.fixture
def kept(tmp_path_factory):
    """Blocks that a played service gave, on the disk that the workers read too."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEXP_CACHE", str(folder))
        with played() as server:
            wanted = [Interval("chr21", 10_000, 30_000)]
            fetch(FetchedGenome("ucsc", "GRCh38"), wanted, client=server.client())
        jobs.stop()
        jobs.start()  # workers that know the folder
        yield folder


@pytest.fixture
def page(app, kept, monkeypatch):
    monkeypatch.delenv("GEXP_GENOMES", raising=False)
    return go(app, "regions")


def with_service(at):
    at.selectbox(key="genome").set_value(SERVICE)
    return at.run()


def typed(at, text):
    at.text_area(key="pasted_regions").set_value(text)
    next(b for b in at.button if b.label == "Read regions").click()
    return at.run()


def test_coordinates_are_sent_only_on_the_visitors_word(page):
    at = typed(with_service(page), "21:12,001-12,010")
    assert not at.exception
    assert "Regions read" not in labels(at)
    said = plain(next(i.value for i in at.info if "coordinates are sent" in i.value))
    assert "api.genome.ucsc.edu" in said and "chr21:10,001-20,000" in said and "GRCh38" in said
    assert jobs.engine().load() == 0
    at.button(key="fetch").click().run()
    settle(at, lambda at: "Regions read" in labels(at))
    at.button(key="use_regions").click().run()
    sequences = at.session_state["_workspace"].check.sequences
    # a window of the model's 60 bases, its middle that of the region
    assert sequences.sequences == (LETTERS[1_975:2_035],)
    assert "coordinates are sent" not in " ".join(i.value for i in at.info)


def test_what_is_fetched_and_has_no_room_is_told(page, monkeypatch):
    at = typed(with_service(page), "21:12,001-12,010")
    del at.session_state["_tray_own"]  # who has the address of another's tray, which is full
    monkeypatch.setattr(trays, "MOST", 1)
    at.button(key="fetch").click().run()
    settle(at, lambda at: bool(at.error))
    assert "What was fetched cannot be kept" in plain(at.error[0].value)


def test_a_service_that_cannot_be_reached_is_one_sentence_and_can_be_asked_again(page):
    at = typed(with_service(page), "chrY:1,000,001-1,000,010")  # no network where tests run
    at.session_state["_fetching"] = jobs.submit("tests.ui.test_fetched:refused")
    at.run()
    settle(at, lambda at: bool(at.error))
    assert "cannot be reached" in plain(at.error[0].value)
    assert at.button(key="fetch").label.startswith("Send these coordinates to UCSC")


def refused(*, progress):
    from gexp_core.inputs.remote_client import RemoteError

    raise RemoteError("UCSC cannot be reached (OSError); try again in a minute")


def test_variants_in_what_was_fetched_are_scored(page):
    at = typed(with_service(page), "21:12,001-12,010")
    at.button(key="fetch").click().run()
    settle(at, lambda at: "Regions read" in labels(at))
    at = go(at, "variants")
    ref = LETTERS[2_004]
    alt = "ACGT"[("ACGT".index(ref) + 1) % 4]
    at.text_area(key="pasted_variants").set_value(f"chr21-12005-{ref}-{alt}")
    next(b for b in at.button if b.label == "Score variants").click()
    at.run()
    settle(at, lambda at: "Effect" in labels(at))
    # another place: its coordinates are asked for again, not sent
    ref, alt = LETTERS[12_004].upper(), "ACGT"[("ACGT".index(LETTERS[12_004].upper()) + 1) % 4]
    at.text_area(key="pasted_variants").set_value(f"chr21-22005-{ref}-{alt}")
    next(b for b in at.button if b.label == "Score variants").click()
    at.run()
    assert any("coordinates are sent" in i.value for i in at.info)
    at.button(key="fetch").click().run()
    settle(at, lambda at: labels(at).get("REF fits") == "1" and "Effect" in labels(at))


def test_variants_are_asked_about_before_anything_else_was_fetched(app, kept, monkeypatch):
    monkeypatch.delenv("GEXP_GENOMES", raising=False)
    at = with_service(go(app, "variants"))
    ref = LETTERS[50]
    alt = "ACGT"[("ACGT".index(ref) + 1) % 4]
    at.text_area(key="pasted_variants").set_value(f"chr21-10051-{ref}-{alt}")
    next(b for b in at.button if b.label == "Score variants").click()
    at.run()
    assert not at.exception and not at.error
    assert any("coordinates are sent" in i.value for i in at.info)
    assert jobs.engine().load() == 0
    # what the service would have answered; the block before is asked for too, and not kept here
    blocks = {("21", 0): "A" * BLOCK, ("21", 1): LETTERS[:BLOCK].upper()}
    lay(at, "_fetched_ucsc_GRCh38", FetchedGenome("ucsc", "GRCh38", blocks))
    at.run()
    assert labels(at)["REF fits"] == "1"
    at.button(key="score_given").click().run()
    settle(at, lambda at: "Effect" in labels(at))


def test_letters_that_place_an_indel_are_asked_for(monkeypatch):
    card = registry.card("retina-cnn")
    repeat = "CA" * (BLOCK // 2)
    whole = {("21", 0): random_sequence(BLOCK - 2_000, 3) + repeat[:2_000], ("21", 1): repeat}
    whole[("21", 2)] = random_sequence(BLOCK, 4)
    simple = {**whole, ("21", 0): random_sequence(BLOCK, 3), ("21", 1): random_sequence(BLOCK, 5)}
    for blocks, start in ((simple, BLOCK + 200), (whole, BLOCK + 400)):
        contig = "".join(blocks[("21", i)] for i in range(3))
        one = Variant("chr21", start + 1, contig[start : start + 3], contig[start])
        genome = FetchedGenome("ucsc", "GRCh38", {})
        while missing := genome.missing(variant_letters.around([one], genome, card)):
            held = {**genome.blocks, **{block: blocks[block] for block in missing}}
            genome = FetchedGenome("ucsc", "GRCh38", held)
        assert ("21", 0) in genome.blocks
        made = allele_windows(one, genome, card.insert[1] - card.insert[0])
        truth = memory_genome(SequenceSet(("chr21",), (contig,)), "whole")
        assert made == allele_windows(one, truth, card.insert[1] - card.insert[0])
    # an SNV there needs no letters but those of its window
    snv = [replace(one, ref=contig[start], alt="G")]
    assert genome.missing(variant_letters.around(snv, FetchedGenome("ucsc", "GRCh38"), card)) == ()
    assert variant_letters.around(snv, truth, card) == ()


def test_a_server_that_has_switched_services_off_does_not_offer_them(page, monkeypatch):
    at = with_service(page)
    monkeypatch.setenv("GEXP_REMOTE", "off")
    at.run()
    assert not at.exception
    assert not [box for box in at.selectbox if box.key in ("genome", "service")]
    assert "Give a genome first" in at.info[0].value
