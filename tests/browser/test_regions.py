"""From a gene or coordinates to a mutagenesis map, in real Chromium, counting clicks."""

import contextlib

import pytest

from gexp_core.encoding import reverse_complement
from gexp_core.inputs.genome_example import GENES, GENOME, REGIONS, example_bytes
from tests.browser.conftest import serve
from tests.browser.test_journey import MODEL, SLOW, Watch, quiet
from tests.browser.visitors import expect, made, until
from tests.inputs.example_genome import contigs

pytestmark = pytest.mark.browser
CHR1 = contigs()["chr1"].upper()


@pytest.fixture(scope="module")
def with_genome(model_folder, tmp_path_factory):
    """A server that has the example as its own genome and annotation."""
    folder = tmp_path_factory.mktemp("genome")
    for name in (GENOME, GENES):
        (folder / name).write_bytes(example_bytes(name))
    with contextlib.ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GEXP_GENOMES", f"meadow={folder / GENOME}")
            patch.setenv("GEXP_GENES", f"meadow={folder / GENES}")
            address = stack.enter_context(serve(model_folder))
        yield address


@pytest.fixture
def page(chromium):
    made = chromium.new_page(viewport={"width": 1440, "height": 1500})
    made.set_default_timeout(SLOW)
    yield made
    made.close()


def shot(page, shots, name):
    for width in (800, 1440):
        page.set_viewport_size({"width": width, "height": 1500})
        page.wait_for_timeout(500)
        until(lambda: _fits(page), wanted=f"that {name} fits in {width} pixels")
        page.screenshot(path=shots / f"{name}_{width}.png")


def _fits(page):
    at = "document.documentElement"
    return page.evaluate(f"{at}.scrollWidth <= {at}.clientWidth")


def start(page, address, path="regions", title="Regions"):
    watch = Watch(page, address)
    page.goto(f"{address}/{path}?model={MODEL}")
    page.get_by_role("heading", name=title, exact=True).wait_for()
    quiet(page)
    return watch


def counted(page):
    """Count what a person does: clicks, and Enter, which stands for one; across pages too."""
    page.add_init_script(
        """const add = () => sessionStorage.setItem('clicks',
             1 + Number(sessionStorage.getItem('clicks') || 0));
           addEventListener('click', e => { if (e.isTrusted && e.detail) add(); }, true);
           addEventListener('keydown', e => { if (e.isTrusted && e.key === 'Enter') add(); }, true);
        """
    )


def clicks(page):
    return int(page.evaluate("Number(sessionStorage.getItem('clicks') || 0)"))


def test_from_a_gene_to_a_mutagenesis_map_in_four_clicks(page, with_genome, shots):
    counted(page)
    watch = start(page, with_genome)
    page.get_by_role("tab", name="Gene").click()  # 1
    gene = page.get_by_role("textbox", name="Gene symbol or id, or transcript id")
    gene.fill("thistle")
    gene.press("Enter")
    page.get_by_text("Read from gene thistle").wait_for()
    quiet(page)
    shot(page, shots, "regions_gene")
    page.get_by_role("button", name="Use this sequence").click()  # 2
    page.get_by_role("link", name="Or see at once what every").click()  # 3
    page.get_by_role("heading", name="THISTLE", exact=True).wait_for()
    assert 3 <= clicks(page) <= 4  # a count of none would count nothing
    made(page, page.get_by_role("heading", name="Strongest losses"))
    quiet(page)
    watch.check()


def test_from_a_pasted_line_of_vcf_to_its_effect_in_three_clicks(page, with_genome, shots):
    counted(page)
    watch = start(page, with_genome, "variants", "Variants")
    at = 400
    alt = "ACGT"[("ACGT".index(CHR1[at - 1]) + 1) % 4]
    box = page.get_by_role("textbox", name="Variants: lines of a VCF")
    box.click()  # 1
    page.keyboard.insert_text(f"1\t{at}\trs1\t{CHR1[at - 1]}\t{alt}\t.\tPASS\t.")
    page.get_by_role("button", name="Score variants").click()  # 2
    page.get_by_test_id("stMetric").filter(has_text="Effect").wait_for()
    assert 2 <= clicks(page) <= 3
    page.get_by_text("Tick a row to look at it").wait_for()
    shot(page, shots, "variants_effect")
    watch.check()


