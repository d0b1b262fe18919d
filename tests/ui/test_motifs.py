"""The page Motifs: asked first, counted, named, placed; a visitor's own motifs; no dead ends."""

from dataclasses import replace

import pytest

from gexp_core import jobs
from gexp_core.models import registry
from gexp_core.motifs.discovery import DiscoverySettings
from gexp_core.motifs.inquiry import WAYS
from gexp_core.types import Interval
from gexp_core.ui import bench_word, estimates, filters, motifs_at_work, motifs_shown
from gexp_core.ui import motifs as page
from tests.motifs.made import find
from tests.toy_models import random_set
from tests.ui.conftest import FASTA, give, go, labels, plain, settle

HEAD = "MEME version 4\n\nALPHABET= ACGT\n\n"


@pytest.fixture
def quick(monkeypatch):
    """Find and prepare without searching or compiling."""
    monkeypatch.setattr(page, "_WORK", "tests.motifs.made:find")
    monkeypatch.setattr(page, "_WARM", "tests.motifs.made:warm_up")


@pytest.fixture
def found(app, quick, monkeypatch):
    """The page with what was found.

    The search begins by itself here: AppTest runs a page twice and loses a button's click when
    the button has no callback.
    """
    monkeypatch.setattr(page, "_asking", lambda n: "")
    monkeypatch.setattr(page, "evaluations_of", lambda *given: 1)
    return go(give(app, FASTA), "motifs", lambda at: "Motifs" in labels(at))


def test_without_sequences_the_page_says_where_to_give_some(app, quick):
    at = go(app, "motifs")
    assert "There are no sequences to look for motifs in yet" in at.info[0].value


def test_what_was_found_is_counted_and_listed(found):
    assert labels(found)["Motifs"] == "2"
    assert labels(found)["Their sites"] == "2"
    assert labels(found)["Expected by chance"] == "0.5"  # a quarter of each motif's
    table = found.dataframe[0].value
    assert list(table["motif"]) == ["raises 1", "lowers 1"]
    assert list(table["name"]) == ["Crx", "nothing known"]
    assert table["logo"][0].startswith("data:image/svg+xml;base64,")
    said = " ".join(plain(c.value) for c in found.caption)
    assert "2 stretches of the scores raise the prediction" in said
    assert "40 stretches make 3 patterns of alike ones, of which 2 have too few sites" in said
    assert list(table["by_chance"]) == [0.25, 0.25] and list(table["q_chance"]) == [1e-4, 2e-3]
    words = [m.value for m in found.markdown if "expected by chance" in m.value]
    assert words[-1].startswith("1 site here; 0.25 are expected by chance")
    assert plain(found.info[0].value) == "A <b>note</b> for the reader."
    assert "JASPAR 2026 CORE, vertebrates" in said


def test_nothing_begins_before_it_is_asked_for_and_the_work_is_said(app, quick):
    at = give(app, FASTA)
    go(at, "motifs", lambda at: any("evaluations" in b.label for b in at.button))
    (button,) = [b.label for b in at.button if "evaluations" in b.label]
    assert button.startswith("Look for motifs in 2 sequences (")
    assert not labels(at)


def test_a_search_that_would_be_stopped_is_warned_of(app, quick):
    card = registry.card("toy-conv")
    jobs.engine().rates.learn(estimates.kind(page._WORK, card), 1_000.0, 1)
    at = give(app, FASTA)
    go(at, "motifs", lambda at: bool(at.warning))
    said = plain(at.warning[0].value)
    assert "one computation may take 10 min here" in said
    assert "`python -m gexp_core motifs`" in said
    assert any("Look for motifs in 2 sequences (" in b.label for b in at.button)


def test_the_bench_begins_with_the_motif_that_was_looked_at(found):
    go(found, "bench", lambda at: len(at.text_input) > 0)
    assert found.text_input(key="bench_first").value == "GGATTA"  # JASPAR's Crx, as it is drawn
    found.segmented_control(key="bench_kind").set_value("sites").run()
    settle(found, lambda at: "Mean, scrambled" in labels(at))
    assert labels(found)["Sites"] == "1"  # the one that was found, not every place with the word
    # the bench may run another model: whose sites they are is said
    choice = found.segmented_control(key="bench_sites")
    assert plain(choice.options[0]).endswith(f"found with {found.selectbox(key='model').value}")
    found.segmented_control(key="bench_sites").set_value("word").run()
    assert found.text_input(key="bench_word").value == "GGATTA"


