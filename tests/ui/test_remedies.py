"""Each warning about what was given has a way on: another build in one click, or the right page."""

import pytest

from gexp_core.inputs import genome as genomes
from gexp_core.inputs.builds import LENGTHS, named, siblings
from gexp_core.inputs.gene_names import MAX_TEXT
from gexp_core.models import registry
from gexp_core.ui.drafts import bases
from tests.ui.conftest import go, labels, plain

#: Of yeast and mouse the shortest chromosome each; its length alone proves a build.
LENGTH = {"GRCm38": LENGTHS["GRCm38"]["19"], "GRCm39": LENGTHS["GRCm39"]["19"]}
FIRST = "ACGTTGCATGACTCAGGATTACCATGCCGATT" * 8  # the rest is unknown: 61 million N


class Thin(genomes.Genome):
    """A chromosome of its true length that has letters in one place only."""

    def __init__(self, build):
        super().__init__(build, {"chr19": LENGTH[build]})
        self.letters = FIRST if build == "GRCm39" else FIRST[::-1]

    def _letters(self, contig, start, end):
        at = 1_000_000
        return "".join(
            self.letters[i - at] if at <= i < at + len(FIRST) else "N" for i in range(start, end)
        )


@pytest.fixture
def two_builds(app, monkeypatch, tmp_path):
    """A server that has both mouse builds, the older one chosen."""
    from gexp_core.ui import genomes as chooser

    for build in LENGTH:
        (tmp_path / build).write_text("")
    monkeypatch.setenv("GEXP_GENOMES", ":".join(f"{b}={tmp_path / b}" for b in LENGTH))
    monkeypatch.setattr(chooser, "_open", lambda name, path, changed: Thin(name))
    return app


def offered(at, key):
    return [b.label.replace("\\", "") for b in at.button if (b.key or "").startswith(key)]


def test_variants_of_another_build_are_read_from_it_in_one_click(two_builds):
    at = go(two_builds, "variants")
    ref = FIRST[100]
    assert ref != FIRST[::-1][100]
    alt = next(base for base in "ACGT" if base not in (ref, FIRST[::-1][100]))
    text = (
        f"##contig=<ID=chr19,length={LENGTH['GRCm39']}>\n#CHROM\tPOS\tID\tREF\tALT\n"
        f"19\t1000101\t.\t{ref}\t{alt}\n"
    )
    at.text_area(key="pasted_variants").set_value(text)
    next(b for b in at.button if b.label == "Score variants").click()
    at = at.run()
    assert labels(at)["REF fits"] == "0"
    first = plain(at.warning[0].value)
    assert "different builds" in first and "Go on only if" in first
    assert offered(at, "header_build")[0] == "Read from GRCm39, GRCm39 (mm39)"
    assert offered(at, "header_build")[1:] == ["Read from GRCm39 (mm39) of a public service"]
    at = at.button(key="header_build_here_GRCm39").click().run()
    assert not at.exception and not at.warning
    assert labels(at)["REF fits"] == "1"
    assert at.session_state["genome"] == "GRCm39"


def test_a_track_line_of_another_build_is_a_warning_with_that_build_beside_it(two_builds):
    at = go(two_builds, "regions")
    bed = b'track name=peaks db="mm39"\nchr19\t1000020\t1000060\n'
    at.file_uploader(key="regions_upload").upload("peaks.bed", bed)
    at = at.run()
    (said,) = [plain(one.value) for one in at.warning if "names the genome" in one.value]
    assert "mm39, but GRCm38 is GRCm38 (mm10)" in said and "go on if" in said
    at = at.button(key="track_build_mm39_here_GRCm39").click().run()
    assert not [one for one in at.warning if "names the genome" in one.value]
    assert labels(at)["Regions read"] == "1"


def test_a_place_beyond_the_contig_offers_the_build_that_has_it(two_builds):
    at = go(two_builds, "regions")
    at.session_state["genome"] = "GRCm39"
    at = at.run()
    end = LENGTH["GRCm38"]
    assert end > LENGTH["GRCm39"]
    at.text_area(key="pasted_regions").set_value(f"chr19:1,000,021-1,000,060\n19:{end - 9}-{end}")
    next(b for b in at.button if b.label == "Read regions").click()
    at = at.run()
    assert any("Go on with them" in c.value for c in at.caption)
    assert offered(at, "region_build")[0] == "Read from GRCm38, GRCm38 (mm10)"


