"""A reload, in a new session with the same address, finds what was given; nobody else does."""

import tracemalloc
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from gexp_core.errors import LimitError
from gexp_core.inputs import APP_LIMITS, read_bed
from gexp_core.inputs.genome import MemoryGenome
from gexp_core.inputs.genome_example import GENES, GENOME, REGIONS, example_bytes
from gexp_core.inputs.variants import read_variants
from gexp_core.jobs.store import size
from gexp_core.ui import regions, tray, trays, variants
from gexp_core.ui.trays import Tray, Trays
from tests.inputs.example_genome import contigs
from tests.ui.conftest import ROOT, go, labels, plain, settle

CHR1 = contigs()["chr1"].upper()
PLACE = 300
REF = CHR1[PLACE - 1]
ALT = "ACGT"[("ACGT".index(REF) + 1) % 4]


@pytest.fixture
def page(app, monkeypatch):
    monkeypatch.delenv("GEXP_GENOMES", raising=False)
    monkeypatch.delenv("GEXP_GENES", raising=False)
    return app


def again(at, page, **parameters):
    """The same address in a new session: what a reload is to the server."""
    made = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    made.query_params["model"] = "toy-conv"
    for name, value in parameters.items():
        made.query_params[name] = value
    made.run()
    return go(made, page)


def tokens(at):
    state = at.session_state
    held = {key: state[key] for key in ("tray", "work") if key in state}
    return {key: token for key, token in held.items() if token}


def upload(at):
    at.file_uploader(key="genome_upload").upload(GENOME, example_bytes(GENOME))
    return at.run()


def test_a_genome_and_variants_survive_a_reload_and_a_change_of_page(page):
    at = upload(go(page, "variants"))
    assert "tray" in tokens(at)
    fresh = again(at, "variants", tray=tokens(at)["tray"])
    assert "meadow: 2 contigs" in " ".join(plain(c.value) for c in fresh.caption)
    fresh.text_area(key="pasted_variants").set_value(f"chr1-{PLACE}-{REF}-{ALT}")
    next(b for b in fresh.button if b.label == "Score variants").click()
    fresh.run()
    settle(fresh, lambda at: "Effect" in labels(at))
    effect = labels(fresh)["Effect"]
    other = go(fresh, "regions")
    assert "meadow: 2 contigs" in " ".join(plain(c.value) for c in other.caption)
    back = go(other, "variants", lambda at: "Effect" in labels(at))
    assert labels(back)["Effect"] == effect
    reloaded = settle(again(at, "variants", **tokens(back)), lambda at: "Effect" in labels(at))
    assert labels(reloaded)["Effect"] == effect
    assert reloaded.text_area(key="pasted_variants").value == f"chr1-{PLACE}-{REF}-{ALT}"


def test_regions_and_an_uploaded_annotation_survive_a_reload(page):
    at = upload(go(page, "regions"))
    at.file_uploader(key="genes_upload").upload(GENES, example_bytes(GENES))
    at.run()
    at.file_uploader(key="regions_upload").upload(REGIONS, example_bytes(REGIONS))
    at.run()
    fresh = again(at, "regions", **tokens(at))
    assert not fresh.exception
    assert labels(fresh)["Regions read"] == labels(at)["Regions read"] == "5"
    fresh.text_input(key="gene").set_value("thistle")
    next(b for b in fresh.button if b.label == "Find its starts").click()
    fresh.run()
    assert fresh.dataframe[0].value["Region"].tolist() == ["THISTLE"]


def test_another_visitor_sees_nothing_and_a_shared_link_is_left_as_it_was(page):
    at = upload(go(page, "regions"))
    token = tokens(at)["tray"]
    assert "Give a genome first" in again(at, "regions").info[0].value
    guest = again(at, "regions", tray=token)
    guest.file_uploader(key="genome_upload").upload("own.fa", b">c\nACGTACGTACGT\n")
    guest.run()
    assert tokens(guest)["tray"] != token
    host = again(at, "regions", tray=token)
    assert "meadow: 2 contigs" in " ".join(plain(c.value) for c in host.caption)


def test_an_address_whose_things_are_gone_says_so(page):
    at = again(page, "regions", tray="x" * 22)
    assert not at.exception
    assert "no longer held" in at.warning[0].value


def test_an_open_page_says_what_others_took_the_room_of(page):
    at = upload(go(page, "regions"))
    tray._held()._store.drop(tokens(at)["tray"])
    at.run()
    assert not at.exception
    assert "no longer held here (the genome)" in at.warning[0].value
    assert "Give a genome first" in at.info[0].value
    at = upload(at)
    assert not at.warning and "meadow: 2 contigs" in " ".join(plain(c.value) for c in at.caption)