def test_another_motif_that_is_looked_at_takes_the_place_of_what_was_typed(found):
    go(found, "bench", lambda at: len(at.text_input) > 0)
    found.text_input(key="bench_first").set_value("TGACTCAG").run()
    go(found, "motifs", lambda at: "Motifs" in labels(at))
    go(found, "bench", lambda at: len(at.text_input) > 0)
    assert found.text_input(key="bench_first").value == "TGACTCAG"  # the same motif as before
    found.session_state[bench_word.KEY] = "CCGG"
    go(found, "motifs", lambda at: "Motifs" in labels(at))
    go(found, "bench", lambda at: len(at.text_input) > 0)
    assert found.text_input(key="bench_first").value == "GGATTA"


def test_a_known_motif_that_was_ticked_goes_to_the_bench(found):
    found.session_state[bench_word.LOOKED] = "known"
    go(found.run(), "bench", lambda at: len(at.text_input) > 0)
    found.segmented_control(key="bench_kind").set_value("sites").run()
    options = [plain(one) for one in found.segmented_control(key="bench_sites").options]
    assert any("Crx, found with" in one for one in options)
    assert not any("raises 1" in one for one in options)


@pytest.mark.parametrize(
    ("consensus", "letters", "word"),
    [
        ("", "EXAMPLE", "EXAMPLE"),
        ("GGATTA", "GGATTA", "GGATTA"),
        ("ttGGAcTTAg", "TTGGACTTAG", "GGANTTA"),
        ("aGaTc", "AGATC", "EXAMPLE"),  # two letters say something: too few to look for
        ("A" * 70, "A" * 60, "A" * 60),
    ],
)
def test_a_consensus_becomes_letters_and_a_word(monkeypatch, consensus, letters, word):
    monkeypatch.setattr(bench_word.workspace, "setting", lambda key, default: consensus)
    assert bench_word.letters("EXAMPLE") == letters
    assert bench_word.word("EXAMPLE") == word


def test_a_motif_links_to_its_entry(found):
    at = "jaspar.elixir.no/matrix/MA0467"
    links = [m.value for m in found.markdown if at in m.value and "stands for" not in m.value]
    assert len(links) == 1 and "q = 2.5e-07" in plain(links[0])


def test_known_motifs_at_work_are_listed_with_their_family_and_places(found):
    rows = found.dataframe[2].value
    assert list(rows["name"]) == ["Crx"] and list(rows["relatives"]) == ["OTX2"]
    assert list(rows["effect"]) == ["raises"] and list(rows["places"]) == [1]
    places = found.dataframe[3].value
    assert list(places["position"]) == [5] and list(places["strand"]) == ["+"]
    assert any(
        "stands for its family: OTX2 fits the same places" in m.value for m in found.markdown
    )
    assert any("A second note." in plain(one.value) for one in found.info)


def test_sites_are_listed_one_based(found):
    sites = found.dataframe[1].value
    assert list(sites["position"]) == [5] and list(sites["end"]) == [4 + len(sites["letters"][0])]


def test_of_an_entry_that_is_there_for_each_strand_the_ticked_one_is_looked_at(monkeypatch):
    sequences = random_set((60, 60))
    how = dict.fromkeys(("settings", "scores", "target", "seed"))
    how["settings"] = DiscoverySettings()
    found = find("toy-conv", sequences, (), **how, database="", progress=lambda *at: None)
    ways = [replace(found.at_work.motifs[0], name=f"Crx {way}") for way in WAYS]
    made = replace(found, at_work=replace(found.at_work, motifs=tuple(ways)))
    kept = {}
    monkeypatch.setattr(motifs_at_work.workspace, "setting", kept.get)
    assert motifs_at_work.chosen(made) is ways[0]
    monkeypatch.setattr(motifs_at_work.workspace, "keep", kept.__setitem__)
    monkeypatch.setattr(motifs_at_work.workspace, "ticked", lambda key: [1])
    motifs_at_work._choose("table", tuple(map(motifs_at_work._key, ways)))
    assert motifs_at_work.chosen(made) is ways[1]