@pytest.mark.parametrize(
    ("text", "page", "label"),
    [
        ("chr1\t100\t264\tpeak\n", "regions", "Regions"),
        ("chr7:1,000-1,164", "regions", "Regions"),
        ("RHO,\nCRX\n", "regions", "Regions"),
        ("chr8-140300616-T-G", "variants", "Variants"),
        ("1\t5\t.\tA\tG\t.\t.\t.\n", "variants", "Variants"),
    ],
)
def test_coordinates_given_as_letters_are_laid_on_the_page_that_reads_them(app, text, page, label):
    at = app
    at.text_area(key="pasted").set_value(text)
    next(b for b in at.button if b.label == "Read sequences").click()
    at = at.run()
    assert f"page {label}" in plain(at.error[0].value)
    assert f"Read it on the page {label}" in [link.label for link in at.page_link]
    genes = text.startswith("RHO")  # their box has one line
    box, laid = ("gene", "RHO, CRX") if genes else (f"pasted_{page}", text)
    assert at.session_state[box] == laid
    # letters given next take the offer away
    at.text_area(key="pasted").set_value("ACGTACGTACGTACGTTACA")
    next(b for b in at.button if b.label == "Read sequences").click()
    assert not any(link.label.startswith("Read it") for link in at.run().page_link)