def test_a_warning_of_what_went_can_be_ended(page):
    at = upload(go(page, "regions"))
    tray._held()._store.drop(tokens(at)["tray"])
    at.run()
    at.button(key="tray_dismiss").click().run()
    assert not at.exception and not at.warning
    assert not go(at, "variants").warning


def test_a_tray_is_measured_before_anybody_has_to_wait(monkeypatch):
    held, asked = Trays(2, 10_000), []
    monkeypatch.setattr(
        "gexp_core.jobs.store.size",
        lambda value: asked.append((held._lock.locked(), held._store._lock.locked())) or 8,
    )
    one = Tray({"k": "x"})
    held.put(one)
    assert asked == [(False, False)] and held.get(one.token) is one


def test_a_thing_that_would_push_others_out_is_refused_and_nothing_changes(monkeypatch):
    held, state = Trays(9, 10_000), {}
    monkeypatch.setattr(trays, "MOST", 5_000)
    monkeypatch.setattr(tray, "_held", lambda: held)
    monkeypatch.setattr(tray, "st", SimpleNamespace(session_state=state))
    other = Tray({"k": "x" * 4_000})
    held.put(other)
    tray.give("genes", "x" * 5_000, "the genes")
    with pytest.raises(LimitError, match=r"takes 5\.9 kB of memory, more than the 5 kB"):
        tray.give("genes", "x" * 5_900, "the genes")
    assert len(tray.given("genes")) == 5_000 and held.get(other.token) is other
    assert "genes" not in state  # its bytes are counted, and lie nowhere else
    with pytest.raises(
        LimitError, match=r"takes 1 kB of memory \(6 kB with what you gave before\)"
    ):
        tray.give("regions", "x" * 1_000, "the regions")
    tray.give("genes", "x" * 3_000, "the genes")
    tray.give("regions", "x" * 1_000, "the regions")
    assert held.get(state["tray"]).nbytes == 4_000
    tray.keep(
        "pasted_regions", "x" * 2_000
    )  # in a tray that is full, a box says so for the session
    assert len(state["pasted_regions"]) == 2_000 and held.get(state["tray"]).nbytes == 4_000


@pytest.fixture
def visitor(monkeypatch):
    """Say which visitor's session the tray is asked in; each has one of its own."""
    sessions = {}
    held = Trays(9, 10_000)
    monkeypatch.setattr(trays, "MOST", 9_000)
    monkeypatch.setattr(tray, "_held", lambda: held)

    def of(name):
        state = sessions.setdefault(name, {})
        monkeypatch.setattr(tray, "st", SimpleNamespace(session_state=state))
        return state

    return of


def test_what_an_open_tab_gave_counts_and_who_loses_it_is_told(visitor):
    one = visitor("one")
    tray.give("genome", "x" * 4_000, "the genome")
    tray.give("genes", "x" * 1_000, "the annotation of genes")
    tray.keep("gene", "CRX")
    assert tray.lost() == ""
    visitor("two")
    tray.give("genome", "x" * 4_000, "the genome")
    visitor("one")
    assert tray.given("genes")  # used again: not the first to go
    visitor("three")
    tray.give("genome", "x" * 4_000, "the genome")
    visitor("two")
    assert tray.given("genome") is None and "is no longer held here (the genome)" in tray.lost()
    visitor("four")
    tray.give("genome", "x" * 8_000, "the genome")
    state = visitor("one")
    assert state is one and tray.given("genome") is None
    before = state["tray"]
    # what is given next does not hide what went; what boxes say was kept in the tab
    tray.give("regions", "x" * 10, "the regions")
    assert state["tray"] != before and tray.given("regions") == "x" * 10
    assert "no longer held here (the genome and the annotation of genes)" in tray.lost()
    assert tray._held().get(state["tray"]).widgets == {"gene": "CRX"}
    tray.give("genome", "x" * 10, "the genome")
    tray.give("genes", "x" * 10, "the annotation of genes")
    assert tray.lost() == ""


def test_who_has_read_what_went_is_told_no_more(visitor):
    state = visitor("one")
    tray.give("genome", "x" * 10, "the genome")
    tray._held()._store.drop(state["tray"])
    tray.give("regions", "x" * 10, "the regions")
    assert "(the genome)" in tray.lost()
    tray._dismiss()
    assert tray.lost() == "" and tray.given("regions")
    tray._held()._store.drop(state["tray"])
    assert "(the regions)" in tray.lost()  # what goes later is said again
    late = visitor("late")
    late["tray"] = state["tray"]
    assert "this address names" in tray.lost()
    tray._dismiss()
    assert tray.lost() == ""