@pytest.mark.parametrize("both", [True, False])
def test_a_model_of_one_strand_says_so(app, quick, monkeypatch, both):
    whole = registry.card
    card = replace(whole("toy-conv"), both_strands=both)
    monkeypatch.setattr(registry, "card", lambda name: card if name == card.name else whole(name))
    at = go(give(app, FASTA), "motifs", lambda at: any("Look for" in b.label for b in at.button))
    said = [plain(c.value) for c in at.caption if "on one strand" in c.value]
    assert len(said) == (not both)
    assert both or "both count as one, unless you keep strands apart" in said[0]


def test_own_motifs_take_the_place_of_the_database_and_mistakes_keep_the_old(found):
    at = found
    at.file_uploader(key="motif_upload").upload("bad.meme", b"MEME version 4\n").run()
    assert any("no line that begins with MOTIF" in plain(e.value) for e in at.error)
    blocks = [
        f"MOTIF m{k} f{k}\nletter-probability matrix: alength= 4 w= 2\n1 0 0 0\n0 1 0 0\n"
        for k in range(30)
    ]
    few = HEAD + "".join(blocks[:24])
    at.file_uploader(key="motif_upload").upload("few.meme", few.encode()).run()
    assert any("24 known motifs are too few" in plain(e.value) for e in at.error)
    assert not any("Motifs are named by few.meme" in plain(c.value) for c in at.caption)
    at.file_uploader(key="motif_upload").upload("own.meme", (HEAD + "".join(blocks)).encode())
    at.run()
    assert not at.error
    assert any("own.meme, 30 motifs" in plain(c.value) for c in at.caption)
    settle(at, lambda at: any("Named by own.meme" in plain(c.value) for c in at.caption))
    at.button(key="motif_forget").click().run()
    settle(at, lambda at: any("Named by JASPAR" in plain(c.value) for c in at.caption))


def test_bed_is_offered_where_coordinates_are_known():
    sequences = random_set((60, 60))
    assert motifs_shown._bed(None, sequences) == {}
    placed = replace(sequences.origins[0], interval=Interval("chr1", 0, 60))
    known = type(sequences)(sequences.names, sequences.sequences, (placed, sequences.origins[1]))
    assert list(motifs_shown._bed(None, known)) == ["Sites (BED)"]


def test_filters_are_listed_with_what_is_lost_without_them(app, quick, monkeypatch):
    monkeypatch.setattr(filters, "_WORK", "tests.motifs.made:read")
    monkeypatch.setattr(filters, "_ASK", "")
    at = go(give(app, FASTA), "motifs", lambda at: len(at.segmented_control) > 0)
    at.segmented_control(key="motif_place").set_value("Filters of the first layer").run()
    settle(at, lambda at: "Filters" in labels(at))
    assert labels(at)["Filters"] == "2"
    assert labels(at)["Like a known motif"] == "1"
    assert labels(at)["Largest effect"] == "0.500"
    rows = at.dataframe[0].value
    assert list(rows["filter"]) == [7, 1]
    assert list(rows["name"]) == ["Crx", "nothing known"]
    assert rows["silenced"].tolist() == [-0.25, 0.0]
    assert rows["logo"][0].startswith("data:image/svg+xml;base64,")
    assert rows["logo"].isna()[1]
    said = " ".join(plain(c.value) for c in at.caption)
    assert "Stretches from 500 texts; effects on 2 of your sequences, forward strand" in said


def test_the_first_layer_is_asked_for_with_its_cost(app, quick):
    at = go(give(app, FASTA), "motifs", lambda at: len(at.segmented_control) > 0)
    at.segmented_control(key="motif_place").set_value("Filters of the first layer").run()
    settle(at, lambda at: any("Look into the first layer" in b.label for b in at.button))
    (button,) = [b.label for b in at.button if "first layer" in b.label]
    assert "130 evaluations" in button


def test_without_a_motif_the_bench_begins_with_the_known_one_at_work(app, quick, monkeypatch):
    monkeypatch.setattr(page, "_WORK", "tests.motifs.made:find_none")
    monkeypatch.setattr(page, "_asking", lambda n: "")
    monkeypatch.setattr(page, "evaluations_of", lambda *given: 1)
    at = go(give(app, FASTA), "motifs", lambda at: "Motifs" in labels(at))
    assert labels(at)["Motifs"] == "0"
    go(at, "bench", lambda at: len(at.text_input) > 0)
    assert at.text_input(key="bench_first").value == "GGATTA"