def test_a_list_of_genes_too_long_for_its_box_is_not_offered_there(app):
    at = app
    at.text_area(key="pasted").set_value("RHO CRX\n" * (MAX_TEXT // 8 + 1))
    next(b for b in at.button if b.label == "Read sequences").click()
    at = at.run()
    assert "names of genes" in plain(at.error[0].value)
    assert not any(link.label.startswith("Read it") for link in at.page_link)


def test_a_list_of_the_other_page_is_replaced_only_on_request(app):
    at, own, other = app, "chr2:1-60 mine", "chr1\t100\t264\tpeak\n"
    at.session_state["pasted_regions"] = own
    at.text_area(key="pasted").set_value(other)
    next(b for b in at.button if b.label == "Read sequences").click()
    at = at.run()
    assert at.session_state["pasted_regions"] == own
    assert any("page Regions still holds a list of its own" in c.value for c in at.caption)
    assert not any(link.label.startswith("Read it") for link in at.page_link)
    at = at.button(key="given_replace").click().run()
    assert at.session_state["pasted_regions"] == other
    assert "Read it on the page Regions" in [link.label for link in at.page_link]
    assert not [b for b in at.button if b.key == "given_replace"]
    # the same again is no other list
    next(b for b in at.button if b.label == "Read sequences").click()
    assert not [b for b in at.run().button if b.key == "given_replace"]


def paste(at, text):
    at.text_area(key="pasted").set_value(text)
    next(b for b in at.button if b.label == "Read sequences").click()
    return at.run()


def test_genes_are_laid_in_their_tab_beside_the_example_regions_and_shown_there(app, monkeypatch):
    monkeypatch.delenv("GEXP_GENOMES", raising=False)
    go(app, "regions").button(key="regions_example").click().run()
    at = paste(go(app, "sequences"), "TULIP\nDAISY\n")
    assert not [b for b in at.button if b.key == "given_replace"]
    at = go(at, "regions")
    assert at.text_input(key="gene").value == "TULIP DAISY"
    ways = next(e for e in at.expander if e.label == "Give other regions")
    assert ways.proto.expanded
    assert at.session_state["_regions_laid"] == "Gene"
    next(b for b in at.button if b.label == "Find its starts").click()
    at = at.run()
    assert not next(e for e in at.expander if e.label == "Give other regions").proto.expanded
    # another list of genes says which tab holds what
    at = paste(go(at, "sequences"), "CLOVER")
    said = "tab Gene of the page Regions still holds a list of its own (TULIP DAISY)"
    assert any(said in plain(c.value) for c in at.caption)
    at = at.button(key="given_replace").click().run()
    assert at.session_state["gene"] == "CLOVER"


def test_names_of_builds_and_their_siblings():
    assert [named(text) for text in ("hg19", "b37", "GRCh38", "MM10", "hg18", "")] == [
        "GRCh37", "GRCh37", "GRCh38", "GRCm38", None, None,
    ]  # fmt: skip
    assert siblings("GRCh38") == ("GRCh37",)
    assert siblings("sacCer3") == siblings(None) == ()


def test_a_draft_is_known_by_what_the_server_holds(monkeypatch):
    held = {"a": "chr1:5"}
    monkeypatch.setattr(
        "gexp_core.ui.workspace.setting", lambda key, default: held.get(key, default)
    )
    first = bases("a", "b")
    assert first["a"] != first["b"] and "chr1" not in str(first)
    assert first["b"] == ""  # nothing is known of it
    held["b"] = "chr1:5"
    assert bases("b")["b"] == first["a"]


def test_a_locus_of_the_address_is_gone_to_once_and_a_foreign_one_is_told(app):
    at = go(app, "regions").button(key="regions_example").click().run()
    at.button(key="use_regions").click().run()
    at.session_state["genome_rows"] = []
    at.query_params["locus"] = "1:2,940-2,979"
    at = go(at, "genome")
    name = at.session_state["_workspace"].sequences.names[0]
    about, (stamp, stretch) = at.session_state["_genome_go"]
    assert (about, stretch) == (name, (2_939, 2_979))
    at = at.run()
    assert at.session_state["_genome_go"] == (name, (stamp, stretch))
    assert not at.error


def test_a_locus_of_another_contig_waits_for_a_sequence_that_lies_there(app):
    at = go(app, "regions").button(key="regions_example").click().run()
    at.button(key="use_regions").click().run()
    at.session_state["genome_rows"] = []
    at.query_params["locus"] = "chr2:5,951-5,970"
    at = go(at, "genome")
    assert "asks for chr2:5,951-5,970" in plain(at.error[0].value)
    held = at.session_state["_workspace"].sequences
    there = next(
        name
        for name, origin in zip(held.names, held.origins, strict=True)
        if origin.interval.chrom == "chr2"
    )
    at.selectbox(key="sequence").set_value(there)
    at = at.run()
    assert not at.error
    assert at.session_state["_genome_go"][0] == there
    assert at.session_state["_genome_go"][1][1] == (5_950, 5_970)
    # once: back on the first, the link is done with
    at.selectbox(key="sequence").set_value(held.names[0])
    assert not at.run().error


def test_a_place_that_is_typed_ends_what_the_link_asked_for(app):
    at = go(app, "regions").button(key="regions_example").click().run()
    at.button(key="use_regions").click().run()
    at.session_state["genome_rows"] = []
    at.query_params["locus"] = "chr2:5,951-5,970"
    at = go(at, "genome")
    at.text_input(key="genome_go").set_value("chr2:6,000-6,040")
    at = at.run()
    assert not at.error
    assert at.session_state["_genome_go"][1][1] == (5_999, 6_040)


@pytest.mark.parametrize(
    ("text", "said"),
    [("chr2:5-9", "asks for chr2:5-9"), ("<b>", "not a region"), ("chr1:9-5", "ends before")],
)
def test_an_address_that_asks_for_no_place_of_the_contig_is_told(app, text, said):
    at = go(app, "regions").button(key="regions_example").click().run()
    at.button(key="use_regions").click().run()
    at.session_state["genome_rows"] = []
    at.query_params["locus"] = text
    at = go(at, "genome")
    assert said in plain(at.error[0].value)


def test_the_window_is_drawn_with_its_letters_and_what_was_changed(app):
    at = app
    at.text_area(key="pasted").set_value(">short\nacgtuu-cagt\n>whole\n" + "GATTACA" * 9)
    next(b for b in at.button if b.label == "Read sequences").click()
    at = at.run()
    (shown,) = [one.value for one in at.code]
    card = registry.card("toy-conv")
    begin, end = card.insert
    back, offset = card.background.lower(), begin + (end - begin - 10) // 2
    assert shown == back[:offset] + "ACGTTTCAGT" + back[offset + 10 :]
    assert any("Changed on the way in" in plain(c.value) for c in at.caption)
    at.session_state["sequence"] = "whole"
    at = at.run()
    assert [one.value for one in at.code] == [("GATTACA" * 9)[:60]]
    assert any(plain(c.value).startswith("The first window") for c in at.caption)