def test_a_tray_is_read_while_its_owner_sets_one_more_widget(visitor, monkeypatch):
    token = visitor("one").setdefault("tray", "")
    tray.keep("gene", "CRX")
    token = visitor("one")["tray"]
    found = tray._held().get(token)

    class Busy(dict):
        def __setitem__(self, key, value):
            found.widgets.setdefault(f"{key} too", "")
            super().__setitem__(key, value)

    state = Busy(tray=token)
    monkeypatch.setattr(tray, "st", SimpleNamespace(session_state=state))
    tray.restore()
    assert state["gene"] == "CRX"


def test_intervals_and_variants_count_as_much_as_they_take():
    bed = "".join(f"chr1\t{i}\t{i + 5}\tname{i}\t0\t+\n" for i in range(2_000)).encode()
    genome = MemoryGenome("g", {"chr1": "A" * 2_000})
    vcf = "".join(f"chr1\t{1 + i}\trs{i}\tA\tC\n" for i in range(2_000)).encode()
    for read in (
        lambda: regions.Given(*read_bed(bed, filename="a.bed"), "a.bed"),
        lambda: variants.Given(read_variants(vcf, filename="a.vcf", genome=genome), "a.vcf"),
    ):
        read()  # what is loaded once is no part of it
        tracemalloc.start()
        try:
            given = read()
            taken = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert 0.7 * taken < size(given) < 1.5 * taken


def test_an_example_there_is_no_room_for_is_a_sentence(page, monkeypatch):
    monkeypatch.setattr(trays, "MOST", 20_350)  # the genome fits, its annotation does not
    at = go(page, "regions")
    at.button(key="regions_example").click().run()
    assert not at.exception and "of memory" in at.error[0].value


def test_a_reload_finds_things_and_boxes_and_hears_what_went_since(visitor):
    token = visitor("one").setdefault("tray", "")
    tray.give("genome", "x" * 4_000, "the genome")
    tray.keep("gene", "CRX")
    token = visitor("one")["tray"]
    again = visitor("again")
    again["tray"] = token
    tray.restore()
    assert again["gene"] == "CRX" and tray.given("genome") == "x" * 4_000 and tray.lost() == ""
    assert "genome" not in again
    visitor("other")
    tray.give("genome", "x" * 9_000, "the genome")
    visitor("again")
    assert tray.given("genome") is None and "(the genome)" in tray.lost()
    late = visitor("late")
    late["tray"] = token
    tray.restore()
    assert "that this address names are no longer held" in tray.lost()


def test_what_is_fetched_is_laid_only_into_a_tray_of_ones_own(visitor):
    visitor("one")
    tray.add("blocks", "x" * 10)
    assert tray.given("blocks") is None
    tray.keep("service", "ucsc")
    tray.add("blocks", "x" * 10)
    assert tray.given("blocks") == "x" * 10
    token = visitor("one")["tray"]
    visitor("guest")["tray"] = token
    tray.add("blocks", "x" * 20)
    visitor("one")
    assert tray.given("blocks") == "x" * 10
    with pytest.raises(LimitError):
        tray.add("blocks", "x" * 9_500)


def test_what_reading_allows_is_kept_beside_the_things_of_others():
    assert APP_LIMITS.max_held < trays.MOST < trays.ROOM


def test_a_genome_that_takes_too_much_room_is_a_sentence(page, monkeypatch):
    monkeypatch.setattr(trays, "MOST", 100)
    at = upload(go(page, "regions"))
    assert not at.exception and "of memory" in at.error[0].value
    assert "Give a genome first" in at.info[0].value


def test_trays_are_bounded_in_number_bytes_and_time(monkeypatch):
    held = Trays(2, 10_000)
    three = [Tray({"k": "x" * 10}) for _ in range(3)]
    for one in three:
        held.put(one)
    assert held.get(three[0].token) is None and held.get(three[2].token) is three[2]
    held.put(Tray({"genome": MemoryGenome("g", {"c": "A" * 9_999})}))
    assert held.get(three[2].token) is None  # bytes of a genome count
    now = [0.0]
    monkeypatch.setattr(trays.time, "monotonic", lambda: now[0])
    held = Trays(2, 10_000, seconds=60)
    held.put(three[0])
    now[0] = 50
    assert held.get(three[0].token) is three[0]
    now[0] = 100
    assert held.get(three[0].token) is three[0]  # used 50 s ago
    now[0] = 200
    assert held.get(three[0].token) is None and len(held._store) == 0