def test_a_reload_keeps_an_uploaded_genome_and_variants_that_were_given(page, address, shots):
    watch = start(page, address, "variants", "Variants")
    genome = {"name": GENOME, "mimeType": "text/plain", "buffer": example_bytes(GENOME)}
    page.locator("input[type=file]").first.set_input_files(genome)
    page.get_by_text("meadow: 2 contigs, 20,000 bases").wait_for()
    quiet(page)
    page.reload()
    page.get_by_text("meadow: 2 contigs, 20,000 bases").wait_for()
    quiet(page)
    alt = "ACGT"[("ACGT".index(CHR1[399]) + 1) % 4]
    page.get_by_role("textbox", name="Variants: lines of a VCF").fill(f"chr1-400-{CHR1[399]}-{alt}")
    page.get_by_role("button", name="Score variants").click()
    effect = page.get_by_test_id("stMetric").filter(has_text="Effect")
    effect.wait_for()
    quiet(page)
    shown = effect.inner_text()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Regions", exact=True).click()
    page.get_by_role("heading", name="Regions", exact=True).wait_for()
    quiet(page)
    page.get_by_text("meadow: 2 contigs, 20,000 bases").wait_for()
    page.reload()
    page.get_by_role("heading", name="Regions", exact=True).wait_for()
    quiet(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Variants", exact=True).click()
    expect(effect).to_have_text(shown, use_inner_text=True)
    watch.check()


def test_nothing_is_sent_to_a_sequence_service_before_the_visitor_says_so(page, address, shots):
    watch = start(page, address)
    page.get_by_role("combobox", name="Genome").click()
    page.get_by_role("option", name="A public sequence service").click()
    quiet(page)
    page.get_by_role("textbox", name="Regions, one a line").fill("chr19:11,089,262-11,089,362")
    page.get_by_role("button", name="Read regions").click()
    page.get_by_text("coordinates are sent to").wait_for()
    quiet(page)
    shot(page, shots, "regions_service")
    page.get_by_role("button", name="Send these coordinates to UCSC").wait_for()
    watch.check()  # the browser itself asks no other host


def test_an_uploaded_genome_and_bed_are_read_and_taken_away(page, address, shots):
    watch = start(page, address)
    shot(page, shots, "regions_empty")
    files = page.locator("input[type=file]")
    genome = {"name": GENOME, "mimeType": "text/plain", "buffer": example_bytes(GENOME)}
    files.first.set_input_files(genome)
    page.get_by_text("meadow: 2 contigs, 20,000 bases").wait_for()
    quiet(page)
    page.get_by_role("tab", name="Upload BED").click()
    bed = {"name": REGIONS, "mimeType": "text/plain", "buffer": example_bytes(REGIONS)}
    page.get_by_role("tabpanel").locator("input[type=file]").first.set_input_files(bed)
    page.get_by_text("Read from meadow.bed").wait_for()
    page.get_by_text("One region is longer than").wait_for()
    quiet(page)
    shot(page, shots, "regions_bed")
    page.get_by_role("button", name="Read all regions as given").click()
    page.get_by_text("One region is longer than").wait_for(state="hidden")
    quiet(page)
    with page.expect_download() as coming:
        page.get_by_role("button", name="FASTA", exact=True).click()
    text = coming.value.path().read_text()
    records = dict(part.split("\n", 1) for part in text.lstrip(">").split("\n>"))
    letters = records["thistle_start meadow chr1:9,881-10,000:-"].replace("\n", "")
    assert letters == reverse_complement(CHR1[9_880:10_000])
    # another page and back: nothing is lost
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Predict", exact=True).click()
    page.get_by_role("heading", name="Predict", exact=True).wait_for()
    quiet(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Regions", exact=True).click()
    page.get_by_text("Read from meadow.bed").wait_for()
    watch.check()
