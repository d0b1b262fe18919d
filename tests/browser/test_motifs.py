"""From sixty short sequences to a named motif and its files, in real Chromium; stopped once."""

import contextlib
import shutil

import pytest

from gexp_core.motifs import read_meme
from tests.browser.conftest import serve
from tests.browser.test_journey import Watch, go, quiet, upload
from tests.browser.test_regions import shot
from tests.motifs import reader

pytestmark = pytest.mark.browser

#: Milliseconds: a worker may first load the compiled tools, on a new installation compile them.
PATIENT = 240_000


@pytest.fixture(scope="module")
def address(model_folder, tmp_path_factory):
    """A server that also has a model which reads one known word."""
    models = tmp_path_factory.mktemp("motifs") / "models"
    shutil.copytree(model_folder, models)
    reader.write(models)
    with contextlib.ExitStack() as stack:
        yield stack.enter_context(serve(models))


@pytest.fixture
def page(chromium):
    made = chromium.new_page(viewport={"width": 1440, "height": 1500})
    made.set_default_timeout(PATIENT)
    yield made
    made.close()


def fetched(page, label):
    with page.expect_download() as coming:
        page.get_by_role("button", name=label, exact=True).click()
    return coming.value.path().read_bytes()


def test_from_short_sequences_to_a_named_motif_and_its_files(page, address, chromium, shots):
    watch = Watch(page, address)
    page.goto(f"{address}/motifs?model={reader.NAME}")
    page.get_by_text("There are no sequences to look for motifs in yet").wait_for()
    quiet(page)
    shot(page, shots, "motifs_empty")
    go(page, "Sequences")
    given, plants = reader.sequences(60)
    text = "".join(f">{n}\n{t}\n" for n, t in zip(given.names, given.sequences, strict=True))
    upload(page, "sixty.fa", text.encode())
    page.get_by_text("Read from sixty.fa").wait_for()
    go(page, "Motifs")
    asked = page.get_by_role("button", name="Look for motifs in 60 sequences")
    asked.wait_for()
    shot(page, shots, "motifs_asked")

    asked.click()
    page.get_by_role("button", name="Cancel").click()  # at once: it does not take long
    page.get_by_text("Stopped. Everything made before is kept.").wait_for()
    page.get_by_role("button", name="Start again").click()
    asked.click()
    shot(page, shots, "motifs_running")
    # a new installation compiles the libraries' kernels first, which takes minutes
    page.get_by_role("heading", name="raises 1", exact=True).wait_for(timeout=600_000)
    quiet(page)
    metrics = dict(
        one.inner_text().split("\n", 1)[::1] for one in page.get_by_test_id("stMetric").all()
    )
    assert metrics["Motifs"].strip() == "1"
    page.get_by_role("heading", name="Known motifs at work").wait_for()
    link = page.get_by_role("link", name="REST MA").first  # of the motif; then of the family
    assert link.get_attribute("href").startswith("https://jaspar.elixir.no/matrix/MA0138.")
    shot(page, shots, "motifs_found")

    families = fetched(page, "Known motifs at work").decode().splitlines()
    assert len(families) == 2 and families[1].startswith("REST\t")

    (motif,) = read_meme(fetched(page, "MEME"))
    assert motif.name == "REST" and motif.ppm.shape[1] >= 15
    sites = [line.split(",") for line in fetched(page, "Sites (CSV)").decode().splitlines()]
    head, rows = sites[0], sites[1:]
    where = {row[head.index("sequence")]: int(row[head.index("start")]) for row in rows}
    near = [abs(start - plants[int(name[1:])][0]) <= 4 for name, start in where.items()]
    assert len(near) >= 54 and sum(near) >= 54  # nine in ten of the plants

    _opens_offline(chromium, fetched(page, "Report (HTML)"), shots)
    page.get_by_text("Also show where known motifs fit the letters").click()
    page.get_by_text("Known motifs by letters (FIMO)").first.wait_for()
    quiet(page)
    shot(page, shots, "motifs_scanned")
    watch.check()


def _opens_offline(chromium, report, shots):
    """Open the report without a network and without scripts, and look for what it must hold."""
    path = shots / "motifs_report.html"
    path.write_bytes(report)
    context = chromium.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.resolve().as_uri())
    page.get_by_role("heading", name="raises 1").wait_for()
    page.get_by_role("heading", name="Known motifs at work").wait_for()
    assert page.get_by_role("link", name="REST (MA0138").count() >= 2
    logo = page.locator("svg").first.bounding_box()
    assert logo["width"] > 50 and logo["height"] > 20
    page.screenshot(path=shots / "motifs_report.png", full_page=True)
    assert asked == [path.resolve().as_uri()] and said == []
    context.close()
